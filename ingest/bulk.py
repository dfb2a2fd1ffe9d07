"""A long history of telemetry in at the speed of COPY: for a migration from another system, and for the demo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from store import Queries, copy_rows
from store.blocks import copy_block
from store.database import Connection

_SQL = Queries(__file__)
_EVENT = {"device_id": "int4", "ts": "timestamptz", "kind": "text", "point": "text", "active": "bool",
          "detail": "jsonb", "device_ts": "timestamptz", "received_at": "timestamptz", "source": "text"}
_ALARM = {"device_id": "int4", "unit_id": "int8", "kind": "text", "point": "text", "opened_at": "timestamptz",
          "received_at": "timestamptz", "stored_at": "timestamptz", "last_at": "timestamptz",
          "restored_at": "timestamptz", "verdict": "text", "verdict_by": "text", "verdict_at": "timestamptz",
          "verdict_note": "text"}


def metric_ids(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    """The number under which each metric is stored; new metrics get one."""
    connection.execute("lock table metrics in share row exclusive mode")
    rows = connection.execute(_SQL["metric_ids"], {"codes": list(codes)}).fetchall()
    return {row["code"]: row["metric_id"] for row in rows}


def device_keys(connection: Connection) -> dict[tuple[str, str], tuple[int, int]]:
    """(vendor_code, device_no) of every device -> (device_id, unit_id)."""
    rows = connection.execute(_SQL["device_keys"]).fetchall()
    return {(row["vendor_code"], row["device_no"]): (row["device_id"], row["unit_id"]) for row in rows}


@contextmanager
def history_load(connection: Connection) -> Iterator[None]:
    """Around many :func:`load_readings` in one transaction: into an empty table, the key is built at the end."""
    row = connection.execute(_SQL["readings_empty"]).fetchone()
    empty = bool(row and row["empty"])
    if empty:
        connection.execute(_SQL["drop_readings_key"])
    yield
    if empty:
        connection.execute(_SQL["restore_readings_key"])


def load_readings(connection: Connection, device_id: NDArray[np.integer[Any]], metric_id: NDArray[np.integer[Any]],
                  ts: NDArray[np.datetime64], value: NDArray[np.floating[Any]]) -> int:
    """Write readings given as columns of equal length; ``ts`` (UTC) stands for the time of receipt too."""
    return copy_block(connection, "readings", {
        "device_id": ("int4", device_id), "metric_id": ("int2", metric_id), "ts": ("timestamptz", ts),
        "value": ("float8", value), "received_at": ("timestamptz", ts)})


def load_events(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write past events; each row has the columns of ``events``."""
    return copy_rows(connection, "events", tuple(_EVENT), tuple(_EVENT.values()), _tuples(rows, _EVENT))


def load_alarms(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write past alarm cases; each row has the columns of ``alarms``."""
    return copy_rows(connection, "alarms", tuple(_ALARM), tuple(_ALARM.values()), _tuples(rows, _ALARM))


def finish(connection: Connection, first: dt.date, last: dt.date, since: dt.datetime) -> None:
    """After a load: set each device's last state from readings since ``since``, and mark the days for the roll-up."""
    connection.execute(_SQL["last_values"], {"since": since})
    connection.execute(_SQL["last_conditions"])
    connection.execute(_SQL["last_points"])
    connection.execute(_SQL["mark_days"], {"first": first, "last": last})


def _tuples(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(Jsonb(row[name]) if kind == "jsonb" else row[name] for name, kind in columns.items())
