"""Cases, measures and the like of the past: new ones straight into their tables, those that stand are left as they are.

Listings alone are brought up to date. As in :mod:`casework.record_loading`, what rows name is looked up together
before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from psycopg import sql
from psycopg.rows import tuple_row

from casework import staging
from casework.errors import CaseworkError
from casework.kept_tables import TABLES, Key, Table, columns
from casework.named import NamedVisit, Units, look_for_visits, visits_of
from casework.new_rows import NewRows
from casework.staging import Values
from store import Queries, joined, lock_for_transaction, wire
from store.database import Connection

__all__ = ["Laid", "Loading", "Rows", "columns", "ready"]

q = Queries(__file__)


@dataclass(frozen=True)
class Rows:
    """Rows on their way in: by what they are known, what they name, and the rest of each as binary COPY has it.

    ``days`` are those in whose order they are written, ``beside`` fields that are stored with what follows a row,
    ``following`` the rows that follow, each without what is looked up; b"" where none does.
    """

    keys: Sequence[Key]
    units: Sequence[str]
    visits: Sequence[str | None]
    days: Sequence[dt.date | None]
    told: Sequence[bytes]
    beside: Sequence[bytes]
    following: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.keys)

    def those(self, places: Sequence[int]) -> Rows:
        """Some of them, in the order of the places."""
        def some(values: Sequence[Any]) -> Sequence[Any]:
            return [values[place] for place in places] if values else ()
        return Rows(some(self.keys), some(self.units), some(self.visits), some(self.days), some(self.told),
                    some(self.beside), some(self.following))


@dataclass(frozen=True)
class Laid:
    """Rows of different keys as they are written, of ``told`` that came in, and what stands beside and behind each."""

    lines: Mapping[Key, bytes]
    beside: Mapping[Key, bytes]
    following: Mapping[Key, bytes]
    told: int


def ready(name: str, values: Values, count: int) -> Rows:
    """``count`` rows of one of the tables, laid out from their columns."""
    table = TABLES[name]
    whole = table.derive(values)
    keys = values[table.key[0]] if len(table.key) == 1 else list(zip(*(values[one] for one in table.key), strict=True))
    beside = wire.fields("date", values.get(table.beside) or [None] * count) if table.beside else ()
    return Rows(keys, values["unit_no"] if table.unit else (),
                values.get("inspection_no") or [None] * count if table.visit else (), values[table.day],
                staging.joined((*table.columns, *table.derived), whole, count), beside,
                _following(table, values, count))


def _following(table: Table, values: Values, count: int) -> Sequence[bytes]:
    if table.following is None:
        return ()
    behind = table.following.of(values)
    return [line if at is not None else b""
            for line, at in zip(staging.joined(table.following.columns, behind, count), behind["at"], strict=True)]


class Loading:
    """One load of a kind in the caller's transaction; units are looked up once for all of it.

    Looking up and writing need the database, the step between them does not: of a long file one part is laid out while
    another is written.
    """

    def __init__(self, connection: Connection, name: str, actor: str) -> None:
        self._connection, self._name, self._table = connection, name, TABLES[name]
        self._by = wire.field("text", actor)
        self._units = Units(connection)
        self._new = NewRows(connection, name, self._table.unique)
        self._differing: set[Key] = set()
        self._listed: set[str] = set()
        # Two loads of one table in another order of rows would wait for each other's row locks for ever.
        lock_for_transaction(connection, f"casework.load.{name}")

    def put(self, rows: Rows) -> dict[str, int]:
        """Store rows; how many are new, were updated, and stood."""
        return self.write(self.lay(rows, self.look(rows)))

    def look(self, rows: Rows) -> Sequence[Any]:
        """Look up what they name; what :meth:`lay` needs of the answer: visits, or identities for as many."""
        self._units.look(rows.units)
        if self._table.numbered:
            found = self._connection.execute(q[f"reserve_{self._name}"], [len(rows)]).fetchone()
            return found["numbers"] if found else ()
        return look_for_visits(self._connection, set(filter(None, rows.visits)))

    def lay(self, rows: Rows, found: Sequence[Any]) -> Laid:
        """Rows whole, as binary COPY has them; one sentence where one names a unit that is not there."""
        table, count = self._table, len(rows)
        self._units.require(rows.units, table.noun)
        identities = wire.fields("int8", found[:count]) if table.numbered else ()
        fields = [identities] if identities else []
        if table.unit:
            fields.append(list(map(self._units.__getitem__, rows.units)))
        if table.area:
            fields.append(list(map(self._units.area, rows.units)))
        if table.visit:
            fields.append(self._of_their_unit(rows, visits_of(found)))
        by = [repeat(self._by, count)] if table.by else []
        lines = wire.rows([*fields, rows.told, *by], count, len(table.stored))
        behind: Mapping[Key, bytes] = {}
        if table.following is not None:
            head = wire.head(len(table.following.columns) + bool(table.numbered) + 1)
            behind = {key: head + number + line + self._by for key, number, line in zip(
                rows.keys, identities or repeat(b"", count), rows.following, strict=True) if line}
        # Days are neighbours in the indexes: in their order rows are written to few pages.
        places = sorted(range(count), key=lambda place: rows.days[place] or dt.date.max)
        laid = {rows.keys[place]: lines[place] for place in places}
        if len(laid) < count:  # of a key that comes twice the first is taken
            laid = dict(zip(reversed(rows.keys), reversed(lines), strict=True))
        return Laid(laid, dict(zip(rows.keys, rows.beside, strict=True)) if rows.beside else {}, behind, count)

    def _of_their_unit(self, rows: Rows, visits: Mapping[str, NamedVisit]) -> list[bytes]:
        """The visits that rows name, where they are of the same unit."""
        if not visits:
            return [wire.NULL] * len(rows)
        named = [visits.get(number or "") for number in rows.visits]
        return [visit.number if visit and visit.unit == self._units[unit] else wire.NULL
                for visit, unit in zip(named, rows.units, strict=True)]

    def write(self, laid: Laid) -> dict[str, int]:
        """Store what :meth:`lay` laid out, counted as by :meth:`put`."""
        if not laid.lines:
            return dict.fromkeys(("rows", "inserted", "updated", "unchanged"), 0)
        standing, inserted = self._new.write(lambda: dict.fromkeys(self._keys("stands", [
            list(map(str, part)) for part in self._parts(laid)])), lambda standing: self._insert(laid, standing))
        updated, self._differing = 0, set()
        ours = [key for key in standing if key in laid.lines]
        if ours:
            self._stage(laid, ours)
            if self._name == "listings":
                updated = self._connection.execute(q["merge_listings"]).rowcount
            else:
                self._differing = set(self._keys("differ", []))
        if self._name == "listings":
            self._listed.update(str(key[0]) for key in laid.lines)
        return {"rows": laid.told, "inserted": inserted, "updated": updated,
                "unchanged": laid.told - inserted - updated}

    def differing(self) -> set[Key]:
        """The keys of the last :meth:`write` that stand with other facts."""
        return self._differing

    def finish(self) -> None:
        """Refuse listings just written that leave a unit on both discredit lists at once."""
        both = self._connection.execute(q["listed_twice"], [joined(self._listed)]).fetchone() if self._listed else None
        if both:
            raise CaseworkError(f"unit {both['unit_no']} would be on the general and the serious list at once from "
                                f"{both['day']}: end one before the other begins")

    def _parts(self, laid: Laid) -> list[Sequence[Any]]:
        """The columns of the keys."""
        return [list(laid.lines)] if len(self._table.key) == 1 else list(zip(*laid.lines, strict=True))

    def _keys(self, query: str, asked: Sequence[Collection[str]]) -> list[Key]:
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(q[f"{query}_{self._name}"], list(map(joined, asked))).fetchall()
        return [row[0] for row in found] if len(self._table.key) == 1 else list(found)

    def _insert(self, laid: Laid, standing: Collection[Key]) -> int:
        fresh = [key for key in laid.lines if key not in standing] if standing else list(laid.lines)
        if fresh:
            wire.copy_wired(self._connection, self._table.name, self._table.stored,
                            list(map(laid.lines.__getitem__, fresh)))
        behind = self._table.following
        lines = [laid.following[key] for key in fresh if key in laid.following] if behind else []
        if behind and lines:
            names = (*((self._table.numbered,) if self._table.numbered else ()), *(one.name for one in behind.columns))
            wire.copy_wired(self._connection, behind.table, (*names, behind.by), lines)
        return len(fresh)

    def _stage(self, laid: Laid, keys: Sequence[Key]) -> None:
        """Rows that stand already into a temporary table, beside which they are compared."""
        table, stage = self._table, f"stage_{self._name}"
        self._connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(sql.Identifier(stage)))
        names: list[sql.Composable] = [sql.Identifier(name) for name in table.stored]
        if table.beside:
            names.append(sql.SQL("null::date as {}").format(sql.Identifier(table.beside)))
        made = sql.SQL("create temp table {} on commit drop as select {} from {} with no data")
        self._connection.execute(made.format(sql.Identifier(stage), sql.SQL(", ").join(names),
                                             sql.Identifier(table.name)))
        stored = (*table.stored, *((table.beside,) if table.beside else ()))
        head = wire.head(len(stored))
        wire.copy_wired(self._connection, stage, stored, [
            head + laid.lines[key][len(head):] + laid.beside[key] if table.beside else laid.lines[key] for key in keys])
