"""考核 and 培训: assessments before an officer of a town may act, and the ledger of training days of each year."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import SHANGHAI, end_of, last_moment, legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
_RULE = "delegation.training_year"


def attend(db: Database, officer_no: str, kind: str, held_on: dt.date, hours: Decimal, topic: str, actor: str,
           now: dt.datetime) -> Decimal:
    """Enter one attendance; hours make days as policy has it, at most one a date. The officer's days of the year."""
    forms.chosen(kind, "kind", [row["code"] for row in rules().value("delegation.training_kinds", held_on)])
    _past(held_on, now)
    most = Decimal(str(rules().value("delegation.training_hours", held_on)))
    if not 0 < hours <= 24:
        raise CaseworkError("hours must be more than 0 and at most 24", zh="学时应大于 0、不超过 24")
    days = min(Decimal(1), (hours / most).quantize(Decimal("0.01")))
    with db.connection() as connection:
        area = _town_officer(connection, officer_no)
        row = connection.execute(q["add"], {
            "officer": officer_no, "kind": kind, "day": held_on, "hours": hours, "days": days,
            "topic": forms.word(topic, "topic"), "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"officer {officer_no} attended {topic} on {held_on} before",
                              zh=f"执法人员 {officer_no} {held_on} 的该项培训已登记过")
        audit.record(connection, actor, "train", "officer", officer_no, None,
                     {"kind": kind, "held_on": held_on, "hours": hours, "days": days, "topic": topic})
        total = days_of(connection, officer_no, held_on.year)
        if total >= rules().value(_RULE, held_on):
            start_year(connection, officer_no, area, held_on.year)
            at = min(end_of(held_on) - dt.timedelta(seconds=1),
                     max(now, dt.datetime.combine(held_on, dt.time(), SHANGHAI)))
            clocks.stop(connection, _RULE, f"{officer_no}/{held_on.year}", at)
    return total


def assess(db: Database, officer_no: str, assessed_on: dt.date, passed: bool, score: Decimal | None, by: str,
           actor: str, now: dt.datetime) -> None:
    """Enter an assessment of the brigade: the newest one by a day decides whether the officer may act on it."""
    _past(assessed_on, now)
    with db.connection() as connection:
        _town_officer(connection, officer_no)
        row = connection.execute(q["add_pass"], {
            "officer": officer_no, "day": assessed_on, "passed": passed, "score": score,
            "by": forms.word(by, "assessed_by"), "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"officer {officer_no} was assessed on {assessed_on} before",
                              zh=f"执法人员 {officer_no} {assessed_on} 的考核已登记过")
        audit.record(connection, actor, "assess", "officer", officer_no, None,
                     {"assessed_on": assessed_on, "passed": passed, "score": score, "assessed_by": by})


def days_of(connection: Connection, officer_no: str, year: int) -> Decimal:
    """Days of training of an officer in a year."""
    rows = connection.execute(q["year"], {"officer": officer_no, "first": dt.date(year, 1, 1),
                                          "next": dt.date(year + 1, 1, 1)}).fetchall()
    return sum((row["days"] for row in rows), Decimal(0))


def ledger(connection: Connection, year: int, *, areas: Sequence[str] | None = None, officer_no: str | None = None,
           limit: int = 500) -> list[dict[str, Any]]:
    """Attendances of a year, the newest first."""
    return connection.execute(q["ledger"], {
        "areas": None if areas is None else list(areas), "first": dt.date(year, 1, 1),
        "next": dt.date(year + 1, 1, 1), "officer": officer_no, "limit": limit}).fetchall()


def standing(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None,
             limit: int = 500) -> list[dict[str, Any]]:
    """Officers of towns as they stand on a day, each with what is missing (``flags``)."""
    rows = connection.execute(q["standing"], {"areas": None if areas is None else list(areas), "day": day,
                                              "first": dt.date(day.year, 1, 1), "limit": limit}).fetchall()
    least = rules().value(_RULE, day)
    for row in rows:
        missing = [("no_certificate", not row["certified"]), ("no_training", not row["trained"]),
                   ("no_pass", not row["passed"]), ("few_days", row["days"] < least)]
        row["flags"] = [flag for flag, stands in missing if stands]
        row["days_needed"] = least
    return rows


def start_year(connection: Connection, officer_no: str, area: str, year: int) -> None:
    """Let the clock of an officer's training days of a year run to its last day."""
    clocks.start(connection, _RULE, "officer", f"{officer_no}/{year}", Owner(area, body="town"),
                 dt.datetime(year, 1, 1, tzinfo=SHANGHAI), due_at=last_moment(dt.date(year, 12, 31)))


def start_missing(connection: Connection, day: dt.date) -> int:
    """The clocks of a year for whoever has none yet; how many."""
    rows = connection.execute(q["without_clock"], {"year": day.year}).fetchall()
    for row in rows:
        start_year(connection, row["officer_no"], row["area_code"], day.year)
    return len(rows)


def _town_officer(connection: Connection, officer_no: str) -> str:
    row = connection.execute(q["officer"], [officer_no]).fetchone()
    if row is None:
        raise NotFound(f"officer {officer_no} is not in the register of officers",
                       zh=f"检查人员名录库中没有 {officer_no}")
    if row["body"] != "town":
        raise CaseworkError(f"officer {officer_no} is not an officer of a town", zh=f"{officer_no} 不是镇街执法人员")
    return str(row["area_codes"][0])


def _past(day: dt.date, now: dt.datetime) -> None:
    if day > legal_day(now):
        raise CaseworkError(f"{day} is in the future", zh=f"日期 {day} 晚于今天")
