"""The three kinds of time in law: 工作日, 日 and 小时. Three types, so that no one adds one to another by mistake."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from policy.calendar import WorkCalendar, calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class WorkingDays:
    """工作日: statutory holidays and swapped rest days are left out, swapped working days count."""

    count: int


@dataclass(frozen=True)
class CalendarDays:
    """日: every day counts."""

    count: int


@dataclass(frozen=True)
class Hours:
    """小时: they run through nights and holidays."""

    count: float


Span = WorkingDays | CalendarDays | Hours


def legal_day(moment: dt.datetime) -> dt.date:
    """The day in law (Asia/Shanghai) on which a moment falls; the moment must carry a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no legal day")
    return moment.astimezone(SHANGHAI).date()


def due(start: dt.datetime, span: Span, work: WorkCalendar | None = None) -> dt.datetime:
    """When a period that begins at ``start`` ends.

    The moment itself still lies in the period, whatever its kind. Hours end to the second. Days and working days do not
    count the day of the start, and end with the last moment of the last day (Asia/Shanghai), as 行政处罚法 and the
    general rules on periods have it: 00:00 of the next day is late.
    """
    if isinstance(span, Hours):
        return start + dt.timedelta(hours=span.count)
    return last_moment(due_day(legal_day(start), span, work))


def end_of(day: dt.date) -> dt.datetime:
    """The moment with which a day in law ends and the next begins (24:00): the first that no longer lies in it."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), SHANGHAI).astimezone(dt.UTC)


def last_moment(day: dt.date) -> dt.datetime:
    """The last moment of a day in law, to the fineness that the database keeps."""
    return end_of(day) - dt.timedelta.resolution


def due_day(start: dt.date, span: WorkingDays | CalendarDays, work: WorkCalendar | None = None) -> dt.date:
    """The last day of a period of days that begins on ``start``; the day of the start does not count."""
    if isinstance(span, CalendarDays):
        return start + dt.timedelta(days=span.count)
    return (work or calendar()).add(start, span.count)


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier month, or that month's last day where it has no such day."""
    count = day.year * 12 + day.month - 1 - months
    if not dt.MINYEAR <= count // 12 <= dt.MAXYEAR:
        raise OverflowError(f"{months} months before {day} lie outside the calendar")
    first = dt.date(count // 12, count % 12 + 1, 1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
