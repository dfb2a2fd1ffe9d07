"""The units of an average day of a period, read from its frames: which could be drawn, and of which a visit has told.

A frame says who was left out and how long ago the latest counted visit was; what that visit found is on record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sampling.frames import EXCLUSIONS, View
from sampling.population import Floats

Row = Mapping[str, Any]

_TOLD = [EXCLUSIONS.index(code) for code in ("cap", "recent")]
_OUTSIDE = [EXCLUSIONS.index(code) for code in ("no_officers", "capacity")]
NAMES = ("drawable", "outside", "known", "substantive", "anything", "hazards", "still_open")


class AverageDay:
    """Sums over the days added, each weighing its share, for every unit.

    ``told`` are finished visits that have a result: ``unit_no``, ``inspected_on``, ``hazards``, ``substantive`` and
    ``corrected``, the day on which each hazard was, None where it was not.
    """

    def __init__(self, told: Iterable[Row]) -> None:
        self._told = {(row["unit_no"], row["inspected_on"]): row for row in told}
        self._place: dict[str, int] = {}
        self._sums: Floats = np.zeros((len(NAMES), 0))

    def add(self, frame: Row, share: float) -> None:
        """One day's frame. Who is left out for a visit without a result counts with those that could be drawn: nothing
        else tells of them."""
        view = View(frame)
        at = np.array([self._place.setdefault(unit, len(self._place)) for unit in view.unit_no], dtype=np.intp)
        grown = len(self._place) - self._sums.shape[1]
        self._sums = np.concatenate([self._sums, np.zeros((len(NAMES), grown))], axis=1)
        outside = np.isin(view.excluded, _OUTSIDE)
        drawable = ~outside
        for place in np.flatnonzero(np.isin(view.excluded, _TOLD)).tolist():
            ago = view.columns["ago"][place]
            row = None if ago is None else self._told.get((view.unit_no[place], view.day - dt.timedelta(days=ago)))
            if row is not None:
                drawable[place] = False
                self._sums[2:, at[place]] += share * np.array(_counts(row, view.day))
        self._sums[0, at[drawable]] += share
        self._sums[1, at[outside]] += share

    def cells(self, units: Mapping[str, Row]) -> list[dict[str, Any]]:
        """The sums by area, kind and flags of the units; of those that the register no longer has, nothing."""
        found: dict[tuple[Any, ...], Floats] = {}
        for unit_no, place in self._place.items():
            unit = units.get(unit_no)
            if unit is not None:
                key = (unit["area_code"], unit["kind"], unit["is_key"], unit["is_crowded"])
                found[key] = found.get(key, 0.0) + self._sums[:, place]
        return [{"area_code": key[0], "kind": key[1], "is_key": key[2], "is_crowded": key[3],
                 **dict(zip(NAMES, sums.tolist(), strict=True))} for key, sums in sorted(found.items())]


def _counts(row: Row, day: dt.date) -> Sequence[float]:
    """Known, with something substantive, with anything, hazards, and those of them that still stood on a day."""
    standing = sum(corrected is None or corrected > day for corrected in row["corrected"])
    return 1.0, float(row["substantive"] > 0), float(row["hazards"] > 0), float(row["hazards"]), float(standing)
