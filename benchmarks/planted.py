"""Does the learned model find a truth that its sources do tell? Results of real looking visits, drawn anew.

Units, telemetry, record and visits are those of a simulated city; only whether each visit found something is drawn
again, from a risk that is a curve of what was known of its unit that day, and from how strict its team is. What no
source shows has no part in it, so a learner of enough visits can come as near as it likes. The curves are not the
model's own: there are steps, roots, a bound, and one pair of features that act together, which an additive model can't
have.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.figures import Spread
from benchmarks.report import SPREAD, Table
from scoring import calibration, learning
from scoring.additive import Floats, Inputs, sigmoid
from scoring.cohorts import Cohort
from simulators.city.latents import intercept

MEAN_RISK, SPREAD_OF_RISK, SPREAD_OF_STRICTNESS = .19, 1.3, .4
"""The mean probability; standard deviations over units and over teams, in log-odds."""
_PLANTINGS = 5

Area = Callable[[Floats, Floats], float]


@dataclass(frozen=True)
class Planted:
    """A known risk of each unit of a table, and of any visit."""

    scale: float
    level: float

    @classmethod
    def on(cls, inputs: Inputs) -> Planted:
        """The risk that has the mean and the spread over these units."""
        curve = _curve(inputs)
        scale = SPREAD_OF_RISK / max(float(curve.std()), 1e-9)
        return cls(scale, intercept(scale * curve, MEAN_RISK))

    def log_odds(self, inputs: Inputs) -> Floats:
        """Of what a team of usual strictness finds."""
        return np.asarray(self.scale * _curve(inputs) + self.level)


def judged(past: Sequence[Cohort], inputs: Inputs, card: Floats, as_of: dt.date, outcome: str, area: Area,
           ) -> dict[str, Any]:
    """What a model makes of results drawn anew, several times over; ``inputs`` and ``card`` are of all units."""
    planted = Planted.on(inputs)
    risk = sigmoid(planted.log_odds(inputs))
    whole = area(risk, risk)
    found: list[dict[str, float]] = []
    for seed in range(_PLANTINGS):
        trained = learning.train(_drawn(past, planted, np.random.default_rng(seed)), as_of, outcome)
        told = trained.model.probability(inputs)
        found.append({"positives": trained.positives, "auc": area(told, risk), "short": whole - area(told, risk),
                      "error": calibration.error(calibration.reliability(told, risk)),
                      "gain": area(told, risk) - area(card, risk)})
    return {"units": inputs.size, "true": whole, "card": area(card, risk), "plantings": found}


def table(found: dict[str, Any]) -> Table:
    """How near the model comes, and to what."""
    def row(name: str, key: str, goal: str) -> list[str]:
        return [name, *Spread.of([planting[key] for planting in found["plantings"]]).cells(".3f"), goal]

    return Table(f"results drawn anew from a risk that the sources do tell (AUC of the true risk itself "
                 f"{found['true']:.3f}, of the scorecard {found['card']:.3f}), {len(found['plantings'])} times",
                 ["", *SPREAD, "to reach"],
                 [row("AUC of the learned model", "auc", ""), row("below the true risk itself", "short", "< 0.02"),
                  row("above the scorecard", "gain", "> 0"), row("calibration error", "error", "< 0.02")])


def _drawn(past: Sequence[Cohort], planted: Planted, rng: np.random.Generator) -> list[Cohort]:
    teams = sorted({team for cohort in past for team in cohort.team})
    strict = rng.normal(0, SPREAD_OF_STRICTNESS, len(teams))
    # A record tells how strict a team is beside the others, and no more.
    of_team = dict(zip(teams, strict - strict.mean(), strict=True))
    return [replace(cohort, positive=rng.random(len(cohort)) < sigmoid(
        planted.log_odds(cohort.inputs()) + np.array([of_team[team] for team in cohort.team]))) for cohort in past]


def _curve(inputs: Inputs) -> Floats:
    """What the record, the register and the telemetry of a unit come to; what is not known adds nothing."""
    def known(name: str) -> Floats:
        return np.nan_to_num(inputs.numbers[name])

    ratio = inputs.numbers["serious_ratio"]
    past = np.log(np.where(np.isnan(ratio), 1.0, ratio))
    return np.asarray(
        1.0 * past + .5 * np.minimum(known("open_hazards"), 2) + .03 * (100 - known("credit_balance"))
        + .4 * np.log1p(known("days_since_visit") / 365) + .4 * np.tanh((known("age_years") - 20) / 15)
        + .4 * known("sleeping") + .5 * known("dangerous_goods") + .25 * np.log(known("floor_area_m2") / 1000)
        + .9 * np.minimum(known("offline_share_90"), .2) / .2 + .6 * (known("fault_hours_90") > 24)
        + .6 * np.sqrt(known("leakage_over_share_90"))
        + .8 * (known("shielded_hours_90") > 48) * known("sleeping"))
