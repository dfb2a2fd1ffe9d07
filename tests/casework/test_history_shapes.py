"""The public shapes of histories that the documentation works through, and what maps need for them."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest
from openpyxl import Workbook

from casework.history import MapError, import_history
from registry.errors import FileRefused
from store import Database
from tests.casework.test_history import DOCUMENT, EXAMPLES, TODAY, UNIT, VISIT, bring, visits

ONLY_FOUND = "unit: {find: {address: place}, unknown: skip}\n"


def test_every_example_map_is_worked_through_in_the_documentation() -> None:
    assert [path.name for path in EXAMPLES.glob("*.yaml") if f"examples/history/{path.name}" not in DOCUMENT] == []


def test_new_yorks_shape_has_no_number_of_a_visit_and_places_never_visited(db: Database, tmp_path: Path) -> None:
    report = import_history(db, EXAMPLES / "nyc_restaurants.yaml", "test", today=TODAY)
    assert (report.read, report.accepted, report.rejected) == (5, 5, [])
    assert visits(db) == [
        ("NYC-50000001-2019-03-14", "NYC-50000001", "2019-03-14", "hazards_ordered",
         "NYC-04L:critical NYC-10F:minor"),
        ("NYC-50000001-2019-04-10", "NYC-50000001", "2019-04-10", "hazards_ordered", "NYC-10F:minor"),
        ("NYC-50000002-2019-05-02", "NYC-50000002", "2019-05-02", "pass", "")]
    assert [tuple(row.values()) for row in db.rows(
        "select unit_no, name, area_code, lat from units order by unit_no")] == [
            ("NYC-50000001", "MADE UP DINER", "992101", 40.75), ("NYC-50000002", "SAMPLE CAFE", "992100", None),
            ("NYC-50000003", "50000003", "992104", 40.74)]
    assert db.row("select count(*) as n from inspections where kind = 'reinspection'") == {"n": 1}
    assert not import_history(db, EXAMPLES / "nyc_restaurants.yaml", "test", today=TODAY).changed
    header, rest = (EXAMPLES / "nyc_restaurants.csv").read_text(encoding="utf-8").split("\n", 1)
    other = tmp_path / "api.csv"
    other.write_text(header.lower().replace(" ", "_") + "\n" + rest.replace("01/01/1900", "1900-01-01T00:00:00.000")
                     .replace("03/14/2019", "2019-03-14T00:00:00.000"), encoding="utf-8")
    report = import_history(db, EXAMPLES / "nyc_restaurants.yaml", "test", data=other, today=TODAY)
    assert (report.accepted, report.changed) == (5, False), "the same from the interface, with its own column names"


def test_torontos_shape_has_wordings_for_codes_and_severities_that_are_none(db: Database) -> None:
    report = import_history(db, EXAMPLES / "dinesafe.yaml", "test", today=TODAY)
    assert (report.read, report.accepted, report.rejected) == (5, 5, [])
    assert visits(db) == [
        ("TO-7001", "TO-90001", "2019-02-14", "hazards_ordered",
         "TO-FAIL_TO_CLEAN_UTENSILS_AS_OFTEN_AS_NECESSARY:serious TO-HOT_FOOD_HELD_TOO_COLD:critical"),
        ("TO-7002", "TO-90001", "2019-06-20", "pass", "TO-FAIL_TO_CLEAN_UTENSILS_AS_OFTEN_AS_NECESSARY:serious"),
        ("TO-7003", "TO-90002", "2019-03-01", "pass", "")]
    assert "2 units" in report.told
    assert "3 visits 2019-02-14 to 2019-06-20: 2 pass, 1 hazards_ordered" in report.told


def test_san_franciscos_shape_joins_violations_to_visits_and_fires_to_addresses(db: Database) -> None:
    report = import_history(db, EXAMPLES / "fire_inspections.yaml", "test", today=TODAY)
    assert (report.read, report.accepted, report.skipped, report.rejected) == (5, 4, 1, [])
    assert [visit[:1] + visit[2:] for visit in visits(db)] == [
        ("SF-301", "2018-01-14", "hazards_ordered", "SF-1001.3:serious SF-315.3:minor"),
        ("SF-302", "2019-02-20", "pass", ""), ("SF-303", "2019-03-01", "hazards_ordered", "SF-901.6:serious")]
    assert len({visit[1] for visit in visits(db)[:2]}) == 1, "two spellings of an address are one unit"
    assert db.row("select lon, lat from units where name = '1000 EXAMPLE ST.'") == {"lon": -122.42, "lat": 37.79}
    assert [one for one in [*report.told, report.examples[0]] if one not in DOCUMENT] == []

    report = import_history(db, EXAMPLES / "city_fires.yaml", "test", today=TODAY)
    assert (report.read, report.accepted, report.skipped, report.rejected) == (4, 2, 2, [])
    assert "1 of the rows left out are about no unit, or no single one, of the register" in report.told
    assert [tuple(row.values()) for row in db.rows(
        "select f.fire_no, u.address, f.occurred_at, f.procedure from fires f join units u using (unit_id) "
        "order by 1")] == [
            ("A1-2018", "1000 EXAMPLE ST.", dt.datetime(2018, 3, 3, 22, 5, 37, tzinfo=dt.UTC), "ordinary"),
            ("A2-2018", "5 Sample Ave", dt.datetime(2018, 3, 4, 4, tzinfo=dt.UTC), "minor")]


def test_calls_to_addresses_are_visits_that_may_find_a_fire(db: Database) -> None:
    report = import_history(db, EXAMPLES / "calls_as_visits.yaml", "test", today=TODAY)
    assert (report.read, report.accepted, report.rejected) == (4, 4, [])
    assert [visit[0::4] for visit in visits(db)] == [
        ("CALL-A1-2018", "CALL-FIRE:critical"), ("CALL-A2-2018", "CALL-FIRE:serious"), ("CALL-A3-2018", ""),
        ("CALL-A4-2018", "CALL-FIRE:critical")]
    assert db.row("select count(*) as n from units") == {"n": 3}


def test_a_column_for_each_item(db: Database, tmp_path: Path) -> None:
    report = import_history(db, EXAMPLES / "wide_items.yaml", "test", today=TODAY)
    assert (report.accepted, report.rejected) == (3, [])
    assert [visit[4] for visit in visits(db)] == ["W-2:critical W-30:minor", "", "W-1:critical"]
    body = VISIT + """
    findings:
      wide: {columns: [A, B], found: [OUT]}
      severity: {of: element, map: {OUT: serious}}
    """
    bring(db, tmp_path, body, "id,no,day,A,B\n1,X1,2024-01-05,IN,OUT\n1,X2,2024-01-06,NO,NA\n")
    assert [visit[4] for visit in visits(db)[3:]] == ["B:serious", ""]
    words = body.replace("found: [OUT]", "").replace("B],", "B]")
    report = bring(db, tmp_path, words, "id,no,day,A,B\n1,X3,2024-01-07,IN,1\n")
    assert [(problem.column, problem.value) for problem in report.rejected] == [("A", "IN")]
    with pytest.raises(MapError, match=r"finds no column by '\^Q': the file has id, no, day, A, B"):
        bring(db, tmp_path, words.replace("[A, B]", "'^Q'"), "id,no,day,A,B\n1,X3,2024-01-07,1,1\n")


def test_a_brigades_workbook_with_titles_merged_cells_and_three_kinds_of_date(db: Database, tmp_path: Path) -> None:
    with (EXAMPLES / "brigade_ledger.csv").open(encoding="utf-8", newline="") as file:
        rows = [[cell or None for cell in row] for row in csv.reader(file)]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    sheet["D3"], sheet["D4"], sheet["D6"] = "检查\n日期", dt.datetime(2019, 3, 5), 43530  # noqa: DTZ001  no zones there
    sheet.merge_cells("A1:H1")
    for column in "ABCDEF":
        sheet.merge_cells(f"{column}4:{column}5")
    book.save(tmp_path / "ledger.xlsx")
    report = import_history(db, EXAMPLES / "brigade_ledger.yaml", "test", data=tmp_path / "ledger.xlsx", today=TODAY)
    assert (report.read, report.accepted, report.skipped, report.rejected) == (5, 4, 1, [])
    assert [visit[2:] for visit in sorted(visits(db), key=lambda one: one[2])] == [
        ("2019-03-05", "hazards_ordered", "JA-灭火器过期:minor JA-疏散通道堵塞:critical"), ("2019-03-06", "pass", ""),
        ("2019-06-20", "hazards_corrected", "JA-应急灯损坏:minor")]
    assert db.row("select count(*) as n, count(distinct team) as teams from inspections") == {"n": 3, "teams": 2}
    assert db.row("select count(*) as n from units") == {"n": 2}, "１号 and 1号 are one address"
    assert db.row("select count(*) as n from hazards where is_major") == {"n": 1}
    with pytest.raises(FileRefused, match="ledger.xlsx has no sheet '三月': it has Sheet"):
        import_history(db, EXAMPLES / "brigade_ledger.yaml", "test", data=tmp_path / "ledger.xlsx", sheet="三月")
    content = (EXAMPLES / "brigade_ledger.csv").read_text(encoding="utf-8").encode("gbk")
    (tmp_path / "ledger.csv").write_bytes(content)
    report = import_history(db, EXAMPLES / "brigade_ledger.yaml", "test", data=tmp_path / "ledger.csv", today=TODAY)
    assert not report.changed
    assert report.told[0] == "ledger.csv is read as gb18030, cells separated by ,, column names in line 3"


def test_a_unit_of_the_register_is_found_by_its_name_and_keeps_its_number(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, VISIT, "id,no,day\n7,A,2024-01-05\n")
    with db.connection() as connection:
        connection.execute("update units set source = 'manual', name = '江安 大酒店', address = '一路１号'")
    unit = UNIT.replace('{template: "X-{id}"}', '{column: name, digest: 8}').replace(
        'name: {template: "单位 {id}"}', "name: name\n      find: {name: name, address: place}")
    for _ in range(2):
        report = bring(db, tmp_path, VISIT, """
            name,place,no,day
            江安大酒店,一路1号,B,2024-02-05
            新店,二路,C,2024-02-06
            """, unit=unit)
        assert report.rejected == []
    assert [visit[1] for visit in visits(db)][:2] == ["X-7", "X-7"]
    assert db.row("select count(*) as n from units") == {"n": 2}
    assert not report.changed


def test_incidents_are_joined_to_the_nearest_unit_within_reach(db: Database, tmp_path: Path) -> None:
    unit = UNIT.rstrip() + "\n      lon: lon\n      lat: lat\n      address: place\n"
    bring(db, tmp_path, VISIT, """
        id,no,day,lon,lat,place
        1,A,2024-01-05,114.0000,30.0000,1 Road
        2,B,2024-01-05,114.0010,30.0000,2 Road
        3,C,2024-01-05,114.0100,30.0000,2 road.
        """, unit=unit)
    find = "unit: {find: {lon: x, lat: y, within_m: 60}, unknown: skip}\n"
    fires = "what: fires\nfire: {fire_no: no, occurred_at: day}\n"
    report = bring(db, tmp_path, fires, """
        no,day,x,y
        F1,2024-05-01,114.0004,30.0001
        F2,2024-05-02,114.0100,30.0009
        F3,2024-05-03,0,
        F4,2024-05-04,114.0009,29.9996
        """, unit=find)
    assert (report.accepted, report.skipped, report.rejected) == (2, 2, [])
    assert [row["unit_no"] for row in db.rows("select unit_no from fires join units using (unit_id) order by fire_no")
            ] == ["X-1", "X-2"]
    report = bring(db, tmp_path, fires, "no,day,place\nF5,2024-05-01,2 ROAD\nF6,2024-05-01,9 Road\n", unit=ONLY_FOUND)
    assert [(problem.line, problem.column) for problem in report.rejected] == [(2, "place")]
    assert "2 registered units have address '2 ROAD': X-2, X-3" in report.rejected[0].reason
    assert report.skipped == 1


def test_units_visits_and_violations_in_three_files(db: Database, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text('id,name,place\n1,"Joe ""J"" Diner","1 Main\nSt"\n2,Cafe,2 Main St\n', "utf-8")
    (tmp_path / "v.csv").write_text("id|date|code|text\n1|20140305|103|High risk\n1|20150101|9|x\n1|2015\n", "utf-8")
    unit = UNIT.replace('{template: "单位 {id}"}', "place.name\n      address: place.place")
    report = bring(db, tmp_path, """
    source:
      join:
        - {name: place, file: b.csv, on: {id: id}}
        - {name: v, file: v.csv, on: {id: id, date: date}}
    rows: violation
    visit: {date: date}
    findings: {item: v.code, severity: {column: v.text, contains: {high: critical}, default: minor}}
    """, "id,date,score\n1,20130305,90\n1,20140305,70\n2,20140306,100\n9,20140306,88\n", unit=unit)
    assert [visit[0::4] for visit in visits(db)] == [
        ("X-1-2013-03-05", ""), ("X-1-2014-03-05", "103:critical"), ("X-2-2014-03-06", "")]
    assert [(problem.line, problem.column, problem.reason) for problem in report.rejected] == [
        (4, "", "in v.csv: the row has 2 cells, the header 4"), (5, "place.name", "it is empty")]
    assert report.told[3:5] == [
        "b.csv: 0 of its rows belong to no row of the first file, 1 rows of that have none of b.csv",
        "v.csv: 1 of its rows belong to no row of the first file, 3 rows of that have none of v.csv"]
    assert db.row("select name, address from units where unit_no = 'X-1'") == {
        "name": 'Joe "J" Diner', "address": "1 Main\nSt"}


@pytest.mark.parametrize(("body", "sentence"), [
    ("source: {join: [{file: b.csv}]}", "source.join\\[1\\].name is missing"),
    ("source: {join: [{file: none.csv, name: b, on: {id: id}}]}", "there is no file .*none.csv, which the map names"),
    ("source: {join: [{file: data.csv, name: b, on: {id: nix}}]}", "names the column 'nix'"),
    ("source: {join: [{file: data.csv, name: b.c, on: {id: id}}]}", "a word without dots"),
    ("source: {fill_down: [nix]}", "source.fill_down names the column 'nix'"),
    ("findings: {wide: {columns: '('}, severity: {constant: minor}}", "findings.wide.columns is not a regular"),
    ("findings: {wide: {}, severity: {constant: minor}}", "findings.wide.columns is missing"),
])
def test_the_new_parts_of_a_map_are_named_where_they_can_not_be_used(still: Database, tmp_path: Path, body: str,
                                                                    sentence: str) -> None:
    with pytest.raises((MapError, FileRefused), match=sentence):
        bring(still, tmp_path, VISIT + "\n    " + body, "id,no,day\n1,A,2024-01-05\n")


@pytest.mark.parametrize(("unit", "sentence"), [
    ("unit: {find: {}}", "unit.find needs name or address"),
    ("unit: {find: {lon: a, lat: b}}", "needs lon, lat and within_m together"),
    ("unit: {find: {address: a}, name: a, kind: a, area_code: a}", "unit.unit_no is missing"),
    ("no_visit: [{column: day, values: [x]}]\nunit: {unit_no: id}", "no_visit belongs to a unit with name"),
])
def test_a_unit_that_can_not_be_found_by_the_map_is_one_sentence(still: Database, tmp_path: Path, unit: str,
                                                                 sentence: str) -> None:
    with pytest.raises(MapError, match=sentence):
        bring(still, tmp_path, VISIT, "id,no,day\n1,A,2024-01-05\n", unit=unit + "\n")


def test_who_names_the_wrong_row_for_the_header_is_told_the_right_one(still: Database, tmp_path: Path) -> None:
    with pytest.raises(MapError, match="row 2 of the file has it: say source.header_row: 2"):
        bring(still, tmp_path, VISIT, "a title,,\nid,no,day\n1,A,2024-01-05\n")
    with pytest.raises(MapError, match="it has id, no, Day of visit \\(did you mean 'Day of visit'\\?\\)"):
        bring(still, tmp_path, VISIT.replace("day", "day ofvist"), "id,no,Day of visit\n1,A,2024-01-05\n")


def test_a_row_that_stands_twice_counts_once_and_another_with_its_number_is_named(db: Database, tmp_path: Path) -> None:
    report = bring(db, tmp_path, VISIT, "id,no,day\n1,A,2024-01-05\n1,A,2024-01-05\n1,A,2024-01-06\n")
    assert (report.read, report.accepted, [problem.line for problem in report.rejected]) == (3, 2, [4])
    assert "1 rows repeat an earlier row and count once" in report.told
    assert [visit[2] for visit in visits(db)] == ["2024-01-05"]


def test_a_dry_run_shows_how_the_file_is_read_and_its_first_records(db: Database, tmp_path: Path) -> None:
    body = VISIT + """      team: who
    findings: {items: items, severity: {ranges: {1-9: critical}, default: minor}}
    """
    report = bring(db, tmp_path, body, "id\tno\tday\twho\titems\n1\tA\t2024年1月5日\t甲\t3 12\n", dry_run=True)
    assert report.told == ["data.csv is read as utf-8-sig, cells separated by tab, column names in line 1", "1 units",
                           "1 visits 2024-01-05: 1 hazards_ordered", "1 critical, 1 minor findings", "1 teams"]
    assert report.examples == [
        "line 2: A, unit X-1 单位 1, 2024-01-05, hazards_ordered, 甲: 3 critical, 12 minor"]
    assert visits(db) == []
