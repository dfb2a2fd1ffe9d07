"""火灾: fires at a unit, by the procedure under which they are investigated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import credit, forms
from casework.errors import AlreadyDone, CaseworkError
from casework.numbers import next_number
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class FireForm:
    """A fire. ``procedure`` is ordinary (一般程序), simple (简易程序) or minor (轻微火灾)."""

    unit_no: str
    occurred_at: dt.datetime
    procedure: str
    note: str | None = None
    fire_no: str | None = None


def fire_form(data: Mapping[str, Any]) -> FireForm:
    """A :class:`FireForm` from JSON."""
    return FireForm(forms.word(data.get("unit_no"), "unit_no"), forms.moment(data.get("occurred_at"), "occurred_at"),
                    forms.word(data.get("procedure"), "procedure"), forms.note(data.get("note")),
                    forms.word(data["fire_no"], "fire_no", 64) if data.get("fire_no") else None)


def record_fire(db: Database, form: FireForm, actor: str, *, now: dt.datetime | None = None) -> str:
    """Enter a fire, post its points, and return its number; a number is used once (409)."""
    if form.occurred_at > (now or dt.datetime.now(dt.UTC)):
        raise CaseworkError("the fire is dated in the future: mend occurred_at", zh="起火时间晚于现在，请更正")
    day = legal_day(form.occurred_at)
    forms.chosen(form.procedure, "procedure", [entry["code"] for entry in rules().value("fire.procedures", day)])
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        if form.fire_no is None:
            _refuse_again(connection, form, place.unit_id)
        number = form.fire_no or next_number(connection, "fire", day)
        row = connection.execute(q["insert"], {"number": number, "unit": place.unit_id, "at": form.occurred_at,
                                               "procedure": form.procedure, "note": form.note}).fetchone()
        if row is None:
            raise AlreadyDone(f"fire {number} was entered before", zh=f"火灾 {number} 已经录入过")
        audit.record(connection, actor, "create", "fire", number, None, {
            "unit_no": form.unit_no, "occurred_at": form.occurred_at, "procedure": form.procedure})
        credit.post(connection, unit_id=place.unit_id, occurred_on=day, event_kind=f"fire_{form.procedure}",
                    event_ref=number, actor=actor)
    return number


def _refuse_again(connection: Connection, form: FireForm, unit_id: int) -> None:
    """A form sent twice must not become two fires."""
    lock_for_transaction(connection, f"fire of unit {unit_id}")
    stands = connection.execute(q["same"], {"unit": unit_id, "at": form.occurred_at}).fetchone()
    if stands:
        raise AlreadyDone(f"the fire at unit {form.unit_no} at that moment was entered before as {stands['fire_no']}",
                          zh=f"单位 {form.unit_no} 在该时间的火灾已录入为 {stands['fire_no']}，不能重复录入")
