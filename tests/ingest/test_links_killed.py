"""What was confirmed is stored, whoever is killed: a listener, the database; and several listeners on one port."""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from huoyan.embedded.postgres import EmbeddedPostgres
from ingest.links import ask
from policy import rules
from store import Database
from store.migrating import migrate
from tests.ingest.listening import T1, Panel, city, operation, until
from tests.line.processes import Line
from tests.servers.databases import run_folder
from tests.servers.programs import Program, unused_port


class Site:
    """A database server and a listener, both of which can be killed and come back."""

    def __init__(self, home: Path) -> None:
        self.postgres = EmbeddedPostgres(home, unused_port())
        self.postgres.start()
        self.postgres.create_database()
        migrate(self.dsn)
        with Database(self.dsn) as db:
            city(db)
        self.port, self.metrics = unused_port(), unused_port()
        self._line = Line(home, database_url=self.dsn, listen_host="127.0.0.1", listen_tcp_port=self.port,
                          listen_udp_port=0, listen_metrics_port=self.metrics, listen_idle_seconds=60)
        self.listener = self._line.start("listen", self.metrics)

    @property
    def dsn(self) -> str:
        return self.postgres.dsn

    def second_listener(self) -> Program:
        port = unused_port()
        self._line._environment["HUOYAN_LISTEN_METRICS_PORT"] = str(port)
        return self._line.start("listen", port)

    def kill_listener(self) -> None:
        self.listener.kill()
        self.listener.start()

    def kill_postgres(self) -> None:
        self.postgres.kill()
        self.postgres.start()

    def close(self) -> None:
        self._line.stop()
        self.postgres.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    with run_folder("links") as home:
        found = Site(home)
        yield found
        found.close()


class Ledger(threading.Thread):
    """A device that sends one act after another, each under a second of its own, and notes those that were confirmed.

    As a real one it sends what is not confirmed again, over a new link where the old one ended.
    """

    def __init__(self, port: int, source: bytes, count: int, start: dt.datetime) -> None:
        super().__init__(daemon=True)
        self._port, self._source, self._count = port, source, count
        self._start = start
        self.confirmed: list[dt.datetime] = []
        self.is_over = False

    def run(self) -> None:
        panel: Panel | None = None
        serial, deadline = 0, time.monotonic() + 90
        while serial < self._count and time.monotonic() < deadline:
            moment = self._start + dt.timedelta(seconds=serial)
            try:
                panel = panel or Panel(self._port, self._source)
                panel.send(operation(1 << 0, moment), serial=serial)
                answer = panel.hear_any(2)
                if answer is not None and answer.command == 3 and answer.serial == serial:
                    self.confirmed.append(moment)
                    serial += 1
                    continue
            except OSError:
                time.sleep(0.1)
            if panel is not None and panel.is_closed(0.01):
                panel.close()
                panel = None
        if panel is not None:
            panel.close()
        self.is_over = serial == self._count


def test_every_confirmed_frame_is_stored_once_whoever_is_killed(site: Site) -> None:
    start = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=1)
    devices = [T1, (258).to_bytes(6, "little")]
    ledgers = [Ledger(site.port, source, 400, start) for source in devices]
    for ledger in ledgers:
        ledger.start()
    chance = random.Random(11)
    for victim in (site.kill_listener, site.kill_postgres, site.kill_listener, site.kill_postgres):
        time.sleep(0.3 + chance.random() / 2)
        victim()
    for ledger in ledgers:
        ledger.join(100)
        assert ledger.is_over
    with psycopg.connect(site.dsn) as connection:
        rows = connection.execute("select device_no, ts from events join devices using (device_id) "
                                  "where events.kind = 'reset'").fetchall()
        assert connection.execute("select reason_code, reason from quarantine").fetchall() == []
    for name, ledger in zip(("T1", "T2"), ledgers, strict=True):
        assert sorted(ts for device, ts in rows if device == name) == ledger.confirmed


def test_while_the_database_is_away_nothing_is_confirmed_and_hearing_stops_at_a_bound(site: Site) -> None:
    panels = [Panel(site.port) for _ in range(3)]
    for number, panel in enumerate(panels):
        panel.send(b"", serial=number)
        assert panel.hear().command == 3
    site.postgres.stop()
    start = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=1)
    sent = 0
    for panel in panels:
        panel.socket.settimeout(0.5)
        with suppress(TimeoutError):
            while sent < 300_000:
                panel.socket.sendall(b"".join(
                    panel.frame(operation(1, start + dt.timedelta(seconds=(sent + n) % 3000)), (sent + n) % 65536)
                    for n in range(500)))
                sent += 500
    assert sent < 300_000, "the listener took in whatever came"
    assert [panel.hear_any(0.2) for panel in panels] == [None] * 3
    with suppress(OSError):
        assert urlopen(f"http://127.0.0.1:{site.metrics}/readyz", timeout=5).status == 503
    for panel in panels:
        panel.close()
    site.postgres.start()
    with Panel(site.port, (258).to_bytes(6, "little")) as panel:
        panel.send(operation(1), serial=1)
        assert panel.hear(30).command == 3


def test_two_listeners_share_a_port_and_a_request_goes_over_the_one_that_holds_the_link(site: Site) -> None:
    site.second_listener()
    panels = [Panel(site.port) for _ in range(8)]
    for panel in panels:
        panel.send(b"")
        assert panel.hear().command == 3
    with Database(site.dsn) as db:
        until(lambda: db.row("select count(distinct listener) as n from gbt_links") == {"n": 2}, 15, "both hold links")
        with db.connection() as connection:
            device = connection.execute("select device_id from devices where device_no = 'T1'").fetchone()
            assert device
            ask(connection, [device["device_id"]], "duty_check", {}, actor="chief", now=dt.datetime.now(dt.UTC),
                book=rules())
        asked = until(lambda: [frame for panel in panels if (frame := panel.hear_any(0.1))], 15, "the request comes")
        assert [frame.unit[0] for frame in asked] == [91]
    for panel in panels:
        panel.close()
