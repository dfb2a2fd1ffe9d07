"""Strata: how many each takes on average, how the sizes are rounded, and what that makes of each unit's probability.

Sizes are multiples of 2**-32 and so is the uniform that rounds them: sums and floors are exact in doubles, so the
rounding and every probability made from it are the same in any language.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sampling.pareto import tuned, wanted

QUANTUM = 4294967296


@dataclass(frozen=True)
class Step:
    """Units of equal weight in a stratum. ``low``/``high``: their probability when the size is rounded down or up;
    ``odds_low``/``odds_high``: what Pareto keys are divided by then; ``p``: their probability before the seed."""

    weight: float
    units: int
    low: float
    high: float
    odds_low: float
    odds_high: float
    p: float


@dataclass(frozen=True)
class Stratum:
    """One arm's units of one desk and group; ``expected`` visits, and ``start``, the sum of those of all before it."""

    name: str
    desk: str
    arm: str
    group: str
    expected: float
    start: float
    steps: tuple[Step, ...]


def quantised(size: float) -> float:
    """The largest multiple of 2**-32 that is not above ``size``."""
    return math.floor(size * QUANTUM) / QUANTUM


def stratum(name: str, desk: str, arm: str, group: str, expected: float, start: float, weights: Sequence[float],
            counts: Sequence[int], *, tune: bool = True) -> Stratum:
    """A stratum with its steps. ``tune`` False leaves Rosén's plain odds: for simulations, where speed counts."""
    below = math.floor(expected)
    above = below if expected == below else below + 1
    part = expected - below
    low, high = wanted(weights, counts, below), wanted(weights, counts, above)
    if tune:
        odds_low, odds_high = tuned(tuple(low), tuple(counts), below), tuned(tuple(high), tuple(counts), above)
    else:
        odds_low, odds_high = plain(low), plain(high)
    made = (Step(weights[k], counts[k], low[k], high[k], odds_low[k], odds_high[k],
                 (1 - part) * low[k] + part * high[k]) for k in range(len(weights)))
    return Stratum(name, desk, arm, group, expected, start, tuple(made))


def plain(probabilities: Sequence[float]) -> tuple[float, ...]:
    return tuple(p / (1 - p) if p < 1 else 0.0 for p in probabilities)


def rounded(start: float, expected: float, uniform: float) -> int:
    """Systematic rounding: ``floor`` or ``ceil`` of ``expected``, the upper one with just its fraction as probability.

    All strata stand in one row and share one uniform, so every run of neighbours, a desk or the city, is also rounded
    to its own floor or ceiling: what fits the officers before the seed still fits after it.
    """
    return math.floor(start + expected + uniform) - math.floor(start + uniform)


def total_probability(parts: Sequence[tuple[Stratum, Step]]) -> float:
    """Probability that a unit is drawn by any arm.

    For a given rounding of the sizes the arms are independent; the rounding is piecewise constant in its uniform, so
    the exact probability is a short sum over the pieces.
    """
    cuts = {0.0}
    for held, _ in parts:
        for edge in (held.start, held.start + held.expected):
            fraction = edge - math.floor(edge)
            if fraction > 0:
                cuts.add(1 - fraction)
    edges = [*sorted(cuts), 1.0]
    total = 0.0
    for left, right in pairwise(edges):
        missed = 1.0
        for held, step in parts:
            size = rounded(held.start, held.expected, left)
            missed = missed * (1 - (step.high if size > math.floor(held.expected) else step.low))
        total = total + (right - left) * (1 - missed)
    return total
