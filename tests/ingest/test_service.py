"""The whole process against a real Mosquitto: what is acknowledged is stored, once, whatever dies in between."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import REGISTRY

from ingest import IngestError, IngestOptions, IngestService
from ingest.gbt26875 import frame_bytes
from store import Database
from tests.servers.mosquitto import Mosquitto
from tests.servers.mosquitto import binary as mosquitto_binary
from tests.servers.programs import Program

PROCESS = """
import sys
from ingest import IngestOptions, IngestService
from store import Database
with Database(sys.argv[1], max_size=2) as db:
    IngestService(db, IngestOptions(host=sys.argv[2], port=int(sys.argv[3]), protocol=sys.argv[4], batch=40)).run()
"""


def options(broker: Mosquitto, **more: Any) -> IngestOptions:
    return IngestOptions(**{"host": broker.host, "port": broker.port, **more})


def wait(until: Callable[[], Any], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def count(db: Database, table: str) -> int:
    (row,) = db.rows(f"select count(*) as n from {table}")
    return int(row["n"])


@contextmanager
def running(db: Database, chosen: IngestOptions) -> Iterator[IngestService]:
    service = IngestService(db, chosen)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        wait(service.ready)
        yield service
    finally:
        service.stop()
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def publisher(broker: Mosquitto) -> Iterator[Callable[..., None]]:
    client = Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    sent: list[Any] = []

    def publish(topic: str, payload: Any, qos: int = 1, retain: bool = False) -> None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        sent.append(client.publish(f"huoyan/v1/{topic}", raw, qos, retain))

    try:
        yield publish
        for info in sent:
            info.wait_for_publish(30)
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_vendor_with_nothing_but_mosquitto_pub_sees_a_reading_and_an_alarm(
        protocol: str, mosquitto: Mosquitto, city: Database) -> None:
    def pub(topic: str, *more: str) -> None:
        subprocess.run([mosquitto_binary("mosquitto_pub") or "", "-h", mosquitto.host, "-p", str(mosquitto.port),
                        "-q", "1", "-t", f"huoyan/v1/{topic}", *more], check=True)

    with running(city, options(mosquitto, protocol=protocol)):
        pub("acme/P1/telemetry", "-m", '{"water_pressure": 0.52}')
        pub("acme/S1/event", "-m", '{"type": "火警", "point": "3F"}')
        pub("acme/gateway/telemetry", "-m", '{"P1": [{"battery": 77}]}')
        pub("acme/T1/gbt26875", "-m", frame_bytes(unit=bytes([21, 1, 4]) + bytes(6)).hex())
        wait(lambda: count(city, "readings") == 2 and count(city, "alarms") == 2)
        row = city.row("select max(stored_at - received_at) < interval '10 s' as soon from alarms")
        assert row == {"soon": True}


def test_what_was_sent_while_ingest_was_away_is_stored_when_it_is_back(mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)):
        pass
    with publisher(mosquitto) as publish:
        for number in range(300):
            publish("acme/P1/telemetry", {"event_count": number})
    with running(city, options(mosquitto)):
        wait(lambda: count(city, "readings") == 300)
    with running(city, options(mosquitto)):
        time.sleep(0.3)
    assert count(city, "readings") == 300


@contextmanager
def subprocess_ingest(folder: Path, dsn: str, broker: Mosquitto, protocol: str) -> Iterator[Program]:
    argv = [sys.executable, "-c", PROCESS, dsn, broker.host, str(broker.port), protocol]
    process = Program(argv, folder / "ingest.log", ready=lambda: True, name="ingest")
    process.start()
    try:
        yield process
    finally:
        process.stop()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_sigkill_in_the_middle_of_a_stream_loses_nothing_and_stores_once(
        protocol: str, mosquitto: Mosquitto, city: Database, tmp_path: Path) -> None:
    with subprocess_ingest(tmp_path, city.dsn, mosquitto, protocol) as process:
        # The session must be there before the first message: a broker keeps nothing for a client it never met.
        wait(lambda: "huoyan-ingest 1 huoyan/v1/#" in mosquitto.log)
        total, kills, began = 1500, 3, int((time.time() - 3600) * 1000)
        with publisher(mosquitto) as publish:
            for number in range(total):
                # Every other message has no time of its own: only the delivery itself can tell that it came before.
                # The others are an hour old: one that had the microsecond of another's receipt would contradict it.
                publish("acme/P1/telemetry", {"event_count": number} if number % 2 else
                        {"ts": began + number, "values": {"event_count": number}})
            for step in range(1, kills + 1):
                wait(lambda least=step * total // 10: count(city, "readings") >= least)  # type: ignore[misc]
                process.kill()
                process.start()
        wait(lambda: count(city, "readings") >= total)
        time.sleep(0.5)
    values = [row["value"] for row in city.rows("select value from readings order by value")]
    assert values == [float(number) for number in range(total)]
    assert count(city, "quarantine") == 0


def test_a_broker_that_restarts_is_found_again_and_nothing_is_lost(mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)) as service:
        with publisher(mosquitto) as publish:
            for number in range(200):
                publish("acme/P1/telemetry", {"event_count": number})
        mosquitto.restart()
        wait(service.ready)
        with publisher(mosquitto) as publish:
            for number in range(200, 400):
                publish("acme/P1/telemetry", {"event_count": number})
        wait(lambda: count(city, "readings") >= 400)
    values = [row["value"] for row in city.rows("select value from readings order by value")]
    assert values == [float(number) for number in range(400)]


@contextmanager
def outage(dsn: str) -> Iterator[None]:
    """The database refuses and drops every connection until the block ends."""
    parts = urllib.parse.urlsplit(dsn)
    name = parts.path.removeprefix("/")
    with psycopg.connect(urllib.parse.urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"alter database {name} allow_connections false")  # type: ignore[arg-type]
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name])
        yield
        connection.execute(f"alter database {name} allow_connections true")  # type: ignore[arg-type]


def test_while_the_database_is_away_acknowledgements_wait_and_nothing_is_lost(mosquitto: Mosquitto, dsn: str,
                                                                             city: Database) -> None:
    with Database(dsn, max_size=2, timeout=1.0) as own, running(own, options(mosquitto, receive_maximum=50)) as service:
        with outage(dsn):
            with publisher(mosquitto) as publish:
                for number in range(200):
                    publish("acme/P1/telemetry", {"event_count": number})
            wait(lambda: not service.ready())
        wait(service.ready)
        wait(lambda: _count_again(dsn) >= 200)
    with psycopg.connect(dsn) as connection:
        values = connection.execute("select value from readings order by value").fetchall()
    assert [value for (value,) in values] == [float(number) for number in range(200)]


def _count_again(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from readings").fetchone()
        assert row is not None
        return int(row[0])


def test_more_than_fits_in_memory_is_left_with_the_broker_and_asked_for_again(
        mosquitto: Mosquitto, city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.lane._INBOX_ROOM", 5)
    with running(city, options(mosquitto)):
        pass
    with publisher(mosquitto) as publish:
        for number in range(150):
            publish("acme/P1/telemetry", {"event_count": number})
    with running(city, options(mosquitto, protocol="3.1.1", receive_maximum=20, batch=7)):
        wait(lambda: count(city, "readings") >= 150)
    values = [row["value"] for row in city.rows("select value from readings order by value")]
    assert values == [float(number) for number in range(150)]


def test_garbage_stops_nothing(mosquitto: Mosquitto, city: Database) -> None:
    garbage = [b"", b"\x00", b"\xff" * 50, b"[" * 100_000, b"x" * 10_000_000, b'{"a":1e400}',
               json.dumps({f"k{n}": n for n in range(15_000)}).encode(), b"@@" * 2000]
    with running(city, options(mosquitto)) as service:
        with publisher(mosquitto) as publish:
            for form in ("telemetry", "event", "gbt26875", "unheard_of"):
                for payload in garbage:
                    publish(f"acme/P1/{form}", payload)
            publish("nobody/at/all/of/us", b"?")
            publish("acme/P1/telemetry", {"battery": 5})
        wait(lambda: count(city, "readings") == 1)
        assert service.ready()
    row = city.row("select max(length(payload)) as longest, max(payload_bytes) as size from quarantine")
    assert row == {"longest": 262_144, "size": 10_000_000}
    told = {row["reason_code"] for row in city.rows("select reason_code from quarantine")}
    assert {"empty", "json", "utf8", "depth", "too_large", "too_many", "topic", "gbt_no_frame"} <= told


def test_retained_and_qos_0_messages_are_stored_once_too(mosquitto: Mosquitto, city: Database) -> None:
    with publisher(mosquitto) as publish:
        publish("acme/P1/telemetry", {"battery": 5}, retain=True)
    for _ in range(2):
        with running(city, options(mosquitto)):
            wait(lambda: count(city, "readings") >= 1)
            with publisher(mosquitto) as publish:
                publish("acme/S1/telemetry", {"battery": 6}, qos=0)
            time.sleep(0.3)
    rows = city.rows("select value, count(*) as n from readings group by value order by value")
    assert [(row["value"], row["n"]) for row in rows] == [(5, 1), (6, 2)]


def test_the_process_can_be_watched(mosquitto: Mosquitto, city: Database) -> None:
    def sample(name: str, **labels: str) -> float | None:
        return REGISTRY.get_sample_value(name, labels)

    with running(city, options(mosquitto)):
        with publisher(mosquitto) as publish:
            publish("acme/P1/telemetry", {"battery": 5, "bogus": 1})
            publish("acme/S1/event", {"type": "fire_alarm"})
        wait(lambda: sample("huoyan_ingest_messages_total", form="event") == 1)
        wait(lambda: sample("huoyan_ingest_rows_total", table="readings") == 1)
        wait(lambda: sample("huoyan_ingest_echoes_total") == 1)
        assert sample("huoyan_ingest_connected") == 1
        assert sample("huoyan_ingest_quarantined_total", reason="unknown_metric") == 1
        assert sample("huoyan_ingest_queue_messages") == 0
        assert (sample("huoyan_ingest_ack_seconds_count") or 0) > 0
    assert sample("huoyan_ingest_connected") is None


def test_a_refused_login_is_said_in_one_sentence(city: Database, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path / "closed", users={"ingest": "right"})
    broker.start()
    try:
        for chosen in (options(broker, user="ingest", password="wrong"),
                       options(broker, user="ingest", password="wrong", protocol="3.1.1"), options(broker)):
            with pytest.raises(IngestError, match=r"^the broker at .* the login"):
                IngestService(city, chosen).run()
    finally:
        broker.kill()


@pytest.mark.parametrize(("change", "word"), [
    ({"protocol": "4"}, "protocol"), ({"client_id": ""}, "client id"), ({"batch": 0}, "batch"),
    ({"linger_ms": -1}, "linger_ms"),
])
def test_options_that_cannot_work_are_refused(change: dict[str, Any], word: str) -> None:
    with pytest.raises(IngestError, match=word):
        replace(IngestOptions(), **change)


def test_a_missing_ca_file_is_named(city: Database) -> None:
    with pytest.raises(IngestError, match=r"/no/such/ca\.pem"):
        IngestService(city, IngestOptions(tls_ca="/no/such/ca.pem"))


def test_a_service_can_be_stopped_while_its_broker_is_away(city: Database) -> None:
    service = IngestService(city, IngestOptions(host="127.0.0.1", port=1))
    thread = threading.Thread(target=service.run)
    thread.start()
    time.sleep(0.3)
    assert not service.ready()
    service.stop()
    thread.join(20)
    assert not thread.is_alive()
