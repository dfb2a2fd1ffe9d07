"""Detectors (监测): what each looks for, in the acts of some days, and the marks it leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from casework.enforcement import bands
from policy import rules
from policy.clocks import end_of, legal_day
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Look:
    """Which acts are looked at: of the days ``first`` to ``last``, as of ``now``."""

    first: dt.date
    last: dt.date
    now: dt.datetime

    def asked(self) -> dict[str, Any]:
        today = legal_day(self.now)
        return {
            "first": self.first, "last": self.last, "now": self.now, "from": end_of(self.first - dt.timedelta(days=1)),
            "to": end_of(self.last), "fewest": int(rules().value("inspection.officers_min", today)),
            "filmed": list(rules().value("enforcement.media_steps", today)),
            "filmed_before": today - dt.timedelta(days=int(rules().value("supervision.video_days", today)))}


def _statement(name: str) -> Callable[[Connection, Look], Rows]:
    return lambda connection, look: connection.execute(q[name], look.asked()).fetchall()


def _fines(connection: Connection, look: Look) -> Rows:
    """Fines outside the band of their circumstances, or outside all bands of their article where none are named, for
    which no reason was given (畸轻畸重)."""
    found = []
    for row in connection.execute(q["fines"], look.asked()).fetchall():
        span = _span(row["party"], row["article"], row["circumstance"], row["acted_on"])
        if span is None or row["reason"] or span[0] <= row["amount_yuan"] <= span[1]:
            continue
        facts = {"amount_yuan": row["amount_yuan"], "lowest": span[0], "highest": span[1], "article": row["article"],
                 "circumstance": row["circumstance"]}
        found.append({"noun": "penalty", **{name: row[name] for name in (
            "ref", "unit_id", "area_code", "body", "officers", "acted_on")}, "facts": facts})
    return found


def _span(party: str, article: str, circumstance: str | None, day: dt.date) -> tuple[Decimal, Decimal] | None:
    if circumstance is not None:
        return bands.band(party, article, circumstance, day)
    all_of = [one for code in (entry["code"] for entry in rules().value("enforcement.circumstances", day))
              if (one := bands.band(party, article, code, day)) is not None]
    return (min(low for low, _ in all_of), max(high for _, high in all_of)) if all_of else None


#: In the order in which pages list them.
DETECTORS: dict[str, Callable[[Connection, Look], Rows]] = {
    "beyond_power": _statement("beyond_power"), "one_officer": _statement("one_officer"),
    "expired_certificate": _statement("expired_certificate"), "late_step": _statement("late_step"),
    "outside_band": _fines, "missing_video": _statement("missing_video"),
    "missing_review": _statement("missing_review")}


def run(db: Database, day: dt.date, now: dt.datetime, *, since: dt.date | None = None) -> dict[str, int]:
    """Look at the acts before ``day``; new marks by detector. What was marked before stays as it is.

    The night looks back as far as policy says, because acts are entered late; ``since`` looks further, as after an
    import of past years.
    """
    back = int(rules().value("supervision.looks_back_days", day))
    look = Look(since or day - dt.timedelta(days=back), day - dt.timedelta(days=1), now)
    found = {}
    for name, detect in DETECTORS.items():
        with db.connection() as connection:
            rows = detect(connection, look)
            found[name] = connection.execute(q["mark"], {
                "detector": name, "found": legal_day(now), "rows": Jsonb(rows, dumps=_plain)}).rowcount if rows else 0
    return found


def _plain(rows: Rows) -> bytes:
    return orjson.dumps(rows, default=str)
