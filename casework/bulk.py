"""Many records at COPY speed, for histories and generated cities: idempotent by natural key, no gates.

Every loader takes rows as mappings keyed by ``unit_no`` (hazards: by ``inspection_no``), works in the caller's
transaction, and returns ``{"rows", "inserted", "updated", "unchanged"}``. A row whose unit or inspection is not known
refuses the whole load with one sentence. Orders and complaints that are open get their clocks in one statement each;
whatever else is due of what was loaded gets its clock in the next night. The people's path, with its gates and audit,
is in the modules beside this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from casework import clock_filling, visit_loading
from casework.deadlines import complaint_check_by
from casework.errors import CaseworkError
from casework.staging import Column, Row, stage
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Counts = dict[str, int]


@dataclass(frozen=True)
class _Table:
    """How one kind of record is staged and merged; ``name`` picks its queries in ``bulk.sql``."""

    name: str
    noun: str
    columns: tuple[Column, ...]


_HAZARDS = _Table("hazards", "a hazard", (
    Column("inspection_no"), Column("item_code"), Column("severity"), Column("is_major", "bool", False),
    Column("found_on", "date"), Column("handling", "text", "recorded"), Column("due_on", "date"),
    Column("corrected_on", "date"), Column("note")))
_ORDERS = _Table("orders", "an order", (
    Column("order_no"), Column("inspection_no"), Column("kind"), Column("served_on", "date"),
    Column("correct_by", "date"), Column("recheck_by", "date"), Column("closed_on", "date"), Column("created_by")))
_PENALTIES = _Table("penalties", "a penalty", (
    Column("case_no"), Column("unit_no"), Column("inspection_no"), Column("decided_on", "date"), Column("kind"),
    Column("amount_yuan", "float8"), Column("article"), Column("withdrawn_on", "date"), Column("entered_by")))
_COMPLAINTS = _Table("complaints", "a complaint", (
    Column("complaint_no"), Column("unit_no"), Column("received_at", "timestamptz"),
    Column("channel", "text", "other"), Column("anonymous", "bool", True), Column("kind", "text", "other"),
    Column("check_by", "timestamptz"), Column("checked_at", "timestamptz"), Column("verified", "bool"),
    Column("note"), Column("entered_by")))
_FIRES = _Table("fires", "a fire", (
    Column("fire_no"), Column("unit_no"), Column("occurred_at", "timestamptz"),
    Column("procedure", "text", "simple"), Column("note")))
_CREDIT = _Table("credit", "a credit entry", (
    Column("unit_no"), Column("occurred_on", "date"), Column("points", "float8"), Column("event_kind"),
    Column("event_ref"), Column("article")))
_LISTINGS = _Table("listings", "a credit listing", (
    Column("unit_no"), Column("list"), Column("from_day", "date"), Column("to_day", "date"), Column("basis")))


def load_inspections(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load inspections by ``inspection_no``: :func:`casework.visit_loading.load`."""
    return visit_loading.load(connection, rows)


def load_hazards(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load hazards by ``inspection_no`` and ``item_code``; ``found_on`` is the day of the inspection if left out."""
    return _load(connection, _HAZARDS, rows, "inspection_no")


def load_orders(connection: Connection, rows: Iterable[Row], *, clocks: bool = True) -> Counts:
    """Load orders by ``order_no``; the unit is that of the inspection. Without ``clocks``, the caller sees to them."""
    counts = _load(connection, _ORDERS, rows, "inspection_no")
    if clocks:
        clock_filling.orders(connection)
    return counts


def load_penalties(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load penalties by ``case_no``; ``inspection_no`` may be None."""
    return _load(connection, _PENALTIES, rows, "unit_no")


def load_complaints(connection: Connection, rows: Iterable[Row], *, clocks: bool = True) -> Counts:
    """Load complaints by ``complaint_no``; where ``check_by`` is left out the clock of its kind is taken. Without
    ``clocks``, the caller sees to them."""
    def clocked() -> Iterator[Row]:
        for row in rows:
            late = row.get("check_by") or complaint_check_by(row.get("kind") or "other", row["received_at"])
            yield {**row, "check_by": late}

    counts = _load(connection, _COMPLAINTS, clocked(), "unit_no")
    if clocks:
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
    staged = stage(connection, f"stage_{table.name}", table.columns, rows)
    stray = connection.execute(q[f"stray_{table.name}"]).fetchone()
    if stray:
        raise CaseworkError(f"{table.noun} names {_NOUNS[key]} {stray['key']!r}, which is not in the register: "
                            f"load it first")
    merged = connection.execute(q[f"merge_{table.name}"]).fetchall()
    inserted = sum(row["inserted"] for row in merged)
    return {"rows": staged, "inserted": inserted, "updated": len(merged) - inserted, "unchanged": staged - len(merged)}


_NOUNS = {"unit_no": "unit", "inspection_no": "inspection"}
