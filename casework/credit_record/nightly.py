"""What the night does of itself: opens what was brought in, ends what has run its time, takes the yearly snapshot."""

from __future__ import annotations

import datetime as dt

from casework.credit_record import evaluations, publicity
from policy.clocks import end_of
from store import Database, Queries

q = Queries(__file__)


def run(db: Database, day: dt.date) -> dict[str, int]:
    """Do what has become due by the beginning of ``day``; a second run on the same day does nothing."""
    now = end_of(day - dt.timedelta(days=1))
    with db.connection() as connection:
        opened = publicity.open_missing(connection, day)
        ended = publicity.end_by_itself(connection, day)
        # Caught up through January, should the first nights of the year be missed.
        evaluated = evaluations.snapshot(connection, day.year - 1) if day.month == 1 else 0
        lapsed = connection.execute(q["lapse"], {"now": now}).rowcount
    return {"made_public": opened, "publicity_ended": ended, "credit_periods_lapsed": lapsed,
            "evaluated": evaluated}
