"""The inspection record as rates: decayed with age, shrunk where it is thin, relative to what the same team finds.

Detection is not hazard: a strict team finds more anywhere. Each visit is therefore compared with what its team usually
finds, and the unit's rate is the ratio of the two, shrunk towards 1 as thin records deserve: the posterior mean of a
Poisson rate under a gamma prior whose shape says how many found hazards the prior is worth. A ratio of 1 is "as usual",
2 is twice as many as usual; without a visit there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TeamRecord:
    """Decayed sums over all units: how many visits each team made and how many hazards of one severity it found."""

    visits: Floats
    found: Floats

    def usual(self, prior_visits: float) -> Floats:
        """Hazards that each team usually finds at a visit, shrunk towards the overall rate."""
        total = float(self.visits.sum())
        overall = float(self.found.sum()) / total if total else 0.0
        return (self.found + prior_visits * overall) / (self.visits + prior_visits)


def shrunk_ratio(found: Floats, expected: Floats, prior_found: float) -> Floats:
    """Found against expected hazards; ``prior_found`` (above 0) is how much evidence it takes to move it from 1."""
    return (found + prior_found) / (expected + prior_found)


def sums(place: npt.NDArray[np.intp], values: Floats, size: int) -> Floats:
    """The sum of ``values`` for each of ``size`` places."""
    return np.bincount(place, values, size).astype(np.float64)
