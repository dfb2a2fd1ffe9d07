"""Whether overrides helped: what visits found at units that were moved, beside like units that were not.

A visit belongs to the score that stood on its day. Beside the visits of units moved up (or down) from a class stand
those of units of that class that no override held, in the same stretch of days. Moving up helped where more is found
than beside it, moving down where less is.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

Verdict = Literal["helped", "hurt", "unclear", "too_few"]
_Z = 1.959963984540054  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Count:
    """Visits of units moved one way from one class, and of the units beside them: how many, and how many found much."""

    direction: str
    risk_class: str
    visits: int
    found: int
    beside_visits: int
    beside_found: int
    units: int = 0


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Judged:
    """One line of the table; ``risk_class`` None: all classes, the units beside weighed as the moved ones are.

    The shares are None where there were no visits; ``difference`` is moved minus beside.
    """

    direction: str
    risk_class: str | None
    units: int
    visits: int
    found: int
    beside_visits: int
    beside_found: int
    moved: Share | None
    beside: Share | None
    difference: Share | None
    verdict: Verdict


@dataclass(frozen=True)
class Results:
    """What the visits of a stretch of days say; ``made`` counts overrides by direction, ``least`` is what it takes."""

    since: dt.date
    until: dt.date
    least: int
    made: dict[str, int]
    lines: tuple[Judged, ...]


def results(connection: Connection, day: dt.date, areas: list[str] | None = None) -> Results:
    """Judge the overrides by the visits made before ``day``, as far back as policy looks."""
    settings = rules().value("overrides.judged", day)
    since = day - dt.timedelta(days=settings["days"])
    parameters: dict[str, Any] = {"since": since, "day": day, "areas": areas}
    counts = [Count(**row) for row in connection.execute(q["counts"], parameters)]
    made = {row["direction"]: row["overrides"] for row in connection.execute(q["made"], parameters)}
    return Results(since, day, settings["least_visits"], made, tuple(judge(counts, settings["least_visits"])))


def judge(counts: Sequence[Count], least: int) -> list[Judged]:
    """For each direction a line of all its classes, then one a class. Fewer than ``least`` visits say nothing. Pure."""
    lines = []
    for direction in ("up", "down"):
        held = sorted((count for count in counts if count.direction == direction), key=lambda one: one.risk_class)
        lines.append(_line(direction, None, held, least))
        lines += [_line(direction, count.risk_class, [count], least) for count in held]
    return lines


def wilson(found: int, visits: int) -> Share:
    """A share with Wilson's 95 % interval."""
    share, square = found / visits, _Z * _Z / visits
    middle = (share + square / 2) / (1 + square)
    half = _Z * math.sqrt(share * (1 - share) / visits + square / (4 * visits)) / (1 + square)
    return Share(share, max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)))


def _line(direction: str, risk_class: str | None, counts: Sequence[Count], least: int) -> Judged:
    visits, found = sum(one.visits for one in counts), sum(one.found for one in counts)
    beside_visits, beside_found = sum(one.beside_visits for one in counts), sum(one.beside_found for one in counts)
    moved = wilson(found, visits) if visits else None
    # A class without anything beside it can't be compared: neither side of the difference counts it.
    paired = [one for one in counts if one.visits and one.beside_visits]
    beside = difference = None
    verdict: Verdict = "too_few"
    if paired:
        beside = _weighed(paired)
        visits_paired = sum(one.visits for one in paired)
        difference = _minus(wilson(sum(one.found for one in paired), visits_paired), beside)
        if min(visits_paired, beside_visits) >= least:
            verdict = _verdict(direction, difference)
    return Judged(direction, risk_class, sum(one.units for one in counts), visits, found, beside_visits, beside_found,
                  moved, beside, difference, verdict)


def _verdict(direction: str, difference: Share) -> Verdict:
    if difference.low <= 0 <= difference.high:
        return "unclear"
    return "helped" if (difference.low > 0) == (direction == "up") else "hurt"


def _weighed(counts: Sequence[Count]) -> Share:
    """The share beside, each class weighed by the visits of moved units; its interval from those of the classes."""
    total = sum(one.visits for one in counts)
    parts = [(one.visits / total, wilson(one.beside_found, one.beside_visits)) for one in counts]
    value = sum(weight * part.value for weight, part in parts)
    below, above = (math.sqrt(sum((weight * reach) ** 2 for weight, reach in reaches)) for reaches in (
        [(weight, part.value - part.low) for weight, part in parts],
        [(weight, part.high - part.value) for weight, part in parts]))
    return Share(value, max(0.0, value - below), min(1.0, value + above))


def _minus(first: Share, second: Share) -> Share:
    """The difference of two shares, its interval by Newcombe's way from theirs."""
    value = first.value - second.value
    return Share(value, value - math.hypot(first.value - first.low, second.high - second.value),
                 value + math.hypot(first.high - first.value, second.value - second.low))
