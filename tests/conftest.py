"""Servers, databases and a browser that tests share. Each starts when a test first asks, and dies with the run.

``db`` and ``dsn`` are on the embedded PostgreSQL, which is quick; ``any_db`` and ``any_dsn`` run a test twice, on
TimescaleDB and on the embedded one: for everything whose SQL meets time series.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from store import Database
from tests.servers import browser as chromium
from tests.servers import embedded, timescaledb
from tests.servers.databases import Server
from tests.servers.mosquitto import Mosquitto
from tests.servers.mosquitto import why_not as why_no_mosquitto

SERVERS = {"timescaledb": (timescaledb.why_not, timescaledb.run), "embedded": (lambda: None, embedded.run)}


def need(reason: str | None) -> None:
    """Skip a test whose real part is missing; where HUOYAN_TEST_REQUIRED=1 says all parts are there, fail it."""
    if reason is None:
        return
    if os.environ.get("HUOYAN_TEST_REQUIRED") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def servers() -> Iterator[Callable[[str], Server]]:
    """``servers(kind)`` starts a server of that kind once, and gives it to all who ask."""
    running: dict[str, Server] = {}
    with ExitStack() as stack:
        def server(kind: str) -> Server:
            why_not, run = SERVERS[kind]
            need(why_not())
            if kind not in running:
                running[kind] = stack.enter_context(run())
                stack.callback(running[kind].close)
            return running[kind]

        yield server


@pytest.fixture
def dsn(servers: Callable[[str], Server]) -> Iterator[str]:
    """A migrated database of this test's own."""
    with servers("embedded").migrated() as url:
        yield url


@pytest.fixture
def db(dsn: str) -> Iterator[Database]:
    """An open :class:`Database` on a migrated database of this test's own."""
    with Database(dsn, max_size=4) as opened:
        yield opened


@pytest.fixture(params=sorted(SERVERS, reverse=True))
def any_server(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    """Each kind of server in turn."""
    return servers(request.param)


@pytest.fixture
def any_dsn(any_server: Server) -> Iterator[str]:
    """A migrated database of this test's own, on each kind of server in turn."""
    with any_server.migrated() as url:
        yield url


@pytest.fixture
def any_db(any_dsn: str) -> Iterator[Database]:
    """An open :class:`Database` of this test's own, on each kind of server in turn."""
    with Database(any_dsn, max_size=4) as opened:
        yield opened


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto of this test's own, open to anyone on this machine."""
    need(why_no_mosquitto())
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Callable[..., Any]]:
    need(chromium.why_not())
    with chromium.run() as context:
        yield context


@pytest.fixture
def browser(_chromium: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """``browser(width, height)`` opens a context of headless Chromium, closed after the test."""
    opened: list[Any] = []

    def context(width: int = 1366, height: int = 900, **options: Any) -> Any:
        opened.append(_chromium(width, height, **options))
        return opened[-1]

    yield context
    for one in opened:
        one.close()
