"""Many records at COPY speed, for histories and generated cities: idempotent by natural key, no gates.

Every loader takes rows as mappings keyed by ``unit_no`` (hazards: by ``inspection_no``), works in the caller's
transaction, and returns ``{"rows", "inserted", "updated", "unchanged"}``. A row whose unit or inspection is not known
refuses the whole load with one sentence. Orders and complaints that are open get their clocks in one statement each;
whatever else is due of what was loaded gets its clock in the next night. The people's path, with its gates and audit,
is in the modules beside this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from casework import clock_filling
from casework.deadlines import complaint_check_by
from casework.errors import CaseworkError
from store import Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Row = Mapping[str, Any]
Counts = dict[str, int]


@dataclass(frozen=True)
class _Column:
    """A staged column: where its value comes from, its PostgreSQL type, and what stands in for a missing one."""

    name: str
    type: str = "text"
    default: Any = None


@dataclass(frozen=True)
class _Table:
    """How one kind of record is staged and merged; ``name`` picks its queries in ``bulk.sql``."""

    name: str
    noun: str
    columns: tuple[_Column, ...]


_INSPECTIONS = _Table("inspections", "an inspection", (
    _Column("inspection_no"), _Column("unit_no"), _Column("kind"), _Column("arm"), _Column("draw_no"),
    _Column("draw_probability", "float8"), _Column("planned_on", "date"), _Column("started_at", "timestamptz"),
    _Column("ended_at", "timestamptz"), _Column("inspected_on", "date"), _Column("status", "text", "done"),
    _Column("result"), _Column("team"), _Column("note"), _Column("source", "text", "import"),
    _Column("entered_by")))
_OFFICERS = _Table("inspection_officers", "an officer of an inspection", (
    _Column("inspection_no"), _Column("officer_no"), _Column("role", "text", "member")))
_HAZARDS = _Table("hazards", "a hazard", (
    _Column("inspection_no"), _Column("item_code"), _Column("severity"), _Column("is_major", "bool", False),
    _Column("found_on", "date"), _Column("handling", "text", "recorded"), _Column("due_on", "date"),
    _Column("corrected_on", "date"), _Column("note")))
_ORDERS = _Table("orders", "an order", (
    _Column("order_no"), _Column("inspection_no"), _Column("kind"), _Column("served_on", "date"),
    _Column("correct_by", "date"), _Column("recheck_by", "date"), _Column("closed_on", "date"), _Column("created_by")))
_PENALTIES = _Table("penalties", "a penalty", (
    _Column("case_no"), _Column("unit_no"), _Column("inspection_no"), _Column("decided_on", "date"), _Column("kind"),
    _Column("amount_yuan", "float8"), _Column("article"), _Column("withdrawn_on", "date"), _Column("entered_by")))
_COMPLAINTS = _Table("complaints", "a complaint", (
    _Column("complaint_no"), _Column("unit_no"), _Column("received_at", "timestamptz"),
    _Column("channel", "text", "other"), _Column("anonymous", "bool", True), _Column("kind", "text", "other"),
    _Column("check_by", "timestamptz"), _Column("checked_at", "timestamptz"), _Column("verified", "bool"),
    _Column("note"), _Column("entered_by")))
_FIRES = _Table("fires", "a fire", (
    _Column("fire_no"), _Column("unit_no"), _Column("occurred_at", "timestamptz"),
    _Column("procedure", "text", "simple"), _Column("note")))
_CREDIT = _Table("credit", "a credit entry", (
    _Column("unit_no"), _Column("occurred_on", "date"), _Column("points", "float8"), _Column("event_kind"),
    _Column("event_ref"), _Column("article")))
_LISTINGS = _Table("listings", "a credit listing", (
    _Column("unit_no"), _Column("list"), _Column("from_day", "date"), _Column("to_day", "date"), _Column("basis")))


def load_inspections(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load inspections by ``inspection_no``; ``officers`` of a row is a list of (officer_no, role) or absent.

    A record of the same number from another source is left as it is and counted as unchanged.
    """
    officers: list[Row] = []

    def told() -> Iterator[Row]:
        for row in rows:
            officers.extend({"inspection_no": row["inspection_no"], "officer_no": number, "role": role}
                            for number, role in row.get("officers") or ())
            yield row

    counts = _load(connection, _INSPECTIONS, told(), "unit_no")
    if officers:
        counts["officers"] = _load(connection, _OFFICERS, officers, "inspection_no")["inserted"]
    return counts


