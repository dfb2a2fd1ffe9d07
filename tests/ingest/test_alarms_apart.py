"""An alarm waits behind nothing that is no alarm: it comes by a session of its own."""

from __future__ import annotations

import json
import time
from typing import Any

from ingest import IngestService
from store import Database
from tests.ingest.test_service import count, options, publisher, running, wait
from tests.servers.mosquitto import Mosquitto

QUEUED = 40_000


def test_an_alarm_behind_a_queue_of_misspelt_readings_is_stored_before_they_are(
        mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)):
        pass
    with publisher(mosquitto) as publish:
        for number in range(QUEUED):
            publish("acme/P1/telemetry", b'{"water_presure":%d}' % number)
        publish("acme/S1/event", {"type": "fire_alarm", "point": "3F"})
    with running(city, options(mosquitto)):
        wait(lambda: count(city, "alarms") == 1)
        before = city.rows("select coalesce(sum(refused), 0)::int as n from vendor_hours where form = 'telemetry'")
        assert before[0]["n"] < QUEUED
        wait(lambda: _refused(city) == QUEUED, 120)
    assert count(city, "events") == 1


def test_alarms_come_through_while_a_full_queue_drops_what_else_is_sent(city: Database, tmp_path: Any) -> None:
    broker = Mosquitto(tmp_path, extra="max_queued_messages 50\nmax_inflight_messages 10")
    broker.start()
    try:
        with running(city, options(broker)):
            pass
        with publisher(broker) as publish:
            for number in range(200):
                publish("acme/P1/telemetry", {"event_count": number})
            for number in range(20):
                publish("acme/S1/event", {"type": "fire_alarm", "point": f"{number}F"})
        with running(city, options(broker)):
            wait(lambda: count(city, "alarms") == 20)
            wait(lambda: count(city, "readings") > 0)
        assert count(city, "readings") < 200
        assert count(city, "events") == 20
    finally:
        broker.kill()


def test_alarms_without_a_time_are_stored_once_for_each_time_they_were_sent_whoever_is_stopped(
        mosquitto: Mosquitto, city: Database) -> None:
    payload = json.dumps({"type": "fault", "point": "P"}).encode()
    sent = 0
    for step in range(4):
        with running(city, options(mosquitto, receive_maximum=20, batch=7)), publisher(mosquitto) as publish:
            for number in range(60):
                publish("acme/S1/event", payload if number % 2 else {"type": "test", "active": bool(number % 4)})
                sent += 1
            if step % 2:
                time.sleep(0.2)
    with running(city, options(mosquitto)):
        wait(lambda: _both_brought_all(city))
    told = city.rows("select coalesce(sum(messages), 0)::int as n from vendor_hours where form = 'event'")
    assert told == [{"n": sent}]


def test_a_broker_with_one_session_is_served_by_one(mosquitto: Mosquitto, city: Database) -> None:
    chosen = options(mosquitto, alarms_apart=False)
    with running(city, chosen) as service:
        assert isinstance(service, IngestService)
        with publisher(mosquitto) as publish:
            publish("acme/S1/event", {"type": "fire_alarm"})
        wait(lambda: count(city, "alarms") == 1)
    assert "huoyan-ingest-alarms" not in mosquitto.log


def _refused(db: Database) -> int:
    (row,) = db.rows("select coalesce(sum(refused), 0)::int as n from vendor_hours where form = 'telemetry'")
    return int(row["n"])


def _both_brought_all(db: Database) -> bool:
    return db.rows("select from echoes where ahead <> 0") == []
