"""A step that someone wants to make in a case, with all that a gate has to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from casework import clocks
from casework.enforcement.steps import StepForm, last
from policy import rules

#: Why a gate is closed, in English and in Chinese; None where it is open.
Reason = tuple[str, str] | None


@dataclass(frozen=True)
class Attempt:
    """The case, what it went through, its meetings, what speaks for leniency, and the step."""

    case: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    meetings: Sequence[Mapping[str, Any]]
    leniency: Sequence[Mapping[str, Any]]
    form: StepForm

    def last(self, *names: str) -> Mapping[str, Any] | None:
        """The newest step of these names."""
        return last(self.steps, *names)

    @property
    def notice(self) -> Mapping[str, Any] | None:
        """The notice of penalty that stands."""
        return self.last("notice")

    def since_notice(self, *names: str) -> Mapping[str, Any] | None:
        """The newest step of these names that came after the notice that stands (or at all, where there was none)."""
        notice, found = self.notice, self.last(*names)
        return found if found and (notice is None or found["at"] >= notice["at"]) else None

    @property
    def penalties(self) -> list[dict[str, Any]]:
        """What the step would decide or tell, amounts as numbers."""
        return amounts(self.form.details.get("penalties", ()))

    @property
    def triggers(self) -> list[str]:
        """Why this decision needs a meeting."""
        most = rules().value("enforcement.collective", self.form.day)["fine"][self.case["party"]]
        found = []
        for one in self.penalties:
            if one["kind"] == "fine" and one["amount_yuan"] >= most:
                found.append("large_fine")
            if one["kind"] == "suspension":
                found.append("suspension")
        return found


def amounts(penalties: Any) -> list[dict[str, Any]]:
    """Penalties with their amounts as decimals, however they were kept."""
    return [{"kind": one["kind"], "amount_yuan": None if one.get("amount_yuan") is None
             else Decimal(str(one["amount_yuan"]))} for one in penalties]


def heard_on(party: str, penalties: Sequence[Mapping[str, Any]], day: dt.date) -> bool:
    """Whether a party that is told of these penalties has a right to a hearing."""
    rule = rules().value("enforcement.hearing_from", day)
    return any(one["kind"] in rule["kinds"]
               or (one["kind"] == "fine" and one["amount_yuan"] >= rule["fine"][party]) for one in penalties)


def made_public(case: Mapping[str, Any], day: dt.date) -> bool:
    """Whether a decision of this case is one that the public list shows, by policy of its day."""
    rule = rules().value("publication.penalties", day)
    return case["procedure"] in rule["procedures"] and case["party"] in rule["parties"]


def hearing_until(notice: Mapping[str, Any]) -> dt.datetime:
    """The last moment at which a hearing can be asked for."""
    return clocks.due_of("deadlines.hearing_asked", notice["at"])


def fine_of(penalties: Sequence[Mapping[str, Any]]) -> Decimal:
    """The fine among penalties, 0 where there is none."""
    return next((one["amount_yuan"] for one in penalties if one["kind"] == "fine"), Decimal(0))
