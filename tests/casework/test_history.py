"""Foreign histories come in by the documented map alone; what can't be used is named."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from casework.history import (
    MapError,
    fields,
    findings_map,
    import_history,
    moments,
    read_map,
    source_map,
    unit_map,
)
from casework.history.nouns import nouns
from registry.errors import FileRefused
from store import Database, HuoyanError

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples/history"
DOCUMENT = (DOCS / "history-import.md").read_text(encoding="utf-8")
TODAY = dt.date(2026, 6, 1)

UNIT = """
    areas:
      - {area_code: "991900", level: city, name_zh: 市}
    unit:
      unit_no: {template: "X-{id}"}
      name: {template: "单位 {id}"}
      area_code: {constant: "991900"}
      kind: {constant: office}
"""


def write_map(folder: Path, body: str, *, unit: str = UNIT) -> Path:
    path = folder / "map.yaml"
    path.write_text(textwrap.dedent(unit) + textwrap.dedent(body), encoding="utf-8")
    return path


def write_csv(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "data.csv"
    path.write_bytes(textwrap.dedent(text).lstrip().encode(encoding))
    return path


def bring(db: Database, folder: Path, body: str, data: str, **options: Any) -> Any:
    unit = options.pop("unit", UNIT)
    return import_history(db, write_map(folder, body, unit=unit), "test", data=write_csv(folder, data), today=TODAY,
                          **options)


def visits(db: Database) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in db.rows("""
        select i.inspection_no, u.unit_no, i.inspected_on::text, i.result, coalesce(string_agg(
            h.item_code || ':' || h.severity, ' ' order by h.item_code), '') as found
        from inspections i join units u using (unit_id) left join hazards h using (inspection_id)
        group by 1, 2, 3, 4 order by 1""")]


VISIT = """
    visit:
      inspection_no: no
      date: day
