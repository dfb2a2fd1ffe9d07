"""Many rows in by binary COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql

from store.database import Connection


def copy_rows(connection: Connection, table: str, columns: Sequence[str], types: Sequence[str],
              rows: Iterable[Sequence[Any]]) -> int:
    """Write ``rows`` into ``table`` by binary COPY inside the caller's transaction; returns how many.

    ``types`` are PostgreSQL type names in the order of ``columns``: binary COPY converts nothing, so they must be
    exactly those of the table. A violated constraint fails the whole COPY: stage first where duplicates can be.
    """
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns)))
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)
            written += 1
    return written
