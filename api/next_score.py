"""What an entry does to the next score: asked of the scoring room, never computed here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import structlog

from scoring.errors import ScoringError
from scoring.preview import score_unit
from store import Database, Queries

_SQL = Queries(__file__)
_log = structlog.get_logger(__name__)
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Moved:
    """The newest score from before a visit, and the score that the next night's run will give, all else unchanged."""

    before: float | None
    before_class: str | None
    before_as_of: dt.date | None
    score: float | None
    risk_class: str | None
    as_of: dt.date


def after(db: Database, unit_id: int, visited_on: dt.date, today: dt.date) -> Moved:
    """The move that a visit of ``visited_on`` makes, as seen on ``today``."""
    as_of = max(today, visited_on) + _ONE_DAY
    before = db.row(_SQL["before"], {"unit_id": unit_id, "day": visited_on}) or {
        "score": None, "risk_class": None, "as_of": None}
    try:
        with db.connection() as connection:
            found = score_unit(connection, unit_id, as_of)
    except ScoringError as error:
        # The entry is stored by now; that its effect can't be shown must not look as if it had failed.
        _log.warning("no preview of the next score", unit_id=unit_id, error=str(error))
        return Moved(before["score"], before["risk_class"], before["as_of"], None, None, as_of)
    return Moved(before["score"], before["risk_class"], before["as_of"], found.score, found.risk_class, as_of)
