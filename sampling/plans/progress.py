"""Plan against done, to any day: what is behind, and where the year ends if it goes on like this."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from policy import calendar
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.plans.targets import Key
from store import Queries
from store.database import Connection

q = Queries(__file__)
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Line:
    """Units of one area, group and class, or a sum of such. ``due`` is what the plan has by the day, ``waiting`` units
    have a visit planned; ``behind`` whole units; ``projected`` at the year's end at the pace so far, None too early."""

    units: int
    quota: int
    due: float
    done: int
    waiting: int
    behind: int
    projected: int | None


@dataclass(frozen=True)
class Counts:
    """What has happened: first visits of units by key and month, and units for which a visit waits."""

    visited: Mapping[Key, Mapping[int, int]]
    waiting: Mapping[Key, int]

    def done(self, key: Key) -> int:
        return sum(self.visited.get(key, {}).values())


def counts(connection: Connection, year: int, day: dt.date, parameters: Parameters) -> Counts:
    """First visits of ``year`` up to ``day``, by class on the day of the visit, and what waits on ``day``."""
    asked = _asked(year, day, parameters)
    visited: dict[Key, dict[int, int]] = {}
    for row in connection.execute(q["visited"], asked):
        visited.setdefault((row["area"], row["group"], row["risk_class"]), {})[row["month"]] = row["units"]
    return Counts(visited, {(row["area"], row["group"], row["risk_class"]): row["units"]
                            for row in connection.execute(q["waiting"], asked)})


def lost(connection: Connection, year: int, day: dt.date, parameters: Parameters,
         areas: Sequence[str] | None = None) -> dict[str, int]:
    """Planned visits that were not made, by group."""
    out = dict.fromkeys(GROUPS, 0)
    for row in connection.execute(q["lost"], _asked(year, day, parameters)):
        if areas is None or row["area"] in areas:
            out[row["group"]] += row["visits"]
    return out


def results(connection: Connection, year: int, day: dt.date, kinds: Sequence[str]) -> list[dict[str, Any]]:
    """Visits made by month, kind of unit and result."""
    asked = {"kinds": list(kinds), "year_start": dt.date(year, 1, 1), "day": day}
    return connection.execute(q["results"], asked).fetchall()


def due(row: Mapping[str, Any], first: dt.date, day: dt.date) -> float:
    """Units of a plan's row to be visited by the end of ``day``: whole months, and the days of the one it is in."""
    out = float(row["done"])
    if day < first:
        return out
    for month in range(first.month, day.month + 1):
        share = gone(first, day) if month == day.month else 1.0
        out += (row["booked"][month - 1] + row["months"][month - 1]) * share
    return out


def gone(first: dt.date, day: dt.date) -> float:
    """The share of its month's working days that is over by ``day``; the month begins no earlier than the plan."""
    start = max(day.replace(day=1), first)
    last = (day.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - dt.timedelta(days=1)
    working = calendar().between(start, last)
    return sum(one <= day for one in working) / len(working) if working else 1.0


def progress(content: Content, found: Counts, day: dt.date, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """Rows and totals of a yearly plan beside what was done by the end of ``day``; ``areas`` limits them."""
    first = dt.date.fromisoformat(content["first_day"])
    planned = {(row["area"], row["group"], row["risk_class"]): row for row in content["rows"]}
    keys = sorted((key for key in {*planned, *found.visited, *found.waiting} if areas is None or key[0] in areas),
                  key=lambda key: (key[0], GROUPS.index(key[1]), key[2]))
    parts = [(key, _part(planned.get(key), key, found, first, day)) for key in keys]

    def of(name: str, place: int, values: Sequence[str]) -> list[dict[str, Any]]:
        return [{name: value} | asdict(_line([part for key, part in parts if key[place] == value])) for value in values]

    return {"day": day.isoformat(), "all": asdict(_line([part for _, part in parts])),
            "group": of("group", 1, GROUPS), "class": of("risk_class", 2, CLASSES),
            "area": of("area", 0, sorted({key[0] for key in keys})),
            "rows": [{"area": key[0], "group": key[1], "risk_class": key[2]} | asdict(_line([part]))
                     for key, part in parts]}


@dataclass(frozen=True)
class _Part:
    units: int
    quota: int
    before: int
    aim: int
    due: float
    done: int
    waiting: int


def _part(row: Mapping[str, Any] | None, key: Key, found: Counts, first: dt.date, day: dt.date) -> _Part:
    done, waiting = found.done(key), found.waiting.get(key, 0)
    if row is None:
        # A class into which a unit came after the plan was made: visits there count, nothing was asked.
        return _Part(0, 0, 0, 0, 0.0, done, waiting)
    aim = row["done"] + sum(row["booked"]) + sum(row["months"])
    return _Part(row["units"], row["quota"], row["done"], aim, due(row, first, day), done, waiting)


def _line(parts: Sequence[_Part]) -> Line:
    units, quota = sum(part.units for part in parts), sum(part.quota for part in parts)
    before, aim = sum(part.before for part in parts), sum(part.aim for part in parts)
    should, done = math.fsum(part.due for part in parts), sum(part.done for part in parts)
    expected = should - before
    projected = None
    if expected >= 1:
        projected = max(done, min(units, round(before + (done - before) * (aim - before) / expected)))
    return Line(units, quota, round(should, 2), done, sum(part.waiting for part in parts),
                max(0, math.floor(round(should - done, 6))), projected)


def _asked(year: int, day: dt.date, parameters: Parameters) -> dict[str, Any]:
    return {"kinds": parameters.counted_kinds, "year_start": dt.date(year, 1, 1), "year_end": dt.date(year, 12, 31),
            "day": day, "open_since": day - dt.timedelta(days=parameters.planned_open_days),
            "unscored": parameters.class_without_score}
