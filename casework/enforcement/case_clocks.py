"""The periods of a case: what each step starts, stops or drops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from casework import clocks
from casework.clocks import Owner
from casework.enforcement.attempts import Attempt, heard_on, made_public
from policy.clocks import last_moment
from store.database import Connection

#: The clock that a step stops; ``served`` is one of two, by procedure, and ``paid`` stops one only in full.
_STOPS = {"hearing_asked": "hearing_asked", "hearing_waived": "hearing_asked", "decision": "penalty_decided",
          "no_penalty": "penalty_decided", "published": "penalty_published", "archived": "case_archived",
          "publication_withdrawn": "penalty_withdrawn"}
#: What runs no longer after a step: one clock of the case, or all of them (None).
_DROPS: dict[str, tuple[str | None, ...]] = {
    "decision": ("hearing_asked",), "no_penalty": ("hearing_asked",), "execution_ended": ("penalty_paid",),
    "decision_withdrawn": ("penalty_published", "penalty_paid"), "closed": (None,), "dropped": (None,),
    "transfer_accepted": (None,)}


def owner(case: Mapping[str, Any]) -> Owner:
    """Who has to act in a case."""
    return Owner(case["area_code"], case["unit_id"], "brigade" if case["regime"] == "own" else "town")


def follow(connection: Connection, attempt: Attempt) -> bool | None:
    """Move the clocks; whether the one that the step stops was in time, None where it stops none."""
    number, at, step = attempt.case["case_no"], attempt.form.at, attempt.form.step
    stops = _stopped(attempt)
    in_time = clocks.stop(connection, f"deadlines.{stops}", number, at) if stops else None
    for rule in _DROPS.get(step, ()):
        clocks.drop(connection, "case", number, at, f"the case was taken to {step}", rule=rule and f"deadlines.{rule}")
    if step == "payment_deferred":
        # It runs from the approval on: that a day had passed before stays told, by what was added to the fine.
        clocks.start(connection, "deadlines.penalty_paid", "case", number, owner(attempt.case), at,
                     due_at=last_moment(attempt.form.details["until_on"]))
    for rule in _started(attempt):
        clocks.start(connection, f"deadlines.{rule}", "case", number, owner(attempt.case), at)
    return in_time


def _stopped(attempt: Attempt) -> str | None:
    match attempt.form.step:
        case "served":
            return _handed_over(attempt)
        case "paid":
            return "penalty_paid" if attempt.case["owed"] <= attempt.form.details["amount_yuan"] else None
    return _STOPS.get(attempt.form.step)


def _started(attempt: Attempt) -> list[str]:
    case, form = attempt.case, attempt.form
    match form.step:
        case "notice" if heard_on(case["party"], attempt.penalties, form.day):
            return ["hearing_asked"]
        case "decision" | "no_penalty":
            shown = form.step == "decision" and made_public(case, form.day)
            return [_handed_over(attempt), *(["penalty_published"] if shown else [])]
        case "served" if case["fine_yuan"]:
            return ["penalty_paid"]
        case "decision_withdrawn" if attempt.last("published"):
            return ["penalty_withdrawn"]
        case "closed" | "dropped":
            return ["case_archived"]
    return []


def _handed_over(attempt: Attempt) -> str:
    return "penalty_on_spot" if attempt.case["procedure"] == "simple" else "penalty_served"
