"""Samples, what is said of them, and how cost grows. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The least, the middle and the greatest of several runs."""

    least: float
    median: float
    greatest: float
    runs: int

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        return cls(min(samples), statistics.median(samples), max(samples), len(samples))

    def cells(self, form: str = ",.2f", factor: float = 1.0) -> list[str]:
        """Three cells of a table: min, median, max."""
        return [format(value * factor, form) for value in (self.least, self.median, self.greatest)]


def ratios(part: Sequence[float], whole: Sequence[float]) -> Spread:
    """The ratio of each run to its peer of the same run."""
    return Spread.of([one / other for one, other in zip(part, whole, strict=True)])


def percentile(samples: Sequence[float], share: float) -> float:
    """The value that ``share`` of the samples do not exceed (nearest rank)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def growth(cost: Mapping[int, float]) -> float | None:
    """The exponent k of ``cost ~ size**k``, fitted to the logarithms; None of fewer than two sizes."""
    points = [(math.log(size), math.log(value)) for size, value in cost.items() if value > 0]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points, strict=True)).slope
