"""The fast path under attack: floods of invented names, poison, a registry in motion, jumping clocks, dying threads."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import psycopg
import pytest
from paho.mqtt.client import Client

import ingest.batchwriter
import ingest.routes
import ingest.service
import ingest.session
from ingest import IngestOptions, IngestService
from ingest.batchwriter import BatchWriter
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.packets import Packets
from ingest.routes import Gateway
from ingest.session import Session, SessionOptions
from policy import rules
from store import Database
from tests.ingest.test_batchwriter import DUP, batch, put, values

PLAIN = b'{"battery":1}'


@pytest.fixture
def writer(city: Database) -> BatchWriter:
    return BatchWriter(city, rules())


def execute(db: Database, *statements: str) -> None:
    with db.connection() as connection:
        for one in statements:
            connection.execute(one)


def test_invented_topics_fill_no_memory_and_push_nobody_out(writer: BatchWriter, city: Database,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.routes, "_MOST_NOWHERE", 50)
    for number in range(5):
        stored = put(writer, batch(
            ("acme/P1/telemetry", PLAIN), *[(f"acme/{number}x{one}/telemetry", PLAIN) for one in range(40)],
            *[(f"v{number}x{one}/gateway/telemetry", b'{"P1":[{"values":{"battery":1}}]}') for one in range(20)],
            ("acme/" + "y" * 60_000 + "/telemetry", PLAIN), first=number * 100 + 1))
        assert stored.readings == 1
        assert stored.refused.total() == 61
    routes = writer._routes
    assert len(routes.nowhere) <= 110
    assert max(map(len, routes.nowhere)) < 100
    assert len(routes.topics) == 1
    assert not routes.gateways
    assert values(city) == [1] * 5


def test_names_that_a_gateway_invents_fill_no_memory(writer: BatchWriter, city: Database,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.routes, "_MOST_STRANGERS", 50)
    for number in range(5):
        part = b'[{"values":{"battery":%d}}]' % number
        names = [b'"P1"', *[b'"%dn%d"' % (number, one) for one in range(40)], b'"%s"' % (b"z" * 5000), b'"a\\u0000b"']
        payload = b"{" + b",".join(name + b":" + part for name in names) + b"}"
        put(writer, batch(("acme/gateway/telemetry", payload), ("acme/gateway/telemetry", b'{"\\ud800":[]}'),
                          first=number * 10 + 1))
    gateway = writer._routes.topics[b"huoyan/v1/acme/gateway/telemetry"]
    assert isinstance(gateway, Gateway)
    assert len(gateway.strangers) <= 100
    assert max(map(len, gateway.strangers)) < 100
    assert values(city) == [0, 1, 2, 3, 4]


def test_a_mistake_of_ours_that_one_payload_brings_out_stops_nothing(writer: BatchWriter, city: Database,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(ingest.batchwriter, "open_block", broken)
    poisoned = batch(("acme/P1/telemetry", PLAIN), ("acme/S1/event", b'{"type":"fire_alarm"}'))
    assert writer.open(poisoned) is None
    stored = writer.store(poisoned, None)
    assert (stored.readings, stored.events) == (1, 1)


def test_a_topic_that_is_no_text_is_quarantined_whatever_its_vendor_has_used_up(writer: BatchWriter,
                                                                              city: Database) -> None:
    execute(city, "update vendors set messages_per_second = 0.001, message_burst = 1 where vendor_code = 'acme'")
    sent = batch(*[("acme/P1/telemetry", PLAIN)] * 3)
    sent[0].topics = [sent[0].topics[0], b"huoyan/v1/acme/\xff/telemetry", sent[0].topics[2]]
    assert dict(put(writer, sent).refused) == {"topic": 1, "rate_limit": 1}
    assert values(city) == [1]


def test_a_vendor_that_is_suspended_between_reading_and_storing_stops_nothing(writer: BatchWriter,
                                                                             city: Database) -> None:
    first = batch(("acme/P1/telemetry", PLAIN))
    block = writer.open(first)
    execute(city, "update vendors set status = 'suspended' where vendor_code = 'acme'")
    writer.open(batch(("acme/P1/telemetry", PLAIN), ("acme/S1/telemetry", PLAIN), first=2))
    assert dict(writer.store(first, block).refused) == {"suspended_vendor": 1}


def test_a_device_that_moves_to_another_unit_or_vendor_takes_its_next_reading_along(writer: BatchWriter,
                                                                                  city: Database) -> None:
    put(writer, batch(("acme/P1/telemetry", PLAIN)))
    later = batch(("acme/P1/telemetry", PLAIN), first=2)
    block = writer.open(later)
    execute(city, "update devices set unit_id = (select unit_id from units where unit_no = 'U2')"
                  " where device_no = 'P1'", "delete from dirty_unit_days")
    writer.store(later, block)
    assert city.rows("select unit_no from dirty_unit_days join units using (unit_id)") == [{"unit_no": "U2"}]
    execute(city, "update devices set vendor_code = 'other' where device_no = 'P1'")
    assert dict(put(writer, batch(("acme/P1/telemetry", PLAIN), first=3)).refused) == {"foreign_device": 1}
    assert put(writer, batch(("other/P1/telemetry", PLAIN), first=4)).readings == 1


@pytest.mark.parametrize(("settings", "is_fast"), [
    ('{"low": 0.1, "high": 0.9, "floor": 3, "offline_after_minutes": 5, "gbt26875": {}, "sparkplug": {}}', True),
    ('{"clock": "receive"}', False), ('{"json": {"keys": {}}}', False)])
def test_only_settings_that_change_what_telemetry_means_cost_the_fast_path(
        settings: str, is_fast: bool, writer: BatchWriter, city: Database) -> None:
    execute(city, f"update devices set settings = '{settings}' where device_no = 'P1'")
    block = writer.open(batch(("acme/P1/telemetry", PLAIN)))
    assert block is not None
    assert block.messages == is_fast


def test_who_changes_the_registry_waits_for_nobody_else_who_does(city: Database) -> None:
    with psycopg.connect(city.dsn) as one, psycopg.connect(city.dsn, options="-c lock_timeout=2s") as other:
        one.execute("update vendors set name = 'a' where vendor_code = 'acme'")
        other.execute("update devices set kind = 'gas' where device_no = 'X1'")
        one.execute("update devices set kind = 'gas' where device_no = 'P1'")
        before = city.row("select sum(revision) as n from registry_revision")
        other.commit()
        one.commit()
        after = city.row("select sum(revision) as n from registry_revision")
    assert before is not None
    assert after is not None
    assert after["n"] == before["n"] + 3


def test_two_messages_of_one_moment_are_two_readings_even_where_they_say_the_same(writer: BatchWriter,
                                                                                city: Database) -> None:
    pair = b'[{"battery":7},{"battery":7}]'  # its second item has the microsecond of the next message's receipt
    stored = put(writer, batch(("acme/P1/telemetry", pair), ("acme/P1/telemetry", b'{"battery":7}'),
                               ("acme/P1/telemetry", b'{"battery":8}')))
    assert (stored.readings, stored.duplicates, dict(stored.refused)) == (4, 0, {})
    assert values(city) == [7, 7, 7, 8]


def test_a_new_message_with_the_number_and_the_words_of_an_old_one_is_no_redelivery(writer: BatchWriter,
                                                                                  city: Database) -> None:
    # Brokers take the numbers in turn. The last of a whole turn is seen only once, after a connection was lost.
    turn = 65_535
    step = 4369
    for first in range(1, turn, step):
        put(writer, batch(*[("acme/P1/telemetry", PLAIN)] * step, first=first))
    (before,) = city.rows("select count(*) as n from readings")
    assert before["n"] == turn
    again = put(BatchWriter(city, rules()), batch(("acme/P1/telemetry", PLAIN), head=DUP))
    assert (again.readings, again.duplicates) == (1, 0)
    known = put(BatchWriter(city, rules()), batch(("acme/P1/telemetry", PLAIN), first=turn, head=DUP))
    assert (known.readings, known.duplicates) == (0, 1)


def test_messages_with_a_time_of_their_own_use_up_the_ledger_too(writer: BatchWriter, city: Database) -> None:
    now = time.time_ns() // 1_000_000 - 1_000_000
    put(writer, batch(("acme/P1/telemetry", PLAIN)))
    for turn in range(3):
        timed = [("acme/S1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % (now + turn * 30_000 + one))
                 for one in range(30_000)]
        put(writer, batch(*timed, first=2))
    put(writer, batch(("acme/P1/telemetry", PLAIN), first=40_000))
    assert put(writer, batch(("acme/P1/telemetry", PLAIN), head=DUP)).readings == 1


def test_marks_are_made_again_after_somebody_took_them_early(writer: BatchWriter, city: Database,
                                                            monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest.batchwriter, "_MARKS_HOLD", 1e-6)
    put(writer, batch(("acme/P1/telemetry", PLAIN)))
    execute(city, "delete from dirty_unit_days")
    put(writer, batch(("acme/P1/telemetry", PLAIN), first=2))
    assert len(city.rows("select from dirty_unit_days")) == 1


def test_a_device_that_is_deleted_does_not_keep_the_others_from_being_heard(writer: BatchWriter,
                                                                           city: Database) -> None:
    stored = batch(("acme/P1/telemetry", PLAIN), ("acme/S1/telemetry", PLAIN))
    gone = np.array([99_999])
    writer._heard.add(gone, gone, gone, gone)
    put(writer, stored)
    assert len(city.rows("select from device_last")) == 2
    assert not writer._heard.is_due(time.monotonic())


def test_starting_again_and_again_uses_up_no_numbers_of_metrics(city: Database) -> None:
    for _ in range(3):
        BatchWriter(city, rules()).open(batch(("acme/P1/telemetry", PLAIN)))
    row = city.row("select max(metric_id) as most, nextval('metrics_metric_id_seq') as next from metrics")
    assert row is not None
    assert row["next"] == row["most"] + 1


def session(inbox: Inbox) -> Session:
    return Session(SessionOptions("127.0.0.1", 1, "", "", "", "5", "c", 100, 1000), inbox, IngestMetrics())


def test_a_clock_that_was_far_ahead_for_a_moment_is_believed_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox, now = Inbox(1000, 10**6), 1_700_000_000_000_000_000
    taking, times = session(inbox), []
    for clock in (now, now - 10**9, now + 10**18, now + 10**9, now + 10**9):
        monkeypatch.setattr(time, "time_ns", lambda clock=clock: clock)
        taking._on_packets(Packets([b"t"] * 2, [b"x"] * 2, [0x32] * 2, [1, 2]), 10)
        arrivals = inbox.get(0)
        assert arrivals is not None
        times.append(arrivals.received_us - now // 1000)
    assert times == [0, 2, 10**15, 10**6, 10**6 + 2]


def run_to_its_end(service: IngestService) -> BaseException | None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            service.run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    service.stop()
    thread.join(20)
    assert not thread.is_alive(), "it hangs"
    assert not [one for one in threading.enumerate() if one.name == "storing"]
    return raised[0] if raised else None


@pytest.mark.parametrize("when", ["at once", "at the end"])
def test_a_storing_thread_that_dies_ends_the_process_and_is_told_of(when: str, city: Database,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    def flush(self: BatchWriter, *, is_last: bool = False) -> None:
        if is_last or when == "at once":
            raise RuntimeError("a mistake")

    monkeypatch.setattr(BatchWriter, "flush", flush)
    error = run_to_its_end(IngestService(city, IngestOptions(host="127.0.0.1", port=1)))
    assert isinstance(error, RuntimeError)


@pytest.mark.parametrize("broken", ["reconnect", "connect_async"])
def test_a_network_thread_that_dies_ends_the_process_and_is_told_of(broken: str, city: Database,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError("a mistake")

    monkeypatch.setattr(Client, broken, fail)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    service = IngestService(city, IngestOptions(host="127.0.0.1", port=1, in_blocks=False))
    assert run_to_its_end(service) is not None


def test_who_was_heard_is_written_down_though_nothing_more_comes(city: Database) -> None:
    service = IngestService(city, IngestOptions(host="127.0.0.1", port=1))
    devices = np.array([row["device_id"] for row in city.rows("select device_id from devices")])
    lane = service._lane(IngestOptions(host="127.0.0.1", port=1).everything("alone"), None)
    lane.writer._heard.add(devices, devices, devices, devices)
    lane.start()
    lane.stop()
    assert len(city.rows("select from device_last")) == len(devices)


def test_a_batch_whose_clean_and_odd_readings_both_go_by_the_stage_is_stored_once(writer: BatchWriter,
                                                                                 city: Database) -> None:
    again = ("acme/P1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % (time.time_ns() // 1_000_000 - 5000))
    put(writer, batch(again))
    put(writer, batch(again, first=2))  # from now on repetitions are expected
    put(writer, batch(("acme/P1/telemetry", b'{"battery":2}'), first=3)
        + batch(("acme/S1/telemetry", b'{"battery":3}'), first=4, head=DUP))
    assert values(city) == [1, 2, 3]
