"""What is kept and for how long, all rooms together: one plan to look at before, and one run of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import ingest.retention
import scoring.retention
from ingest import vendor_hours
from ingest.retention import Line, TelemetryPlan
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from scoring.retention import ScorePlan
from store import Database, sizes

#: What the reasons of one score take, where nothing is known of the table yet.
_REASONS_BYTES = 1500


@dataclass(frozen=True)
class Plan:
    """What would go on a day, before anything does. ``lines`` are in the order in which they go."""

    day: dt.date
    telemetry: TelemetryPlan
    scores: ScorePlan
    lines: tuple[Line, ...]


def plan(db: Database, day: dt.date) -> Plan:
    """What policy lets go on ``day``. Changes nothing; :class:`policy.PolicyError` where a rule would lose too much."""
    book = rules()
    with db.connection() as connection:
        each = {one.name: one.bytes_a_row or 0.0 for one in sizes.tables(connection)}
    telemetry = ingest.retention.plan(db, book, day, each)
    scores = scoring.retention.plan(db, book, day)
    thick, whole = (sum(units for _, units in days) for days in (scores.reasons, scores.scores))
    return Plan(day, telemetry, scores, (
        *telemetry.lines,
        Line("reasons", scores.reasons_before, thick, round(thick * min(each.get("scores", 0.0), _REASONS_BYTES))),
        Line("scores", scores.scores_before, whole, round(whole * each.get("scores", 0.0)))))


def run(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Let go what is old enough on ``day``, compress, and write down today's sizes."""
    chosen = plan(db, day)
    done = ingest.retention.run(db, chosen.telemetry) | scoring.retention.run(db, chosen.scores)
    with db.connection() as connection:
        # The vendors' counts tell what became of their messages, as the summaries of quarantine do, and go with them.
        kept_from = dt.datetime.combine(chosen.telemetry.ages.summary, dt.time(), SHANGHAI)
        done["vendor_hours"] = vendor_hours.forget(connection, kept_from)
        return done | sizes.note(connection, legal_day(now))
