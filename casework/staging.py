"""Rows on their way in: which columns they have, and how they are laid out for binary COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import islice, repeat
from typing import Any

from store import wire

Row = Mapping[str, Any]
Values = Mapping[str, Sequence[Any]]
"""Columns of many rows."""

# Of a long history a part at a time is laid out in memory.
_AT_ONCE = 20_000


@dataclass(frozen=True)
class Column:
    """A staged column: where its value comes from, its PostgreSQL type, what stands in for a missing one, and for a
    number the digits behind its point."""

    name: str
    type: str = "text"
    default: Any = None
    digits: int = 2


def parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """``rows`` in parts that are laid out in memory at once."""
    coming = iter(rows)
    while part := list(islice(coming, _AT_ONCE)):
        yield part


def columns_of(columns: Sequence[Column], rows: Sequence[Row]) -> Values:
    """The values of ``rows`` a column at a time."""
    return {one.name: [row.get(one.name) for row in rows] for one in columns}


def wired(columns: Sequence[Column], values: Values, count: int) -> list[bytes]:
    """``count`` rows as binary COPY has them; a column that is not among the ``values`` is missing in all of them."""
    return wire.rows(fields(columns, values, count), count)


def joined(columns: Sequence[Column], values: Values, count: int) -> list[bytes]:
    """The fields of all columns, joined for each row."""
    return list(map(b"".join, zip(*fields(columns, values, count), strict=True)))


def fields(columns: Sequence[Column], values: Values, count: int) -> list[Iterable[bytes]]:
    """The fields of each column."""
    return [_fields(column, values.get(column.name), count) for column in columns]


def _fields(column: Column, values: Sequence[Any] | None, count: int) -> Iterable[bytes]:
    if values is None:
        return repeat(wire.field(column.type, column.default), count)
    if column.default is not None and None in values:
        values = [column.default if value is None else value for value in values]
    if column.type == "float8":
        values = [None if value is None else float(value) for value in values]
    elif column.type == "numeric":
        values = [None if value is None else _rounded(value, column.digits) for value in values]
    return wire.fields(column.type, values)


@lru_cache(10_000)
def _rounded(value: float, digits: int) -> Decimal:
    """A number as the database rounds it: by the digits that a double is sure of, half away from nought."""
    return Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
