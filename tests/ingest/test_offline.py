"""Silent devices are marked offline after the time policy gives their kind, and are back when heard."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from ingest import offline
from ingest.gbt26875 import frame_bytes
from ingest.stored import Stored
from store import Database
from tests.ingest.conftest import NOW

Store = Callable[..., Stored]


def after(minutes: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def last(db: Database, number: str) -> dict[str, Any]:
    row = db.row("select l.* from device_last l join devices using (device_id) where device_no = %s", [number])
    assert row is not None
    return row


def test_a_mains_device_is_offline_within_minutes_and_a_battery_device_after_a_day(store: Store,
                                                                                 city: Database) -> None:
    store(("acme/T1/gbt26875", frame_bytes()), ("acme/S1/telemetry", b'{"battery": 90}'))
    assert offline.run(city, after(10)) == {"offline": 0}
    assert offline.run(city, after(11)) == {"offline": 1}
    assert offline.run(city, after(12)) == {"offline": 0}
    row = last(city, "T1")
    assert (row["online"], row["offline_since"]) == (False, after(10))
    assert row["conditions"].keys() == {"offline"}
    assert last(city, "S1")["online"] is True
    assert offline.run(city, after(26 * 60 + 1)) == {"offline": 1}


def test_a_device_heard_again_is_back_with_an_event(store: Store, city: Database) -> None:
    store(("acme/T1/gbt26875", frame_bytes()))
    offline.run(city, after(60))
    store(("acme/T1/gbt26875", frame_bytes(serial=2)), at=after(90))
    row = last(city, "T1")
    assert (row["online"], row["online_since"], row["offline_since"], row["conditions"]) == (True, after(90), None, {})
    assert [(event["active"], event["ts"]) for event in city.rows("select * from events order by ts")] == [
        (True, after(10)), (False, after(90))]


def test_a_device_may_have_a_silence_of_its_own(store: Store, city: Database) -> None:
    with city.connection() as connection:
        connection.execute("""update devices set settings = '{"offline_after_minutes": 5}' where device_no = 'S1'""")
        connection.execute("""update devices set settings = '{"offline_after_minutes": "x"}' where device_no = 'P1'""")
    store(("acme/S1/telemetry", b'{"battery": 90}'), ("acme/P1/telemetry", b'{"battery": 90}'))
    assert offline.run(city, after(6)) == {"offline": 1}
    assert last(city, "P1")["online"] is True


def test_a_retired_device_is_not_missed(store: Store, city: Database) -> None:
    store(("acme/S1/telemetry", b'{"battery": 90}'))
    with city.connection() as connection:
        connection.execute("update devices set status = 'retired'")
    assert offline.run(city, after(100_000)) == {"offline": 0}


def test_the_days_a_silence_touches_are_marked(store: Store, city: Database) -> None:
    store(("acme/T1/gbt26875", frame_bytes()))
    offline.run(city, after(3 * 24 * 60))
    days = [row["day"].day for row in city.rows("select day from dirty_unit_days order by day")]
    assert days == [10, 11, 12, 13]
