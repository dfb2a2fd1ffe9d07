"""Queries of one day whose first column is a unit, as full columns of the units asked for.

A million rows are never a million tuples: what is long comes in batches by a cursor of the server and goes straight
into columns. A cursor of the server runs its query on one core, in the order of the table: sums of fractions come out
the same each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from psycopg import Cursor, ServerCursor
from psycopg.rows import tuple_row

from scoring.history import Floats
from store import Queries, locally
from store.database import Connection

Rows = list[tuple[Any, ...]]
Places = npt.NDArray[np.intp]

# Up to so many units are asked for in one go: a page waits for the score of one unit.
FEW = 1000
_BATCH = 20_000
# What the sums of a million units over ninety days take in memory; with less they go through files. All rows are
# wanted, from the first page of the table on whoever else reads it.
_SETTINGS = {"work_mem": "384MB", "hash_mem_multiplier": "2", "cursor_tuple_fraction": "1",
             "synchronize_seqscans": "off"}


@dataclass(frozen=True)
class Coded:
    """A column of few or many words: for each row the place of its word, -1 for none."""

    codes: npt.NDArray[np.int32]
    words: Sequence[str]

    def each(self, told: Floats, without: float) -> Floats:
        """What is told of each word, by row; ``without`` where there is none."""
        return np.append(told, without)[self.codes]

    def spelt(self) -> tuple[str, ...]:
        """The word of each row, none of which may be missing."""
        return tuple([self.words[code] for code in self.codes.tolist()])


class Coding:
    """Makes a column of words from its rows, batch by batch."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        self._parts: list[npt.NDArray[np.int32]] = []

    def add(self, words: Iterable[str | None]) -> None:
        place = self._place
        self._parts.append(np.array([-1 if word is None else place.setdefault(word, len(place)) for word in words],
                                    dtype=np.int32))

    def coded(self) -> Coded:
        return Coded(np.concatenate([*self._parts, np.empty(0, dtype=np.int32)]), list(self._place))


class Answers(Protocol):
    """Answers by the name of a query."""

    def answers(self, name: str, parameters: Mapping[str, Any]) -> Rows | None:
        """Its rows, None of one that must be asked."""


@dataclass(frozen=True)
class Asking:
    """A day's questions and their parameters; ``units`` are those asked for, in rising order, once they are known.

    ``known`` answers from memory what it can. Where it ``asks_many``, rows come by a cursor of the server.
    """

    connection: Connection
    parameters: Mapping[str, Any]
    units: npt.NDArray[np.int64] | None = None
    known: Answers | None = None
    asks_many: bool = False

    def __len__(self) -> int:
        return 0 if self.units is None else len(self.units)

    @property
    def is_everywhere(self) -> bool:
        """Whether all units are asked for."""
        return self.parameters["units"] is None

    def settings(self) -> AbstractContextManager[None]:
        """What the server should know of what comes."""
        return locally(self.connection, **_SETTINGS) if self.asks_many else nullcontext()

    def batches(self, queries: Queries, name: str, more: Mapping[str, Any] | None = None,
                ) -> Iterator[tuple[list[str], Rows]]:
        """The names of a query's columns with a part of its rows at a time; without any, once with none."""
        parameters = dict(self.parameters) | dict(more or {})
        told = self.known.answers(name, parameters) if self.known else None
        if told is not None:
            yield [], told
            return
        with self._asked(name, queries[name], parameters) as cursor:
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchmany(_BATCH)
            yield names, rows
            while len(rows) == _BATCH:
                rows = cursor.fetchmany(_BATCH)
                yield names, rows

    def ask(self, queries: Queries, name: str, more: Mapping[str, Any] | None = None) -> tuple[list[str], Rows]:
        """The names of a query's columns, and its rows: of what is short whatever the number of units."""
        parts = list(self.batches(queries, name, more))
        return parts[0][0], [row for _, rows in parts for row in rows]

    def columns(self, queries: Queries, name: str, missing: float = 0.0, more: Mapping[str, Any] | None = None,
                ) -> dict[str, Floats]:
        """A query whose first column is the unit, as full columns with ``missing`` where it has no row."""
        found: dict[str, Floats] = {}
        for names, rows in self.batches(queries, name, more):
            found = found or {name: np.full(len(self), missing) for name in names[1:]}
            self.spread(found, rows)
        return found

    def spread(self, columns: Mapping[str, Floats], rows: Rows) -> None:
        """Put rows that begin with a unit into full columns."""
        told = block(rows, 1 + len(columns))
        place, known = self.places(told[:, 0].astype(np.int64))
        for number, column in enumerate(columns.values(), start=1):
            column[place[known]] = told[known, number]

    def places(self, units: npt.NDArray[np.int64]) -> tuple[Places, npt.NDArray[np.bool_]]:
        """Where each of ``units`` stands, and whether it was asked for at all."""
        assert self.units is not None, "places are asked for when the units are known"  # noqa: S101
        if not len(self.units):
            return np.zeros(len(units), dtype=np.intp), np.zeros(len(units), dtype=bool)
        place = np.minimum(np.searchsorted(self.units, units), len(self.units) - 1)
        return place, np.asarray(self.units[place] == units)

    def _asked(self, name: str, query: str, parameters: Mapping[str, Any],
               ) -> Cursor[tuple[Any, ...]] | ServerCursor[tuple[Any, ...]]:
        if self.asks_many:
            return self.connection.cursor(f"features_{name}", row_factory=tuple_row, binary=True).execute(
                query, parameters)
        # A plan kept for any units reads the whole table, where one for the units named reads their rows.
        return self.connection.cursor(row_factory=tuple_row, binary=True).execute(query, parameters, prepare=False)


def array(units: Sequence[int] | None) -> str | None:
    """Numbers as the server spells an array: it reads a thousand of them sooner than one is converted here."""
    return None if units is None else "{" + ",".join(map(str, units)) + "}"


def block(rows: Rows, width: int) -> Floats:
    """Rows of numbers and truth values as float64, NaN for what is null."""
    return np.array(rows, dtype=np.float64).reshape(-1, width)
