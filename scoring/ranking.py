"""The kept ranking of a day, for a terminal."""

from __future__ import annotations

import datetime as dt
from typing import Any

from scoring import told
from scoring.errors import ScoringError
from scoring.preview import UnknownUnit
from store import Queries
from store.database import Connection

q = Queries(__file__)


def day_of(connection: Connection, day: dt.date | None) -> dt.date:
    """``day`` if it has scores, else, where it is left out, the latest day that has."""
    if day is not None:
        row = connection.execute(q["has_run"], {"as_of": day}).fetchone()
        if not row or not row["found"]:
            raise ScoringError(f"there are no scores as of {day}: huoyan run score --date {day} makes them")
        return day
    row = connection.execute(q["latest"]).fetchone()
    if not row or row["as_of"] is None:
        raise ScoringError("there are no scores yet: huoyan run score makes them")
    latest: dt.date = row["as_of"]
    return latest


def top(connection: Connection, as_of: dt.date, most: int, area: str = "") -> list[dict[str, Any]]:
    """The first ``most`` units of the ranking of ``as_of``, of areas whose code begins with ``area``."""
    rows = connection.execute(q["top"], {"as_of": as_of, "most": most, "area": area}).fetchall()
    return [row | {"contributions": told.of_row(row, row["headings"])} for row in rows]


def find_unit(connection: Connection, unit_no: str) -> dict[str, Any]:
    """A unit by its number."""
    row = connection.execute(q["unit"], {"unit_no": unit_no}).fetchone()
    if row is None:
        raise UnknownUnit(f"there is no unit {unit_no[:64]!r}")
    return row
