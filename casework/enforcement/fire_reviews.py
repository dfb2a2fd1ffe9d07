"""火灾认定复核: the re-examination of how a fire was determined, which is decided by a meeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.enforcement import collective
from casework.enforcement.collective import Meeting, meeting
from casework.enforcement.steps import check_moment
from casework.errors import CaseworkError, NotFound
from casework.numbers import next_number
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries

q = Queries(__file__)


@dataclass(frozen=True)
class FireReview:
    """A decision on a re-examination: upheld, changed, or sent back to be examined anew."""

    fire_no: str
    asked_on: dt.date
    decided_at: dt.datetime
    outcome: str
    collective: Meeting | None = None
    note: str | None = None


def fire_review(data: Mapping[str, Any]) -> FireReview:
    """A :class:`FireReview` from JSON."""
    return FireReview(forms.word(data.get("fire_no"), "fire_no", 64), forms.day(data.get("asked_on"), "asked_on"),
                      forms.moment(data.get("decided_at"), "decided_at"),
                      forms.chosen(data.get("outcome"), "outcome", ["upheld", "changed", "sent_back"]),
                      meeting(data["collective"]) if data.get("collective") is not None else None,
                      forms.note(data.get("note")))


def decide(db: Database, form: FireReview, actor: str, *, now: dt.datetime) -> str:
    """Enter a decision with the minutes of its meeting, and return its number."""
    check_moment(form.decided_at, dt.datetime.min.replace(tzinfo=dt.UTC), now, "the re-examination")
    day = legal_day(form.decided_at)
    if form.asked_on > day:
        raise CaseworkError(f"it was asked for on {form.asked_on}, after the decision on {day}",
                            zh=f"申请日期 {form.asked_on} 晚于决定日期 {day}")
    found = collective.require("fire_review", form.collective, form.decided_at)
    with db.connection() as connection:
        fire = connection.execute(q["fire"], [form.fire_no]).fetchone()
        if fire is None:
            raise NotFound(f"there is no fire {form.fire_no}", zh=f"没有火灾 {form.fire_no}")
        if form.asked_on < (broke_out := legal_day(fire["occurred_at"])):
            raise CaseworkError(f"it was asked for on {form.asked_on}, before the fire on {broke_out}",
                                zh=f"申请日期 {form.asked_on} 早于起火日期 {broke_out}")
        number = next_number(connection, "fire_review", day)
        connection.execute(q["insert"], {"number": number, "fire": form.fire_no, "asked": form.asked_on, "day": day,
                                         "outcome": form.outcome, "note": form.note, "actor": actor})
        collective.enter(connection, "fire_review", number, "fire_review", found, actor)
        audit.record(connection, actor, "decide", "fire_review", number, None, vars(form))
    return number
