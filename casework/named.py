"""Units and visits that rows of a load name, with their identities as binary COPY has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from psycopg.rows import tuple_row

from casework.errors import CaseworkError
from store import Queries, wire
from store.database import Connection

q = Queries(__file__)


class NamedVisit(NamedTuple):
    """A visit: whether it was brought in, its day, and on the wire its number, its unit, whose it is and its day."""

    brought_in: bool
    day: dt.date | None
    number: bytes
    unit: bytes
    body: bytes
    dated: bytes


class Units:
    """Units by their numbers, on the wire; each is looked up once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, bytes] = {}

    def find(self, named: Collection[str], noun: str) -> None:
        """Look up what is not known of some numbers; one sentence where ``noun``'s unit is not in the register."""
        asked = set(named).difference(self._known)
        if not asked:
            return
        self._known.update((number, wire.field("int8", identity))
                           for number, identity in _rows(self._connection, "units", list(asked)))
        if not asked <= self._known.keys():
            stray = next(number for number in named if number not in self._known)
            raise CaseworkError(f"{noun} names unit {stray!r}, which is not in the register: load it first")

    def __getitem__(self, number: str) -> bytes:
        return self._known[number]


class Visits:
    """Visits by their numbers; those of the rows that are written together are looked up together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, NamedVisit] = {}

    def find(self, named: Collection[str]) -> dict[str, NamedVisit]:
        """Those of some numbers that stand."""
        if not self._known.keys() >= set(named):
            rows = _rows(self._connection, "visits", list(named))
            columns = list(zip(*rows, strict=True)) or [()] * 6
            numbers, ours, days, identities, units, bodies = columns
            self._known = dict(zip(numbers, map(
                NamedVisit, ours, days, wire.fields("int8", identities), wire.fields("int8", units),
                wire.fields("text", bodies), wire.fields("date", days)), strict=True))
        return self._known


def _rows(connection: Connection, name: str, numbers: list[str]) -> list[tuple]:  # type: ignore[type-arg]
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        return cursor.execute(q[name], [numbers]).fetchall()
