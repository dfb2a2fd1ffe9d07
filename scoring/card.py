"""The scorecard's table as policy has it on a day, checked when it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from policy import RuleBook, rules
from scoring.errors import ScoringError

Floats = npt.NDArray[np.float64]

# Points are whole 256ths: sums of them are exact in floating point, in any order and in any language.
GRAIN = 256.0

CLASSES = ("A", "B", "C", "D")
PARTS = ("noncompliance", "ignition", "consequence")

# Before the name of a feature that a model goes by too, where the card counts it for ignition or consequence.
BY_MODEL = "model:"


def grains(points: npt.ArrayLike) -> Floats:
    """Points rounded to whole 256ths."""
    return np.asarray(np.round(np.asarray(points, dtype=np.float64) * GRAIN) / GRAIN, dtype=np.float64)


@dataclass(frozen=True)
class Side:
    """One side of the score and the most points it can give."""

    code: str
    zh: str
    en: str
    cap: float


@dataclass(frozen=True)
class Part:
    """One of the scores kept apart: non-compliance, ignition, consequence. The first goes by what no other names.

    ``shares`` are points of an :class:`Absent` that belong to this part.
    """

    code: str
    zh: str
    en: str
    features: frozenset[str]
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Line:
    """How one feature gives points. ``xs`` and ``ps`` are its knots; a category has ``words`` instead."""

    feature: str
    side: str
    zh: str
    en: str
    direction: str
    unit: str
    unit_en: str
    times: float
    unknown: float
    stepped: bool
    xs: tuple[float, ...]
    ps: tuple[float, ...]
    words: Mapping[str, tuple[float, str, str]]
    say: str
    say_en: str
    joined: tuple[str, ...]
    within: str
    within_en: str

    @property
    def is_flag(self) -> bool:
        """Whether the value is only yes or no."""
        return self.stepped and self.xs == (0.0, 1.0)

    def points(self, values: Floats) -> Floats:
        """Points of each value; ``unknown`` where it is NaN."""
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        if self.stepped:
            reached = np.searchsorted(np.array(self.xs), filled, side="right") - 1
            found = np.array(self.ps)[np.maximum(reached, 0)]
        else:
            found = np.interp(filled, self.xs, self.ps)
        return grains(np.where(known, found, self.unknown))

    def points_of_words(self, values: tuple[str, ...]) -> Floats:
        """Points of each category; ``unknown`` for one that the table does not have."""
        return grains([self.words[word][0] if word in self.words else self.unknown for word in values])


@dataclass(frozen=True)
class Absent:
    """Neutral points that stand for a group of features a unit has no information on."""

    feature: str
    side: str
    unless: str
    zh: str
    en: str
    points: float
    covers: frozenset[str]
    say: str
    say_en: str


@dataclass(frozen=True)
class Direct:
    """A condition that lifts a unit at once: ``to`` a class, or ``by`` so many classes."""

    code: str
    feature: str
    zh: str
    en: str
    at_least: float | None
    above: float | None
    word: str | None
    to: int
    by: int

    def met(self, values: Floats) -> npt.NDArray[np.bool_]:
        """Where the condition holds; never where the value is not known."""
        filled = np.nan_to_num(values, nan=-np.inf)
        if self.above is not None:
            return np.asarray(filled > self.above)
        return np.asarray(filled >= (self.at_least if self.at_least is not None else np.inf))


@dataclass(frozen=True)
class Card:
    """The whole table as it holds on a day."""

    day: dt.date
    version: str
    sides: tuple[Side, ...]
    parts: tuple[Part, ...]
    lines: tuple[Line, ...]
    absent: tuple[Absent, ...]
    cuts: tuple[float, float, float]
    direct: tuple[Direct, ...]

    @classmethod
    def on(cls, day: dt.date) -> Card:
        """The scorecard of the shipped and local rules on ``day``."""
        book = rules()
        return _read(book, day)

    def part_of(self, feature: str) -> str:
        """The part that a feature belongs to."""
        return next((part.code for part in self.parts if feature in part.features), self.parts[0].code)

    def shares(self, absent: Absent) -> dict[str, float]:
        """The points of a missing group by part, those that get some."""
        named = {part.code: part.shares[absent.feature] for part in self.parts[1:] if absent.feature in part.shares}
        left = absent.points - sum(named.values())
        return ({self.parts[0].code: left} if left else {}) | named

    def line(self, feature: str) -> Line | None:
        return next((line for line in self.lines if line.feature == feature), None)


@lru_cache(maxsize=64)
def _read(book: RuleBook, day: dt.date) -> Card:
    try:
        sides = tuple(Side(entry["code"], entry["zh"], entry["en"], float(grains(float(entry["cap"]))))
                      for entry in book.value("scorecard.sides", day))
        parts = tuple(Part(entry["code"], entry["zh"], entry["en"], frozenset(entry.get("features", ())),
                           {name: float(grains(float(points))) for name, points in entry.get("shares", {}).items()})
                      for entry in book.value("scorecard.parts", day))
        lines = tuple(_line(entry) for entry in book.value("scorecard.features", day))
        absent = tuple(_absent(entry, lines) for entry in book.value("scorecard.absent", day))
        cuts = book.value("scorecard.classes", day)
        direct = tuple(_direct(entry) for entry in book.value("scorecard.direct", day))
        card = Card(day, book.version(day), sides, parts, lines, absent,
                    (float(cuts["B"]), float(cuts["C"]), float(cuts["D"])), direct)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ScoringError(f"the scorecard of {day} is malformed: {error!s}; see policy/rules/scorecard.yaml") from None
    _check(card)
    return card


def _line(entry: Mapping[str, Any]) -> Line:
    table = entry.get("table") or {}
    knots = entry.get("steps") or entry.get("points") or []
    return Line(
        feature=entry["feature"], side=entry["side"], zh=entry["zh"], en=entry["en"], direction=entry["direction"],
        unit=entry.get("unit", ""), unit_en=entry.get("unit_en", ""), times=float(entry.get("times", 1)),
        unknown=float(entry.get("unknown", 0)), stepped="steps" in entry,
        xs=tuple(float(knot[0]) for knot in knots), ps=tuple(float(knot[1]) for knot in knots),
        words={word: (float(cell["points"]), cell["zh"], cell["en"]) for word, cell in table.items()},
        say=entry["say"], say_en=entry["say_en"], joined=tuple(entry.get("with", ())),
        within=entry.get("within", ""), within_en=entry.get("within_en", ""))


def _absent(entry: Mapping[str, Any], lines: tuple[Line, ...]) -> Absent:
    covers = entry.get("covers") or [line.feature for line in lines if line.side == entry["side"]]
    return Absent(entry["feature"], entry["side"], entry["unless"], entry["zh"], entry["en"],
                  float(grains(float(entry["points"]))), frozenset(covers), entry["say"], entry["say_en"])


def _direct(entry: Mapping[str, Any]) -> Direct:
    return Direct(entry["code"], entry["feature"], entry["zh"], entry["en"],
                  at_least=float(entry["at_least"]) if "at_least" in entry else None,
                  above=float(entry["above"]) if "above" in entry else None, word=entry.get("is"),
                  to=CLASSES.index(entry["to"]) if "to" in entry else 0, by=int(entry.get("by", 0)))


def _check(card: Card) -> None:
    codes = {side.code for side in card.sides}
    for line in card.lines:
        if line.side not in codes:
            raise ScoringError(f"scorecard.features: {line.feature} names the side {line.side}, which there is not")
        if not line.words and (not line.xs or any(b <= a for a, b in zip(line.xs, line.xs[1:], strict=False))):
            raise ScoringError(f"scorecard.features: the values of {line.feature} must rise from knot to knot")
        sign = {"up": 1, "down": -1}.get(line.direction)
        if sign and any(sign * (b - a) < 0 for a, b in zip(line.ps, line.ps[1:], strict=False)):
            raise ScoringError(f"scorecard.features: {line.feature} would give fewer points for more trouble")
    named = [feature for part in card.parts for feature in part.features]
    if tuple(part.code for part in card.parts) != PARTS or len(named) != len(set(named)):
        raise ScoringError(f"scorecard.parts: there must be {', '.join(PARTS)}, and each feature belongs to one")
    if sorted(card.cuts) != list(card.cuts):
        raise ScoringError("scorecard.classes: the cuts must rise from B to D")
