"""Working days of the mainland: a kept library of the State Council's notices, with a dated override in policy.

The library knows the years whose notice has been published. For a later year the weekly rule holds (Monday to Friday)
without the holidays that law itself sets (``calendar.expected``), and :meth:`WorkCalendar.is_announced` says that the
year's notice, which will swap days, is still missing.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import chinese_calendar
from chinese_calendar.constants import holidays, workdays

from policy.rules import rules

_ONE_DAY = dt.timedelta(days=1)
_YEARS = {day.year for day in holidays} | {day.year for day in workdays}


class WorkCalendar:
    """Which days are 工作日. ``rest`` and ``work`` override the library; ``expected`` are days of rest that law sets,
    taken for years that neither of them knows."""

    def __init__(self, rest: frozenset[dt.date] = frozenset(), work: frozenset[dt.date] = frozenset(),
                 expected: frozenset[dt.date] = frozenset(), before: dt.date = dt.date.max) -> None:
        self._rest, self._work, self._expected, self._before = rest, work, expected, before

    def is_announced(self, year: int) -> bool:
        """Whether the State Council's notice for ``year`` is known to the library or laid down in policy."""
        return dt.date(year, 1, 1) < self._before and (
            year in _YEARS or any(day.year == year for day in self._rest | self._work))

    def without_notice(self, year: int) -> WorkCalendar:
        """This calendar as it was while the notice for ``year`` and for those after it was missing."""
        return WorkCalendar(self._rest, self._work, self._expected, dt.date(year, 1, 1))

    def is_working_day(self, day: dt.date) -> bool:
        if day >= self._before:
            return day.weekday() < 5 and day not in self._expected
        if day in self._rest:
            return False
        if day in self._work:
            return True
        if day.year in _YEARS:
            return _is_workday(day)
        return day.weekday() < 5 and (day not in self._expected or self.is_announced(day.year))

    def next(self, day: dt.date) -> dt.date:
        """The first working day after ``day``."""
        day += _ONE_DAY
        while not self.is_working_day(day):
            day += _ONE_DAY
        return day

    def add(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day after ``day``."""
        for _ in range(count):
            day = self.next(day)
        return day

    def before(self, day: dt.date, count: int) -> dt.date:
        """The ``count``-th working day before ``day``."""
        while count:
            day -= _ONE_DAY
            count -= self.is_working_day(day)
        return day

    def between(self, first: dt.date, last: dt.date) -> list[dt.date]:
        """The working days from ``first`` to ``last``, both included."""
        days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if self.is_working_day(day)]


@lru_cache(maxsize=8192)
def _is_workday(day: dt.date) -> bool:
    """The library looks through all of its days each time it is asked."""
    return bool(chinese_calendar.is_workday(day))


@lru_cache(maxsize=4)
def _calendar(rest: frozenset[dt.date], work: frozenset[dt.date], expected: frozenset[dt.date]) -> WorkCalendar:
    return WorkCalendar(rest, work, expected)


def calendar() -> WorkCalendar:
    """The calendar with the newest ``calendar.override`` and ``calendar.expected``."""
    override, expected = (rules().value(f"calendar.{name}", dt.date.max) for name in ("override", "expected"))
    return _calendar(frozenset(override["rest"]), frozenset(override["work"]), frozenset(expected["rest"]))
