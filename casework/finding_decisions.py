"""What a person decides on an off-site finding: true (属实), dismissed, or to be seen on site first.

Only ``substantiated`` makes a violation of it, which the record and the score then see. Decisions are only added: one
that was wrong is followed by another, with its reason.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from casework import forms
from casework.deadlines import span
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.officers import Place, check_team
from casework.planning import plan_visit, refuse_closed
from policy import Hours, PolicyError, rules
from policy.clocks import due_day, legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

DECISIONS = ("substantiated", "dismissed", "to_visit")


class NotTheirs(CaseworkError):
    """The role may not make this decision."""

    status = 403


@dataclass(frozen=True)
class DecisionForm:
    """A decision with its reason.

    ``visit_on`` plans a visit (needed for ``to_visit``; with ``substantiated`` the finding is the ground for one), by
    ``officers`` as (officer_no, role) where they are known already. ``inspection_no`` names the visit of the unit that
    found it true or not. ``after`` is the decision that was the newest when the form was opened (0: none): if another
    has come since, this one is refused; None does not ask.
    """

    decision: str
    reason: str
    visit_on: dt.date | None = None
    officers: tuple[tuple[str, str], ...] = ()
    inspection_no: str | None = None
    after: int | None = None


@dataclass(frozen=True)
class Decided:
    """What a decision left: the number of the visit that was planned, if one was."""

    finding_no: str
    unit_id: int
    decision: str
    inspection_no: str | None


def decision_form(data: Mapping[str, Any]) -> DecisionForm:
    """A :class:`DecisionForm` from JSON."""
    officers = tuple((forms.word(number, "officer_no", 32), forms.word(role, "role"))
                     for number, role in data.get("officers") or ())
    after = data.get("after")
    if after is not None and (isinstance(after, bool) or not isinstance(after, int)):
        raise CaseworkError("after must be the number of a decision")
    return DecisionForm(
        forms.chosen(data.get("decision"), "decision", list(DECISIONS)), forms.reason(data.get("reason")),
        forms.optional_day(data.get("visit_on"), "visit_on"), officers,
        forms.word(data["inspection_no"], "inspection_no", 64) if data.get("inspection_no") else None, after)


def open_to(role: str, state: str, day: dt.date) -> list[str]:
    """The decisions that ``role`` may make on a finding in ``state``; what stands is changed by who may make it."""
    allowed = rules().value("findings.deciders", day)
    if state == "lapsed" or (state in DECISIONS and role not in allowed.get(state, ())):
        return []
    return [code for code in DECISIONS if code != state and role in allowed.get(code, ())]


def last_visit_day(day: dt.date) -> dt.date:
    """The last day for the visit of a finding that was decided on ``day``."""
    within = span(rules().value("findings.visit", day)["within"])
    if isinstance(within, Hours):
        raise PolicyError("findings.visit counts in hours, and a day was asked for")
    return due_day(day, within)


def decide(db: Database, finding_no: str, form: DecisionForm, actor: str, *, role: str,
           now: dt.datetime | None = None) -> Decided:
    """Store a decision with its trace, and plan the visit it asks for; every refusal is one sentence."""
    moment = now or dt.datetime.now(dt.UTC)
    day = legal_day(moment)
    number = forms.word(finding_no, "the number of the finding", 64)
    with db.connection() as connection:
        # Two decisions come one after the other; the row itself is not locked, since the pages may not write to it.
        lock_for_transaction(connection, f"finding {number}")
        found = connection.execute(q["finding"], [number]).fetchone()
        if found is None:
            raise NotFound(f"there is no off-site finding {finding_no}", zh=f"没有非现场监管线索 {finding_no}")
        last = connection.execute(q["newest"], [found["finding_id"]]).fetchone()
        _check(found, last, form, role, moment, day)
        ground = _ground(connection, found, form)
        planned = _plan(connection, found, form, actor, day) if form.visit_on is not None else None
        try:
            connection.execute(q["insert"], {
                "finding": found["finding_id"], "decision": form.decision, "reason": form.reason, "actor": actor,
                "at": moment, "inspection": planned or ground})
        except psycopg.errors.CheckViolation:
            # Late data took its ground away in this very moment.
            raise _lapsed(number) from None
        row = connection.execute(q["number_of_visit"], [planned]).fetchone() if planned is not None else None
        visit = str(row["inspection_no"]) if row else None
        audit.record(connection, actor, form.decision, "finding", number,
                     {"state": found["state"]}, {"state": form.decision, "reason": form.reason,
                                                 "inspection_no": visit or form.inspection_no})
    return Decided(number, found["unit_id"], form.decision, visit)


def _lapsed(number: str) -> AlreadyDone:
    return AlreadyDone(f"finding {number} has lost its ground in later data: there is nothing to decide",
                       zh=f"线索 {number} 已因后续数据失去依据，无需处理")


def _check(found: dict[str, Any], last: dict[str, Any] | None, form: DecisionForm, role: str, moment: dt.datetime,
           day: dt.date) -> None:
    number = found["finding_no"]
    if found["state"] == "lapsed":
        raise _lapsed(number)
    if form.after is not None and form.after != (last["decision_id"] if last else 0):
        who = last["decided_by"] if last else "nobody"
        raise AlreadyDone(f"finding {number} was decided by {who} since you opened it: read it again first",
                          zh=f"线索 {number} 在您打开之后已由 {who} 处理，请重新打开后再决定")
    if last is not None and last["decision"] == form.decision:
        raise AlreadyDone(f"finding {number} was decided so by {last['decided_by']} before",
                          zh=f"线索 {number} 已由 {last['decided_by']} 作出同样的决定")
    if form.decision not in open_to(role, found["state"], day):
        raise NotTheirs(f"the role {role} may not make this decision on finding {number}: pass it on to the brigade",
                        zh=f"当前角色不能对线索 {number} 作出此决定，请转消防救援机构处理")
    if moment < found["found_at"] or (last is not None and moment < last["decided_at"]):
        raise CaseworkError(f"finding {number}: the decision is dated before what it decides on",
                            zh=f"线索 {number} 的决定时间早于线索或上一次决定")
    if form.decision == "to_visit" and form.visit_on is None:
        raise CaseworkError("say on which day the visit is to be made", zh="请填写现场核查日期")
    if form.decision == "dismissed" and form.visit_on is not None:
        raise CaseworkError("a finding that is dismissed needs no visit: leave its day empty",
                            zh="不属实的线索不需要安排检查，请留空检查日期")
    if form.visit_on is not None and not day <= form.visit_on <= last_visit_day(day):
        raise CaseworkError(f"the visit is to be made from {day} to {last_visit_day(day)}, not on {form.visit_on}",
                            zh=f"现场核查日期应在 {day} 至 {last_visit_day(day)} 之间，而不是 {form.visit_on}")


def _ground(connection: Connection, found: dict[str, Any], form: DecisionForm) -> int | None:
    """The visit that found it so."""
    if form.inspection_no is None:
        return None
    visit = connection.execute(q["visit"], [form.inspection_no]).fetchone()
    if visit is None or visit["unit_id"] != found["unit_id"] or visit["status"] != "done":
        raise NotFound(f"inspection {form.inspection_no} is not one that was made at the unit of the finding",
                       zh=f"检查 {form.inspection_no} 不是该单位已完成的检查")
    return int(visit["inspection_id"])


def _plan(connection: Connection, found: dict[str, Any], form: DecisionForm, actor: str, day: dt.date) -> int:
    assert form.visit_on is not None  # noqa: S101  the caller has asked
    refuse_closed(found)
    if form.officers:
        check_team(connection, Place(found["unit_id"], found["unit_no"], found["is_key"]), form.officers, form.visit_on)
    return plan_visit(connection, unit_id=found["unit_id"], kind=rules().value("findings.visit", day)["kind"],
                      planned_on=form.visit_on, officers=form.officers, actor=actor,
                      note=f"{found['finding_no']}: {form.reason}"[:forms.LONGEST_NOTE])
