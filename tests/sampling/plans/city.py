"""A small city as rows of a database, and plain registers for the pure middle."""

from __future__ import annotations

import datetime as dt
from typing import Any

from policy import calendar
from sampling.parameters import Parameters
from sampling.plans.capacity import Enrolled
from sampling.plans.targets import Row
from sampling.population import Places
from store import Database
from tests.sampling import city

YEAR = 2026
EVE = dt.datetime(2025, 12, 29, 2, 0, tzinfo=dt.UTC)
PARAMETERS = Parameters.on(dt.date(YEAR, 1, 1))
DAYS = calendar().between(dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31))
PLACES = Places(city.tree(3))


def officer(number: int, **fields: Any) -> Enrolled:
    plain: dict[str, Any] = {"officer_no": f"O{number}", "body": "brigade", "areas": (city.DISTRICT,), "can_lead": True,
                             "daily_visits": 2}
    return Enrolled(**{**plain, **fields})


def row(months: list[int], group: str = "key", area: int = 1) -> Row:
    total = sum(months)
    return Row(city.town(area), group, "B", total, 1.0, total, 0, (0,) * 12, tuple(months))


def fill(db: Database, units: int = 260, officers: int = 6, seed: int = 5) -> None:
    """A district of eight towns, nobody visited, scored on the last day of 2025."""
    city.store(db, city.city(seed, units=units, officers=officers, visited=0), scores_as_of=dt.date(2025, 12, 28))


def visit(db: Database, unit_no: str, day: dt.date, *, kind: str = "draw", status: str = "done") -> None:
    """A visit made or planned on a day."""
    db.rows("insert into inspections (inspection_no, unit_id, kind, planned_on, inspected_on, status, result) "
            "select 'P-' || unit_no || '-' || %(day)s, unit_id, %(kind)s, %(day)s, %(done)s, %(status)s, %(result)s "
            "from units where unit_no = %(unit)s returning 1", {
                "day": day, "kind": kind, "status": status, "unit": unit_no, "done": day if status == "done" else None,
                "result": "pass" if status == "done" else None})
