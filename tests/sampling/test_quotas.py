"""Ratios, their floors, and the rules that must not contradict each other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy import RuleBook
from sampling.errors import RatioError
from sampling.parameters import CLASSES, Parameters
from sampling.population import Lift
from sampling.quotas import Counted, effective, quotas, targeted_weight
from sampling.share import kept_random, needed, stretched, tau
from tests.sampling.city import MONDAY

RULES = Path(__file__).parents[2] / "policy" / "rules"
numbers = st.fixed_dictionaries({c: st.integers(0, 5000) for c in CLASSES})


@given(numbers, st.lists(st.floats(0.001, 1), min_size=4, max_size=4), st.floats(0, 1))
def test_raised_ratios_reach_the_total_keep_their_order_and_stay_under_one(units, ratios, total):
    base = dict(zip(CLASSES, sorted(ratios), strict=True))
    found = effective(base, units, total)
    row = [found[c] for c in CLASSES]
    assert row == sorted(row)
    assert all(base[c] <= found[c] * (1 + 1e-12) and found[c] <= 1 for c in CLASSES)
    everyone = sum(units.values())
    assert sum(found[c] * units[c] for c in CLASSES) >= total * everyone * (1 - 1e-9)


def test_general_units_reach_twenty_percent_though_their_classes_ask_for_six():
    base = {"A": 0.02, "B": 0.05, "C": 0.2, "D": 1.0}
    found = effective(base, {"A": 700, "B": 220, "C": 60, "D": 20}, 0.2)
    assert found["D"] == 1
    assert sum(found[c] * n for c, n in (("A", 700), ("B", 220), ("C", 60), ("D", 20))) == pytest.approx(200)
    assert found["B"] / found["A"] == pytest.approx(2.5), "classes keep their proportion until one is full"


def test_a_class_that_met_its_ratio_keeps_a_floor_and_never_weighs_less_than_a_lower_class():
    counted = {("general", "A"): Counted(100, 0, 100), ("general", "C"): Counted(10, 10, 0)}
    found = quotas(counted, Parameters.on(MONDAY), 200, 250)
    weights = [found["general", c].first for c in CLASSES]
    assert weights == sorted(weights)
    assert all(weight > 0 for weight in weights)
    assert found["general", "C"].remaining == 0


@given(st.floats(0, 100), st.floats(0, 100), st.sampled_from(CLASSES), st.sampled_from(CLASSES))
def test_the_targeted_weight_never_falls_as_score_or_class_rise(one, two, first, second):
    rules = Parameters.on(MONDAY)
    low, high = sorted((one, two))
    lower, upper = sorted((first, second))
    assert targeted_weight(lower, low, rules) <= targeted_weight(upper, high, rules)
    assert 0 < targeted_weight(lower, None, rules) <= targeted_weight(lower, low, rules)


def test_tau_starts_at_its_start_and_moves_only_on_evidence():
    bounds = {"start": 0.3, "floor": 0.1, "ceiling": 0.6, "full_lift": 3.0, "min_results": 60, "top_share": 0.33}
    assert tau(None, bounds) == 0.3
    assert tau(Lift(59, 5, 5), bounds) == 0.3, "too few results show nothing"
    assert tau(Lift(60, 1.2, 0.9), bounds) == 0.1, "no lift shown: the floor"
    assert tau(Lift(60, 2.5, 2.0), bounds) == pytest.approx(0.35)
    assert tau(Lift(500, 9, 8), bounds) == 0.6
    lifts = [tau(Lift(100, x, x), bounds) for x in (0, 0.5, 1, 1.5, 2, 3, 4)]
    assert lifts == sorted(lifts)


def test_the_random_arm_keeps_what_the_city_wide_rate_needs():
    assert kept_random(0.6, 10, 1.5, 0.1) == 0.6
    assert kept_random(0.6, 2, 1.5, 0.1) == pytest.approx(0.25)
    assert kept_random(0.6, 1.2, 1.5, 0.1) == 0.1, "never under the floor"
    assert kept_random(0.6, 0, 1.5, 0.1) == 0.6


@pytest.mark.parametrize(("units", "precision", "a_year"), [
    # 0.9604 / 0.05**2 = 384.16 of a city without end, and of 10,000 and 1,000 units as tables of sample sizes have it.
    (10**9, 0.05, 384), (10_000, 0.05, 370), (1000, 0.05, 278), (12_367, 0.05, 373), (10**9, 0.03, 1067),
    (10_000, 0.03, 964), (10, 0.05, 10), (0, 0.05, 0),
])
def test_visits_that_a_rate_needs_are_those_of_the_finite_population(units, precision, a_year):
    assert needed(units, precision, 250) * 250 == pytest.approx(a_year, abs=0.6)


def test_the_pace_is_stretched_only_where_it_falls_short():
    assert stretched(1.0, 1.5, 3.0) == 1.0
    assert stretched(1.0, 1.5, 0.5) == 3.0
    assert stretched(4.0, 1.5, 0.5) == 4.0
    assert stretched(1.0, 1.5, 0.0) == 1.0, "nobody could be drawn"


@pytest.mark.parametrize(("rule", "value", "word"), [
    ("draw.ratio.general", "{A: 0.5, B: 0.4, C: 0.6, D: 1.0}", "falls from A to D"),
    ("draw.ratio.general", "{A: 0, B: 0.4, C: 0.6, D: 1.0}", "above 0"),
    ("draw.ratio.duty", "{A: 0.5, B: 1.0, C: 1.0, D: 1.0}", "every year"),
    ("draw.ratio.key", "{A: 0.5}", "has not the form"),
    ("draw.cap", "{A: 2, B: 1, C: 2, D: 4}", "must not fall"),
    ("draw.exclusion_days", "{A: 10, B: 90, C: 90, D: 0}", "must not rise"),
    ("draw.tau", "{start: 0.9, floor: 0.2, ceiling: 0.6, full_lift: 3, min_results: 60, top_share: 0.3}", "ceiling"),
    ("draw.entropy", "[dice]", "chain, witness, beacon"),
    ("draw.officers", "3", "must be 2"),
])
def test_rules_that_contradict_each_other_are_one_sentence(tmp_path, rule, value, word):
    (tmp_path / "local.yaml").write_text(
        f"{rule}:\n  zh: 测试\n  en: test\n  values:\n    - {{valid_from: 1900-01-01, value: {value}, source: test, "
        f"tag: P}}\n", encoding="utf-8")
    with pytest.raises(RatioError, match=word) as caught:
        Parameters.on(MONDAY, RuleBook(RULES, tmp_path))
    assert rule.rsplit(".", 1)[0] in str(caught.value) or rule in str(caught.value) or word == "has not the form"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("day", [dt.date(2011, 9, 2), dt.date(2014, 9, 2), dt.date(2026, 1, 1)])
def test_the_shipped_rules_hold_on_every_day_there_is_data_for(day):
    rules = Parameters.on(day)
    assert rules.ratio["duty"] == dict.fromkeys(CLASSES, 1.0)
    assert rules.total == {"duty": 1.0, "key": 0.8, "general": 0.2}
    assert rules.cap == {"A": 1, "B": 1, "C": 2, "D": 4}