"""


def test_the_example_of_one_row_for_each_violation(db: Database) -> None:
    report = import_history(db, EXAMPLES / "night_checks.yaml", "test")
    assert (report.read, report.accepted, report.skipped, report.rejected) == (7, 6, 1, [])
    assert visits(db) == [
        ("N-1001", "NC-77", "2024-03-14", "hazards_ordered", "NC-F12:critical NC-F40:minor"),
        ("N-1002", "NC-78", "2024-03-15", "pass", ""),
        ("N-1003", "NC-79", "2024-03-15", "hazards_corrected", "NC-F07:serious NC-F40:minor"),
        ("N-1004", "NC-77", "2024-04-02", "hazards_ordered", "NC-F12:critical")]
    assert db.row("select started_at from inspections where inspection_no = 'N-1001'") == {
        "started_at": dt.datetime(2024, 3, 14, 13, 30, tzinfo=dt.UTC)}
    assert db.row("select name, lat, lon, kind, is_crowded, area_code from units where unit_no = 'NC-78'") == {
        "name": "Old Mill Store", "lat": None, "lon": None, "kind": "warehouse", "is_crowded": False,
        "area_code": "991802"}
    assert db.row("select name_zh, severity from inspection_items where item_code = 'NC-F12'") == {
        "name_zh": "Exit door locked", "severity": "critical"}
    assert not import_history(db, EXAMPLES / "night_checks.yaml", "test").changed


def test_counts_stand_in_for_items(db: Database, tmp_path: Path) -> None:
    report = bring(db, tmp_path, VISIT + """
    findings:
      counts: {critical: C, serious: S, minor: M}
      prefix: FD-
    """, """
        id,no,day,C,S,M
        1,A,2024-01-05,1,0,2
        1,B,2024-01-06,,,
        1,C,2024-01-07,x,0,0
        1,D,2024-01-08,501,0,0
        """)
    assert visits(db) == [
        ("A", "X-1", "2024-01-05", "hazards_ordered", "FD-critical-01:critical FD-minor-01:minor FD-minor-02:minor"),
        ("B", "X-1", "2024-01-06", "pass", "")]
    assert [(problem.line, problem.column, problem.value) for problem in report.rejected] == [
        (4, "C", "x"), (5, "C", "501")]


def test_codes_inside_free_text_between_bars(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, VISIT + r"""
    findings:
      items: {column: text, separator: "|", pattern: '^(\d+)\.'}
      severity: {ranges: {1-14: critical, 15-29: serious, 30+: minor}}
      names: {"3": 通道堵塞}
    """, """
        id,no,day,text
        1,A,2024-01-05,"3. EXIT BLOCKED - Comments: a, b | 33. DUST | 3. EXIT BLOCKED - again"
        1,B,2024-01-06,
        """)
    assert visits(db)[0][4] == "3:critical 33:minor"
    assert db.row("select name_zh from inspection_items where item_code = '3'") == {"name_zh": "通道堵塞"}


def test_codes_found_anywhere_and_graded_by_the_words_around(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, VISIT + r"""
    findings:
      items: {column: text, separator: ";", pattern: '[A-Z]\d+', unmatched: ignore}
      severity: {of: element, contains: {critical: critical, major: serious}, default: minor}
    """, """
        id,no,day,text
        1,A,2024-01-05,CRITICAL F12 exit; none; major A7; B1
        """)
    assert visits(db)[0][4] == "A7:serious B1:minor F12:critical"
    bring(db, tmp_path, VISIT + r"""
    findings:
      items: {column: text, find: '#(\d+)'}
      severity: {map: {"1": critical}, default: minor}
    """, "id,no,day,text\n1,B,2024-01-06,see #1 and also #22\n")
    assert visits(db)[1][4] == "1:critical 22:minor"


def test_violation_rows_may_stand_apart_and_repeat(db: Database, tmp_path: Path) -> None:
    report = bring(db, tmp_path, """
    rows: violation
    visit:
      date: {column: when, format: ["%m/%d/%Y", "%d.%m.%y"]}
      result: {column: action, contains: {closed: closed, violations were cited: hazards_ordered}, default: pass}
    findings:
      item: {column: code}
      severity: {column: flag, map: {Critical: critical, Not Critical: minor, Not Applicable: minor}}
    """, """
        id,when,code,flag,action
        1,01/05/2024,04L,Critical,Violations were cited in the following area(s).
        2,06.01.24,10F,Not Critical,Violations were cited
        1,01/05/2024,10F,Not Critical,Establishment Closed by authority
        1,01/05/2024,04L,Not Critical,Violations were cited
        2,06.01.24,10X,Maybe,Violations were cited
        3,01/07/2024,,Not Applicable,No violations
        """)
    assert visits(db) == [("X-1-2024-01-05", "X-1", "2024-01-05", "hazards_ordered", "04L:critical 10F:minor"),
                          ("X-2-2024-01-06", "X-2", "2024-01-06", "hazards_ordered", "10F:minor"),
                          ("X-3-2024-01-07", "X-3", "2024-01-07", "pass", "")]
    assert [(problem.line, problem.column, problem.value) for problem in report.rejected] == [(6, "flag", "Maybe")]
    assert report.read == report.accepted + len(report.rejected)


def test_facts_of_a_unit_are_those_of_its_latest_row(db: Database, tmp_path: Path) -> None:
    unit = """
    areas:
      - {area_code: "991900", level: city, name_zh: 市}
    unit:
      unit_no: id
      name: name
      area_code: {constant: "991900"}
      kind: {column: use, map: {eat: restaurant}, default: other}
      is_key: {column: risk, ranges: {1: "true"}, default: "false"}
      attributes: {risk: risk}
    """
    rows = "id,name,use,risk,no,day\n7,new,eat,1,A,2024-03-01\n7,old,shop,2,B,2023-03-01\n"
    bring(db, tmp_path, VISIT, rows, unit=unit)
    told = "select name, kind, is_key, attributes, source from units"
    latest = {"name": "new", "kind": "restaurant", "is_key": True, "attributes": {"risk": "1"}, "source": "import"}
    assert db.row(told) == latest
    bring(db, tmp_path, VISIT, "id,name,use,risk,no,day\n7,older,shop,2,C,2022-03-01\n", unit=unit)
    assert db.row(told) == latest, "an older file does not turn the facts back"
    with db.connection() as connection:
        connection.execute("update units set source = 'manual', name = 'by hand'")
    bring(db, tmp_path, VISIT, "id,name,use,risk,no,day\n7,newest,shop,2,D,2025-03-01\n", unit=unit)
    assert db.row("select name from units") == {"name": "by hand"}, "the register is not overwritten by an import"


def test_every_bad_row_is_listed_and_the_good_ones_are_kept(db: Database, tmp_path: Path) -> None:
    unit = UNIT.replace("kind: {constant: office}", "kind: {column: use, map: {o: office}}\n      lat: lat")
    visit = VISIT.replace("date: day", "date: {column: day, format: '%d/%m/%Y'}\n      ended: end")
    report = bring(db, tmp_path, visit, """
        id,no,day,end,use,lat
        1,A,05/01/2024,,o,31.5
        ,B,05/01/2024,,o,31.5
        1,C,2024-13-01,,o,31.5
        1,D,01/01/2031,,o,31.5
        1,E,01/01/1900,,o,31.5
        1,F,05/01/2024,04/01/2024,o,31.5
        1,G,05/01/2024,,q,31.5
        1,H,05/01/2024,,o,north
        1,I,05/01/2024,,o,95
        1,A,06/01/2024,,o,31.5
        1,J,05/01/2024
        1,K,05/01/2024,,o,31.5,more
        1,L,,,o,31.5
        """.replace("04/01/2024", "2024-01-04"), unit=unit)
    assert visits(db) == [("A", "X-1", "2024-01-05", "pass", "")]
    assert report.read == 13
    assert [(problem.line, problem.column) for problem in report.rejected] == [
        (3, "id"), (4, "day"), (5, "day"), (6, "day"), (7, "end"), (8, "use"), (9, "lat"), (10, "lat"),
        (11, "visit.inspection_no"), (12, ""), (13, ""), (14, "day")]
    reasons = [problem.reason for problem in report.rejected]
    assert all(reason and "\n" not in reason for reason in reasons)
    assert "in the future" in reasons[2]
    assert "stand-in" in reasons[3]
    assert "stands in line 2 already" in reasons[8]


def test_a_visit_entered_by_hand_is_left_as_it_is(db: Database, tmp_path: Path) -> None:
    data = "id,no,day\n1,A,2024-01-05\n1,B,2024-01-06\n"
    bring(db, tmp_path, VISIT, data)
    with db.connection() as connection:
        connection.execute("update inspections set source = 'manual', note = 'mine' where inspection_no = 'A'")
    report = bring(db, tmp_path, VISIT, data)
    assert [problem.value for problem in report.rejected] == ["A"]
    assert not report.changed


def test_a_mended_file_brings_the_record_up_to_date(db: Database, tmp_path: Path) -> None:
    body = VISIT + """
    findings:
      items: {column: items}
      severity: {constant: minor}
    """
    bring(db, tmp_path, body, "id,no,day,items\n1,A,2024-01-05,a b c\n")
    changes = bring(db, tmp_path, body, "id,no,day,items\n1,A,2024-01-06,a d\n").changes
    assert visits(db) == [("A", "X-1", "2024-01-06", "hazards_ordered", "a:minor d:minor")]
    assert changes["hazards"]["removed"] == 2
    assert changes["inspections"]["updated"] == 1


def test_a_hazard_that_a_re_inspection_closed_stays_closed(db: Database, tmp_path: Path) -> None:
    body = VISIT + """
    findings:
      items: {column: items}
      severity: {constant: minor}
      handling: {constant: ordered}
    """
    bring(db, tmp_path, body, "id,no,day,items\n1,A,2024-01-05,a b\n")
    with db.connection() as connection:
        connection.execute("update hazards set corrected_on = '2024-02-01', confirmed_in = inspection_id")
    assert not bring(db, tmp_path, body, "id,no,day,items\n1,A,2024-01-05,b\n").changed
    assert db.row("select count(corrected_on) as n from hazards") == {"n": 2}


def test_a_dry_run_stores_nothing(db: Database, tmp_path: Path) -> None:
    report = bring(db, tmp_path, VISIT, "id,no,day\n1,A,2024-01-05\n", dry_run=True)
    assert report.changes["inspections"]["inserted"] == 1
    assert visits(db) == []
    assert db.rows("select from areas") == []


@pytest.mark.parametrize(("encoding", "told"), [("utf-8", ""), ("utf-8-sig", ""), ("gb18030", ""), ("utf-16", ""),
                                                ("latin-1", "encoding: latin-1")])
def test_encodings_and_delimiters(db: Database, tmp_path: Path, encoding: str, told: str) -> None:
    name = "é" if encoding == "latin-1" else "饭店"
    unit = UNIT.replace('name: {template: "单位 {id}"}', "name: name")
    path = tmp_path / "data.csv"
    path.write_bytes(f"id;no;day;name\n1;A;2024-01-05;{name}\n".encode(encoding))
    body = VISIT + f"\n    source: {{{told}}}\n"
    import_history(db, write_map(tmp_path, body, unit=unit), "test", data=path, today=TODAY)
    assert db.row("select name from units") == {"name": name}


def test_a_workbook_with_real_dates_on_a_sheet_by_name(db: Database, tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "read me"
    sheet = book.create_sheet("visits")
    sheet.append(["a report of 2024"])
    sheet.append(["id", "no", "day", "items"])
    sheet.append([1, 5001, dt.datetime(2024, 1, 5, 9, 30), 32])  # noqa: DTZ001  a sheet knows no zones
    sheet.append([2, 5002, dt.date(2024, 1, 6), None])
    book.save(tmp_path / "data.xlsx")
    path = write_map(tmp_path, VISIT + """
    source: {sheet: visits, header_row: 2}
    findings:
      items: items
      severity: {constant: minor}
    """)
    report = import_history(db, path, "test", data=tmp_path / "data.xlsx", today=TODAY)
    assert (report.accepted, report.rejected) == (2, [])
    assert visits(db) == [("5001", "X-1", "2024-01-05", "hazards_ordered", "32:minor"),
                          ("5002", "X-2", "2024-01-06", "pass", "")]
    assert db.row("select started_at from inspections where inspection_no = '5001'") == {
        "started_at": dt.datetime(2024, 1, 5, 1, 30, tzinfo=dt.UTC)}


def test_a_file_without_column_names(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, VISIT + "\n    source: {columns: [id, no, day], delimiter: '|'}\n",
          "1|A|2024-01-05\n2|B|2024-01-06\n")
    assert [visit[0] for visit in visits(db)] == ["A", "B"]


def test_fires_complaints_penalties_and_credit(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, """
    what: fires
    fire:
      occurred_at: {column: at, format: MM/DD/YYYY HH:MM, timezone: America/New_York}
      procedure: {column: kind, map: {structure: ordinary}, default: minor}
    """, "id,at,kind\n1,07/04/2023 23:15,structure\n1,07/05/2023 01:00,trash\n")
    assert [tuple(row.values()) for row in db.rows("select occurred_at, procedure from fires order by 1")] == [
        (dt.datetime(2023, 7, 5, 3, 15, tzinfo=dt.UTC), "ordinary"),
        (dt.datetime(2023, 7, 5, 5, 0, tzinfo=dt.UTC), "minor")]

    only = "unit: {unit_no: {template: 'X-{id}'}}\n"
    report = bring(db, tmp_path, """
    what: complaints
    complaint: {complaint_no: no, received_at: at, kind: {constant: blocked_exit}, verified: ok}
    """, "id,no,at,ok\n1,T1,2024-01-05T10:00,yes\n2,T2,2024-01-05,no\n1,T3,2024-01-05,\n", unit=only)
    assert [(problem.line, problem.column) for problem in report.rejected] == [(3, "id")]
    assert [tuple(row.values()) for row in db.rows(
        "select complaint_no, check_by - received_at, verified from complaints order by 1")] == [
            ("T1", dt.timedelta(hours=24), True), ("T3", dt.timedelta(hours=24), None)]

    penalties = """
    what: penalties
    penalty: {case_no: no, decided_on: day, kind: {constant: fine}, amount_yuan: sum, article: {constant: 消防法 60}}
    """
    bring(db, tmp_path, penalties, 'id,no,day,sum\n1,C1,2024-01-05,"5,000"\n', unit=only)
    assert db.row("select amount_yuan::text as sum, decided_on::text as day from penalties") == {
        "sum": "5000.00", "day": "2024-01-05"}
    assert not bring(db, tmp_path, penalties, 'id,no,day,sum\n1,C1,2024-01-05,"5,000"\n', unit=only).changed

    bring(db, tmp_path, """
    what: credit
    credit: {event_ref: no, occurred_on: day, points: p, article: {constant: 地方办法}}
    """, "id,no,day,p\n1,C1,2024-01-05,-3\n", unit=only)
    assert db.row("select points::text as points, event_kind from credit_entries") == {
        "points": "-3.00", "event_kind": "import"}
    told = bring(db, tmp_path, """
    what: credit
    credit: {event_ref: no, occurred_on: day, points: p, event_kind: k, article: {constant: 地方办法}}
    """, "id,no,day,p,k\n1,C2,2024-01-05,-3,penalty_fine\n1,C3,2024-01-05,-6,penalty_fine\n1,C4,2024-01-05,-6,gossip\n",
                 unit=only)
    assert [(one.line, one.column, one.reason.split(":")[0]) for one in told.rejected] == [
        (2, "p", "penalty_fine posts -6 points on 2024-01-05, not -3 (credit.points)"),
        (4, "k", "policy has no event gossip on 2024-01-05 (credit.points, credit.events)")]


REFUSED: list[tuple[str, str]] = [
    ("", "visit is missing"),
    ("visit: {date: day}\nviist: {}", "has the key 'viist'"),
    ("visit: {date: Day2}", "visit.date names the column 'Day2', which the file does not have: it has id, no, day"),
    ("visit: {dat: day}", "visit has the key 'dat'"),
    ("visit: {inspection_no: no}", "visit.date is missing"),
    ("visit: {date: {column: day, constant: x}}", "exactly one of column, columns, constant, template"),
    ("visit: {date: {column: day, format: soon}}", "visit.date.format: 'soon' is not a date format"),
    ("visit: {date: {column: day, format: '%Q'}}", "is not a date format"),
    ("visit: {date: {column: day, timezone: Mars/Base}}", "'Mars/Base' is not a time zone"),
    ("visit: {date: day, result: {column: no, map: {A: perfect}}}", "visit.result gives 'perfect': it must be one of"),
    ("visit: {date: day, result: {constant: perfect}}", "visit.result gives 'perfect'"),
    ("visit: {date: day, note: {template: 'a {b'}}", "a brace that names no column"),
    ("visit: {date: day, note: {template: 'a {b}'}}", "visit.note.template names the column 'b'"),
    ("visit: {date: day, note: {column: no, pattern: '('}}", "visit.note.pattern is not a regular expression"),
    ("visit: {date: day, note: {column: no, map: [1]}}", "visit.note.map must be a table"),
    ("visit: {date: day, note: {column: no, ranges: {x: y}}}", "'x' is not a range"),
    ("visit: {date: day, note: {column: no, digest: 3}}", "from 8 to 64"),
    ("visit: {date: day}\nrows: both", "rows must be one of visit, violation"),
    ("visit: {date: day}\nwhat: floods", "what must be one of inspections, fires"),
    ("visit: {date: day}\nfire: {occurred_at: day}", "fire belongs to what: fires"),
    ("visit: {date: day}\nfindings: {items: no}", "findings.severity is missing"),
    ("visit: {date: day}\nfindings: {items: no, counts: {}}", "exactly one of item"),
    ("visit: {date: day}\nfindings: {item: no, severity: {constant: minor}}", "belongs to rows: violation"),
    ("visit: {date: day}\nfindings: {items: no, severity: {constant: bad}}", "findings.severity gives 'bad'"),
    ("visit: {date: day}\nfindings: {counts: {huge: no}}", "findings.counts has the key 'huge'"),
    ("visit: {date: day}\nskip: {column: no}", "skip must be a list"),
    ("visit: {date: day}\nskip: [{column: no}]", "skip\\[1\\] needs column and either"),
    ("visit: {date: day}\nskip: [{column: nix, values: [a]}]", "skip\\[1\\] names the column 'nix'"),
    ("visit: {date: day}\nsource: {encoding: klingon}", "'klingon' is no encoding"),
    ("visit: {date: day}\nsource: {delimiter: ab}", "source.delimiter must be one character"),
    ("visit: {date: day}\nsource: {header_row: 0}", "source.header_row must be a whole number"),
    ("visit: {date: day}\nsource: {header_row: 9}", "has no row 9"),
    ("visit: {date: day}\nvisit: {date: day}", "stands twice in line"),
    ("visit: [", "can't be read as YAML"),
]


@pytest.mark.parametrize(("body", "sentence"), REFUSED, ids=[body[:60] for body, _ in REFUSED])
def test_a_map_that_can_not_be_used_is_one_sentence_that_names_the_key(still: Database, tmp_path: Path, body: str,
                                                                      sentence: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(textwrap.dedent(UNIT) + body, encoding="utf-8")
    data = write_csv(tmp_path, "id,no,day\n1,A,2024-01-05\n")
    with pytest.raises(HuoyanError, match=sentence) as refused:
        import_history(still, path, "test", data=data, today=TODAY)
    assert "\n" not in str(refused.value)
    assert refused.value.status == 400
    assert visits(still) == []


@pytest.mark.parametrize(("unit", "sentence"), [
    ("unit: {name: id}", "unit.unit_no is missing"),
    ("unit: {unit_no: id, name: id}", "all of name, kind and area_code"),
    ("unit: {unit_no: id, name: id, area_code: id, kind: {constant: castle}}", "unit.kind gives 'castle'"),
    ("unit: {unit_no: id, colour: id}", "unit has the key 'colour'"),
    ("areas: [{area_code: x}]\nunit: {unit_no: id}", "areas\\[1\\].area_code"),
    ("areas: [{area_code: '991901', level: district, name_zh: a}]\nunit: {unit_no: id}", "a district or town has one"),
    ("areas: [{area_code: '991901', parent_code: '123456', level: district, name_zh: a}]\nunit: {unit_no: id}",
     "neither registered nor in the map"),
])
def test_a_unit_part_that_can_not_be_used_is_named(still: Database, tmp_path: Path, unit: str, sentence: str) -> None:
    with pytest.raises(MapError, match=sentence):
        bring(still, tmp_path, VISIT, "id,no,day\n1,A,2024-01-05\n", unit=unit + "\n")


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "is empty"),
    (b"\xd0\xcf\x11\xe0abc", "old Excel file"),
    (b"PK\x03\x04abc", "damaged"),
])
def test_a_file_that_is_no_table_is_one_sentence(still: Database, tmp_path: Path, content: bytes,
                                                 sentence: str) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=sentence):
        import_history(still, write_map(tmp_path, VISIT), "test", data=path, today=TODAY)


def test_a_missing_map_or_file_is_one_sentence(db: Database, tmp_path: Path) -> None:
    with pytest.raises(MapError, match="there is no map"):
        read_map(tmp_path / "none.yaml")
    path = write_map(tmp_path, VISIT)
    with pytest.raises(MapError, match="names no source.file"):
        import_history(db, path, "test", today=TODAY)
    with pytest.raises(FileRefused, match="there is no file"):
        import_history(db, path, "test", data=tmp_path / "none.csv", today=TODAY)


def test_words_of_yaml_stay_words(db: Database, tmp_path: Path) -> None:
    bring(db, tmp_path, """
    visit:
      inspection_no: no
      date: day
      result: {column: ok, map: {YES: pass, NO: hazards_ordered}}
      team: {column: team, map: {007: seven}}
    """, "id,no,day,ok,team\n1,A,2024-01-05,NO,007\n")
    assert db.row("select result, team from inspections") == {"result": "hazards_ordered", "team": "seven"}


def test_the_maps_in_the_documentation_can_be_used(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
    whole = [block for block in blocks if "unit:" in block]
    assert len(whole) == 3
    for block in whole:
        (tmp_path / "map.yaml").write_text(block, encoding="utf-8")
        read_map(tmp_path / "map.yaml")


def test_every_key_of_a_map_is_documented() -> None:
    keys = {*fields._KEYS, "format", "timezone", "separator", "find", "unmatched", *unit_map.COLUMNS,
            *(one.name for one in dataclasses.fields(source_map.Source)), "attributes",
            *({one.name for one in dataclasses.fields(findings_map.Findings)} - {"element", "severity_of"}),
            *(code for noun in nouns().values() for code in (noun.code, noun.section, *noun.fields))}
    assert sorted(key for key in keys if f"`{key}`" not in DOCUMENT) == []


@pytest.mark.parametrize(("form", "told", "day"), [
    ("DD-Mon-YYYY", "03-Mar-2015", "2015-03-03"), ("DD-MON-YY", "03-MAR-15", "2015-03-03"),
    ("D Month YYYY", "3 March 2015", "2015-03-03"), ("D/M/YYYY H:MM", "3/12/2015 9:05", "2015-12-03"),
    ("mm/dd/yyyy hh:mm", "03/12/2015 19:05", "2015-03-12"),
    ("MM/DD/YYYY hh:mm AM", "03/12/2015 07:05 PM", "2015-03-12"),
    ("excel", "42066", "2015-03-03"), ("excel", "42066.75", "2015-03-03"), ("unix", "1425340800", "2015-03-03"),
    ("unix-ms", "1425340800000", "2015-03-03"), ("YYYY-MM-DDTHH:MM:SSZ", "2015-03-03T04:05:06Z", "2015-03-03"),
])
def test_days_are_read_in_the_forms_that_registers_abroad_use(form: str, told: str, day: str) -> None:
    spec = moments.moment_spec("visit.date", {"column": "x", "format": form})
    assert moments.reader(spec.formats, spec.zone)(told).day.isoformat() == day


def test_a_time_with_z_is_that_of_greenwich_and_a_counted_one_has_the_zone_of_the_place() -> None:
    for form, told in (("YYYY-MM-DDTHH:MM:SSZ", "2015-03-03T04:05:06Z"), ("unix", "1425355506")):
        spec = moments.moment_spec("visit.date", {"column": "x", "format": form, "timezone": "America/New_York"})
        when = moments.reader(spec.formats, spec.zone)(told)
        assert when.moment == dt.datetime(2015, 3, 3, 4, 5, 6, tzinfo=dt.UTC)
    assert when.day == dt.date(2015, 3, 2)


@pytest.mark.parametrize(("form", "left"), [("DD-FOO-YYYY", "FOO"), ("DD/MM/JJJJ", "JJJJ"), ("date", "ate")])
def test_letters_of_a_date_format_that_stand_for_nothing_are_named(form: str, left: str) -> None:
    with pytest.raises(MapError, match=f"visit.date.format: '{form}' is not a date .*'{left}' stands for nothing"):
        moments.moment_spec("visit.date", {"column": "x", "format": form})


def test_premises_without_a_number_are_known_by_a_digest_and_those_of_others_may_be_left_out(db: Database,
                                                                                           tmp_path: Path) -> None:
    number = '{template: "{place}|{code}", digest: 12, prefix: "UK-"}'
    unit = UNIT.replace('{template: "X-{id}"}', number).replace("{id}", "{place}")
    bring(db, tmp_path, VISIT, "no,day,place,code\n1,2024-03-01,Inn,BA1\n", unit=unit)
    (stored,) = db.rows("select unit_no from units")
    assert re.fullmatch("UK-[0-9a-f]{12}", stored["unit_no"])
    fires = "what: fires\nfire: {fire_no: no, occurred_at: day}\n"
    data = "no,day,place,code\nF1,2024-05-01,Inn,BA1\nF2,2024-05-02,Barn,BA9\n"
    report = bring(db, tmp_path, fires, data, unit=f"unit: {{unit_no: {number}, unknown: skip}}\n")
    assert (report.read, report.accepted, report.skipped, report.rejected) == (2, 1, 1, [])
    report = bring(db, tmp_path, fires, data, unit=f"unit: {{unit_no: {number}}}\n")
    assert (report.accepted, report.skipped, [problem.line for problem in report.rejected]) == (1, 0, [3])


@pytest.mark.parametrize("rest", ["".join(f"{number},2024-03-01,{number}\n" for number in range(3, 40)),
                                  "".join(f'{number},2024-03-01,"{number}"\n' for number in range(3, 400))])
def test_a_quotation_mark_that_is_not_closed_does_not_swallow_the_rows_behind_it(db: Database, tmp_path: Path,
                                                                                rest: str) -> None:
    with pytest.raises(FileRefused, match="data.csv, line 3: a quotation mark is not closed"):
        bring(db, tmp_path, VISIT, f'no,day,id\n1,2024-03-01,1\n2,2024-03-01,"2\n{rest}')
    good = 'no,day,id,note\n1,2024-03-01,1,"a\nb ""c"""\n2,2024-03-01,2,5" pipe\n'
    assert bring(db, tmp_path, VISIT, good).accepted == 2
