"""Whether a told probability is kept: Brier score, calibration error and the reliability table. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.measures import Measured

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bin:
    """Visits with like probabilities: how many, what was told on average, and the share that came true."""

    visits: int
    told: float
    found: float


@dataclass(frozen=True)
class Calibration:
    """``base_brier`` is that of telling everyone the overall rate. ``error``: the mean gap of the bins, by visits."""

    brier: Measured
    base_brier: float
    error: float
    told: float
    found: float
    bins: tuple[Bin, ...]


def calibration(probability: Floats, positive: Flags, rng: np.random.Generator, *, samples: int, bins: int = 10,
                ) -> Calibration:
    """Judge probabilities against what was found."""
    squares = (probability - positive) ** 2
    size = len(squares)
    drawn = [float(squares[rng.integers(0, size, size)].mean()) for _ in range(samples)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    rate = float(positive.mean())
    table = reliability(probability, positive, bins)
    return Calibration(Measured(float(squares.mean()), float(low), float(high)), rate * (1 - rate), error(table),
                       float(probability.mean()), rate, table)


def reliability(probability: Floats, positive: npt.ArrayLike, bins: int = 10) -> tuple[Bin, ...]:
    """Bins of about as many visits each, from the lowest probability to the highest."""
    truth = np.asarray(positive, dtype=np.float64)
    order = np.argsort(probability, kind="stable")
    return tuple(Bin(len(part), float(probability[part].mean()), float(truth[part].mean()))
                 for part in np.array_split(order, min(bins, len(order))) if len(part))


def error(table: Sequence[Bin]) -> float:
    """The mean gap between what was told and what was found, each bin by its visits."""
    total = sum(row.visits for row in table)
    return sum(row.visits * abs(row.told - row.found) for row in table) / total if total else 0.0
