"""A unit's credit whole: a ledger that adds up, what is public, the lists, what is being handled, what others told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from casework import credit
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)

_MOST = 100


def of(connection: Connection, unit: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """The account of a unit as of the end of a day, each list with its newest rows."""
    asked = {"unit": unit["unit_id"], "day": day, "limit": _MOST, "start": rules().value("credit.start", day)}
    total = connection.execute(q["total"], asked).fetchone()
    points = float(total["points"]) if total else 0.0
    balance = credit.balance([points], day)
    band = credit.rating(balance, day)
    kinds, others = rules().value("credit.points", day), rules().value("credit.events", day)
    entries = connection.execute(q["entries"], asked).fetchall()
    for entry in entries:
        words = kinds.get(entry["event_kind"]) or others.get(entry["event_kind"]) or {}
        entry["event_zh"] = words.get("zh", entry["event_kind"])
        entry["event_en"] = words.get("en", entry["event_kind"])
    return {
        "unit_id": unit["unit_id"], "unit_no": unit["unit_no"], "unit_name": unit["name"], "uscc": unit["uscc"],
        "area_code": unit["area_code"], "day": day, "start": asked["start"], "points": points, "balance": balance,
        "entry_count": total["entries"] if total else 0,
        "rating": {"code": band.code, "zh": band.zh, "en": band.en}, "entries": entries,
        "serious_grounds": credit.serious_grounds(connection, unit["unit_id"], day),
        **{name: connection.execute(q[name], asked).fetchall()
           for name in ("listings", "public", "matters", "foreign", "promises", "permits", "evaluations")}}
