"""Counts of what vendors sent: added up, and never a reason for one process to wait for another."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest import vendor_hours
from ingest.vendor_hours import Tally, hour_of
from store import Database

HOUR = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)


def test_an_hour_is_that_of_the_receipt_in_utc() -> None:
    china = dt.timezone(dt.timedelta(hours=8))
    assert hour_of(dt.datetime(2026, 3, 10, 12, 59, 59, 999999, china)) == HOUR


def test_tallies_add_up(db: Database) -> None:
    with db.connection() as connection:
        vendor_hours.count(connection, {})
        for _ in range(2):
            vendor_hours.count(connection, {("acme", HOUR, "telemetry"): Tally(3, 300, 9, 0, 1),
                                            ("acme", HOUR, "event"): Tally(1, 50, 0, 1, 0)})
    rows = db.rows("select form, sum(messages) as messages, sum(bytes) as bytes, sum(readings) as readings, "
                   "sum(events) as events, sum(refused) as refused from vendor_hours group by form order by form")
    assert [tuple(map(str, row.values())) for row in rows] == [
        ("event", "2", "100", "0", "2", "0"), ("telemetry", "6", "600", "18", "0", "2")]


def test_two_processes_count_at_the_same_time(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    tallies = {("acme", HOUR, "telemetry"): Tally(1)}
    with db.connection() as one:
        vendor_hours.count(one, tallies)
        own = vendor_hours._slot()
        # Some processes share a slot: this one does not.
        for number in range(10**6, 10**6 + 100):
            monkeypatch.setattr("ingest.vendor_hours.os.getpid", lambda number=number: number)
            if vendor_hours._slot() != own:
                break
        with db.connection() as other:
            other.execute("set local lock_timeout = '1s'")
            vendor_hours.count(other, tallies)
    assert db.row("select sum(messages)::int as n, count(*) as rows from vendor_hours") == {"n": 2, "rows": 2}


def test_old_hours_are_forgotten(db: Database) -> None:
    with db.connection() as connection:
        vendor_hours.count(connection, {("acme", HOUR + dt.timedelta(hours=n), "event"): Tally(1) for n in range(4)})
        assert vendor_hours.forget(connection, HOUR + dt.timedelta(hours=3)) == 3
