"""Once a month: does each champion still hold, can a better one be learnt, and is what ranks fair to every group."""

from __future__ import annotations

import datetime as dt
from typing import Any

from policy import rules
from scoring import audits, models, standing
from scoring.errors import ScoringError
from store import Database

BY = "scheduler"


def run(db: Database, as_of: dt.date) -> dict[str, Any]:
    """Check, train, audit; where the record is too thin for one of them, a note that says so."""
    outcome = rules().value("model.monthly", as_of)["outcome"]
    found: dict[str, Any] = {}
    demoted = [told for told in standing.check(db, as_of, BY) if told["standing"] == "demoted"]
    if demoted:
        found["demoted"] = "; ".join(f"{told['model']}: {'; '.join(told['drift'].reasons)}" for told in demoted)
    try:
        trained = models.train(db, as_of, outcome, BY)
        found |= {"model": trained["model_no"], "standing": trained["standing"], "reason": trained["reason"]}
    except ScoringError as error:
        found["note"] = str(error)
    try:
        kept = audits.make(db, as_of, outcome, BY)
        found |= {"audit": kept["audit_id"], "audited": kept["model_no"]}
    except ScoringError as error:
        found["audit_note"] = str(error)
    return found
