"""The period of a report: a year, a quarter, a month, or from one day to another."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from casework.errors import CaseworkError
from policy.clocks import SHANGHAI

Kind = Literal["yearly", "quarterly", "monthly"]
KINDS: tuple[Kind, ...] = ("yearly", "quarterly", "monthly")
_FORMS = {"yearly": re.compile(r"(\d{4})"), "quarterly": re.compile(r"(\d{4})-?[Qq]([1-4])"),
          "monthly": re.compile(r"(\d{4})-(0[1-9]|1[0-2])")}
_WRITTEN = {"yearly": ("2024", "年"), "quarterly": ("2024Q3", "季度"), "monthly": ("2024-07", "月份")}
_MONTHS = {"yearly": 12, "quarterly": 3, "monthly": 1}


@dataclass(frozen=True)
class Period:
    """From ``first`` to ``last``, both with it; ``name`` is ``2024``, ``2024Q3``, ``2024-07`` or empty."""

    first: dt.date
    last: dt.date
    name: str = ""

    @classmethod
    def named(cls, kind: Kind, name: str) -> Period:
        """The period of a kind of report by its name."""
        found = _FORMS[kind].fullmatch(name.strip())
        if not found or not 1900 <= int(found[1]) <= 2999:
            example, zh = _WRITTEN[kind]
            raise CaseworkError(f"{name[:40]!r} is no period of a {kind} report: write it as {example}",
                                zh=f"“{name[:40]}”不是{zh}，请写成 {example}")
        year = int(found[1])
        if kind == "yearly":
            return cls(dt.date(year, 1, 1), dt.date(year, 12, 31), str(year))
        if kind == "quarterly":
            quarter = int(found[2])
            return cls(dt.date(year, quarter * 3 - 2, 1), _end(year, quarter * 3), f"{year}Q{quarter}")
        month = int(found[2])
        return cls(dt.date(year, month, 1), _end(year, month), f"{year}-{month:02d}")

    @classmethod
    def of(cls, kind: Kind, name: str = "", first: dt.date | None = None, last: dt.date | None = None, *,
           today: dt.date) -> Period:
        """The period asked for by its name or its days; with neither, the newest that has ended."""
        if name and (first or last):
            raise CaseworkError("give a period or its days, not both", zh="期间名称和起止日期只能给一种")
        if name:
            return cls.named(kind, name)
        if first is None and last is None:
            return cls.around(kind, today).before(kind)
        until = last or max(today, first or today)
        since = first or dt.date(until.year, 1, 1)
        if until < since:
            raise CaseworkError(f"the period ends on {until}, before it begins on {since}",
                                zh=f"期间止日 {until} 早于起日 {since}")
        if not 1900 <= since.year <= until.year <= 2999:
            raise CaseworkError("a period lies between the years 1900 and 2999", zh="期间应在1900年至2999年之间")
        return cls(since, until)

    @classmethod
    def around(cls, kind: Kind, day: dt.date) -> Period:
        """The period of a kind in which a day lies."""
        names = {"yearly": f"{day.year}", "quarterly": f"{day.year}Q{(day.month + 2) // 3}",
                 "monthly": f"{day.year}-{day.month:02d}"}
        return cls.named(kind, names[kind])

    def before(self, kind: Kind) -> Period:
        """The period of the same length that ends the day before; a named one is followed by name."""
        end = self.first - dt.timedelta(days=1)
        return self.around(kind, end) if self.name else Period(end - (self.last - self.first), end)

    def year_ago(self, kind: Kind) -> Period:
        """The same days of the year before."""
        if self.name:
            return self.around(kind, _shifted(self.first))
        return Period(_shifted(self.first), _shifted(self.last))

    def so_far(self, today: dt.date, of: Period) -> Period:
        """As much of this period as has gone by of another one, which ``today`` lies in; all where that has ended."""
        gone = _shifted(today) if self.first == _shifted(of.first) else self.first + (today - of.first)
        return self if of.last <= today else Period(self.first, min(self.last, gone), self.name)

    @property
    def begins(self) -> dt.datetime:
        """The moment at which its first legal day begins."""
        return dt.datetime.combine(self.first, dt.time(), SHANGHAI)

    @property
    def ends(self) -> dt.datetime:
        """The moment at which the day after its last begins."""
        return dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time(), SHANGHAI)

    def zh(self, kind: Kind) -> str:
        """As a Chinese heading has it."""
        if not self.name:
            return f"{self.first}至{self.last}"
        year = self.name[:4]
        return {"yearly": f"{year}年度", "quarterly": f"{year}年第{'一二三四'[(self.first.month - 1) // 3]}季度",
                "monthly": f"{year}年{self.first.month}月"}[kind]


def _end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _shifted(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
