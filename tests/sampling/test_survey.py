"""Estimates from draws of many days: unbiased by enumeration of a tiny design, and covering in simulated quarters."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest

from policy import calendar
from sampling.coverage import simulate
from sampling.frame import Days, Header, build
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Officer, Situation, Unit
from sampling.quarters import Case, Draws, city
from sampling.survey import Known, Results, effective, rate, total, wilson
from tests.sampling.city import rows_of

STANDS = (True, False, True, False, False)
SIZE = (0.05, 0.1, 0.2, 0.25, 0.4)


def outcomes():
    """Every outcome of three days that draw one unit each, by size, among those not yet drawn; with its probability."""
    for order in itertools.permutations(range(5), 3):
        chance, chances = 1.0, []
        for n, unit in enumerate(order):
            p = SIZE[unit] / sum(SIZE[other] for other in range(5) if other not in order[:n])
            chances.append(p)
            chance *= p
        yield order, chances, chance


def test_the_plain_form_is_unbiased_over_every_outcome_of_a_design_that_looks_back():
    share, expected, whole = np.array([0.5, 0.3, 0.2]), 0.0, 0.0
    for order, chances, chance in outcomes():
        known = Known(drawable=float(share @ [5, 4, 3]), known=float(share @ [0, 1, 2]),
                      found=float(share @ [sum(STANDS[unit] for unit in order[:n]) for n in range(3)]))
        results = Results(np.arange(3), share, np.array(chances))
        expected += chance * rate(results, np.array([STANDS[unit] for unit in order]), known).plain
        whole += chance
    assert whole == pytest.approx(1)
    assert expected == pytest.approx(2 / 5), "the mean over all outcomes is the truth, to the last digits"


def test_the_variance_is_that_of_the_outcomes_where_days_draw_alike():
    chance = np.random.default_rng(5)
    p = np.where(np.arange(400) < 100, 0.08, 0.02)
    stands = chance.random(400) < np.where(np.arange(400) < 100, 0.6, 0.2)
    values, told = [], []
    for _ in range(600):
        drawn = chance.random((40, 400)) < p
        day, unit = np.nonzero(drawn)
        results = Results(day, np.full(len(day), 1 / 40), p[unit])
        found = rate(results, stands[unit], Known(400, 0, 0))
        values.append(found.value.value)
        told.append((found.value.high - found.value.low) / 2 / 1.96)
    assert np.mean(told) == pytest.approx(np.std(values), rel=0.1)


def test_what_is_known_has_no_error_and_certain_visits_add_none():
    results = Results(np.arange(20), np.full(20, 0.05), np.full(20, 0.5))
    found = np.arange(20) < 5
    alone, beside = rate(results, found, Known(100, 0, 0)).value, rate(results, found, Known(100, 300, 75)).value
    assert beside.high - beside.low == pytest.approx((alone.high - alone.low) / 4)
    certain = Results(np.arange(20), np.full(20, 0.05), np.ones(20))
    assert total(certain, found * 1.0, Known(20, 0, 0)).value.low == pytest.approx(5, rel=1e-3)


def test_no_hazard_at_all_is_not_taken_for_none_anywhere():
    results = Results(np.arange(30), np.full(30, 1 / 30), np.full(30, 0.1))
    none = rate(results, np.zeros(30, dtype=bool), Known(300, 0, 0)).value
    assert (none.value, none.low) == (0, 0)
    assert 0.08 < none.high < 0.16
    assert total(results, np.zeros(30), Known(300, 0, 0)).value.high > 10
    assert effective(np.array([1.0, 1.0, 2.0])) == pytest.approx(16 / 6)
    assert wilson(0.5, 100)[0] == pytest.approx(0.4038, abs=1e-4)


def test_a_simulated_day_has_the_probabilities_that_its_frame_has():
    rules, rng, day = Parameters.on(dt.date(2026, 7, 1)), np.random.default_rng(4), dt.date(2026, 7, 1)
    held = city(Case(300, (0.1,)), rng)
    draws = Draws(held, rules, Days.on(day, calendar(), rules.buffer_days), rng)
    out = draws._excluded(0)
    p, _ = draws.day(0, out)
    units = [Unit(f"U{n:04d}", "990101", GROUPS[held.group[n]] != "general", GROUPS[held.group[n]] == "duty",
                  CLASSES[held.risk_class[n]], None, int(held.visits[n]),
                  day + dt.timedelta(days=int(held.last[n])) if held.visits[n] else None) for n in range(300)]
    officers = [Officer(f"O{n:02d}", "brigade", ("990101",), True, True, 20) for n in range(6)]
    situation = Situation(day, units, officers, {"990101": None})
    frame = build(situation, rules, calendar(), Header("D", 1, "0" * 64, "", "", []), tune=False)
    excluded = [unit["excluded"] is not None for unit in rows_of(frame)]
    assert excluded == out.tolist()
    assert p == pytest.approx([unit["p_total"] for unit in rows_of(frame)], rel=1e-6)


@pytest.mark.parametrize("tune", [False, True])
def test_simulated_quarters_are_covered_and_the_naive_mean_is_not(tune):
    made = simulate([Case(900, (0.3,))], 30 if not tune else 2, 3, dt.date(2026, 7, 1), tune=tune, processes=1)[0]
    assert made.naive > made.told
    if not tune:
        assert made.covered >= 25
        assert made.naive_covered < made.covered
        assert abs(made.told - made.truth) < 0.03
