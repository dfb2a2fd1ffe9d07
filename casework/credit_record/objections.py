"""信用异议: a unit says that a record of it is wrong; answered in days, corrected where it is right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework import credit, forms
from casework.credit_record import listings, matters, publicity, repairs
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy.clocks import legal_day
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def receive(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> str:
    """Take an objection to a public decision, a listing or an entry of the ledger; returns its number."""
    at = forms.moment(data.get("received_at"), "received_at")
    target = forms.chosen(data.get("target"), "target", ["penalty", "listing", "entry"])
    ref = forms.word(str(data.get("ref") or ""), "ref", 64)
    text = forms.note(data.get("text"), "text")
    if text is None:
        raise CaseworkError("text is missing: what is wrong, and by which proof", zh="缺少异议内容")
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        if target == "entry":
            _entry(connection, ref, unit["unit_id"])
        else:
            repairs.find(connection, target, ref, unit["unit_id"])
        running = connection.execute(q["running"], {"unit": unit["unit_id"], "target": target, "ref": ref}).fetchone()
        if running:
            raise AlreadyDone(f"objection {running['matter_no']} to {ref} is being handled",
                              zh=f"对 {ref} 的异议 {running['matter_no']} 正在处理")
        found = matters.begin(connection, "objection", unit, target=target, ref=ref, at=at, standing="open",
                              step="received", note=text, details={}, actor=actor, now=now)
        matters.start(connection, "objection_answered", found, at)
    return str(found["matter_no"])


def answer(db: Database, objection_no: str, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> bool | None:
    """Answer an objection; one that is right corrects the record at once. Whether it was in time."""
    at, reason = forms.moment(data.get("answered_at"), "answered_at"), forms.reason(data.get("reason"))
    if not isinstance(data.get("upheld"), bool):
        raise CaseworkError("upheld must be true or false: is the objection right?", zh="upheld 应为 true 或 false")
    with db.connection() as connection:
        objection = matters.locked(connection, "objection", objection_no)
        matters.unit(connection, objection["unit_no"])
        matters.expect(objection, "answered", ("open",))
        done = _correct(connection, objection, reason, actor, legal_day(at)) if data["upheld"] else {}
        matters.add(connection, objection, "answered", at, reason, {"upheld": data["upheld"], **done}, actor, now=now,
                    standing="upheld" if data["upheld"] else "rejected", closes=True)
        return matters.stop(connection, "objection_answered", objection, at)


def _correct(connection: Connection, objection: Mapping[str, Any], reason: str, actor: str,
             day: dt.date) -> dict[str, Any]:
    """End what was wrong, or give its points back."""
    if objection["target"] == "listing":
        listings.end(connection, int(objection["ref"]), day, "objection", actor)
        return {"corrected": "listing"}
    if objection["target"] == "penalty":
        repairs.find(connection, "penalty", objection["ref"], objection["unit_id"])
        publicity.end(connection, "penalty", objection["ref"], day, "objection")
        return {"corrected": "publicity"}
    given = credit.give_back(connection, int(objection["ref"]), reason, actor, day)
    if given is None:
        raise AlreadyDone(f"the points of entry {objection['ref']} were given back before",
                          zh=f"积分记录 {objection['ref']} 的扣分已经退回")
    return {"corrected": "entry", "given_back": given}


def _entry(connection: Connection, ref: str, unit_id: int) -> None:
    row = connection.execute(q["entry"], {"entry": int(ref) if ref.isdecimal() and len(ref) < 19 else 0,
                                          "unit": unit_id}).fetchone()
    if row is None:
        raise NotFound(f"entry {ref} is not in the ledger of this unit", zh=f"该单位没有积分记录 {ref}")
    if row["points"] >= 0:
        raise CaseworkError(f"entry {ref} took no points", zh=f"积分记录 {ref} 没有扣分")
