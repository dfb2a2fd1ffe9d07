"""Whether each champion still deserves its place: what has drifted past its limit is demoted, and why is kept.

A demoted model stays demoted: only a new training makes a challenger. Until one is promoted the scorecard ranks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np

from policy import rules
from policy.clocks import legal_day
from scoring import cohorts, drift, features, learning, models
from scoring.additive import AdditiveModel, Floats, Inputs, sigmoid
from scoring.audit import placed
from scoring.cohorts import Cohort
from scoring.drift import Drift
from store import Database, lock_for_transaction
from store.database import Connection


def check(db: Database, as_of: dt.date, by: str) -> list[dict[str, Any]]:
    """Look at the champion of each outcome as of a day; one that passed a limit is demoted with every reason."""
    found = []
    with db.connection() as connection:
        lock_for_transaction(connection, "models")
        for row in models.listed(connection):
            if row["standing"] != "champion" or row["until_day"] > as_of:
                continue
            told = measured(connection, as_of, row)
            if told.reasons:
                models.move(connection, row["model_id"], "demoted", by, "; ".join(told.reasons))
            found.append({"model": row["model_no"], "outcome": row["outcome"], "drift": told,
                          "standing": "demoted" if told.reasons else "champion"})
    return found


def measured(connection: Connection, as_of: dt.date, row: Mapping[str, Any]) -> Drift:
    """The drift of a champion as of a day, from what was known before it."""
    limits = rules().value("model.drift", as_of)
    model = models.tables(connection, row["model_no"])
    settings = rules().value("model.cohorts", as_of)
    stretches = [stretch for stretch in cohorts.before(connection, as_of, days=settings["days"], most=settings["most"])
                 if stretch[0] >= row["until_day"]]
    later = [cohort for cohort in cohorts.load_all(connection, stretches, row["outcome"]) if cohort]
    promoted = legal_day(row["moved_at"])
    told = [model.log_odds(cohort.inputs()) for cohort in later]
    kept = drift.kept(_joined([sigmoid(log_odds + model.strictness(cohort.team))
                               for cohort, log_odds in zip(later, told, strict=True)]),
                      _flags([cohort.positive for cohort in later]), _units(later), limits)
    since = [(cohort.sample(drawn), placed(log_odds, np.ones(len(cohort)))[drawn])
             for cohort, log_odds in zip(later, told, strict=True)
             if cohort.as_of >= promoted and (drawn := np.array([arm == "random" for arm in cohort.arm])).any()]
    lift = drift.lift(_joined([place for _, place in since]), _flags([cohort.positive for cohort, _ in since]),
                      _units([cohort for cohort, _ in since]), limits)
    return drift.judge(kept, _moved(connection, model, row["until_day"], as_of, limits), lift, limits)


def _moved(connection: Connection, model: AdditiveModel, until: dt.date, as_of: dt.date, limits: Mapping[str, Any],
           ) -> drift.Moved:
    """All active units on the day of training and now: visited ones are no random lot, and would look like drift."""
    before, now = (learning.seen(Inputs.of(features.load(connection, day)), day) for day in (until, as_of))
    pairs = {shape.feature: (shape.table[shape.codes(before)], shape.table[shape.codes(now)])
             for shape in model.shapes}
    widest = sorted(pairs, key=lambda name: float(-pairs[name][0].std()) if before.size else 0.0)
    return drift.moved(model.log_odds(before), model.log_odds(now),
                       {name: pairs[name] for name in widest[:int(limits["features"])]}, limits)


def _joined(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty(0)


def _flags(parts: list[Any]) -> Any:
    return np.concatenate(parts) if parts else np.empty(0, dtype=bool)


def _units(parts: list[Cohort]) -> Any:
    return np.concatenate([cohort.table.unit_id[cohort.place] for cohort in parts]) if parts else np.empty(
        0, dtype=np.int64)
