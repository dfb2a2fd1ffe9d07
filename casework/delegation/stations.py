"""派出所日常检查: the fewest yearly visits to units of some kinds, how far the year is, and which units still wait.

A visit counts that is of the kind ``daily`` and not a town's. Key units are the brigade's.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework import forms
from casework.errors import AlreadyDone
from policy import calendar, rules
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def put(db: Database, area: str, kind: str, yearly: int, from_day: dt.date, basis: str, actor: str) -> None:
    """Set how often the stations of an area visit units of a kind in a year; 0 takes the kind out."""
    forms.chosen(kind, "unit_kind", [row["code"] for row in rules().value("kinds.units", from_day)])
    with db.connection() as connection:
        row = connection.execute(q["put"], {"area": area, "kind": kind, "from": from_day, "yearly": yearly,
                                            "basis": forms.word(basis, "basis"), "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"a quota of {kind} from {from_day} was set for {area} before",
                              zh=f"{area} 的 {kind} 自 {from_day} 起的次数已登记过")
        audit.record(connection, actor, "put", "station_quota", f"{area}/{kind}", None,
                     {"yearly": yearly, "from_day": from_day, "basis": basis})


def quotas(connection: Connection, area: str, day: dt.date) -> dict[str, int]:
    """Visits a year by kind of unit: policy, and what the area or those above it have set instead."""
    found = dict(rules().value("delegation.station_visits", day))
    for row in connection.execute(q["quotas"], {"area": area, "day": day}).fetchall():
        found[row["unit_kind"]] = row["yearly"]
    return {kind: int(yearly) for kind, yearly in sorted(found.items()) if yearly}


def pace(connection: Connection, area: str, day: dt.date) -> dict[str, Any]:
    """By kind: asked for in the year, expected by a day at an even pace over working days, done, and behind."""
    first, last = dt.date(day.year, 1, 1), dt.date(day.year, 12, 31)
    passed = working_days(first, day) / max(1, working_days(first, last))
    # Not prepared: the plan for any list of areas takes half as long again.
    rows = connection.execute(q["pace"], {**_asked(connection, area, day), "first": first, "day": day},
                              prepare=False).fetchall()
    for row in rows:
        row["expected"] = round(row["asked"] * passed, 1)
        row["behind"] = max(0.0, round(row["expected"] - row["done"], 1))
    return {"area_code": area, "day": day, "year_passed": round(passed, 4), "kinds": rows}


def missing(connection: Connection, area: str, day: dt.date, *, after: int | None = None,
            limit: int = 50) -> list[dict[str, Any]]:
    """Units of an area that had fewer visits in the year of ``day``, up to that day, than they are owed."""
    return connection.execute(q["missing"], {**_asked(connection, area, day), "first": dt.date(day.year, 1, 1),
                                             "day": day, "after": after, "limit": limit}).fetchall()


def working_days(first: dt.date, last: dt.date) -> int:
    """How many working days lie between two days, both counted."""
    work = calendar()
    return sum(work.is_working_day(first + dt.timedelta(days=n)) for n in range((last - first).days + 1))


def _asked(connection: Connection, area: str, day: dt.date) -> dict[str, Any]:
    found = quotas(connection, area, day)
    return {"kinds": list(found), "yearly": list(found.values()),
            "areas": [row["area_code"] for row in connection.execute(q["beneath"], [area])]}
