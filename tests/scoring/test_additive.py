"""The additive model and its fit: pure, on arrays."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring import fitting, starting
from scoring.additive import AdditiveModel, Inputs, sigmoid
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.fitting import Penalties, Rows
from scoring.weighting import weigh

PENALTIES = Penalties(bins=16, step=50, slope=10, unknown=20, team=10, card=1)


def rows(seed: int = 1, size: int = 6000) -> tuple[Rows, np.ndarray]:
    """Visits whose truth is additive: a rising number that is at times not known, a category, noise, a strict team."""
    rng = np.random.default_rng(seed)
    rising = np.where(rng.random(size) < .2, np.nan, rng.gamma(2, 2, size))
    kind = rng.choice(["hotel", "office"], size)
    team = rng.choice(["strict", "mild"], size)
    truth = -2 + .5 * np.nan_to_num(np.log1p(rising), nan=.3) + .8 * (kind == "hotel")
    found = rng.random(size) < sigmoid(truth + np.where(team == "strict", .8, -.8))
    inputs = Inputs({"rising": rising, "noise": rng.normal(size=size), "still": np.ones(size)},
                    {"kind": kind.tolist()}, size)
    return Rows(inputs, found, team.tolist(), np.ones(size)), truth


def test_the_fit_finds_what_the_rows_were_made_of_and_leaves_the_teams_out() -> None:
    made, truth = rows()
    model = fitting.fit(made, {"rising": 1}, PENALTIES)
    told = model.log_odds(made.inputs)
    assert np.corrcoef(told, truth)[0, 1] > .95
    assert model.teams["strict"] - model.teams["mild"] == pytest.approx(1.6, abs=.3)
    assert sorted(shape.feature for shape in model.shapes) == ["kind", "noise", "rising"]
    noise = next(shape for shape in model.shapes if shape.feature == "noise")
    assert np.ptp(noise.table) < .5


def test_contributions_and_base_sum_to_the_log_odds() -> None:
    made, _ = rows()
    model = fitting.fit(made, {"rising": 1}, PENALTIES)
    parts = model.contributions(made.inputs)
    assert np.abs(parts.sum(axis=1) + model.base - model.log_odds(made.inputs)).max() < 1e-9
    np.testing.assert_array_equal(sigmoid(model.log_odds(made.inputs)), model.probability(made.inputs))


def test_from_a_few_visits_the_fit_tells_the_scorecard_and_from_many_what_they_show() -> None:
    def card(feature: str, inputs: Inputs) -> np.ndarray | None:
        return 8 * (np.array(inputs.words["kind"]) == "hotel") if feature == "kind" else None

    few, many = rows(seed=4, size=150)[0], rows(seed=4)[0]
    wide, held = (fitting.fit(few, {}, PENALTIES, points).log_odds(many.inputs)
                  for points in (lambda feature, inputs: None, card))
    hotel = np.array(many.inputs.words["kind"]) == "hotel"
    assert held[hotel].mean() - held[~hotel].mean() > wide[hotel].mean() - wide[~hotel].mean() + .2
    # A card that has it the wrong way round is scaled to nothing.
    wrong = fitting.fit(many, {}, PENALTIES, lambda feature, inputs: -card(feature, inputs) if feature == "kind"
                        else None)
    plain = fitting.fit(many, {}, PENALTIES)
    np.testing.assert_allclose(wrong.log_odds(many.inputs), plain.log_odds(many.inputs), atol=5e-3)


def test_points_against_the_known_direction_are_no_start() -> None:
    made, _ = rows(size=800)
    falling = fitting.fit(made, {"rising": 1}, PENALTIES, lambda feature, inputs: (
        np.nan_to_num(-inputs.numbers["rising"]) if feature == "rising" else None))
    table = next(shape for shape in falling.shapes if shape.feature == "rising").table[1:]
    assert (np.diff(table) >= -1e-9).all()


def test_the_scorecard_gives_a_model_the_points_that_it_gives_a_unit() -> None:
    card = Card.on(dt.date(2026, 3, 2))
    given = starting.points(card)
    inputs = Inputs({"credit_list": np.array([2.0, np.nan]), "overdue_hazards": np.array([2.0, np.nan])},
                    {"kind": ["hotel", "no such kind"]}, 2)
    lines = {feature: card.line(feature) for feature in ("credit_list", "overdue_hazards", "kind")}
    expected = {"credit_list": lines["credit_list"].points_of_words(("serious", "none")),
                "overdue_hazards": lines["overdue_hazards"].points(inputs.numbers["overdue_hazards"]),
                "kind": lines["kind"].points_of_words(("hotel", "no such kind"))}
    for feature, told in expected.items():
        np.testing.assert_array_equal(given(feature, inputs), told)
    assert given("no such feature", inputs) is None


@pytest.mark.parametrize("direction", [1, -1])
def test_a_known_direction_is_never_turned_round(direction: int) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=4000)
    # The truth goes up, then down again.
    made = Rows(Inputs({"x": values}, {}, 4000), rng.random(4000) < sigmoid(1 - values**2), ["t"] * 4000, np.ones(4000))
    bent = fitting.fit(made, {}, PENALTIES).shapes[0].table[1:]
    table = fitting.fit(made, {"x": direction}, PENALTIES).shapes[0].table[1:]
    assert np.diff(bent).min() < 0 < np.diff(bent).max()
    assert (direction * np.diff(table)).min() >= 0


def test_the_same_rows_give_the_same_model_and_its_file_gives_it_back() -> None:
    made, _ = rows()
    model = fitting.fit(made, {"rising": 1}, PENALTIES)
    again = fitting.fit(made, {"rising": 1}, PENALTIES)
    assert model.as_dict() == again.as_dict()
    read = AdditiveModel.from_dict(json.loads(json.dumps(model.as_dict())))
    np.testing.assert_array_equal(read.log_odds(made.inputs), model.log_odds(made.inputs))


@pytest.mark.parametrize("change", [
    {"form": "pickle"}, {"shapes": [{"feature": "x", "edges": [1, 0], "words": [], "table": [0, 0, 0, 0]}]},
    {"shapes": [{"feature": "x", "edges": [], "words": [], "table": [0, float("nan")]}]},
    {"shapes": [{"feature": "x", "edges": [1], "words": [], "table": [0, 0]}]}, {"base": "much"}, {"teams": 3}])
def test_a_malformed_model_is_refused_in_a_sentence(change: dict[str, object]) -> None:
    told = {"form": "huoyan additive model 1", "base": 0.0, "teams": {}, "shapes": []}
    assert AdditiveModel.from_dict(told).base == 0
    with pytest.raises(ScoringError, match="no additive model"):
        AdditiveModel.from_dict(told | change)


def test_what_a_model_never_saw_counts_as_not_known() -> None:
    made, _ = rows()
    model = fitting.fit(made, {}, PENALTIES)
    bare = model.contributions(Inputs({}, {"kind": ["palace"]}, 1))[0]
    assert bare.tolist() == [shape.table[0] for shape in model.shapes]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.one_of(st.just(float("nan")), st.floats(.001, 1)), min_size=1, max_size=50), st.floats(1, 20))
def test_weights_have_mean_one_and_trimming_is_told(probabilities: list[float], most: float) -> None:
    told = weigh(np.array(probabilities), unrecorded=1, most=most)
    assert told.weight.mean() == pytest.approx(1)
    assert told.recorded == int(np.isfinite(probabilities).sum())
    assert 0 <= told.trimmed_share < 1
    assert (told.trimmed == 0) == (told.trimmed_share == 0)
    assert 0 < told.effective <= len(probabilities) + 1e-6


def test_a_visit_drawn_with_a_small_chance_stands_for_many() -> None:
    told = weigh(np.array([1, .1, .001]), unrecorded=1, most=2)
    assert told.weight[1] / told.weight[0] == pytest.approx(10)
    assert (told.trimmed, round(told.trimmed_share, 2)) == (1, round((1000 - 2 * 1011 / 3) / 1011, 2))
