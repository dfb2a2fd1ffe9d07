"""The clocks that run: started by what happened, stopped by what was done, listed by whoever has to act.

A clock is known by its rule in ``policy/`` (``deadlines.recheck``) and by the number of what it runs for. Each period
is of hours, calendar days or working days as the rule has it; from ``soon_at`` on it is shown as due soon.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from casework.deadlines import span
from policy import CalendarDays, Hours, WorkingDays, due, rules
from policy.clocks import SHANGHAI, Span, end_of, legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)

_LAST_SECOND = dt.timedelta(seconds=1)


@dataclass(frozen=True)
class Owner:
    """Who has to act: a body (brigade, town, police_station) of an area, about a unit or about none."""

    area_code: str
    unit_id: int | None = None
    body: str = "brigade"


def start(connection: Connection, rule: str, noun: str, ref: str, owner: Owner, started_at: dt.datetime, *,
          key: str | None = None, due_at: dt.datetime | None = None) -> dt.datetime:
    """Let the clock of ``rule`` run for ``noun`` number ``ref``; returns when it is due.

    ``key`` picks the period where the rule has one by kind. ``due_at`` is said where an act itself has set the end (the
    day to correct by in an order): the last moment in time. Started again, the clock runs anew from the new start.
    """
    until = due_at or due_of(rule, started_at, key)
    connection.execute(q["start"], {
        "rule": rule, "noun": noun, "ref": ref, "unit": owner.unit_id, "area": owner.area_code, "body": owner.body,
        "start": started_at, "soon": max(started_at, until - _notice(until - started_at)), "due": until})
    return until


def stop(connection: Connection, rule: str, ref: str, done_at: dt.datetime) -> bool | None:
    """What was due is done; whether in time, None where the clock was stopped before or never ran.

    None ran for what was brought in from elsewhere: it goes on here all the same.
    """
    row = connection.execute(q["stop"], {"rule": rule, "ref": ref, "at": done_at}).fetchone()
    return None if row is None else bool(row["in_time"])


def drop(connection: Connection, noun: str, ref: str, at: dt.datetime, why: str, *, rule: str | None = None) -> int:
    """Let the clocks of something run no longer: what they ran for has gone (withdrawn, transferred). How many."""
    return connection.execute(q["drop"], {"noun": noun, "ref": ref, "rule": rule, "at": at, "why": why}).rowcount


def of_its_day(ended_at: dt.datetime, day: dt.date) -> dt.datetime:
    """When what a visit did is done: one that runs past midnight counts by the day it began on."""
    return min(ended_at, end_of(day) - _LAST_SECOND)


def due_of(rule: str, started_at: dt.datetime, key: str | None = None) -> dt.datetime:
    """The last moment of a period of the rule that begins at a moment."""
    return due(started_at, span_of(rule, legal_day(started_at), key))


def span_of(rule: str, day: dt.date, key: str | None = None) -> Span:
    """The period that a rule sets on a day."""
    value: Any = rules().value(rule, day)
    return span(value if key is None else value[key])


def _notice(length: dt.timedelta) -> dt.timedelta:
    """How long before its end a clock is due soon: by the length of the period."""
    table = rules().value("deadlines.due_soon", dt.datetime.now(SHANGHAI).date())
    for row in table:
        if length <= _length(span(row["up_to"])):
            return _length(span(row["notice"]))
    return _length(span(table[-1]["notice"]))


def _length(period: Span) -> dt.timedelta:
    match period:
        case Hours(count):
            return dt.timedelta(hours=count)
        case CalendarDays(count) | WorkingDays(count):
            return dt.timedelta(days=count)
