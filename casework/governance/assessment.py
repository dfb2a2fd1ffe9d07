"""执法考核: the rates of the three systems and the other indicators of some days, and the score they come to.

Every indicator is a share of acts of the record, so that the same rows give the same score; one without any act is left
out of the score and said so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Rate:
    """``kept`` of ``asked``; None where nothing was asked."""

    code: str
    kept: int
    asked: int

    @property
    def share(self) -> float | None:
        return self.kept / self.asked if self.asked else None


def three_systems(connection: Connection, first: dt.date, last: dt.date, *, as_of: dt.datetime,
                  areas: Sequence[str] | None = None) -> list[Rate]:
    """执法公示、法制审核、全过程记录: of the cases decided in some days, how many kept each."""
    row = connection.execute(q["three_systems"], _asked(first, last, as_of, areas)).fetchone()
    assert row is not None  # noqa: S101  counts always give a row
    return [Rate(code, row[code], row[f"{code}_asked"]) for code in ("publicity", "legal_review", "recording")]


def assess(connection: Connection, first: dt.date, last: dt.date, *, as_of: dt.datetime,
           areas: Sequence[str] | None = None) -> dict[str, Any]:
    """Indicators of daily assessment and special supervision by the weights of policy, and the score from 0 to 100."""
    asked = _asked(first, last, as_of, areas)
    rates = {rate.code: rate for rate in three_systems(connection, first, last, as_of=as_of, areas=areas)}
    for code in ("in_time", "qualified", "without_fault", "reviews_done"):
        row = connection.execute(q[code], asked).fetchone()
        assert row is not None  # noqa: S101  counts always give a row
        rates[code] = Rate(code, row["kept"], row["asked"])
    return scored([(one, rates[one["code"]]) for one in rules().value("governance.indicators", last)])


def scored(held: Sequence[tuple[dict[str, Any], Rate]]) -> dict[str, Any]:
    """The score of indicators with their rates: the weighted mean of those for which anything was asked."""
    rows = [{**one, "kept": rate.kept, "asked": rate.asked, "share": rate.share} for one, rate in held]
    counted = [row for row in rows if row["share"] is not None]
    weight = sum(row["weight"] for row in counted)
    score = 100 * sum(row["weight"] * row["share"] for row in counted) / weight if weight else None
    return {"indicators": rows, "score": score, "left_out": [row["code"] for row in rows if row["share"] is None]}


def _asked(first: dt.date, last: dt.date, as_of: dt.datetime, areas: Sequence[str] | None) -> dict[str, Any]:
    return {"first": first, "last": last, "now": as_of, "areas": None if areas is None else list(areas),
            "filmed": list(rules().value("enforcement.media_steps", last))}
