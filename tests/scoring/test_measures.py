"""How good an order of visits is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scoring.measures import NAMES, Visits, half_bounds, judge, judge_actual, measure, order_of, tenth_share, tied_share


def visits(positive: list[int], days: list[int] | None = None, teams: list[int] | None = None) -> Visits:
    size = len(positive)
    return Visits(np.array(days or range(size), dtype=np.int64), np.array(positive, dtype=bool),
                  np.array(teams or [0] * size, dtype=np.intp))


def named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, values.tolist(), strict=True))


def test_the_days_earlier_of_a_worked_example() -> None:
    # Visits on days 0, 0, 4, 9; the positives were met on days 4 and 9, and the order judged puts them first.
    told = named(measure(visits([0, 0, 1, 1], [0, 0, 4, 9]), np.array([3, 2, 0, 1])))
    assert told["days_earlier"] == pytest.approx(((9 - 0) + (4 - 0)) / 2)
    assert (told["first_half"], told["first_quarter"], told["auc"]) == (1, 0.5, 1)
    assert (told["precision_k"], told["recall_k"]) == (1, 0.5)


def test_within_its_own_caseload_a_team_keeps_its_slots() -> None:
    # The first team's positive is its last visit; the other team's order can't help it.
    told = named(measure(visits([0, 0, 0, 1], [0, 1, 2, 9], [1, 1, 0, 0]), np.array([3, 2, 1, 0])))
    assert told["own_days_earlier"] == 7
    assert told["days_earlier"] == 9
    assert told["own_auc"] == 1


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(found for found, _ in rows) < len(rows)))
def test_auc_is_that_of_scikit_learn(rows: list[tuple[bool, float]]) -> None:
    positive = np.array([found for found, _ in rows])
    noise = np.random.default_rng(1).permutation(len(rows)).astype(float)
    priority = np.array([score for _, score in rows])
    order = order_of(priority, noise)
    strict = np.empty(len(rows))
    strict[order] = np.arange(len(rows), 0, -1)
    told = named(measure(visits(positive.astype(int).tolist()), order))
    assert told["auc"] == pytest.approx(roc_auc_score(positive, strict))


def test_a_perfect_order_a_random_one_and_what_happened() -> None:
    rng = np.random.default_rng(3)
    positive = (rng.random(400) < 0.2).astype(int).tolist()
    window = visits(positive, sorted(rng.integers(0, 60, 400).tolist()))
    perfect = judge(window, np.array(positive, dtype=float), np.random.default_rng(1), breaks=5, samples=50)
    chance = judge(window, None, np.random.default_rng(1), breaks=30, samples=50)
    actual = judge_actual(window, np.random.default_rng(1), samples=50)
    assert perfect["first_quarter"].value == perfect["auc"].value == 1
    assert chance["first_half"].value == pytest.approx(0.5, abs=0.05)
    assert chance["first_half"].low < 0.5 < chance["first_half"].high
    assert actual["days_earlier"].value == 0
    assert perfect["days_earlier"].value > 10


def test_the_same_seed_gives_the_same_figures() -> None:
    window = visits([0, 1] * 20)
    first, second = (judge(window, None, np.random.default_rng(5), breaks=3, samples=10) for _ in range(2))
    assert first == second


def test_ties_are_told() -> None:
    assert tied_share(np.array([1.0, 1.0, 2.0, 3.0])) == 0.5
    assert half_bounds(visits([1, 0, 1, 0]), np.zeros(4)) == (0.0, 1.0)


def test_the_share_of_risky_units_in_the_first_tenth() -> None:
    risky = np.zeros(100, dtype=bool)
    risky[:10] = True
    ranking = -np.arange(100, dtype=float)
    assert tenth_share(risky, ranking, np.random.default_rng(1), breaks=3, samples=20).value == 1
    chance = tenth_share(risky, None, np.random.default_rng(1), breaks=200, samples=20)
    assert chance.value == pytest.approx(0.1, abs=0.03)
