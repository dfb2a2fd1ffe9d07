"""What is due with towns by itself: uncorrected orders go to the brigade, the clocks of a year and a quarter begin."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.delegation import guidance, training
from casework.delegation.referrals import refer_uncorrected
from store import Database

_ACTOR = "job:deadlines"


def run(db: Database, day: dt.date, now: dt.datetime | None = None) -> dict[str, Any]:
    """The nightly part of delegation for a day; run again, it does nothing twice."""
    moment = now or dt.datetime.now(dt.UTC)
    with db.connection() as connection:
        made = refer_uncorrected(connection, day, _ACTOR, moment)
    with db.connection() as connection:
        officers, towns = training.start_missing(connection, day), guidance.start_missing(connection, day)
    return {"referrals": len(made), "training_clocks": officers, "guidance_clocks": towns}
