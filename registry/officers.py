"""Officers (执法人员): who may inspect, where, with what certificate, and when or whom not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry import changing
from registry.errors import RecordMissing
from store import Queries
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Officer:
    """One officer. ``daily_visits`` is the most visits of a day; both certificate days belong to its validity."""

    officer_no: str
    name: str
    body: str
    area_codes: list[str]
    certificate_no: str | None
    certificate_from: dt.date | None
    certificate_to: dt.date | None
    can_lead: bool
    skills: list[str]
    daily_visits: int
    status: str
    updated_at: dt.datetime

    def certified_on(self, day: dt.date) -> bool:
        """Whether the certificate holds on ``day``: without a number, or outside its days, it does not."""
        return (self.certificate_no is not None
                and (self.certificate_from is None or self.certificate_from <= day)
                and (self.certificate_to is None or day <= self.certificate_to))


@dataclass(frozen=True)
class Leave:
    """Days on which an officer does not inspect; both ends belong to it."""

    officer_no: str
    from_day: dt.date
    to_day: dt.date
    reason: str


@dataclass(frozen=True)
class Recusal:
    """回避: an officer who must not inspect a unit."""

    officer_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    reason: str


def listing(connection: Connection, *, areas: Sequence[str] | None = None,
            status: str | None = "active") -> list[Officer]:
    """Officers by number, of any of ``areas`` (exact codes) where given."""
    asked = {"areas": None if areas is None else list(areas), "status": status}
    return [Officer(**row) for row in connection.execute(_queries["officers"], asked)]


def get(connection: Connection, officer_no: str) -> Officer:
    """One officer; :class:`RecordMissing` where there is none of that number."""
    row = connection.execute(_queries["officer"], [officer_no]).fetchone()
    if row is None:
        raise RecordMissing(f"there is no officer {officer_no}")
    return Officer(**row)


def present_on(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None) -> list[Officer]:
    """Active officers whose certificate holds on ``day`` and who are not on leave then, by number."""
    away = {leave.officer_no for leave in leave_on(connection, day)}
    return [officer for officer in listing(connection, areas=areas)
            if officer.certified_on(day) and officer.officer_no not in away]


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> Officer:
    """Store a new officer; see :func:`registry.changing.create`."""
    changing.create(connection, "officers", values, actor=actor, day=day)
    return get(connection, str(values["officer_no"]).strip())


def update(connection: Connection, officer_no: str, changes: Mapping[str, Any], *, actor: str, day: dt.date) -> Officer:
    """Change an officer; see :func:`registry.changing.update`."""
    changing.update(connection, "officers", {"officer_no": officer_no}, changes, actor=actor, day=day)
    return get(connection, officer_no)


def leave_on(connection: Connection, day: dt.date) -> list[Leave]:
    """The leave that covers ``day``."""
    return [Leave(**row) for row in connection.execute(_queries["leave_on"], [day])]


def leave_of(connection: Connection, officer_no: str) -> list[Leave]:
    """An officer's leave, newest first."""
    return [Leave(**row) for row in connection.execute(_queries["leave_of"], [officer_no])]


def add_leave(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> None:
    """Store leave (officer_no, from_day, to_day, reason)."""
    changing.create(connection, "leave", values, actor=actor, day=day)


def end_leave(connection: Connection, officer_no: str, from_day: dt.date, *, actor: str, day: dt.date) -> None:
    """Take back the leave that begins on ``from_day``."""
    changing.remove(connection, "leave", {"officer_no": officer_no, "from_day": from_day}, actor=actor, day=day)


def recusals(connection: Connection, officer_no: str | None = None) -> list[Recusal]:
    """Recusals of one officer, or of all."""
    return [Recusal(**row) for row in connection.execute(_queries["recusals"], {"officer_no": officer_no})]


def add_recusal(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> None:
    """Store a recusal (officer_no, unit_no, reason)."""
    changing.create(connection, "recusals", values, actor=actor, day=day)


def end_recusal(connection: Connection, officer_no: str, unit_no: str, *, actor: str, day: dt.date) -> None:
    """Take back a recusal whose ground is gone."""
    changing.remove(connection, "recusals", {"officer_no": officer_no, "unit_no": unit_no}, actor=actor, day=day)
