"""Visits weighted by the inverse of the probability with which they were drawn, and what trimming that took. Pure.

Inspected units are no random lot: one that was drawn with probability 0.05 stands for twenty. A few tiny probabilities
would rule the whole fit, so weights are cut, and how much that was is reported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Weighting:
    """Weights with mean 1. ``effective`` is how many equally weighted visits would tell as much."""

    weight: Floats
    recorded: int
    trimmed: int
    trimmed_share: float
    effective: float


def weigh(probability: Floats, *, unrecorded: float, most: float) -> Weighting:
    """Weights from probabilities (NaN: not recorded, which weighs ``unrecorded``), cut at ``most`` times their mean."""
    known = ~np.isnan(probability)
    raw = np.where(known, 1.0 / np.where(known, probability, 1.0), unrecorded)
    limit = most * float(raw.mean()) if len(raw) else 0.0
    cut = np.minimum(raw, limit)
    total = float(raw.sum())
    weight = cut / cut.mean() if len(cut) else cut
    return Weighting(weight, int(known.sum()), int((raw > limit).sum()),
                     float((raw - cut).sum()) / total if total else 0.0,
                     float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0)
