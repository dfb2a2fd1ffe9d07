"""How long scores are kept: first their reasons go, then all of them, but never those that a draw used."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from policy import RuleBook
from policy.clocks import months_before
from store import Database, Queries

_q = Queries(__file__)


@dataclass(frozen=True)
class ScorePlan:
    """What of the scores would go: days whose reasons, and days of which all go, each with its number of units.

    ``drawn`` are days that a draw used: they keep everything for ever.
    """

    reasons_before: dt.date
    scores_before: dt.date
    reasons: tuple[tuple[dt.date, int], ...]
    scores: tuple[tuple[dt.date, int], ...]
    drawn: tuple[dt.date, ...]


def plan(db: Database, book: RuleBook, day: dt.date) -> ScorePlan:
    """What policy lets go of the scores on ``day``."""
    reasons_before = day - dt.timedelta(days=book.value("retention.score_reasons_days", day))
    scores_before = months_before(day, book.value("retention.scores_months", day))
    with db.connection() as connection:
        old = [(row["as_of"], row["units"]) for row in connection.execute(_q["old"], {"before": scores_before})]
        thick = [(row["as_of"], row["units"])
                 for row in connection.execute(_q["with_reasons"], {"before": reasons_before})]
        days = [as_of for as_of, _ in (*old, *thick)]
        drawn = {row["as_of"] for row in connection.execute(
            _q["drawn_days"], {"first": min(days), "last": max(days)})} if days else set()
    gone = {as_of for as_of, _ in old} - drawn
    return ScorePlan(reasons_before, scores_before, _without(thick, drawn | gone), _without(old, drawn),
                     tuple(sorted(drawn & set(days))))


def run(db: Database, chosen: ScorePlan) -> dict[str, int]:
    """Let go what the plan says, a day at a time."""
    for as_of, _ in chosen.scores:
        with db.connection() as connection:
            connection.execute(_q["drop"], {"as_of": as_of})
            connection.execute(_q["drop_run"], {"as_of": as_of})
    for as_of, _ in chosen.reasons:
        with db.connection() as connection:
            connection.execute(_q["thin"], {"as_of": as_of})
            connection.execute(_q["note"], {"as_of": as_of, "reasons": "dropped"})
    with db.connection() as connection:
        for as_of in chosen.drawn:
            connection.execute(_q["note"], {"as_of": as_of, "reasons": "kept"})
    return {"score_days_dropped": len(chosen.scores), "score_days_thinned": len(chosen.reasons)}


def _without(days: Sequence[tuple[dt.date, int]], kept: set[dt.date]) -> tuple[tuple[dt.date, int], ...]:
    return tuple((as_of, units) for as_of, units in days if as_of not in kept)
