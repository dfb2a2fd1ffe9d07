"""Rates and totals of all units from draws of many days, with 95 % intervals. Pure.

On each day a unit is either *drawable* (its frame gave it a probability above 0), or *known*: left out because a visit
of late has told what is there. So each day by itself says something of all of them: what is known, plus what its
visits found, each divided by the probability with which it was drawn (Horvitz-Thompson). Given the days before, its
error has mean 0, whatever these did to the probabilities of the day: errors of different days are uncorrelated, and the
days are averaged, each weighing what it was expected to visit. The part that is known has no error (Des Raj 1956).

The drawable part goes by the Hájek ratio: the weighted share found, times the known number of drawable units. Visits
without a result then stand for nothing instead of for "no hazard", and the random rounding of a day's size drops out.

Of its variance, the sums of each day count as one (:data:`_FEW_DAYS` days or more), so that nothing is assumed of joint
probabilities within a day. A rate's interval is Wilson's for as many equal visits as the variance amounts to, with
Student's t; a total's are gamma limits (Fay and Feuer 1997). Both hold where few visits found anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampling.counterfactual import Between, gamma

Floats = npt.NDArray[np.float64]

_FEW_DAYS = 10
# Equal findings' worth of "as spread as the weights alone make it" mixed into a variance that rests on few findings.
_PRIOR_FINDINGS = 8.0
# All visits were certain: nothing is left to err.
_LEAST_SPREAD = 1e-9


@dataclass(frozen=True)
class Known:
    """Of an average day: ``drawable`` units, ``known`` ones, and the sum of what is known of the latter."""

    drawable: float
    known: float
    found: float

    @property
    def units(self) -> float:
        return self.drawable + self.known


@dataclass(frozen=True)
class Results:
    """Drawn visits with a result: place of the draw, weight of that day (all days sum to 1), probability."""

    draw: npt.NDArray[np.int64]
    share: Floats
    probability: Floats

    def __post_init__(self) -> None:
        if not ((self.probability > 0) & (self.probability <= 1)).all():
            raise ValueError("a visit has no probability with which it was drawn")

    def __len__(self) -> int:
        return len(self.draw)

    def of(self, chosen: npt.NDArray[np.bool_]) -> Results:
        return Results(self.draw[chosen], self.share[chosen], self.probability[chosen])

    @property
    def weights(self) -> Floats:
        """How many drawable units of an average day each visit stands for."""
        return self.share / self.probability


@dataclass(frozen=True)
class Estimate:
    """A figure of all units with its interval; ``plain`` is its Horvitz-Thompson form, ``visits`` the results behind
    it, ``effective`` so many visits of equal weight that tell as much of the drawable units."""

    value: Between
    plain: float
    visits: int
    effective: float


def effective(weights: Floats) -> float:
    """So many equally weighted visits have as large a share each (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def rate(results: Results, found: npt.NDArray[np.bool_], known: Known) -> Estimate:
    """The share of units with something found; needs a visit."""
    weights, y = results.weights, found.astype(np.float64)
    value = float(weights @ y / weights.sum())
    told = effective(weights) / _spread(results, y, value)
    low, high = wilson(value, told, _student(results))
    return Estimate(Between(*(_all(each, known) for each in (value, low, high))), _plain(weights, y, known), len(y),
                    told)


def total(results: Results, counts: Floats, known: Known) -> Estimate:
    """The sum over all units of what a visit counts there; needs a visit."""
    weights = results.weights
    value, shares = float(weights @ counts / weights.sum()), weights / weights.sum()
    having = counts > 0
    each = float(counts[having].mean()) if having.any() else 1.0
    t = _student(results) / _Z
    variance = float(shares @ (counts - value) ** 2) / effective(weights) * _spread(results, counts, value)
    limits = gamma(value, variance * t * t, shares * each)
    whole = (known.found + known.drawable * value for value in (limits.value, limits.low, limits.high))
    return Estimate(Between(*whole), known.found + float(weights @ counts), len(counts), effective(weights))


_Z = 1.959963984540054


def wilson(share: float, visits: float, quantile: float = _Z) -> tuple[float, float]:
    """The interval of Wilson for a share of so many visits."""
    square = quantile * quantile / visits
    middle = share + square / 2
    wide = quantile * math.sqrt(share * (1 - share) / visits + square / (4 * visits))
    low, high = (middle - wide) / (1 + square), (middle + wide) / (1 + square)
    return low if share > 0 else 0.0, high if share < 1 else 1.0


def _all(value: float, known: Known) -> float:
    return (known.found + known.drawable * value) / known.units


def _plain(weights: Floats, y: Floats, known: Known) -> float:
    return (known.found + float(weights @ y)) / known.units


def _spread(results: Results, y: Floats, value: float) -> float:
    """The variance beside that of as many equal visits as the weights amount to.

    The rare heavy findings make most of it, and a sample without one shows too little: what is seen on few findings, of
    few equal ones' worth, is drawn towards 1, or less where visits were certain.
    """
    weights, found = results.weights, y > 0
    alone = float(weights @ (y - value) ** 2 / weights.sum()) / effective(weights)
    free = max(_LEAST_SPREAD, float((weights**2) @ (1 - results.probability) / (weights**2).sum()))
    if alone == 0:
        return free
    few = min(effective(weights[found]), effective(weights[~found])) if not found.all() else 0.0
    return (few * _variance(results, y, value) / alone + _PRIOR_FINDINGS * free) / (few + _PRIOR_FINDINGS)


def _variance(results: Results, y: Floats, value: float) -> float:
    """Variance of the Hájek ratio, linearised; certain visits (probability 1) add none."""
    weights = results.weights
    off = np.sqrt(1 - results.probability) * weights * (y - value)
    days, place = np.unique(results.draw, return_inverse=True)
    sums = np.bincount(place, weights=off) if len(days) >= _FEW_DAYS else off
    many = len(sums)
    return float((sums**2).sum()) * many / max(many - 1, 1) / float(weights.sum()) ** 2


def _student(results: Results) -> float:
    """The quantile of Student's t for as many sums as the variance rests on."""
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.special import stdtrit

    days = len(np.unique(results.draw))
    free = (days if days >= _FEW_DAYS else len(results)) - 1
    return float(stdtrit(free, 0.975)) if free > 0 else math.inf
