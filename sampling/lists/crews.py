"""The officers of each department with what the days of a list leave of their loads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sampling.lists.frame import OWN, Department, ListOfficer
from store import Queries
from store.database import Connection

q = Queries(__file__)

OWN_NAME = "消防救援机构"


@dataclass(frozen=True)
class Released:
    """Visits that a replacement ends, so that they bind nobody: inspections, and objects of the draw ``draw_id``."""

    inspections: tuple[int, ...] = ()
    draw_id: int | None = None
    objects: tuple[str, ...] = ()


NOTHING = Released()


def crew(connection: Connection, code: str, name: str, days: Sequence[dt.date], released: Released = NOTHING,
         left_out: str | None = None) -> Department:
    """A department with its active officers; ``left_out`` has no room on any day."""
    rows = connection.execute(q["own" if code == OWN else "others"], {
        "department": code, "days": list(days), "first": min(days), "last": max(days),
        "inspections": list(released.inspections), "draw": released.draw_id,
        "objects": list(released.objects)}).fetchall()
    return Department(code, name, [ListOfficer(
        row["officer_no"], row["body"], tuple(row["area_codes"]), row["can_lead"], row["certificate_valid"],
        tuple(0 if row["officer_no"] == left_out else load for load in row["loads"])) for row in rows])


def own(connection: Connection, days: Sequence[dt.date], released: Released = NOTHING,
        left_out: str | None = None) -> Department:
    """The fire department."""
    return crew(connection, OWN, OWN_NAME, days, released, left_out)
