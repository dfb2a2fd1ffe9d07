"""The own record of past years comes in by documented files, one kind each: rows in = accepted + rejected."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path

import openpyxl
import pytest

from casework import nightly
from casework.enforcement import cases, major_hazards
from casework.enforcement.steps import StepForm
from casework.errors import CaseworkError
from casework.record_import import KINDS, import_record, template
from casework.reports.counting import count
from casework.reports.figures import defined
from casework.reports.period import Period
from policy import rules
from store import Database
from tests.casework.city import build_city, moment

TODAY = dt.date(2026, 3, 12)

ROWS: dict[str, list[str]] = {
    "inspections": ["inspection_no,unit_no,kind,inspected_on,started_at,ended_at,result,officers",
                    "J1,U1,draw,2024-05-06,2024-05-06 09:00,2024-05-06 10:30,hazards_ordered,B1;B2",
                    "J2,U2,campaign,2024/6/7,,,pass,"],
    "hazards": ["inspection_no,item_code,severity,handling,due_on", "J1,exits.blocked,critical,ordered,2024-05-20",
                "J1,signs.missing,minor,corrected_on_spot,"],
    "orders": ["order_no,inspection_no,kind,served_on,correct_by,closed_on",
        "Z1,J1,time_limited,2024-05-06,2024-05-20,",
               ],
    "cases": ["case_no,unit_no,procedure,article,facts,officers,offence_on,filed_on,standing,decided_on,closed_on",
              "A1,U1,ordinary,60.1.3,占用疏散通道,B1;B2,2024-05-06,2024-05-07,archived,2024-06-01,2024-07-01"],
    "penalties": ["case_no,unit_no,inspection_no,decided_on,kind,amount_yuan,article",
        "A1-1,U1,J1,2024-06-01,fine,6000,60"],
    "measures": ["measure_no,unit_no,kind,ground,scope,officers,began_on,until_on,standing,ended_on",
                 "C1,U1,seal,grave,二层,B1;B2,2024-05-06,2024-06-04,lifted,2024-05-30"],
    "major-hazards": ["major_hazard_no,unit_no,way,elements,officers,found_on,standing,level,ended_on,notice_on",
                      "M1,U1,direct,6.1,B1;B2,2024-05-06,accepted,county,2024-09-01,2024-05-10"],
    "complaints": ["complaint_no,unit_no,received_at,channel,kind,checked_at,verified",
                   "T1,U2,2024-03-04 08:30,96119,blocked_exit,2024-03-04 15:00,是",
                       "T2,U1,2026-03-10 09:00,12345,other,,"],
    "fires": ["fire_no,unit_no,occurred_at,procedure", "F1,U2,2023-12-31 23:59,simple"],
    "credit-entries": ["unit_no,occurred_on,points,event_kind,event_ref,article",
        "U1,2024-06-01,-6,penalty_fine,OLD-1,60"],
    "listings": ["unit_no,list,from_day,to_day,basis", "U2,general,2024-06-01,2024-12-01,决定书"],
    "agreements": ["agreement_no,regime,town_code,principal_code,powers,from_day,to_day,signed_on",
                   "W1,delegated,990101001,990101,inspect;order,2024-01-01,2026-12-31,2023-12-20"],
    "training": ["officer_no,kind,held_on,hours,days,topic", "T1,pre_post,2024-02-01,8,1,岗前培训"],
    "guidance": ["town_code,visited_on,officers,note", "990101001,2024-02-10,B1,指导"],
    "referrals": ["referral_no,reason,unit_no,from_code,to_code,item_codes,found_on,state,outcome",
                  "Y1,key_unit,U1,990101001,990101,exits.blocked,2024-04-01,closed,已查处"]}


def put(folder: Path, kind: str, lines: list[str]) -> Path:
    path = folder / f"{kind}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_each_kind_comes_in_once_and_again_changes_nothing(db: Database, tmp_path: Path) -> None:
    build_city(db)
    assert set(ROWS) == set(KINDS)
    for kind, lines in ROWS.items():
        path = put(tmp_path, kind, lines)
        first = import_record(db, kind, path, actor="w", day=TODAY)
        assert (kind, first.rejected) == (kind, [])
        assert first.inserted == first.total == len(lines) - 1
        again = import_record(db, kind, path, actor="w", day=TODAY)
        assert (kind, again.unchanged, again.rejected) == (kind, again.total, [])
    marks = db.rows("select entity_id, after->>'sha256' as sha256, after->>'inserted' as inserted from audit_log"
                    " where entity = 'record' order by audit_id")
    assert [mark["entity_id"] for mark in marks] == [kind for kind in ROWS for _ in range(2)]
    assert all(one["sha256"] == two["sha256"] and two["inserted"] == "0"
               for one, two in zip(marks[::2], marks[1::2], strict=True))
    # An order and a complaint that are open have their clocks; two officers stand on the visit, the first leads.
    assert {row["ref"] for row in db.rows("select ref from clocks where done_at is null")} >= {"Z1", "T2"}
    assert db.rows("select officer_no from inspection_officers where role = 'lead'") == [{"officer_no": "B1"}]
    assert db.rows("select step from referral_steps") == [{"step": "closed"}]


def test_a_file_starts_and_ends_the_clocks_of_its_own_rows_alone(db: Database, tmp_path: Path) -> None:
    def stand() -> dict[str, set[str]]:
        rows = db.rows("select ref, done_at is null as runs from clocks where rule = 'deadlines.recheck'"
                       " or rule = 'deadlines.complaint_check'")
        return {"runs": {row["ref"] for row in rows if row["runs"]}, "done": {row["ref"] for row in rows
                                                                             if not row["runs"]}}

    def bring(kind: str, lines: list[str]) -> None:
        assert import_record(db, kind, put(tmp_path, kind, lines), actor="w", day=TODAY).rejected == []

    build_city(db)
    bring("inspections", ["inspection_no,unit_no,kind,inspected_on,result,officers",
                          *(f"J{n},U1,draw,2026-03-0{n},hazards_ordered,B1;B2" for n in range(1, 5))])
    orders = "order_no,inspection_no,kind,served_on,correct_by,closed_on"
    bring("orders", [orders, "Z1,J1,time_limited,2026-03-01,2026-03-20,", "Z2,J2,time_limited,2026-03-02,2026-03-20,",
                     "Z3,J3,time_limited,2026-03-03,2026-03-10,2026-03-09"])
    assert stand() == {"runs": {"Z1", "Z2"}, "done": set()}
    # One that lost its clocks gets them by night, not by somebody else's file.
    db.rows("delete from clocks where ref = 'Z2' returning 1")
    bring("orders", [orders, "Z1,J1,time_limited,2026-03-01,2026-03-20,2026-03-11",
                     "Z4,J4,time_limited,2026-03-04,2026-03-20,"])
    assert stand() == {"runs": {"Z4"}, "done": {"Z1"}}
    complaints = "complaint_no,unit_no,received_at,kind,checked_at,verified"
    bring("complaints", [complaints, "T1,U1,2026-03-11 09:00,blocked_exit,,"])
    bring("complaints", [complaints, "T1,U1,2026-03-11 09:00,blocked_exit,2026-03-11 15:00,是",
                         "T2,U1,2026-03-11 10:00,blocked_exit,,"])
    assert stand() == {"runs": {"Z4", "T2"}, "done": {"Z1", "T1"}}


def test_a_row_is_rejected_with_its_line_and_the_others_come_in(db: Database, tmp_path: Path) -> None:
    build_city(db)
    report = import_record(db, "inspections", put(tmp_path, "inspections", [
        "检查编号,单位编号,检查形式,检查日期,检查结果,执法人员,备注",
        "J1,U1,draw,2024-05-06,pass,B1、B2,", "J2,U9,draw,2024-05-06,pass,,", "J3,U1,draw,2026-03-13,pass,,",
        "J4,U1,draw,1979-01-01,pass,,", "J5,U1,nosuch,2024-05-06,pass,,", "J6,U1,draw,2024-05-06,pass,B9,",
        "J1,U1,draw,2024-05-07,pass,,"]), actor="w", day=TODAY)
    assert (report.total, report.accepted, report.rejected_rows) == (7, 1, 6)
    told = {problem.line: problem.reason for problem in report.rejected}
    assert sorted(told) == [3, 4, 5, 6, 7, 8]
    assert "no unit U9" in told[3]
    assert "the day of the import" in told[4]
    assert "between 1990-01-01" in told[5]
    assert "no kind nosuch" in told[6]
    assert "no officer B9" in told[7]
    assert "stands in line 2 already" in told[8]
    hazards = import_record(db, "hazards", put(tmp_path, "hazards", [
        "inspection_no,item_code,severity", "J1,nosuch,minor", "J9,signs.missing,minor", "J1,signs.missing,minor"]),
        actor="w", day=TODAY)
    assert [problem.line for problem in hazards.rejected] == [2, 3]
    assert hazards.accepted == 1


def test_a_rejected_row_does_not_stand_in_the_way_of_a_good_one_below(db: Database, tmp_path: Path) -> None:
    build_city(db)
    report = import_record(db, "inspections", put(tmp_path, "inspections", [
        "inspection_no,unit_no,kind,inspected_on,result,officers",
        # Of one key: a cell that is wrong, then a good row, then two that come too late.
        "J1,U1,nosuch,2024-05-06,pass,", "J1,U1,draw,2024-05-06,pass,", "J1,U2,draw,2024-05-06,pass,",
        "J1,U1,nosuch,2024-05-06,pass,",
        # A unit and an officer that there are not, found out by the register; then a good row and a late one.
        "J2,U9,draw,2024-05-06,pass,", "J2,U1,draw,2024-05-07,pass,B9", "J2,U2,draw,2024-05-08,pass,B1",
        "J2,U1,draw,2024-05-09,pass,",
        # No good one at all.
        "J3,U9,draw,2024-05-06,pass,", "J3,U8,draw,2024-05-07,pass,"]), actor="w", day=TODAY)
    assert db.rows("select inspection_no as no, unit_no, inspected_on::text as day from inspections"
                   " join units using (unit_id) order by 1") == [{"no": "J1", "unit_no": "U1", "day": "2024-05-06"},
                                                                 {"no": "J2", "unit_no": "U2", "day": "2024-05-08"}]
    assert (report.total, report.inserted, report.rejected_rows) == (10, 2, 8)
    told = {problem.line: problem.reason for problem in report.rejected if problem.line not in (2, 5)}
    assert told.pop(4) == "the inspection J1 stands in line 3 already"
    assert told.pop(9) == "the inspection J2 stands in line 8 already"
    assert [(line, reason.split(" in the")[0]) for line, reason in sorted(told.items())] == [
        (6, "there is no unit U9"), (7, "there is no officer B9"), (10, "there is no unit U9"),
        (11, "there is no unit U8")]


def test_a_changed_row_is_told(db: Database, tmp_path: Path) -> None:
    build_city(db)
    import_record(db, "inspections", put(tmp_path, "inspections", ROWS["inspections"]), actor="w", day=TODAY)
    changed = [line.replace("2024/6/7,,,pass", "2024/6/7,,,closed") for line in ROWS["inspections"]]
    told = import_record(db, "inspections", put(tmp_path, "inspections", changed), actor="w", day=TODAY)
    assert (told.updated, told.unchanged) == (1, 1)
    import_record(db, "cases", put(tmp_path, "cases", ROWS["cases"]), actor="w", day=TODAY)
    other = [line.replace("archived", "closed") for line in ROWS["cases"]]
    refused = import_record(db, "cases", put(tmp_path, "cases", other), actor="w", day=TODAY)
    assert (refused.total, refused.accepted, refused.rejected_rows) == (1, 0, 1)
    assert refused.rejected[0].reason == "the case A1 stands with other facts and stays as it is"
    assert db.rows("select standing from cases") == [{"standing": "archived"}]


_EVENTS = ", ".join(code for rule in ("credit.points", "credit.events") for code in rules().value(rule, TODAY))


@pytest.mark.parametrize(("kind", "line", "reason"), [
    # A hazard that was corrected before it was found broke a constraint of the database, and the whole file with it.
    ("hazards", "J1,exits.blocked,critical,ordered,2024-05-20,2024-05-01",
     "it lies before inspection J1 on 2024-05-06"),
    ("hazards", "J1,exits.blocked,critical,ordered,2024-05-01,", "it lies before inspection J1 on 2024-05-06"),
    ("orders", "Z1,J1,time_limited,2024-05-01,2024-05-20,", "it lies before inspection J1 on 2024-05-06"),
    ("credit-entries", "U1,2024-06-01,-5,penalty_fine,OLD-1,60",
     "penalty_fine posts -6 points on 2024-06-01, not -5 (credit.points): bring in other points as import"),
    ("credit-entries", "U1,2024-06-01,-6,penalty_flogging,OLD-1,60",
     f"policy has no event penalty_flogging on 2024-06-01 (credit.points, credit.events): say one of {_EVENTS}"),
    ("credit-entries", "U1,2024-06-01,-6,repair,OLD-1,60", "repair gives points back: more than 0, not -6"),
    ("penalties", "A1-1,U2,J1,2024-06-01,fine,6000,60", "inspection J1 is not one of unit U2"),
    ("penalties", "A1-1,U1,J1,2024-06-01,fine,,60", "a fine has its amount"),
    ("penalties", "A1-1,U1,J1,2024-06-01,warning,50,60", "an amount belongs to a fine, not to warning"),
    ("cases", "A1,U1,ordinary,60.1.3,占用疏散通道,B1;B2,2024-05-06,2024-05-07,decided,,",
     "a decided case has the day of its decision"),
    ("cases", "A1,U1,ordinary,60.1.3,占用疏散通道,B1;B2,2024-05-06,2024-05-07,transferred,,",
     "a case that was handed over has the day of it"),
    # Left blank they were counted as the procedure that nobody had told, in the yearly report too.
    ("cases", "A1,U1,,60.1.3,占用疏散通道,B1;B2,2024-05-06,2024-05-07,decided,2024-06-01,", "it is empty"),
    ("fires", "F1,U2,2023-12-31 23:59,", "it is empty"),
    ("measures", "C1,U1,seal,grave,二层,B1;B2,2024-05-06,2024-06-04,lifted,",
     "a measure that was lifted or carried out has the day on which it ended"),
    ("major-hazards", "M1,U1,direct,6.1,B1;B2,2024-05-06,accepted,county,,",
     "a major hazard that was accepted has the day on which it left the list"),
    ("major-hazards", "M1,U1,direct,6.1,B1;B2,2024-05-06,listed,county,2024-09-01,",
     "a major hazard that stands has no end yet"),
    ("major-hazards", "M1,U1,direct,6.1,B1;B2,2024-05-06,not_major,,,2024-05-10",
     "no notice was served of what is no major hazard"),
    ("major-hazards", "M1,U1,direct,6.1,B1;B2,2024-05-06,accepted,,2024-06-01,2024-06-02",
     "it lies before notice_on (整改通知书送达日期) 2024-06-02"),
    ("guidance", "990101,2024-02-10,B1,指导", "990101 is not a town"),
    ("complaints", "T1,U2,2024-03-04 08:30,96119,other,2024-03-04 08:00,是",
     "it lies before received_at (受理时间) 2024-03-04 08:30"),
])
def test_what_can_not_be_is_rejected_with_its_reason(db: Database, tmp_path: Path, kind: str, line: str,
                                                     reason: str) -> None:
    build_city(db)
    import_record(db, "inspections", put(tmp_path, "inspections", ROWS["inspections"]), actor="w", day=TODAY)
    head = ROWS[kind][0] + (",corrected_on" if kind == "hazards" else "")
    told = import_record(db, kind, put(tmp_path, kind, [head, line]), actor="w", day=TODAY)
    assert [problem.reason for problem in told.rejected] == [reason]


def test_a_hazard_corrected_on_the_spot_is_corrected_on_the_day_of_the_visit(db: Database, tmp_path: Path) -> None:
    build_city(db)
    for kind in ("inspections", "hazards"):
        import_record(db, kind, put(tmp_path, kind, ROWS[kind]), actor="w", day=TODAY)
    assert db.rows("select corrected_on from hazards where item_code = 'signs.missing'") == [
        {"corrected_on": dt.date(2024, 5, 6)}]


def test_what_was_brought_in_goes_on_here(db: Database, tmp_path: Path) -> None:
    build_city(db)
    brought = {
        "measures": ["C2,U2,seal,exits,二层,B1;B2,2026-02-01,2026-03-01,standing,",
                     "C3,U2,seal,exits,三层,B1;B2,2026-03-01,2026-03-30,standing,"],
        "cases": ["A2,U2,ordinary,消防法 Art. 60,占用疏散通道,B1;B2,2026-01-06,2026-01-07,decided,2026-02-01,"],
        "major-hazards": ["M2,U2,direct,6.1,B1;B2,2026-02-06,determined,,,"]}
    for kind, lines in brought.items():
        told = import_record(db, kind, put(tmp_path, kind, [ROWS[kind][0], *lines]), actor="w", day=TODAY)
        assert told.rejected == []
    assert {row["ref"] for row in db.rows("select ref from clocks where rule = 'deadlines.seal_longest'")} == {
        "C2", "C3"}
    # The night that ends a seal past its last day ended in an error, and with it all that the job does.
    assert nightly.run(db, TODAY)["seals_expired"] == 1
    assert db.rows("select standing, ended_on from measures where measure_no = 'C2'") == [
        {"standing": "expired", "ended_on": dt.date(2026, 3, 1)}]
    at = moment(TODAY, 9)
    now = at + dt.timedelta(hours=1)
    assert cases.step(db, "A2", StepForm("served", at, details={"how": "direct"}), "w", now=now) is None
    notice = StepForm("notice_served", at, details={"correct_by": TODAY})
    assert major_hazards.step(db, "M2", notice, "w", now=now) is None


def test_a_notice_of_a_major_hazard_of_past_years_is_counted_by_its_day(db: Database, tmp_path: Path) -> None:
    build_city(db)
    file = put(tmp_path, "major-hazards", ROWS["major-hazards"])
    told = import_record(db, "major-hazards", file, actor="w", day=TODAY)
    assert (told.inserted, told.rejected) == (1, [])
    year = Period.named("yearly", "2024")
    with db.connection() as connection:
        wanted = [defined(year.last)[one] for one in ("major_notices", "major_corrected")]
        found = count(connection, wanted, year, None, TODAY)
    assert {one: figure.value for one, figure in found.items()} == {"major_notices": 1, "major_corrected": 1}
    same = import_record(db, "major-hazards", file, actor="w", day=TODAY)
    assert (same.unchanged, same.rejected) == (1, [])
    moved = [line.replace("2024-05-10", "2024-05-11") for line in ROWS["major-hazards"]]
    refused = import_record(db, "major-hazards", put(tmp_path, "moved", moved), actor="w", day=TODAY)
    assert refused.rejected[0].reason == "the major hazard M1 stands with other facts and stays as it is"
    assert len(db.rows("select 1 from enforcement_steps")) == 1


def test_what_a_person_entered_stays(db: Database, tmp_path: Path) -> None:
    units = build_city(db)
    with db.connection() as connection:
        connection.execute("insert into inspections (inspection_no, unit_id, kind, inspected_on, status) values"
                           " ('J2', %s, 'draw', '2024-01-01', 'done')", [units["U2"]])
    told = import_record(db, "inspections", put(tmp_path, "inspections", ROWS["inspections"]), actor="w", day=TODAY)
    assert [problem.reason for problem in told.rejected] == [
        "the inspection J2 was entered by a person and stays as it is"]
    assert told.inserted == 1


def test_a_workbook_in_chinese_comes_in_and_a_dry_run_stores_nothing(db: Database, tmp_path: Path) -> None:
    build_city(db)
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    at = dt.datetime(2024, 5, 6, 7, 8)  # noqa: DTZ001  a cell of Excel has no zone
    for row in (["火灾编号", "单位编号", "起火时间", "调查程序"], ["F1", "U1", at, "简易程序"],
                ["F2", "U2", dt.date(2024, 5, 7), "轻微"]):
        sheet.append(row)
    book.save(tmp_path / "fires.xlsx")
    dry = import_record(db, "fires", tmp_path / "fires.xlsx", actor="w", day=TODAY, dry_run=True)
    assert (dry.inserted, db.rows("select 1 from fires")) == (2, [])
    assert import_record(db, "fires", tmp_path / "fires.xlsx", actor="w", day=TODAY).inserted == 2
    assert db.rows("select occurred_at from fires where fire_no = 'F1'")[0]["occurred_at"] == dt.datetime(
        2024, 5, 5, 23, 8, tzinfo=dt.UTC)


@pytest.mark.parametrize("language", ["code", "zh"])
def test_a_template_is_the_first_line_of_a_file(db: Database, tmp_path: Path, language: str) -> None:
    build_city(db)
    for kind in KINDS:
        path = tmp_path / f"{kind}.csv"
        path.write_text(template(kind, language), encoding="utf-8")
        told = import_record(db, kind, path, actor="w", day=TODAY)
        assert (told.total, told.rejected) == (0, [])


def test_the_page_of_documentation_has_every_column_of_every_kind() -> None:
    page = (Path(__file__).parents[2] / "docs" / "record-import.md").read_text(encoding="utf-8")
    for kind, one in KINDS.items():
        assert f"### `{kind}`" in page
        for column in one.table.columns:
            assert f"`{column.code}` {column.zh}" in page, (kind, column.code)


def test_no_such_kind_is_one_sentence(db: Database, tmp_path: Path) -> None:
    with pytest.raises(CaseworkError, match="there is no kind of record nosuch: there are inspections, hazards"):
        import_record(db, "nosuch", tmp_path / "x.csv", actor="w")


def test_a_template_opens_in_a_spreadsheet() -> None:
    assert next(csv.reader(io.StringIO(template("fires").removeprefix("\ufeff")))) == [
        "火灾编号", "单位编号", "起火时间", "调查程序", "备注"]
