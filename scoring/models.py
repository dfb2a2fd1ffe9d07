"""The register of learned models: trained, judged by the gate on held-back windows, and one of them champion.

What is judged is fitted without the windows it is judged on; what is kept is the same fitted to everything. A model
is never changed, and what became of it is added, never overwritten: scores of past days can be had again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from policy import rules
from scoring import calibration, cohorts, gate, leaks, learning, points, scorecard
from scoring.additive import AdditiveModel
from scoring.card import Card
from scoring.cohorts import Cohort
from scoring.errors import ScoringError
from scoring.gate import Verdict
from scoring.measures import Draws, Visits, draws
from scoring.orders import combined
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# The register takes no longer one.
_LONGEST_REASON = 2000


class UnknownModel(ScoringError):
    """There is no such model."""

    status = 404


def train(db: Database, as_of: dt.date, outcome: str, by: str) -> dict[str, Any]:
    """Train a challenger from what was found before ``as_of``, judge it, and keep it with what the gate said."""
    if outcome not in cohorts.OUTCOMES:
        raise ScoringError(f"{outcome!r} is no outcome: say one of {', '.join(cohorts.OUTCOMES)}")
    settings = rules().value("model.cohorts", as_of)
    with db.connection() as connection:
        stretches = cohorts.before(connection, as_of, days=settings["days"], most=settings["most"])
        past = [cohort for cohort in cohorts.load_all(connection, stretches, outcome) if cohort]
    trained = learning.train(past, as_of, outcome)
    with db.connection() as connection:
        lock_for_transaction(connection, "models")
        champion = _champion(connection, outcome)
        verdict, measures = judge(past, as_of, outcome, champion)
        count = sum(row["trained_for"] == as_of and row["outcome"] == outcome for row in listed(connection))
        number = f"M{as_of:%Y%m%d}-{outcome}" + (f"-{count + 1}" if count else "")
        row = connection.execute(q["store"], {
            "model_no": number, "outcome": outcome, "trained_for": as_of, "first": trained.first,
            "until": trained.until, "visits": trained.visits, "positives": trained.positives,
            "version": trained.policy_version, "features": [shape.feature for shape in trained.model.shapes],
            "content": Jsonb(trained.model.as_dict()), "measures": Jsonb(measures | {
                "slope": trained.slope, "points": asdict(points.matched(trained.model, past)),
                "trimmed": trained.weighting.trimmed,
                "trimmed_share": trained.weighting.trimmed_share,
                "effective_visits": trained.weighting.effective})}).fetchone()
        assert row is not None  # noqa: S101
        move(connection, row["model_id"], "challenger" if verdict.passed else "refused", by,
             "; ".join(verdict.reasons))
        return one(connection, number)


def judge(past: Sequence[Cohort], as_of: dt.date, outcome: str, champion: tuple[str, AdditiveModel, dt.date] | None,
          ) -> tuple[Verdict, dict[str, Any]]:
    """What the gate says of the model that can be learnt, on the last windows before ``as_of``. Pure but for policy.

    A champion is compared only where every window is later than what it has learnt from.
    """
    limits = rules().value("model.gate", as_of)
    held = [cohort for cohort in past[-limits["windows"]:] if cohort.positive.any() and not cohort.positive.all()]
    older = past[:-limits["windows"]]
    if not held or not older:
        raise ScoringError(f"the record before {as_of} is too short to hold {limits['windows']} windows back")
    challenger = learning.train(older, held[0].as_of, outcome).model
    orders = {"model": [challenger.log_odds(window.inputs()) for window in held],
              "combined": [combined(window, older, challenger) for window in held],
              "scorecard": [scorecard.score(window.table, Card.on(window.as_of)).standing()[window.place]
                            for window in held]}
    if champion and champion[2] <= held[0].as_of:
        orders["champion"] = [champion[1].log_odds(window.inputs()) for window in held]
    drawn = {name: Draws.mean([_draws(window, told, int(limits["samples"]))
                               for window, told in zip(held, priorities, strict=True)])
             for name, priorities in orders.items()}
    positive = np.concatenate([window.positive for window in held])
    probability = np.concatenate([challenger.probability(window.inputs()) for window in held])
    error = calibration.error(calibration.reliability(probability, positive))
    suspects = leaks.suspects(
        challenger, cohorts.joined([window.inputs() for window in held]), positive,
        cohorts.joined([cohort.inputs() for cohort in older]), np.concatenate([cohort.positive for cohort in older]),
        rules().value("model.leak", as_of))
    rivals = {name: told for name, told in drawn.items() if name not in ("model", "combined")}
    verdict = gate.decide(drawn["model"], rivals, error, suspects,
                          {key: float(value) for key, value in limits.items()}, drawn["combined"])
    return verdict, {
        "windows": [str(window.as_of) for window in held], "visits": len(positive), "found": int(positive.sum()),
        "error": error, "passed": verdict.passed, "reasons": list(verdict.reasons),
        "champion": champion[0] if champion else None, "suspects": [asdict(suspect) for suspect in suspects],
        "gains": {name: asdict(told) for name, told in verdict.gains.items()},
        "orders": {name: {key: asdict(value) for key, value in told.measured().items()}
                   for name, told in drawn.items()}}


def promote(db: Database, number: str, by: str, reason: str) -> dict[str, Any]:
    """Make a challenger the champion of its outcome; the one before retires. What the gate refused stays out."""
    with db.connection() as connection:
        lock_for_transaction(connection, "models")
        model = one(connection, number)
        if model["standing"] != "challenger":
            raise ScoringError(f"{number} is {model['standing']}, no challenger: {model['reason']}")
        if "points" not in model["measures"]:
            # It would retire the champion and rank nothing.
            raise ScoringError(f"{number} was trained before models ranked and has no points: huoyan models train "
                               f"makes one that has")
        for row in listed(connection):
            if row["outcome"] == model["outcome"] and row["standing"] == "champion":
                move(connection, row["model_id"], "retired", by, f"{number} took its place")
        move(connection, model["model_id"], "champion", by, reason)
        return one(connection, number)


def move(connection: Connection, model_id: int, standing: str, by: str, reason: str) -> None:
    """Add where a model stands from now on, and why."""
    connection.execute(q["move"], {"model_id": model_id, "standing": standing, "by": by,
                                   "reason": reason[:_LONGEST_REASON]})


def listed(connection: Connection) -> list[dict[str, Any]]:
    """Every model with where it stands, the newest first."""
    return [dict(row) for row in connection.execute(q["all"])]


def one(connection: Connection, number: str) -> dict[str, Any]:
    """One model with where it stands and all that became of it."""
    for row in listed(connection):
        if row["model_no"] == number:
            return row | {"moves": [dict(move) for move in connection.execute(q["moves"], {"model_no": number})]}
    raise UnknownModel(f"there is no model {number}: huoyan models list shows those there are")


def tables(connection: Connection, number: str) -> AdditiveModel:
    """The model itself."""
    row = connection.execute(q["content"], {"model_no": number}).fetchone()
    if row is None:
        raise UnknownModel(f"there is no model {number}: huoyan models list shows those there are")
    return AdditiveModel.from_dict(row["content"])


def _champion(connection: Connection, outcome: str) -> tuple[str, AdditiveModel, dt.date] | None:
    for row in listed(connection):
        if row["standing"] == "champion" and row["outcome"] == outcome:
            return row["model_no"], tables(connection, row["model_no"]), row["until_day"]
    return None


def _draws(window: Cohort, priority: Any, samples: int) -> Draws:
    teams = {team: number for number, team in enumerate(dict.fromkeys(window.team))}
    visits = Visits(window.day, window.positive, np.array([teams[team] for team in window.team], dtype=np.intp))
    return draws(visits, priority, np.random.default_rng(1), breaks=5, samples=samples)
