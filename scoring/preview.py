"""The score of one unit as of any day, the same as the nightly run would give it, and what moved between two scores."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from scoring import champion, explain, features, overrides, raises
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.recent import Memory
from store.database import Connection

_MEMORY = Memory()


class UnknownUnit(ScoringError):
    """There is no such unit."""

    status = 404


@dataclass(frozen=True)
class Score:
    """One unit's score as of a day. ``score`` is 0 to 100, higher is riskier, and the sum of its contributions.

    ``overridden``: the override that moved its class, and the class before.
    """

    unit_id: int
    as_of: dt.date
    score: float
    base_class: str
    risk_class: str
    direct: tuple[str, ...]
    contributions: tuple[dict[str, Any], ...]
    policy_version: str
    overridden: tuple[int, str] | None = None


@dataclass(frozen=True)
class Move:
    """A contribution that is not the same in two scores: points before and after."""

    feature: str
    zh: str
    en: str
    before: float
    after: float


def score_unit(connection: Connection, unit_id: int, as_of: dt.date) -> Score:
    """Score one unit from what is known strictly before ``as_of``; :class:`UnknownUnit` where there is none.

    In a large city what the record of all others says may be some minutes old (:mod:`scoring.recent`).
    """
    card = Card.on(as_of)
    table = features.load(connection, as_of, [unit_id], _MEMORY.on(connection))
    if not len(table):
        raise UnknownUnit(f"there is no unit {unit_id}")
    scored = champion.score(table, card, champion.ruling(connection, as_of))
    scored = overrides.apply(scored, overrides.in_force(connection, as_of))
    scored = raises.apply(scored, raises.in_force(connection, as_of))
    return Score(unit_id, as_of, float(scored.score[0]), str(scored.base_class[0]), str(scored.risk_class[0]),
                 scored.direct[0], tuple(scored.contributions()[0]), card.version,
                 scored.overridden[0] if scored.overridden else None)


def compare(before: Score, after: Score) -> list[Move]:
    """Which contributions moved from one score to another, the widest move first; their sum is the change of score."""
    old = {entry["feature"]: float(entry["points"]) for entry in before.contributions}
    new = {entry["feature"]: float(entry["points"]) for entry in after.contributions}
    return [Move(entry["feature"], entry["zh"], entry["en"], old.get(entry["feature"], 0.0),
                 new.get(entry["feature"], 0.0))
            for entry, _ in explain.compare(before.contributions, after.contributions)]