def load_hazards(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load hazards by ``inspection_no`` and ``item_code``; ``found_on`` is the day of the inspection if left out."""
    return _load(connection, _HAZARDS, rows, "inspection_no")


def load_orders(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load orders by ``order_no``; the unit is that of the inspection."""
    counts = _load(connection, _ORDERS, rows, "inspection_no")
    clock_filling.orders(connection)
    return counts


def load_penalties(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load penalties by ``case_no``; ``inspection_no`` may be None."""
    return _load(connection, _PENALTIES, rows, "unit_no")


def load_complaints(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load complaints by ``complaint_no``; where ``check_by`` is left out the clock of its kind is taken."""
    def clocked() -> Iterator[Row]:
        for row in rows:
            late = row.get("check_by") or complaint_check_by(row.get("kind") or "other", row["received_at"])
            yield {**row, "check_by": late}

    counts = _load(connection, _COMPLAINTS, clocked(), "unit_no")
    clock_filling.complaints(connection)
    return counts


def load_fires(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load fires by ``fire_no``."""
    return _load(connection, _FIRES, rows, "unit_no")


def load_credit(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load ledger entries by ``event_kind`` and ``event_ref``; the ledger is append-only, so none is ever updated."""
    return _load(connection, _CREDIT, rows, "unit_no")


def load_listings(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load credit listings by unit, list and first day; a unit on both discredit lists at once refuses the load."""
    counts = _load(connection, _LISTINGS, rows, "unit_no")
    both = connection.execute(q["listed_twice"]).fetchone()
    if both:
        raise CaseworkError(f"unit {both['unit_no']} would be on the general and the serious list at once from "
                            f"{both['day']}: end one before the other begins")
    return counts


def _load(connection: Connection, table: _Table, rows: Iterable[Row], key: str) -> Counts:
    # Two loads of one table in another order of rows would wait for each other's row locks for ever.
    lock_for_transaction(connection, f"casework.load.{table.name}")
    connection.execute(q[f"stage_{table.name}"])
    readers: Sequence[tuple[Callable[..., Any], Any]] = [(_number if c.type == "float8" else _plain, c)
                                                         for c in table.columns]
    staged = copy_rows(connection, f"stage_{table.name}", [c.name for c in table.columns],
                       [c.type for c in table.columns], ([read(row, c) for read, c in readers] for row in rows))
    # A fresh temporary table has no statistics: the joins with large tables would be planned for a few rows.
    connection.execute(sql.SQL("analyze {}").format(sql.Identifier(f"stage_{table.name}")))
    stray = connection.execute(q[f"stray_{table.name}"]).fetchone()
    if stray:
        raise CaseworkError(f"{table.noun} names {_NOUNS[key]} {stray['key']!r}, which is not in the register: "
                            f"load it first")
    merged = connection.execute(q[f"merge_{table.name}"]).fetchall()
    inserted = sum(row["inserted"] for row in merged)
    return {"rows": staged, "inserted": inserted, "updated": len(merged) - inserted, "unchanged": staged - len(merged)}


_NOUNS = {"unit_no": "unit", "inspection_no": "inspection or officer"}


def _plain(row: Row, column: _Column) -> Any:
    value = row.get(column.name)
    return column.default if value is None else value


def _number(row: Row, column: _Column) -> float | None:
    value = row.get(column.name)
    return column.default if value is None else float(value)
