"""Features that seem to know the result. Pure.

What the register holds is taken as it is now, and may have been learnt at the visit that is judged. Such a fact is
suspected when it alone separates the visits too well; anything is when it tells these visits much better than older
ones, or nearly for certain.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.additive import AdditiveModel, Floats, Inputs

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Suspect:
    """``alone``: area under its own ROC; ``before``: the same on older visits; ``drop``: what the model loses."""

    feature: str
    alone: float
    before: float
    drop: float


def auc(priority: Floats, positive: Flags) -> float:
    """Chance that a positive has the higher priority, ties counting half."""
    found, missed = int(positive.sum()), int((~positive).sum())
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.stats import rankdata

    ranks = np.asarray(rankdata(priority))
    return (float(ranks[positive].sum()) - found * (found + 1) / 2) / (found * missed) if found and missed else 0.5


def suspects(model: AdditiveModel, judged: Inputs, positive: Flags, older: Inputs, older_positive: Flags,
             limits: Mapping[str, Any]) -> list[Suspect]:
    """What seems to know the result, the worst first, by the ``limits`` of ``model.leak``."""
    whole, parts = auc(model.log_odds(judged), positive), model.contributions(judged)
    total = parts.sum(axis=1)
    found = []
    for at, shape in enumerate(model.shapes):
        alone, before = alone_in(judged, shape.feature, positive), alone_in(older, shape.feature, older_positive)
        drop = whole - auc(total - parts[:, at], positive)
        error = np.hypot(_error(positive), _error(older_positive))
        is_fact = any(fnmatch.fnmatchcase(shape.feature, pattern) for pattern in limits["facts"])
        if alone > limits["alone" if is_fact else "alone_dated"] or alone - before > limits["shift"] * error:
            found.append(Suspect(shape.feature, alone, before, drop))
    return sorted(found, key=lambda suspect: (-suspect.alone, suspect.feature))


def alone_in(inputs: Inputs, feature: str, positive: Flags) -> float:
    """The area of a feature by itself, whichever way it points, "not known" at whichever end."""
    if feature in inputs.words:
        words = np.array(inputs.words[feature])
        rates = {word: float(positive[words == word].mean()) for word in np.unique(words).tolist()}
        return auc(np.array([rates[word] for word in words.tolist()]), positive)
    values = inputs.numbers.get(feature)
    if values is None:
        return 0.5
    ends = [auc(np.nan_to_num(values, nan=end, posinf=1e300, neginf=-1e300), positive) for end in (-1e308, 1e308)]
    return max(*ends, *(1 - area for area in ends))


def _error(positive: Flags) -> float:
    """The standard error of an area when there is nothing to find."""
    found, missed = max(1, int(positive.sum())), max(1, int((~positive).sum()))
    return float(np.sqrt((found + missed + 1) / (12 * found * missed)))
