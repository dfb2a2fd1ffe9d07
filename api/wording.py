"""How numbers, times and digests are written on a page."""

from __future__ import annotations

import datetime as dt
import math

from policy.clocks import SHANGHAI


def number(value: float | None, digits: int = 0) -> str:
    """A number with thousands set apart; a dash where there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    text = f"{value:,.{digits}f}"
    return text.replace("-", "−")


def points(value: float | None, digits: int = 1) -> str:
    """Score points with their sign: +4.5, −0.2."""
    if value is None:
        return "–"
    text = f"{value:+.{digits}f}"
    return text.replace("-", "−")


def share(value: float | None, digits: int = 1) -> str:
    """A share of one as per cent: 0.062 is 6.2 %."""
    return "–" if value is None else f"{100 * value:.{digits}f}\u2009%"


def local(moment: dt.datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment as the clock in Shanghai shows it."""
    return "–" if moment is None else moment.astimezone(SHANGHAI).strftime(form)


def until(moment: dt.datetime | None) -> str:
    """When something is due, in Shanghai: with the last moment of a day is 24:00 of that day."""
    if moment is None:
        return "–"
    there = moment.astimezone(SHANGHAI)
    if there.time() == dt.time.max:
        return f"{there:%Y-%m-%d} 24:00"
    return f"{there:%Y-%m-%d %H:%M}"


def clock(moment: dt.datetime | None) -> str:
    """Only the time of day in Shanghai, to the second."""
    return local(moment, "%H:%M:%S")


_WEEKDAYS = {"zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
             "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def spoken_day(day: dt.date | None, language: str) -> str:
    """A day with its weekday: 2026年3月2日 周一."""
    if day is None:
        return "–"
    weekday = _WEEKDAYS[language][day.weekday()]
    return f"{day.year}年{day.month}月{day.day}日 {weekday}" if language == "zh" else f"{weekday} {day:%d %b %Y}"


def monthday(day: dt.date | None) -> str:
    """A day of this season: 03-02."""
    return "–" if day is None else f"{day:%m-%d}"


def short_hash(digest: str | None) -> str:
    """The first and last digits of a digest, enough to recognise it by eye."""
    if not digest:
        return "–"
    return digest if len(digest) <= 20 else f"{digest[:10]}…{digest[-6:]}"


def size(count: float | None) -> str:
    """Bytes in the unit in which they read well; a megabyte is a million."""
    if count is None:
        return "–"
    for unit, much in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if abs(count) >= much:
            return f"{number(count / much, 1)} {unit}"
    return f"{number(count)} B"
