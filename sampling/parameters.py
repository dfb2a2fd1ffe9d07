"""The rules of the draw as they hold on one day, checked before anything is drawn with them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from policy import RuleBook, rules
from sampling.errors import RatioError

CLASSES = ("A", "B", "C", "D")
GROUPS = ("duty", "key", "general")
SOURCES = ("chain", "witness", "beacon")


@dataclass(frozen=True)
class Parameters:
    """Every number that shapes a frame; :meth:`as_json` is what the frame shows of them.

    ``ratio``: group -> class -> yearly share; ``total``: group -> least yearly share; ``cap``: visits a year by class;
    ``exclusion_days``: calendar days by class; ``bodies``: which bodies may visit ``key`` and ``general`` units;
    ``buffer_days``: working days; ``precision``: half-width of the city-wide rate.
    """

    ratio: Mapping[str, Mapping[str, float]]
    total: Mapping[str, float]
    cap: Mapping[str, int]
    exclusion_days: Mapping[str, int]
    bodies: Mapping[str, list[str]]
    counted_kinds: list[str]
    planned_open_days: int
    buffer_days: int
    stretch: float
    floor_share: float
    again_factor: float
    class_without_score: str
    weight_duty: Mapping[str, float]
    weight_targeted: Mapping[str, float]
    score_band: float
    tau: Mapping[str, float]
    precision: float
    entropy: list[str]

    @classmethod
    def on(cls, day: dt.date, book: RuleBook | None = None) -> Parameters:
        """The rules that hold on ``day``; :class:`RatioError` names the first that contradicts another."""
        book = book or rules()

        def value(name: str) -> Any:
            return book.value(f"draw.{name}", day)

        try:
            if value("officers") != 2:
                raise RatioError("draw.officers must be 2: a draw names a lead and a second officer for each visit")
            found = cls(
                ratio={group: _by_class(f"draw.ratio.{group}", value(f"ratio.{group}")) for group in GROUPS},
                total={group: float(value("ratio.total")[group]) for group in GROUPS},
                cap={c: int(value("cap")[c]) for c in CLASSES},
                exclusion_days={c: int(value("exclusion_days")[c]) for c in CLASSES},
                bodies={kind: [str(body) for body in value("bodies")[kind]] for kind in ("key", "general")},
                counted_kinds=[str(kind) for kind in value("counted_kinds")],
                planned_open_days=int(value("planned_open_days")), buffer_days=int(value("buffer_days")),
                stretch=float(value("stretch")), floor_share=float(value("floor_share")),
                again_factor=float(value("again_factor")), class_without_score=str(value("class_without_score")),
                weight_duty=_by_class("draw.weight.duty", value("weight.duty")),
                weight_targeted=_by_class("draw.weight.targeted", value("weight.targeted")),
                score_band=float(value("score_band")), tau={k: float(v) for k, v in value("tau").items()},
                precision=float(value("precision")), entropy=[str(source) for source in value("entropy")])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RatioError(f"a rule of the draw on {day} has not the form it needs: {error!r}") from None
        found.check()
        return found

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def check(self) -> None:
        """:class:`RatioError` names the first rule that contradicts another, or the promise that higher risk counts."""
        for group in GROUPS:
            _by_class(f"draw.ratio.{group}", self.ratio[group])
        _by_class("draw.weight.duty", self.weight_duty)
        _by_class("draw.weight.targeted", self.weight_targeted)
        # One line a promise: the name of the rule, whether it holds, and what it must be.
        promises: list[tuple[str, Callable[[], bool], str]] = [
            ("draw.ratio.duty", lambda: all(self.ratio["duty"][c] == 1 for c in CLASSES),
             "1 for every class: a crowded key unit is inspected every year"),
            ("draw.ratio.*", lambda: all(0 < self.ratio[g][c] <= 1 for g in GROUPS for c in CLASSES),
             "above 0 and at most 1: no class is exempt"),
            ("draw.ratio.total", lambda: all(0 <= self.total[g] <= 1 for g in GROUPS), "between 0 and 1"),
            ("draw.cap", lambda: all(self.cap[c] >= 1 for c in CLASSES) and _rising(self.cap),
             "1 or more and must not fall from A to D"),
            ("draw.exclusion_days", lambda: all(0 <= self.exclusion_days[c] <= 365 for c in CLASSES)
             and _rising({c: -self.exclusion_days[c] for c in CLASSES}),
             "between 0 and 365 and must not rise from A to D"),
            ("draw.class_without_score", lambda: self.class_without_score in CLASSES, "one of A, B, C, D"),
            ("draw.bodies", lambda: set(self.bodies["key"]) <= set(self.bodies["general"]),
             "such that who may visit a key unit may visit a general one"),
            ("draw.counted_kinds", lambda: "draw" in self.counted_kinds, "a list with draw in it"),
            ("draw.planned_open_days", lambda: 1 <= self.planned_open_days <= 365, "between 1 and 365"),
            ("draw.buffer_days", lambda: 0 <= self.buffer_days <= 200, "between 0 and 200 working days"),
            ("draw.stretch", lambda: 1 <= self.stretch <= 1000, "between 1 and 1000"),
            ("draw.floor_share", lambda: 0 < self.floor_share <= 1, "above 0 and at most 1"),
            ("draw.again_factor", lambda: 0 < self.again_factor <= 1, "above 0 and at most 1"),
            ("draw.score_band", lambda: 1 <= self.score_band <= 100, "between 1 and 100 points"),
            ("draw.precision", lambda: 0 < self.precision < 0.5, "above 0 and below 0.5"),
            ("draw.tau", lambda: 0 <= self.tau["floor"] <= self.tau["start"] <= self.tau["ceiling"] < 1,
             "such that 0 <= floor <= start <= ceiling < 1"),
            ("draw.tau", lambda: self.tau["full_lift"] > 1 and 0 < self.tau["top_share"] < 1
             and self.tau["min_results"] >= 1, "such that full_lift > 1, 0 < top_share < 1 and min_results >= 1"),
            ("draw.entropy", lambda: 0 < len(self.entropy) == len(set(self.entropy))
             and set(self.entropy) <= set(SOURCES), "one or more of chain, witness, beacon"),
        ]
        for name, holds, wanted in promises:
            try:
                kept = holds()
            except KeyError as error:
                raise RatioError(f"{name} lacks {error}") from None
            if not kept:
                raise RatioError(f"{name} must be {wanted}")


def _by_class(name: str, table: Mapping[str, Any]) -> dict[str, float]:
    """A positive number for each class that does not fall as risk rises."""
    found = {c: float(table[c]) for c in CLASSES}
    if not all(math.isfinite(number) and number > 0 for number in found.values()):
        raise RatioError(f"{name} must be a number above 0 for each of A, B, C and D")
    if not _rising(found):
        raise RatioError(f"{name} falls from A to D: a higher risk must never be drawn less")
    return found


def _rising(table: Mapping[str, float]) -> bool:
    return table["A"] <= table["B"] <= table["C"] <= table["D"]
