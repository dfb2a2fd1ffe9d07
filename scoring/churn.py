"""How much the top list and the classes move from one week to the next. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.card import CLASSES


@dataclass(frozen=True)
class Kept:
    """The ranking that was kept for a day: units, the rank of each and its class, by what."""

    as_of: dt.date
    model: str
    unit: npt.NDArray[np.int64]
    rank: npt.NDArray[np.int64]
    risk_class: npt.NDArray[np.str_]


@dataclass(frozen=True)
class Week:
    """From ``before`` to ``as_of``: ``overlap`` is the share of the ``top`` units that stood in the top list before;
    ``correlation`` that of the ranks (Spearman) of the ``units`` that both days have; ``up`` and ``down`` so many
    moved into a worse and a better class; ``came`` and ``went`` into and out of the ranking."""

    before: dt.date
    as_of: dt.date
    model_before: str
    model: str
    top: int
    overlap: float
    correlation: float | None
    units: int
    up: int
    down: int
    came: int
    went: int


def week(before: Kept, after: Kept, share: float) -> Week:
    """What moved between two rankings; ``share`` of the units makes the top list."""
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.stats import rankdata

    top = max(1, round(share * len(after.unit)))
    listed = np.isin(after.unit[after.rank <= top], before.unit[before.rank <= top])
    _, old, new = np.intersect1d(before.unit, after.unit, assume_unique=True, return_indices=True)
    moved = np.searchsorted(CLASSES, after.risk_class[new]) - np.searchsorted(CLASSES, before.risk_class[old])
    correlation = None
    if len(old) > 2:
        correlation = float(np.corrcoef(rankdata(before.rank[old]), rankdata(after.rank[new]))[0, 1])
    return Week(before.as_of, after.as_of, before.model, after.model, top, float(listed.mean()), correlation, len(old),
                int((moved > 0).sum()), int((moved < 0).sum()), len(after.unit) - len(new), len(before.unit) - len(old))
