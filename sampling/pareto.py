"""Pareto pi-ps sampling of fixed size (Rosén 1997), with odds tuned so that the wanted probabilities are the true ones.

A unit's key is ``[u / (1 - u)] / odds``; the ``n`` smallest keys are taken. With ``odds = p / (1 - p)`` the true
inclusion probability is ``p`` only in the limit of large samples; a town's stratum of a day takes one or two units,
where the error reaches some percent. The true probability is an integral of one variable (Aires 1999), so the odds are
turned until it equals ``p``. Units of equal weight are one *step*: they share odds and probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Beyond this size the plain odds are right to a few parts in 1000, and the integral would cost more than it is worth.
TUNED_TO = 24
_WANTED = 1e-11
_MOST_TURNS = 400
_IDLE_TURNS = 6
_WIDTH = 0.125
# Beyond this distance (in logarithms) from the outermost key all of the integrand is less than a double's last bit.
_REACH = 37.0


def wanted(weights: Sequence[float], counts: Sequence[int], size: int) -> list[float]:
    """Inclusion probabilities proportional to weight, at most 1, with sum ``size`` over all units.

    ``weights`` rise strictly from step to step. Only + * / in the order written, so that every language agrees.
    """
    probabilities = [0.0] * len(weights)
    if size == 0:
        return probabilities
    open_steps, left = len(weights), size
    while open_steps:
        mass = 0.0
        for k in range(open_steps):
            mass = mass + weights[k] * counts[k]
        if left * weights[open_steps - 1] < mass:
            for k in range(open_steps):
                probabilities[k] = left * weights[k] / mass
            return probabilities
        open_steps -= 1
        probabilities[open_steps] = 1.0
        left -= counts[open_steps]
    return probabilities


@lru_cache(maxsize=4096)
def tuned(probabilities: tuple[float, ...], counts: tuple[int, ...], size: int) -> tuple[float, ...]:
    """Odds for each step such that the true inclusion probabilities are ``probabilities`` (sum ``size``).

    A step that is certain (probability 1) has odds 0 here: it is taken before any key is looked at.
    """
    free = [k for k, p in enumerate(probabilities) if 0 < p < 1]
    odds = [0.0] * len(probabilities)
    if not free:
        return tuple(odds)
    size -= sum(count for p, count in zip(probabilities, counts, strict=True) if p == 1)
    aim = np.array([probabilities[k] for k in free])
    many = np.array([counts[k] for k in free])
    found = aim / (1 - aim)
    if len(free) > 1 and size <= TUNED_TO:
        found = _turn(found, aim, many, size)
    for k, value in zip(free, found.tolist(), strict=True):
        odds[k] = value
    return tuple(odds)


def inclusion(odds: Floats, counts: NDArray[np.int64], size: int) -> Floats:
    """The true inclusion probability of a unit of each step when the ``size`` smallest keys are taken.

    A unit is taken when fewer than ``size`` others have a smaller key: the integral, over the logarithm of its key,
    of the key's (logistic) density times that Poisson-binomial probability, by the trapezoid rule, which converges
    faster than any power of the step for such a function.
    """
    logs = np.log(odds)
    # An integration with centre 0 keeps its range when all odds are scaled.
    grid = np.arange(-logs.max() - _REACH, -logs.min() + _REACH, _WIDTH)
    below = 1 / (1 + np.exp(-(grid[None, :] + logs[:, None])))
    below = np.minimum(below, 1 - 2.0**-53)
    one = np.zeros((size, grid.size))
    one[0] = 1
    parts = [_binomial(int(m), f, size) for m, f in zip(counts, below, strict=True)]
    before = [one]
    for part in parts[:-1]:
        before.append(_convolve(before[-1], part))
    after = one
    result = np.empty(len(odds))
    for k in range(len(odds) - 1, -1, -1):
        others = _convolve(_convolve(before[k], after), _binomial(int(counts[k]) - 1, below[k], size))
        result[k] = (others.sum(axis=0) * below[k] * (1 - below[k])).sum() * _WIDTH
        after = _convolve(after, parts[k])
    return result


def _turn(odds: Floats, aim: Floats, counts: NDArray[np.int64], size: int) -> Floats:
    goal = aim / (1 - aim)
    best, least, last, idle, part = odds, np.inf, np.inf, 0, 1.0
    for _ in range(_MOST_TURNS):
        true = inclusion(odds, counts, size)
        error = float(np.abs(true / aim - 1).max())
        # Among many units the integral itself is right to some 1e-11 only: there no turn is better than the last.
        idle = idle + 1 if error > 0.99 * least else 0
        if error < least:
            best, least = odds, error
        if error < _WANTED or idle == _IDLE_TURNS:
            break
        # Where a unit is nearly certain a whole turn leads as far beyond the goal: smaller ones come to rest.
        part, last = max(part / 2, 0.125) if error > last else part, error
        true = np.clip(true, 1e-300, 1 - 1e-15)
        odds = odds * (goal * (1 - true) / true) ** part
    return best


def _binomial(many: int, chance: Floats, size: int) -> Floats:
    """Probabilities of 0 .. size-1 of ``many`` under each chance."""
    out = np.zeros((size, chance.size))
    out[0] = np.exp(many * np.log1p(-chance))
    ratio = chance / (1 - chance)
    for j in range(1, min(size - 1, many) + 1):
        out[j] = out[j - 1] * ratio * ((many - j + 1) / j)
    return out


def _convolve(first: Floats, second: Floats) -> Floats:
    size = first.shape[0]
    out = np.zeros_like(first)
    for j in range(size):
        out[j:] += first[j] * second[: size - j]
    return out
