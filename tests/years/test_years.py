"""A few simulated years in the suite, and that the check of them would see a broken promise."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from policy import calendar
from sampling.staffing import Pair
from sampling.year import Course, DayMade
from tests.sampling.city import brigade
from tests.years import promises
from tests.years.city import city
from tests.years.promises import Verdict, check


@pytest.mark.parametrize("seed", [3, 8])
def test_a_year_with_losses_keeps_what_a_draw_promises(seed):
    verdict = check(city(seed))
    assert verdict.failures == []
    assert verdict.visits > 0


def test_bundles_of_a_year_are_verified_with_their_chain():
    held = city(4)
    verdict = check(replace(held, days=held.days[-10:], there=held.there[-10:]), sealed=True)
    assert verdict.failures == []
    assert verdict.bundles == 10


def test_the_check_sees_an_officer_who_may_not_go_and_a_visit_too_many():
    held, day = city(3), dt.date(2026, 5, 6)
    member, unit = held.staff[0], held.units[0]
    number = member.officer.officer_no
    staff = [replace(member, valid_to=day - dt.timedelta(days=1)), *held.staff[1:]]
    wrong = replace(held, staff=staff, recusals=frozenset({(number, unit.unit_no)}))
    verdict = Verdict(3)
    one = np.array([0], dtype=np.int32)
    made = DayMade(day, one, one, [Pair(number, number)], 1, 0, 0, 1, 1)
    promises._pairs(wrong, verdict, made, [unit.unit_no], {unit.unit_no: unit},
                    {number: replace(member.officer, can_lead=False, load=1)})
    assert [text.split(": ")[1].replace(number, "X") for text in verdict.failures] == [
        "X is sent twice", "X may not lead", "the certificate of X is not valid", "X is recused",
        "the certificate of X is not valid", "X is recused", "X has 2 visits of 1 possible"]
    verdict = Verdict(3)
    promises._caps(held, verdict, {unit.unit_no: [day] * 5}, {unit.unit_no: replace(unit, risk_class="D")})
    assert "5 visits, the cap is 4" in verdict.failures[0]


def test_the_check_sees_a_duty_that_was_left_though_a_pair_was_free():
    held = city(3)
    unit = next(one for one in held.units if one.group == "duty")
    there = [{o.officer_no: o for o in held.officers(n)} for n in range(len(held.days))]
    verdict = Verdict(3)
    promises._duties(held, verdict, {}, {unit.unit_no: unit}, {unit.unit_no: len(held.days) - 1}, there)
    assert "is not visited, a pair was free on" in verdict.failures[0]
    verdict = Verdict(3)
    promises._duties(held, verdict, {}, {unit.unit_no: unit}, {}, there)
    assert (verdict.failures, verdict.impossible) == ([], 1)


def test_the_check_sees_a_ratio_that_was_not_met():
    held = city(3)
    course = Course(held.population, held.days[0], held.parents, held.rules, calendar())
    _, maker = course.step(held.days[20], [brigade(n) for n in range(4)])
    course.year.days[-1] = replace(course.year.days[-1], granted=1.0, wanted=1.0)
    verdict = Verdict(3)
    promises._ratios(held, verdict, course, maker)
    assert "officers are not short" in verdict.failures[0]
