"""A simulated year: duties reach 100 %, ratios are met, caps are kept, with holidays and days that are lost."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import calendar
from sampling.parameters import CLASSES, Parameters
from sampling.quotas import Counted, quotas
from sampling.year import simulate
from tests.sampling.city import brigade, city

YEAR = 2025


def _present(day: dt.date, officer) -> bool:
    """Two weeks in June nobody, in autumn half, and one day in five someone ill."""
    if dt.date(YEAR, 6, 9) <= day <= dt.date(YEAR, 6, 20):
        return False
    number = int(officer.officer_no[1:])
    return not (day.month in (9, 10) and number % 2) and (day.toordinal() + number) % 5 != 0


@pytest.fixture(scope="module")
def year():
    held = city(31, units=360, towns=4, visited=0)
    officers = [brigade(n, can_lead=n % 3 != 2) for n in range(6)]
    return simulate(held.units, officers, held.parents, YEAR, Parameters.on(dt.date(YEAR, 1, 2)), calendar(),
                    seed="a year", present=_present)


def test_every_crowded_key_unit_is_visited_in_the_year(year):
    duty = [unit for unit in year.units.values() if unit.group == "duty"]
    assert len(duty) > 30
    assert all(unit.visits >= 1 for unit in duty)


def test_duties_are_spread_over_the_year_and_not_pressed_into_its_start_or_end(year):
    days = [day for day, visits in year.visits.items() for _, arm in visits if arm == "duty"]
    by_half = sum(day < dt.date(YEAR, 7, 1) for day in days) / len(days)
    assert 0.3 < by_half < 0.7
    assert max(days) <= dt.date(YEAR, 12, 31)


def test_ratios_of_every_class_are_met(year):
    ratio = {"duty": 1.0, "key": 0.8, "general": 0.2}
    coverage = year.coverage()
    for group, least in ratio.items():
        units = sum(coverage[group, c][0] for c in CLASSES)
        visited = sum(coverage[group, c][1] for c in CLASSES)
        assert visited >= least * units - 1
    for c, share in (("A", 0.02), ("B", 0.05), ("C", 0.2), ("D", 1.0)):
        units, visited = coverage["general", c]
        assert visited >= share * units - 1
    shares = [visited / units for units, visited in (coverage["general", c] for c in CLASSES)]
    assert shares == sorted(shares)


def test_caps_and_intervals_are_kept(year):
    rules = Parameters.on(dt.date(YEAR, 1, 2))
    seen: dict[str, list[dt.date]] = {}
    for day, visits in year.visits.items():
        assert calendar().is_working_day(day)
        for unit_no, _ in visits:
            seen.setdefault(unit_no, []).append(day)
    for unit_no, days in seen.items():
        risk_class = year.units[unit_no].risk_class
        assert len(days) <= rules.cap[risk_class]
        for first, second in pairwise(days):
            assert (second - first).days >= rules.exclusion_days[risk_class]


def test_nobody_is_sent_on_a_day_without_officers_and_no_visit_is_left_without_a_pair(year):
    assert year.unassigned == 0
    assert all(not year.visits[day] for day, possible in year.capacity.items() if possible == 0)
    assert sum(possible == 0 for possible in year.capacity.values()) >= 9


def test_both_arms_are_at_work(year):
    arms = [arm for visits in year.visits.values() for _, arm in visits]
    assert {arm: arms.count(arm) > 5 for arm in ("duty", "random", "targeted")} == {
        "duty": True, "random": True, "targeted": True}


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 250), st.data())
def test_rounding_a_duty_up_or_down_never_lets_it_outgrow_the_days(due, days, data):
    """Each day takes floor or ceil of what remains / days left, whichever chance says: the last day always ends at 0.

    So the need of a day never rises above the ceiling of the first day's: a city that has that capacity can't miss.
    """
    ceiling = -(-due // days)
    left = due
    for d in range(days, 0, -1):
        low, exact = divmod(left, d)
        taken = low if exact == 0 or data.draw(st.booleans()) else low + 1
        assert taken <= ceiling
        left -= taken
    assert left == 0


def test_a_class_with_its_ratio_met_leaves_its_pace_to_the_others():
    counted = {("general", "B"): Counted(100, 30, 60), ("general", "A"): Counted(300, 0, 300)}
    found = quotas(counted, replace(Parameters.on(dt.date(2025, 1, 2))), 100, 248)
    assert found["general", "A"].pace > 0
