"""Seals, orders to stop, forced executions and major hazards: each gate refuses with its article and then opens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from casework.enforcement import (
    fire_reviews,
    major_hazard_forms,
    major_hazards,
    measure_forms,
    measures,
    run,
    self_checks,
    soft_measures,
)
from casework.enforcement.bands import band
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.forms import HazardFound, NewVisit, ResultForm
from casework.reports import counting, figures
from casework.reports.period import Period
from casework.results import record_result
from policy import clocks
from store import Database
from tests.casework.city import PHOTO, SHEET, build_city, moment
from tests.casework.enforcing import MEETING, NOW, STOP, STOPPING, VIDEO, WARNING, Clerk, at, fine
from tests.servers.databases import Server


@pytest.fixture(scope="module")
def clerk(servers: Callable[[str], Server]) -> Iterator[Clerk]:
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        build_city(opened)
        yield Clerk(opened)


def last_moment(day: str) -> dt.datetime:
    """A period of days ends with the last moment of its last day."""
    return clocks.last_moment(dt.date.fromisoformat(day))


SEAL = {"kind": "seal", "unit_no": "U1", "began_at": "2026-03-12T16:00", "ground": "exits",
        "officers": ["B1", "B2"], "until_on": "2026-04-11"}


def impose(clerk: Clerk, scope: str, **changes: Any) -> str:
    form = measure_forms.measure_form({**SEAL, "scope": scope, "collective": MEETING, **changes})
    return measures.impose(clerk.db, form, "clerk", now=NOW)[0]


def step(clerk: Clerk, number: str, name: str, when: str, **fields: Any) -> bool | None:
    form = measure_forms.step_form({"step": name, "at": when if "T" in when else f"{when}T10:00", **fields})
    return measures.step(clerk.db, number, form, "clerk", now=NOW)


def held(clerk: Clerk, number: str) -> dict[str, Any]:
    with clerk.db.connection() as connection:
        return measures.whole(connection, number, NOW)


def due(thing: dict[str, Any], rule: str) -> dt.datetime:
    found: dt.datetime = next(one["due_at"] for one in thing["clocks"] if one["rule"] == f"deadlines.{rule}")
    return found


@pytest.mark.row(109, 206)
def test_a_seal_needs_a_meeting_and_lasts_thirty_days_at_most(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match=r"a temporary seal needs a collective decision.*消防监督检查规定 Art\. 23"):
        impose(clerk, "一层", collective=None)
    with pytest.raises(CaseworkError, match=r"did not agree.*Art\. 23"):
        impose(clerk, "一层", collective={**MEETING, "agreed": False})
    with pytest.raises(CaseworkError, match=r"2 members sat"):
        impose(clerk, "一层", collective={**MEETING, "members": ["B1", "B2"]})
    with pytest.raises(CaseworkError, match=r"after the act"):
        impose(clerk, "一层", collective={**MEETING, "held_at": "2026-03-12T16:01"})
    with pytest.raises(CaseworkError, match=r"ends by 2026-04-11 \(30 days\), not on 2026-04-12.*Art\. 22"):
        impose(clerk, "一层", until_on="2026-04-12")
    with pytest.raises(CaseworkError, match="ground must be one of exits"):
        impose(clerk, "一层", ground="noise")
    number = impose(clerk, "一层")
    assert due(held(clerk, number), "seal_longest") == last_moment("2026-04-11")
    with pytest.raises(AlreadyDone, match=f"stands as {number}"):
        impose(clerk, "一层")
    assert clerk.db.row("select kind from penalties where case_no = %s", [number]) == {"kind": "seal"}


@pytest.mark.parametrize(("inspected", "until", "began", "in_time"), [
    # 消防监督检查规定 Art. 23: three working days. Friday 13 February, then 14 (a Saturday that works), 24, 25.
    ("2026-02-13T15:00", "2026-02-25", "2026-02-25T17:00", True),
    ("2026-02-13T15:00", "2026-02-25", "2026-02-26T09:00", False),
    # Wednesday 30 September, then 8, 9, 10 October (a Saturday that works).
    ("2026-09-30T15:00", "2026-10-10", "2026-10-10T17:00", True)])
def test_a_seal_is_decided_within_three_working_days_of_the_inspection(
        clerk: Clerk, inspected: str, until: str, began: str, in_time: bool) -> None:
    form = measure_forms.measure_form({**SEAL, "scope": began + inspected, "began_at": began, "until_on": began[:10],
                                       "inspected_at": inspected, "collective": {**MEETING, "held_at": began}})
    number, told = measures.impose(clerk.db, form, "clerk", now=NOW)
    assert told is in_time
    assert due(held(clerk, number), "seal_decision") == last_moment(until)


def test_a_seal_on_the_spot_is_confirmed_within_a_day_or_lifted(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match=r"oral consent of the head.*Art\. 23"):
        impose(clerk, "二层", path="emergency", collective=None)
    for named, why in (("大队长", "not in the register"), ("B2", r"B2 is no head .*Art\. 23"),
                       ("T1", r"T1 is no head")):
        with pytest.raises(CaseworkError, match=why) as no:
            impose(clerk, "二层", path="emergency", collective=None, consent_by=named)
        assert no.value.zh
    with pytest.raises(CaseworkError, match=r"decided without a meeting.*Art\. 23"):
        impose(clerk, "二层", path="emergency", consent_by="B1")
    with pytest.raises(CaseworkError, match=r"oral consent.*belongs to a seal on the spot.*Art\. 23"):
        impose(clerk, "二层", consent_by="B1")
    kept = impose(clerk, "二层", path="emergency", collective=None, consent_by="B1")
    assert due(held(clerk, kept), "seal_emergency") == at("2026-03-13", "16:00")
    assert step(clerk, kept, "confirmed", "2026-03-13T16:00",
                collective={**MEETING, "held_at": "2026-03-13T09:00"}) is True
    refused = impose(clerk, "三层", path="emergency", collective=None, consent_by="B1")
    assert step(clerk, refused, "confirmed", "2026-03-13T16:01", collective={**MEETING, "agreed": False}) is False
    assert held(clerk, refused)["standing"] == "lifted"
    row = clerk.db.row("select withdrawn_on from penalties where case_no = %s", [refused])
    assert row == {"withdrawn_on": dt.date(2026, 3, 13)}
    ordinary = impose(clerk, "四层")
    with pytest.raises(CaseworkError, match=r"decided by a meeting before it was imposed.*Art\. 23"):
        step(clerk, ordinary, "confirmed", "2026-03-13", collective=MEETING)


def test_a_seal_is_lifted_on_request_only_where_the_hazard_is_gone(clerk: Clerk) -> None:
    number = impose(clerk, "五层")
    with pytest.raises(CaseworkError, match=r"nobody has asked for it.*Art\. 25"):
        step(clerk, number, "lift_inspected", "2026-03-16", gone=True)
    step(clerk, number, "lift_asked", "2026-03-16")
    assert due(held(clerk, number), "unseal_inspection") == last_moment("2026-03-19")
    with pytest.raises(AlreadyDone, match="asked before"):
        step(clerk, number, "lift_asked", "2026-03-17")
    assert step(clerk, number, "lift_inspected", "2026-03-19", gone=False) is True
    with pytest.raises(CaseworkError, match=r"the hazard remains.*Art\. 25"):
        step(clerk, number, "lift_decided", "2026-03-20", lifted=True)
    assert step(clerk, number, "lift_decided", "2026-03-20", lifted=False) is True
    step(clerk, number, "lift_asked", "2026-03-23")
    step(clerk, number, "lift_inspected", "2026-03-24", gone=True)
    assert due(held(clerk, number), "unseal_decision") == last_moment("2026-03-27")
    with pytest.raises(CaseworkError, match=r"the hazard is gone: it is lifted.*Art\. 25"):
        step(clerk, number, "lift_decided", "2026-03-27", lifted=False)
    assert step(clerk, number, "lift_decided", "2026-03-30", lifted=True) is False
    assert held(clerk, number)["standing"] == "lifted"
    with pytest.raises(CaseworkError, match="is lifted since 2026-03-30"):
        step(clerk, number, "lift_asked", "2026-03-31")


def test_a_seal_is_extended_once_runs_out_by_itself_and_may_be_imposed_again(clerk: Clerk) -> None:
    number = impose(clerk, "六层")
    with pytest.raises(CaseworkError, match=r"to 2026-05-11 at most, not to 2026-05-12.*行政强制法 Art\. 25"):
        step(clerk, number, "extended", "2026-04-10", until_on="2026-05-12", head="B1", note="情况复杂")
    with pytest.raises(CaseworkError, match=r"B2 is no head .*行政强制法 Art\. 25"):
        step(clerk, number, "extended", "2026-04-10", until_on="2026-05-11", head="B2", note="情况复杂")
    step(clerk, number, "extended", "2026-04-10", until_on="2026-05-11", head="B1", note="情况复杂")
    with pytest.raises(AlreadyDone, match="extended before"):
        step(clerk, number, "extended", "2026-04-10", until_on="2026-05-11", head="B1", note="情况复杂")
    with pytest.raises(CaseworkError, match="still stands until 2026-05-11"):
        impose(clerk, "六层", began_at="2026-05-11T09:00", until_on="2026-06-01", again_of=number)
    run(clerk.db, dt.date(2026, 5, 11))
    assert held(clerk, number)["standing"] == "standing"
    assert run(clerk.db, dt.date(2026, 5, 12))["seals_expired"] >= 1
    assert run(clerk.db, dt.date(2026, 5, 12))["seals_expired"] == 0
    thing = held(clerk, number)
    assert (thing["standing"], thing["ended_on"], thing["steps"][-1]["step"]) == (
        "expired", dt.date(2026, 5, 11), "expired")
    again = {"began_at": "2026-05-12T09:00", "until_on": "2026-06-11", "again_of": number,
             "collective": {**MEETING, "held_at": "2026-05-12T08:00"}}
    with pytest.raises(CaseworkError, match=r"an inspection found that the hazard remains.*Art\. 22"):
        impose(clerk, "六层", **again)
    day = dt.date(2026, 5, 11)
    found = record_result(clerk.db, NewVisit("U1", "campaign"), ResultForm(
        moment(day, 9), moment(day, 10), "hazards_ordered", (HazardFound("exits.blocked", "ordered", day),),
        officers=(("B1", "lead"), ("B2", "member")), sheet=SHEET, evidence=(PHOTO,)), "clerk", now=NOW)
    assert held(clerk, impose(clerk, "六层", **again, inspection_no=found.inspection_no))["again_of"] == number


@pytest.mark.row(206)
def test_an_order_to_stop_carries_out_a_decision_and_ends_on_request(clerk: Clerk) -> None:
    case = clerk.file(article=STOPPING)
    order = {"kind": "suspension", "case_no": case, "scope": "停产停业", "officers": ["B1", "B2"],
             "began_at": "2026-03-16T10:00"}

    def impose_it() -> str:
        return measures.impose(clerk.db, measure_forms.measure_form(order), "clerk", now=NOW)[0]
    with pytest.raises(CaseworkError, match=r"decided no order to stop.*消防法 Art\. 70"):
        impose_it()
    clerk.told(case, "2026-03-12", STOP)
    clerk.reviewed(case, "2026-03-12T11:00")
    clerk.step(case, "hearing_waived", "2026-03-12T12:00")
    clerk.step(case, "collective", "2026-03-12T15:00", collective=MEETING)
    clerk.step(case, "decision", "2026-03-13", penalties=[STOP])
    with pytest.raises(CaseworkError, match=r"was not served by then.*Art\. 61"):
        impose_it()
    clerk.step(case, "served", "2026-03-16T09:00", how="direct")
    number = impose_it()
    step(clerk, number, "lift_asked", "2026-09-30T10:00")
    # 上海市消防条例 Art. 73: three working days from 30 September are 8, 9, 10 (a Saturday that works) October.
    assert due(held(clerk, number), "resume_inspection") == last_moment("2026-10-10")
    step(clerk, number, "lift_inspected", "2026-10-09", gone=True)
    assert due(held(clerk, number), "resume_decision") == last_moment("2026-10-13")
    step(clerk, number, "lift_decided", "2026-10-13", lifted=True)
    assert held(clerk, number)["standing"] == "lifted"


def units_stopped(clerk: Clerk) -> int:
    """As the report of March counts them."""
    day = dt.date(2026, 3, 31)
    with clerk.db.connection() as connection:
        found = counting.count(connection, [figures.named("units_stopped", day)],
                               Period.named("monthly", "2026-03"), None, day)
    return found["units_stopped"].value


def test_an_order_to_stop_falls_with_its_decision(clerk: Clerk) -> None:
    case = clerk.file(unit_no="U3", article=STOPPING)
    clerk.told(case, "2026-03-12", STOP)
    clerk.reviewed(case, "2026-03-12T11:00")
    clerk.step(case, "hearing_waived", "2026-03-12T12:00")
    clerk.step(case, "collective", "2026-03-12T15:00", collective=MEETING)
    clerk.step(case, "decision", "2026-03-13", penalties=[STOP])
    clerk.step(case, "served", "2026-03-16T09:00", how="direct")
    number = measures.impose(clerk.db, measure_forms.measure_form(
        {"kind": "suspension", "case_no": case, "scope": "一层停用", "officers": ["B1", "B2"],
         "began_at": "2026-03-16T10:00"}), "clerk", now=NOW)[0]
    step(clerk, number, "lift_asked", "2026-03-18T10:00")
    stopped = units_stopped(clerk)
    clerk.step(case, "decision_withdrawn", "2026-03-20", note="复议撤销")
    assert units_stopped(clerk) == stopped - 1
    thing = held(clerk, number)
    assert (thing["standing"], thing["ended_on"], thing["steps"][-1]["step"]) == (
        "lifted", dt.date(2026, 3, 20), "lifted")
    assert all(one["done_at"] or one["dropped_at"] for one in thing["clocks"])


def test_a_seal_that_has_run_out_is_not_lifted_any_more(clerk: Clerk) -> None:
    number = impose(clerk, "七层")
    for name, fields in (("lifted", {"note": "x"}), ("lift_asked", {})):
        with pytest.raises(CaseworkError, match=r"ended on 2026-04-11: nothing is left to lift.*Art\. 25"):
            step(clerk, number, name, "2026-04-12", **fields)
    step(clerk, number, "lifted", "2026-04-11", note="隐患已消除")
    assert held(clerk, number)["ended_on"] == dt.date(2026, 4, 11)


@pytest.mark.row(109, 206)
@pytest.mark.parametrize(("began", "urgent", "opens"), [
    ("2026-03-12T16:00", False, True), ("2026-03-13T22:00", False, False), ("2026-03-13T05:59", False, False),
    ("2026-10-01T10:00", False, False), ("2026-02-14T10:00", False, True), ("2026-10-01T23:00", True, True)])
def test_nothing_is_carried_out_by_force_at_night_on_holidays_or_without_minutes(clerk: Clerk, began: str, urgent: bool,
                                                                                 opens: bool) -> None:
    form = {"kind": "forced_execution", "unit_no": "U1", "scope": f"拆除障碍物 {began}", "officers": ["B1", "B2"],
            "began_at": began, "urgent": urgent, "note": "危及公共安全" if urgent else None}
    with pytest.raises(CaseworkError, match=r"Art\. 43" if not opens else r"needs a collective decision.*Art\. 28"):
        measures.impose(clerk.db, measure_forms.measure_form(form), "clerk", now=NOW)
    form["collective"] = {**MEETING, "held_at": "2026-02-13T09:00"}
    if opens:
        number = measures.impose(clerk.db, measure_forms.measure_form(form), "clerk", now=NOW)[0]
        step(clerk, number, "done", f"{began[:10]}T23:30", note="障碍物已拆除")
        assert held(clerk, number)["standing"] == "done"


@pytest.mark.row(206)
def test_a_fire_is_reexamined_by_a_meeting(clerk: Clerk) -> None:
    clerk.db.rows("insert into fires (fire_no, unit_id, occurred_at, procedure) select 'H1', unit_id,"
                  " '2026-02-20T12:00+08', 'simple'"
                  " from units where unit_no = 'U1' returning 1")
    form = {"fire_no": "H1", "asked_on": "2026-03-01", "decided_at": "2026-03-13T10:00", "outcome": "changed"}
    with pytest.raises(CaseworkError, match=r"re-examination of a fire needs a collective.*火灾事故调查规定 Art\. 35"):
        fire_reviews.decide(clerk.db, fire_reviews.fire_review(form), "clerk", now=NOW)
    early = fire_reviews.fire_review({**form, "asked_on": "2026-02-19", "collective": MEETING})
    with pytest.raises(CaseworkError, match="asked for on 2026-02-19, before the fire on 2026-02-20"):
        fire_reviews.decide(clerk.db, early, "clerk", now=NOW)
    done = fire_reviews.fire_review({**form, "collective": MEETING})
    assert fire_reviews.decide(clerk.db, done, "clerk", now=NOW) == "R20260313-0001"


def hazard(clerk: Clerk, *elements: str, way: str = "direct", found_at: str = "2026-03-12T10:00") -> str:
    form = major_hazard_forms.major_hazard_form({"unit_no": "U1", "found_at": found_at, "way": way,
                                                 "elements": list(elements), "officers": ["B1", "B2"]})
    return major_hazards.find(clerk.db, form, "clerk", now=NOW)


def move(clerk: Clerk, number: str, name: str, when: str, **fields: Any) -> bool | None:
    form = major_hazard_forms.step_form({"step": name, "at": when if "T" in when else f"{when}T16:00", **fields})
    return major_hazards.step(clerk.db, number, form, "clerk", now=NOW)


def major(clerk: Clerk, number: str) -> dict[str, Any]:
    with clerk.db.connection() as connection:
        return major_hazards.whole(connection, number, NOW)


@pytest.mark.row(65, 206)
def test_a_major_hazard_leaves_the_list_only_with_acceptance(clerk: Clerk) -> None:
    number = hazard(clerk, "7.1.1")
    with pytest.raises(CaseworkError, match=r"determination of a major fire hazard needs a collective.*Art\. 21"):
        move(clerk, number, "determined", "2026-03-13")
    with pytest.raises(CaseworkError, match="2 members"):
        move(clerk, number, "determined", "2026-03-13", collective={**MEETING, "members": ["B1", "B2"]})
    move(clerk, number, "determined", "2026-03-13", collective=MEETING)
    assert due(major(clerk, number), "major_hazard_notice") == last_moment("2026-03-18")
    listing = {"level": "city", "conditions": ["安全出口恢复畅通"], "listed_by": "市人民政府"}
    with pytest.raises(CaseworkError, match=r"notice of rectification was not served.*Art\. 21"):
        move(clerk, number, "listed", "2026-03-16", **listing)
    with pytest.raises(CaseworkError, match=r"accepted after the notice of rectification was served.*Art\. 21") as no:
        move(clerk, number, "accepted", "2026-03-16", note="验收", conditions_met=True, collective=MEETING)
    assert "尚未送达" in no.value.zh
    assert move(clerk, number, "notice_served", "2026-03-18", correct_by="2026-06-30") is True
    with pytest.raises(CaseworkError, match="not reported to the government"):
        move(clerk, number, "listed", "2026-03-19", **listing)
    # 消防监督检查规定 Art. 21: seven working days from Thursday 12 March end on Monday 23 March.
    assert due(major(clerk, number), "major_hazard_opinion") == last_moment("2026-03-23")
    assert move(clerk, number, "opinion_reported", "2026-03-24", report_no="消请〔2026〕1号") is False
    move(clerk, number, "listed", "2026-03-25", **listing)
    assert (major(clerk, number)["standing"], major(clerk, number)["level"]) == ("listed", "city")
    move(clerk, number, "progress", "2026-04-25", note="联合整治")
    with pytest.raises(CaseworkError, match="stands at listed: a step not_major"):
        move(clerk, number, "not_major", "2026-04-26", note="x")
    with pytest.raises(CaseworkError, match=r"closing conditions are met.*Art\. 21"):
        move(clerk, number, "accepted", "2026-06-30", note="验收", conditions_met=False, collective=MEETING)
    with pytest.raises(CaseworkError, match=r"removal of a major fire hazard needs a collective"):
        move(clerk, number, "accepted", "2026-06-30", note="验收", conditions_met=True)
    assert major(clerk, number)["standing"] == "listed"
    assert move(clerk, number, "accepted", "2026-06-30", note="验收", conditions_met=True, collective=MEETING) is True
    assert (major(clerk, number)["standing"], major(clerk, number)["next"]) == ("accepted", [])


@pytest.mark.parametrize(("found", "until"), [
    # Ten working days more: 17 from Friday 13 February: 14, 24-28 February (28 works), 2-6 March, 9-13 March, 16 March.
    ("2026-02-13", "2026-03-16"),
    # 17 from Wednesday 30 September: 8-10 (10 works), 12-16, 19-23, 26-29 October.
    ("2026-09-30", "2026-10-29")])
def test_experts_are_seven_two_thirds_consent_and_ten_working_days_are_added(clerk: Clerk, found: str,
                                                                             until: str) -> None:
    number = hazard(clerk, f"e{found}1", f"e{found}2", f"e{found}3", way="combined", found_at=f"{found}T10:00")
    with pytest.raises(CaseworkError, match=r"6 experts took part, at least 7 do"):
        move(clerk, number, "demonstrated", found, experts=6, consenting=6)
    move(clerk, number, "demonstrated", found, experts=7, consenting=4)
    assert due(major(clerk, number), "major_hazard_opinion") == last_moment(until)
    with pytest.raises(CaseworkError, match="4 of 7 experts consented, at least 2/3 must"):
        move(clerk, number, "determined", f"{found}T17:00", collective={**MEETING, "held_at": f"{found}T16:30"})
    move(clerk, number, "demonstrated", f"{found}T17:30", experts=9, consenting=6)
    assert due(major(clerk, number), "major_hazard_opinion") == last_moment(until)
    with pytest.raises(AlreadyDone, match="demonstrated .* was made before"):
        move(clerk, number, "demonstrated", f"{found}T17:40", experts=9, consenting=6)
    move(clerk, number, "not_major", f"{found}T18:00", note="专家论证未通过")
    agreed = hazard(clerk, f"f{found}", found_at=f"{found}T10:00")
    move(clerk, agreed, "demonstrated", found, experts=9, consenting=6)
    move(clerk, agreed, "determined", f"{found}T17:00", collective={**MEETING, "held_at": f"{found}T16:30"})


def test_the_combined_way_counts_its_elements_and_a_hazard_is_entered_once(clerk: Clerk) -> None:
    with pytest.raises(CaseworkError, match=r"2 elements are named.*GB 35181"):
        hazard(clerk, "a", "b", way="combined")
    number = hazard(clerk, "a", "b", "c", way="combined")
    with pytest.raises(AlreadyDone, match=number):
        hazard(clerk, "c", "b", "a", way="combined")


def visit(clerk: Clerk, unit: str, day: dt.date, *hazards: HazardFound) -> str:
    return record_result(clerk.db, NewVisit(unit, "campaign"), ResultForm(
        moment(day, 9), moment(day, 10), "hazards_corrected", hazards,
        officers=(("B1", "lead"), ("B2", "member")), sheet=SHEET, evidence=(PHOTO,)), "clerk", now=NOW).inspection_no


def report(clerk: Clerk, reported: str, **changes: Any) -> int:
    return self_checks.report(clerk.db, self_checks.self_check({
        "unit_no": "U2", "item_code": "signs.missing", "found_on": "2026-05-01", "reported_at": reported,
        "evidence": [VIDEO], **changes}), "clerk", now=NOW)


@pytest.mark.row(108, 210)
def test_a_self_report_from_before_the_inspection_speaks_for_leniency(clerk: Clerk) -> None:
    day = dt.date(2026, 5, 6)
    number = visit(clerk, "U2", day, HazardFound("exits.blocked", "corrected_on_spot", severity="serious"))
    case = clerk.file("2026-05-06", unit_no="U2", inspection_no=number, filed_at="2026-05-06T15:00",
                      items=["exits.blocked"])
    report(clerk, "2026-05-06T09:00", item_code="exits.blocked")
    assert "self_corrected" not in [one["rule"] for one in clerk.read(case)["leniency"]]
    told = report(clerk, "2026-05-06T08:59", item_code="exits.blocked", found_on="2026-05-02")
    self_checks.correct(clerk.db, told, dt.date(2026, 5, 5), "clerk", now=NOW)
    flags = {one["rule"]: one for one in clerk.read(case)["leniency"]}
    assert "found by the unit on 2026-05-02" in flags["self_corrected"]["facts"][0]
    clerk.step(case, "notice", "2026-05-06T16:00", penalties=[fine(20000)], public_told=True)
    clerk.reviewed(case, "2026-05-06T17:00", reviewer="T1")
    clerk.step(case, "hearing_waived", "2026-05-06T17:30")
    decide = {"penalties": [fine(20000)], "circumstance": "ordinary"}
    with pytest.raises(CaseworkError, match=r"speaks for leniency \(self_corrected, .*Art\. 33"):
        clerk.step(case, "decision", "2026-05-07", **decide)
    clerk.step(case, "decision", "2026-05-07", **decide, reason="造成现实危险")
    written = clerk.read(case)["steps"][-1]["details"]
    assert "self_corrected" in [one["rule"] for one in written["leniency"]]
    with pytest.raises(AlreadyDone):
        report(clerk, "2026-05-07T10:00", item_code="exits.blocked")
    with pytest.raises(NotFound, match="no.such"):
        report(clerk, "2026-05-07T10:00", item_code="no.such")


def test_a_first_light_corrected_violation_speaks_for_leniency_a_second_one_does_not(clerk: Clerk) -> None:
    def filed(day: dt.date) -> str:
        number = visit(clerk, "U3", day, HazardFound("signs.missing", "corrected_on_spot"))
        return clerk.file(day.isoformat(), unit_no="U3", inspection_no=number, filed_at=f"{day}T15:00")
    first = filed(dt.date(2026, 5, 6))
    assert [one["rule"] for one in clerk.read(first)["leniency"]] == ["first_light_corrected", "trivial_on_spot"]
    clerk.step(first, "notice", "2026-05-06T16:00", penalties=[WARNING], public_told=True)
    clerk.reviewed(first, "2026-05-06T17:00")
    clerk.step(first, "decision", "2026-05-07", penalties=[WARNING])
    second = filed(dt.date(2026, 6, 6))
    assert [one["rule"] for one in clerk.read(second)["leniency"]] == ["trivial_on_spot"]
    clerk.reviewed(second, "2026-06-06T17:00")
    clerk.step(second, "no_penalty", "2026-06-07", ground="lenient", note="轻微并当场改正")
    assert clerk.db.row("select from penalties where case_no = %s", [second]) is None


@pytest.mark.row(176)
def test_soft_measures_are_counted_apart_from_penalties(clerk: Clerk) -> None:
    before = clerk.db.row("select count(*) as n from penalties")
    for kind in ("persuasion", "guidance", "admonition"):
        form = soft_measures.soft_measure({"unit_no": "U2", "kind": kind, "taken_on": "2026-05-06",
                                           "officers": ["B1", "B2"]})
        soft_measures.take(clerk.db, form, "clerk", now=NOW)
        with pytest.raises(AlreadyDone):
            soft_measures.take(clerk.db, form, "clerk", now=NOW)
    assert clerk.db.row("select count(*) as n from penalties") == before
    with pytest.raises(CaseworkError, match="kind must be one of persuasion"):
        soft_measures.soft_measure({"unit_no": "U2", "kind": "fine", "taken_on": "2026-05-06", "officers": []})


@pytest.mark.row(179)
def test_bands_and_leniency_of_a_past_day_are_those_that_held_then() -> None:
    assert band("organisation", "消防法 Art. 60", "light", dt.date(2026, 3, 12)) == (Decimal(5000), Decimal(18500))
    assert band("organisation", "消防法 Art. 60", "light", dt.date(2021, 4, 28)) is None
    assert band("citizen", "消防法 Art. 60", "light", dt.date(2026, 3, 12)) is None
