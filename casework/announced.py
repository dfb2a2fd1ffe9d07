"""Periods of working days that reach into a year whose holidays were not announced when they were reckoned.

Such a period says that its end may move; once the year's notice is known, the night reckons it again. Only an end that
is what the calendar gave without the notice is moved: a day that a person or a file has set stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from policy import calendar, rules
from policy.clocks import last_moment, legal_day
from store import Database, Queries

q = Queries(__file__)

#: Its clock begins when the day to correct by has ended, and is counted from that day.
_RECHECK = "deadlines.recheck"
#: Where experts are heard, their working days are added to those of the opinion.
_OPINION, _EXPERTS = "deadlines.major_hazard_opinion", "deadlines.major_hazard_demonstration"


def is_provisional(rule: str, started_at: dt.datetime, due_at: dt.datetime) -> bool:
    """Whether the end was counted in working days over days of a year whose notice is not known."""
    work, start, until = calendar(), _first(rule, started_at), legal_day(due_at)
    if all(work.is_announced(year) for year in range(start.year, until.year + 1)):
        return False
    return due_at == last_moment(until) and any(work.add(start, count) == until for count in _counts(rule, start))


def run(db: Database, day: dt.date) -> dict[str, Any]:
    """Reckon again what runs beyond ``day`` and was reckoned before the notice of its year was known."""
    with db.connection() as connection:
        moved: list[tuple[str, dt.datetime, dt.datetime, dt.datetime]] = []
        known: dict[tuple[str, dt.date, dt.date], dt.date] = {}
        for row in connection.execute(q["running"], {"after": last_moment(day)}).fetchall():
            until = legal_day(row["due_at"])
            period = row["rule"], _first(row["rule"], row["started_at"]), until
            again = known[period] if period in known else known.setdefault(period, _again(*period))
            if again != until and row["due_at"] == last_moment(until):
                moved.append((row["rule"], row["started_at"], row["due_at"], last_moment(again)))
        if not moved:
            return {}
        given = dict(zip(("rules", "starts", "ends", "until"), map(list, zip(*moved, strict=True)), strict=True))
        count = connection.execute(q["move"], given).rowcount + connection.execute(q["findings"], given).rowcount
        for query in ("orders", "complaints"):
            connection.execute(q[query], given)
    return {"reckoned_again": count}


def _again(rule: str, start: dt.date, until: dt.date) -> dt.date:
    """The end by the calendar that is known now, of a period that ended on ``until`` without a year's notice."""
    work = calendar()
    for year in range(start.year, until.year + 1):
        if work.is_announced(year):
            blind = work.without_notice(year)
            for count in _counts(rule, start):
                if blind.add(start, count) == until != work.add(start, count):
                    return work.add(start, count)
    return until


def _first(rule: str, started_at: dt.datetime) -> dt.date:
    return legal_day(started_at - dt.timedelta.resolution if rule == _RECHECK else started_at)


def _counts(rule: str, day: dt.date) -> frozenset[int]:
    """The numbers of working days that a rule has on a day, for whatever kind of thing."""
    book = rules()
    if rule not in book:
        return frozenset()
    counts = set(_spans(book.value(rule, day)))
    if rule == _OPINION:
        counts |= {one + more for one in counts for more in _counts(_EXPERTS, day)}
    return frozenset(counts)


def _spans(value: Any) -> Iterator[int]:
    match value:
        case {"working_days": int() as count}:
            yield count
        case dict():
            for one in value.values():
                yield from _spans(one)
        case list():
            for one in value:
                yield from _spans(one)
