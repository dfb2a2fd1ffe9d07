"""What a frame is made from: the units, the officers and the places as they stand on one day. Plain values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
    units: Sequence[Unit]
    officers: Sequence[Officer]
    parents: Mapping[str, str | None]
    recusals: frozenset[tuple[str, str]] = frozenset()
    scores_as_of: dt.date | None = None
    lift: Lift | None = None


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
