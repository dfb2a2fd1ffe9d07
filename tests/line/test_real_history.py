"""A record that no one here made goes through the line: imported by a map, ranked, judged, drawn from."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need
from tests.line.processes import ROOT, Line
from tests.servers.databases import Server

DATA = Path(os.environ.get("HUOYAN_TEST_CHICAGO")
            or ROOT.parent / "shared/reference/data/chicago_food_history_2011_2014.csv")
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
        line.told = line.run(  # type: ignore[attr-defined]
            "import", "history", "--map", ROOT / "docs/examples/history/chicago_food.yaml", "--file", DATA)
        line.run("import", "officers", folder / "officers.csv")
        line.run("run", "score", "--date", str(AS_OF))
        yield line


def test_every_row_is_accounted_for(record: Any) -> None:
    assert "27600 rows in = 27600 accepted + 0 rejected" in record.told


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
