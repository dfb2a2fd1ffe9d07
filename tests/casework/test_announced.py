"""A period that reaches into a year without a notice says so, and is reckoned again when the notice is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from casework import announced, clocks, due, nightly
from casework.clocks import Owner
from casework.deadlines import recheck_by
from policy.clocks import SHANGHAI, end_of, last_moment
from store import Database
from tests.casework.city import build_city

#: A Thursday of a year that no notice is known for: the week alone counts.
START = dt.datetime(2040, 2, 9, 10, 0, tzinfo=SHANGHAI)
NIGHT = dt.date(2040, 2, 10)
#: Rest from Saturday the 11th to Friday the 17th, for which Sunday the 19th works.
NOTICE = """
calendar.override:
  zh: 工作日历修正
  en: days that override the published calendar
  unit: days
  values:
    - valid_from: 1900-01-01
      value:
        rest: [2040-02-11, 2040-02-12, 2040-02-13, 2040-02-14, 2040-02-15, 2040-02-16, 2040-02-17]
        work: [2040-02-19]
      source: 国务院办公厅关于2040年部分节假日安排的通知
      tag: V
"""
_NOTICE_OF_G1 = ("select due_at - soon_at as notice from clocks "
                 "where rule = 'deadlines.recheck' and ref = 'G1'")
RULES = {f"deadlines.{name}" for name in ("result_published", "complaint_check", "complaint_tell", "recheck")}


@pytest.fixture
def running(db: Database) -> Database:
    units = build_city(db)
    owner = Owner("990101", units["U1"])
    correct_by = NIGHT
    with db.connection() as connection:
        clocks.start(connection, "deadlines.result_published", "inspection", "J1", owner, START)
        clocks.start(connection, "deadlines.complaint_check", "complaint", "T1", owner, START,
                     due_at=last_moment(dt.date(2040, 2, 14)))
        clocks.start(connection, "deadlines.complaint_check", "complaint", "T2", owner, START,
                     due_at=START + dt.timedelta(hours=24))
        clocks.start(connection, "deadlines.complaint_tell", "complaint", "T1", owner, START)
        # Set by a person, and not what three working days give.
        clocks.start(connection, "deadlines.recheck", "order", "G2", owner, end_of(correct_by),
                     due_at=last_moment(dt.date(2040, 2, 17)))
        connection.execute(
            "insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result) values "
            "('J1', %s, 'other', '2040-02-09', 'done', 'hazards_ordered')", [units["U1"]])
        connection.execute(
            "insert into orders (order_no, unit_id, inspection_id, kind, served_on, correct_by, recheck_by) "
            "select 'G1', unit_id, inspection_id, 'time_limited', '2040-02-09', %s, %s from inspections",
            [correct_by, recheck_by(correct_by)])
        clocks.start(connection, "deadlines.recheck", "order", "G1", owner, end_of(correct_by),
                     due_at=last_moment(recheck_by(correct_by)))
        # Five working days, one day, and one of hours; what has lapsed stays.
        connection.execute(
            "insert into findings (finding_no, unit_id, rule, subject, began_at, found_at, seen_at, evidence, "
            "decide_by, lapsed_at) select n, %(unit)s, rule, n, %(at)s, %(at)s, %(at)s, '{}', by, lapsed from (values"
            " ('F1', 'false_alarms', %(five)s::timestamptz, null),"
            " ('F2', 'alarm_unhandled', %(at)s + interval '24 hours', null),"
            " ('F3', 'false_alarms', %(five)s::timestamptz, %(at)s)) as f (n, rule, by, lapsed)",
            {"unit": units["U1"], "at": START, "five": last_moment(dt.date(2040, 2, 16))})
    return db


def told(db: Database) -> dict[tuple[str, str], tuple[dt.datetime, bool]]:
    with db.connection() as connection:
        rows, _after = due.listed(connection, due.Wanted(), START)
    return {(row["rule"].removeprefix("deadlines."), row["ref"]): (
        row["due_at"].astimezone(SHANGHAI), row["provisional"]) for row in rows if row["rule"] in RULES}


def ends(day: str) -> dt.datetime:
    return last_moment(dt.date.fromisoformat(day)).astimezone(SHANGHAI)


def test_only_working_days_of_a_year_without_a_notice_are_provisional(running: Database) -> None:
    assert told(running) == {
        ("result_published", "J1"): (ends("2040-03-08"), True), ("complaint_check", "T1"): (ends("2040-02-14"), True),
        ("complaint_check", "T2"): (START + dt.timedelta(hours=24), False),
        ("complaint_tell", "T1"): (ends("2040-02-29"), False), ("recheck", "G1"): (ends("2040-02-15"), True),
        ("recheck", "G2"): (ends("2040-02-17"), False)}
    assert announced.run(running, NIGHT) == {}


def test_the_night_after_the_notice_reckons_again_and_leaves_what_a_person_set(
        running: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notice.yaml").write_text(NOTICE, encoding="utf-8")
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    soon = running.rows(_NOTICE_OF_G1)
    assert nightly.run(running, NIGHT)["reckoned_again"] == 4
    assert told(running) == {
        ("result_published", "J1"): (ends("2040-03-14"), False),
        ("complaint_check", "T1"): (ends("2040-02-20"), False),
        ("complaint_check", "T2"): (START + dt.timedelta(hours=24), False),
        ("complaint_tell", "T1"): (ends("2040-02-29"), False), ("recheck", "G1"): (ends("2040-02-21"), False),
        ("recheck", "G2"): (ends("2040-02-17"), False)}
    assert running.rows(_NOTICE_OF_G1) == soon
    assert running.rows("select recheck_by from orders where order_no = 'G1'") == [{"recheck_by": dt.date(2040, 2, 21)}]
    assert [row["decide_by"] for row in running.rows("select decide_by from findings order by finding_no")] == [
        ends("2040-02-22"), START + dt.timedelta(hours=24), ends("2040-02-16")]
    assert announced.run(running, NIGHT) == {}
