"""Checks that somebody asks for or gives notice of, with their clocks: before opening or an event, of a promise."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from casework import clocks, forms, owners
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.planning import unit_at
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

#: The clock of the check by kind, and that of what must follow it.
CHECKS = {"opening": "deadlines.opening_check", "event": "deadlines.event_check", "promise": "deadlines.promise_check"}
DECISIONS = {"opening": "deadlines.opening_decision", "promise": "deadlines.promise_notice"}
_ARTICLES = {"opening": "消防监督检查规定 Art. 15", "event": "消防监督检查规定 Art. 16", "promise": "消防法 Art. 15"}


@dataclass(frozen=True)
class RequestForm:
    """A request as it came in: the notice of the public-security unit, the application, or the licence on a promise."""

    unit_no: str
    kind: str
    received_at: dt.datetime
    from_body: str
    document_no: str | None = None
    held_from: dt.date | None = None
    held_to: dt.date | None = None
    note: str | None = None


def request_form(data: dict[str, Any]) -> RequestForm:
    """A :class:`RequestForm` from JSON."""
    kind = forms.chosen(data.get("kind"), "kind", list(CHECKS))
    document = data.get("document_no")
    return RequestForm(
        forms.word(data.get("unit_no"), "unit_no", 64), kind, forms.moment(data.get("received_at"), "received_at"),
        forms.word(data.get("from_body"), "from_body"), forms.word(document, "document_no", 100) if document else None,
        forms.optional_day(data.get("held_from"), "held_from"), forms.optional_day(data.get("held_to"), "held_to"),
        forms.note(data.get("note")))


def register(db: Database, form: RequestForm, actor: str, *, now: dt.datetime) -> tuple[str, dt.datetime]:
    """Take a request down; returns its number and when the check must be made."""
    if form.received_at > now:
        raise CaseworkError("the request was received in the future: mend received_at", zh="收到时间晚于现在，请更正")
    if form.kind == "event" and form.held_from is None:
        raise CaseworkError("a large event needs the day it begins, held_from (消防监督检查规定 Art. 16)",
                            zh="大型群众性活动须填写举办日期（《消防监督检查规定》第十六条）")
    if form.held_from is not None and form.held_from < legal_day(form.received_at):
        raise CaseworkError(f"the event begins on {form.held_from}, before the notice of it came in: mend held_from",
                            zh=f"活动开始日期 {form.held_from} 早于收到通知的日期，请更正")
    if form.held_to is not None and (form.held_from is None or form.held_to < form.held_from):
        raise CaseworkError("held_to lies before held_from", zh="活动结束日期早于开始日期")
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        same = connection.execute(q["same"], {"unit": place.unit_id, "kind": form.kind, "received": form.received_at})
        if (stands := same.fetchone()) is not None:
            raise AlreadyDone(f"this request was entered before as {stands['request_no']}",
                              zh=f"该申请（通知）已登记为 {stands['request_no']}")
        number = next_number(connection, "request", legal_day(form.received_at))
        connection.execute(q["insert"], {
            "number": number, "kind": form.kind, "unit": place.unit_id, "received": form.received_at,
            "body": form.from_body, "document": form.document_no, "from": form.held_from, "to": form.held_to,
            "note": form.note, "actor": actor})
        due = clocks.start(connection, CHECKS[form.kind], "request", number, owners.of_unit(connection, place.unit_id),
                           form.received_at)
        audit.record(connection, actor, "create", "request", number, None, {
            "unit_no": form.unit_no, "kind": form.kind, "received_at": form.received_at, "check_by": due})
    return number, due


def checked(db: Database, request_no: str, inspection_no: str, actor: str) -> dt.datetime | None:
    """The visit that was made for a request; returns when the decision is due, where its kind has one."""
    with db.connection() as connection:
        found = _open(connection, request_no)
        if found["inspection_id"] is not None:
            raise AlreadyDone(f"request {request_no} has its visit already", zh=f"{request_no} 已登记检查")
        visit = connection.execute(q["visit"], [inspection_no]).fetchone()
        if visit is None or visit["unit_id"] != found["unit_id"]:
            raise NotFound(f"inspection {inspection_no} is not one of the unit of request {request_no}",
                           zh=f"检查 {inspection_no} 不是该单位的检查")
        if visit["status"] != "done" or visit["kind"] != found["kind"] or visit["ended_at"] < found["received_at"]:
            raise CaseworkError(f"request {request_no} needs a visit of kind {found['kind']}, made after it came in "
                                f"and entered ({_ARTICLES[found['kind']]})",
                                zh=f"{request_no} 需要关联收到之后完成的同类检查")
        connection.execute(q["checked"], {"number": request_no, "inspection": visit["inspection_id"]})
        made = clocks.of_its_day(visit["ended_at"], visit["inspected_on"])
        clocks.stop(connection, CHECKS[found["kind"]], request_no, made)
        due = None
        if found["kind"] in DECISIONS:
            due = clocks.start(connection, DECISIONS[found["kind"]], "request", request_no,
                               owners.of_unit(connection, found["unit_id"]), made)
        audit.record(connection, actor, "check", "request", request_no, {"inspection_no": None},
                     {"inspection_no": inspection_no})
    return due


def decide(db: Database, request_no: str, passed: bool, decision_no: str | None, actor: str, *,
           now: dt.datetime, at: dt.datetime | None = None) -> bool | None:
    """The decision after the check, once; whether it was in time. Refused before the visit. ``at``: now if left out."""
    with db.connection() as connection:
        found = _open(connection, request_no)
        if found["inspection_id"] is None:
            raise AlreadyDone(f"request {request_no} was not checked on site: there is nothing to decide on "
                              f"({_ARTICLES[found['kind']]})", zh=f"{request_no} 尚未实地检查，不能作出决定")
        if found["decided_at"] is not None:
            raise AlreadyDone(f"request {request_no} was decided on before", zh=f"{request_no} 已作出决定")
        at = _after_visit(connection, found, at or now, now)
        if passed and found["kind"] in DECISIONS:
            _fit(connection, found, legal_day(at))
        connection.execute(q["decide"], {"number": request_no, "at": at, "passed": passed, "decision": decision_no})
        in_time = None
        if found["kind"] in DECISIONS:
            in_time = clocks.stop(connection, DECISIONS[found["kind"]], request_no, at)
        if found["kind"] == "opening":
            _license(connection, found, decision_no or request_no, legal_day(at), passed, actor)
        audit.record(connection, actor, "decide", "request", request_no, {"passed": None},
                     {"passed": passed, "decision_no": decision_no, "decided_at": at})
    return in_time


def _after_visit(connection: Connection, found: dict[str, Any], at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When it was done, as it is said: between the end of the visit and now."""
    visit = connection.execute(q["ended"], [found["inspection_id"]]).fetchone()
    assert visit is not None  # noqa: S101  a foreign key
    if not visit["ended_at"] <= at <= now:
        raise CaseworkError(f"request {found['request_no']}: it is dated between the end of the visit and now",
                            zh=f"{found['request_no']}：时间应在检查结束之后、现在之前")
    return at


