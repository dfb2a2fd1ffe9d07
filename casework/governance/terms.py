"""From when to when a row holds: what was listed on a past day must stay what it was."""

from __future__ import annotations

import datetime as dt

from casework.errors import CaseworkError


def check_begin(from_day: dt.date, today: dt.date) -> None:
    """A list begins today or later: one that began earlier would change what past days have shown."""
    if from_day < today:
        raise CaseworkError(f"{from_day} has passed: a list of a past day stays as it was, begin it today or later",
                            zh=f"{from_day} 已过：过去的名单不得更改，请从今天或以后开始")


def check_end(from_day: dt.date, last: dt.date, today: dt.date) -> None:
    """It ends today or later, and not before it began."""
    if last < max(from_day, today):
        raise CaseworkError(f"it began on {from_day} and ends today or later, not on {last}",
                            zh=f"该项自 {from_day} 起有效，结束日期应为今天或以后，而不是 {last}")
