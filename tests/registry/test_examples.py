"""The sample registers of the documentation go in as they are, twice."""

from __future__ import annotations

from registry import TABLES, import_table
from store import Database
from tests.registry.conftest import DAY, EXAMPLES


def test_the_sample_registers_are_complete_and_import_cleanly_and_only_once(db: Database) -> None:
    assert {path.stem for path in EXAMPLES.glob("*.csv")} == set(TABLES)
    for noun in TABLES:
        report = import_table(db, noun, EXAMPLES / f"{noun}.csv", actor="test", day=DAY)
        assert (report.rejected, report.inserted) == ([], report.total), noun
        assert report.total >= (10 if noun not in ("leave", "recusals") else 1)
    traced = db.row("select count(*) as lines from audit_log")
    for noun in TABLES:
        again = import_table(db, noun, EXAMPLES / f"{noun}.csv", actor="test", day=DAY)
        assert (again.inserted, again.updated, again.unchanged) == (0, 0, again.total), noun
    assert db.row("select count(*) as lines from audit_log") == traced


def test_kind_and_the_three_flags_of_a_unit_are_independent_columns(db: Database) -> None:
    for noun in ("areas", "units"):
        import_table(db, noun, EXAMPLES / f"{noun}.csv", actor="test", day=DAY)
    flags = {row["unit_no"]: (row["kind"], row["is_key"], row["is_crowded"], row["is_high_hazard"])
             for row in db.rows("select unit_no, kind, is_key, is_crowded, is_high_hazard from units")}
    assert flags["QS-0001"] == ("hotel", True, True, True)
    assert flags["QS-0003"] == ("mall", True, True, False)
    assert flags["QS-0007"] == ("factory", False, True, False)
    assert flags["QS-0009"] == ("gas_station", True, False, False)
