"""What every command shares: the settings, the logs and the database of this process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from huoyan import logs
from huoyan.settings import Settings, load
from store import Database, HuoyanError, StoreError
from store.revisions import head, revision

#: Seconds that a process which takes telemetry in waits for a connection. It tries again without end, so that a longer
#: wait brings nothing but minutes in which nobody is told; a shorter one would take a busy moment for an outage.
STORING_PATIENCE: Final = 5.0
#: Seconds after which the server takes such a process for gone when its machine or its network is: others wait for what
#: it has locked, and take over the alarms it was reading.
DEAD_AFTER: Final = 6
#: All others do one thing for somebody, and a wait is better than an error.
_PATIENCE: Final = 30.0


class OutputError(HuoyanError):
    """A file that can't be written."""


class Day(click.ParamType[dt.date]):
    """A day such as 2026-03-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-03-01", param, ctx)


def settings() -> Settings:
    """Read the settings and set up the logs."""
    loaded = load()
    logs.configure(loaded.log_format, loaded.log_level)
    return loaded


@contextmanager
def database(loaded: Settings, name: str, patience: float = _PATIENCE, dead_after: int = 0) -> Iterator[Database]:
    """An open database at the schema this program needs; a sentence says how to migrate it otherwise."""
    found, needed = revision(loaded.database_url), head()
    if found != needed:
        raise StoreError(f"the database is at schema {found}, this program needs {needed}: run huoyan migrate")
    with Database(loaded.database_url, name=f"huoyan-{name}", max_size=loaded.database_pool,
                  timeout=patience, dead_after=dead_after) as opened:
        yield opened


def write_file(path: Path, content: bytes) -> None:
    """Write what a command was asked to leave in a file."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror}") from None
