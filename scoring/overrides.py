"""What a person's override does to the scores of a day: the class moves, the rank follows, the score stays.

A direct condition always stands: no override lowers a unit below the class that one gives it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scoring.card import CLASSES, Card
from scoring.scorecard import Scored
from store import Queries
from store.database import Connection

q = Queries(__file__)

Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Override:
    """One override: a unit moved up or down by so many classes."""

    override_id: int
    unit_id: int
    direction: Direction
    classes: int


def in_force(connection: Connection, as_of: dt.date) -> list[Override]:
    """The overrides that move the scores of ``as_of``, one a unit at most.

    It gives the same for a day that is past, whatever has been made or withdrawn since.
    """
    return [Override(**row) for row in connection.execute(q["in_force"], {"as_of": as_of})]


def apply(scored: Scored, moves: Sequence[Override]) -> Scored:
    """The same scores with the classes that ``moves`` give, and the ranks that follow from these."""
    if not moves:
        return scored
    places = {int(unit_id): place for place, unit_id in enumerate(scored.table.unit_id)}
    risk_class = scored.risk_class.copy()
    overridden: list[tuple[int, str] | None] = [None] * len(scored.table)
    for move in moves:
        place = places.get(move.unit_id)
        if place is None:
            continue
        before = str(scored.risk_class[place])
        after = moved(scored.card, str(scored.base_class[place]), before, scored.direct[place], move.direction,
                      move.classes)
        if after != before:
            risk_class[place], overridden[place] = after, (move.override_id, before)
    if not any(overridden):
        return scored
    return replace(scored, risk_class=risk_class, overridden=tuple(overridden)).ranked()


def moved(card: Card, base_class: str, risk_class: str, direct: Iterable[str], direction: Direction,
          classes: int) -> str:
    """The class that a move gives; it stays where there is no further class, or where a direct condition holds it."""
    at = CLASSES.index(risk_class)
    if direction == "up":
        return CLASSES[min(at + classes, len(CLASSES) - 1)]
    held = min(at, _floor(card, base_class, frozenset(direct)))
    return CLASSES[max(at - classes, held)]


def _floor(card: Card, base_class: str, direct: frozenset[str]) -> int:
    """The lowest class that the direct conditions leave: a class they lift to, or the score's own lifted by some."""
    base = CLASSES.index(base_class)
    return max((max(condition.to, base + condition.by if condition.by else 0)
                for condition in card.direct if condition.code in direct), default=0)
