"""A process that stores says within seconds that it can not, whatever keeps it, and when it can again; none is lost."""

from __future__ import annotations

import datetime as dt
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest

from huoyan.embedded.postgres import EmbeddedPostgres
from store import Database
from store.migrating import migrate
from tests.ingest.listening import T1, Panel, city, operation, until
from tests.line.processes import Line
from tests.servers.broker import EmbeddedBroker
from tests.servers.databases import run_folder
from tests.servers.mqtt import Client
from tests.servers.programs import descendants, unused_port

#: Until now it took as long as the pool waits for a connection, which is 30 s.
SOON = 20.0
LONG = 60.0


class Site:
    """A database server that can go away, a broker, ingest, a listener, and what devices send to them."""

    def __init__(self, home: Path) -> None:
        self.postgres = EmbeddedPostgres(home, unused_port(), durable=False)
        self.postgres.start()
        migrate(self.dsn)
        with Database(self.dsn) as db:
            city(db)
        self.broker = EmbeddedBroker(home / "broker")
        self.broker.start()
        self._health = {"ingest": unused_port(), "listen": unused_port()}
        self.port = unused_port()
        line = Line(home, database_url=self.dsn, mqtt_host=self.broker.host, mqtt_port=self.broker.port,
                    mqtt_user="ingest", mqtt_password=self.broker.password("ingest"), mqtt_protocol="3.1.1",
                    ingest_metrics_port=self._health["ingest"], listen_host="127.0.0.1", listen_tcp_port=self.port,
                    listen_udp_port=0, listen_metrics_port=self._health["listen"])
        self._programs = [line.start(command, port) for command, port in self._health.items()]

    @property
    def dsn(self) -> str:
        return self.postgres.dsn

    def ready(self) -> dict[str, bool]:
        return {command: _answers(f"http://127.0.0.1:{port}/readyz") for command, port in self._health.items()}

    def becomes(self, is_ready: bool, seconds: float) -> None:
        until(lambda: set(self.ready().values()) == {is_ready}, seconds, f"{is_ready=}, but {self.ready()}")

    def stored(self, ts: int) -> bool:
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute("select count(*) from readings where ts = to_timestamp(%s)", [ts]).fetchone()
            return row == (1,)

    def servers(self) -> list[int]:
        assert self.postgres.pid is not None
        return [self.postgres.pid, *descendants(self.postgres.pid)]

    def close(self) -> None:
        for program in self._programs:
            program.stop()
        self.broker.stop()
        self.postgres.stop()


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=10) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture
def site() -> Iterator[Site]:
    with run_folder("readiness") as home, closing(Site(home)) as made:
        yield made


def publish(site: Site, ts: int) -> None:
    with Client(site.broker, "acme", f"device-{ts}") as device:
        assert device.connect() == "Success"
        assert device.publish("huoyan/v1/acme/P1/telemetry", f'{{"ts": {ts * 1000}, "values": {{"battery": 50}}}}')


def test_a_database_that_stops_is_told_though_nothing_is_to_be_stored_and_all_goes_on_when_it_is_back(
        site: Site) -> None:
    site.becomes(True, LONG)
    # Nothing comes in, for longer than an outage takes to be noticed: that is no outage.
    time.sleep(7)
    site.becomes(True, SOON)
    site.postgres.stop()
    site.becomes(False, SOON)
    now = int(time.time()) - 60
    publish(site, now)
    with Panel(site.port, T1) as panel:
        panel.send(operation(1, dt.datetime.now(dt.UTC)))
        assert panel.hear_any(1) is None
        site.postgres.start()
        site.becomes(True, LONG)
        assert panel.hear(LONG).command == 3
    until(lambda: site.stored(now), LONG)


def test_a_server_that_hangs_is_told_while_a_batch_waits_for_it(site: Site) -> None:
    site.becomes(True, LONG)
    frozen = site.servers()
    try:
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        now = int(time.time()) - 60
        publish(site, now)
        site.becomes(False, SOON)
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    site.becomes(True, LONG)
    until(lambda: site.stored(now), LONG)


def test_a_batch_that_does_not_get_through_is_told_though_the_server_answers(site: Site) -> None:
    site.becomes(True, LONG)
    now = int(time.time()) - 60
    with psycopg.connect(site.dsn) as connection, Panel(site.port, T1) as panel:
        connection.execute("lock table device_last in access exclusive mode")
        publish(site, now)
        panel.send(operation(1, dt.datetime.now(dt.UTC)))
        site.becomes(False, SOON)
        connection.rollback()
        site.becomes(True, LONG)
        assert panel.hear(LONG).command == 3
    until(lambda: site.stored(now), LONG)
