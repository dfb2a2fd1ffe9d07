"""The visits of a draw, planned together: thousands in a few statements, each with its officers and its trace."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from casework.numbers import next_number
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class DrawnVisit:
    """One visit: the unit, the arm and probability it was drawn with, and the two who go."""

    unit_id: int
    arm: str
    probability: float
    lead: str
    second: str


def plan_all(connection: Connection, *, draw_no: str, planned_on: dt.date, kind: str, visits: Sequence[DrawnVisit],
             actor: str) -> dict[int, int]:
    """Plan the visits of a draw in the caller's transaction; returns ``inspection_id`` by ``unit_id``.

    A draw plans a unit once: a visit that stands is returned and nothing changes. Whether the officers may act is asked
    when the result is entered, since certificates, leave and recusals are those of the day of the visit.
    """
    if not visits:
        return {}
    # Takes the lock of the day's numbers, which run on from there.
    first = next_number(connection, "inspection", planned_on)
    prefix, _, place = first.rpartition("-")
    connection.execute(q["plan"], {
        "draw": draw_no, "day": planned_on, "kind": kind, "actor": actor, "prefix": f"{prefix}-", "first": int(place),
        "units": [visit.unit_id for visit in visits], "arms": [visit.arm for visit in visits],
        "chances": [visit.probability for visit in visits], "leads": [visit.lead for visit in visits],
        "seconds": [visit.second for visit in visits]})
    found = connection.execute(q["of_draw"], [draw_no]).fetchall()
    return {row["unit_id"]: row["inspection_id"] for row in found}
