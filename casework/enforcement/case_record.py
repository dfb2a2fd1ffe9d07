"""A case as it is read: steps, meetings, periods, what speaks for leniency, money, and what may come next."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework.enforcement import collective, fines, gates, leniency, steps
from casework.enforcement.attempts import Attempt
from casework.enforcement.cases import FROM, order
from casework.enforcement.evidence import missing_media
from casework.enforcement.steps import StepForm
from casework.errors import AlreadyDone, NotFound
from policy import rules
from policy.clocks import legal_day
from store import Queries
from store.database import Connection

q = Queries(__file__)


def whole(connection: Connection, case_no: str, now: dt.datetime) -> dict[str, Any]:
    """A case with steps, meetings, clocks, leniency, money, missing videos, and what may come next."""
    row = connection.execute(q["one"], [case_no]).fetchone()
    if row is None:
        raise NotFound(f"there is no case {case_no}", zh=f"没有案件 {case_no}")
    made = steps.read(connection, "case", case_no)
    flags = leniency.flags(connection, row, legal_day(now))
    meetings = collective.read(connection, "case", case_no)
    sums = fines.money(made, now)
    return {**row, "steps": made, "meetings": meetings, "clocks": clocks_of(connection, "case", case_no),
            "leniency": flags, "missing_media": missing_media(made, legal_day(now)),
            "fine_yuan": sums["fine_yuan"], "added_yuan": sums["added_yuan"], "paid_yuan": sums["paid_yuan"],
            "owed_yuan": sums["owed"], "next": _next({**row, **sums}, made, meetings, flags, now)}


def clocks_of(connection: Connection, noun: str, ref: str) -> list[dict[str, Any]]:
    """The periods that run or ran for something, with what each is called."""
    rows = connection.execute(q["clocks"], {"noun": noun, "ref": ref}).fetchall()
    for row in rows:
        rule = rules().rule(row["rule"], legal_day(row["started_at"]))
        row.update(zh=rule.zh, en=rule.en, article=f"{rule.source} {rule.article}".strip())
    return rows


def _next(case: dict[str, Any], made: list[dict[str, Any]], meetings: list[dict[str, Any]],
          flags: list[dict[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Each step that fits where the case stands, with the refusal that it would meet now; a decision as it was told."""
    notice = steps.last(made, "notice")
    found = []
    for name, standings in FROM.items():
        if case["standing"] not in standings:
            continue
        details = dict(notice["details"]) if notice and name == "decision" else {}
        attempt = Attempt(case, made, meetings, flags, StepForm(name, now, details=details))
        refused = order(attempt) or gates.refusal(attempt)
        if isinstance(refused, AlreadyDone):
            continue
        found.append({"step": name, "refusal": str(refused) if refused else None,
                      "refusal_zh": refused.zh if refused else None})
    return found
