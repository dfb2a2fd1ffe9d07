"""The targeted share is decided once a month, on record with its evidence; all draws of the month go by it.

What a frame carries is the evidence (``lift``); the share follows from it and from the bounds of the day, so that a
bundle is checked as before. Where a month has no record, as in a city's first weeks, the evidence of the day is taken.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from psycopg.types.json import Jsonb

from policy import rules
from sampling.lift import lift_before
from sampling.parameters import Parameters
from sampling.population import Lift
from sampling.share import tau
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]


def run(db: Database, day: dt.date, now: dt.datetime, by: str = "scheduler") -> Row:
    """Decide the share of the month that begins on ``day``, from results before it; a share that stands is kept."""
    month, parameters = day.replace(day=1), Parameters.on(day)
    with db.connection() as connection:
        if connection.execute(q["of_month"], {"month": month}).fetchone() is None:
            lift = lift_before(connection, month, parameters.tau["top_share"])
            connection.execute(q["decide"], {
                "month": month, "results": lift.results if lift else 0, "lift": lift.value if lift else None,
                "lift_lower": lift.lower if lift else None, "bounds": Jsonb(dict(parameters.tau)),
                "tau": tau(lift, parameters.tau), "version": rules().version(month), "by": by, "at": now})
        row = connection.execute(q["of_month"], {"month": month}).fetchone()
    assert row is not None  # noqa: S101  it was just decided
    return {"month": f"{month:%Y-%m}", "tau": row["tau"], "results": row["results"], "lift": row["lift"],
            "lower": row["lift_lower"]}


def of(connection: Connection, day: dt.date) -> Row | None:
    """The record of the month in which ``day`` lies."""
    return connection.execute(q["of_month"], {"month": day.replace(day=1)}).fetchone()


def evidence(connection: Connection, day: dt.date, top_share: float) -> Lift | None:
    """The lift that a draw of ``day`` goes by: of its month's record, else of the day."""
    row = of(connection, day)
    if row is None:
        return lift_before(connection, day, top_share)
    return None if row["lift"] is None else Lift(row["results"], row["lift"], row["lift_lower"])


def history(connection: Connection, limit: int = 24) -> list[Row]:
    """Past months, the oldest first."""
    return connection.execute(q["history"], {"limit": limit}).fetchall()[::-1]
