"""Queries of one day whose first column is a unit, as full columns of the units asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg.rows import tuple_row

from scoring.history import Floats
from store import Queries
from store.database import Connection

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Asking:
    """A day's questions: their parameters, and the place of each unit asked for in a column."""

    connection: Connection
    parameters: Mapping[str, Any]
    place: Mapping[int, int]

    def __len__(self) -> int:
        return len(self.place)

    def ask(self, queries: Queries, name: str, more: Mapping[str, Any] | None = None) -> tuple[list[str], Rows]:
        """The names of a query's columns, and its rows."""
        with self.connection.cursor(row_factory=tuple_row) as cursor:
            cursor.execute(queries[name], dict(self.parameters) | dict(more or {}))
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def columns(self, queries: Queries, name: str, missing: float = 0.0, more: Mapping[str, Any] | None = None,
                ) -> dict[str, Floats]:
        """A query whose first column is the unit, as full columns with ``missing`` where it has no row."""
        names, rows = self.ask(queries, name, more)
        return self.spread(names[1:], rows, missing)

    def spread(self, names: Sequence[str], rows: Rows, missing: float) -> dict[str, Floats]:
        """Rows that begin with a unit as full columns."""
        rows = [row for row in rows if row[0] in self.place]
        place = np.array([self.place[row[0]] for row in rows], dtype=np.intp)
        found = {}
        for number, name in enumerate(names, start=1):
            column = np.full(len(self), missing)
            column[place] = floats([row[number] for row in rows])
            found[name] = column
        return found


def floats(values: Iterable[Any]) -> Floats:
    """Numbers and truth values as float64, NaN for what is null."""
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)
