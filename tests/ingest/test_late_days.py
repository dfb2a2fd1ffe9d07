"""Late data marks the unit-days it touches, and no other, for a new roll-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ingest.stored import Stored
from store import Database
from tests.ingest.conftest import NOW

Store = Callable[..., Stored]
DAY = dt.date(2026, 3, 10)
ONE = dt.timedelta(days=1)


def marked(city: Database) -> list[tuple[str, dt.date]]:
    rows = city.rows("select unit_no, day from dirty_unit_days join units using (unit_id) order by unit_no, day")
    return [(row["unit_no"], row["day"]) for row in rows]


def telemetry(ts: str, **values: Any) -> bytes:
    return orjson.dumps({"ts": ts, "values": values})


@pytest.mark.parametrize(("ts", "day"), [
    ("2026-03-07T15:59:59.999Z", dt.date(2026, 3, 7)), ("2026-03-07T16:00:00Z", dt.date(2026, 3, 8)),
    ("2026-03-07T23:59:59.999+08:00", dt.date(2026, 3, 7)), ("2026-03-08 00:00:00", dt.date(2026, 3, 8)),
    ("2026-03-10T04:00:00Z", DAY),
])
def test_a_late_reading_marks_its_own_day_in_china(city: Database, store: Store, ts: str, day: dt.date) -> None:
    store(("acme/P1/telemetry", telemetry(ts, battery=5)))
    assert marked(city) == [("U1", day)]


def test_records_on_both_sides_of_midnight_mark_two_days(city: Database, store: Store) -> None:
    store(("acme/gateway/telemetry", orjson.dumps({
        "P1": [{"ts": "2026-03-01 23:59:59", "values": {"battery": 5}},
               {"ts": "2026-03-02 00:00:00", "values": {"battery": 5}}],
        "T1": [{"ts": "2026-03-05 00:00:00", "values": {"battery": 5}}]})))
    assert marked(city) == [("U1", dt.date(2026, 3, 1)), ("U1", dt.date(2026, 3, 2)), ("U2", dt.date(2026, 3, 5))]


def test_a_refused_reading_marks_nothing(city: Database, store: Store) -> None:
    store(("acme/P1/telemetry", telemetry("2026-03-02 00:00:00", battery=500)),
          ("acme/P1/telemetry", telemetry("2025-03-02 00:00:00", battery=5)))
    assert marked(city) == []


def test_a_late_restore_changes_every_day_since(city: Database, store: Store) -> None:
    alarm = {"type": "fire_alarm", "point": "3F"}
    store(("acme/S1/event", orjson.dumps({**alarm, "ts": "2026-03-07T15:59:00Z"})), at=NOW - 2 * ONE)
    with city.connection() as connection:
        connection.execute("delete from dirty_unit_days")
    store(("acme/S1/event", orjson.dumps({**alarm, "ts": "2026-03-08T15:30:00Z", "active": False})))
    assert [one for one in marked(city) if one[1] <= DAY] == [("U1", dt.date(2026, 3, day)) for day in (8, 9, 10)]


def test_a_late_state_marks_its_day_since_it_says_that_the_device_was_heard(city: Database, store: Store) -> None:
    store(("acme/P1/telemetry", telemetry("2026-03-02 00:00:00", door="open")))
    assert marked(city) == [("U1", dt.date(2026, 3, 2))]


def test_a_reading_of_a_clock_that_was_never_set_marks_the_day_of_receipt(city: Database, store: Store) -> None:
    store(("acme/P1/telemetry", orjson.dumps({"ts": 5000, "values": {"battery": 5}})),
          at=dt.datetime(2026, 3, 9, 16, 0, tzinfo=dt.UTC))
    assert marked(city) == [("U1", DAY)]
