"""A model from past visits: weighted, fitted, its slope and level set on the newest ones. Pure but for policy.

The newest stretches are kept back from a first fit; how far its contributions must shrink or stretch to fit them is the
slope. The model is then fitted to all visits, and its level is that of the newest.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from policy import rules
from scoring import cohorts, fitting, starting, weighting
from scoring.additive import AdditiveModel, Floats, Inputs, sigmoid
from scoring.card import Card
from scoring.cohorts import Cohort
from scoring.errors import ScoringError
from scoring.fitting import Flags, Penalties, Rows
from scoring.weighting import Weighting

_HALVINGS = 60


@dataclass(frozen=True)
class Trained:
    """A model, the visits it learnt from, and what weighting and calibration did."""

    model: AdditiveModel
    outcome: str
    first: dt.date
    until: dt.date
    visits: int
    positives: int
    weighting: Weighting
    slope: float
    policy_version: str


def train(past: Sequence[Cohort], as_of: dt.date, outcome: str, *, weighted: bool = True) -> Trained:
    """The model for ``as_of`` from stretches of visits that ended before it, the oldest first."""
    past = [cohort for cohort in past if len(cohort) and cohort.until <= as_of]
    settings = rules().value("model.cohorts", as_of)
    visits, positives = sum(map(len, past)), sum(int(cohort.positive.sum()) for cohort in past)
    if visits < settings["least_visits"] or min(positives, visits - positives) < settings["least_found"]:
        raise ScoringError(f"{visits} visits before {as_of}, {positives} of them with the outcome {outcome}, are too "
                           f"few to learn from: it takes {settings['least_visits']} visits, and "
                           f"{settings['least_found']} with the outcome and as many without")
    penalties = Penalties(**rules().value("model.fit", as_of))
    told = rules().value("model.weights", as_of)
    calibration = rules().value("model.calibration", as_of)
    whole = weighting.weigh(np.concatenate([cohort.probability for cohort in past]),
                            unrecorded=float(told["unrecorded"]), most=float(told["most"]))
    weight = whole.weight if weighted else np.ones(visits)
    rows = Rows(seen(cohorts.joined([cohort.inputs() for cohort in past]), as_of),
                np.concatenate([cohort.positive for cohort in past]),
                [team for cohort in past for team in cohort.team], weight)
    card = starting.points(Card.on(as_of))

    def fit(rows: Rows) -> AdditiveModel:
        return fitting.fit(rows, directions(rows.inputs, as_of), penalties, card)

    model = fit(rows)
    newest = _newest(past, float(calibration["share"]))
    slope = 1.0
    if newest.any() and not newest.all():
        slope = _slope(rows, newest, fit, float(calibration["slope_low"]), float(calibration["slope_high"]))
    stretched = fitting.scaled(model, slope, 0.0)
    level = newest if newest.any() else np.ones(visits, dtype=bool)
    shift = _shift(_log_odds(stretched, rows)[level], rows.positive[level], weight[level])
    return Trained(fitting.scaled(stretched, 1.0, shift), outcome, past[0].as_of, past[-1].until, visits, positives,
                   whole, slope, rules().version(as_of))


def seen(inputs: Inputs, as_of: dt.date) -> Inputs:
    """Only the features that the model may see."""
    left_out = set(rules().value("model.left_out", as_of))
    return Inputs({name: column for name, column in inputs.numbers.items() if name not in left_out},
                  {name: words for name, words in inputs.words.items() if name not in left_out}, inputs.size)


def directions(inputs: Inputs, as_of: dt.date) -> dict[str, int]:
    """1 where more of a feature is known to be worse, -1 where it is known to be better."""
    told = rules().value("model.directions", as_of)
    return {name: sign for sign, key in ((1, "up"), (-1, "down")) for name in inputs.numbers
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in told[key])}


def _newest(past: Sequence[Cohort], share: float) -> Flags:
    """The visits of the newest stretches that together hold ``share`` of all; never all of them."""
    first = max(cohorts.newest(past, share), 1)
    return np.repeat(np.arange(len(past)) >= first, [len(cohort) for cohort in past])


def _log_odds(model: AdditiveModel, rows: Rows) -> Floats:
    """With the strictness of each team in it, as far as it is known."""
    return np.asarray(model.log_odds(rows.inputs) + model.strictness(rows.team))


def _slope(rows: Rows, newest: Flags, fit: Callable[[Rows], AdditiveModel], low: float, high: float) -> float:
    """How far contributions that were fitted to the older visits stretch to fit the newest, within bounds."""
    older, later = _part(rows, ~newest), _part(rows, newest)
    if not _both(older.positive) or not _both(later.positive):
        return 1.0
    first = fit(older)
    own = first.log_odds(later.inputs) - first.base
    strict = _log_odds(first, later) - first.base - own

    def loss(slope: float) -> float:
        told = slope * own + strict
        told = told + _shift(told, later.positive, later.weight)
        return float((later.weight * (np.logaddexp(0.0, told) - later.positive * told)).sum())

    # The loss has one valley in the slope: narrow down to it.
    for _ in range(_HALVINGS):
        third = (high - low) / 3
        low, high = (low, high - third) if loss(low + third) <= loss(high - third) else (low + third, high)
        if high - low < 1e-3:
            break
    return (low + high) / 2


def _shift(log_odds: Floats, positive: Flags, weight: Floats) -> float:
    """What makes the mean probability that of the visits (bisection)."""
    low, high, rate = -20.0, 20.0, float(np.average(positive, weights=weight))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(np.average(sigmoid(log_odds + middle), weights=weight)) < rate:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _part(rows: Rows, kept: Flags) -> Rows:
    at = np.flatnonzero(kept)
    return Rows(cohorts.taken(rows.inputs, at), rows.positive[at], [rows.team[number] for number in at.tolist()],
                rows.weight[at])


def _both(flags: Flags) -> bool:
    return bool(flags.any() and not flags.all())
