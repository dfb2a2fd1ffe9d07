"""The drafts that the scheduler makes in the last working days before a month; a person adopts them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from policy import rules
from sampling.errors import PlanError
from sampling.plans import record
from store import Database, lock_for_transaction
from store.database import Connection

ACTOR = "scheduler"


def run(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Draft the plan of the month that ``day`` begins, and in one month of the year (policy) next year's as well.

    A plan that stands is left as it is, draft or not.
    """
    with db.connection() as connection:
        lock_for_transaction(connection, record.LOCK)
        made: list[dict[str, Any]] = []
        if day.month == rules().value("plans.year_month", day):
            made.append(_draft(connection, day.year + 1, None, now))
        made.append(_draft(connection, day.year, day.month, now))
    if not any("plan_no" in one for one in made):
        return {"skipped": "; ".join(one["note"] for one in made)}
    return {"plans": made}


def _draft(connection: Connection, year: int, month: int | None, now: dt.datetime) -> dict[str, Any]:
    stands = record.newest(connection, year, month)
    if stands:
        return {"note": f"{stands['plan_no']} is {stands['status']} already"}
    try:
        plan = record.draft(connection, year, month, now, actor=ACTOR)
    except PlanError as error:
        return {"note": str(error)}
    return summary(plan)


def summary(plan: record.Plan) -> dict[str, Any]:
    """A plan in a few lines, for a job's detail and a command."""
    content = plan["content"]
    return {"plan_no": plan["plan_no"], "status": plan["status"], "digest": plan["digest"],
            "quota": content["totals"]["all"]["quota"], "done": content["totals"]["all"]["done"],
            "short": sum(one["short"] for one in content["shortfalls"]),
            "shortfalls": [one["words"] for one in content["shortfalls"]][:20]}
