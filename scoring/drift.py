"""Does a model still hold? What it told since it was trained, whom it ranks now, what it finds by lot. Pure.

Each of three looks has its limit in ``model.drift``, and one that saw too little passes no limit. A calibration error
counts only where it is wider than chance makes it: with few visits the bins never fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring import calibration, intervals
from scoring.measures import Measured

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_BINS = 10
_SAMPLES = 200


@dataclass(frozen=True)
class Kept:
    """What was told against what was found: ``chance`` is the error that 19 of 20 models that tell the truth stay
    below on so many visits; ``error`` is None where the visits are too few."""

    visits: int
    found: int
    error: float | None
    chance: float | None
    gap: float | None


@dataclass(frozen=True)
class Shift:
    """How far what a feature adds has moved: its stability index, and ``by`` how much log-odds on average.

    A rate that a whole kind of unit shares takes all of them over the edge of a bin at once: the index alone is then
    huge for a move that changes nothing.
    """

    index: float
    by: float


@dataclass(frozen=True)
class Moved:
    """How far the log-odds of all units have moved (population stability index), and the features that weigh most;
    None where there are too few units."""

    before: int
    now: int
    index: float | None
    features: Mapping[str, Shift]


@dataclass(frozen=True)
class Lift:
    """How much more often the first visits of the random arm by the model's order found something than all of them."""

    visits: int
    found: int
    top: int
    lift: Measured | None


@dataclass(frozen=True)
class Drift:
    """The three looks, each limit that is passed as a sentence, and what could not be told."""

    kept: Kept
    moved: Moved
    lift: Lift
    reasons: tuple[str, ...]
    untold: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def kept(probability: Floats, positive: Flags, unit: npt.NDArray[np.int64], limits: Mapping[str, Any]) -> Kept:
    """Calibration on visits later than what the model has learnt from."""
    visits, found = len(positive), int(positive.sum())
    if visits < limits["least_visits"] or found < limits["least_found"]:
        return Kept(visits, found, None, None, None)
    rng = np.random.default_rng(1)
    # Visits of one unit repeat each other: all of them come true together or not, which is the worst that can be.
    units, place = np.unique(unit, return_inverse=True)
    order = np.argsort(probability, kind="stable")
    told, place = probability[order], place[order]
    samples = [calibration.error(calibration.reliability(told, rng.random(len(units))[place] < told))
               for _ in range(_SAMPLES)]
    return Kept(visits, found, calibration.error(calibration.reliability(probability, positive)),
                float(np.quantile(samples, 0.95)), float(positive.mean() - probability.mean()))


def index(before: Floats, now: Floats, bins: int = _BINS) -> float:
    """Population stability index over the tenths of ``before``; values that many share have a bin of their own."""
    shares = []
    ordered = np.sort(before)
    for values in (before, now):
        below, within = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
        # The middle of those that tie: what lies above or below a value that all had falls into another bin.
        at = np.floor(bins * (below + within) / (2 * len(ordered))).astype(np.intp)
        counts = np.bincount(at, minlength=bins + 1) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def moved(before: Floats, now: Floats, features: Mapping[str, tuple[Floats, Floats]], limits: Mapping[str, Any],
          ) -> Moved:
    """How far the log-odds of all units have moved, and what each feature of ``features`` adds to them."""
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.stats import wasserstein_distance

    if min(len(before), len(now)) < limits["least_units"]:
        return Moved(len(before), len(now), None, {})
    return Moved(len(before), len(now), index(before, now),
                 {name: Shift(index(*pair), float(wasserstein_distance(*pair))) for name, pair in features.items()})


def lift(place: Floats, positive: Flags, unit: npt.NDArray[np.int64], limits: Mapping[str, Any]) -> Lift:
    """``place``: where each visit stood by the model, 1 the highest. The share of all is taken as known."""
    visits, found = len(positive), int(positive.sum())
    top = place >= 1 - limits["top"]
    if visits < limits["least_random"] or found < limits["least_found"] or not top.any():
        return Lift(visits, found, int(top.sum()), None)
    rate = found / visits
    share = intervals.wilson(float(positive[top].mean()), intervals.effective(np.ones(int(top.sum())), unit[top]))
    return Lift(visits, found, int(top.sum()), Measured(share.value / rate, share.low / rate, share.high / rate))


def judge(kept_: Kept, moved_: Moved, lift_: Lift, limits: Mapping[str, Any]) -> Drift:
    """Every limit that is passed, in a sentence."""
    reasons, untold = [], []
    if kept_.error is None or kept_.chance is None:
        untold.append(f"calibration: {kept_.visits} visits since its training, {kept_.found} with a finding, are too "
                      f"few")
    elif kept_.error > limits["error"] and kept_.error > kept_.chance:
        reasons.append(f"its calibration error on {kept_.visits} visits since its training is {kept_.error:.3f}, above "
                       f"{limits['error']:.3f} and above what chance makes it ({kept_.chance:.3f})")
    if moved_.index is None:
        untold.append(f"population: {min(moved_.before, moved_.now)} units are too few")
    elif moved_.index > limits["psi"]:
        reasons.append(f"its log-odds of all units have moved by a stability index of {moved_.index:.2f}, above "
                       f"{limits['psi']:.2f}")
    reasons += [f"the feature {name}, one of those that weigh most, has moved by a stability index of "
                f"{told.index:.2f} and log-odds of {told.by:.2f}, above {limits['psi_feature']:.2f} and "
                f"{limits['by_feature']:.2f}"
                for name, told in moved_.features.items()
                if told.index > limits["psi_feature"] and told.by > limits["by_feature"]]
    if lift_.lift is None:
        untold.append(f"lift: {lift_.visits} visits of the random arm since it became champion, {lift_.found} with a "
                      f"finding, are too few")
    elif lift_.lift.high < limits["lift"]:
        reasons.append(f"on {lift_.visits} visits of the random arm its first {limits['top']:.0%} found "
                       f"{lift_.lift.value:.2f} times as often as all ({lift_.lift.low:.2f} to {lift_.lift.high:.2f}): "
                       f"it takes {limits['lift']:.2f}")
    return Drift(kept_, moved_, lift_, tuple(reasons), tuple(untold))
