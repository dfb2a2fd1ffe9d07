"""What is missing, which birth is in force, which boolean is news: in any order of arrival."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cases import Mark, fold
from ingest.sparkplug.births import Birth, candidates
from ingest.sparkplug.conditions import Flag, Sample, follow
from ingest.sparkplug.sequence import Order, born, took
from tests.ingest.conftest import NOW


def at(second: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=second)


@given(st.integers(0, 255), st.lists(st.integers(0, 30), min_size=1, max_size=600))
def test_a_sequence_in_any_order_within_a_window_leaves_no_gap(first: int, shuffle: list[int]) -> None:
    numbers = [(first + 1 + place) % 256 for place in range(len(shuffle))]
    order = Order((first + 1) % 256)
    for place in sorted(range(len(shuffle)), key=lambda place: place + shuffle[place]):
        order = took(order, numbers[place])
    assert order == Order((first + 1 + len(shuffle)) % 256)


@given(st.integers(0, 255), st.integers(1, 200), st.integers(0, 40))
def test_a_missing_number_is_a_gap_until_it_comes(first: int, missing: int, more: int) -> None:
    order = Order(first)
    for number in [*range(missing), *range(missing + 1, missing + 2 + more)]:
        order = took(order, (first + number) % 256)
    assert order.has_gap
    assert order.turn == (first + missing) % 256
    assert not took(order, (first + missing) % 256).has_gap


@given(st.integers(0, 255), st.integers(1, 48))
def test_a_number_that_comes_twice_changes_nothing(turn: int, behind: int) -> None:
    assert took(Order(turn), (turn - behind) % 256) == Order(turn)


def test_a_birth_starts_anew_with_what_came_before_it_was_read() -> None:
    assert born(0, []) == Order(1)
    assert born(255, []) == Order(0)
    assert born(0, [2, 1, 4]) == Order(3, frozenset({4}))


def birth(second: float, ended: float | None = None, is_dead: bool = False) -> Birth:
    return Birth(int(second), at(second), 0, None if ended is None else at(ended), is_dead)


@pytest.mark.parametrize(("births", "when", "deaths", "expected"), [
    ([birth(1)], 2, [], [1]),
    ([birth(1), birth(5)], 4, [], [1, 5]),
    ([birth(1), birth(5)], 6, [], [5]),
    ([birth(5)], 2, [], [5]),
    ([birth(5)], 2, [3], []),
    ([birth(1, 3)], 4, [], []),
    ([birth(1, 3), birth(6)], 4, [], [6]),
    ([birth(1, 3, is_dead=True), birth(6)], 4, [], [6]),
    ([birth(1, 3, is_dead=True), birth(6)], 2, [], [1]),
    ([birth(1), birth(5, 7, is_dead=True), birth(9)], 6, [], [5]),
    ([birth(1), birth(3), birth(5)], 2, [4], [1, 3]),
])
def test_a_message_is_read_by_the_birth_of_its_time(births: list[Birth], when: float, deaths: list[float],
                                                    expected: list[int]) -> None:
    assert [one.birth_id for one in candidates(births, at(when), [at(one) for one in deaths])] == expected


def sample(value: bool, when: float) -> Sample:
    return Sample("fire_alarm", "", "fire_alarm", value, at(when))


def steps(order: list[tuple[bool, float]], *, first_is_birth: bool = True) -> list[tuple[bool, dt.datetime]]:
    """The events of samples read in this order, each received when it was told."""
    flag, events = None, []
    for value, when in order:
        step = follow(flag, sample(value, when), at(when), is_birth=first_is_birth and when == 0, is_replay=False)
        flag = step.flag
        events += [(active, time) for active, time in step.events if isinstance(time, dt.datetime)]
    return events


def test_that_nothing_burns_is_no_event_each_time() -> None:
    assert steps([(False, 0), (False, 1), (False, 2)]) == []
    assert steps([(False, 0), (True, 1), (False, 2), (False, 3)]) == [(True, at(1)), (False, at(2))]
    assert steps([(False, 1)]) == [(False, at(1))]


@pytest.mark.parametrize("order", list(itertools.permutations(
    [(False, 0), (True, 1), (False, 2), (True, 3), (False, 4)])))
def test_no_alarm_is_lost_and_none_stays_open_in_any_order(order: tuple[tuple[bool, float], ...]) -> None:
    told = steps(list(order))
    assert {time for active, time in told if active} == {at(1), at(3)}
    cases = fold([Mark(time, time, active) for active, time in told])
    assert (cases[0].opened_at, cases[-1].restored_at) == (at(1), at(4))
    assert all(case.restored_at is not None for case in cases)


def test_an_old_value_tells_of_its_time_and_not_of_now() -> None:
    flag = Flag(True, at(5), at(5))
    old = Sample("fire_alarm", "", "fire_alarm", False, at(1), is_historical=True)
    assert follow(flag, old, at(6), is_birth=False, is_replay=False).flag is flag
    assert follow(flag, old, at(6), is_birth=False, is_replay=False).events == ((False, at(1)),)


def remembered(flag: Flag | None, value: bool, when: float) -> tuple[Flag | None, list[tuple[bool, Any]]]:
    step = follow(flag, Sample("fire_alarm", "", "fire_alarm", value, at(when), is_historical=True), at(9),
                  is_birth=False, is_replay=False)
    return step.flag, list(step.events)


@pytest.mark.parametrize(("known_since", "ended"), [(8, 8), (5, 5), (3, 8)])
def test_an_alarm_of_the_past_is_over_where_nothing_holds_now(known_since: float, ended: float) -> None:
    """Received at 8 that nothing holds since; at 9 comes the memory of an alarm at 5."""
    flag = Flag(False, at(known_since), at(8))
    assert remembered(flag, True, 5) == (flag, [(True, at(5)), (False, at(ended))])


def test_an_alarm_of_the_past_stays_open_until_its_end_is_told_where_nothing_is_known() -> None:
    flag, events = remembered(None, True, 5)
    assert events == [(True, at(5))]
    born_again = follow(flag, sample(False, 10), at(10), is_birth=True, is_replay=False)
    assert born_again.events == ((False, at(10)),)


def test_a_replay_tells_all_it_has() -> None:
    assert follow(None, sample(False, 1), at(1), is_birth=True, is_replay=True).events == ((False, at(1)),)
