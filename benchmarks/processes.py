"""The product's own processes, started as production starts them, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.line.processes import Line, unused_port
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program

_SESSION = "huoyan-ingest"


def sessions(count: int) -> list[str]:
    """The client ids of ``count`` ingest processes."""
    return [_SESSION] if count == 1 else [f"{_SESSION}-{number}" for number in range(1, count + 1)]


@contextmanager
def ingest(folder: Path, dsn: str, broker: Mosquitto, **settings: Any) -> Iterator[Program]:
    """``huoyan ingest`` with its own defaults, subscribed and ready."""
    with ingests(folder, dsn, broker, 1, **settings) as programs:
        yield programs[0]


@contextmanager
def ingests(folder: Path, dsn: str, broker: Mosquitto, count: int, **settings: Any) -> Iterator[list[Program]]:
    """``count`` processes that share the work, subscribed and ready."""
    with ExitStack() as stack:
        programs = []
        for name in sessions(count):
            port = unused_port()
            home = folder / name
            home.mkdir(exist_ok=True)
            line = stack.enter_context(_line(
                home, database_url=dsn, mqtt_host=broker.host, mqtt_port=broker.port, ingest_metrics_port=port,
                mqtt_client_id=name, **settings))
            programs.append(line.start("ingest", port))
        yield programs


@contextmanager
def api(folder: Path, dsn: str) -> Iterator[tuple[int, Program]]:
    """``huoyan api``: its port, and the process."""
    port = unused_port()
    with _line(folder, database_url=dsn, api_port=port, api_secure_cookies=0) as line:
        yield port, line.start("api", port)


@contextmanager
def _line(folder: Path, **settings: Any) -> Iterator[Line]:
    line = Line(folder, **settings)
    try:
        yield line
    finally:
        line.stop()
