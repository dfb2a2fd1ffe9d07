"""The product's own processes, started as production starts them, and what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.line.processes import Line, unused_port
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program

INGEST_SESSION = "huoyan-ingest"


@contextmanager
def ingest(folder: Path, dsn: str, broker: Mosquitto) -> Iterator[Program]:
    """``huoyan ingest`` with its own defaults, subscribed and ready."""
    port = unused_port()
    with _line(folder, database_url=dsn, mqtt_host=broker.host, mqtt_port=broker.port, ingest_metrics_port=port,
               mqtt_client_id=INGEST_SESSION) as line:
        yield line.start("ingest", port)


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
