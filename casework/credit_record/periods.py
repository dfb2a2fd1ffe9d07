"""Years in law, laid on a decision: when an early end may be asked for, and when publicity ends by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from policy import rules


def years_after(day: dt.date, years: int) -> dt.date:
    """The same day of a later year; 29 February becomes the last of that month (民法典 Art. 202)."""
    if (day.month, day.day) == (2, 29) and not _leap(day.year + years):
        return dt.date(day.year + years, 2, 28)
    return day.replace(year=day.year + years)


def first_permitted_day(event_kinds: Iterable[str], decided_on: dt.date) -> dt.date:
    """The first day on which repair may be asked for: of several penalties in one decision the longest counts."""
    longer = rules().value("credit.repair_after_years", decided_on)
    shortest = int(rules().value("credit.publicity_years", decided_on)["min"])
    return years_after(decided_on, max([shortest, *(int(longer.get(kind, 0)) for kind in event_kinds)]))


def last_public_day(decided_on: dt.date) -> dt.date:
    """The last day of publicity: after it, it ends by itself."""
    return years_after(decided_on, int(rules().value("credit.publicity_years", decided_on)["max"]))


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
