"""Weighing a record by other probabilities: right on average, with intervals that cover as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from sampling import counterfactual
from sampling.counterfactual import Draw, weigh

UNITS, DAYS, TIMES = 200, 45, 100


def _drawn(p, rng):
    """Places of units taken with just these probabilities: systematic sampling of a random order, as fixed in size."""
    order = rng.permutation(len(p))
    steps = np.floor(np.cumsum(p[order]) + rng.random()).astype(int)
    return order[np.diff(np.concatenate(([0], steps))) > 0]


def _policy(rng, weights, size):
    """Probabilities of each day; a third of the units can't be drawn on any one day."""
    made = []
    for day_size, free in zip(size, rng.random((DAYS, UNITS)) < 2 / 3, strict=True):
        weight = weights * free
        made.append(np.minimum(1.0, day_size * weight / weight.sum()))
    return made


@pytest.fixture(scope="module")
def world():
    """Units of four classes with hazards that stand; a record's rules, and rules that are steeper with more visits."""
    rng = np.random.default_rng(11)
    risk = rng.choice(4, UNITS, p=[.6, .25, .1, .05])
    hazards = rng.poisson(np.array([.1, .3, .8, 1.6])[risk])
    found = np.column_stack([rng.binomial(hazards, .3), hazards]).astype(float)
    size = 1.0 + 2.0 * rng.random(DAYS)
    recorded = _policy(np.random.default_rng(5), np.array([1, 2, 4, 8.])[risk], size)
    asked = _policy(np.random.default_rng(5), np.array([1, 2, 8, 20.])[risk], 1.2 * size)
    return recorded, asked, found


def _record(recorded, asked, found, rng):
    return [Draw(p, q, at, found[at]) for p, q in zip(recorded, asked, strict=True) for at in [_drawn(p, rng)]]


def test_the_estimate_is_right_on_average_and_its_interval_covers_what_the_rules_asked_really_find(world, monkeypatch):
    monkeypatch.setattr(counterfactual, "_SAMPLES", 200)
    recorded, asked, found = world
    rng = np.random.default_rng(3)
    # The rules asked, really carried out; and what that comes to on average.
    carried = np.array([sum(found[_drawn(q, rng)].sum(axis=0) for q in asked) for _ in range(TIMES)])
    truth, before = sum(q @ found for q in asked), sum(p @ found for p in recorded)
    assert np.abs(carried.mean(axis=0) - truth).max() < 4 * (carried.std(axis=0) / np.sqrt(TIMES)).max()
    values, naive, covered = [], [], np.zeros((3, 2))
    for seed in range(TIMES):
        told = weigh(_record(recorded, asked, found, rng), most=10, seed=seed)
        values.append([(one.expected.value, one.plain.value) for one in told.findings])
        naive.append([1.2 * one.found for one in told.findings])
        for kind, one in enumerate(told.findings):
            for row, (figure, true) in enumerate(((one.expected, truth[kind]), (one.plain, truth[kind]),
                                                  (one.difference, truth[kind] - before[kind]))):
                covered[row, kind] += figure.low <= true <= figure.high
    mean, error = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(TIMES)
    assert np.all(np.abs(mean - truth[:, None]) < 4 * error)
    assert np.abs(mean[1] - truth[1]).max() < 0.05 * truth[1]
    assert np.mean(naive, axis=0)[1] < 0.9 * truth[1], "more visits by the same rules would be another answer"
    assert error[1, 0] < error[1, 1], "normalised, it varies less"
    assert covered.min() / TIMES > 0.88
    assert covered.mean() / TIMES < 0.99


def test_the_same_rules_give_back_what_was_found_exactly(world):
    recorded, _, found = world
    told = weigh(_record(recorded, recorded, found, np.random.default_rng(1)), most=10, seed=1)
    for one in told.findings:
        assert one.expected.value == one.plain.value == one.found > 0
        assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)
        assert one.expected.low < one.found < one.expected.high
        assert one.expected_per_100.value == pytest.approx(one.found_per_100)
    assert told.support == pytest.approx(1)
    assert (told.never, told.cut) == (0, 0)
    assert told.effective == pytest.approx(told.visits)


def test_a_fifth_more_of_all_is_a_fifth_more_found_and_costs_no_evidence(world):
    recorded, _, found = world
    more = [1.2 * p for p in recorded]
    told = weigh(_record(recorded, more, found, np.random.default_rng(1)), most=10, seed=1)
    one = told.findings[1]
    assert one.expected.value == pytest.approx(1.2 * one.found)
    assert one.difference.low > 0, "all of it is a share of what was found"
    assert told.effective == pytest.approx(told.visits)


def test_what_the_record_never_or_hardly_drew_is_told_and_not_made_up(world):
    recorded, _, found = world
    rng = np.random.default_rng(1)
    hidden = [np.where(np.arange(UNITS) < 30, 0.0, p) for p in recorded]
    told = weigh(_record(hidden, recorded, found, rng), most=10, seed=1)
    assert told.never == pytest.approx(sum(p[:30].sum() for p in recorded) / sum(p.sum() for p in recorded))
    assert told.support == pytest.approx(1 - told.never)
    seldom = [np.where(np.arange(UNITS) < 30, p / 1000, p) for p in recorded]
    bounded = weigh(_record(seldom, recorded, found, rng), most=10, seed=1)
    assert bounded.never == 0
    assert bounded.support == pytest.approx(told.support, abs=0.01)
    assert bounded.effective > 0.8 * bounded.visits, "no visit may count a thousand times"


def test_nothing_found_is_no_proof_of_nothing(world):
    recorded, asked, found = world
    told = weigh(_record(recorded, asked, np.zeros_like(found), np.random.default_rng(1)), most=10, seed=1)
    one = told.findings[0]
    assert (one.found, one.expected.value, one.expected.low) == (0, 0, 0)
    assert one.expected.high > 2
    assert 0 < one.expected_per_100.high < 10
