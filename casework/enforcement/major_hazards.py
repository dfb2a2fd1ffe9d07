"""重大火灾隐患 from the finding over determination, notice and report to 挂牌督办 and acceptance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework import clocks
from casework.clocks import Owner, span_of
from casework.enforcement import collective, major_hazard_gates, steps
from casework.enforcement.case_record import clocks_of
from casework.enforcement.collective import Meeting
from casework.enforcement.major_hazard_forms import MajorHazardForm
from casework.enforcement.steps import StepForm, last
from casework.errors import AlreadyDone, NotFound
from casework.numbers import next_number
from casework.officers import Place, check_team
from casework.planning import unit_at
from policy import WorkingDays
from policy.clocks import due_day, last_moment, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

STANDINGS = ("found", "determined", "listed", "accepted", "not_major")
_TO = {"determined": "determined", "not_major": "not_major", "listed": "listed", "accepted": "accepted"}
_BY_TWO = ("notice_served", "accepted")


def find(db: Database, form: MajorHazardForm, actor: str, *, now: dt.datetime) -> str:
    """Enter what may be a major hazard; seven working days run for the opinion to the government."""
    steps.check_moment(form.found_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the finding")
    day = legal_day(form.found_at)
    major_hazard_gates.check_elements(form.way, form.elements, day)
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        check_team(connection, place, [(number, "member") for number in form.officers], day, needs_lead=False)
        visit = _visit(connection, form, place)
        lock_for_transaction(connection, f"major hazards of unit {place.unit_id}")
        stands = connection.execute(q["same"], {"unit": place.unit_id, "elements": sorted(form.elements)}).fetchone()
        if stands:
            raise AlreadyDone(f"this major hazard of unit {form.unit_no} stands as {stands['major_hazard_no']}",
                              zh=f"单位 {form.unit_no} 的该隐患已录入为 {stands['major_hazard_no']}，不能重复录入")
        number = next_number(connection, "major_hazard", day)
        row = connection.execute(q["insert"], {
            **vars(form), "number": number, "unit": place.unit_id, "day": day, "actor": actor,
            "elements": sorted(form.elements), "officers": list(form.officers),
            "inspection": visit["inspection_id"] if visit else None}).fetchone()
        assert row is not None  # noqa: S101  returning
        first = StepForm("found", form.found_at, note=form.note, evidence=form.evidence)
        steps.insert(connection, "major_hazard", number, first, form.officers, actor)
        clocks.start(connection, "deadlines.major_hazard_opinion", "major_hazard", number,
                     Owner(row["area_code"], place.unit_id), form.found_at)
        audit.record(connection, actor, "find", "major_hazard", number, None, vars(form))
    return number


def step(db: Database, number: str, form: StepForm, actor: str, *, now: dt.datetime) -> bool | None:
    """Make the next step; whether the clock that it stops was in time, None where it stops none."""
    with db.connection() as connection:
        hazard = connection.execute(q["locked"], [number]).fetchone()
        if hazard is None:
            raise NotFound(f"there is no major hazard {number}", zh=f"没有重大火灾隐患 {number}")
        steps.check_moment(form.at, hazard["found_at"], now, f"the step {form.step} of major hazard {number}")
        made = steps.read(connection, "major_hazard", number)
        refused = major_hazard_gates.refusal(hazard, made, form)
        if refused:
            raise refused
        officers = form.officers if form.officers is not None else tuple(hazard["officers"])
        if form.step in _BY_TWO:
            check_team(connection, Place(hazard["unit_id"], hazard["unit_no"], hazard["is_key"]),
                       [(one, "member") for one in officers], form.day, needs_lead=False)
        details = dict(form.details)
        found: Meeting | None = details.pop("collective", None)
        if form.step in ("determined", "accepted"):
            trigger = "major_hazard" if form.step == "determined" else "major_hazard_removal"
            collective.enter(connection, "major_hazard", number, trigger,
                             collective.require(trigger, found, form.at), actor)
        steps.insert(connection, "major_hazard", number, form, officers, actor, details)
        in_time = _clocks(connection, hazard, form)
        standing = _TO.get(form.step, hazard["standing"])
        connection.execute(q["stand"], {
            "hazard": hazard["major_hazard_id"], "standing": standing, "level": details.get("level"),
            "ended": form.day if form.step in ("accepted", "not_major") else None})
        audit.record(connection, actor, form.step, "major_hazard", number, {"standing": hazard["standing"]},
                     {"standing": standing, "at": form.at, "note": form.note, **details})
    return in_time


def _clocks(connection: Connection, hazard: Mapping[str, Any], form: StepForm) -> bool | None:
    number, at = hazard["major_hazard_no"], form.at
    owner = Owner(hazard["area_code"], hazard["unit_id"])
    match form.step:
        case "demonstrated":
            clocks.start(connection, "deadlines.major_hazard_opinion", "major_hazard", number, owner,
                         hazard["found_at"], due_at=opinion_by(hazard["found_at"]))
        case "determined":
            clocks.start(connection, "deadlines.major_hazard_notice", "major_hazard", number, owner, at)
        case "notice_served":
            clocks.start(connection, "deadlines.major_hazard_correct", "major_hazard", number, owner, at,
                         due_at=max(at, last_moment(form.details["correct_by"])))
            return clocks.stop(connection, "deadlines.major_hazard_notice", number, at)
        case "opinion_reported":
            return clocks.stop(connection, "deadlines.major_hazard_opinion", number, at)
        case "not_major":
            clocks.drop(connection, "major_hazard", number, at, "not judged a major hazard")
        case "accepted":
            told = _told(connection, number)
            in_time = clocks.stop(connection, "deadlines.major_hazard_correct", number, at) if told else None
            clocks.drop(connection, "major_hazard", number, at, "accepted")
            return in_time
    return None


def opinion_by(found_at: dt.datetime) -> dt.datetime:
    """When the opinion is due after experts were heard: their working days are added to the first ones."""
    day = legal_day(found_at)
    first, more = span_of("deadlines.major_hazard_opinion", day), span_of("deadlines.major_hazard_demonstration", day)
    assert isinstance(first, WorkingDays) and isinstance(more, WorkingDays)  # noqa: S101, PT018  as policy says
    return last_moment(due_day(day, WorkingDays(first.count + more.count)))


def _told(connection: Connection, number: str) -> bool:
    return last(steps.read(connection, "major_hazard", number), "notice_served") is not None


def whole(connection: Connection, number: str, now: dt.datetime) -> dict[str, Any]:
    """A major hazard with steps, meetings, periods, and what may come next."""
    row = connection.execute(q["one"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no major hazard {number}", zh=f"没有重大火灾隐患 {number}")
    made = steps.read(connection, "major_hazard", number)
    listed = last(made, "listed")
    return {**row, "conditions": listed["details"]["conditions"] if listed else [], "steps": made,
            "meetings": collective.read(connection, "major_hazard", number),
            "clocks": clocks_of(connection, "major_hazard", number), "next": major_hazard_gates.coming(row, made, now)}


def _visit(connection: Connection, form: MajorHazardForm, place: Place) -> dict[str, Any] | None:
    if form.inspection_no is None:
        return None
    row = connection.execute(q["visit"], [form.inspection_no]).fetchone()
    if row is None or row["unit_id"] != place.unit_id:
        raise NotFound(f"inspection {form.inspection_no} is not one of unit {form.unit_no}",
                       zh=f"检查 {form.inspection_no} 不是单位 {form.unit_no} 的检查")
    return row
