"""The gate and the register of models."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

from huoyan.commands import models as commands
from policy import rules
from scoring import cohorts, gate, models
from scoring.additive import Inputs
from scoring.cohorts import Cohort
from scoring.errors import ScoringError
from scoring.leaks import Suspect
from scoring.measures import NAMES, Draws
from store import Database
from tests.scoring.scene import Scene

AS_OF = dt.date(2026, 3, 1)
LIMITS = {"margin": .01, "error": .05}


def district(scene: Scene) -> None:
    """Units of two kinds; what sets the bad ones apart is an attribute that no scorecard knows."""
    rng = np.random.default_rng(11)
    for number in range(400):
        unit = scene.unit(f"U{number:03d}", kind="office", attributes={"tier": "low" if number % 3 else "high"})
        for half in range(4):
            day = dt.date(2024, 7, 1) + dt.timedelta(days=150 * half + (number * 7) % 145)
            bad = rng.random() < (.07 if number % 3 else .32)
            scene.visit(unit, str(day), *(["critical"] if bad else []), team=f"team {(number + half) % 2}")


def area(value: float, spread: float = .01) -> Draws:
    """Draws of an order whose AUC is ``value``."""
    samples = np.full((200, len(NAMES)), .5)
    samples[:, NAMES.index("auc")] = value + np.random.default_rng(1).normal(0, spread, 200)
    means = np.full(len(NAMES), .5)
    means[NAMES.index("auc")] = value
    return Draws(means, samples)


@pytest.mark.parametrize(("rival", "error", "suspects", "sentence"), [
    (.60, .01, [], None),
    (.665, .01, [], "its AUC is +0.005"),
    (.70, .01, [], "its AUC is -0.030"),
    (.60, .08, [], "its calibration error is 0.080"),
    (.60, .01, [Suspect("attribute:x", .9, .5, .2)], "attribute:x seems to know the result"),
])
def test_the_gate_opens_only_for_what_is_better_calibrated_and_honest(
        rival: float, error: float, suspects: list[Suspect], sentence: str | None) -> None:
    told = gate.decide(area(.67), {"scorecard": area(rival)}, error, suspects, LIMITS)
    assert told.passed == (sentence is None)
    if sentence:
        assert sentence in "; ".join(told.reasons)


def test_a_lead_that_may_be_chance_does_not_open_the_gate() -> None:
    noisy = area(.62)
    rival = replace(noisy, value=noisy.value - .02, samples=area(.60, .05).samples[::-1])
    assert not gate.decide(noisy, {"scorecard": rival}, .01, [], LIMITS).passed


def shuffled(cohort: Cohort, number: int) -> Cohort:
    return replace(cohort, positive=np.random.default_rng(number).permutation(cohort.positive))


def test_the_gate_refuses_what_learnt_from_shuffled_results(db: Database) -> None:
    with db.connection() as connection:
        district(Scene(connection))
    settled = models.train(db, AS_OF, "critical", "wang")
    assert settled["standing"] == "challenger", settled["reason"]
    days = rules().value("model.cohorts", AS_OF)["days"]
    with db.connection() as connection:
        past = [cohort for first, until in cohorts.before(connection, AS_OF, days=days, most=30)
                if (cohort := cohorts.load(connection, first, until, "critical", until))]
    verdict, measures = models.judge([shuffled(cohort, at) for at, cohort in enumerate(past)], AS_OF, "critical", None)
    assert not verdict.passed
    told = measures["orders"]["model"]["auc"]
    assert told["low"] < .5 < told["high"]


def test_a_model_is_kept_as_it_was_and_only_what_becomes_of_it_is_added(db: Database) -> None:
    with db.connection() as connection:
        district(Scene(connection))
    first = models.train(db, AS_OF, "critical", "wang")
    with db.connection() as connection:
        tables = models.tables(connection, first["model_no"])
    assert models.promote(db, first["model_no"], "li", "trial run")["standing"] == "champion"
    second = models.train(db, AS_OF, "critical", "wang")
    assert (first["model_no"], second["model_no"]) == ("M20260301-critical", "M20260301-critical-2")
    # The champion has learnt from the windows that are held back: it is not compared on them.
    assert set(second["measures"]["orders"]) == {"model", "combined", "scorecard"}
    assert models.promote(db, second["model_no"], "li", "newer")["standing"] == "champion"
    with db.connection() as connection:
        old = models.one(connection, first["model_no"])
        again = models.tables(connection, first["model_no"])
    assert [move["standing"] for move in old["moves"]] == ["challenger", "champion", "retired"]
    assert again.as_dict() == tables.as_dict()
    inputs = Inputs({}, {}, 1)
    assert again.log_odds(inputs) == tables.log_odds(inputs)
    with pytest.raises(ScoringError, match="is retired, no challenger"):
        models.promote(db, first["model_no"], "li", "back")
    with pytest.raises(psycopg.errors.RestrictViolation), db.connection() as connection:
        connection.execute("update models set visits = 1")


def test_the_commands_tell_of_models_and_refuse_in_sentences(db: Database, dsn: str,
                                                             monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", dsn)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> str:
        return CliRunner().invoke(commands.show_models, list(words), catch_exceptions=False).output

    with pytest.raises(ScoringError, match="too few to learn from"):
        run("train", "--as-of", str(AS_OF), "--outcome", "critical")
    with pytest.raises(ScoringError, match="there is no model M1"):
        run("show", "M1")
    with db.connection() as connection:
        district(Scene(connection))
    assert "Gate: open" in run("train", "--as-of", str(AS_OF), "--outcome", "critical")
    assert "challenger" in run("list")
    assert "is champion" in run("promote", "M20260301-critical", "--reason", "better for three windows")
    shown = run("show", "M20260301-critical")
    for sentence in ("champion by", "better for three windows", "tier", "Data cut: visits from",
                     "AUC against scorecard", "no probability of a fire", "more is never less risk",
                     "Weights: the inverse", "not audited yet"):
        assert sentence in shown, sentence
    assert "held-back windows" in run("compare", "M20260301-critical", "M20260301-critical")
    with pytest.raises(ScoringError, match="is champion, no challenger"):
        run("promote", "M20260301-critical", "--reason", "again")
    with pytest.raises(ScoringError, match="needs a reason"):
        run("promote", "M20260301-critical", "--reason", " ")


def test_a_challenger_that_has_no_points_takes_no_champion_s_place(db: Database) -> None:
    with db.connection() as connection:
        for number, measures in (("old", "{}"), ("new", '{"points": {}}')):
            row = connection.execute(
                "insert into models (model_no, outcome, trained_for, first_day, until_day, visits, positives, "
                "policy_version, features, content, measures) values (%s, 'serious', '2026-03-01', '2025-03-01', "
                "'2026-03-01', 1, 1, 'x', '{}', '{}', %s) returning model_id", [number, measures]).fetchone()
            assert row
            models.move(connection, row["model_id"], "challenger", "wang", "passed")
    models.promote(db, "new", "li", "trial run")
    with pytest.raises(ScoringError, match="old was trained before models ranked"):
        models.promote(db, "old", "li", "back to what we knew")
    with db.connection() as connection:
        assert {row["model_no"]: row["standing"] for row in models.listed(connection)} == {
            "new": "champion", "old": "challenger"}
