"""Servers as production has them: a database that survives a power cut, a broker with a queue without end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huoyan.embedded.folders import make_folder
from huoyan.embedded.postgres import EmbeddedPostgres
from store.migrating import migrate
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import unused_port


@dataclass(frozen=True)
class RunningDatabase:
    """A migrated, empty database on a server of its own."""

    dsn: str
    pid: int


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that goes when the benchmark ends; the database's own user may pass through it."""
    with tempfile.TemporaryDirectory(prefix="huoyan-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name)


@contextmanager
def database(home: Path) -> Iterator[RunningDatabase]:
    """The embedded PostgreSQL with its own settings: fsync and synchronous_commit are on."""
    with EmbeddedPostgres(make_folder(home), unused_port()) as server:
        migrate(server.dsn)
        yield RunningDatabase(server.dsn, server.pid or 0)


@contextmanager
def broker(home: Path) -> Iterator[Mosquitto]:
    """Mosquitto with persistence and neither a limit of its queues nor of messages in flight."""
    # Half an hour between its saves: a save in the middle of one drain and not of the other would be compared.
    running = Mosquitto(home, extra="autosave_interval 1800")
    running.start()
    try:
        yield running
    finally:
        running.kill()
