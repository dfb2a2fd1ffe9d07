"""Measures: temporary seals (临时查封), orders to stop (责令三停) and forced executions, and how each of them ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import clocks, delegation, penalties
from casework.clocks import Owner
from casework.enforcement import articles, collective, heads, measure_gates, steps
from casework.enforcement.case_record import clocks_of
from casework.enforcement.errors import closed
from casework.enforcement.measure_forms import MeasureForm
from casework.enforcement.steps import StepForm
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.officers import Place, check_team
from casework.penalties import PenaltyForm
from casework.planning import unit_at
from policy.clocks import end_of, last_moment, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

STANDINGS = ("standing", "lifted", "expired", "done")
_ASKS = {"seal": "unseal", "suspension": "resume"}


def impose(db: Database, form: MeasureForm, actor: str, *, now: dt.datetime) -> tuple[str, bool | None]:
    """Impose a measure; its number, and whether the decision on a seal was in time after the inspection."""
    steps.check_moment(form.began_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the measure")
    day = legal_day(form.began_at)
    with delegation.referring(db, actor, now), db.connection() as connection:
        case = _case(connection, form)
        place = unit_at(connection, form.unit_no or (case or {})["unit_no"])
        team = [(number, "member") for number in form.officers]
        # No town has the power to seal or to stop: what it would impose becomes its referral.
        acting = delegation.begin(connection, place, team, (), day, (form.kind,))
        delegation.check_team(connection, acting, place, team, day, needs_lead=False)
        visit = _visit(connection, form, place)
        earlier = _earlier(connection, form, place)
        delegation.stand(acting)
        refused = (measure_gates.imposing(form, case, visit, earlier)
                   or heads.refusal(connection, form.consent_by, place, day, articles.of("消防监督检查规定", 23)))
        if refused:
            raise refused
        lock_for_transaction(connection, f"measures of unit {place.unit_id}")
        stands = connection.execute(q["same"], {"unit": place.unit_id, "kind": form.kind, "scope": form.scope,
                                                "day": day}).fetchone()
        if stands:
            raise AlreadyDone(f"this {form.kind} of unit {place.unit_no} stands as {stands['measure_no']}",
                              zh=f"单位 {place.unit_no} 的该措施已录入为 {stands['measure_no']}，不能重复录入")
        number = next_number(connection, "measure", day)
        row = connection.execute(q["insert"], {
            **vars(form), "number": number, "unit": place.unit_id, "day": day, "actor": actor,
            "officers": list(form.officers), "inspection": visit["inspection_id"] if visit else None,
            "case": case["case_id"] if case else None,
            "again": earlier["measure_id"] if earlier else None}).fetchone()
        assert row is not None  # noqa: S101  returning
        first = StepForm("imposed", form.began_at, note=form.note, evidence=form.evidence)
        steps.insert(connection, "measure", number, first, form.officers, actor,
                     {"consent_by": form.consent_by, "urgent": form.urgent or None, "until_on": form.until_on})
        if form.collective is not None:
            collective.enter(connection, "measure", number, form.kind, form.collective, actor)
        owner = Owner(row["area_code"], place.unit_id)
        in_time = _impose_seal(connection, form, number, owner, place, visit, actor, legal_day(now))
        audit.record(connection, actor, "impose", "measure", number, None, vars(form))
    return number, in_time


def _impose_seal(connection: Connection, form: MeasureForm, number: str, owner: Owner, place: Place,
                 visit: Mapping[str, Any] | None, actor: str, today: dt.date) -> bool | None:
    """The clocks of a seal, and its row among the decisions, which scores and credit read."""
    if form.kind != "seal" or form.until_on is None:
        return None
    penalties.enter(connection, PenaltyForm(place.unit_no, legal_day(form.began_at), "seal",
                                            "消防监督检查规定 Art. 22", form.officers, None, number,
                                            form.inspection_no), actor, today)
    clocks.start(connection, "deadlines.seal_longest", "measure", number, owner, form.began_at,
                 due_at=last_moment(form.until_on))
    if form.path == "emergency":
        clocks.start(connection, "deadlines.seal_emergency", "measure", number, owner, form.began_at)
        return None
    inspected = form.inspected_at or (visit["ended_at"] if visit else None) or form.began_at
    clocks.start(connection, "deadlines.seal_decision", "measure", number, owner, min(inspected, form.began_at))
    return clocks.stop(connection, "deadlines.seal_decision", number, form.began_at)


def step(db: Database, measure_no: str, form: StepForm, actor: str, *, now: dt.datetime) -> bool | None:
    """Make the next step of a measure; whether the clock that it stops was in time, None where it stops none."""
    with db.connection() as connection:
        measure = connection.execute(q["locked"], [measure_no]).fetchone()
        if measure is None:
            raise NotFound(f"there is no measure {measure_no}", zh=f"没有措施 {measure_no}")
        steps.check_moment(form.at, measure["began_at"], now, f"the step {form.step} of measure {measure_no}")
        made = steps.read(connection, "measure", measure_no)
        place = Place(measure["unit_id"], measure["unit_no"], measure["is_key"])
        refused = (measure_gates.refusal(measure, made, form)
                   or heads.refusal(connection, form.details.get("head"), place, form.day,
                                    articles.of("行政强制法", 25)))
        if refused:
            raise refused
        officers = form.officers if form.officers is not None else tuple(measure["officers"])
        if form.step in ("lift_inspected", "lift_decided", "lifted", "done"):
            check_team(connection, place, [(number, "member") for number in officers], form.day, needs_lead=False)
        details = dict(form.details)
        if form.step == "confirmed":
            found = details.pop("collective")
            collective.enter(connection, "measure", measure_no, "seal", found, actor)
            details["agreed"] = found.agreed
        steps.insert(connection, "measure", measure_no, form, officers, actor, details)
        in_time = _clocks(connection, measure, form)
        standing = _standing(form, details, measure["standing"])
        if standing == "lifted" and form.step == "confirmed":
            penalties.annul(connection, measure_no, form.day, "the meeting did not agree to the seal", actor)
        ended = standing != measure["standing"]
        if ended:
            clocks.drop(connection, "measure", measure_no, form.at, f"the measure is {standing}")
        connection.execute(q["stand"], {"measure": measure["measure_id"], "standing": standing,
                                        "until": details.get("until_on"), "ended": form.day if ended else None})
        audit.record(connection, actor, form.step, "measure", measure_no,
                     {"standing": measure["standing"], "until_on": measure["until_on"]},
                     {"standing": standing, "at": form.at, "note": form.note, **details})
    return in_time


def _standing(form: StepForm, details: Mapping[str, Any], standing: str) -> str:
    if form.step == "done":
        return "done"
    lifts = (form.step == "lifted" or (form.step == "confirmed" and not details["agreed"])
             or (form.step == "lift_decided" and details["lifted"]))
    return "lifted" if lifts else standing


def _clocks(connection: Connection, measure: Mapping[str, Any], form: StepForm) -> bool | None:
    number, at = measure["measure_no"], form.at
    owner = Owner(measure["area_code"], measure["unit_id"])
    asks = _ASKS.get(measure["kind"])
    match form.step:
        case "confirmed":
            return clocks.stop(connection, "deadlines.seal_emergency", number, at)
        case "extended":
            clocks.start(connection, "deadlines.seal_longest", "measure", number, owner, measure["began_at"],
                         due_at=last_moment(form.details["until_on"]))
        case "lift_asked":
            clocks.start(connection, f"deadlines.{asks}_inspection", "measure", number, owner, at)
        case "lift_inspected":
            clocks.start(connection, f"deadlines.{asks}_decision", "measure", number, owner, at)
            return clocks.stop(connection, f"deadlines.{asks}_inspection", number, at)
        case "lift_decided":
            return clocks.stop(connection, f"deadlines.{asks}_decision", number, at)
    return None


def whole(connection: Connection, measure_no: str, now: dt.datetime) -> dict[str, Any]:
    """A measure with steps, meetings, periods, and what may come next."""
    row = connection.execute(q["one"], [measure_no]).fetchone()
    if row is None:
        raise NotFound(f"there is no measure {measure_no}", zh=f"没有措施 {measure_no}")
    made = steps.read(connection, "measure", measure_no)
    return {**row, "steps": made, "meetings": collective.read(connection, "measure", measure_no),
            "clocks": clocks_of(connection, "measure", measure_no), "next": measure_gates.coming(row, made, now)}


def expire(connection: Connection, day: dt.date) -> Sequence[str]:
    """Seals whose last day lies before ``day`` and that nobody lifted: they are no longer in force. Their numbers."""
    rows = connection.execute(q["run_out"], {"day": day}).fetchall()
    for row in rows:
        at = end_of(row["until_on"])
        steps.insert(connection, "measure", row["measure_no"], StepForm("expired", at), (), "job:deadlines")
        clocks.stop(connection, "deadlines.seal_longest", row["measure_no"], last_moment(row["until_on"]))
        clocks.drop(connection, "measure", row["measure_no"], at, "the seal has run out")
        audit.record(connection, "job:deadlines", "expire", "measure", row["measure_no"], {"standing": "standing"},
                     {"standing": "expired", "ended_on": row["until_on"]})
    return [row["measure_no"] for row in rows]


def fall(connection: Connection, case_no: str, at: dt.datetime, why: str, actor: str) -> None:
    """The order to stop falls with the decision that it carries out: business may go on."""
    for row in connection.execute(q["of_case"], [case_no]).fetchall():
        ended, number = max(at, row["began_at"]), row["measure_no"]
        steps.insert(connection, "measure", number, StepForm("lifted", ended, note=why), (), actor)
        clocks.drop(connection, "measure", number, ended, "the decision of its case was withdrawn")
        connection.execute(q["stand"], {"measure": row["measure_id"], "standing": "lifted", "until": None,
                                        "ended": legal_day(ended)})
        audit.record(connection, actor, "lifted", "measure", number, {"standing": "standing"},
                     {"standing": "lifted", "at": ended, "note": why})


def _case(connection: Connection, form: MeasureForm) -> dict[str, Any] | None:
    if form.case_no is None:
        return None
    row = connection.execute(q["case"], [form.case_no]).fetchone()
    if row is None or (form.unit_no is not None and row["unit_no"] != form.unit_no):
        raise NotFound(f"there is no case {form.case_no} of this unit", zh=f"该单位没有案件 {form.case_no}")
    return row


def _visit(connection: Connection, form: MeasureForm, place: Place) -> dict[str, Any] | None:
    if form.inspection_no is None:
        return None
    row = connection.execute(q["visit"], [form.inspection_no]).fetchone()
    if row is None or row["unit_id"] != place.unit_id:
        raise NotFound(f"inspection {form.inspection_no} is not one of unit {place.unit_no}",
                       zh=f"检查 {form.inspection_no} 不是单位 {place.unit_no} 的检查")
    if row["inspected_on"] is None or row["inspected_on"] > legal_day(form.began_at):
        raise CaseworkError(f"inspection {form.inspection_no} was not done by {legal_day(form.began_at)}",
                            zh=f"检查 {form.inspection_no} 在 {legal_day(form.began_at)} 之前尚未完成")
    return row


def _earlier(connection: Connection, form: MeasureForm, place: Place) -> dict[str, Any] | None:
    if form.again_of is None:
        return None
    row = connection.execute(q["locked"], [form.again_of]).fetchone()
    if row is None or row["unit_id"] != place.unit_id or row["kind"] != "seal" or form.kind != "seal":
        raise closed(articles.of("消防监督检查规定", 22), f"{form.again_of} is no seal of unit {place.unit_no}",
                     f"{form.again_of} 不是单位 {place.unit_no} 的临时查封")
    return row
