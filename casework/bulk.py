"""Many records at COPY speed, for histories and generated cities: idempotent by natural key, no gates.

Every loader takes rows as mappings keyed by ``unit_no`` (hazards: by ``inspection_no``), works in the caller's
transaction, and returns ``{"rows", "inserted", "updated", "unchanged"}``. A row whose unit or inspection is not known
refuses the whole load with one sentence. Orders and complaints that are open get their clocks in one statement each;
whatever else is due of what was loaded gets its clock in the next night. The people's path, with its gates and audit,
is in the modules beside this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from casework import clock_filling, kept_loading, record_loading, staging, visit_loading
from casework.staging import Column, Row, Values
from store.database import Connection

Counts = dict[str, int]
_ACTOR = "import"


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
    return _kept(connection, "credit_entries", rows)


def load_listings(connection: Connection, rows: Iterable[Row]) -> Counts:
    """Load credit listings by unit, list and first day; a unit on both discredit lists at once refuses the load."""
    return _kept(connection, "listings", rows)


def _direct(connection: Connection, name: str, rows: Iterable[Row]) -> Counts:
    loading = record_loading.Loading(connection, name)
    return _added(loading.put(record_loading.ready(name, values, count))
                  for values, count in _columns(record_loading.columns(name), rows))


def _kept(connection: Connection, name: str, rows: Iterable[Row]) -> Counts:
    loading = kept_loading.Loading(connection, name, _ACTOR)
    told = _added(loading.put(kept_loading.ready(name, values, count))
                  for values, count in _columns(kept_loading.columns(name), rows))
    loading.finish()
    return told


def _columns(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[tuple[Values, int]]:
    return ((staging.columns_of(columns, part), len(part)) for part in staging.parts(rows))


def _added(parts: Iterable[Counts]) -> Counts:
    told = dict.fromkeys(("rows", "inserted", "updated", "unchanged"), 0)
    for counts in parts:
        for count, number in counts.items():
            told[count] += number
    return told
