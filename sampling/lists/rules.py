"""The rules of a list draw as they hold on one day: what its frame shows of policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from policy import rules
from sampling.errors import DrawError
from sampling.parameters import CLASSES, Parameters

#: Marks by which a list draw is told from others of its day: the letter before its number.
LETTERS = {"replacement": "R", "campaign": "Z", "joint": "L"}
_OTHER = "X"


@dataclass(frozen=True)
class ListRules:
    """Every rule that shapes a list's frame; ``exclusions`` says which of them keep an object out."""

    exclusions: list[str]
    cap: Mapping[str, int]
    exclusion_days: Mapping[str, int]
    planned_open_days: int
    counted_kinds: list[str]
    bodies: Mapping[str, list[str]]
    class_without_score: str
    weight: Mapping[str, float]

    @classmethod
    def on(cls, day: dt.date, kind: str) -> ListRules:
        """The rules that hold on ``day`` for lists of ``kind``."""
        daily, book = Parameters.on(day), rules()
        weight = {c: float(book.value("draw.list.weight", day)[c]) for c in CLASSES}
        if not 0 < weight["A"] <= weight["B"] <= weight["C"] <= weight["D"]:
            raise DrawError("the rule draw.list.weight falls from A to D or is not above 0: a higher risk must never "
                            "be drawn less")
        return cls(exclusions=[str(code) for code in book.value("draw.list.exclusions", day).get(kind, [])],
                   cap=dict(daily.cap), exclusion_days=dict(daily.exclusion_days),
                   planned_open_days=daily.planned_open_days,
                   counted_kinds=[str(one) for one in book.value("draw.list.counted_kinds", day)],
                   bodies=dict(daily.bodies), class_without_score=daily.class_without_score, weight=weight)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def number_of(kind: str, day: dt.date, place: int) -> str:
    """The number of the ``place``-th list draw of its letter on a day, such as R20261207-01."""
    return f"{LETTERS.get(kind, _OTHER)}{day:%Y%m%d}-{place:02d}"
