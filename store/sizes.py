"""How much the database takes on disk, by table, and how fast that grows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from store.database import Connection
from store.named_sql import Queries
from store.server import capabilities

_q = Queries(__file__)
#: In ``size_history`` the empty name is that of the whole database.
_WHOLE = ""
#: Growth is measured over so many days at most, and not over fewer than a week's half.
GROWTH_DAYS = 28
_FEWEST_DAYS = 3


@dataclass(frozen=True)
class TableSize:
    """A table on disk, in bytes. ``rows`` is the server's estimate unless they were counted.

    ``chunks`` is None for a table that lies in one piece.
    """

    name: str
    rows: int
    table_bytes: int
    index_bytes: int
    chunks: int | None = None
    compressed: int = 0

    @property
    def bytes(self) -> int:
        return self.table_bytes + self.index_bytes

    @property
    def bytes_a_row(self) -> float | None:
        """Bytes of a row with its share of the indexes; None where there are no rows."""
        return self.bytes / self.rows if self.rows else None


def tables(connection: Connection, *, exact: bool = False) -> list[TableSize]:
    """Every table, the largest first. ``exact`` counts the rows of each, which reads all of it."""
    found = {row["name"]: TableSize(**row) for row in connection.execute(_q["tables"]).fetchall()}
    if capabilities(connection).timescaledb is not None:
        found |= {row["name"]: TableSize(**row) for row in connection.execute(_q["hypertables"]).fetchall()}
    if exact:
        found = {name: _counted(connection, one) for name, one in found.items()}
    return sorted(found.values(), key=lambda one: (-one.bytes, one.name))


def database_bytes(connection: Connection) -> int:
    """What the whole database takes."""
    row = connection.execute(_q["database"]).fetchone()
    return int(row["bytes"]) if row else 0


def note(connection: Connection, day: dt.date) -> dict[str, Any]:
    """Write down the sizes of a day, from which :func:`growth` comes."""
    sizes = tables(connection)
    whole = database_bytes(connection)
    connection.execute(_q["note"], {
        "day": day, "relations": [_WHOLE, *(one.name for one in sizes)],
        "rows": [0, *(one.rows for one in sizes)], "bytes": [whole, *(one.bytes for one in sizes)]})
    connection.execute(_q["forget"], {"day": day})
    return {"database_bytes": whole}


def growth(connection: Connection, day: dt.date) -> tuple[float, int] | None:
    """Bytes a day that the database has grown by, and over how many days; None where too few days were noted.

    The line through all noted days, not the difference of two: a day on which chunks were dropped must not decide.
    """
    rows = connection.execute(_q["history"], {"day": day, "days": GROWTH_DAYS}).fetchall()
    if len(rows) < _FEWEST_DAYS:
        return None
    newest = rows[0]["day"]
    points = [((row["day"] - newest).days, row["bytes"]) for row in rows]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    slope = (sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points))
    return slope, (newest - rows[-1]["day"]).days


def days_left(size: int, limit: int, a_day: float | None) -> float | None:
    """Days until ``limit`` is reached at this growth; 0 where it is, None where it never will be or is not known."""
    if size >= limit:
        return 0.0
    return None if a_day is None or a_day <= 0 else (limit - size) / a_day


def _counted(connection: Connection, one: TableSize) -> TableSize:
    row = connection.execute(sql.SQL("select count(*) as rows from {}").format(sql.Identifier("public", one.name)))
    counted = row.fetchone()
    return TableSize(one.name, counted["rows"] if counted else 0, one.table_bytes, one.index_bytes, one.chunks,
                     one.compressed)
