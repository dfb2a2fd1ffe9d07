"""Clocks start, stop in time or late, are moved and dropped; each kind of time keeps its own way of counting."""

from __future__ import annotations

import datetime as dt

import pytest

from casework import clocks
from casework.clocks import Owner
from policy.clocks import SHANGHAI
from store import Database
from tests.casework.city import build_city

#: A Friday; the Chinese New Year of 2026 follows, with a swapped Saturday before it.
START = dt.datetime(2026, 2, 13, 15, 0, tzinfo=SHANGHAI)


def held(db: Database) -> dict[str, object]:
    row = db.row("select due_at, done_at, dropped_at, started_at, soon_at from clocks")
    assert row is not None
    return row


@pytest.mark.parametrize(("rule", "key", "until"), [
    ("deadlines.seal_emergency", None, dt.datetime(2026, 2, 14, 15, 0, tzinfo=SHANGHAI)),
    # Saturday the 14th works for the holiday of the 15th to the 23rd; the third working day is the 25th.
    ("deadlines.recheck", None, dt.datetime(2026, 2, 26, tzinfo=SHANGHAI)),
    ("deadlines.order_served", "time_limited", dt.datetime(2026, 2, 26, tzinfo=SHANGHAI)),
    ("deadlines.seal_longest", None, dt.datetime(2026, 3, 16, tzinfo=SHANGHAI)),
])
def test_a_clock_counts_as_its_rule_says(db: Database, rule: str, key: str | None, until: dt.datetime) -> None:
    units = build_city(db)
    with db.connection() as connection:
        told = clocks.start(connection, rule, "order", "G1", Owner("990101", units["U1"]), START, key=key)
    assert told == until
    row = held(db)
    assert row["due_at"] == until
    assert row["started_at"] <= row["soon_at"] <= until  # type: ignore[operator]


@pytest.mark.parametrize(("late", "in_time"), [(-1, True), (0, True), (1, False)])
def test_a_clock_is_stopped_once(db: Database, late: int, in_time: bool) -> None:
    units = build_city(db)
    with db.connection() as connection:
        until = clocks.start(connection, "deadlines.recheck", "order", "G1", Owner("990101", units["U1"]), START)
        at = until + dt.timedelta(seconds=late)
        assert clocks.stop(connection, "deadlines.recheck", "G1", at) is in_time
        assert clocks.stop(connection, "deadlines.recheck", "G1", at + dt.timedelta(days=9)) is None
        assert clocks.drop(connection, "order", "G1", at, "withdrawn") == 0
    assert held(db)["done_at"] == at


def test_what_came_in_from_elsewhere_has_no_clock_to_stop(db: Database) -> None:
    with db.connection() as connection:
        assert clocks.stop(connection, "deadlines.recheck", "G9", START) is None


def test_a_dropped_clock_runs_no_more_until_it_is_started_anew(db: Database) -> None:
    units = build_city(db)
    owner = Owner("990101", units["U1"])
    with db.connection() as connection:
        clocks.start(connection, "deadlines.recheck", "order", "G1", owner, START)
        assert clocks.drop(connection, "order", "G1", START, "withdrawn", rule="deadlines.seal_longest") == 0
        assert clocks.drop(connection, "order", "G1", START, "withdrawn") == 1
        assert clocks.stop(connection, "deadlines.recheck", "G1", START) is None
    assert held(db)["dropped_at"] == START
    said = clocks.end_of(dt.date(2026, 3, 2))
    with db.connection() as connection:
        assert clocks.start(connection, "deadlines.recheck", "order", "G1", owner, START, due_at=said) == said
    row = held(db)
    assert (row["due_at"], row["dropped_at"], row["done_at"]) == (said, None, None)
