"""Findings of supervision: listed, decided on by a person, counted by detector, body and officer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.supervision.detectors import DETECTORS
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

Rows = list[dict[str, Any]]
DECISIONS = ("fault", "explained")
#: How far a personal file or a count may reach.
_LONGEST = dt.timedelta(days=3 * 366)


@dataclass(frozen=True)
class Wanted:
    """Which findings: by detector, body, officer, and ``state`` (open, fault, explained)."""

    detector: str | None = None
    body: str | None = None
    officer: str | None = None
    state: str | None = None


def listed(connection: Connection, wanted: Wanted, areas: Collection[str] | None = None, *, before: int | None = None,
           limit: int = 50) -> Rows:
    """Findings, the newest first; ``before`` is the last ``finding_id`` of the page before."""
    if wanted.detector is not None:
        forms.chosen(wanted.detector, "detector", list(DETECTORS))
    return connection.execute(q["listed"], {
        **vars(wanted), "areas": _list(areas), "before": before, "limit": limit}).fetchall()


def decide(db: Database, finding_id: int, decision: str, reason: str, actor: str, now: dt.datetime,
           areas: Collection[str] | None = None) -> None:
    """Call a finding a fault (过错) or explained; once. The act itself is not changed by it."""
    forms.chosen(decision, "decision", list(DECISIONS))
    why = forms.reason(reason)
    with db.connection() as connection:
        held = connection.execute(q["locked"], {"finding": finding_id, "areas": _list(areas)}).fetchone()
        if held is None:
            raise NotFound(f"there is no finding {finding_id}", zh=f"没有监督线索 {finding_id}")
        if held["decision"] is not None:
            raise AlreadyDone(f"finding {finding_id} was decided on {held['decided_on']} before",
                              zh=f"监督线索 {finding_id} 已于 {held['decided_on']} 认定")
        connection.execute(q["decide"], {"finding": finding_id, "decision": decision, "actor": actor, "reason": why,
                                         "day": max(legal_day(now), held["found_on"])})
        audit.record(connection, actor, "decide", "supervision_finding", str(finding_id), {"decision": None}, {
            "decision": decision, "reason": why, "detector": held["detector"], "ref": held["ref"]})


def glance(connection: Connection, first: dt.date, last: dt.date, areas: Collection[str] | None = None, *,
           limit: int = 20) -> dict[str, Any]:
    """What a page shows of a period: findings by detector and body, and the officers that were marked most.

    How many visits each officer made is left to :func:`summary`, which reads every act of the period.
    """
    asked = {"first": first, "last": last, "areas": _list(areas), "limit": limit}
    return {"findings": connection.execute(q["counts"], asked).fetchall(),
            "officers": connection.execute(q["marked"], asked).fetchall()}


def summary(connection: Connection, first: dt.date, last: dt.date, areas: Collection[str] | None = None, *,
            officer: str | None = None, limit: int = 200) -> dict[str, Any]:
    """A period's findings by detector and body, its officers with what each did, and the acts themselves.

    ``person_visits`` is the sum of all officers' ``visits``: two officers on a visit are two.
    """
    if not first <= last <= first + _LONGEST:
        raise CaseworkError("say a period of at most three years, its first day before its last",
                            zh="请填写不超过三年的起止日期")
    asked = {"first": first, "last": last, "areas": _list(areas), "officer": officer, "limit": limit}
    return {"first": first, "last": last, "findings": connection.execute(q["counts"], asked).fetchall(),
            "officers": connection.execute(q["officers"], asked).fetchall(),
            "acts": connection.execute(q["acts"], asked).fetchone()}


def _list(areas: Collection[str] | None) -> list[str] | None:
    return None if areas is None else sorted(areas)
