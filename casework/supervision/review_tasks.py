"""案卷评查任务: each drawn case waits for its review, by somebody who did not handle it, within its period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import clocks
from casework.clocks import Owner
from policy.clocks import end_of
from store import Queries
from store.database import Connection

q = Queries(__file__)
_RULE = "supervision.review_by"


def candidates(connection: Connection, case_no: str, day: dt.date) -> list[str]:
    """Officers of the brigade of a case's area, certified that day, who did not handle it."""
    return [row["officer_no"] for row in connection.execute(q["candidates"], {"case": case_no, "day": day})]


def begin(connection: Connection, month: dt.date, reviewers: Mapping[str, str | None], now: dt.datetime) -> None:
    """Let the cases drawn of a month wait for their reviews, each with its reviewer (None where nobody could be)."""
    for case_no, reviewer in reviewers.items():
        row = connection.execute(q["begin"], {"month": month, "case": case_no, "reviewer": reviewer,
                                              "now": now}).fetchone()
        if row is not None:
            clocks.start(connection, _RULE, "review", f"{month:%Y-%m}/{case_no}", Owner(row["area_code"],
                                                                                        row["unit_id"]), now)


def done(connection: Connection, case_no: str, day: dt.date) -> None:
    """A review of a case was entered: what waited for it waits no more."""
    for row in connection.execute(q["waiting"], [case_no]).fetchall():
        at = max(row["opened_at"], end_of(day) - dt.timedelta(seconds=1))
        clocks.stop(connection, _RULE, f"{row['month']:%Y-%m}/{case_no}", at)


def listed(connection: Connection, *, areas: Sequence[str] | None = None, state: str = "open",
           limit: int = 50) -> list[dict[str, Any]]:
    """Drawn cases with reviewer, period and review: those that wait, those that were read, or all; due first."""
    return connection.execute(q["listed"], {"areas": None if areas is None else list(areas), "state": state,
                                            "limit": limit}).fetchall()
