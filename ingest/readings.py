"""Readings into their table: by plain COPY where nothing repeats, else by way of a stage that keeps what is new."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
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
    """A reading whose place holds another value; ``stored`` is None where a whole moment holds others."""

    device_id: int
    vendor_code: str
    device_no: str
    metric: str
    ts: dt.datetime
    value: float
    stored: float | None
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


@dataclass(frozen=True, slots=True)
class Shared:
    """A reading in whose place another value stands, of a moment ``span`` long that several values share."""

    device_id: int
    metric_id: int
    ts: dt.datetime
    value: float
    received_at: dt.datetime
    span: dt.timedelta

    @property
    def end(self) -> dt.datetime:
        """Where the next moment begins."""
        return end_of(self.ts, self.span)


def add_beside(connection: Connection, rows: Sequence[Shared]) -> tuple[int, list[Shared]]:
    """Store each reading at the next free thousandth of its moment; where its value stands on the way, it came before.

    Returns how many are new, and those for which the moment has no room. So whichever of two messages comes first, or
    again, both values are kept once. The caller holds the locks of the devices.
    """
    taken: dict[tuple[int, int, dt.datetime], dict[dt.datetime, float]] = {}
    for row in connection.execute(_q["seconds"], {
            "devices": [row.device_id for row in rows], "metrics": [row.metric_id for row in rows],
            "seconds": [row.ts.replace(microsecond=0) for row in rows]}).fetchall():
        taken.setdefault((row["device_id"], row["metric_id"], row["second"]), {})[row["ts"]] = row["value"]
    placed: list[tuple[Shared, dt.datetime]] = []
    full: list[Shared] = []
    for one in rows:
        second = one.ts.replace(microsecond=0)
        known, ts = taken.setdefault((one.device_id, one.metric_id, second), {}), one.ts
        while ts in known and known[ts] != one.value:
            ts += one.span / 1000
        if ts >= one.end:
            full.append(one)
        elif ts not in known:
            known[ts] = one.value
            placed.append((one, ts))
    if not placed:
        return 0, full
    stored = connection.execute(_q["add_placed"], {
        "devices": [one.device_id for one, _ in placed], "metrics": [one.metric_id for one, _ in placed],
        "times": [ts for _, ts in placed], "values": [one.value for one, _ in placed],
        "received": [one.received_at for one, _ in placed]}).rowcount
    return max(stored, 0), full


def end_of(ts: dt.datetime, span: dt.timedelta) -> dt.datetime:
    """Where the moment ends, ``span`` long, in which ``ts`` lies."""
    return ts - (ts - _EPOCH) % span + span


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
