"""Alarm cases: the same events give the same cases, in whatever order they arrive."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cases import Case, Mark, fold, reconcile
from tests.ingest.conftest import NOW


def at(minute: int) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minute)


def told(text: str) -> list[Mark]:
    """``+3`` an alarm at minute 3, ``-5`` a restore at minute 5; received in the order written."""
    return [Mark(at(abs(int(word))), at(1000) + dt.timedelta(seconds=number), word[0] == "+")
            for number, word in enumerate(text.split())]


def shown(cases: list[Case]) -> list[tuple[int, int, int | None]]:
    def minute(moment: dt.datetime) -> int:
        return (moment - NOW) // dt.timedelta(minutes=1)

    return [(minute(case.opened_at), minute(case.last_at), minute(case.restored_at) if case.restored_at else None)
            for case in cases]


@pytest.mark.parametrize(("marks", "cases"), [
    ("", []), ("+1", [(1, 1, None)]), ("+1 -5", [(1, 1, 5)]), ("-5", []), ("-5 +1", [(1, 1, 5)]),
    ("+1 +2 +3", [(1, 3, None)]), ("+3 +1 +2", [(1, 3, None)]), ("+1 -5 -6", [(1, 1, 5)]),
    ("+1 -5 +7", [(1, 1, 5), (7, 7, None)]), ("+7 +1 -5", [(1, 1, 5), (7, 7, None)]),
    ("+5 -5", [(5, 5, 5)]), ("+1 -5 +5", [(1, 1, 5), (5, 5, None)]),
])
def test_cases_run_from_an_alarm_to_its_restore_by_event_time(marks: str, cases: list[object]) -> None:
    assert shown(fold(told(marks))) == cases


def apply(stored: list[Case], changes: list[Case]) -> list[Case]:
    kept = {case.alarm_id: case for case in stored}
    for change in changes:
        number = change.alarm_id or max([0, *(one for one in kept if one)]) + 1
        assert change.alarm_id is None or change.alarm_id in kept
        kept[number] = Case(number, change.opened_at, change.received_at, change.last_at, change.restored_at)
    return sorted(kept.values(), key=lambda case: case.opened_at)


def arrive(marks: list[Mark]) -> list[Case]:
    """Cases as they stand when the marks are stored one by one, each with what the database would look up."""
    stored: list[Case] = []
    seen: list[Mark] = []
    for mark in marks:
        if any((mark.ts, mark.active) == (one.ts, one.active) for one in seen):
            continue  # the natural key of events
        seen.append(mark)
        touched = [case for case in stored if case.restored_at is None or case.restored_at >= mark.ts]
        since = min([mark.ts, *(case.opened_at for case in touched)])
        stored = apply(stored, reconcile(touched, [one for one in seen if one.ts >= since]))
    return stored


@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=12).flatmap(
    lambda marks: st.permutations([Mark(at(minute), at(1000 + number), active)
                                   for number, (minute, active) in enumerate(marks)])))
def test_late_and_repeated_events_end_in_the_same_cases(marks: list[Mark]) -> None:
    unique: dict[tuple[dt.datetime, bool], Mark] = {}
    for mark in marks:
        unique.setdefault((mark.ts, mark.active), mark)
    assert shown(arrive(marks)) == shown(fold(unique.values()))


def test_a_case_keeps_its_number_when_an_earlier_alarm_comes_late() -> None:
    stored = [Case(9, at(5), at(5), at(5), None)]
    assert reconcile(stored, told("+3 +5")) == [Case(9, at(3), at(5), at(5), None)]


def test_a_case_closed_without_an_event_stays_closed() -> None:
    stored = [Case(9, at(5), at(5), at(5), at(8))]
    assert reconcile(stored, told("+5 +6")) == [Case(9, at(5), at(5), at(6), at(8))]
    (fresh,) = reconcile(stored, told("+5 +9"))
    assert (fresh.alarm_id, fresh.opened_at) == (None, at(9))


def test_a_late_restore_splits_a_case_and_the_first_part_keeps_the_number() -> None:
    stored = [Case(9, at(1), at(1), at(10), None)]
    changes = reconcile(stored, told("+1 +10 -5"))
    assert [(case.alarm_id, *shown([case])[0]) for case in changes] == [(9, 1, 1, 5), (None, 10, 10, None)]
