"""Readings into their table: by plain COPY where nothing repeats, else by way of a stage that keeps what is new."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psycopg
from numpy.typing import NDArray

from ingest.arrivals import moment
from store import Queries, copy_block
from store.database import Connection

_q = Queries(__file__)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
#: Readings of one metric that a device sent without times of their own are this far apart at least, so a free place is
#: close by.
_MOST_STEPS: Final = 1000


@dataclass(slots=True)
class Rows:
    """Columns of ``readings``, no key twice; ``ts`` and ``received`` in microseconds since 1970 UTC.

    A row whose two times are equal goes by the time of receipt.
    """

    device: NDArray[np.int64]
    metric: NDArray[np.int16]
    ts: NDArray[np.int64]
    value: NDArray[np.float64]
    received: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.device)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A reading whose place holds another value."""

    device_id: int
    vendor_code: str
    device_no: str
    metric: str
    ts: dt.datetime
    value: float
    stored: float
    received_at: dt.datetime


@dataclass(slots=True)
class Added:
    """How many rows are new, how many were there before, and those that contradict what is there."""

    stored: int
    duplicates: int
    contradictions: list[Contradiction]


class ReadingTable:
    """Adds readings; remembers only whether the last rows held repetitions, which come in runs."""

    def __init__(self) -> None:
        self._expects_duplicates = False

    def add(self, connection: Connection, rows: Rows, *, expect_duplicates: bool = False,
            are_deliveries: bool = True) -> Added:
        """Add ``rows`` within the caller's transaction.

        ``are_deliveries``: what goes by the time of receipt was delivered once, so that it is new wherever it stands.
        """
        if not len(rows):
            return Added(0, 0, [])
        if not (self._expects_duplicates or expect_duplicates):
            try:
                with connection.transaction():
                    return Added(_copy(connection, "readings", rows), 0, [])
            except psycopg.errors.UniqueViolation:
                self._expects_duplicates = True
        connection.execute(_q["stage"])
        _copy(connection, "stage_readings", rows)
        apart = connection.execute(_q["displaced"]).fetchall() if are_deliveries else []
        stored = sum(_beside(connection, row, is_new=True) for row in apart)
        stored += max(connection.execute(_q["take_staged"]).rowcount, 0)
        self._expects_duplicates = stored < len(rows)
        found = connection.execute(_q["contradicted"], {
            "earliest": moment(int(rows.ts.min()))}).fetchall() if self._expects_duplicates else []
        connection.execute(_q["clear_stage"])
        contradictions = []
        for row in found:
            if row["ts"] == row["received_at"]:
                stored += _beside(connection, row)
            else:
                contradictions.append(Contradiction(**{key: row[key] for key in Contradiction.__slots__}))
        return Added(stored, len(rows) - stored, contradictions)


def _beside(connection: Connection, row: dict[str, Any], *, is_new: bool = False) -> int:
    """Store a reading whose time is only the moment we received it at the next free one: it is nobody's mistake.

    Where it stands there already, it came before, unless we know that ``is_new``.
    """
    ts = row["ts"]
    for _ in range(_MOST_STEPS):
        ts += _MICROSECOND
        if connection.execute(_q["add_one"], {**row, "ts": ts}).rowcount == 1:
            return 1
        if not is_new and connection.execute(_q["is_same"], {**row, "ts": ts}).fetchone() is not None:
            return 0
    return 0


def _copy(connection: Connection, table: str, rows: Rows) -> int:
    return copy_block(connection, table, {
        "device_id": ("int4", rows.device), "metric_id": ("int2", rows.metric),
        "ts": ("timestamptz", rows.ts.view("datetime64[us]")), "value": ("float8", rows.value),
        "received_at": ("timestamptz", rows.received.view("datetime64[us]"))})
