"""Rows on their way in: which columns they have, and how they get into a temporary table by binary COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from store import copy_rows
from store.database import Connection

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A staged column: where its value comes from, its PostgreSQL type, and what stands in for a missing one."""

    name: str
    type: str = "text"
    default: Any = None


def stage(connection: Connection, table: str, columns: Sequence[Column], rows: Iterable[Row]) -> int:
    """Copy ``rows`` into the temporary ``table``; returns how many."""
    staged = copy_rows(connection, table, [one.name for one in columns], [one.type for one in columns],
                       _lines(columns, rows))
    # A fresh temporary table has no statistics: the joins with large tables would be planned for a few rows.
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))
    return staged


def _lines(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[list[Any]]:
    names = [one.name for one in columns]
    defaults = [(place, one.default) for place, one in enumerate(columns) if one.default is not None]
    numbers = [place for place, one in enumerate(columns) if one.type == "float8"]
    for row in rows:
        value = row.get
        line: list[Any] = [value(name) for name in names]
        for place, default in defaults:
            if line[place] is None:
                line[place] = default
        for place in numbers:
            number = line[place]
            line[place] = None if number is None else float(number)
        yield line
