"""Export: a file that Excel opens, runs no formula of a stranger, and changes nothing when it is imported again."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import TABLES, RegistryError, areas, export_table, import_table, uscc
from registry.bulk import load
from registry.cells import UNPRINTABLE
from store import Database
from tests.registry.conftest import DAY, EXAMPLES

FORMS = [(".csv", "code"), (".csv", "zh"), (".xlsx", "code"), (".xlsx", "zh")]
TRICKS = ["=1+1", "+86 10", "-1F 泵房", "@sum", "'=1", "''@x", "'quoted", "＝1", "#N/A", "'#REF!", "#1", "a,b;c\td",
          'say "hi"', "two\nlines", "001", "1e5", "2024-01-31", "TRUE", "NULL", "_x0041_", "&amp;<b>", "🚒"]


@pytest.fixture
def filled(db: Database) -> Database:
    """The sample registers, and a unit whose every text is a trick."""
    for noun in TABLES:
        import_table(db, noun, EXAMPLES / f"{noun}.csv", actor="test", day=DAY)
    with db.connection() as connection:
        load(connection, "units", [{"unit_no": f"T{number}", "name": trick, "address": trick, "kind": "office",
                                    "area_code": "990201001", "attributes": {"note": trick}}
                                   for number, trick in enumerate(TRICKS)])
        load(connection, "officers", [{"officer_no": "T1", "name": "-", "area_codes": ["990201"],
                                       "skills": ["=1", "+1"]}])
    return db


def test_what_is_exported_and_imported_again_changes_nothing(filled: Database, tmp_path: Path) -> None:
    before = {noun: _stored(filled, noun) for noun in TABLES}
    for suffix, language in FORMS:
        for noun in TABLES:
            path = tmp_path / (noun + suffix)
            written = export_table(filled, noun, path, language=language, day=DAY)
            report = import_table(filled, noun, path, actor="again", day=DAY)
            assert (report.rejected, report.total, report.unchanged) == ([], written, written), (noun, suffix, language)
    assert {noun: _stored(filled, noun) for noun in TABLES} == before
    assert filled.row("select count(*) as n from audit_log where actor = 'again'") == {"n": 0}
    # Nothing but the finished files is left behind.
    assert {path.name for path in tmp_path.iterdir()} == {noun + suffix for noun in TABLES for suffix, _ in FORMS}


def test_an_export_rebuilds_the_registers_from_nothing(filled: Database, tmp_path: Path) -> None:
    before = {noun: _exported(filled, noun, tmp_path) for noun in TABLES}
    for suffix, language in FORMS:
        for noun in TABLES:
            export_table(filled, noun, tmp_path / (noun + suffix), language=language, day=DAY)
        with filled.connection() as connection:
            for table in ("officer_recusals", "officer_leave", "inspection_items", "officers", "devices", "vendors",
                          "units", "areas"):
                connection.execute(f"delete from {table}")
        for noun in TABLES:
            report = import_table(filled, noun, tmp_path / (noun + suffix), actor="again", day=DAY)
            assert (report.rejected, report.inserted) == ([], report.total), (noun, suffix, language)
        assert {noun: _exported(filled, noun, tmp_path) for noun in TABLES} == before


def test_a_csv_file_starts_with_the_mark_excel_needs_and_holds_no_formula(filled: Database, tmp_path: Path) -> None:
    export_table(filled, "units", tmp_path / "units.csv", day=DAY)
    content = (tmp_path / "units.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfunit_no,name,")
    with (tmp_path / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["name"] for row in rows} >= {"'=1+1", "'+86 10", "'-1F 泵房", "'@sum", "''=1", "'＝1", "'#N/A"}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@＝＋－＠\t\r") and cell]
    # Numbers are no formulas and stay numbers.
    with filled.connection() as connection:
        load(connection, "units", [{"unit_no": "W1", "lon": -122.5, "name": "西", "area_code": "990201001",
                                    "kind": "office"}])
    export_table(filled, "units", tmp_path / "units.csv", day=DAY)
    assert ",-122.5," in (tmp_path / "units.csv").read_text(encoding="utf-8-sig")


def test_a_workbook_holds_days_as_days_numbers_as_numbers_and_no_formula(filled: Database, tmp_path: Path) -> None:
    export_table(filled, "units", tmp_path / "units.xlsx", language="zh", day=DAY)
    sheet: Any = openpyxl.load_workbook(tmp_path / "units.xlsx").active
    titles = [cell.value for cell in sheet[1]]
    assert titles[:3] == ["单位编号", "单位名称", "统一社会信用代码"]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type in "fe"]
    rows = {row[0].value: dict(zip(titles, (cell.value for cell in row), strict=True)) for row in sheet.iter_rows()}
    hotel = rows["QS-0001"]
    assert hotel["单位类别"] == "宾馆饭店"
    assert hotel["登记日期"] == dt.datetime(2012, 3, 1)  # noqa: DTZ001  a sheet has no zones
    assert (hotel["建筑面积(平方米)"], hotel["层数"], hotel["消防安全重点单位"]) == (28500, 18, "是")
    assert rows["T0"]["单位名称"] == "=1+1"


def test_an_export_can_be_kept_to_some_areas(filled: Database, tmp_path: Path) -> None:
    with filled.connection() as connection:
        within = areas.subtree(connection, ["990201002"])
    assert {noun: export_table(filled, noun, tmp_path / "part.csv", areas=within, day=DAY) for noun in TABLES} == {
        "areas": 1, "units": 2, "vendors": 10, "devices": 2, "officers": 1, "items": 11, "leave": 0, "recusals": 2}
    assert export_table(filled, "units", tmp_path / "none.csv", areas=[], day=DAY) == 0


def test_an_export_that_can_not_be_written_is_one_sentence_and_leaves_the_old_file(filled: Database,
                                                                                  tmp_path: Path) -> None:
    old = tmp_path / "units.xlsx"
    old.write_text("old")
    with filled.connection() as connection:
        load(connection, "units", [{"unit_no": "BELL", "name": "a\x07", "area_code": "990201001", "kind": "office"}])
    with pytest.raises(RegistryError, match=r"the record BELL has text unfit for XLSX: export to \.csv"):
        export_table(filled, "units", old, day=DAY)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("units.xlsx", "old")]
    for path, sentence in [(tmp_path / "units.pdf", "must end in"), (tmp_path / "no" / "units.csv", "can't be written"),
                           (Path("/proc/units.csv"), "can't be written")]:
        with pytest.raises(RegistryError, match=sentence):
            export_table(filled, "units", path, day=DAY)
    with pytest.raises(RegistryError, match="titles code or zh, not fr"):
        export_table(filled, "units", old, language="fr", day=DAY)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("=+-@'#\n\t,;\""), min_size=1,
                max_size=30).map(str.strip).filter(
                    lambda text: text and not UNPRINTABLE.search(text))
units = st.fixed_dictionaries({
    "name": texts, "address": st.none() | texts, "kind": st.sampled_from(["hotel", "office", "other"]),
    "uscc": st.none() | st.integers(0, 10**9 - 1).map(
        lambda number: f"91990201{number:09d}" + uscc.check_character(f"91990201{number:09d}")),
    "is_key": st.booleans(), "is_crowded": st.booleans(), "is_high_hazard": st.booleans(),
    "floor_area_m2": st.none() | st.floats(0, 1e8), "storeys": st.none() | st.integers(0, 300),
    "lon": st.none() | st.floats(-180, 180), "lat": st.none() | st.floats(-90, 90),
    "attributes": st.dictionaries(texts, texts | st.integers() | st.booleans() | st.none(), max_size=3),
    "registered_on": st.none() | st.dates(dt.date(1900, 3, 1), dt.date(2199, 12, 31)),
})


@given(st.lists(units, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_unit_survives_export_and_import_in_both_forms(scratch: Database, tmp_path: Path,
                                                           rows: list[dict[str, Any]]) -> None:
    with scratch.connection() as connection:
        connection.execute("delete from units")
        load(connection, "units", [{**row, "unit_no": f"H{number}", "area_code": "990101"}
                                   for number, row in enumerate(rows)])
    before = _stored(scratch, "units")
    for suffix in (".csv", ".xlsx"):
        export_table(scratch, "units", tmp_path / f"units{suffix}", day=DAY)
        report = import_table(scratch, "units", tmp_path / f"units{suffix}", actor="again", day=DAY)
        assert (report.rejected, report.unchanged) == ([], len(rows)), suffix
    assert _stored(scratch, "units") == before


@pytest.fixture
def scratch(towns: Database) -> Database:
    return towns


def _stored(db: Database, noun: str) -> list[dict[str, Any]]:
    table = {"items": "inspection_items", "leave": "officer_leave", "recusals": "officer_recusals"}.get(noun, noun)
    return db.rows(f"select * from {table} order by 1, 2")


def _exported(db: Database, noun: str, folder: Path) -> bytes:
    export_table(db, noun, folder / "compare.csv", day=DAY)
    return (folder / "compare.csv").read_bytes()
