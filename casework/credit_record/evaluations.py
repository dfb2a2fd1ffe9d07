"""年度信用综合评价: the snapshot of a year; the grade is a function of its inputs, which are kept beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from casework import credit
from casework.errors import CaseworkError
from policy import rules
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def grade(inputs: Mapping[str, Any], day: dt.date) -> str:
    """The grade of a unit: the band of its balance, no better than the list that it is on allows."""
    bands = [one["code"] for one in sorted(rules().value("credit.bands", day), key=lambda one: -one["from"])]
    found = credit.rating(float(inputs["balance"]), day).code
    cap = rules().value("credit.evaluated", day).get(inputs["list"] or "")
    return found if cap is None else max(found, cap, key=bands.index)


def evaluate(db: Database, year: int, *, now: dt.datetime) -> int:
    """Take the snapshot of a year that has ended, once for each unit; returns how many were made now."""
    as_of = dt.date(year, 12, 31)
    if as_of >= now.date():
        raise CaseworkError(f"{year} has not ended: evaluate it from {dt.date(year + 1, 1, 1)} on",
                            zh=f"{year} 年尚未结束，{dt.date(year + 1, 1, 1)} 起方可评价")
    with db.connection() as connection:
        return snapshot(connection, year)


def snapshot(connection: Connection, year: int) -> int:
    """:func:`evaluate` in a transaction of the caller's."""
    day = dt.date(year, 12, 31)
    who = rules().value("credit.evaluated", day)
    start = float(rules().value("credit.start", day))
    version = rules().version(day)
    measures = rules().value("credit.grade_measures", day)
    made: dict[str, list[Any]] = {"units": [], "inputs": [], "grades": [], "measures": []}
    for row in connection.execute(q["inputs"], {"year": year, "first": dt.date(year, 1, 1), "day": day,
                                                "key": who["key_units"], "kinds": who["kinds"]}).fetchall():
        inputs = {"start": start, "points": float(row["points"]), "balance": start + float(row["points"]),
                  "list": row["list"], "penalties": row["penalties"], "major_hazards": row["major_hazards"]}
        code = grade(inputs, day)
        made["units"].append(row["unit_id"])
        made["inputs"].append(Jsonb(inputs))
        made["grades"].append(code)
        made["measures"].append(measures[code]["zh"])
    return connection.execute(q["insert"], {**made, "year": year, "day": day, "version": version}).rowcount
