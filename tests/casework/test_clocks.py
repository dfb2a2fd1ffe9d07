"""Clocks start, stop in time or late, are moved and dropped; each kind of time keeps its own way of counting."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from casework import clocks, due
from casework.clocks import Owner
from policy.clocks import SHANGHAI, last_moment
from store import Database
from store.migrations import versions
from tests.casework.city import build_city

#: The shortest time there is: what is due with a day is due with the last moment before the next.
MOMENT = dt.timedelta(microseconds=1)
#: A Friday; the Chinese New Year of 2026 follows, with a swapped Saturday before it.
START = dt.datetime(2026, 2, 13, 15, 0, tzinfo=SHANGHAI)


def held(db: Database) -> dict[str, object]:
    row = db.row("select due_at, done_at, dropped_at, started_at, soon_at from clocks")
    assert row is not None
    return row


@pytest.mark.parametrize(("rule", "key", "until"), [
    ("deadlines.seal_emergency", None, dt.datetime(2026, 2, 14, 15, 0, tzinfo=SHANGHAI)),
    # Saturday the 14th works for the holiday of the 15th to the 23rd; the third working day is the 25th.
    ("deadlines.recheck", None, dt.datetime(2026, 2, 26, tzinfo=SHANGHAI) - MOMENT),
    ("deadlines.order_served", "time_limited", dt.datetime(2026, 2, 26, tzinfo=SHANGHAI) - MOMENT),
    ("deadlines.seal_longest", None, dt.datetime(2026, 3, 16, tzinfo=SHANGHAI) - MOMENT),
])
def test_a_clock_counts_as_its_rule_says(db: Database, rule: str, key: str | None, until: dt.datetime) -> None:
    units = build_city(db)
    with db.connection() as connection:
        told = clocks.start(connection, rule, "order", "G1", Owner("990101", units["U1"]), START, key=key)
    assert told == until
    row = held(db)
    assert row["due_at"] == until
    assert row["started_at"] <= row["soon_at"] <= until  # type: ignore[operator]


# A period of days ends with its last day: 24:00 is the next day's first moment. Hours count up to their last moment.
@pytest.mark.parametrize(("rule", "done", "in_time"), [
    ("deadlines.recheck", "2026-02-25T23:59:59", True), ("deadlines.recheck", "2026-02-25T23:59:59.999999", True),
    ("deadlines.recheck", "2026-02-26T00:00", False), ("deadlines.seal_longest", "2026-03-16T00:00", False),
    ("deadlines.seal_emergency", "2026-02-14T15:00", True), ("deadlines.seal_emergency", "2026-02-14T15:00:01", False)])
def test_a_clock_is_stopped_once(db: Database, rule: str, done: str, in_time: bool) -> None:
    units = build_city(db)
    at = dt.datetime.fromisoformat(done).replace(tzinfo=SHANGHAI)
    with db.connection() as connection:
        clocks.start(connection, rule, "order", "G1", Owner("990101", units["U1"]), START)
        assert clocks.stop(connection, rule, "G1", at) is in_time
        assert clocks.stop(connection, rule, "G1", at + dt.timedelta(days=9)) is None
        assert clocks.drop(connection, "order", "G1", at, "withdrawn") == 0
    assert held(db)["done_at"] == at


def test_clocks_kept_to_the_next_midnight_are_moved_into_their_last_day(db: Database) -> None:
    units = build_city(db)
    kept = {"A": ("recheck", "2026-02-13T15:00", "2026-02-26T00:00", None, "late"),
            "B": ("recheck", "2026-02-13T15:00", "2026-02-26T00:00", "2026-02-26T00:00", "done_in_time"),
            "C": ("recheck", "2026-02-13T15:00", "2026-02-26T00:00", "2026-02-26T00:01", "done_late"),
            "D": ("seal_emergency", "2026-02-25T00:00", "2026-02-26T00:00", None, "due_soon"),
            "E": ("complaint_check", "2026-02-25T00:00", "2026-02-26T00:00", None, "due_soon"),
            "F": ("complaint_check", "2026-02-25T00:00", "2026-02-28T00:00", None, "running")}
    script = (Path(versions.__file__).parent / "0033_last_moments.sql").read_text(encoding="utf-8")
    with db.connection() as connection:
        for ref, (rule, start, until, done, _) in kept.items():
            connection.execute(
                """insert into clocks (rule, noun, ref, unit_id, area_code, started_at, soon_at, due_at, done_at)
                   values ('deadlines.' || %s, 'order', %s, %s, '990101', %s, %s, %s, %s)""",
                [rule, ref, units["U1"], *(None if one is None else dt.datetime.fromisoformat(one).replace(
                    tzinfo=SHANGHAI) for one in (start, start if ref in "DE" else until, until, done))])
        for _ in range(2):
            connection.execute(script.encode())
        rows, _ = due.listed(connection, due.Wanted("all"), dt.datetime(2026, 2, 26, tzinfo=SHANGHAI))
    assert {row["ref"]: row["state"] for row in rows} == {ref: row[4] for ref, row in kept.items()}
    assert {row["ref"] for row in rows if row["due_at"].astimezone(SHANGHAI).time() == dt.time.max} == set("ABCF")


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
    said = last_moment(dt.date(2026, 3, 2))
    with db.connection() as connection:
        assert clocks.start(connection, "deadlines.recheck", "order", "G1", owner, START, due_at=said) == said
    row = held(db)
    assert (row["due_at"], row["dropped_at"], row["done_at"]) == (said, None, None)
