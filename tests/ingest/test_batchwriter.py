"""A batch by column on a real database: once, whatever is delivered again, changed beside it, or more than allowed."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from ingest.arrivals import Arrivals
from ingest.batchwriter import BatchWriter
from ingest.stored import Stored
from policy import rules
from store import Database

DUP = 0x3A


@pytest.fixture
def writer(city: Database) -> BatchWriter:
    return BatchWriter(city, rules())


def batch(*sent: tuple[str, bytes], first: int = 1, head: int = 0x32, session: str = "s") -> list[Arrivals]:
    return [Arrivals([f"huoyan/v1/{topic}".encode() for topic, _ in sent], [payload for _, payload in sent],
                     [head] * len(sent), list(range(first, first + len(sent))), time.time_ns() // 1000,
                     sum(len(payload) for _, payload in sent), session)]


def put(writer: BatchWriter, arrivals: list[Arrivals]) -> Stored:
    return writer.store(arrivals, writer.open(arrivals))


def values(db: Database) -> list[Any]:
    return [row["value"] for row in db.rows("select value from readings order by value")]


def test_a_batch_is_stored_with_what_hangs_on_it(writer: BatchWriter, city: Database) -> None:
    stored = put(writer, batch(("acme/P1/telemetry", b'{"battery":1}'), ("acme/S1/telemetry", b'{"battery":2}'),
                               ("acme/gateway/telemetry", b'{"P1":[{"values":{"battery":3}}]}'),
                               ("acme/S1/event", b'{"type":"fire_alarm"}'), ("acme/NEW/telemetry", b'{"battery":4}')))
    assert (stored.readings, stored.events, dict(stored.refused)) == (3, 1, {"unknown_device": 1})
    assert dict(stored.messages) == {"telemetry": 4, "event": 1}
    assert values(city) == [1, 2, 3]
    assert len(city.rows("select from device_last where online")) == 2
    assert len(city.rows("select from dirty_unit_days")) == 1
    hours = city.rows("select form, messages, readings, events, refused from vendor_hours order by form")
    assert hours == [{"form": "event", "messages": 1, "readings": 0, "events": 1, "refused": 0},
                     {"form": "telemetry", "messages": 4, "readings": 3, "events": 0, "refused": 1}]


@pytest.mark.parametrize("head", [0x32, DUP])
def test_what_the_broker_delivers_again_is_stored_once_and_what_a_device_says_again_twice(
        head: int, writer: BatchWriter, city: Database) -> None:
    timeless, timed = ("acme/P1/telemetry", b'{"battery":1}'), ("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":2}}'
                                                                % (time.time_ns() // 1_000_000 - 5000))
    put(writer, batch(timeless, timed))
    again = put(BatchWriter(city, rules()), batch(timeless, timed, head=head))
    assert values(city) == ([1, 2] if head == DUP else [1, 1, 2])
    assert again.duplicates == (2 if head == DUP else 1)


def test_what_was_put_aside_for_a_limit_is_not_stored_when_the_broker_delivers_it_again(
        writer: BatchWriter, city: Database) -> None:
    with city.connection() as connection:
        connection.execute("update vendors set messages_per_second = 0.001, message_burst = 1"
                           " where vendor_code = 'acme'")
    sent = ("acme/P1/telemetry", b'{"battery":1}'), ("acme/P1/telemetry", b'{"battery":2}')
    assert dict(put(writer, batch(*sent)).refused) == {"rate_limit": 1}
    again = put(BatchWriter(city, rules()), batch(*sent, head=DUP))
    assert (again.readings, again.refused.total(), again.echoes) == (0, 0, 1)
    assert values(city) == [1]
    assert len(city.rows("select from quarantine")) == 1


def test_another_session_may_use_the_same_packet_number(writer: BatchWriter, city: Database) -> None:
    timeless = ("acme/P1/telemetry", b'{"battery":1}')
    put(writer, batch(timeless))
    put(writer, batch(timeless, head=DUP, session="another"))
    assert values(city) == [1, 1]


def test_a_batch_that_is_tried_again_after_an_unknown_end_is_stored_once(writer: BatchWriter, city: Database) -> None:
    arrivals = batch(("acme/P1/telemetry", b'{"battery":1}'), ("acme/P1/telemetry", b'{"battery":2}'))
    put(writer, arrivals)
    for one in arrivals:
        one.is_retried = True
    writer.store(arrivals, None)
    assert values(city) == [1, 2]
    assert city.rows("select from quarantine") == []


def test_the_ledger_keeps_no_more_than_can_be_unacknowledged(writer: BatchWriter, city: Database) -> None:
    for number in range(4):
        arrivals = batch(*[("acme/P1/telemetry", b'{"battery":%d}' % (one % 100)) for one in range(30_000)],
                         first=number * 30_000 % 60_000 + 1)
        put(writer, arrivals)
    kept = city.rows("select messages from delivery_batches")
    assert [row["messages"] for row in kept] == [30_000] * 2


def test_a_device_that_is_retired_meanwhile_is_not_stored_for(writer: BatchWriter, city: Database) -> None:
    message = ("acme/P1/telemetry", b'{"battery":1}')
    put(writer, batch(message))
    later = batch(message, first=5)
    block = writer.open(later)
    with city.connection() as connection:
        connection.execute("update devices set status = 'retired' where device_no = 'P1'")
    assert dict(writer.store(later, block).refused) == {"retired_device": 1}
    with city.connection() as connection:
        connection.execute("update devices set status = 'active' where device_no = 'P1'")
        connection.execute("update vendors set status = 'suspended' where vendor_code = 'acme'")
    assert dict(put(writer, batch(message, first=9)).refused) == {"suspended_vendor": 1}


def test_more_than_a_vendor_may_send_goes_to_quarantine_and_its_alarms_do_not(writer: BatchWriter,
                                                                             city: Database) -> None:
    with city.connection() as connection:
        connection.execute("update vendors set messages_per_second = 0.001, message_burst = 3, payload_bytes = 64"
                           " where vendor_code = 'acme'")
    stored = put(writer, batch(*[("acme/P1/telemetry", b'{"battery":%d}' % one) for one in range(5)],
                               ("other/X1/telemetry", b'{"battery":50}'), ("acme/S1/event", b'{"type":"fire_alarm"}'),
                               ("acme/S1/telemetry", b'{"battery":1%s}' % (b" " * 80))))
    assert (stored.readings, stored.events) == (4, 1)
    assert dict(stored.refused) == {"rate_limit": 2, "too_large": 1}
    assert values(city) == [0, 1, 2, 50]
    (row,) = city.rows("select sum(messages) as n, sum(refused) as refused from vendor_hours where form = 'telemetry'")
    assert (row["n"], row["refused"]) == (7, 3)


def test_a_contradiction_is_quarantined_and_a_repetition_is_not(writer: BatchWriter, city: Database) -> None:
    ts = time.time_ns() // 1_000_000 - 5000
    first = ("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % ts)
    other = ("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":9}}' % ts)
    put(writer, batch(first))
    again = put(writer, batch(first, first=2))
    assert (again.duplicates, dict(again.refused)) == (1, {})
    assert dict(put(writer, batch(other, first=3)).refused) == {"contradiction": 1}
    assert values(city) == [1]


def test_a_late_day_is_marked_again_and_today_once(writer: BatchWriter, city: Database) -> None:
    now = dt.datetime.now(dt.UTC)
    late = int((now - dt.timedelta(days=3)).timestamp() * 1000)
    put(writer, batch(("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % late),
                      ("acme/P1/telemetry", b'{"battery":2}')))
    with city.connection() as connection:
        connection.execute("delete from dirty_unit_days")  # as a roll-up of the past days does
    put(writer, batch(("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % (late + 1)), first=7))
    assert len(city.rows("select from dirty_unit_days where day < current_date - 1")) == 1


def test_a_device_long_silent_is_back_when_it_is_heard(writer: BatchWriter, city: Database) -> None:
    put(writer, batch(("acme/P1/telemetry", b'{"battery":1}')))
    with city.connection() as connection:
        connection.execute("update device_last set online = false, offline_since = now() - interval '1 h'")
    put(writer, batch(("acme/P1/telemetry", b'{"battery":2}'), first=2))
    assert city.row("select online, offline_since from device_last") == {"online": True, "offline_since": None}
    assert city.rows("select kind, active from events") == [{"kind": "offline", "active": False}]
