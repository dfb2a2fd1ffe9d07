"""What the record of others tells of a unit: its operator's, its kind's, its neighbours', and what its items foretold.

Each is found against usual, as in :mod:`scoring.history`; NaN where there is none. The unit's own record is taken out
of its operator's and its neighbours', which are few; out of a large group it would only be seen back to front.
Attributes of the register take part by themselves: a number as it stands, a date as days since then, a word of few
values by the record of the units that share it. A word of more values than policy allows is left out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from policy import rules
from scoring.asking import Asking, floats
from scoring.history import Floats, shrunk_ratio
from store import Queries

q = Queries(__file__)

Words = Sequence[str | None]

# What is left of a sum when all its parts have been taken away again.
_ROUNDING = 1e-9
_DIGITS = 2
_METRES_A_DEGREE = 111320.0
# Items are many and each is rare: one needs so many times the evidence of a unit to count as telling something.
_ITEM_PRIOR = 10
_NEIGHBOURS = tuple((dx, dy, 0.5 ** (abs(dx) + abs(dy))) for dx in (-1, 0, 1) for dy in (-1, 0, 1))


@dataclass(frozen=True)
class Own:
    """The units' own decayed critical findings, what was to be expected, and how much each team usually finds."""

    found: Floats
    expected: Floats
    weight: Floats
    usual: Mapping[str | None, float]
    prior: float

    def ratio(self, found: Floats, expected: Floats) -> Floats:
        """Found at others against the usual there; NaN where nothing was expected.

        Rounded: the record of a large group moves a little every day, and that must not tell one day from another.
        """
        others = np.maximum(expected, 0.0)
        ratio = np.round(shrunk_ratio(np.maximum(found, 0.0), others, self.prior), _DIGITS)
        return np.where(others > _ROUNDING, ratio, np.nan)


class _Sums:
    """Found and expected by any key."""

    def __init__(self, own: Own) -> None:
        self._own = own
        self._sums: defaultdict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])

    def level(self, key: str) -> None:
        """Make the sum over all values of ``key`` the usual, for every key: the groups are compared with each other."""
        parts = [pair for (name, _), pair in self._sums.items() if name == key]
        found, expected = (sum(pair[number] for pair in parts) for number in (0, 1))
        if found > 0 and expected > 0:
            for pair in self._sums.values():
                pair[1] *= found / expected

    def add(self, key: Any, team: str | None, weight: float, critical: float) -> None:
        found = self._sums[key]
        found[0] += float(critical)
        found[1] += float(weight) * self._own.usual[team]

    def ratio(self, keys: Iterable[Any], *, without_own: bool = False) -> Floats:
        """The ratio of each unit's key."""
        pairs = np.array([self._sums.get(key, (0.0, 0.0)) for key in keys], dtype=np.float64).reshape(-1, 2)
        if without_own:
            pairs -= np.column_stack([self._own.found, self._own.expected])
        return self._own.ratio(pairs[:, 0], pairs[:, 1])


def operators(asking: Asking, own: Own, names: Words) -> Floats:
    """Critical findings at the other units of the same operator."""
    _, rows = asking.ask(q, "operators", {"operators": sorted({name for name in names if name})})
    sums = _Sums(own)
    for operator, team, weight, critical in rows:
        sums.add(operator, team, weight, critical)
    return sums.ratio(names, without_own=True)


def shared(asking: Asking, own: Own, kinds: Words, areas: Words, attributes: Sequence[Mapping[str, Any]],
           as_of: dt.date) -> dict[str, Floats]:
    """The record of units of the same kind, area and attributes, and the attributes that are numbers or dates."""
    most = int(rules().value("risk.peers", as_of)["most_values"])
    _, held = asking.ask(q, "attribute_kinds")
    words = [key for key, _, values, dates, numbers in held if not dates and not numbers and 1 < values <= most]
    words += [key for key, _, values, _, numbers in held if numbers and 1 < values <= most]
    _, rows = asking.ask(q, "peers", {"attributes": words})
    sums = _Sums(own)
    for key, value, team, weight, critical in rows:
        sums.add((key, value), team, weight, critical)
    sums.level("kind")
    found = {"kind_ratio": sums.ratio(("kind", kind) for kind in kinds),
             "area_ratio": sums.ratio(("area", area) for area in areas)}
    for key in words:
        name = f"attribute:{key}"
        found[f"{name}_ratio"] = sums.ratio((name, _text(told.get(key))) for told in attributes)
    for key, _, values, dates, numbers in held:
        if numbers and values > most:
            found[f"attribute:{key}"] = floats([_number(told.get(key)) for told in attributes])
        elif dates:
            found[f"attribute:{key}_days"] = floats([_days(told.get(key), as_of) for told in attributes])
    return found


def near(asking: Asking, own: Own, lon: Floats, lat: Floats, as_of: dt.date, *, everywhere: bool) -> Floats:
    """Critical findings at the neighbours: of the unit's square of the map, and less of the eight around it."""
    size = float(rules().value("risk.peers", as_of)["cell_metres"])
    y = np.floor(lat * _METRES_A_DEGREE / size)
    x = np.floor(lon * np.cos(np.radians((y + 0.5) * size / _METRES_A_DEGREE)) * _METRES_A_DEGREE / size)
    placed = ~np.isnan(x) & ~np.isnan(y)
    squares = [(int(a), int(b)) for a, b in zip(x[placed], y[placed], strict=True)]
    wanted = None if everywhere else sorted({(a + dx, b + dy) for a, b in squares for dx, dy, _ in _NEIGHBOURS})
    _, rows = asking.ask(q, "cells", {"cell": size, "xs": None if wanted is None else [a for a, _ in wanted],
                                      "ys": None if wanted is None else [b for _, b in wanted]})
    sums: defaultdict[tuple[int, int], npt.NDArray[np.float64]] = defaultdict(lambda: np.zeros(2))
    for a, b, team, weight, critical in rows:
        sums[a, b] += (float(critical), float(weight) * own.usual[team])
    smooth = {square: np.sum([share * sums[square[0] + dx, square[1] + dy] for dx, dy, share in _NEIGHBOURS
                              if (square[0] + dx, square[1] + dy) in sums] or [np.zeros(2)], axis=0)
              for square in set(squares)}
    around = np.zeros((len(lon), 2))
    around[placed] = np.array([smooth[square] for square in squares]).reshape(-1, 2)
    ratio = own.ratio(around[:, 0] - own.found, around[:, 1] - own.expected)
    return np.where(placed, ratio, np.nan)


def items(asking: Asking, own: Own) -> Floats:
    """What the items found at the unit foretold: the mean over its visits of the logarithm of how far critical findings
    at the next visit lay above the usual wherever such an item was found. NaN without a visit.
    """
    _, rows = asking.ask(q, "followed")
    told: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for item, team, visits, critical in rows:
        told[item][0] += critical
        told[item][1] += visits * own.usual.get(team, 0.0)
    lifts = {item: float(np.log(shrunk_ratio(np.array(found), np.array(expected), _ITEM_PRIOR * own.prior)))
             for item, (found, expected) in sorted(told.items())}
    raw = asking.columns(q, "items", more={"items": list(lifts), "lifts": list(lifts.values())})["told"]
    return np.where(own.weight > 0, raw / (own.weight + 1.0), np.nan)


def _text(value: Any) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None


def _days(value: Any, as_of: dt.date) -> float | None:
    """Days from a date of the register to the day; None where there is none or it is not past."""
    try:
        days = (as_of - dt.date.fromisoformat(str(value)[:10])).days
    except ValueError:
        return None
    return float(days) if days > 0 else None
