"""What is told of a unit besides the ledger: foreign records with their source, promises, permits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework import forms
from casework.credit_record import matters
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries

q = Queries(__file__)


def bring_in(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """Store what another body told of a unit, with its source; told twice it is refused. Returns its number."""
    form: dict[str, Any] = {
        "body": forms.word(data.get("source_body"), "source_body"),
        "ref": forms.word(data.get("source_ref"), "source_ref", 100),
        "memo": forms.word(data["memorandum"], "memorandum") if data.get("memorandum") else None,
        "bearing": forms.chosen(data.get("bearing"), "bearing", ["good", "discredit", "neutral"]),
        "day": forms.day(data.get("occurred_on"), "occurred_on"), "content": forms.note(data.get("content"), "content"),
        "received": legal_day(now), "actor": actor}
    if form["content"] is None:
        raise CaseworkError("content is missing: say what the other body told", zh="缺少 content：请填写记录内容")
    _past(form["day"], now)
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        row = connection.execute(q["insert_foreign"], {**form, "unit": unit["unit_id"]}).fetchone()
        if row is None:
            raise AlreadyDone(f"{form['body']} told of {form['ref']} before",
                              zh=f"{form['body']} 的记录 {form['ref']} 已录入")
        audit.record(connection, actor, "create", "foreign_credit", str(row["foreign_id"]), None,
                     {"unit_no": unit["unit_no"], **{name: form[name] for name in ("body", "ref", "bearing", "day")}})
    return int(row["foreign_id"])


def promise(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> str:
    """Enter a promise (信用承诺), published unless told otherwise; returns its number."""
    day = forms.day(data.get("promised_on"), "promised_on")
    kind = forms.chosen(data.get("kind"), "kind", [one["code"] for one in rules().value("credit.promise_kinds", day)])
    content, published = forms.note(data.get("content"), "content"), bool(data.get("published", True))
    if content is None:
        raise CaseworkError("content is missing: what is promised", zh="缺少承诺内容")
    _past(day, now)
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        number = matters.number(connection, "CN", day, "promise")
        connection.execute(q["insert_promise"], {
            "number": number, "unit": unit["unit_id"], "area": unit["area_code"], "name": unit["name"], "kind": kind,
            "day": day, "content": content, "published": published, "actor": actor})
        audit.record(connection, actor, "create", "credit_promise", number, None,
                     {"unit_no": unit["unit_no"], "kind": kind, "promised_on": day, "published": published})
    return number


def break_promise(db: Database, number: str, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> None:
    """Put on record that a promise was broken or false; what follows for the lists takes a notice of its own."""
    day, why = forms.day(data.get("broken_on"), "broken_on"), forms.reason(data.get("reason"))
    _past(day, now)
    with db.connection() as connection:
        held = connection.execute(q["promise"], [number]).fetchone()
        if held is None:
            raise NotFound(f"there is no promise {number}", zh=f"没有承诺 {number}")
        if held["broken_on"] is not None:
            raise AlreadyDone(f"promise {number} was found broken on {held['broken_on']}",
                              zh=f"承诺 {number} 已于 {held['broken_on']} 认定违反")
        if day < held["promised_on"]:
            raise CaseworkError(f"promise {number} was given on {held['promised_on']}, after {day}",
                                zh=f"承诺 {number} 作出于 {held['promised_on']}，晚于 {day}")
        connection.execute(q["break_promise"], {"number": number, "day": day, "why": why})
        audit.record(connection, actor, "break", "credit_promise", number, {"broken_on": None},
                     {"broken_on": day, "reason": why})


def permit(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> str:
    """Enter a permit under its own number, once."""
    day = forms.day(data.get("decided_on"), "decided_on")
    _past(day, now)
    kinds = [one["code"] for one in rules().value("credit.permit_kinds", day)]
    form: dict[str, Any] = {
        "number": forms.word(data.get("permit_no"), "permit_no", 64), "day": day, "actor": actor,
        "kind": forms.chosen(data.get("kind"), "kind", kinds),
        "first": forms.optional_day(data.get("valid_from"), "valid_from") or day,
        "last": forms.optional_day(data.get("valid_to"), "valid_to"),
        "content": forms.word(data.get("content"), "content", 1000)}
    if form["last"] is not None and form["last"] < form["first"]:
        raise CaseworkError("valid_to lies before valid_from", zh="valid_to 早于 valid_from")
    with db.connection() as connection:
        unit = matters.unit(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        row = connection.execute(q["insert_permit"], {**form, "unit": unit["unit_id"],
                                                      "area": unit["area_code"]}).fetchone()
        if row is None:
            raise AlreadyDone(f"permit {form['number']} was entered before", zh=f"许可 {form['number']} 已经录入过")
        audit.record(connection, actor, "create", "permit", form["number"], None,
                     {"unit_no": unit["unit_no"], **{name: form[name] for name in ("kind", "day", "first", "last")}})
    return str(form["number"])


def _past(day: dt.date, now: dt.datetime) -> None:
    if day > legal_day(now):
        raise CaseworkError(f"{day} is in the future", zh=f"{day} 晚于今天")
