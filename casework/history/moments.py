"""Days and moments as foreign files write them: several formats, one time zone of the place."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from casework.history.fields import Spec, spec
from casework.history.keys import MapError, text, texts
from policy.clocks import SHANGHAI
from registry.cells import CellError, shown

_REMEMBERED = 50_000
_EXCEL_START = dt.datetime(1899, 12, 30)  # noqa: DTZ001  a spreadsheet's day has no zone
_UNIX_START = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# Counted dates: what is added, and how many make a day.
_COUNTED = {"excel": (_EXCEL_START, 1), "unix": (_UNIX_START, 86_400), "unix-ms": (_UNIX_START, 86_400_000)}
# What begins with the year can be read in one way only, so it needs no format.
_YEAR_FIRST = re.compile(r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日?)"
                         r"(?:[ T]*(\d{1,2})[:时点](\d{1,2})?(?:[:分](\d{1,2})?)?(?:\.\d+)?秒?)?")
_NUMBER = re.compile(r"\d{1,14}(\.\d{1,15})?")
_EXCEL_DAY = re.compile(r"[2-6]\d{4}(\.\d+)?")
# Longest words first: MMM before MM. M after the hour means minutes, as people write it.
_WORDS = re.compile("YYYY|yyyy|MMMM|Month|MMM|Mon|MON|YY|yy|DD|dd|D|d|HH|hh|H|h|MM|mm|M|m|SS|ss|S|s|"
                    "AM/PM|am/pm|AM|PM|Z")
_DIRECTIVES = {"YYYY": "%Y", "yyyy": "%Y", "YY": "%y", "yy": "%y", "MMMM": "%B", "Month": "%B", "MMM": "%b",
               "Mon": "%b", "MON": "%b", "D": "%d", "M": "%m", "S": "%S", "Z": "%z"}


@dataclass(frozen=True, slots=True)
class When:
    """``day`` is the day as written; ``moment`` (UTC) is None where no time of day was given."""

    day: dt.date
    moment: dt.datetime | None


@dataclass(frozen=True)
class MomentSpec:
    """A field that holds a day or a moment."""

    field: Spec
    formats: tuple[str, ...]
    zone: dt.tzinfo


def moment_spec(key: str, raw: Any) -> MomentSpec:
    """Check a field with ``format`` (one or several) and ``timezone`` beside the keys of every field."""
    field = spec(key, raw, extra=("format", "timezone"))
    entry = raw if isinstance(raw, dict) else {}
    formats = tuple(_format(f"{key}.format", word) for word in texts(f"{key}.format", entry.get("format", [])))
    return MomentSpec(field, formats, zone(f"{key}.timezone", entry["timezone"]) if "timezone" in entry else SHANGHAI)


def zone(key: str, raw: Any) -> ZoneInfo:
    name = text(key, raw)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MapError(f"{key}: {shown(name)!r} is not a time zone such as Asia/Shanghai or America/New_York") from None


def reader(formats: Sequence[str], place: dt.tzinfo) -> Callable[[str], When]:
    """From text to a day or moment. ISO 8601 is always read as well; midnight sharp means that no time was given."""
    known: dict[str, When] = {}

    def read(words: str) -> When:
        if words not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[words] = _parse(words, formats, place)
        return known[words]
    return read


def _parse(words: str, formats: Sequence[str], place: dt.tzinfo) -> When:
    found = _by_format(words, formats, place)
    if found is None:
        wanted = " or ".join(formats) if formats else "2014-03-01, 2014/3/1, 2014年3月1日 or 2014-03-01T09:30"
        hint = "excel" if _EXCEL_DAY.fullmatch(words) else "MM/DD/YYYY"
        raise CellError(f"it is not a date in the form {wanted}: say under format how it is written ({hint})")
    local = found if found.tzinfo else found.replace(tzinfo=place)
    try:
        # Midnight of the place, written in UTC by a program, is the evening before; midnight in UTC is a day alone.
        if found.utcoffset() == dt.timedelta() and found.time() != dt.time():
            found = local = found.astimezone(place)
        moment = local.astimezone(dt.UTC)
    except OverflowError:
        raise CellError("it is outside the years that can be reckoned with") from None
    return When(found.date(), None if found.time() == dt.time() else moment)


def _by_format(words: str, formats: Sequence[str], place: dt.tzinfo) -> dt.datetime | None:
    for one in formats:
        if one in _COUNTED:
            counted = _by_count(words, one, place)
            if counted is not None:
                return counted
            continue
        try:
            return dt.datetime.strptime(words, one)  # noqa: DTZ007  the zone follows from the map
        except ValueError:
            continue
    try:
        return dt.datetime.fromisoformat(words) if len(words) >= 8 else None
    except ValueError:
        return _year_first(words)


def _year_first(words: str) -> dt.datetime | None:
    """2024年3月5日, 2024/3/5 or 2024.3.5, with 9:30 or 9时30分 behind it."""
    hit = _YEAR_FIRST.fullmatch(unicodedata.normalize("NFKC", words))
    if hit is None:
        return None
    year, *rest = hit.groups()
    month, day, hour, minute, second = [rest[0] or rest[2], rest[1] or rest[3], *(one or "0" for one in rest[4:])]
    try:
        return dt.datetime(int(year), int(month), int(day),  # noqa: DTZ001  the zone follows from the map
                           int(hour), int(minute), int(second))
    except ValueError:
        return None


def _by_count(words: str, count: str, place: dt.tzinfo) -> dt.datetime | None:
    if not _NUMBER.fullmatch(words):
        return None
    start, day = _COUNTED[count]
    try:
        found = start + dt.timedelta(seconds=round(float(words) * 86_400 / day))
        return found.astimezone(place) if found.tzinfo else found
    except OverflowError:
        return None


def _directives(word: str) -> str:
    """A format in letters as one of directives; what stands for nothing is left as it is."""
    twelve = bool(re.search(r"AM|PM|am/pm", word))
    after_hour = False

    def directive(hit: re.Match[str]) -> str:
        nonlocal after_hour
        letters = hit.group()
        if letters in _DIRECTIVES and letters not in ("M", "m"):
            return _DIRECTIVES[letters]
        if letters.upper() in ("AM/PM", "AM", "PM"):
            return "%p"
        if letters[0] in "Hh":
            after_hour = True
            return "%I" if twelve else "%H"
        if letters[0] in "Mm":
            minutes, after_hour = after_hour, False
            return "%M" if minutes else "%m"
        return _DIRECTIVES[letters[0].upper()]
    return _WORDS.sub(directive, word)


def _format(key: str, word: str) -> str:
    told = word
    if word in _COUNTED:
        return word
    if "%" not in told:
        told = _directives(word)
    try:
        dt.datetime.strptime("", told)  # noqa: DTZ007  only to see whether the format is one
    except ValueError as error:
        if "does not match" not in str(error):
            raise MapError(f"{key}: {shown(word)!r} is not a date format such as %m/%d/%Y %H:%M") from None
    # Letters that stand for themselves are rare, letters that were meant to stand for a part are not.
    left = re.search(r"[A-Za-z]+", re.sub(r"%.|T", " ", told)) if "%" not in word else None
    if "%" not in told or left:
        raise MapError(f"{key}: {shown(word)!r} is not a date format such as %m/%d/%Y %H:%M"
                       + (f" or DD-MMM-YYYY: {left.group()!r} stands for nothing" if left else ""))
    return told
