"""From past visits in the database to a model."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from scoring import cohorts, learning, reasons
from scoring.additive import Inputs
from scoring.cohorts import Cohort
from scoring.errors import ScoringError
from store import Database
from tests.scoring.scene import Scene

AS_OF = dt.date(2026, 3, 1)


def record(db: Database) -> list[Cohort]:
    """Two hundred units visited four times a year; a third of them are bad, and one team in two is strict."""
    rng = np.random.default_rng(5)
    with db.connection() as connection:
        scene = Scene(connection)
        units = [scene.unit(f"U{number:03d}", kind="hotel" if number % 3 == 0 else "office") for number in range(200)]
        for quarter in range(7):
            for number, unit in enumerate(units):
                day = dt.date(2024, 6, 1) + dt.timedelta(days=91 * quarter + number % 80)
                strict = (number + quarter) % 2 == 0
                chance = (.5 if number % 3 == 0 else .08) * (1.5 if strict else .5)
                scene.visit(unit, str(day), *(["critical"] if rng.random() < chance else []),
                            team="strict" if strict else "mild")
    with db.connection() as connection:
        found = [cohorts.load(connection, first, until, "critical")
                 for first, until in cohorts.before(connection, AS_OF, days=60, most=30)]
    return [cohort for cohort in found if cohort]


def test_a_model_learns_from_the_record_and_says_why_one_unit_stands_above_another(db: Database) -> None:
    past = record(db)
    assert [cohort.until for cohort in past][:-1] == [cohort.as_of for cohort in past][1:]
    trained = learning.train(past, AS_OF, "critical")
    assert (trained.visits, trained.until) == (1400, AS_OF)
    newest = past[-1]
    inputs = learning.seen(newest.inputs(), AS_OF)
    told = trained.model.probability(inputs)
    hotel = np.array([kind == "hotel" for kind in inputs.words["kind"]])
    assert told[hotel].min() > told[~hotel].mean()
    assert abs(told.mean() - .22) < .08
    assert trained.model.teams["strict"] > trained.model.teams["mild"]
    above, below = int(np.argmax(told)), int(np.argmin(told))
    zh, en = reasons.why_above(trained.model, inputs, above, below, AS_OF, name_above="甲", name_below="乙")
    assert zh.startswith("甲的模型风险")
    assert "mostly because of" in en
    assert "\n" not in zh + en
    zh, _ = reasons.why_above(trained.model, inputs, below, above, AS_OF, name_above="乙", name_below="甲")
    assert "不高于" in zh


def test_a_model_never_learns_from_a_stretch_that_has_not_ended(db: Database) -> None:
    past = record(db)
    early = past[-3].until
    whole = learning.train(past, early, "critical")
    assert whole.model.as_dict() == learning.train(past[:-2], early, "critical").model.as_dict()
    assert whole.until == early


def test_too_thin_a_record_gives_no_model(db: Database) -> None:
    with pytest.raises(ScoringError, match="too few to learn from"):
        learning.train(record(db)[:1], AS_OF, "critical")


def test_names_of_features_are_told_in_the_fields_terms() -> None:
    assert reasons.name("near_ratio", AS_OF)[0] == "周边单位问题与通常之比"
    assert reasons.name("attribute:tier_ratio", AS_OF) == ("登记项“tier”", "register “tier”")
    assert reasons.name("something_else", AS_OF)[1] == "something else"
    inputs = Inputs({"last_result": np.array([1.0, np.nan]), "x": np.array([1.23456, 2])}, {}, 2)
    assert reasons.shown(inputs, "last_result", 0)[1] == "hazards_corrected"
    assert reasons.shown(inputs, "last_result", 1)[1] == "not known"
    assert reasons.shown(inputs, "x", 0)[0] == "1.23"
