"""Settings of the server for a part of one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.database import Connection

_SET = "select set_config(%s, %s, true)"


@contextmanager
def locally(connection: Connection, **settings: str) -> Iterator[None]:
    """Run a block of the caller's transaction under ``settings``; what held before holds after it.

    Whatever fails takes the transaction with it, and the settings with that.
    """
    before = {}
    for name, value in settings.items():
        row = connection.execute("select current_setting(%s) as held", [name]).fetchone()
        before[name] = str(row["held"]) if row else ""
        connection.execute(_SET, [name, value])
    yield
    for name, value in before.items():
        connection.execute(_SET, [name, value])
