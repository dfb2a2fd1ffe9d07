"""The random arm is never smaller than what the wanted precision of the city-wide hazard rate needs."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import verify
from sampling.bundle import seal, to_bytes
from sampling.parameters import Parameters
from sampling.selection import select
from sampling.tickets import canonical, digest
from tests.sampling.city import MONDAY, brigade, city, frame_of, odd_city, rows_of, town, unit

WITNESS = [{"source": "witness", "value": "1"}]


def met(units: int, officers: int, *, precision: float = 0.05, day: dt.date = dt.date(2026, 9, 2), **fields):
    """A district in which every class has had more visits this year than its ratio asks for: half of its units."""
    made = [unit(n, area=town(1 + n % 4), risk_class="AAAB"[n % 4], score=10.0 + n % 40, visits=n % 2,
                 last=dt.date(2026, 5, 4) if n % 2 else None, **fields) for n in range(units)]
    held = replace(city(1, units=0, day=day), units=made, officers=[brigade(n) for n in range(officers)])
    frame = frame_of(held, tune=False, parameters=replace(Parameters.on(day), precision=precision))
    assert all(row["remaining"] == 0 for row in frame["quotas"])
    return frame


def expected(frame, arm):
    return math.fsum(held["expected"] for held in frame["strata"] if held["arm"] == arm)


@pytest.mark.parametrize(("units", "officers", "precision"), [(1000, 4, 0.05), (8000, 4, 0.05), (1500, 10, 0.025)])
def test_a_district_with_all_ratios_met_still_makes_the_random_visits_that_the_rate_needs_each_day(
        units, officers, precision):
    frame = met(units, officers, precision=precision)
    needed = frame["precision"]["needed"]
    assert needed > 1
    assert frame["precision"]["stretch"] > 1
    assert expected(frame, "random") == pytest.approx(needed, abs=1e-8)
    assert expected(frame, "targeted") == pytest.approx(needed * frame["tau"]["value"] / (1 - frame["tau"]["value"]))
    excluded = {one["unit_no"] for one in rows_of(frame) if one["excluded"]}
    assert len(excluded) == units // 2, "those visited have reached the cap of classes A and B"
    for number in range(20_000 // units):
        _, drawn = select(frame, digest(number))
        assert sum(visit.arm == "random" for visit in drawn) >= math.floor(needed)
        assert not excluded & {visit.unit_no for visit in drawn}
        assert len(drawn) <= officers


def test_without_it_the_same_district_would_draw_nobody_on_most_days():
    frame = met(8000, 4)
    assert expected(frame, "random") / frame["precision"]["stretch"] < 0.6


def test_officers_who_are_few_bound_it_and_the_targeted_arm_gives_way_first():
    frame = met(3000, 2, precision=0.02)
    desk = frame["desks"][0]
    assert frame["precision"]["needed"] > desk["capacity"] == desk["free"] == 2
    assert desk["note"] == "short"
    assert frame["tau"]["value"] == frame["policy"]["parameters"]["tau"]["floor"]
    assert expected(frame, "random") + expected(frame, "targeted") <= 2
    assert verify.check(to_bytes(seal(canonical(frame), WITNESS)))[0] == 0


def test_where_the_ratios_ask_for_more_nothing_is_stretched():
    units = [unit(n, risk_class="B") for n in range(3000)]
    frame = frame_of(replace(city(1, units=0), units=units, officers=[brigade(n) for n in range(20)]))
    assert frame["precision"]["stretch"] == 1
    assert expected(frame, "random") > frame["precision"]["needed"]


def test_a_district_of_which_nobody_can_be_drawn_is_not_stretched_to_infinity():
    units = [unit(n, risk_class="A", visits=1, last=dt.date(2026, 1, 5)) for n in range(2000)]
    frame = frame_of(replace(city(1, units=0), units=units, officers=[brigade(n) for n in range(4)]))
    assert frame["precision"]["stretch"] == 1
    assert frame["strata"] == []
    assert verify.check(to_bytes(seal(canonical(frame), WITNESS)))[0] == 0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.05, 0.02, 0.01]))
def test_the_random_arm_has_what_is_needed_or_all_that_officers_and_units_allow(seed, precision):
    held = odd_city(seed)
    frame = frame_of(held, parameters=replace(Parameters.on(held.day), precision=precision))
    assert verify.check(to_bytes(seal(canonical(frame), WITNESS)))[0] == 0
    bounded = any(desk["note"] in ("short", "away") for desk in frame["desks"]) or any(
        row["expected"] > sum(step["units"] for step in row["steps"]) - 1e-6 for row in frame["strata"])
    drawable = any(one["p_random"] for one in rows_of(frame))
    assert bounded or not drawable or expected(frame, "random") >= frame["precision"]["needed"] - 1e-6
    for desk in frame["desks"]:
        used = sum(row["expected"] for row in frame["strata"] if row["desk"] == desk["desk"])
        assert used <= desk["capacity"] + 1e-9
    for one in rows_of(frame):
        if one["excluded"] is not None:
            assert one["p_total"] == 0


def test_the_march_of_a_city_that_is_on_its_way_is_unchanged():
    frame = frame_of(city(3, units=1500, officers=20, visited=0.0, day=MONDAY), tune=False)
    assert frame["precision"]["stretch"] == 1
