"""Hazards that come, stay and go, and what visits find of them. Times are in days from the first day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampling.population import Flags, Floats, Ints

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Hazards:
    """All that come to a city within a time, by unit: those of unit ``u`` stand from ``start[u]`` to ``start[u + 1]``.

    Each comes at ``came`` and goes by itself at ``ends``. Arrivals are a Poisson process that is steady before the
    first day too, so that at any time ``standing`` hazards stand in a unit on average where nobody visits.
    """

    start: Places
    came: Floats
    ends: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, standing: Floats, stay_days: float, days: int,
           spread: float = 0.0) -> Hazards:
        true = standing
        if spread:
            true = standing * rng.gamma(1 / spread**2, spread**2, len(standing))
        old = rng.poisson(true)
        new = rng.poisson(true * days / stay_days)
        unit = np.repeat(np.tile(np.arange(len(true)), 2), np.concatenate([old, new]))
        came = np.concatenate([-rng.exponential(stay_days, old.sum()), rng.random(new.sum()) * days])
        # An exponential stay has no memory: what stands on the first day stays as long as what has just come.
        ends = np.maximum(came, 0) + rng.exponential(stay_days, len(came))
        order = np.argsort(unit, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(unit, minlength=len(true)))])
        return cls(start.astype(np.int64), came[order], ends[order])


class Finds:
    """What one policy's visits have found: a visit finds all that stands, and what is found is corrected."""

    def __init__(self, hazards: Hazards) -> None:
        self.hazards = hazards
        self.when: Floats = np.full(len(hazards.came), np.nan)

    def visit(self, at: Ints, time: float) -> int:
        """Visit these units; how many hazards are found."""
        held = self.hazards
        first, many = held.start[at], held.start[at + 1] - held.start[at]
        places = np.repeat(first - np.concatenate([[0], np.cumsum(many)[:-1]]), many) + np.arange(many.sum())
        stands = (held.came[places] <= time) & (held.ends[places] > time) & np.isnan(self.when[places])
        self.when[places[stands]] = time
        return int(np.count_nonzero(stands))

    @property
    def found(self) -> Flags:
        return ~np.isnan(self.when)

    def units(self) -> int:
        """Units in which at least one was found."""
        held = self.hazards
        unit = np.repeat(np.arange(len(held.start) - 1), np.diff(held.start))
        return len(np.unique(unit[self.found]))

    def delays(self) -> Floats:
        """Days from coming to being found, of those that came within the time."""
        which = self.found & (self.hazards.came >= 0)
        found: Floats = (self.when - self.hazards.came)[which]
        return found

    def days_stood(self, days: int) -> float:
        """Days that all hazards together stood within the time, until found or gone."""
        held = self.hazards
        ends = np.minimum(np.where(self.found, self.when, held.ends), days)
        return float(np.sum(np.maximum(0.0, ends - np.maximum(held.came, 0))))
