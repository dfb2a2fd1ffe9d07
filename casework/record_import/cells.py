"""Readers of cells that only the record has: days and moments of the past, codes of policy, remembered words."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from policy import rules
from policy.clocks import SHANGHAI
from policy.codes import codes
from registry import cells
from registry.cells import CellError, Reader, as_text
from registry.columns import Column

_CLOCK = re.compile(r"(.*?\d日?)(?:[ T]+|时间)(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?")
_REMEMBERED = 20_000


def past_day(cell: object, day: dt.date) -> dt.date:
    """A day between the earliest that is brought in and the day of the import."""
    found: dt.date = cells.date(cell, day)
    earliest = rules().value("imports.earliest_day", day)
    if not earliest <= found <= day:
        raise CellError(f"it must lie between {earliest} and {day}, the day of the import")
    return found


def any_day(cell: object, day: dt.date) -> dt.date:
    """A day that may lie ahead, such as the end of a period."""
    found: dt.date = cells.date(cell, day)
    earliest = rules().value("imports.earliest_day", day)
    if found < earliest:
        raise CellError(f"it must not lie before {earliest}")
    return found


def past_moment(cell: object, day: dt.date) -> dt.datetime:
    """A moment in Asia/Shanghai; a day alone is its beginning."""
    if isinstance(cell, dt.datetime):
        at = cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)
        past_day(at.astimezone(SHANGHAI).date(), day)
        return at.astimezone(dt.UTC)
    found = None if isinstance(cell, (dt.date, int, float)) else _CLOCK.fullmatch(as_text(cell))
    clock = dt.time()
    if found:
        try:
            clock = dt.time(int(found[2]), int(found[3]), int(found[4] or 0))
        except ValueError:
            raise CellError("there is no such time of day") from None
    at_day = past_day(found[1] if found else cell, day)
    return dt.datetime.combine(at_day, clock, SHANGHAI).astimezone(dt.UTC)


def of_policy(code: str, zh: str, rule: str, *, needed: bool = False, default: str | None = None) -> Column:
    """A column that holds a code of a rule, by code or by its Chinese word."""
    def read(cell: object, day: dt.date) -> str:
        words, known = as_text(cell), codes(rule, day)
        folded = words.casefold()
        for one, name in known.items():
            if folded == one or words == name:
                return one
        raise CellError(f"it must be one of {', '.join(f'{one} ({name})' for one, name in known.items())}")
    return Column(code, zh, read, needed=needed, default=default, options=lambda day: codes(rule, day))


def remembered(read: Reader) -> Reader:
    """The same reader, which reads a text once: days and codes come again in every row of a long file."""
    held: dict[tuple[str, dt.date], Any] = {}

    def again(cell: object, day: dt.date) -> Any:
        if not isinstance(cell, str) or len(cell) > 40:
            return read(cell, day)
        key = (cell, day)
        if key in held:
            return held[key]
        value = read(cell, day)
        if len(held) < _REMEMBERED:
            held[key] = value
        return value
    return again
