"""A period of draws: a quarter, a year, or from one day to another."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sampling.errors import EstimateError

_NAMED = re.compile(r"(\d{4})(?:-?[Qq]([1-4]))?")


@dataclass(frozen=True)
class Period:
    """From ``first`` to ``last``, both with it; ``name`` is ``2026Q3``, ``2026`` or empty."""

    first: dt.date
    last: dt.date
    name: str = ""

    @classmethod
    def of(cls, today: dt.date, name: str | None = None, first: dt.date | None = None,
           last: dt.date | None = None) -> Period:
        """The period named or given by its days; with neither, the quarter of ``today``."""
        if name and (first or last):
            raise EstimateError("give a period or its days, not both")
        if name:
            return cls.named(name)
        if first is None and last is None:
            return cls.named(f"{today.year}Q{(today.month + 2) // 3}")
        until = last or today
        since = first or dt.date(until.year, 1, 1)
        if until < since:
            raise EstimateError(f"the period ends on {until}, before it begins on {since}")
        return cls(since, until)

    @classmethod
    def named(cls, name: str) -> Period:
        """``2026Q3`` or ``2026``."""
        found = _NAMED.fullmatch(name.strip())
        if not found or not 1900 <= int(found[1]) <= 2999:
            raise EstimateError(f"{name[:40]!r} is no period: a quarter is written 2026Q3, a year 2026")
        year = int(found[1])
        if found[2] is None:
            return cls(dt.date(year, 1, 1), dt.date(year, 12, 31), str(year))
        quarter = int(found[2])
        after = dt.date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
        return cls(dt.date(year, quarter * 3 - 2, 1), after - dt.timedelta(days=1), f"{year}Q{quarter}")

    def before(self) -> Period:
        """The quarter before the one that begins with this period."""
        end = self.first - dt.timedelta(days=1)
        return Period.named(f"{end.year}Q{(end.month + 2) // 3}")
