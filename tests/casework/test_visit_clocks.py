"""The clocks of orders, requests for checks, and results to make public, by the rules' own ways of counting."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from casework import bulk, clocks, due, nightly, order_clocks, publications, visit_requests
from casework.deadlines import complaint_check_by
from casework.errors import AlreadyDone, CaseworkError
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.results import record_result
from casework.visit_requests import request_form
from policy import calendar
from policy.clocks import SHANGHAI, last_moment
from store import Database
from store.cursors import CursorError
from tests.casework.city import DAY, PHOTO, SHEET, build_city, moment
from tests.casework.test_results import plan

TEAM = (("B1", "lead"), ("B2", "member"))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def visit(db: Database, day: dt.date, kind: str | None = "daily", unit: str = "U2", **changes: Any) -> str:
    entry = replace(ResultForm(moment(day, 9), moment(day, 10), "pass", officers=TEAM, sheet=SHEET, evidence=(PHOTO,)),
                    **changes)
    target: Any = NewVisit(unit, kind) if kind else unit
    return record_result(db, target, entry, "wang", now=moment(day, 12)).inspection_no


def ordered(days: int = 10) -> dict[str, Any]:
    return {"result": "hazards_ordered", "hazards": (HazardFound("alarm.broken", "ordered", DAY + dt.timedelta(days)),)}


def states(db: Database, now: dt.datetime) -> dict[str, str]:
    with db.connection() as connection:
        return {row["rule"].removeprefix("deadlines."): row["state"] for state in due.STATES[1:]
                for row in due.listed(connection, due.Wanted(state), now)[0]}


@pytest.mark.parametrize(("rule", "key", "start", "until"), [
    # 规定 Art. 18(1): hours run through 春节 2024 (10-17 February)
    ("deadlines.complaint_check", None, "2024-02-09T22:00", None),
    # 规定 Art. 19: three working days; 4 February 2024, a Sunday, works for 春节
    ("deadlines.order_served", "time_limited", "2024-02-02T10:00", "2024-02-06"),
    # 规定 Art. 20: 春节 2024 lies between; 18 February, a Sunday, works
    ("deadlines.recheck", None, "2024-02-09T10:00", "2024-02-20"),
    # 规定 Art. 20: 国庆 2024 is 1-7 October, Saturday 12 October works
    ("deadlines.recheck", None, "2024-10-10T10:00", "2024-10-14"),
    # 规定 Art. 16: 春节 2025 is 28 January to 4 February, Sunday 26 January works
    ("deadlines.event_check", None, "2025-01-24T10:00", "2025-02-05"),
    # 消防法 Art. 15: ten working days over 国庆 2025 (1-8 October), Saturday 11 October works
    ("deadlines.opening_check", None, "2025-09-28T10:00", "2025-10-17"),
    # 规定 Art. 15: three working days; Saturday 14 February 2026 works
    ("deadlines.opening_decision", None, "2026-02-12T10:00", "2026-02-24"),
    # 告知承诺 rules: twenty working days; Sunday 20 September and Saturday 10 October 2026 work
    ("deadlines.promise_check", None, "2026-09-18T10:00", "2026-10-22"),
    # 河南省消防条例 Art. 61: twenty calendar days
    ("deadlines.complaint_tell", None, "2026-09-25T10:00", "2026-10-15"),
    # 公示条例 Art. 6: twenty working days; 清明 4-6 April 2026 falls out
    ("deadlines.result_published", None, "2026-03-12T10:00", "2026-04-10"),
    # 2027 is not announced: the days that law itself sets fall out (除夕 5 February and 6-10 February)
    ("deadlines.recheck", None, "2027-02-04T10:00", "2027-02-15"),
    # 国庆 2027: 1-3 October, of which 2 and 3 are made up for on 4 and 5
    ("deadlines.recheck", None, "2027-09-30T10:00", "2027-10-08"),
])
def test_a_period_ends_where_a_hand_reckons_it(rule: str, key: str | None, start: str, until: str | None) -> None:
    if until is None:
        assert complaint_check_by("blocked_exit", at(start)) == at(start) + dt.timedelta(hours=24)
    else:
        assert clocks.due_of(rule, at(start), key) == last_moment(dt.date.fromisoformat(until))


def test_the_calendar_knows_three_years_and_expects_the_fourth() -> None:
    assert [calendar().is_announced(year) for year in (2024, 2025, 2026, 2027)] == [True, True, True, False]
    # 全国年节及纪念日放假办法 (2024) Art. 2, 6: thirteen days, and one for each that falls on a weekend
    weekdays = [day for n in range(365) if (day := dt.date(2027, 1, 1) + dt.timedelta(n)).weekday() < 5]
    assert len([day for day in weekdays if not calendar().is_working_day(day)]) == 13


def test_an_order_corrected_at_its_recheck_was_in_time(db: Database) -> None:
    build_city(db)
    visit(db, DAY, **ordered())
    assert states(db, moment(DAY, 13)) == {"order_served": "done_in_time", "order_corrected": "running",
                                           "recheck": "running"}
    assert states(db, at("2026-03-24T10:00"))["order_corrected"] == "late"
    hazard = db.row("select hazard_id from hazards")
    assert hazard is not None
    visit(db, dt.date(2026, 3, 25), "reinspection", corrected=(hazard["hazard_id"],))
    assert states(db, at("2026-03-25T12:00")) == dict.fromkeys(("order_served", "order_corrected", "recheck"),
                                                               "done_in_time")


def test_a_visit_of_the_last_day_that_runs_past_midnight_was_in_time(db: Database) -> None:
    build_city(db)
    visit(db, DAY, **ordered())
    row = db.row("select hazard_id, recheck_by from hazards, orders")
    assert row is not None
    late = moment(row["recheck_by"], 23, 30)
    past = late + dt.timedelta(minutes=50)
    base = ResultForm(late, past, "pass", officers=TEAM, sheet=SHEET, evidence=(PHOTO,))
    record_result(db, NewVisit("U2", "reinspection"), replace(base, corrected=(row["hazard_id"],)), "wang", now=past)
    asked = request_form({"unit_no": "U1", "kind": "event", "received_at": f"{DAY}T09:00", "from_body": "公安分局",
                          "held_from": str(DAY + dt.timedelta(days=60))})
    number, due_at = visit_requests.register(db, asked, "wang", now=past)
    night = due_at.astimezone(SHANGHAI).replace(hour=23, minute=30)
    held = record_result(db, NewVisit("U1", "event"), replace(
        base, started_at=night, ended_at=night + dt.timedelta(minutes=50)), "wang", now=past)
    visit_requests.checked(db, number, held.inspection_no, "wang")
    assert states(db, past) == dict.fromkeys(("order_served", "order_corrected", "recheck", "event_check"),
                                             "done_in_time")


def test_a_recheck_stops_its_clock_though_nothing_was_corrected(db: Database) -> None:
    build_city(db)
    visit(db, DAY, **ordered())
    visit(db, dt.date(2026, 3, 26), "reinspection")
    assert states(db, at("2026-03-26T12:00")) == {"order_served": "done_in_time", "order_corrected": "late",
                                                  "recheck": "done_late"}


def test_a_unit_that_asks_is_rechecked_sooner(db: Database) -> None:
    build_city(db)
    number = f"{visit(db, DAY, **ordered(30))}-G1"
    with pytest.raises(CaseworkError, match=r"can ask between its service on 2026-03-12 and today.*Art\. 20"):
        order_clocks.ask(db, number, DAY - dt.timedelta(1), "wang", now=at("2026-03-16T10:00"))
    latest = order_clocks.ask(db, number, dt.date(2026, 3, 16), "wang", now=at("2026-03-16T10:00"))
    assert latest == dt.date(2026, 3, 19)
    assert db.row("select due_at from clocks where rule = 'deadlines.recheck'") == {
        "due_at": last_moment(dt.date(2026, 3, 19))}


def test_asking_after_the_day_to_correct_by_begins_no_period_that_is_over(db: Database) -> None:
    build_city(db)
    number = f"{visit(db, DAY, **ordered())}-G1"
    held = db.row("select started_at, due_at from clocks where rule = 'deadlines.recheck'")
    assert held == {"started_at": at("2026-03-23T00:00"), "due_at": last_moment(dt.date(2026, 3, 25))}
    latest = order_clocks.ask(db, number, dt.date(2026, 4, 10), "wang", now=at("2026-04-10T10:00"))
    assert latest == dt.date(2026, 3, 25)
    assert db.row("select started_at, due_at from clocks where rule = 'deadlines.recheck'") == held
    assert db.row("select asked_on, recheck_by from orders") == {"asked_on": dt.date(2026, 4, 10), "recheck_by": latest}


@pytest.mark.parametrize("passed", [True, False])
def test_a_decision_on_an_opening_is_a_licence_granted_or_not(db: Database, passed: bool) -> None:
    build_city(db)
    now = at("2026-03-18T10:00")

    def decided(unit: str, decision: str | None) -> str:
        number, _ = visit_requests.register(db, request_form({
            "unit_no": unit, "kind": "opening", "received_at": "2026-03-10T09:00", "from_body": "申请人"}), "wang",
            now=at("2026-03-10T10:00"))
        done = visit(db, DAY, "opening", unit=unit, sheet=replace(SHEET, floor_area_m2=200.0, storeys=2))
        visit_requests.checked(db, number, done, "wang")
        visit_requests.decide(db, number, passed, decision, "wang", now=now)
        return number

    decided("U2", "消检〔2026〕1号")
    assert db.rows("select licence_no, kind, route, decided_on, granted from licences") == [{
        "licence_no": "消检〔2026〕1号", "kind": "opening", "route": "ordinary", "decided_on": now.date(),
        "granted": passed}]
    # What is granted goes out to the credit platform as the permit that it is, without a second entry.
    assert db.rows("select number, kind, day from exported_permits") == [
        {"number": "消检〔2026〕1号", "kind": "opening", "day": now.date()}] * passed
    with pytest.raises(AlreadyDone, match="number of another licence"):
        decided("U1", "消检〔2026〕1号")
    assert db.row("select count(*) as n from visit_requests where decided_at is not null") == {"n": 1}


def test_a_request_is_checked_decided_and_not_before(db: Database) -> None:
    build_city(db)
    asked = {"unit_no": "U2", "kind": "opening", "received_at": "2026-03-10T09:00", "from_body": "申请人"}
    number, until = visit_requests.register(db, request_form(asked), "wang", now=at("2026-03-10T10:00"))
    assert (number, until) == ("Q20260310-0001", last_moment(dt.date(2026, 3, 24)))
    with pytest.raises(AlreadyDone, match=r"was not checked on site.*消防监督检查规定 Art\. 15"):
        visit_requests.decide(db, number, True, None, "wang", now=at("2026-03-11T10:00"))
    with pytest.raises(CaseworkError, match="needs a visit of kind opening"):
        visit_requests.checked(db, number, visit(db, DAY), "wang")
    done = visit(db, DAY + dt.timedelta(1), "opening", sheet=replace(SHEET, floor_area_m2=200.0, storeys=2))
    assert visit_requests.checked(db, number, done, "wang") == last_moment(dt.date(2026, 3, 18))
    with pytest.raises(CaseworkError, match=r"is of no large event.*Art\. 16"):
        visit_requests.hand_back(db, number, "wang", now=at("2026-03-18T09:00"))
    assert visit_requests.decide(db, number, True, "决1", "wang", now=at("2026-03-18T10:00")) is True
    with pytest.raises(AlreadyDone, match="decided on before"):
        visit_requests.decide(db, number, False, None, "wang", now=at("2026-03-18T11:00"))


@pytest.mark.parametrize("kind", ["opening", "promise"])
def test_a_place_does_not_pass_while_what_its_check_ordered_stands(db: Database, kind: str) -> None:
    build_city(db)
    number, _ = visit_requests.register(db, request_form({
        "unit_no": "U2", "kind": kind, "received_at": "2026-03-10T09:00", "from_body": "申请人"}), "wang",
        now=at("2026-03-10T10:00"))
    sheet = replace(SHEET, floor_area_m2=200.0, storeys=2)
    visit_requests.checked(db, number, visit(db, DAY, kind, sheet=sheet, **ordered(2)), "wang")
    with pytest.raises(CaseworkError, match=r"can't pass on 2026-03-13: its check ordered 1 hazards.*消防法 Art\. 15"):
        visit_requests.decide(db, number, True, "决1", "wang", now=at("2026-03-13T10:00"))
    assert db.rows("select 1 from licences") == []
    hazard = db.row("select hazard_id from hazards")
    assert hazard is not None
    visit(db, dt.date(2026, 3, 16), "reinspection", corrected=(hazard["hazard_id"],))
    with pytest.raises(CaseworkError, match="can't pass on 2026-03-13"):
        visit_requests.decide(db, number, True, "决1", "wang", now=at("2026-03-16T13:00"), at=at("2026-03-13T10:00"))
    visit_requests.decide(db, number, True, "决1", "wang", now=at("2026-03-16T13:00"))
    assert db.row("select passed from visit_requests") == {"passed": True}


def test_a_decision_that_is_entered_later_keeps_its_day(db: Database) -> None:
    build_city(db)
    number, _ = visit_requests.register(db, request_form({
        "unit_no": "U2", "kind": "opening", "received_at": "2025-12-29T09:00", "from_body": "申请人"}), "wang",
        now=at("2025-12-30T10:00"))
    done = visit(db, dt.date(2025, 12, 30), "opening", sheet=replace(SHEET, floor_area_m2=200.0, storeys=2))
    visit_requests.checked(db, number, done, "wang")
    for wrong in ("2025-12-29T23:00", "2026-01-06T09:01"):
        with pytest.raises(CaseworkError, match="dated between the end of the visit and now"):
            visit_requests.decide(db, number, True, "决2", "wang", now=at("2026-01-06T09:00"), at=at(wrong))
    assert visit_requests.decide(db, number, True, "决2", "wang", now=at("2026-01-06T09:00"),
                                 at=at("2025-12-31T16:00")) is True
    assert db.rows("select decided_on from licences") == [{"decided_on": dt.date(2025, 12, 31)}]


def test_an_event_called_off_lets_its_clock_go(db: Database) -> None:
    build_city(db)
    asked = {"unit_no": "U2", "kind": "event", "received_at": "2026-03-10T09:00", "from_body": "公安分局"}
    with pytest.raises(CaseworkError, match=r"needs the day it begins.*Art\. 16"):
        visit_requests.register(db, request_form(asked), "wang", now=at("2026-03-10T10:00"))
    with pytest.raises(CaseworkError, match="begins on 2026-03-09, before the notice of it came in"):
        visit_requests.register(db, request_form(asked | {"held_from": "2026-03-09"}), "wang",
                                now=at("2026-03-10T10:00"))
    number, _ = visit_requests.register(db, request_form(asked | {"held_from": "2026-03-20"}), "wang",
                                        now=at("2026-03-10T10:00"))
    visit_requests.withdraw(db, number, "活动取消", "wang", now=at("2026-03-11T10:00"))
    assert states(db, at("2026-04-01T10:00")) == {"event_check": "dropped"}


@pytest.mark.row(54)
def test_nothing_is_public_before_its_decision_and_the_unit_is_told(db: Database) -> None:
    units = build_city(db)
    number = visit(db, DAY, None, plan(db, units["U1"]))
    later = at("2026-03-13T10:00")
    assert states(db, later)["result_published"] == "running"
    with pytest.raises(AlreadyDone, match=r"nothing is made public before the decision .*Art\. 54") as refused:
        publications.publish(db, number, "platform", "li", now=later)
    assert refused.value.status == 409
    assert db.row("select published_at from result_publications") == {"published_at": None}
    publications.decide(db, number, True, None, "li", now=later)
    assert publications.publish(db, number, "platform", "li", now=at("2026-03-14T10:00")) is True
    publications.tell(db, number, "visit", at("2026-03-14T11:00"), "li", now=at("2026-03-14T12:00"))
    assert states(db, at("2026-05-01T10:00")) == {"result_published": "done_in_time"}
    assert [row["action"] for row in db.rows("select action from audit_log where entity = 'publication' "
                                             "order by audit_id")] == ["decide", "publish", "tell"]


def test_a_publication_that_is_entered_later_keeps_its_moment(db: Database) -> None:
    units = build_city(db)
    number = visit(db, DAY, None, plan(db, units["U1"]))
    now = at("2026-04-20T10:00")  # the period ended with 10 April
    for wrong in (now + dt.timedelta(minutes=1), at("2026-03-12T08:00")):
        with pytest.raises(CaseworkError, match="is decided on between the end of the visit and now"):
            publications.decide(db, number, True, None, "li", now=now, at=wrong)
    publications.decide(db, number, True, None, "li", now=now, at=at("2026-03-20T10:00"))
    for wrong in (now + dt.timedelta(minutes=1), at("2026-03-20T09:59")):
        with pytest.raises(CaseworkError, match="is made public between its decision and now"):
            publications.publish(db, number, "platform", "li", now=now, at=wrong)
    assert publications.publish(db, number, "platform", "li", now=now, at=at("2026-04-10T23:59")) is True
    assert db.rows("select decided_at, published_at from result_publications") == [
        {"decided_at": at("2026-03-20T10:00"), "published_at": at("2026-04-10T23:59")}]


@pytest.mark.row(54)
def test_a_result_that_is_late_is_seen_and_one_kept_back_is_not_due(db: Database) -> None:
    units = build_city(db)
    number = visit(db, DAY, None, plan(db, units["U1"]))
    assert states(db, at("2026-04-11T00:00:01"))["result_published"] == "late"
    publications.decide(db, number, False, "涉密", "li", now=at("2026-04-12T10:00"))
    assert states(db, at("2026-04-12T10:00"))["result_published"] == "dropped"
    with pytest.raises(AlreadyDone, match="is kept back: 涉密"):
        publications.publish(db, number, "platform", "li", now=at("2026-04-12T11:00"))


def test_the_night_gives_clocks_to_what_was_loaded_and_stops_those_of_what_has_ended(db: Database) -> None:
    build_city(db)
    seen = {"inspection_no": "L1", "unit_no": "U1", "kind": "draw", "inspected_on": DAY, "started_at": moment(DAY, 9),
            "ended_at": moment(DAY, 10), "result": "hazards_ordered", "officers": [("T1", "lead")]}
    order = {"order_no": "L1-G1", "inspection_no": "L1", "kind": "time_limited", "served_on": DAY,
             "correct_by": DAY + dt.timedelta(10), "recheck_by": DAY + dt.timedelta(13)}
    told = {"complaint_no": "T1", "unit_no": "U1", "received_at": moment(DAY, 8), "kind": "blocked_exit"}
    with db.connection() as connection:
        bulk.load_inspections(connection, [seen, {**seen, "inspection_no": "L0", "inspected_on": dt.date(2025, 3, 3)}])
        bulk.load_orders(connection, [order])
        bulk.load_complaints(connection, [told])
    assert set(states(db, moment(DAY, 12))) == {"order_corrected", "recheck", "complaint_check"}
    assert db.row("select body from clocks where noun = 'order' limit 1") == {"body": "town"}

    def made(counts: dict[str, int]) -> dict[str, int]:
        return {part: count for part, count in counts.items() if count and part != "training_clocks"}

    first = nightly.run(db, DAY + dt.timedelta(1))
    assert made(first) == {"complaint_tell": 1, "results_queued": 1}, "a result of last year is history"
    assert made(nightly.run(db, DAY + dt.timedelta(1))) == {}
    with db.connection() as connection:
        bulk.load_orders(connection, [{**order, "closed_on": DAY + dt.timedelta(11)}])
        bulk.load_complaints(connection, [{**told, "checked_at": moment(DAY, 20), "verified": True}])
    found = states(db, at("2026-03-24T10:00"))
    assert (found["order_corrected"], found["recheck"], found["complaint_check"]) == ("done_in_time",) * 3


def test_pages_of_what_is_due_follow_each_other_without_a_gap(db: Database) -> None:
    units = build_city(db)
    with db.connection() as connection:
        for number in range(5):
            clocks.start(connection, "deadlines.recheck", "order", f"G{number}", clocks.Owner("990101001", units["U1"]),
                         moment(DAY, 9))
        seen, after = [], None
        while True:
            rows, after = due.listed(connection, due.Wanted(areas=["990101001"], after=after, limit=2), moment(DAY, 10))
            seen += [row["ref"] for row in rows]
            if after is None:
                break
        assert seen == [f"G{number}" for number in range(5)]
        assert due.listed(connection, due.Wanted(areas=["990000"]), moment(DAY, 10)) == ([], None)
        assert due.counts(connection, None, moment(DAY, 10)) == [{"body": "brigade", "state": "running", "clocks": 5}]
        with pytest.raises(CursorError, match="after must be what the page before gave"):
            due.listed(connection, due.Wanted(after="nonsense"), moment(DAY, 10))
