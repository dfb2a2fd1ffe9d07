"""Clocks of many records at once: what came in without the people's path gets its clocks, what has ended stops them.

Everything is a handful of statements over what is open, whatever the number of records. Where only policy knows the end
of a period, it is reckoned once for each day that can still be open, and joined.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from casework.deadlines import last_day, span
from policy import CalendarDays, Hours, WorkingDays, rules
from policy.clocks import last_moment
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def run(db: Database, day: dt.date) -> dict[str, Any]:
    """Start and stop what is missing as of the morning of ``day``; how many of each."""
    with db.connection() as connection:
        told = orders(connection, day) | complaints(connection, day) | seals(connection, day)
        told["complaint_tell"] = _tell(connection, day)
        told["results_queued"] = _results(connection, day)
    return {name: count for name, count in told.items() if count}


def orders(connection: Connection, day: dt.date | None = None,
           numbers: Collection[str] | None = None) -> dict[str, int]:
    """Clocks of open orders, and the end of those whose order is closed; after a load, of the ``numbers`` that it
    brought alone."""
    asked = _notices(day) | {"numbers": None if numbers is None else list(numbers)}
    return {"orders_started": connection.execute(q["orders"], asked).rowcount,
            "orders_ended": connection.execute(q["orders_ended"], asked).rowcount}


def complaints(connection: Connection, day: dt.date | None = None,
               numbers: Collection[str] | None = None) -> dict[str, int]:
    """Clocks of complaints not checked, and the end of those that were; after a load, of the ``numbers`` that it
    brought alone."""
    asked = _notices(day) | {"numbers": None if numbers is None else list(numbers)}
    return {"complaints_started": connection.execute(q["complaint_check"], asked).rowcount,
            "complaints_ended": connection.execute(q["complaints_ended"], asked).rowcount}


def seals(connection: Connection, day: dt.date | None = None) -> dict[str, int]:
    """Clocks of seals that stand; called after a load as well."""
    return {"seals_started": connection.execute(q["seals"], _notices(day)).rowcount}


def _tell(connection: Connection, day: dt.date) -> int:
    """Complaints that are not checked and can still be told of in time; older ones are history."""
    days = _open_days("deadlines.complaint_tell", day)
    return connection.execute(q["complaint_tell"], _notices(day) | _ends(days)).rowcount


def _results(connection: Connection, day: dt.date) -> int:
    days = _open_days("deadlines.result_published", day)
    asked = _notices(day) | _ends(days) | {"kinds": rules().value("publication.kinds", day)}
    connection.execute(q["queue"], asked)
    return connection.execute(q["results"], asked).rowcount


def _open_days(rule: str, day: dt.date) -> list[tuple[dt.date, dt.date]]:
    """The days whose period has not ended before ``day``, each with its last day."""
    name = rule.removeprefix("deadlines.")
    found, start = [], day
    while last_day(name, start) >= day:
        found.append((start, last_day(name, start)))
        start -= dt.timedelta(days=1)
    return found


def _ends(days: list[tuple[dt.date, dt.date]]) -> dict[str, Any]:
    return {"days": [start for start, _ in days], "ends": [last_moment(last) for _, last in days]}


def _notices(day: dt.date | None) -> dict[str, Any]:
    """How long before its end a clock is due soon, as lengths in seconds."""
    table = rules().value("deadlines.due_soon", day or dt.date.max)
    return {"lengths": [_seconds(row["up_to"]) for row in table], "notices": [_seconds(row["notice"]) for row in table]}


def _seconds(value: Any) -> float:
    match span(value):
        case Hours(count):
            return count * 3600.0
        case CalendarDays(count) | WorkingDays(count):
            return count * 86400.0
