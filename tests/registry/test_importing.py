"""Import: each bad row listed, each good row stored once, and a file that is no register refused as a whole."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from registry import FileRefused, ImportReport, Limits, RegistryError, import_table
from store import Database
from tests.registry.conftest import DAY

UNIT = {"unit_no": "U9", "name": "新单位", "area_code": "990101001", "kind": "hotel"}
DEVICE = {"vendor_code": "acme", "device_no": "d-9", "unit_no": "U1", "kind": "smoke"}
OFFICER = {"officer_no": "F9", "name": "丙", "area_codes": "990101"}
ITEM = {"item_code": "exits", "valid_from": "2024-01-01", "name_zh": "安全出口", "severity": "critical"}
AREA = {"area_code": "990101009", "parent_code": "990101", "level": "town", "name_zh": "丙镇"}
VENDOR = {"vendor_code": "other", "name": "他厂"}
LEAVE = {"officer_no": "F1", "from_day": "2024-07-01", "to_day": "2024-07-02", "reason": "年休假"}
RECUSAL = {"officer_no": "F1", "unit_no": "U1", "reason": "近亲属"}
GOOD: dict[str, dict[str, str]] = {"units": UNIT, "devices": DEVICE, "officers": OFFICER, "items": ITEM, "areas": AREA,
                                   "vendors": VENDOR, "leave": LEAVE, "recusals": RECUSAL}
TABLE_OF = {"items": "inspection_items", "leave": "officer_leave", "recusals": "officer_recusals"}


def csv_of(*rows: dict[str, str]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def take(db: Database, folder: Path, noun: str, text: str | bytes, **options: Any) -> ImportReport:
    path = folder / f"{noun}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    report = import_table(db, noun, path, actor="tester", day=DAY, **options)
    assert report.total == report.inserted + report.updated + report.unchanged + report.rejected_rows
    return report


def count(db: Database, noun: str) -> int:
    row = db.row(f"select count(*) as n from {TABLE_OF.get(noun, noun)}")
    assert row is not None
    return int(row["n"])


def audit_lines(db: Database) -> int:
    row = db.row("select count(*) as n from audit_log")
    assert row is not None
    return int(row["n"])


def test_every_register_takes_its_least_row_once(peopled: Database, tmp_path: Path) -> None:
    for lines, noun in enumerate(GOOD, start=1):
        first = take(peopled, tmp_path, noun, csv_of(GOOD[noun]))
        assert (first.inserted, first.rejected) == (1, []), noun
        stored = peopled.rows(f"select * from {TABLE_OF.get(noun, noun)}")
        assert audit_lines(peopled) == lines
        again = take(peopled, tmp_path, noun, csv_of(GOOD[noun]))
        assert (again.inserted, again.updated, again.unchanged) == (0, 0, 1), noun
        # Nothing has moved, updated_at included.
        assert peopled.rows(f"select * from {TABLE_OF.get(noun, noun)}") == stored
        assert audit_lines(peopled) == lines


@pytest.mark.parametrize(("noun", "column", "value", "reason"), [
    ("units", "unit_no", "", "it is empty"),
    ("units", "unit_no", "U 9", "without blanks"),
    ("units", "unit_no", "U" * 65, "1 to 64 characters"),
    ("units", "name", "  ", "it is empty"),
    ("units", "name", "长" * 201, "201 characters, at most 200"),
    ("units", "uscc", "91330100799655058C", "check character is C where the others call for B"),
    ("units", "uscc", "9133010079965505", "has 18 characters, this one has 16"),
    ("units", "area_code", "990199001", "there is no area 990199001"),
    ("units", "area_code", "甲镇", "6 to 12 digits"),
    ("units", "kind", "castle", "there is no kind castle: the kinds are hotel (宾馆饭店)"),
    ("units", "is_key", "maybe", "say 是 or 否"),
    ("units", "is_crowded", "重点", "say 是 or 否"),
    ("units", "is_high_hazard", "2", "say 是 or 否"),
    ("units", "floor_area_m2", "large", "not a number"),
    ("units", "floor_area_m2", "-3", "between 0 and"),
    ("units", "storeys", "301", "between 0 and 300"),
    ("units", "storeys", "2.5", "whole number"),
    ("units", "occupants", "1e3", "whole number"),
    ("units", "lon", "190", "between -180 and 180"),
    ("units", "lat", "nan", "not a number"),
    ("units", "built_year", "1", "between 1000 and 2200"),
    ("units", "status", "gone", "one of active (在用), closed (注销)"),
    ("units", "registered_on", "2024-13-01", "no such day"),
    ("units", "registered_on", "31.1.2024", "not a day"),
    ("units", "attributes", "[1]", "JSON object"),
    ("units", "address", "a\x07b", "U+0007"),
    ("units", "name", "#REF!", "spreadsheet error #REF!"),
    ("devices", "vendor_code", "nobody", "there is no vendor nobody"),
    ("devices", "vendor_code", "ACME", "small letters"),
    ("devices", "device_no", "a/b", "without blanks, /, + or #"),
    ("devices", "device_no", "gateway", "gateway stands in MQTT topics"),
    ("devices", "unit_no", "U404", "there is no unit U404"),
    ("devices", "kind", "toaster", "there is no kind toaster"),
    ("devices", "installed_on", "soon", "not a day"),
    ("devices", "settings", '{"gbt26875": {"source_order": "middle"}}', "it must be little or big"),
    ("officers", "area_codes", "990101;990777", "there is no area 990777"),
    ("officers", "area_codes", ";", "at least one area"),
    ("officers", "area_codes", "x", "the entry x must be 6 to 12 digits"),
    ("officers", "daily_visits", "21", "between 0 and 20"),
    ("officers", "body", "army", "one of brigade"),
    ("officers", "can_lead", "perhaps", "say 是 or 否"),
    ("items", "severity", "fatal", "one of critical"),
    ("items", "valid_from", "", "it is empty"),
    ("items", "valid_to", "2023-12-31", "lies before valid_from"),
    ("items", "category", "A", "one of key"),
    ("areas", "area_code", "99", "6 to 12 digits"),
    ("areas", "level", "village", "one of city"),
    ("areas", "parent_code", "", "a town needs the code of the area above it"),
    ("areas", "parent_code", "980000", "there is no area 980000"),
    ("areas", "parent_code", "990101001", "can't lie in 990101001, a town"),
    ("areas", "parent_code", "990101009", "can't lie in itself"),
    ("areas", "parent_code", "990101777", "there is no area 990101777"),
    ("vendors", "vendor_code", "x", "2 to 32 small letters"),
    ("vendors", "status", "gone", "one of active"),
    ("leave", "officer_no", "F404", "there is no officer F404"),
    ("leave", "to_day", "2024-06-30", "lies before from_day"),
    ("recusals", "unit_no", "U404", "there is no unit U404"),
    ("recusals", "reason", "", "it is empty"),
])
def test_a_row_wrong_in_any_cell_is_rejected_as_a_whole_and_said(registered: Database, tmp_path: Path, noun: str,
                                                                 column: str, value: str, reason: str) -> None:
    good, bad = _beside(noun, column, value)
    report = take(registered, tmp_path, noun, csv_of(good, bad), dry_run=True)
    assert [(problem.line, problem.column) for problem in report.rejected[:1]] == [(3, column)]
    assert reason in report.rejected[0].reason
    # The good row of the same file is taken all the same.
    assert (report.total, report.inserted, report.rejected_rows) == (2, 1, 1)


def _beside(noun: str, column: str, value: str) -> tuple[dict[str, str], dict[str, str]]:
    """A good row, and one that is wrong in nothing but ``column``, with another key."""
    other = {"units": {"unit_no": "U10"}, "devices": {"device_no": "d-10"}, "officers": {"officer_no": "F10"},
             "items": {"valid_from": "2024-06-01"}, "areas": {"area_code": "990101008"}, "leave": {"officer_no": "F2"},
             "vendors": {"vendor_code": "third"}, "recusals": {"officer_no": "F2"}}[noun]
    good, bad = {**GOOD[noun], **other}, {**GOOD[noun], column: value}
    return {**dict.fromkeys(bad, ""), **good}, bad


def test_certificate_days_in_the_wrong_order_are_rejected(peopled: Database, tmp_path: Path) -> None:
    report = take(peopled, tmp_path, "officers", csv_of(
        {**OFFICER, "certificate_from": "2024/5/1", "certificate_to": "2024年4月30日"}))
    assert [(one.column, one.value) for one in report.rejected] == [("certificate_to", "2024-04-30")]


def test_every_wrong_cell_of_a_row_is_listed_under_its_title_in_the_file(peopled: Database, tmp_path: Path) -> None:
    report = take(peopled, tmp_path, "units",
                  "单位编号,name,区域代码,单位类别,层数\nU8,甲,990101001,宾馆饭店,3\nU9,,990777001,城堡,x\n")
    assert [(one.line, one.column, one.value) for one in report.rejected] == [
        (3, "name", ""), (3, "单位类别", "城堡"), (3, "层数", "x"), (3, "区域代码", "990777001")]
    assert (report.total, report.inserted, report.rejected_rows) == (2, 1, 1)


@pytest.mark.parametrize(("text", "sentence"), [
    ("unit_no,name,kind\nU1,a,hotel\n", r"the column area_code \(区域代码\) is missing"),
    ("name\na\n", r"the columns unit_no \(单位编号\), area_code \(区域代码\), kind \(单位类别\) are missing"),
    ("unit_no,name,area_code,kind,colour\n", "no column 'colour'"),
    ("unit_no,name,area_code,kind,adress\n", "no column 'adress': is it address"),
    ("unit_no,name,area_code,kind,name\n", r"columns 2 and 5 are both name \(单位名称\)"),
    ("unit_no,单位名称,area_code,kind,NAME\n", "columns 2 and 5 are both name"),
    ("unit_no,,name,area_code,kind\n", "column 2 has no title"),
    ("<html><body>not a table</body></html>\n", "no column '<html><body>not a table</body></html>'"),
    ("U7,a,990101001,hotel\n", "no column 'U7'"),
])
def test_a_header_that_does_not_fit_is_one_sentence_and_nothing_is_stored(registered: Database, tmp_path: Path,
                                                                          text: str, sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence):
        take(registered, tmp_path, "units", text)
    assert (count(registered, "units"), audit_lines(registered)) == (3, 0)


def test_a_file_that_breaks_off_half_way_leaves_nothing(peopled: Database, tmp_path: Path) -> None:
    text = "unit_no,name,area_code,kind\nU8,a,990101001,hotel\nU9,\"b,990101001,hotel\n"
    with pytest.raises(FileRefused, match="line 3: the quotation marks"):
        take(peopled, tmp_path, "units", text)
    with pytest.raises(FileRefused, match="more than 1 rows"):
        take(peopled, tmp_path, "units", csv_of(UNIT, {**UNIT, "unit_no": "U10"}), limits=Limits(rows=1))
    assert (count(peopled, "units"), audit_lines(peopled)) == (3, 0)


@pytest.mark.parametrize(("row", "reason"), [
    ("U9,a,990101001", "the row has 3 cells, the header 4"),
    ("U9,a,990101001,hotel,more", "the row has 5 cells, the header 4"),
])
def test_a_row_of_another_width_is_rejected(peopled: Database, tmp_path: Path, row: str, reason: str) -> None:
    report = take(peopled, tmp_path, "units", f"unit_no,name,area_code,kind\n{row}\nU8,b,990101001,hotel,,\n")
    assert [(one.line, one.reason) for one in report.rejected] == [(2, reason)]
    assert report.inserted == 1


def test_a_key_that_stands_twice_is_rejected_with_the_other_line_named(peopled: Database, tmp_path: Path) -> None:
    report = take(peopled, tmp_path, "units", csv_of(UNIT, {**UNIT, "unit_no": "U10"}, {**UNIT, "name": "another"}))
    assert [(one.line, one.column, one.value) for one in report.rejected] == [(4, "unit_no", "U9")]
    assert report.rejected[0].reason == "the unit U9 stands in line 2 already"
    assert peopled.row("select name from units where unit_no = 'U9'") == {"name": "新单位"}
    devices = take(peopled, tmp_path, "devices", csv_of(DEVICE, DEVICE))
    assert devices.rejected[0].reason == "the device acme/d-9 stands in line 2 already"


@pytest.mark.row(55)
def test_a_change_is_stored_and_leaves_one_line_of_audit_for_each_record_that_differs(peopled: Database,
                                                                                   tmp_path: Path) -> None:
    text = "unit_no,name,area_code,kind\nU1,单位1,990101002,hotel\nU2,改名,990101001,hotel\nU4,新,990101001,office\n"
    report = take(peopled, tmp_path, "units", text)
    assert (report.inserted, report.updated, report.unchanged) == (1, 1, 1)
    lines = peopled.rows("select actor, action, entity, entity_id, before, after from audit_log order by entity_id")
    assert [(line["actor"], line["action"], line["entity"], line["entity_id"]) for line in lines] == [
        ("tester", "update", "unit", "U2"), ("tester", "create", "unit", "U4")]
    assert (lines[0]["before"]["name"], lines[0]["after"]["name"]) == ("单位2", "改名")
    assert lines[1]["before"] is None


def test_a_column_left_out_keeps_what_is_stored_and_an_empty_cell_clears_it(peopled: Database, tmp_path: Path) -> None:
    head = {"unit_no": "U1", "name": "单位1", "area_code": "990101002", "kind": "hotel"}
    take(peopled, tmp_path, "units", csv_of({**head, "address": "一号", "storeys": "5"}))
    take(peopled, tmp_path, "units", csv_of({**head, "storeys": ""}))
    assert peopled.row("select address, storeys, is_key from units where unit_no = 'U1'") == {
        "address": "一号", "storeys": None, "is_key": True}


def test_a_city_with_an_area_above_it_is_rejected(towns: Database, tmp_path: Path) -> None:
    report = take(towns, tmp_path, "areas", csv_of({**AREA, "level": "city"}))
    assert (report.rejected[0].column, report.rejected[0].reason) == ("parent_code", "a city has no area above it")
    # Where the file has no such column, what is stored decides.
    text = "area_code,level,name_zh\n990101001,市,甲\n990101002,town,乙\n980001001,town,丙\n"
    report = take(towns, tmp_path, "areas", text)
    assert [(one.line, one.column) for one in report.rejected] == [(2, "level"), (4, "parent_code")]
    assert report.updated == 1


def test_towns_may_stand_before_their_district_and_fall_with_it(db: Database, tmp_path: Path) -> None:
    good = "area_code,parent_code,level,name_zh\n880101001,880101,town,甲\n880101,880000,district,区\n880000,,city,市\n"
    assert take(db, tmp_path, "areas", good).inserted == 3
    bad = "area_code,parent_code,level,name_zh\n870101001,870101,town,甲\n870101,870000,区县,\n870000,,市,市\n"
    report = take(db, tmp_path, "areas", bad)
    assert [(one.line, one.reason) for one in report.rejected] == [
        (2, "there is no area 870101, neither in the register nor among the good rows here"), (3, "it is empty")]
    assert report.inserted == 1


def test_an_area_that_others_lie_in_can_not_sink_below_them(towns: Database, tmp_path: Path) -> None:
    report = take(towns, tmp_path, "areas", "area_code,parent_code,level,name_zh\n990101,990000,town,示范区\n")
    assert report.rejected[0].reason == "the town 990101001 lies in it, so it can't be a town"
    # A city without districts has its towns directly beneath it.
    beneath = "area_code,parent_code,level,name_zh\n990900001,990000,town,镇\n"
    assert take(towns, tmp_path, "areas", beneath).inserted == 1


def test_chinese_titles_words_and_encoding_are_read(peopled: Database, tmp_path: Path) -> None:
    text = ("单位编号;单位名称;区域代码;单位类别;消防安全重点单位;建筑面积（平方米）;登记日期;状态\r\n"
            "U9;贰号酒店;990101001;宾馆饭店;是;1,200.5;2024年1月31日;在用\r\n")
    report = take(peopled, tmp_path, "units", text.encode("gb18030"))
    assert (report.inserted, report.rejected) == (1, [])
    assert peopled.row("select name, kind, is_key, floor_area_m2, registered_on from units where unit_no = 'U9'") == {
        "name": "贰号酒店", "kind": "hotel", "is_key": True, "floor_area_m2": 1200.5,
        "registered_on": dt.date(2024, 1, 31)}


def test_a_workbook_with_numbers_days_and_truth_values_as_excel_stores_them_is_read(peopled: Database,
                                                                                  tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["unit_no", "name", "area_code", "kind", "is_key", "storeys", "registered_on", "uscc"])
    book.active.append([1001, "数字编号", 990101001, "hotel", True, 5.0, dt.datetime(2024, 1, 31), None])  # noqa: DTZ001
    book.active.append([1002, "序列日期", 990101001.0, "hotel", 0, None, 45322])
    book.active.append([1003, "错误", 990101001, "hotel", "是", None, None, 914403001922038216])
    book.active.append([1004, "=1/0", 990101001, "#N/A"])
    path = tmp_path / "units.xlsx"
    book.save(path)
    report = import_table(peopled, "units", path, actor="tester", day=DAY)
    assert [(one.line, one.column) for one in report.rejected] == [(4, "uscc"), (5, "kind")]
    assert "more than 15 digits, which a spreadsheet rounds" in report.rejected[0].reason
    rows = peopled.rows("select unit_no, is_key, storeys, registered_on, uscc from units where unit_no like '100%'"
                        " order by 1")
    assert [tuple(row.values()) for row in rows] == [
        ("1001", True, 5, dt.date(2024, 1, 31), None), ("1002", False, None, dt.date(2024, 1, 31), None)]


def test_a_dry_run_counts_and_stores_nothing(peopled: Database, tmp_path: Path) -> None:
    report = take(peopled, tmp_path, "units", csv_of(UNIT, {**UNIT, "unit_no": "", "name": "x"}), dry_run=True)
    assert (report.inserted, report.rejected_rows, report.dry_run) == (1, 1, True)
    assert (count(peopled, "units"), audit_lines(peopled)) == (3, 0)


def test_a_file_with_a_header_only_changes_nothing(peopled: Database, tmp_path: Path) -> None:
    report = take(peopled, tmp_path, "units", "unit_no,name,area_code,kind\n")
    assert (report.total, report.inserted, report.rejected) == (0, 0, [])


def test_a_noun_that_is_no_register_is_named(db: Database, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="no register named cats: there are areas, units"):
        import_table(db, "cats", tmp_path / "cats.csv", actor="tester", day=DAY)


@pytest.mark.parametrize("actor", ["", "  ", "x" * 101, "a\nb", "a\x00"])
def test_an_actor_that_is_no_name_is_refused_before_the_file_is_read(registered: Database, tmp_path: Path,
                                                                     actor: str) -> None:
    with pytest.raises(RegistryError, match="must be a name of 1 to 100 characters") as refused:
        import_table(registered, "units", tmp_path / "missing.csv", actor=actor, day=DAY)
    assert "\n" not in str(refused.value)


def test_markup_quotes_and_sql_in_a_cell_are_only_text(peopled: Database, tmp_path: Path) -> None:
    names = ["'; drop table units; --", "[red]x[/]", "<script>alert(1)</script>", "%s %(actor)s {}", "\\N", "NULL"]
    rows = [{**UNIT, "unit_no": f"Q{number}", "name": name} for number, name in enumerate(names)]
    assert take(peopled, tmp_path, "units", csv_of(*rows)).inserted == len(names)
    stored = peopled.rows("select name from units where unit_no like 'Q%%' order by unit_no", ())
    assert [row["name"] for row in stored] == names


def test_progress_is_told_to_the_end(peopled: Database, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    rows = [{**UNIT, "unit_no": f"P{number}"} for number in range(1200)]
    take(peopled, tmp_path, "units", csv_of(*rows), progress=lambda done, total: told.append((done, total)))
    assert told[0][0] == 500
    assert told[-1] == (1200, 1200)
    assert all(done <= total for done, total in told)
