"""What a step leaves outside its case: the rows of ``penalties``, their withdrawal, the minutes of a meeting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from casework import penalties
from casework.enforcement import collective, measures
from casework.enforcement.attempts import Attempt
from casework.penalties import PenaltyForm
from store.database import Connection


def take(connection: Connection, attempt: Attempt, officers: Sequence[str], actor: str,
         today: dt.date) -> dict[str, Any]:
    """Carry a step out, and return its details as they are kept."""
    form = attempt.form
    details = dict(form.details)
    if form.step == "decision":
        details["decisions"] = _decide(connection, attempt, officers, actor, today)
        details["leniency"] = [{name: one[name] for name in ("rule", "article", "facts")} for one in attempt.leniency]
        details["triggers"] = attempt.triggers
    elif form.step == "no_penalty":
        details["leniency"] = [{name: one[name] for name in ("rule", "article", "facts")} for one in attempt.leniency]
    elif form.step == "decision_withdrawn":
        decision = attempt.last("decision")
        for number in decision["details"]["decisions"] if decision else ():
            penalties.annul(connection, number, form.day, form.note or "", actor)
        measures.fall(connection, attempt.case["case_no"], form.at, form.note or "", actor)
    elif form.step == "collective":
        found = details.pop("collective")
        collective.enter(connection, "case", attempt.case["case_no"], _subject(attempt), found, actor)
        details |= {"agreed": found.agreed, "members": list(found.members), "held_at": found.held_at,
                    "minutes_uri": found.minutes_uri, "filing_receipt": found.filing_receipt}
    return details


def _decide(connection: Connection, attempt: Attempt, officers: Sequence[str], actor: str,
            today: dt.date) -> list[str]:
    """One row of ``penalties`` for each kind: the first has the number of the case, the others follow it."""
    case, numbers = attempt.case, []
    visit = connection.execute("select inspection_no from inspections where inspection_id = %s",
                               [case["inspection_id"]]).fetchone()
    for place, one in enumerate(attempt.penalties, 1):
        number = case["case_no"] if place == 1 else f"{case['case_no']}-{place}"
        numbers.append(penalties.enter(connection, PenaltyForm(
            case["unit_no"], attempt.form.day, one["kind"], case["article"], tuple(officers), one["amount_yuan"],
            number, visit["inspection_no"] if visit else None), actor, today, case["regime"], party=case["party"]))
    return numbers


def _subject(attempt: Attempt) -> str:
    """What a meeting is about: the gravest of what the party was told."""
    notice = attempt.notice
    told = [one["kind"] for one in notice["details"].get("penalties", ())] if notice else []
    return "suspension" if "suspension" in told else "large_fine"
