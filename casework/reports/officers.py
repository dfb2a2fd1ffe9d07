"""What the visits of each officer found in a period, by body: for those who lead them, never for the public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from casework.reports.period import Period
from store import Queries
from store.database import Connection

q = Queries(__file__)


def found(connection: Connection, period: Period, areas: Sequence[str] | None) -> list[dict[str, Any]]:
    """Each officer with a visit or a decision in the period: bodies in turn, most visits first.

    A hazard counts for every officer on the visit that found it, so that the column does not add up to the hazards.
    """
    rows = connection.execute(q["found"], {"first": period.first, "last": period.last,
                                           "areas": None if areas is None else list(areas)}).fetchall()
    return [{**row, "share": row["visits_with_hazard"] / row["visits"] if row["visits"] else None} for row in rows]
