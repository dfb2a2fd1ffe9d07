"""What a frame is made from: the units, the officers and the places as they stand on one day. Plain values.

A city has a million units, so what is known of them is held in columns, one number a unit; :class:`Unit` is one of them
where there are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sampling.parameters import CLASSES, GROUPS

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Digits of a score that a frame shows: its bands are far wider.
_DIGITS = 2


@dataclass(frozen=True)
class Unit:
    """A unit of the register as the draw sees it.

    ``visits``: counted visits of the legal year (done, or planned and still open); ``last``: day of the latest counted
    visit; ``planned``: whether a drawn or campaign visit still waits; ``risk_class`` and ``score`` None: no score yet.
    """

    unit_no: str
    area: str
    is_key: bool
    is_crowded: bool
    risk_class: str | None = None
    score: float | None = None
    visits: int = 0
    last: dt.date | None = None
    planned: bool = False

    @property
    def group(self) -> str:
        """``duty`` crowded key unit, ``key`` other key unit, ``general`` the rest."""
        return ("duty" if self.is_crowded else "key") if self.is_key else "general"


@dataclass(frozen=True)
class Population:
    """All active units in the order of their numbers (by UTF-8 bytes), in columns.

    ``areas``: the codes that ``area`` numbers, in order; ``group``: position in ``GROUPS``; ``risk_class``: position in
    ``CLASSES``, -1 without a score; ``score``: 0 to 100, rounded to hundredths, NaN without one; ``visits``: counted
    visits of the legal year; ``ago``: days since the latest counted one, -1 without; ``planned``: whether a visit still
    waits.
    """

    unit_no: Sequence[str]
    areas: Sequence[str]
    area: Ints
    group: Ints
    risk_class: Ints
    score: Floats
    visits: Ints
    ago: Ints
    planned: Flags

    def __len__(self) -> int:
        return len(self.unit_no)

    @classmethod
    def of(cls, units: Sequence[Unit], areas: Sequence[str], day: dt.date) -> Population:
        """The columns of these units, in whatever order they come."""
        rows = sorted(units, key=lambda unit: unit.unit_no)
        place = {area: n for n, area in enumerate(areas)}
        return cls(
            [unit.unit_no for unit in rows], areas, _ints(place[unit.area] for unit in rows),
            _ints(GROUPS.index(unit.group) for unit in rows),
            _ints(-1 if unit.risk_class is None else CLASSES.index(unit.risk_class) for unit in rows),
            rounded(np.array([np.nan if unit.score is None else unit.score for unit in rows], dtype=np.float64)),
            _ints(unit.visits for unit in rows),
            _ints(-1 if unit.last is None else (day - unit.last).days for unit in rows),
            np.array([unit.planned for unit in rows], dtype=np.bool_))


def rounded(score: Floats) -> Floats:
    """Scores as a frame shows them."""
    return np.round(score, _DIGITS)


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int32)


@dataclass(frozen=True)
class Officer:
    """An officer as the draw sees it; ``load`` is how many visits the day leaves room for (0 on leave)."""

    officer_no: str
    body: str
    areas: tuple[str, ...]
    can_lead: bool
    certificate_valid: bool
    load: int


@dataclass(frozen=True)
class Situation:
    """Everything known on the evening before a draw."""

    day: dt.date
    units: Sequence[Unit] | Population
    officers: Sequence[Officer]
    parents: Mapping[str, str | None]
    recusals: frozenset[tuple[str, str]] = frozenset()
    scores_as_of: dt.date | None = None
    lift: Lift | None = None

    def population(self) -> Population:
        """The units in columns; areas in the order of their codes."""
        if isinstance(self.units, Population):
            return self.units
        return Population.of(self.units, sorted(self.parents), self.day)


@dataclass(frozen=True)
class Lift:
    """How much more often the riskiest share of random-arm visits found a hazard than all of them did.

    ``value`` is the ratio of the two rates, ``lower`` a cautious one (each rate one standard error against it).
    """

    results: int
    value: float
    lower: float


@dataclass(frozen=True)
class Places:
    """The tree of areas: who is above whom."""

    parents: Mapping[str, str | None]
    _lines: dict[str, frozenset[str]] = field(default_factory=dict, compare=False)

    def line(self, area: str) -> frozenset[str]:
        """The area and everything above it."""
        found = self._lines.get(area)
        if found is None:
            walked: list[str] = []
            here: str | None = area
            while here is not None and here not in walked:
                walked.append(here)
                here = self.parents.get(here)
            found = self._lines[area] = frozenset(walked)
        return found

    def fits(self, officer: Officer, area: str) -> bool:
        """Whether the officer's area is the unit's or lies above it; a brigade's may also lie beneath it."""
        above = self.line(area)
        return any(own in above or (officer.body == "brigade" and area in self.line(own)) for own in officer.areas)

    def teams(self, officers: Iterable[tuple[int, Officer]], areas: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """For each of the areas the numbers of the officers who fit it, rising: :meth:`fits` for many at once."""
        at_or_under: dict[str, list[int]] = {}
        over: dict[str, list[int]] = {}
        for number, officer in officers:
            for own in officer.areas:
                at_or_under.setdefault(own, []).append(number)
                for area in self.line(own) if officer.body == "brigade" else ():
                    over.setdefault(area, []).append(number)
        return {area: tuple(sorted({*over.get(area, ()), *(number for above in self.line(area)
                                                           for number in at_or_under.get(above, ()))}))
                for area in areas}
