"""What the record of others tells of a unit: its operator's, its kind's, its neighbours', and what its items foretold.

Each is found against usual, as in :mod:`scoring.history`; NaN where there is none. The unit's own record is taken out
of its operator's and its neighbours', which are few; out of a large group it would only be seen back to front.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from policy import rules
from scoring import facts
from scoring.asking import Asking, Coded, block
from scoring.facts import Facts
from scoring.history import Floats, shrunk_ratio
from store import Queries

q = Queries(__file__)

# What is left of a sum when all its parts have been taken away again.
_ROUNDING = 1e-9
_DIGITS = 2
_METRES_A_DEGREE = 111320.0
# Items are many and each is rare: one needs so many times the evidence of a unit to count as telling something.
_ITEM_PRIOR = 10
# A square of the map is one number: its column times this, and its row counted from the south pole.
_COLUMN, _POLE = 2**32, 2**31
NOWHERE = np.iinfo(np.int64).min
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

    def ratio(self, column: Coded, name: str, *, without_own: bool = False) -> Floats:
        """The ratio of the key (``name``, word) of each unit."""
        pairs = np.array([self._sums.get((name, word), (0.0, 0.0)) for word in column.words],
                         dtype=np.float64).reshape(-1, 2)
        found, expected = column.each(pairs[:, 0], 0.0), column.each(pairs[:, 1], 0.0)
        if without_own:
            found, expected = found - self._own.found, expected - self._own.expected
        return self._own.ratio(found, expected)


def operators(asking: Asking, own: Own, names: Coded) -> Floats:
    """Critical findings at the other units of the same operator."""
    told = None if asking.is_everywhere else sorted(name for name in names.words if name)
    sums = _Sums(own)
    for _, rows in asking.batches(q, "operators", {"operators": told}):
        for operator, team, weight, critical in rows:
            sums.add(("operator", operator), team, weight, critical)
    return sums.ratio(names, "operator", without_own=True)


def shared(asking: Asking, own: Own, told: Facts, as_of: dt.date) -> dict[str, Floats]:
    """The record of units of the same kind, area and attributes, and the attributes that are numbers or dates."""
    held = facts.attributes(asking, as_of)
    sums = _Sums(own)
    for _, rows in asking.batches(q, "peers", {"attributes": list(held.words)}):
        for key, value, team, weight, critical in rows:
            sums.add((key, value), team, weight, critical)
    sums.level("kind")
    found = {"kind_ratio": sums.ratio(told.kind, "kind"), "area_ratio": sums.ratio(told.area, "area")}
    for key, column in held.words.items():
        found[f"attribute:{key}_ratio"] = sums.ratio(column, f"attribute:{key}")
    return found | dict(held.numbers)


def near(asking: Asking, own: Own, lon: Floats, lat: Floats, as_of: dt.date) -> Floats:
    """Critical findings at the neighbours: of the unit's square of the map, and less of the eight around it."""
    places = squares(lon, lat, float(rules().value("risk.peers", as_of)["cell_metres"]))
    placed = places != NOWHERE
    at = places[placed]
    told: dict[str, Any] = {"cell": float(rules().value("risk.peers", as_of)["cell_metres"]), "xs": None, "ys": None}
    if not asking.is_everywhere:
        x, y = parted(np.unique([at + _step(dx, dy) for dx, dy, _ in _NEIGHBOURS]))
        told |= {"xs": x.tolist(), "ys": y.tolist()}
    keys, values = [], []
    for _, rows in asking.batches(q, "cells", told):
        found = block([(row[0], row[1], row[4], row[3] * own.usual[row[2]]) for row in rows], 4)
        keys.append(joined(found[:, 0], found[:, 1]))
        values.append(found[:, 2:])
    known, group = np.unique(np.concatenate(keys), return_inverse=True)
    sums = np.column_stack([np.bincount(group, column, len(known) + 1) for column in np.concatenate(values).T])
    own_squares, place = np.unique(at, return_inverse=True)
    smooth = np.zeros((len(own_squares), 2))
    for dx, dy, share in _NEIGHBOURS:
        beside = own_squares + _step(dx, dy)
        where = np.minimum(np.searchsorted(known, beside), max(len(known) - 1, 0))
        is_known = known[where] == beside if len(known) else np.zeros(len(beside), dtype=bool)
        smooth += share * sums[np.where(is_known, where, len(known))]
    around = np.zeros((len(lon), 2))
    around[placed] = smooth[place]
    ratio = own.ratio(around[:, 0] - own.found, around[:, 1] - own.expected)
    return np.where(placed, ratio, np.nan)


def squares(lon: Floats, lat: Floats, size: float) -> npt.NDArray[np.int64]:
    """The square of the map in which each place lies, NOWHERE where it is not known."""
    y = np.floor(lat * _METRES_A_DEGREE / size)
    x = np.floor(lon * np.cos(np.radians((y + 0.5) * size / _METRES_A_DEGREE)) * _METRES_A_DEGREE / size)
    placed = ~np.isnan(x) & ~np.isnan(y)
    return np.where(placed, joined(np.where(placed, x, 0), np.where(placed, y, 0)), NOWHERE)


def joined(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """One number for each square of the map."""
    return x.astype(np.int64) * _COLUMN + y.astype(np.int64) + _POLE


def parted(square: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Column and row again."""
    return square // _COLUMN, square % _COLUMN - _POLE


def _step(dx: int, dy: int) -> int:
    return dx * _COLUMN + dy


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
