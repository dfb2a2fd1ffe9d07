"""约谈: a talk with who answers for a unit or manages its fire safety, with minutes; it is no penalty."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement import steps
from casework.enforcement.evidence import digest
from casework.enforcement.steps import officer_list
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Interview:
    """One talk: with whom, in which role, who of the body held it, its minutes, and what the unit promised."""

    unit_no: str
    held_at: dt.datetime
    person: str
    role: str
    officers: tuple[str, ...]
    topic: str
    minutes_uri: str
    minutes_sha256: str
    promised: str | None = None


def interview(data: Mapping[str, Any]) -> Interview:
    """An :class:`Interview` from JSON."""
    held = forms.moment(data.get("held_at"), "held_at")
    if not data.get("minutes_uri") or not data.get("minutes_sha256"):
        raise CaseworkError("an interview is kept with its minutes: say where they lie and their SHA-256 "
                            "(minutes_uri, minutes_sha256)", zh="约谈须有笔录：请填写笔录地址和 SHA-256 摘要")
    people = officer_list(data.get("officers"))
    if not people:
        raise CaseworkError("say which officers held the talk (officers)", zh="请填写约谈人员")
    return Interview(
        forms.word(data.get("unit_no"), "unit_no", 64), held, forms.word(data.get("person"), "person"),
        forms.chosen(data.get("role"), "role",
                     [one["code"] for one in rules().value("governance.interview_roles", legal_day(held))]),
        people, forms.word(data.get("topic"), "topic", 1000), forms.word(data["minutes_uri"], "minutes_uri", 1000),
        digest(data["minutes_sha256"], "minutes_sha256"), forms.note(data.get("promised")))


def hold(db: Database, form: Interview, actor: str, *, now: dt.datetime) -> str:
    """Keep a talk and return its number."""
    steps.check_moment(form.held_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the interview")
    with db.connection() as connection:
        place = unit_at(connection, form.unit_no)
        known = {row["officer_no"] for row in connection.execute(q["known"], [list(form.officers)])}
        for number in form.officers:
            if number not in known:
                raise NotFound(f"officer {number} is not in the register of officers", zh=f"人员名录库中没有 {number}")
        number = next_number(connection, "interview", legal_day(form.held_at))
        row = connection.execute(q["insert"], {**vars(form), "number": number, "unit": place.unit_id,
                                               "officers": list(form.officers), "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"that talk with {form.person} of unit {form.unit_no} was entered before",
                              zh=f"与单位 {form.unit_no} 的 {form.person} 的该次约谈已录入")
        audit.record(connection, actor, "hold", "interview", number, None,
                     {"unit_no": form.unit_no, "held_at": form.held_at, "role": form.role, "topic": form.topic})
    return number


def listed(connection: Connection, *, areas: Sequence[str] | None = None, unit_no: str | None = None,
           before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Talks, those entered last first."""
    return connection.execute(q["listed"], {"areas": None if areas is None else list(areas), "unit": unit_no,
                                            "before": before, "limit": limit}).fetchall()


def counted(connection: Connection, first: dt.date, last: dt.date,
            areas: Sequence[str] | None = None) -> dict[str, int]:
    """How many talks were held in some days, by role of who was talked to."""
    found = {row["role"]: int(row["n"]) for row in connection.execute(q["counted"], {
        "first": first, "last": last, "areas": None if areas is None else list(areas)})}
    return {"interviews": sum(found.values()), **{role: found.get(role, 0) for role in ("responsible", "manager")}}
