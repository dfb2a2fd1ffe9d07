"""Pareto pi-ps: wanted probabilities, tuned odds, and that tuned odds really draw with them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.pareto import inclusion, tuned, wanted

levels = st.lists(st.tuples(st.floats(1e-4, 1e3), st.integers(1, 30)), min_size=1, max_size=7,
                  unique_by=lambda row: row[0]).map(sorted)


@given(levels, st.data())
def test_wanted_probabilities_rise_with_weight_stay_under_one_and_sum_to_the_size(rows, data):
    weights, counts = [w for w, _ in rows], [m for _, m in rows]
    size = data.draw(st.integers(0, sum(counts)))
    p = wanted(weights, counts, size)
    assert all(0 <= one <= 1 for one in p)
    assert all(a <= b for a, b in itertools.pairwise(p))
    assert math.isclose(sum(one * m for one, m in zip(p, counts, strict=True)), size, abs_tol=1e-9)
    assert size == 0 or min(p) > 0, "every unit keeps a chance"
    assert p == verify.wanted_probabilities(rows, size), "the second implementation gives the same doubles"


@settings(max_examples=60, deadline=None)
@given(levels, st.data())
def test_tuned_odds_draw_with_the_wanted_probabilities_and_rise_with_them(rows, data):
    weights, counts = [w for w, _ in rows], [m for _, m in rows]
    size = data.draw(st.integers(0, min(sum(counts), 12)))
    p = wanted(weights, counts, size)
    odds = tuned(tuple(p), tuple(counts), size)
    free = [k for k, one in enumerate(p) if 0 < one < 1]
    if not free:
        assert set(odds) <= {0.0}
        return
    left = size - sum(m for one, m in zip(p, counts, strict=True) if one == 1)
    true = inclusion(np.array([odds[k] for k in free]), np.array([counts[k] for k in free]), left)
    assert true == pytest.approx([p[k] for k in free], rel=1e-7)
    # Two weights may lie so near each other that no double stands between their odds: then they are equal.
    assert all(odds[a] < odds[b] or (odds[a] == odds[b] and p[b] - p[a] <= 1e-12 * p[b])
               for a, b in itertools.pairwise(free))
    second = verify.inclusion([odds[k] for k in free], [counts[k] for k in free], left)
    assert second == pytest.approx(true, rel=1e-6)


def test_two_units_and_one_place_have_the_textbook_probability():
    # With odds a > b, P(first wins) = (r**2 - r - r ln r) / (r - 1)**2 for r = a / b.
    for first, second in ((7 / 3, 3 / 7), (9.0, 1 / 9), (2.0, 1.0)):
        r = first / second
        exact = (r * r - r - r * math.log(r)) / (r - 1) ** 2
        assert inclusion(np.array([second, first]), np.array([1, 1]), 1)[1] == pytest.approx(exact, abs=1e-10)


def test_plain_odds_are_far_off_for_two_units_which_is_why_they_are_tuned():
    plain = inclusion(np.array([3 / 7, 7 / 3]), np.array([1, 1]), 1)
    assert plain[1] == pytest.approx(0.758, abs=0.001)
    assert inclusion(np.array(tuned((0.3, 0.7), (1, 1), 1)), np.array([1, 1]), 1)[1] == pytest.approx(0.7, abs=1e-9)


def test_units_of_one_weight_are_drawn_by_plain_chance():
    assert tuned((0.25,), (8,), 2) == (0.25 / 0.75,)


@pytest.mark.parametrize(("weights", "counts", "size"), [
    ([1e-7, 1.0], [1, 1], 1), ([1e-9, 1.0], [2, 2], 2), ([1e-8, 1e-7, 1.0], [2, 1, 1], 1), ([1.0, 9999.0], [1, 1], 1),
    ([1e-9, 1.0], [1, 3], 3), ([1e-6, 1e-3, 1.0], [34, 20, 2], 10), ([0.5, 0.7], [1000, 84], 12),
    # 2 * 0.3 is one bit below 3 * 0.1 + 0.3: not quite certain, with odds of 4.5e15.
    ([0.1, 0.3], [3, 1], 2),
])
def test_odds_are_found_where_one_unit_is_nearly_certain_and_another_nearly_impossible(weights, counts, size):
    p = wanted(weights, counts, size)
    odds = tuned(tuple(p), tuple(counts), size)
    steps = [{"units": m, "high": chance, "odds_high": value} for m, chance, value in zip(counts, p, odds, strict=True)]
    verify.check_odds("s", steps, "high", "odds_high", size)
    free = [k for k, chance in enumerate(p) if 0 < chance < 1]
    rest = size - sum(m for m, chance in zip(counts, p, strict=True) if chance == 1)
    true = inclusion(np.array([odds[k] for k in free]), np.array([counts[k] for k in free]), rest)
    assert max(abs(a / p[k] - 1) for a, k in zip(true, free, strict=True)) < 1e-6
