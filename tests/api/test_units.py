"""The unit next below in the ranking: found within the viewer's areas, and never by a walk through all others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from api.units import _SQL
from store import Database

DAY = dt.date(2026, 3, 1)
SEEN = ["990101"]
OTHERS = 30_000
# A district of 300 units that are riskier than all others, and one more far below; the one after it is closed.
_MADE = (
    "insert into areas values ('990000', null, 'city', '市', null), ('990101', '990000', 'district', '区', null), "
    "('990102', '990000', 'district', '邻区', null)",
    """insert into units (unit_no, name, area_code, kind, status)
       select 'U' || n, 'U' || n, case when n <= 300 or n in (25000, 25001) then '990101' else '990102' end, 'hotel',
              case when n = 25001 then 'closed' else 'active' end
       from generate_series(1, 30000) n order by n""",
    """insert into scores (unit_id, as_of, score, rank, risk_class, base_class, direct, points, "values")
       select unit_id, '2026-03-01', 50, substr(unit_no, 2)::int, 'B', 'B', '{}', '{50}', '{NaN}' from units""",
    """insert into score_runs (as_of, model, policy_version, units, headings, started_at)
       values ('2026-03-01', 'scorecard', 'x', 30000, '[]', now())""",
    "analyze units", "analyze scores")


@pytest.fixture(scope="module")
def ranked(servers: Any) -> Iterator[Database]:
    with servers("embedded").migrated() as url, Database(url) as db:
        with db.connection() as connection:
            for statement in _MADE:
                connection.execute(statement)
        yield db


@pytest.mark.parametrize(("areas", "rank", "below"), [
    (None, 1, 2), (None, OTHERS, None), (None, 25000, 25002), (SEEN, 1, 2), (SEEN, 300, 25000), (SEEN, 25000, None),
    (["990102"], 1, 301), (["990102"], 24999, 25002), (["990102"], OTHERS, None), ([], 1, None),
])
def test_the_unit_next_below_is_the_next_that_the_viewer_sees(
        ranked: Database, areas: list[str] | None, rank: int, below: int | None) -> None:
    row = ranked.row(_SQL["below"], {"areas": areas, "as_of": DAY, "rank": rank})
    assert (row and row["rank"]) == below
    assert row is None or row["headings"] == []


@pytest.mark.parametrize("plan", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("rank", [300, 25000])
def test_a_viewer_of_one_small_district_has_no_ranking_of_others_read_to_its_end(
        ranked: Database, rank: int, plan: str) -> None:
    with ranked.connection() as connection:
        connection.execute("select set_config('plan_cache_mode', %s, true)", [plan])
        told = connection.execute("explain (analyze, format json) " + _SQL["below"],
                                  {"areas": SEEN, "as_of": DAY, "rank": rank}, prepare=True).fetchone()
    assert told
    assert max(read(told["QUERY PLAN"][0]["Plan"])) <= 2500


def read(node: dict[str, Any]) -> Iterator[float]:
    """How many rows each step of a plan came by, those that it threw away too."""
    yield (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    for step in node.get("Plans", ()):
        yield from read(step)
