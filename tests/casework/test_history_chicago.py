"""27,600 real inspections come in by the documented map, once."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from casework.history import import_history
from store import Database

ROOT = Path(__file__).parents[2]
MAP = ROOT / "docs/examples/history/chicago_food.yaml"
DATA = Path(os.environ.get("HUOYAN_TEST_CHICAGO")
            or ROOT.parent / "shared/reference/data/chicago_food_history_2011_2014.csv")


@pytest.mark.skipif(not DATA.exists(), reason=f"the Chicago history is not at {DATA}: HUOYAN_TEST_CHICAGO may name it")
def test_the_chicago_history_comes_in_whole_and_once(db: Database) -> None:
    with DATA.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    report = import_history(db, MAP, "test", data=DATA)
    assert (report.read, report.accepted, report.skipped, report.rejected) == (len(rows), len(rows), 0, [])

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

    again = import_history(db, MAP, "test", data=DATA)
    assert not again.changed
    assert again.accepted == 27600
    assert db.row("select count(*) as n from audit_log where action = 'import'") == {"n": 1}