def _fit(connection: Connection, found: dict[str, Any], day: dt.date) -> None:
    """A place passes once what its check ordered is corrected (消防法 Art. 15)."""
    row = connection.execute(q["uncorrected"], {"inspection": found["inspection_id"], "day": day}).fetchone()
    assert row is not None  # noqa: S101  a count
    if row["hazards"]:
        raise AlreadyDone(f"request {found['request_no']} can't pass on {day}: its check ordered {row['hazards']} "
                          f"hazards to be corrected, and no re-inspection by then found it done (消防法 Art. 15)",
                          zh=f"{found['request_no']} 在 {day} 不能通过：检查责令改正的 {row['hazards']} 处隐患"
                             f"届时尚未复查合格（《消防法》第十五条）")


def _license(connection: Connection, found: dict[str, Any], number: str, day: dt.date, granted: bool,
             actor: str) -> None:
    """The decision on an opening is a licence, granted or not (消防法 Art. 15), once under its number."""
    row = connection.execute(q["license"], {
        "number": forms.word(number, "decision_no", 64), "unit": found["unit_id"], "day": day, "granted": granted,
        "note": f"{found['request_no']} 投入使用、营业前消防安全检查", "actor": actor}).fetchone()
    if row is None:
        raise AlreadyDone(f"{number} is the number of another licence: give the decision its own (消防法 Art. 15)",
                          zh=f"{number} 已是另一件许可的编号，请填写本决定的编号（《消防法》第十五条）")
    if granted:
        connection.execute(q["permit"], {"number": number, "unit": found["unit_id"], "day": day, "actor": actor,
                                         "content": "公众聚集场所投入使用、营业前消防安全检查合格"})
    audit.record(connection, actor, "create", "licence", number, None,
                 {"request_no": found["request_no"], "granted": granted, "decided_on": day})


def hand_back(db: Database, request_no: str, actor: str, *, now: dt.datetime, at: dt.datetime | None = None) -> None:
    """The record of the check before an event goes back to the public-security unit (Art. 16); now without ``at``."""
    with db.connection() as connection:
        found = _open(connection, request_no)
        if found["kind"] != "event":
            raise CaseworkError(f"request {request_no} is of no large event: only the record of such a check goes back "
                                f"to the public-security unit ({_ARTICLES['event']})",
                                zh=f"{request_no} 不是大型活动的检查，无须移交公安机关（《消防监督检查规定》第十六条）")
        if found["inspection_id"] is None:
            raise AlreadyDone(f"request {request_no} was not checked on site: there is no record to hand back "
                              f"({_ARTICLES[found['kind']]})", zh=f"{request_no} 尚未实地检查，没有可移交的记录")
        if found["handed_back_at"] is not None:
            raise AlreadyDone(f"the record of request {request_no} was handed back before", zh=f"{request_no} 已移交")
        at = _after_visit(connection, found, at or now, now)
        connection.execute(q["hand_back"], {"number": request_no, "at": at})
        audit.record(connection, actor, "hand_back", "request", request_no, {"handed_back_at": None},
                     {"handed_back_at": at})


def withdraw(db: Database, request_no: str, reason: str, actor: str, *, now: dt.datetime) -> None:
    """The request was taken back, or its event called off: its clocks run no longer."""
    why = forms.reason(reason)
    with db.connection() as connection:
        found = _open(connection, request_no)
        if found["decided_at"] is not None:
            raise AlreadyDone(f"request {request_no} was decided on before", zh=f"{request_no} 已作出决定")
        connection.execute(q["withdraw"], {"number": request_no, "at": now, "why": why})
        clocks.drop(connection, "request", request_no, now, why)
        audit.record(connection, actor, "withdraw", "request", request_no, {"withdrawn_at": None}, {"reason": why})


def _open(connection: Connection, request_no: str) -> dict[str, Any]:
    found = connection.execute(q["locked"], [request_no]).fetchone()
    if found is None:
        raise NotFound(f"there is no request {request_no}", zh=f"没有 {request_no}")
    if found["withdrawn_at"] is not None:
        raise AlreadyDone(f"request {request_no} was withdrawn: {found['withdrawn_why']}", zh=f"{request_no} 已撤回")
    return found
