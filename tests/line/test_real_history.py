"""A record that no one here made goes through the line: imported by a map, ranked, judged, drawn from."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.history import import_history
from store import Database
from tests.conftest import need
from tests.line.processes import ROOT, Line
from tests.servers.databases import Server

DATA = Path(os.environ.get("HUOYAN_TEST_CHICAGO")
            or ROOT.parent / "shared/reference/data/chicago_food_history_2011_2014.csv")
MAP = ROOT / "docs/examples/history/chicago_food.yaml"
OFFICERS = """officer_no,name,body,area_codes,certificate_no,certificate_from,certificate_to,can_lead,daily_visits
C1,Officer One,brigade,991701,X1,2013-01-01,2016-01-01,yes,3
C2,Officer Two,brigade,991701,X2,2013-01-01,2016-01-01,yes,3
C3,Officer Three,brigade,991701,X3,2013-01-01,2016-01-01,no,3
C4,Officer Four,brigade,991701,X4,2013-01-01,2014-01-01,no,3
C5,Officer Five,brigade,991701,X5,2013-01-01,2016-01-01,no,3
"""
AS_OF = dt.date(2014, 9, 1)
DRAW = dt.date(2014, 9, 2)


@pytest.fixture(scope="module")
def record(servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    need(None if DATA.exists() else f"the history is not at {DATA}: HUOYAN_TEST_CHICAGO may name it")
    folder = tmp_path_factory.mktemp("record")
    (folder / "officers.csv").write_text(OFFICERS, encoding="utf-8")
    with servers("embedded").migrated() as url:
        line = Line(folder, database_url=url)
        line.told = line.run("import", "history", "--map", MAP, "--file", DATA)  # type: ignore[attr-defined]
        line.url = url  # type: ignore[attr-defined]
        line.run("import", "officers", folder / "officers.csv")
        line.run("run", "score", "--date", str(AS_OF))
        yield line


def test_every_row_is_accounted_for_and_comes_in_whole_and_once(record: Any) -> None:
    assert "27600 rows in = 27600 accepted + 0 rejected" in record.told
    with DATA.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with Database(record.url, max_size=2) as db:
        _compare(db, rows)
        again = import_history(db, MAP, "test", data=DATA)
        assert (again.read, again.accepted, again.skipped, again.rejected) == (len(rows), len(rows), 0, [])
        assert not again.changed
        _compare(db, rows)


def _compare(db: Database, rows: list[dict[str, str]]) -> None:
    """What the record says of every visit, hazard, result and unit is what the file says."""
    told = db.row("""select count(*) as visits, count(distinct unit_id) as units, min(inspected_on)::text as first,
                     max(inspected_on)::text as last, count(team) as teams from inspections
                     where source = 'import' and kind = 'import' and status = 'done'""")
    assert told == {"visits": 27600, "units": len({row["license_key"] for row in rows}), "first": "2011-09-02",
                    "last": "2014-12-30", "teams": sum(bool(row["inspector_cluster"]) for row in rows)}
    by_severity = {row["severity"]: row["n"] for row in db.rows(
        "select severity, count(*) as n from hazards group by severity")}
    expected: Counter[str] = Counter()
    for row in rows:
        for item in set(row["items"].split()):
            expected["critical" if int(item) <= 14 else "serious" if int(item) <= 29 else "minor"] += 1
    assert by_severity == dict(expected)
    results = {row["result"]: row["n"] for row in db.rows("select result, count(*) as n from inspections group by 1")}
    assert results == {"pass": 18494, "hazards_corrected": 3651, "hazards_ordered": 5455}

    one = db.row("""select u.lon, u.lat, u.kind, u.attributes from units u where unit_no = 'CHI-283'""")
    assert one is not None
    latest = max((row for row in rows if row["license_key"] == "283"), key=lambda row: row["date"])
    assert one["lat"] == float(latest["lat"])
    assert one["attributes"]["risk"] == latest["risk"]
    assert db.row("select count(*) as n from audit_log where action = 'import' and entity = 'history'") == {"n": 1}


def test_the_scorecard_is_judged_beside_simpler_orders(record: Any, tmp_path: Path) -> None:
    record.run("evaluate", "--as-of", str(AS_OF), "--horizon", "61", "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    halves = {row["order"]: row["measures"]["first_half"]["value"] for row in figures["orders"]}
    assert halves["scorecard"] > halves["last_result"]
    assert halves["scorecard"] > halves["random"]


def test_a_draw_is_made_from_it_and_verifies(record: Any, tmp_path: Path) -> None:
    for job in ("freeze", "draw"):
        record.run("run", job, "--date", str(DRAW))
    record.run("draw", "bundle", "--date", str(DRAW), tmp_path / "bundle.json")
    assert record.run("verify", tmp_path / "bundle.json").startswith("OK")
    result = json.loads((tmp_path / "bundle.json").read_bytes())["result"]
    assert result["visits"]
    assert "C4" not in json.dumps(result), "a certificate that ended in January can't be sent in September"


def test_the_ranking_of_the_day_says_why(record: Any) -> None:
    told = record.run("ranking", "--date", str(AS_OF), "--top", "3")
    assert "CHI-" in told
    assert "+" in told
