"""Estimates of a period from the record: by the frames' own probabilities, of the units that they speak for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sampling import estimates
from sampling.errors import EstimateError
from sampling.period import Period
from tests.sampling.city import brigade, city, unit
from tests.sampling.history import drawn_days

FIRST = dt.date(2026, 12, 7)
RISKY = {f"U{n:05d}" for n in range(0, 240, 6)}


@pytest.fixture(scope="module")
def record(servers):
    """Twelve days of draws in a city where every sixth unit has a hazard and is drawn more often for its class."""
    from store import Database
    with servers("embedded").migrated() as url, Database(url, max_size=4) as db:
        units = [unit(n, risk_class="D" if n % 12 == 0 else "A", score=85.0 if n % 12 == 0 else 15.0,
                      area=f"9901010{1 + n % 2:02d}", is_key=n % 10 == 0, is_crowded=n % 20 == 0)
                 for n in range(240)]
        held = replace(city(1, units=0), units=units, officers=[brigade(n, load=3) for n in range(8)])
        days = drawn_days(db, held, FIRST, 12, RISKY)
        yield db, Period(days[0], days[-1])


def test_each_unit_is_drawable_known_or_outside_on_an_average_day(record):
    db, period = record
    with db.connection() as connection:
        told = estimates.estimate(connection, period)
    assert told.draws == 12
    assert told.city.units + told.city.outside == pytest.approx(240)
    assert told.city.known > 0, "who was visited in the period is left out afterwards, and known"
    assert told.city.visits["done"] == told.city.visits["drawn"] > 40


def test_the_rate_undoes_what_the_draw_prefers_and_the_naive_mean_does_not(record):
    db, period = record
    with db.connection() as connection:
        told = estimates.estimate(connection, period).city
    truth = len(RISKY) / 240
    assert told.substantive.value.low <= truth <= told.substantive.value.high
    assert told.naive.value > truth
    assert told.hazards.value.low <= len(RISKY) <= told.hazards.value.high
    assert told.substantive.visits == told.visits["done"]


def test_parts_add_up_to_the_whole_and_few_visits_give_no_number(record):
    db, period = record
    with db.connection() as connection:
        parts = {by: estimates.estimate(connection, period, by) for by in estimates.WAYS}
        town = estimates.estimate(connection, period, area="990101001")
    for told in parts.values():
        assert sum(part.units for part in told.parts) == pytest.approx(told.city.units)
        assert sum(part.visits["drawn"] for part in told.parts) == told.city.visits["drawn"]
    assert [part.code for part in parts["area"].parts] == ["990101001", "990101002"]
    assert parts["area"].parts[0].visits == town.city.visits
    few = next(part for part in parts["group"].parts if part.visits["done"] < told.needs["least_results"])
    assert few.few
    assert few.substantive is None


def test_waiting_and_closed_visits_are_told_and_count_as_no_result(record):
    db, period = record
    with db.connection() as connection:
        whole = estimates.estimate(connection, period).city
        connection.execute("update inspections set status = 'planned', inspected_on = null, result = null "
                           "where inspection_id = (select min(inspection_id) from draw_visits)")
        connection.execute("update inspections set result = 'closed' "
                           "where inspection_id = (select max(inspection_id) from draw_visits)")
        told = estimates.estimate(connection, period).city
        connection.rollback()
    assert (told.visits["waiting"], told.visits["closed"]) == (1, 1)
    assert told.substantive.visits == whole.substantive.visits - 2
    assert told.units == pytest.approx(whole.units)


def test_a_period_without_draws_has_no_figures(record):
    db, _ = record
    with db.connection() as connection:
        told = estimates.estimate(connection, Period.named("2020Q1"), "kind")
    assert (told.draws, told.city.few, told.city.substantive, told.parts) == (0, True, None, ())


@pytest.mark.parametrize(("name", "first", "last"), [
    ("2026Q1", dt.date(2026, 1, 1), dt.date(2026, 3, 31)), ("2026q4", dt.date(2026, 10, 1), dt.date(2026, 12, 31)),
    ("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31))])
def test_a_period_has_its_days(name, first, last):
    assert (Period.named(name).first, Period.named(name).last) == (first, last)


def test_a_period_that_is_none_is_refused_in_a_sentence():
    with pytest.raises(EstimateError, match="a quarter is written 2026Q3"):
        Period.named("2026Q5")
    with pytest.raises(EstimateError, match="before it begins"):
        Period.of(dt.date(2026, 5, 1), first=dt.date(2026, 6, 1))
    assert Period.of(dt.date(2026, 5, 1)).name == "2026Q2"
    assert Period.named("2026Q1").before().name == "2025Q4"
