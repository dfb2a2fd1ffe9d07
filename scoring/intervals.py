"""Shares with an interval, the chance that a gap is none, and which of many gaps to believe. Pure.

An interval and the chance beside it are two sides of one score test: the 95 % interval leaves a told share out exactly
where its chance is below 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from scoring.measures import Measured

Floats = npt.NDArray[np.float64]

_NORMAL = NormalDist()
_Z = _NORMAL.inv_cdf(0.975)
# A share told as 0 or 1 has no spread to test against.
_LEAST_SHARE = 1e-6


def effective(weight: Floats, unit: npt.NDArray[np.int64]) -> float:
    """How many equally weighted visits of different units tell as much: visits of one unit count as one."""
    if not len(weight):
        return 0.0
    _, place = np.unique(unit, return_inverse=True)
    sums = np.bincount(place, weights=weight)
    return float(weight.sum() ** 2 / (sums**2).sum())


def wilson(share: float, visits: float) -> Measured:
    """The 95 % interval of Wilson for a share of so many (effective) visits."""
    if visits <= 0:
        return Measured(share, 0.0, 1.0)
    square = _Z**2 / visits
    middle, wide = share + square / 2, _Z * np.sqrt(share * (1 - share) / visits + square / (4 * visits))
    return Measured(share, max(0.0, float((middle - wide) / (1 + square))),
                    min(1.0, float((middle + wide) / (1 + square))))


def chance(found: float, told: float, visits: float) -> float:
    """How often so wide a gap, either way, comes up in so many visits whose share is what was told."""
    share = min(max(told, _LEAST_SHARE), 1 - _LEAST_SHARE)
    return 2 * _NORMAL.cdf(-abs(found - told) / float(np.sqrt(share * (1 - share) / max(visits, _LEAST_SHARE))))


def believed(chances: Sequence[float], level: float) -> list[bool]:
    """Which of many gaps stand out (Benjamini and Hochberg): of those, a share of ``level`` is chance at most."""
    order = np.argsort(np.array(chances), kind="stable")
    kept = 0
    for place, at in enumerate(order.tolist(), 1):
        if chances[at] <= level * place / len(chances):
            kept = place
    marked = set(order[:kept].tolist())
    return [at in marked for at in range(len(chances))]
