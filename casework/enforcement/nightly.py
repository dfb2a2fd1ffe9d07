"""What the night does of itself: seals whose days ran out lift, rights to a hearing lapse."""

from __future__ import annotations

import datetime as dt

from casework.enforcement import measures
from policy.clocks import end_of
from store import Database, Queries

q = Queries(__file__)


def run(db: Database, day: dt.date) -> dict[str, int]:
    """Do what has become due by the beginning of ``day``; a second run on the same day does nothing."""
    now = end_of(day - dt.timedelta(days=1))
    with db.connection() as connection:
        expired = measures.expire(connection, day)
        lapsed = connection.execute(q["lapse_hearings"], {"now": now}).rowcount
    return {"seals_expired": len(expired), "hearings_lapsed": lapsed}
