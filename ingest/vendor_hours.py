"""What each vendor sent, counted by the hour and the form: a few rows, written with the batch they count."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from store import Queries
from store.database import Connection

_q = Queries(__file__)
#: A process's own rows of an hour: nobody waits for another process's commit to count. Two that share a slot by chance
#: wait for each other and still count right.
_SLOTS: Final = 64


@dataclass(slots=True)
class Tally:
    """What one vendor sent in one form: ``readings`` are values and states taken in, ``refused`` what was not."""

    messages: int = 0
    bytes: int = 0
    readings: int = 0
    events: int = 0
    refused: int = 0

    def add(self, messages: int, size: int, *, readings: int = 0, events: int = 0, refused: int = 0) -> None:
        """Count messages of ``size`` bytes together, and what came of them."""
        self.messages += messages
        self.bytes += size
        self.readings += readings
        self.events += events
        self.refused += refused


def hour_of(moment: dt.datetime) -> dt.datetime:
    """The hour (UTC) that a moment of receipt falls into."""
    return moment.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def _slot() -> int:
    # In containers all processes have the same number, and each container a name of its own.
    return crc32(f"{os.uname().nodename}/{os.getpid()}".encode()) % _SLOTS


def count(connection: Connection, tallies: Mapping[tuple[str, dt.datetime, str], Tally]) -> None:
    """Add tallies by (vendor code, hour, form) in the caller's transaction: last in it, since the rows stay locked."""
    if not tallies:
        return
    keys, rows = list(tallies), list(tallies.values())
    connection.execute(_q["count"], {
        "slot": _slot(), "vendors": [key[0] for key in keys], "hours": [key[1] for key in keys],
        "forms": [key[2] for key in keys], "messages": [row.messages for row in rows],
        "bytes": [row.bytes for row in rows], "readings": [row.readings for row in rows],
        "events": [row.events for row in rows], "refused": [row.refused for row in rows]})


def forget(connection: Connection, before: dt.datetime) -> int:
    """Drop the hours before a moment; returns how many rows went."""
    return max(connection.execute(_q["forget"], {"before": before}).rowcount, 0)
