"""What is due: clocks by body, area, rule, what they run for and state, page by page; and how many of each.

A clock that runs is ``late``, ``due_soon`` or ``running``; one that has ended is ``done_in_time``, ``done_late`` or
``dropped``. Those that run come late first, by the moment they are due; those that ended come newest first, and ``all``
do too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casework.announced import is_provisional
from casework.errors import CaseworkError
from policy import rules
from store import Queries, cursors
from store.database import Connection

q = Queries(__file__)

RUNNING = ("late", "due_soon", "running")
ENDED = ("done_in_time", "done_late", "dropped")
STATES = ("open", *RUNNING, *ENDED, "all")
#: What a clock can run for.
NOUNS = ("order", "inspection", "complaint", "request", "case", "penalty", "measure", "major_hazard", "agreement",
         "referral", "lead", "guidance", "officer", "meeting_action", "review", "credit_notice", "credit_repair",
         "credit_objection")


@dataclass(frozen=True)
class Wanted:
    """What narrows the list; None leaves a thing open. ``areas`` are codes with all beneath them."""

    state: str = "open"
    body: str | None = None
    areas: Sequence[str] | None = None
    noun: str | None = None
    rule: str | None = None
    unit_id: int | None = None
    after: str | None = None
    limit: int = 50


def listed(connection: Connection, wanted: Wanted, now: dt.datetime) -> tuple[list[dict[str, Any]], str | None]:
    """A page of clocks with their state and unit, and the key to ask for the next with; None at the end.

    ``provisional`` ends were counted over a year whose holidays are not announced.
    """
    if wanted.state not in STATES:
        raise CaseworkError(f"state must be one of {', '.join(STATES)}, not {wanted.state!r}")
    if wanted.noun and wanted.noun not in NOUNS:
        raise CaseworkError(f"noun must be one of {', '.join(NOUNS)}, not {wanted.noun!r}",
                            zh=f"noun 应为 {'、'.join(NOUNS)} 之一，不能是“{wanted.noun}”")
    if wanted.rule and not _sets_period(wanted.rule) and wanted.rule not in rules_running(connection):
        raise CaseworkError(f"rule {wanted.rule!r} is not known: no clock runs by it, and in policy it sets no period",
                            zh=f"没有时限规则“{wanted.rule}”")
    at, number = cursors.read(wanted.after, dt.datetime, int)
    query = wanted.state if wanted.state in (*ENDED, "all") else "running"
    rows = connection.execute(q[query], {
        "state": wanted.state, "body": wanted.body, "areas": None if wanted.areas is None else list(wanted.areas),
        "noun": wanted.noun, "rule": wanted.rule, "unit": wanted.unit_id, "now": now, "at": at, "id": number,
        "limit": wanted.limit + 1}).fetchall()
    page = rows[:wanted.limit]
    more = cursors.written(page[-1]["sorted_at"], page[-1]["clock_id"]) if len(rows) > wanted.limit else None
    for row in page:
        del row["sorted_at"]
        row["provisional"] = row["done_at"] is None and row["dropped_at"] is None and is_provisional(
            row["rule"], row["started_at"], row["due_at"])
    return page, more


def _sets_period(rule: str) -> bool:
    return any(one.name == rule and "span" in one.unit for one in rules().on(dt.date.max, rule))


def counts(connection: Connection, areas: Sequence[str] | None, now: dt.datetime) -> list[dict[str, Any]]:
    """How many clocks run by body and state, and how many ended in the last thirty days."""
    return connection.execute(q["counts"], {"areas": None if areas is None else list(areas), "now": now,
                                            "since": now - dt.timedelta(days=30)}).fetchall()


def rules_running(connection: Connection) -> list[str]:
    """The rules that any clock runs or ran by, for a filter."""
    return [row["rule"] for row in connection.execute(q["rules"]).fetchall()]
