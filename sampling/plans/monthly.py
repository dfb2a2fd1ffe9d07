"""The plan of a month: what the year's plan has for it, and what the months before left over or brought too early."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sampling.parameters import GROUPS
from sampling.plans import content, progress, reading
from sampling.plans.content import Heading, Known
from sampling.plans.progress import Counts
from sampling.plans.reading import Rules, Span
from sampling.plans.shares import apportion, paces
from sampling.plans.targets import NONE, Held, Key, Row, ordered, spread
from store.database import Connection


@dataclass(frozen=True)
class Stand:
    """Where a row of the year stands: ``due`` and ``done`` by the day the month's plan is made, and what the year's
    plan still has for the days between that day and the month."""

    due: float
    done: int
    until: float

    @property
    def behind(self) -> float:
        """Units behind (above 0) or ahead (below)."""
        return round(self.due - self.done, 2)


def of_month(connection: Connection, known: Known, span: Span, rules: Rules, heading: Heading,
             basis: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of ``heading.month`` after the yearly plan ``basis``."""
    assert heading.month is not None  # noqa: S101  a plan of a month
    now, scores = reading.held(connection, span, rules.draw)
    found = progress.counts(connection, span.year, span.as_of, rules.draw)
    year = basis["content"]
    stands = standing(year, found, span)
    rows = spread(remaining(year["rows"], stands, now, heading.month),
                  paces(span.days, rules.draw.buffer_days, rules.season))
    days = [day for day in span.days if day.month == heading.month]
    months = [_month(row, heading.month) for row in rows]
    share = [1.0 if month == heading.month else 0.0 for month in range(1, 13)]
    made = content.assemble(Known(now, known.officers, known.areas, known.items, scores), span, rules, heading, months,
                            share, days, {"plan_no": basis["plan_no"], "digest": basis["digest"]})
    planned = {_key(row): row for row in year["rows"]}
    made["rows"] = [row | {"planned": _planned(planned[_key(row)], heading.month), "behind": stands[_key(row)].behind}
                    for row in made["rows"]]
    lost = progress.lost(connection, span.year, span.as_of, rules.draw)
    made["carried"] = [{"group": group, "planned": _sum(made["rows"], group, "planned"), "lost": lost[group],
                        "behind": math.floor(_sum(made["rows"], group, "behind")),
                        "quota": _sum(made["rows"], group, "quota")}
                       for group in GROUPS]
    return made


def standing(year: Mapping[str, Any], found: Counts, span: Span) -> dict[Key, Stand]:
    """Every row of the year's plan as of ``span.as_of``."""
    first = dt.date.fromisoformat(year["first_day"])
    eve = span.first - dt.timedelta(days=1)
    out = {}
    for row in year["rows"]:
        due = progress.due(row, first, span.as_of) if span.as_of.year == span.year else float(row["done"])
        end = progress.due(row, first, eve) if eve.year == span.year else float(row["done"])
        out[_key(row)] = Stand(due, found.done(_key(row)), max(0.0, end - due))
    return out


def remaining(rows: Sequence[Mapping[str, Any]], stands: Mapping[Key, Stand], now: Mapping[Key, Held],
              month: int) -> list[Row]:
    """The year's rows with what is left of their quotas when the month begins.

    Until then the plan is taken as kept: what it has for the days between, or what is booked for them if that is more.
    """
    out = []
    for group in GROUPS:
        mine = [row for row in rows if row["group"] == group]
        wants = [stands[_key(row)].until for row in mine]
        # Rounded together: each row by itself would let small ones lose what they have for these days.
        for row, kept in zip(mine, apportion(round(sum(wants)), wants), strict=True):
            booked = now.get(_key(row), Held(0)).booked
            until = max(kept, sum(booked[:month - 1]))
            out.append(Row(row["area"], group, row["risk_class"], row["units"], row["ratio"], row["quota"],
                           stands[_key(row)].done + until, (0,) * (month - 1) + booked[month - 1:]))
    return ordered(out)


def _month(row: Row, month: int) -> Row:
    """One month of a row, as a row whose quota it is."""
    booked, months = ([*NONE[:month - 1], one[month - 1], *NONE[month:]] for one in (row.booked, row.months))
    return Row(row.area, row.group, row.risk_class, row.units, row.ratio, booked[month - 1] + months[month - 1], 0,
               tuple(booked), tuple(months))


def _planned(row: Mapping[str, Any], month: int) -> int:
    return int(row["booked"][month - 1] + row["months"][month - 1])


def _key(row: Mapping[str, Any]) -> Key:
    return row["area"], row["group"], row["risk_class"]


def _sum(rows: Sequence[Mapping[str, Any]], group: str, name: str) -> Any:
    return round(math.fsum(row[name] for row in rows if row["group"] == group), 6) if name == "behind" else sum(
        row[name] for row in rows if row["group"] == group)
