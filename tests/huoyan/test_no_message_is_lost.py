"""The promise of the whole line: what a device was told is taken is in the database, whichever process is killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from huoyan.embedded.postgres import EmbeddedPostgres
from huoyan.embedded.supervisor import Child, State, Supervisor, postgres_child
from store.migrating import migrate
from tests.servers.broker import EmbeddedBroker
from tests.servers.databases import run_folder
from tests.servers.mqtt import Client
from tests.servers.programs import listens, unused_port

_REGISTER = """
    insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
    insert into units (unit_no, name, area_code, kind) values ('U1', '一号宾馆', '990000', 'hotel');
    insert into vendors (vendor_code, name) values ('acme', '甲');
    insert into devices (vendor_code, device_no, unit_id, kind)
        select 'acme', 'P1', unit_id, 'water_pressure' from units;
"""
_READINGS = "select extract(epoch from ts) * 1000 as ms from readings"


class Line:
    """PostgreSQL, broker and ingest under one supervisor, and what it says."""

    def __init__(self, home: Path, supervisor: Supervisor, said: list[str]) -> None:
        self.said = said
        self.supervisor = supervisor
        self.broker = EmbeddedBroker(home / "broker")
        self._postgres = EmbeddedPostgres(home, unused_port())
        supervisor.start(postgres_child(self._postgres))
        self._postgres.create_database()
        migrate(self.dsn)
        with psycopg.connect(self.dsn) as connection:
            connection.execute(_REGISTER)
        supervisor.start(Child("broker", [sys.executable, "-m", "huoyan.embedded.broker", "--config",
                                          str(self.broker.folder / "broker.json")], home / "broker.log",
                               ready=lambda: listens(self.broker.port)))
        health = unused_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUOYAN_")}
        supervisor.start(Child("ingest", [sys.executable, "-m", "huoyan.cli", "ingest"], home / "ingest.log",
                               ready=lambda: listens(health), environment=environment | {
            "HUOYAN_DATABASE_URL": self.dsn, "HUOYAN_MQTT_HOST": "127.0.0.1",
            "HUOYAN_MQTT_PORT": str(self.broker.port), "HUOYAN_MQTT_USER": "ingest",
            "HUOYAN_MQTT_PASSWORD": self.broker.password("ingest"), "HUOYAN_MQTT_PROTOCOL": "3.1.1",
            "HUOYAN_INGEST_ALARMS_APART": "0",
            "HUOYAN_INGEST_METRICS_PORT": str(health)}))

    @property
    def dsn(self) -> str:
        return self._postgres.dsn

    def kill(self, name: str) -> None:
        """Kill a process and wait until the supervisor has it back."""
        before = len(self.said)
        pid = next(status.pid for status in self.supervisor.status() if status.name == name)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while f"{name} went away (signal 9): restarted" not in self.said[before:]:
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def stored(self) -> set[int]:
        with psycopg.connect(self.dsn) as connection:
            return {int(row[0]) for row in connection.execute(_READINGS)}


@pytest.fixture
def line() -> Iterator[Line]:
    said: list[str] = []
    with run_folder("line") as home, Supervisor(said.append) as supervisor:
        yield Line(home, supervisor, said)


def test_every_acknowledged_reading_is_stored_once_whoever_is_killed(line: Line) -> None:
    start = int(time.time() * 1000) - 600_000
    sent: dict[int, int] = {}
    with Client(line.broker, "acme", "P1") as device:
        assert device.connect() == "Success"

        def publish(count: int) -> None:
            for moment in range(start + len(sent), start + len(sent) + count):
                payload = json.dumps({"ts": moment, "values": {"water_pressure": 0.31}})
                sent[moment] = device.send("huoyan/v1/acme/P1/telemetry", payload)

        for victim in ("broker", "ingest", "postgres", "broker"):
            publish(300)
            line.kill(victim)
            publish(50)
        assert all(device.wait_for(mid, timeout=30) for mid in sent.values())
    deadline = time.monotonic() + 60
    while (missing := sent.keys() - line.stored()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert missing == set()
    assert all(status.state is State.RUNNING for status in line.supervisor.status())
    with psycopg.connect(line.dsn) as connection:
        assert connection.execute("select count(*) from quarantine").fetchone() == (0,)
