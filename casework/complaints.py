"""举报投诉: received, checked on site within its clock, found true or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import credit, forms
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


@dataclass(frozen=True)
class Taken:
    """The number of a complaint and the moment by which it must have been checked on site."""

    complaint_no: str
    check_by: dt.datetime


def complaint_form(data: Mapping[str, Any]) -> ComplaintForm:
    """A :class:`ComplaintForm` from JSON."""
    anonymous = data.get("anonymous", True)
    if not isinstance(anonymous, bool):
        raise CaseworkError("anonymous must be true or false")
    return ComplaintForm(
        forms.word(data.get("unit_no"), "unit_no"), forms.moment(data.get("received_at"), "received_at"),
        forms.word(data.get("channel"), "channel"), forms.word(data.get("kind"), "kind"), anonymous,
        forms.note(data.get("note")),
        forms.word(data["complaint_no"], "complaint_no", 64) if data.get("complaint_no") else None)


def register(db: Database, form: ComplaintForm, actor: str, *, now: dt.datetime | None = None) -> Taken:
    """Take a complaint down; its clock (24 hours or 3 working days) runs from the receipt. A number is used once."""
    if form.received_at > (now or dt.datetime.now(dt.UTC)):
        raise CaseworkError("the complaint was received in the future: mend received_at",
                            zh="接到投诉的时间晚于现在，请更正")
    day = legal_day(form.received_at)
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
        audit.record(connection, actor, "create", "complaint", number, None, {
            "unit_no": form.unit_no, "received_at": form.received_at, "channel": form.channel, "kind": form.kind,
            "anonymous": form.anonymous, "check_by": check_by})
    return Taken(number, check_by)


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
        found = connection.execute(q["locked"], [complaint_no]).fetchone()
        if found is None:
            raise NotFound(f"there is no complaint {complaint_no}", zh=f"没有投诉 {complaint_no}")
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
        connection.execute(q["check"], {"number": complaint_no, "at": checked_at, "verified": verified,
                                        "note": forms.note(note), "inspection": visit and visit["inspection_id"]})
        audit.record(connection, actor, "check", "complaint", complaint_no, {"checked_at": None}, {
            "checked_at": checked_at, "verified": verified, "inspection_no": inspection_no})
        if verified:
            credit.post(connection, unit_id=found["unit_id"], occurred_on=legal_day(checked_at),
                        event_kind="complaint_verified", event_ref=complaint_no, actor=actor)
    return bool(checked_at <= found["check_by"])
