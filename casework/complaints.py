"""举报投诉: received, checked on site within its clock, found true or not, and told to whoever complained."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import clocks, complainants, credit, forms, owners
from casework.complainants import Complainant
from casework.deadlines import complaint_check_by
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

CHECK, TELL = "deadlines.complaint_check", "deadlines.complaint_tell"


@dataclass(frozen=True)
class ComplaintForm:
    """A complaint as taken down. ``complaint_no`` None takes the next number of the day of receipt."""

    unit_no: str
    received_at: dt.datetime
    channel: str
    kind: str
    anonymous: bool = True
    note: str | None = None
    complaint_no: str | None = None
    complainant: Complainant | None = None


@dataclass(frozen=True)
class Taken:
    """The number of a complaint and the moments by which it must have been checked on site and its result told."""

    complaint_no: str
    check_by: dt.datetime
    tell_by: dt.datetime | None = None


def complaint_form(data: Mapping[str, Any]) -> ComplaintForm:
    """A :class:`ComplaintForm` from JSON."""
    anonymous = data.get("anonymous", True)
    if not isinstance(anonymous, bool):
        raise CaseworkError("anonymous must be true or false")
    return ComplaintForm(
        forms.word(data.get("unit_no"), "unit_no"), forms.moment(data.get("received_at"), "received_at"),
        forms.word(data.get("channel"), "channel"), forms.word(data.get("kind"), "kind"), anonymous,
        forms.note(data.get("note")),
        forms.word(data["complaint_no"], "complaint_no", 64) if data.get("complaint_no") else None,
        complainants.complainant(data.get("complainant"), anonymous))


def register(db: Database, form: ComplaintForm, actor: str, *, now: dt.datetime | None = None) -> Taken:
    """Take a complaint down; its clocks (24 hours or 3 working days, and to tell) run from the receipt.

    A number is used once.
    """
    if form.received_at > (now or dt.datetime.now(dt.UTC)):
        raise CaseworkError("the complaint was received in the future: mend received_at",
                            zh="接到投诉的时间晚于现在，请更正")
    day = legal_day(form.received_at)
    oldest = rules().value("inspection.entered_within_days", legal_day(now or dt.datetime.now(dt.UTC)))
    if form.received_at < (now or dt.datetime.now(dt.UTC)) - dt.timedelta(days=oldest):
        raise CaseworkError(f"the complaint was received on {day}, more than {oldest} days ago: bring it in by an "
                            f"import of history", zh=f"投诉于 {day} 收到，已超过 {oldest} 天，请通过历史导入录入")
    forms.chosen(form.channel, "channel", [entry["code"] for entry in rules().value("complaint.channels", day)])
    check_by = complaint_check_by(form.kind, form.received_at)
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        if form.complaint_no is None:
            _refuse_again(connection, form, place.unit_id)
        number = form.complaint_no or next_number(connection, "complaint", day)
        row = connection.execute(q["insert"], {
            "number": number, "unit": place.unit_id, "received": form.received_at, "channel": form.channel,
            "anonymous": form.anonymous, "kind": form.kind, "by": check_by, "note": form.note,
            "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"complaint {number} was entered before", zh=f"投诉 {number} 已经录入过")
        if form.complainant is not None:
            complainants.store(connection, row["complaint_id"], form.complainant)
        owner = owners.of_unit(connection, place.unit_id)
        clocks.start(connection, CHECK, "complaint", number, owner, form.received_at, due_at=check_by)
        tell_by = clocks.start(connection, TELL, "complaint", number, owner, form.received_at)
        # Who complained is not in the log either: it is kept for ever, personal data are not.
        audit.record(connection, actor, "create", "complaint", number, None, {
            "unit_no": form.unit_no, "received_at": form.received_at, "channel": form.channel, "kind": form.kind,
            "anonymous": form.anonymous, "check_by": check_by})
    return Taken(number, check_by, tell_by)


def _refuse_again(connection: Connection, form: ComplaintForm, unit_id: int) -> None:
    """A form sent twice must not become two complaints; two that truly agree in all take numbers of their own."""
    lock_for_transaction(connection, f"complaint of unit {unit_id}")
    stands = connection.execute(q["same"], {"unit": unit_id, "received": form.received_at, "channel": form.channel,
                                            "kind": form.kind}).fetchone()
    if stands:
        raise AlreadyDone(f"this complaint about unit {form.unit_no} was entered before as {stands['complaint_no']}",
                          zh=f"对单位 {form.unit_no} 的这件投诉已录入为 {stands['complaint_no']}，不能重复录入")


def record_check(db: Database, complaint_no: str, *, checked_at: dt.datetime, verified: bool, actor: str,
                 inspection_no: str | None = None, note: str | None = None, now: dt.datetime | None = None) -> bool:
    """Enter the check (核查) of a complaint, once; a true one posts its points. Returns whether it was in time."""
    if checked_at > (now or dt.datetime.now(dt.UTC)):
        raise CaseworkError(f"complaint {complaint_no}: the check is dated in the future",
                            zh=f"投诉 {complaint_no} 的核查时间晚于现在，请更正")
    with db.connection() as connection:
        found = locked(connection, complaint_no)
        if found["checked_at"] is not None:
            raise AlreadyDone(f"complaint {complaint_no} was checked at {found['checked_at']:%Y-%m-%d %H:%M} UTC "
                              f"before", zh=f"投诉 {complaint_no} 已经核查过，不能重复录入")
        if checked_at < found["received_at"]:
            raise CaseworkError(f"complaint {complaint_no}: the check is dated before the complaint was received",
                                zh=f"投诉 {complaint_no} 的核查时间早于接到投诉的时间")
        visit = None
        if inspection_no is not None:
            visit = connection.execute(q["visit"], [inspection_no]).fetchone()
            if visit is None or visit["unit_id"] != found["unit_id"]:
                raise NotFound(f"inspection {inspection_no} is not one of the unit of complaint {complaint_no}",
                               zh=f"检查 {inspection_no} 不是被投诉单位的检查")
            _check_visit(visit, found, complaint_no, inspection_no, checked_at)
        connection.execute(q["check"], {"number": complaint_no, "at": checked_at, "verified": verified,
                                        "note": forms.note(note), "inspection": visit and visit["inspection_id"]})
        connection.execute(q["stop"], {"rule": CHECK, "number": complaint_no, "at": checked_at})
        audit.record(connection, actor, "check", "complaint", complaint_no, {"checked_at": None}, {
            "checked_at": checked_at, "verified": verified, "inspection_no": inspection_no})
        # One fact gives points once: the first of its complaints that is found true posts them.
        if verified and not posted_for_fact(connection, found):
            credit.post(connection, unit_id=found["unit_id"], occurred_on=legal_day(checked_at),
                        event_kind="complaint_verified", event_ref=complaint_no, actor=actor)
    return bool(checked_at <= found["check_by"])


def posted_for_fact(connection: Connection, found: Mapping[str, Any]) -> bool:
    """Whether any complaint of the same fact has taken points that were not given back."""
    fact = found["same_fact_as"] or found["complaint_id"]
    row = connection.execute(q["posted_for_fact"], {"fact": fact, "unit": found["unit_id"]}).fetchone()
    return bool(row and row["posted"])


def _check_visit(visit: Mapping[str, Any], found: Mapping[str, Any], complaint_no: str, inspection_no: str,
                 checked_at: dt.datetime) -> None:
    """The clock stops with the visit itself: neither one from before the complaint, nor a moment before the visit."""
    law, zh = "(消防监督检查规定 Art. 18)", "（《消防监督检查规定》第十八条）"
    if visit["status"] != "done":
        raise CaseworkError(f"complaint {complaint_no}: inspection {inspection_no} was not done, so it checked nothing "
                            f"{law}", zh=f"检查 {inspection_no} 尚未完成，不能作为投诉 {complaint_no} 的核查{zh}")
    if visit["ended_at"] and visit["ended_at"] < found["received_at"]:
        raise CaseworkError(f"complaint {complaint_no}: inspection {inspection_no} had ended before the complaint was "
                            f"received: it is not its check {law}",
                            zh=f"检查 {inspection_no} 在接到投诉前已结束，不是投诉 {complaint_no} 的核查{zh}")
    if visit["started_at"] and checked_at < visit["started_at"]:
        raise CaseworkError(f"complaint {complaint_no}: the check is dated before inspection {inspection_no} began "
                            f"{law}", zh=f"投诉 {complaint_no} 的核查时间早于检查 {inspection_no} 的开始时间{zh}")


def tell(db: Database, complaint_no: str, *, told_at: dt.datetime | None, how: str | None, why_not: str | None,
         actor: str, now: dt.datetime) -> bool | None:
    """The result was told to whoever complained, or the register says why that could not be (Art. 18); once.

    Returns whether it was told in time; None where it could not be told at all.
    """
    with db.connection() as connection:
        found = locked(connection, complaint_no)
        if found["checked_at"] is None:
            raise AlreadyDone(f"complaint {complaint_no} is not checked: there is no result to tell yet "
                              f"(消防监督检查规定 Art. 18)",
                              zh=f"投诉 {complaint_no} 尚未核查，没有可告知的结果（《消防监督检查规定》第十八条）")
        if found["told_at"] is not None or found["untold_why"] is not None:
            raise AlreadyDone(f"complaint {complaint_no}: that the result was told, or why not, was noted before",
                              zh=f"投诉 {complaint_no} 已登记告知情况")
        if (told_at is None) == (why_not is None) or (told_at is None) != (how is None):
            raise CaseworkError(f"complaint {complaint_no}: say told_at and how, or why_not (消防监督检查规定 Art. 18)",
                                zh="请填写告知时间和方式，或者注明不能告知的原因（《消防监督检查规定》第十八条）")
        if told_at is not None:
            forms.chosen(how, "how", [entry["code"] for entry in rules().value("complaint.tell_ways", legal_day(now))])
            if not found["checked_at"] <= told_at <= now:
                raise CaseworkError(f"complaint {complaint_no}: it is told between the check and now",
                                    zh="告知时间应在核查之后、现在之前")
        why = None if why_not is None else forms.reason(why_not)
        connection.execute(q["tell"], {"number": complaint_no, "at": told_at, "how": how, "why": why})
        in_time = None
        if told_at is None:
            clocks.drop(connection, "complaint", complaint_no, now, why or "", rule=TELL)
        else:
            row = connection.execute(q["stop"], {"rule": TELL, "number": complaint_no, "at": told_at}).fetchone()
            in_time = bool(row["in_time"]) if row else None
        audit.record(connection, actor, "tell", "complaint", complaint_no, {"told_at": None, "untold_why": None},
                     {"told_at": told_at, "told_how": how, "untold_why": why})
    return in_time


def locked(connection: Connection, complaint_no: str) -> dict[str, Any]:
    """One complaint, locked for this transaction."""
    found = connection.execute(q["locked"], [complaint_no]).fetchone()
    if found is None:
        raise NotFound(f"there is no complaint {complaint_no}", zh=f"没有投诉 {complaint_no}")
    return found
