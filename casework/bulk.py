"""Many records at COPY speed, for histories and generated cities: idempotent by natural key, no gates.

Every loader takes rows as mappings keyed by ``unit_no`` (hazards: by ``inspection_no``), works in the caller's
transaction, and returns ``{"rows", "inserted", "updated", "unchanged"}``. A row whose unit or inspection is not known
refuses the whole load with one sentence. Orders and complaints that are open get their clocks in one statement each;
whatever else is due of what was loaded gets its clock in the next night. The people's path, with its gates and audit,
is in the modules beside this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from casework import clock_filling, record_loading, staging, visit_loading
from casework.errors import CaseworkError
from casework.staging import Column, Row, Values
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Counts = dict[str, int]


@dataclass(frozen=True)
class _Table:
    """A kind that is staged and merged; its name picks its queries in ``bulk.sql``."""

    noun: str
    columns: tuple[Column, ...]


_TABLES = {
    "credit": _Table("a credit entry", (
    Column("unit_no"), Column("occurred_on", "date"), Column("points", "float8"), Column("event_kind"),
    Column("event_ref"), Column("article"))),
    "listings": _Table("a credit listing", (
    Column("unit_no"), Column("list"), Column("from_day", "date"), Column("to_day", "date"), Column("basis")))}


def load_inspections(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load inspections by ``inspection_no``: :func:`casework.visit_loading.load`."""
    return visit_loading.load(connection, rows)


def load_hazards(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load hazards by ``inspection_no`` and ``item_code``; ``found_on`` is the day of the inspection if left out."""
    return _direct(connection, "hazards", rows)


def load_orders(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load orders by ``order_no``; the unit is that of the inspection."""
    counts = _direct(connection, "orders", rows)
    clock_filling.orders(connection)
    return counts


def load_penalties(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load penalties by ``case_no``; ``inspection_no`` may be None."""
    return _direct(connection, "penalties", rows)


def load_complaints(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load complaints by ``complaint_no``; where ``check_by`` is left out the clock of its kind is taken."""
    counts = _direct(connection, "complaints", rows)
    clock_filling.complaints(connection)
    return counts


def load_fires(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load fires by ``fire_no``."""
    return _direct(connection, "fires", rows)


def load_credit(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load ledger entries by ``event_kind`` and ``event_ref``; the ledger is append-only, so none is ever updated."""
    return _load(connection, "credit", rows)


def load_listings(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load credit listings by unit, list and first day; a unit on both discredit lists at once refuses the load."""
    counts = _load(connection, "listings", rows)
    refuse_both(connection)
    return counts


def refuse_both(connection: Connection) -> None:
    """Refuse listings just put that leave a unit on both discredit lists at once."""
    both = connection.execute(q["listed_twice"]).fetchone()
    if both:
        raise CaseworkError(f"unit {both['unit_no']} would be on the general and the serious list at once from "
                            f"{both['day']}: end one before the other begins")


def ready(name: str, values: Values, count: int) -> list[bytes]:
    """``count`` entries of credit or listings, laid out for :func:`put` from their columns."""
    return staging.wired(_TABLES[name].columns, values, count)


def put(connection: Connection, name: str, lines: Sequence[bytes]) -> Counts:
    """Store rows that :func:`ready` laid out; the caller sees to clocks."""
    return _put(connection, name, (lines,))


def _direct(connection: Connection, name: str, rows: Iterable[Row]) -> Counts:
    loading = record_loading.Loading(connection, name)
    told = dict.fromkeys(("rows", "inserted", "updated", "unchanged"), 0)
    for part in staging.parts(rows):
        values = staging.columns_of(record_loading.columns(name), part)
        for count, number in loading.put(record_loading.ready(name, values, len(part))).items():
            told[count] += number
    return told


def _load(connection: Connection, name: str, rows: Iterable[Row]) -> Counts:
    return _put(connection, name, (
        ready(name, staging.columns_of(_TABLES[name].columns, part), len(part)) for part in staging.parts(rows)))


def _put(connection: Connection, name: str, parts: Iterable[Sequence[bytes]]) -> Counts:
    # Two loads of one table in another order of rows would wait for each other's row locks for ever.
    lock_for_transaction(connection, f"casework.load.{name}")
    connection.execute(q[f"stage_{name}"])
    table, staged = _TABLES[name], 0
    for lines in parts:
        staging.put(connection, f"stage_{name}", table.columns, lines)
        staged += len(lines)
    staging.analyze(connection, f"stage_{name}")
    stray = connection.execute(q[f"stray_{name}"]).fetchone()
    if stray:
        raise CaseworkError(f"{table.noun} names unit {stray['key']!r}, which is not in the register: load it first")
    merged = connection.execute(q[f"merge_{name}"]).fetchone() or {"inserted": 0, "merged": 0}
    return {"rows": staged, "inserted": merged["inserted"], "updated": merged["merged"] - merged["inserted"],
            "unchanged": staged - merged["merged"]}
