"""Hazards, orders, penalties, complaints and fires of the past: new ones straight into their tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import tuple_row

from casework import staging
from casework.deadlines import complaint_span
from casework.errors import CaseworkError
from casework.named import NamedVisit, Units, VisitRow, look_for_visits, visits_of
from casework.new_rows import NewRows
from casework.staging import Column, Values
from policy.clocks import Span, due, legal_day
from store import Queries, joined, lock_for_transaction, wire
from store.database import Connection

q = Queries(__file__)

Key = str | tuple[str, ...]
_DAY_OF_VISIT = b""
"""Stands for a field until the visit is looked up."""


@dataclass(frozen=True)
class _Table:
    """One kind of record: a row of it in a sentence, the constraint by which it is known, what it names and has."""

    noun: str
    unique: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    unit: bool = True
    visit: bool = False
    days: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Columns in which a row names what it hangs on, as they come in."""
        return (*(("unit_no",) if self.unit else ()), *(("inspection_no",) if self.visit else ()))

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of a row as it is stored: what it hangs on, its visit first, then the rest."""
        return (*(("inspection_id",) if self.visit else ()), "unit_id", *(() if self.unit else ("staff_body",)),
                *(one.name for one in self.columns), *self.days)


_TABLES = {
    "hazards": _Table("a hazard", "hazard_once", ("inspection_no", "item_code"), (
        Column("item_code"), Column("severity"), Column("is_major", "bool", False),
        Column("handling", "text", "recorded"), Column("due_on", "date"), Column("note")), unit=False, visit=True,
        days=("found_on", "corrected_on")),
    "orders": _Table("an order", "orders_order_no_key", ("order_no",), (
        Column("order_no"), Column("kind"), Column("served_on", "date"), Column("correct_by", "date"),
        Column("recheck_by", "date"), Column("closed_on", "date"), Column("created_by")), unit=False, visit=True),
    "penalties": _Table("a penalty", "penalties_case_no_key", ("case_no",), (
        Column("case_no"), Column("decided_on", "date"), Column("kind"), Column("amount_yuan", "numeric"),
        Column("article"), Column("withdrawn_on", "date"), Column("entered_by")), visit=True),
    "complaints": _Table("a complaint", "complaints_number", ("complaint_no",), (
        Column("complaint_no"), Column("received_at", "timestamptz"), Column("channel", "text", "other"),
        Column("anonymous", "bool", True), Column("kind", "text", "other"), Column("check_by", "timestamptz"),
        Column("checked_at", "timestamptz"), Column("verified", "bool"), Column("note"), Column("entered_by"))),
    "fires": _Table("a fire", "fires_fire_no_key", ("fire_no",), (
        Column("fire_no"), Column("occurred_at", "timestamptz"), Column("procedure", "text", "simple"),
        Column("note")))}
NAMES = frozenset(_TABLES)


@dataclass(frozen=True)
class Records:
    """Rows on their way in: by what they are known, what they name, and the rest of each as binary COPY has it.

    ``days`` are columns of fields that may wait for the day of the visit.
    """

    keys: Sequence[Key]
    units: Sequence[str]
    visits: Sequence[str | None]
    told: Sequence[bytes]
    days: Sequence[Sequence[bytes]]

    def __len__(self) -> int:
        return len(self.keys)

    def those(self, places: Sequence[int]) -> Records:
        """Some of them, in the order of the places."""
        def some(values: Sequence[Any]) -> list[Any]:
            return [values[place] for place in places] if values else []
        return Records(some(self.keys), some(self.units), some(self.visits), some(self.told),
                       list(map(some, self.days)))


def columns(name: str) -> tuple[Column, ...]:
    """The columns of a kind of record, as its rows come in."""
    table = _TABLES[name]
    return (*map(Column, table.named), *table.columns, *(Column(day, "date") for day in table.days))


def ready(name: str, values: Values, count: int) -> Records:
    """``count`` rows of one of :data:`NAMES`, laid out from their columns."""
    table = _TABLES[name]
    if name == "complaints":
        values = {**values, "check_by": _check_by(values, count)}
    told = staging.joined(table.columns, values, count)
    keys = values[table.key[0]] if len(table.key) == 1 else list(zip(*(values[one] for one in table.key), strict=True))
    return Records(keys, values["unit_no"] if table.unit else (),
                   values.get("inspection_no") or [None] * count if table.visit else (), told,
                   _hazard_days(values, count) if table.days else ())


def _check_by(values: Values, count: int) -> list[Any]:
    kinds, told = values.get("kind") or [None] * count, values.get("check_by") or [None] * count
    spans = dict[tuple[str, dt.date], Span]()

    def reckoned(kind: str, received: dt.datetime) -> dt.datetime:
        asked = (kind, legal_day(received))
        if asked not in spans:
            spans[asked] = complaint_span(*asked)
        return due(received, spans[asked])

    return [late or reckoned(kind or "other", received)
            for late, kind, received in zip(told, kinds, values["received_at"], strict=True)]


def _hazard_days(values: Values, count: int) -> list[list[bytes]]:
    """When hazards were found, and when corrected: on the spot is on the day on which they were found."""
    nothing = [None] * count
    found = [_DAY_OF_VISIT if field == wire.NULL else field
             for field in wire.fields("date", values.get("found_on") or nothing)]
    told, handled = wire.fields("date", values.get("corrected_on") or nothing), values.get("handling") or nothing
    return [found, [day if field == wire.NULL and handling == "corrected_on_spot" else field
                    for field, handling, day in zip(told, handled, found, strict=True)]]


@dataclass(frozen=True)
class Laid:
    """Records of different keys as they are written, of ``told`` that came in."""

    lines: Mapping[Key, bytes]
    told: int


class Loading:
    """One load of a kind in the caller's transaction; units are looked up once for all of it.

    With ``mark``, a record that somebody else entered is left as it is and counted as unchanged. What is looked up and
    written needs the database, the step between them does not: of a long file one part is laid out while another is
    written.
    """

    def __init__(self, connection: Connection, name: str, mark: str | None = None) -> None:
        self.units = Units(connection)
        self._connection, self._name, self._table, self._mark = connection, name, _TABLES[name], mark
        self._new = NewRows(connection, name, self._table.unique)
        self._elsewhere: set[Key] = set()
        # Two loads of one table in another order of rows would wait for each other's row locks for ever.
        lock_for_transaction(connection, f"casework.load.{name}")

    def put(self, records: Records) -> dict[str, int]:
        """Store records; how many are new, were updated, and stood. Of a key that comes twice one is taken."""
        found = self.look(records.units, set(filter(None, records.visits)))
        return self.write(self.lay(records, visits_of(found)))

    def look(self, units: Collection[str], visits: Collection[str]) -> list[VisitRow]:
        """Look up units and visits by their numbers; the visits are returned."""
        self.units.look(units)
        return look_for_visits(self._connection, visits)

    def lay(self, records: Records, known: Mapping[str, NamedVisit]) -> Laid:
        """Records whole, as binary COPY has them; one sentence where one names what is not there."""
        self.units.require(records.units, self._table.noun)
        stray = next((number for number in records.visits if number is not None and number not in known), None)
        if stray is not None:
            raise CaseworkError(f"{self._table.noun} names inspection {stray!r}, which is not in the register: "
                                "load it first")
        visits = [None if number is None else known[number] for number in records.visits]
        fields: list[Iterable[bytes]] = []
        if not self._table.unit:
            fields.append(one.number + one.unit + one.body for one in visits if one)
        else:
            fields += [(one.number if one else wire.NULL for one in visits)] if visits else []
            fields.append(map(self.units.__getitem__, records.units))
        days = [[field if field or one is None else one.dated for field, one in zip(column, visits, strict=True)]
                for column in records.days]
        lines = wire.rows([*fields, records.told, *days], len(records), len(self._table.stored))
        return Laid(dict(zip(records.keys, lines, strict=True)), len(records))

    def write(self, laid: Laid) -> dict[str, int]:
        """Store what :meth:`lay` laid out, counted as by :meth:`put`."""
        def write(standing: dict[Key, str | None]) -> int:
            fresh = [line for key, line in laid.lines.items() if key not in standing]
            if self._table.visit:
                # Rows begin with their visit: neighbours there are neighbours in the indexes, written to few pages.
                fresh.sort()
            if fresh:
                wire.copy_wired(self._connection, self._name, self._table.stored, fresh)
            return len(fresh)

        standing, inserted = self._new.write(lambda: self._stands(laid.lines), write)
        self._elsewhere = {key for key, mark in standing.items() if self._mark not in (None, mark)}
        ours = [laid.lines[key] for key in standing if key in laid.lines and key not in self._elsewhere]
        updated = self._merge(ours) if ours else 0
        return {"rows": laid.told, "inserted": inserted, "updated": updated,
                "unchanged": laid.told - inserted - updated}

    def standing_elsewhere(self) -> set[Key]:
        """The keys of the last :meth:`write` that somebody else has entered."""
        return self._elsewhere

    def _stands(self, keys: Collection[Key]) -> dict[Key, str | None]:
        """Which records stand, and whose mark they have; of hazards, those of the same visits."""
        single = len(self._table.key) == 1
        asked = keys if single else {key[0] for key in keys}
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            rows = cursor.execute(q[f"stands_{self._name}"], [joined(map(str, asked))]).fetchall()
        return {row[0] if single else row[:-1]: row[-1] for row in rows}

    def _merge(self, ours: list[bytes]) -> int:
        """Records that stand brought up to date; how many differed."""
        stage, names = f"stage_{self._name}", sql.SQL(", ").join(map(sql.Identifier, self._table.stored))
        self._connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(sql.Identifier(stage)))
        made = sql.SQL("create temp table {} on commit drop as select {} from {} with no data")
        self._connection.execute(made.format(sql.Identifier(stage), names, sql.Identifier(self._name)))
        wire.copy_wired(self._connection, stage, self._table.stored, ours)
        return self._connection.execute(q[f"merge_{self._name}"]).rowcount
