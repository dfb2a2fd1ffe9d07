"""Values as binary COPY has them on the wire: a column at a time, since what comes again is laid out once."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from itertools import repeat
from struct import Struct
from typing import Any

from psycopg import sql

from store.database import Connection

#: A field that holds nothing.
NULL = b"\xff\xff\xff\xff"

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
# PostgreSQL counts days and microseconds from here.
_DAYS = dt.date(2000, 1, 1).toordinal()
_MOMENT = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LENGTH, _INT4, _INT8, _FLOAT8 = Struct("!i").pack, Struct("!ii").pack, Struct("!iq").pack, Struct("!id").pack
_TEXT = 25  # the number by which PostgreSQL knows the type of an array's elements
_ARRAY = Struct("!iiiii").pack


def _text(value: str) -> bytes:
    words = value.encode()
    return _LENGTH(len(words)) + words


def _moment(value: dt.datetime) -> bytes:
    past = value - _MOMENT
    return _INT8(8, (past.days * 86400 + past.seconds) * 1_000_000 + past.microseconds)


def _numeric(value: Decimal) -> bytes:
    """Digits by four, the first of them worth 10,000 to the power of ``weight``; the sign and the scale beside them."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is no number that can be stored")
    scale = max(0, -exponent)
    whole = "".join(map(str, digits)) + "0" * max(0, exponent)
    before, after = whole[:len(whole) - scale], whole[len(whole) - scale:].rjust(scale, "0")
    before, after = before.rjust(-(-len(before) // 4) * 4, "0"), after.ljust(-(-scale // 4) * 4, "0")
    groups = [int((before + after)[place:place + 4]) for place in range(0, len(before) + len(after), 4)]
    weight = len(before) // 4 - 1
    while groups and not groups[0]:
        groups, weight = groups[1:], weight - 1
    while groups and not groups[-1]:
        groups.pop()
    body = struct.pack(f"!hhHH{len(groups)}H", len(groups), weight if groups else 0, 0x4000 if sign and groups else 0,
                       scale, *groups)
    return _LENGTH(len(body)) + body


def _texts(value: Sequence[str]) -> bytes:
    elements = b"".join(map(_text, value))
    body = _ARRAY(1, 0, _TEXT, len(value), 1) + elements if value else _ARRAY(0, 0, _TEXT, 0, 0)[:12]
    return _LENGTH(len(body)) + body


_FIELDS: dict[str, Callable[[Any], bytes]] = {
    "text": _text, "text[]": _texts, "timestamptz": _moment, "date": lambda day: _INT4(4, day.toordinal() - _DAYS),
    "bool": lambda value: b"\0\0\0\1\1" if value else b"\0\0\0\1\0", "int4": lambda value: _INT4(4, value),
    "int8": lambda value: _INT8(8, value), "float8": lambda value: _FLOAT8(8, value), "numeric": _numeric}


def field(kind: str, value: Any) -> bytes:
    """One value of the PostgreSQL type ``kind``, or None, with its length before it."""
    return NULL if value is None else _FIELDS[kind](value)


def fields(kind: str, values: Sequence[Any]) -> list[bytes]:
    """A column of the PostgreSQL type ``kind`` (text, text[], date, timestamptz, bool, int4, int8, float8,
    numeric)."""
    made = _FIELDS[kind]
    if kind == "text[]":
        # Told apart by their places: one list comes again and again, and is laid out once.
        held = {place: field(kind, value) for place, value in {id(value): value for value in values}.items()}
        return [held[id(value)] for value in values]
    distinct = set(values)
    if len(distinct) * 2 > len(values):
        return [NULL if value is None else made(value) for value in values]
    known: dict[Any, bytes] = {value: made(value) for value in distinct if value is not None}
    known[None] = NULL
    return [known[value] for value in values]


def head(columns: int) -> bytes:
    """What a row of so many columns begins with."""
    return columns.to_bytes(2, "big")


def rows(columns: Sequence[Iterable[bytes]], count: int, width: int | None = None) -> list[bytes]:
    """``count`` rows whole, from all their columns; ``width`` is their number where some are joined already."""
    return list(map(b"".join, zip(repeat(head(width or len(columns)), count), *columns, strict=True)))


def copy_wired(connection: Connection, table: str, columns: Sequence[str], lines: Iterable[bytes]) -> None:
    """Write rows that are laid out already into ``table`` by binary COPY inside the caller's transaction.

    Binary COPY converts nothing: the types of the fields must be exactly those of ``columns``.
    """
    copy_parts(connection, table, columns, (b"".join(lines),))


def copy_parts(connection: Connection, table: str, columns: Iterable[str], parts: Iterable[bytes]) -> None:
    """The same with many rows in each of the ``parts``, which are written as they come."""
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for part in parts:
            copy.write(part)
        copy.write(_TRAILER)
