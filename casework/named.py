"""Units and visits that rows of a load name, with their identities as binary COPY has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from psycopg.rows import tuple_row

from casework.errors import CaseworkError
from store import Queries, joined, wire
from store.database import Connection

q = Queries(__file__)
VisitRow = tuple[Any, ...]


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
        self._areas: dict[str, bytes] = {}

    def look(self, named: Collection[str]) -> None:
        """Look up what is not known of some numbers."""
        asked = set(named).difference(self._known)
        found = _rows(self._connection, "units", asked) if asked else []
        if found:
            numbers, identities, areas = zip(*found, strict=True)
            self._known.update(zip(numbers, wire.fields("int8", identities), strict=True))
            self._areas.update(zip(numbers, wire.fields("text", areas), strict=True))

    def require(self, named: Collection[str], noun: str) -> None:
        """One sentence where ``noun``'s unit is not in the register."""
        if not self._known.keys() >= set(named):
            stray = next(number for number in named if number not in self._known)
            raise CaseworkError(f"{noun} names unit {stray!r}, which is not in the register: load it first")

    def __getitem__(self, number: str) -> bytes:
        return self._known[number]

    def area(self, number: str) -> bytes:
        """The area in which the unit of a number lies."""
        return self._areas[number]

    def get(self, number: str) -> bytes | None:
        """The unit of a number; nothing where there is none."""
        return self._known.get(number)


def look_for_visits(connection: Connection, named: Collection[str]) -> list[VisitRow]:
    """Those of some visits that stand, as :func:`visits_of` takes them."""
    return _rows(connection, "visits", named) if named else []


def visits_of(rows: Sequence[VisitRow]) -> dict[str, NamedVisit]:
    """Visits by their numbers."""
    numbers, ours, days, identities, units, bodies = list(zip(*rows, strict=True)) or [()] * 6
    return dict(zip(numbers, map(
        NamedVisit, ours, days, identities, units, wire.fields("text", bodies), wire.fields("date", days)),
        strict=True))


def _rows(connection: Connection, name: str, numbers: Collection[str]) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        return cursor.execute(q[name], [joined(numbers)]).fetchall()
