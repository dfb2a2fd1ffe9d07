"""What pages read: a unit's record, the cases that are open or late, the visits of a day.

``areas`` limits an answer to units in those area codes (with everything beneath them: ``registry.areas.subtree``);
None is no limit. Days and moments are arguments; lists are bounded by ``limit``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from casework import credit
from casework.errors import NotFound
from store import Queries
from store.database import Connection

q = Queries(__file__)

Rows = list[dict[str, Any]]


def unit_record(connection: Connection, unit_id: int, day: dt.date, *, limit: int = 50) -> dict[str, Any]:
    """The record of a unit, newest first: inspections with officers and hazards, orders, penalties, complaints, fires,
    off-site findings with the decision that stands, and credit (balance, rating, entries, listings, grounds for the
    serious list) as of ``day``."""
    asked = {"unit": unit_id, "limit": limit, "day": day}
    inspections = connection.execute(q["inspections"], asked).fetchall()
    return {
        "inspections": inspections,
        "open_hazards": connection.execute(q["open_hazards"], asked).fetchall(),
        "orders": connection.execute(q["orders"], asked).fetchall(),
        "penalties": connection.execute(q["penalties"], asked).fetchall(),
        "complaints": connection.execute(q["complaints"], asked).fetchall(),
        "fires": connection.execute(q["fires"], asked).fetchall(),
        "findings": connection.execute(q["findings"], asked).fetchall(),
        "credit": credit_record(connection, unit_id, day, limit=limit),
    }


def credit_record(connection: Connection, unit_id: int, day: dt.date, *, limit: int = 50) -> dict[str, Any]:
    """Balance as of the end of ``day``, its rating, the newest entries, and the listings."""
    asked = {"unit": unit_id, "limit": limit, "day": day}
    total = connection.execute(q["credit_sum"], asked).fetchone()
    points = credit.balance([total["points"]] if total else [], day)
    return {"balance": points, "rating": credit.rating(points, day),
            "entries": connection.execute(q["credit_entries"], asked).fetchall(),
            "listings": connection.execute(q["listings"], asked).fetchall(),
            "serious_grounds": credit.serious_grounds(connection, unit_id, day)}


def inspection(connection: Connection, inspection_no: str) -> dict[str, Any]:
    """One visit with its unit, officers, hazards and orders."""
    found = connection.execute(q["inspection"], [inspection_no]).fetchone()
    if found is None:
        raise NotFound(f"there is no inspection {inspection_no}")
    return found


def planned_visits(connection: Connection, day: dt.date, areas: Sequence[str] | None = None, *,
                   limit: int = 500) -> Rows:
    """Visits planned for ``day``, whatever became of them, in the order of their numbers."""
    return connection.execute(q["planned_visits"], {"day": day, "areas": _list(areas), "limit": limit}).fetchall()


def waiting_visits(connection: Connection, day: dt.date, areas: Sequence[str] | None = None, *,
                   limit: int = 500) -> Rows:
    """Visits planned up to ``day`` whose result is not entered, oldest first."""
    return connection.execute(q["waiting_visits"], {"day": day, "areas": _list(areas), "limit": limit}).fetchall()


def open_orders(connection: Connection, day: dt.date, areas: Sequence[str] | None = None, *, late_only: bool = False,
                limit: int = 500) -> Rows:
    """Orders not closed, the most pressing first; ``late`` is True once the re-inspection is past its day."""
    return connection.execute(q["open_orders"], {"day": day, "areas": _list(areas), "late": late_only,
                                                 "limit": limit}).fetchall()


def open_complaints(connection: Connection, now: dt.datetime, areas: Sequence[str] | None = None, *,
                    late_only: bool = False, limit: int = 500) -> Rows:
    """Complaints not checked, the most pressing first; ``late`` is True once the clock has run out."""
    return connection.execute(q["open_complaints"], {"now": now, "areas": _list(areas), "late": late_only,
                                                     "limit": limit}).fetchall()


def items_on(connection: Connection, day: dt.date) -> Rows:
    """The catalogue of inspection items on ``day``, for the form: code, names, category, severity, basis."""
    return connection.execute(q["items_on"], {"day": day}).fetchall()


def _list(areas: Sequence[str] | None) -> list[str] | None:
    return None if areas is None else list(areas)
