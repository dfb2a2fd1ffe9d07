"""When something is due: the spans of ``policy/rules/deadlines.yaml`` laid on a moment or a day."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.errors import CaseworkError
from policy import CalendarDays, Hours, PolicyError, WorkingDays, due, rules
from policy.clocks import Span, due_day, legal_day


def span(value: Any) -> Span:
    """The span that policy writes as ``{hours: n}``, ``{days: n}`` or ``{working_days: n}``."""
    match value:
        case {"hours": int() | float() as count, **rest} if not rest:
            return Hours(count)
        case {"days": int() as count, **rest} if not rest:
            return CalendarDays(count)
        case {"working_days": int() as count, **rest} if not rest:
            return WorkingDays(count)
    raise PolicyError(f"{value!r} is not a span such as {{working_days: 3}}: see policy/rules/deadlines.yaml")


def complaint_kinds(day: dt.date) -> dict[str, dict[str, Any]]:
    """What a complaint can be about on ``day``, by code: zh, en and the span of its check."""
    return {kind["code"]: kind for kind in rules().value("deadlines.complaint_check", day)}


def complaint_check_by(kind: str, received_at: dt.datetime) -> dt.datetime:
    """When a complaint received at a moment must have been checked on site (消防监督检查规定 Art. 18)."""
    return due(received_at, complaint_span(kind, legal_day(received_at)))


def complaint_span(kind: str, day: dt.date) -> Span:
    """The time in which a complaint received on ``day`` must have been checked on site."""
    kinds = complaint_kinds(day)
    if kind not in kinds:
        raise CaseworkError(f"{kind!r} is not a kind of complaint: say one of {', '.join(kinds)}")
    return span(kinds[kind]["span"])


def order_served_by(kind: str, inspected_on: dt.date) -> dt.date:
    """The last day on which an order of this kind may be served (Art. 19): the same day for an immediate one."""
    return _day("deadlines.order_served", inspected_on, kind)


def recheck_by(correct_by: dt.date, asked_on: dt.date | None = None) -> dt.date:
    """The last day of the re-inspection after the period ends, or after the unit asks for it early (Art. 20)."""
    start = correct_by if asked_on is None else min(asked_on, correct_by)
    return _day("deadlines.recheck", start)


def order_longest(inspected_on: dt.date) -> dt.date:
    """The last day that a period to correct may end on."""
    return _day("deadlines.order_longest", inspected_on)


def last_day(name: str, start: dt.date) -> dt.date:
    """The last day of the period ``deadlines.<name>`` of days that begins on ``start``."""
    return _day(f"deadlines.{name}", start)


def _day(rule: str, start: dt.date, key: str | None = None) -> dt.date:
    value = rules().value(rule, start)
    found = span(value if key is None else value[key])
    if isinstance(found, Hours):
        raise PolicyError(f"{rule} counts in hours, and a day was asked for")
    return due_day(start, found)
