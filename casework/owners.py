"""Who answers for what happens at a unit: the body that acted, or the brigade, of the unit's area."""

from __future__ import annotations

from casework.clocks import Owner
from casework.errors import NotFound
from store import Queries
from store.database import Connection

q = Queries(__file__)


def of_unit(connection: Connection, unit_id: int) -> Owner:
    """The brigade of the unit's area."""
    row = connection.execute(q["area"], [unit_id]).fetchone()
    if row is None:
        raise NotFound(f"unit {unit_id} is not in the register")
    return Owner(row["area_code"], unit_id)


def of_visit(connection: Connection, inspection_id: int) -> Owner:
    """The body of whoever led the visit, in the area of its unit."""
    row = connection.execute(q["visit"], [inspection_id]).fetchone()
    if row is None:
        raise NotFound(f"inspection {inspection_id} is not on record")
    return Owner(row["area_code"], row["unit_id"], row["body"])
