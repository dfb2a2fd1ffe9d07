"""Days and moments as foreign files write them: several formats, one time zone of the place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from casework.history.fields import MapError, Spec, spec, text, texts
from policy.clocks import SHANGHAI
from registry.cells import CellError, shown

_REMEMBERED = 50_000
# Longest words first: MMM before MM. MM after HH means minutes, as people write it.
_WORDS = (("YYYY", "%Y"), ("HH:MM:SS", "%H:%M:%S"), ("HH:MM", "%H:%M"), ("hh:mm:ss", "%H:%M:%S"), ("hh:mm", "%H:%M"),
          ("HH:mm:ss", "%H:%M:%S"), ("HH:mm", "%H:%M"), ("H:MM", "%H:%M"), ("h:mm", "%H:%M"), ("yyyy", "%Y"),
          ("dd", "%d"), ("MMM", "%b"), ("MM", "%m"), ("DD", "%d"), ("YY", "%y"), ("M/D", "%m/%d"), ("D/M", "%d/%m"),
          ("D.M", "%d.%m"))


@dataclass(frozen=True)
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
    found = _by_format(words, formats)
    if found is None:
        wanted = " or ".join(formats) if formats else "ISO 8601 such as 2014-03-01 or 2014-03-01T09:30"
        raise CellError(f"it is not a date in the form {wanted}")
    local = found if found.tzinfo else found.replace(tzinfo=place)
    try:
        moment = local.astimezone(dt.UTC)
    except OverflowError:
        raise CellError("it is outside the years that can be reckoned with") from None
    return When(found.date(), None if found.time() == dt.time() else moment)


def _by_format(words: str, formats: Sequence[str]) -> dt.datetime | None:
    for one in formats:
        try:
            return dt.datetime.strptime(words, one)  # noqa: DTZ007  the zone follows from the map
        except ValueError:
            continue
    try:
        return dt.datetime.fromisoformat(words) if len(words) >= 8 else None
    except ValueError:
        return None


def _format(key: str, word: str) -> str:
    told = word
    if "%" not in told:
        twelve = bool(re.search(r"AM|PM|am/pm", told))
        told = re.sub(r"AM/PM|am/pm|AM|PM", "%p", told)
        for plain, directive in _WORDS:
            told = told.replace(plain, directive.replace("%H", "%I") if twelve else directive)
    try:
        dt.datetime.strptime("", told)  # noqa: DTZ007  only to see whether the format is one
    except ValueError as error:
        if "does not match" not in str(error):
            raise MapError(f"{key}: {shown(word)!r} is not a date format such as %m/%d/%Y %H:%M") from None
    if "%" not in told:
        raise MapError(f"{key}: {shown(word)!r} is not a date format such as %m/%d/%Y %H:%M")
    return told
