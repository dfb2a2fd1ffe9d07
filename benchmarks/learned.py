"""Does the learned model find a truth that it is not told? A city with two years of record and of telemetry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict

from benchmarks import planted, servers
from benchmarks.options import Options
from benchmarks.report import Table
from huoyan.embedded.loading import load_city
from policy import rules
from scoring import calibration, cohorts, features, learning, rollup, scorecard
from scoring.additive import Inputs
from scoring.card import Card
from scoring.cohorts import Cohort
from scoring.leaks import auc
from simulators.city import generate
from store import Database

Floats = npt.NDArray[np.float64]

UNTIL = dt.date(2026, 3, 2)
OUTCOME = "serious"
"""What the true risk of a simulated city is of: a critical or serious hazard."""
_SEED, _SIZE, _QUICK_SIZE = 201, (8000, 8000, 550), (400, 100, 10)
_COHORTS = 12
_MOST_WORDS = 250
_DEALS = 20


def run(options: Options) -> dict[str, Any]:
    """Everything that is known of one city as of a day, and what the model makes of it."""
    units, devices, days = _QUICK_SIZE if options.quick else _SIZE
    city = generate(_SEED, units=units, devices=devices, until=UNTIL, days=days)
    truth = {row["unit_no"]: float(row["true_risk"]) for row in city.truth}
    stretch = int(rules().value("model.cohorts", UNTIL)["days"])
    with servers.folder() as folder, servers.database(folder / "home") as server, Database(server.dsn) as db:
        load_city(db, city, rollup.midnight(UNTIL), lambda text, share: None)
        rollup.run(db, UNTIL)
        with db.connection() as connection:
            connection.execute("analyze")
            past = [cohort for first, end in cohorts.before(connection, UNTIL, days=stretch, most=_COHORTS)
                    if (cohort := cohorts.load(connection, first, end, OUTCOME, end))]
            table = features.load(connection, UNTIL)
    risk = np.array([truth[number] for number in table.unit_no])
    inputs = Inputs.of(table)
    trained = learning.train(past, UNTIL, OUTCOME)
    told = trained.model.probability(inputs)
    card = scorecard.score(table, Card.on(UNTIL)).standing()
    drawn = [part for cohort in past if len(part := cohort.sample(
        ~np.isnan(cohort.probability) & np.array([arm != "duty" for arm in cohort.arm], dtype=bool)))]
    return {"units": units, "visits": trained.visits, "positives": trained.positives,
            "auc": {"the true risk itself": _auc(risk, risk),
                    "boosting that is taught the true risk": _auc(_attainable(inputs, risk), risk),
                    "learned model": _auc(told, risk), "scorecard": _auc(card, risk)},
            "error": calibration.error(calibration.reliability(told, risk)),
            "told": float(told.mean()), "true": float(risk.mean()), "rate": _rates(drawn, inputs, table, risk),
            "planted": planted.judged(past, inputs, card, UNTIL, OUTCOME, _auc)}


def tables(found: dict[str, Any]) -> list[Table]:
    """What a visit to every unit would show of each ranking."""
    head = (f"AUC that each would have on visits to all {found['units']} units of a city, after two years of "
            f"{found['visits']} visits, {found['positives']} of which found something serious")
    rows = [[name, f"{value:.3f}"] for name, value in found["auc"].items()]
    return [Table(head, ["", "AUC"], rows), planted.table(found["planted"])]


def notes(found: dict[str, Any]) -> list[str]:
    """How much of the truth can be known, calibration, and what weighting does to the city-wide rate."""
    rate = found["rate"]
    told = (f"city-wide rate from drawn visits alone: truth {rate['true']:.1%}, told by the unweighted fit "
            f"{rate['unweighted']:.1%}, by the weighted one {rate['weighted']:.1%}, which leaves "
            f"{_left(rate):.0%} of the unweighted bias" if rate else
            "too few drawn visits for the city-wide rate")
    return [f"calibration error against the true risk, in tenths of the units: {found['error']:.3f} (told "
            f"{found['told']:.1%} on average, true {found['true']:.1%})", told]


def _left(rate: dict[str, float]) -> float:
    return abs(rate["weighted"] - rate["true"]) / max(abs(rate["unweighted"] - rate["true"]), 1e-9)


def _rates(drawn: Sequence[Cohort], inputs: Inputs, table: features.FeatureTable, risk: Floats) -> dict[str, float]:
    """The mean risk of the units that are drawn at all, by fits to drawn visits with and without weights."""
    settings = rules().value("model.cohorts", UNTIL)
    positives = sum(int(cohort.positive.sum()) for cohort in drawn)
    if sum(map(len, drawn)) < settings["least_visits"] or positives < settings["least_found"]:
        return {}
    # Crowded key units are visited as a duty, not drawn.
    open_to_draw = ~((table.numbers["is_key"] > 0) & (table.numbers["is_crowded"] > 0))
    found = {"true": float(risk[open_to_draw].mean())}
    for name, weighted in (("unweighted", False), ("weighted", True)):
        model = learning.train(drawn, UNTIL, OUTCOME, weighted=weighted).model
        found[name] = float(model.probability(inputs)[open_to_draw].mean())
    return found


def _attainable(inputs: Inputs, risk: Floats) -> Floats:
    """What the features tell of the true risk to a learner that is shown it for the other four fifths of the units."""
    inputs = learning.seen(inputs, UNTIL)
    columns = [column for _, column in sorted(inputs.numbers.items()) if len(np.unique(column[~np.isnan(column)])) > 1]
    columns += [np.unique(list(words), return_inverse=True)[1].astype(np.float64)
                for _, words in sorted(inputs.words.items()) if len(set(words)) <= _MOST_WORDS]
    learner = HistGradientBoostingRegressor(max_iter=200, learning_rate=0.05, max_leaf_nodes=6, min_samples_leaf=10,
                                            random_state=_SEED)
    return np.asarray(cross_val_predict(learner, np.column_stack(columns), np.log(risk / (1 - risk)), cv=5))


def _auc(score: Floats, risk: Floats) -> float:
    """The mean area over many deals of what visits to every unit would find."""
    rng = np.random.default_rng(_SEED)
    return float(np.mean([auc(score, rng.random(len(risk)) < risk) for _ in range(_DEALS)]))
