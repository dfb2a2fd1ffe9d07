"""The demo's past: off-site findings as each week found them, decided in the days after as a brigade would have."""

from __future__ import annotations

import datetime as dt
from typing import Any

import ingest.findings
from casework.errors import CaseworkError
from casework.finding_decisions import DecisionForm, decide
from policy.clocks import SHANGHAI
from store import Database

_SIMULATOR = "simulator"
_TRUE = ("电话核实，情况属实，已要求单位立即恢复", "值班人员承认未及时处置", "调取主机记录，属实")
_DISMISSED = ("设备更换期间，单位已报备", "传感器本身故障，供水压力正常", "消防演练，已事先报备")


def look(db: Database, day: dt.date) -> dict[str, Any]:
    """Look for findings as ``day`` begins; days must rise."""
    return ingest.findings.run(db, dt.datetime.combine(day, dt.time(0, 30), SHANGHAI).astimezone(dt.UTC))


def settle(db: Database) -> int:
    """Decide on most of what is open, in the hours and days after it was found; returns how many.

    Decisions follow from the numbers of the findings, so that a seed gives the same past: six of ten are true, one in
    twenty is left lying.
    """
    decided = 0
    rows = db.rows("select finding_id, finding_no, found_at from findings where state = 'open' order by finding_id")
    for row in rows:
        place = row["finding_id"] * 7919 % 20
        if place == 0:
            continue
        texts, decision = (_TRUE, "substantiated") if place < 13 else (_DISMISSED, "dismissed")
        form = DecisionForm(decision, texts[place % len(texts)])
        try:
            decide(db, row["finding_no"], form, _SIMULATOR, role="brigade",
                   now=row["found_at"] + dt.timedelta(hours=9 + 4 * place))
        except CaseworkError:
            continue
        decided += 1
    return decided
