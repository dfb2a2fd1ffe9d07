"""Who may sign: the gates of an inspection record or a penalty on the day it is made.

A town may be set up with one certified officer, as some delegation plans allow, but 行政处罚法 Art. 42 and
消防监督检查规定 Art. 14 ask for two on every record: the second may be of the brigade.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from casework.errors import CaseworkError
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

Team = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """The unit as the gates see it."""

    unit_id: int
    unit_no: str
    is_key: bool


def check_team(connection: Connection, place: Place, team: Team, day: dt.date, *, needs_lead: bool = True) -> None:
    """Refuse, in one sentence, officers who may not act together at this unit on ``day``."""
    least, most = rules().value("inspection.officers_min", day), rules().value("inspection.officers_most", day)
    numbers = [number for number, _ in team]
    if len(set(numbers)) < len(numbers):
        twice = next(number for number in numbers if numbers.count(number) > 1)
        raise CaseworkError(f"officer {twice} is named twice")
    if len(numbers) > most:
        raise CaseworkError(f"{len(numbers)} officers are named, at most {most} are taken")
    if needs_lead:
        check_roles(team)
    found = {row["officer_no"]: row for row in connection.execute(
        q["officers_at_unit"], {"officers": numbers, "unit": place.unit_id, "day": day}).fetchall()}
    for number in numbers:
        if number not in found:
            raise CaseworkError(f"officer {number} is not in the register of officers")
    for number in numbers:
        problem = refusal(found[number], day)
        if problem:
            raise CaseworkError(f"officer {number} can't act at unit {place.unit_no} on {day}: {problem}")
    if len(numbers) < least:
        raise CaseworkError(f"{len(numbers)} certified officer{'' if len(numbers) == 1 else 's'} named, the law asks "
                            f"for {least} (行政处罚法 Art. 42, 消防监督检查规定 Art. 14): a town with one takes an "
                            f"officer of the brigade as the second")
    brigade = any(row["body"] == "brigade" for row in found.values())
    if place.is_key and not brigade and rules().value("inspection.key_units_need_brigade", day):
        raise CaseworkError(f"unit {place.unit_no} is a key unit (消防安全重点单位): only a team with an officer of "
                            f"the brigade may act there, pass it on to the brigade")


def check_roles(team: Team) -> None:
    """Exactly one lead, everyone else a member."""
    for number, role in team:
        if role not in ("lead", "member"):
            raise CaseworkError(f"officer {number} has the role {role!r}: say lead or member")
    leads = [number for number, role in team if role == "lead"]
    if team and len(leads) != 1:
        raise CaseworkError(f"{len(leads)} officers lead the visit: exactly one does")


def refusal(officer: dict[str, Any], day: dt.date) -> str | None:
    """Why an officer may not act at a unit on ``day``, or None; ``officer`` is a row of ``officers_at_unit``."""
    if officer["status"] != "active":
        return "no longer active"
    if officer["recused"]:
        return f"recused (回避): {officer['recused']}"
    if officer["on_leave"]:
        return "on leave that day"
    if officer["body"] != "brigade" and not officer["in_area"]:
        return "the unit is outside the area that was delegated"
    return _certificate_refusal(officer, day)


def _certificate_refusal(officer: dict[str, Any], day: dt.date) -> str | None:
    if not officer["certificate_no"]:
        return "no enforcement certificate on file"
    if officer["certificate_from"] is not None and day < officer["certificate_from"]:
        return f"the certificate is valid from {officer['certificate_from']}"
    if officer["certificate_to"] is not None and day > officer["certificate_to"]:
        return f"the certificate ended on {officer['certificate_to']}"
    return None
