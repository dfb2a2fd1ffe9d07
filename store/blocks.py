"""Columns of numbers in by binary COPY: numpy lays the rows out, so no Python object is made for a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.database import Connection
from store.wire import copy_parts

# PostgreSQL counts timestamps in microseconds from 2000-01-01 UTC; numpy's datetime64 counts from 1970.
_EPOCH = np.datetime64("2000-01-01T00:00:00", "us")
_WIRE = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float4": ">f4", "float8": ">f8",
         "timestamptz": ">i8", "char1": "S1",
         "date": ">i4"}
_FLOAT4 = 700  # the number by which PostgreSQL knows the type of an array's elements
_ROWS_A_WRITE = 65_536


def copy_block(connection: Connection, table: str, columns: Mapping[str, tuple[str, NDArray[np.generic]]]) -> int:
    """Write columns of equal length, without nulls, into ``table``; returns the number of rows.

    ``columns`` maps a column to its PostgreSQL type (int2, int4, int8, float4, float8, timestamptz, date, char1 for one
    ASCII letter, float4[]) and its values; a timestamptz or date is ``datetime64`` in UTC, float4[] has two dimensions,
    every row the same number of elements. Runs inside the caller's transaction; a violated constraint fails all.
    """
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, (kind, values) in columns.items():
        layout += [(f"length of {name}", ">i4"), (name, _array(values.shape[1]) if kind == "float4[]" else _WIRE[kind])]
    count = len(next(iter(columns.values()))[1])

    def parts() -> Iterator[bytes]:
        for start in range(0, count, _ROWS_A_WRITE):
            stop = min(start + _ROWS_A_WRITE, count)
            rows = np.empty(stop - start, dtype=layout)
            rows["fields"] = len(columns)
            for name, (kind, values) in columns.items():
                _fill(rows, name, kind, values[start:stop])
                rows[f"length of {name}"] = rows.dtype[name].itemsize
            yield rows.tobytes()

    copy_parts(connection, table, columns, parts())
    return count


def _array(size: int) -> list[Any]:
    """One dimension, no nulls: dimensions, flags, element type, length, where counting begins, then the elements."""
    return [("head", ">i4", (5,)), ("elements", [("length", ">i4"), ("value", ">f4")], (size,))]


def _fill(rows: NDArray[np.void], name: str, kind: str, part: NDArray[np.generic]) -> None:
    if kind == "float4[]":
        rows[name]["head"] = (1, 0, _FLOAT4, part.shape[1], 1)
        rows[name]["elements"]["length"] = 4
        rows[name]["elements"]["value"] = part
    elif kind == "timestamptz":
        rows[name] = (part.astype("datetime64[us]") - _EPOCH).astype("i8")
    elif kind == "date":
        rows[name] = (part.astype("datetime64[D]") - _EPOCH.astype("datetime64[D]")).astype("i4")
    else:
        rows[name] = part
