"""From features to scores: 0 to 100 points, HIGHER IS RISKIER, each score the exact sum of its named contributions.

Pure: a table of features and a card in, scores, classes, ranks and contributions out. What a cap takes off, and the
bounds 0 and 100 themselves, are contributions of their own. Three scores are kept apart (``scorecard.parts``):
non-compliance, ignition, consequence; they sum to the score but for its bounds. A model may stand in for the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.card import CLASSES, Absent, Card, Line, Side, grains
from scoring.features import FeatureTable
from scoring.told import Form, Heading, tell

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.float32]

LOWEST, HIGHEST = 0.0, 100.0


@dataclass(frozen=True)
class Column:
    """The points that one line of the card gave to each unit, whole and by part of the score, and what it is called.

    ``usual`` is what an average unit gets, None where there is no such thing. ``values`` are what it came from, in the
    unit of measure of the line, and with ``words`` the place of the category among them; NaN where not known.
    """

    feature: str
    side: str
    parts: Mapping[str, Floats]
    named: tuple[str, str]
    line: Line | None = None
    usual: float | None = None
    values: Floats | None = None
    words: tuple[tuple[str, str, str], ...] = ()

    @property
    def points(self) -> Floats:
        """Of all parts together."""
        return np.asarray(sum(self.parts.values()), dtype=np.float64)

    def heading(self) -> Heading:
        """What a row of points says of it."""
        form: Form = ("none" if self.values is None else "word" if self.words else
                      "flag" if self.line is not None and self.line.is_flag else "number")
        return Heading(self.feature, *self.named, self.side, next(iter(self.parts)) if len(self.parts) == 1 else "",
                       form, self.usual, self.line.unit if self.line else "", self.line.unit_en if self.line else "",
                       self.words)


@dataclass(frozen=True)
class Scored:
    """Scores of a table of units on its day; arrays run parallel to ``table``.

    ``overridden`` names for each unit the override that moved it and its class before; empty where none moved any.
    """

    table: FeatureTable
    card: Card
    columns: tuple[Column, ...]
    score: Floats
    base_class: npt.NDArray[np.str_]
    risk_class: npt.NDArray[np.str_]
    direct: tuple[tuple[str, ...], ...]
    rank: npt.NDArray[np.int64]
    overridden: tuple[tuple[int, str] | None, ...] = ()

    def headings(self) -> list[Heading]:
        """What the columns of :meth:`points` and :meth:`values` stand for."""
        return [column.heading() for column in self.columns]

    def points(self) -> Rows:
        """A row of points for each unit; their sum is its score."""
        return np.column_stack([column.points.astype(np.float32) for column in self.columns])

    def values(self) -> Rows:
        """What the points came from, beside them; NaN where there is none or it is not known."""
        unknown = np.full(len(self.table), np.nan, dtype=np.float32)
        return np.column_stack([unknown if column.values is None else column.values.astype(np.float32)
                                for column in self.columns])

    def contributions(self) -> list[list[dict[str, Any]]]:
        """For each unit what makes up its score, in the order of the card, as :func:`scoring.told.tell` says."""
        headings = self.headings()
        return [tell(headings, points, values)
                for points, values in zip(self.points().tolist(), self.values().tolist(), strict=True)]

    def standing(self) -> Floats:
        """What the rank goes by, without the number of the unit: class, whether lifted into it, score."""
        base, final = (np.searchsorted(np.array(CLASSES), codes) for codes in (self.base_class, self.risk_class))
        return np.asarray((2.0 * final + (final > base)) * (2 * HIGHEST) + self.score)

    def ranked(self) -> Scored:
        """The same with its ranks: 1 for the riskiest, by :meth:`standing`, ties by number of unit."""
        order = np.lexsort((np.array(self.table.unit_no), -self.standing()))
        rank = np.empty(len(self.table), dtype=np.int64)
        rank[order] = np.arange(1, len(self.table) + 1)
        return replace(self, rank=rank)

    def part_points(self, code: str) -> Floats:
        """What one part of the score comes to, its share of the caps included."""
        parts = [column.parts[code] for column in self.columns if code in column.parts]
        return np.asarray(np.sum(parts, axis=0), dtype=np.float64) if parts else np.zeros(len(self.table))

    def side_points(self, code: str) -> Floats:
        """What one side alone gives, caps included."""
        parts = [column.points for column in self.columns if column.side == code]
        return np.sum(parts, axis=0) if parts else np.zeros(len(self.table))


def score(table: FeatureTable, card: Card, instead: Sequence[Column] = ()) -> Scored:
    """Score every unit of ``table`` by ``card``; columns of ``instead`` stand for all of its first part."""
    columns: list[Column] = list(instead)
    kept = {part.code for part in (card.parts[1:] if instead else card.parts)}
    for side in card.sides:
        columns += _side(table, card, side, kept)
    total = _total(columns, len(table))
    clipped = np.clip(total, LOWEST, HIGHEST) - total
    columns.append(Column("bounds", "", {"": clipped}, (f"总分限于{LOWEST:g}至{HIGHEST:g}",
                                                         f"the score stays within {LOWEST:g} and {HIGHEST:g}")))
    total = total + clipped
    base = np.searchsorted(np.array(card.cuts), total, side="right")
    final, reasons = _lift(table, card, base)
    return Scored(table, card, tuple(columns), total, np.array(CLASSES)[base], np.array(CLASSES)[final], reasons,
                  np.zeros(len(table), dtype=np.int64)).ranked()


def _side(table: FeatureTable, card: Card, side: Side, kept: set[str]) -> list[Column]:
    """The columns of one side that belong to the parts ``kept``, with what stands for missing groups and its cap."""
    missing = [(absent, _is_missing(table, absent)) for absent in card.absent if absent.side == side.code]
    columns = []
    for line in card.lines:
        part = card.part_of(line.feature)
        if line.side != side.code or part not in kept:
            continue
        values = table.words.get(line.feature) if line.words else None
        points = line.points(table.numbers[line.feature]) if values is None else line.points_of_words(values)
        for absent, where in missing:
            if line.feature in absent.covers:
                points = np.where(where, 0.0, points)
        columns.append(of_line(line.feature, line, {part: points}, float(grains(line.unknown)), table))
    for absent, where in missing:
        parts = {code: np.where(where, points, 0.0) for code, points in card.shares(absent).items() if code in kept}
        if parts:
            columns.append(Column(absent.feature, side.code, parts, (absent.zh, absent.en)))
    return [*columns, _cap(columns, side, len(table))]


def _cap(columns: Sequence[Column], side: Side, size: int) -> Column:
    """What the cap of a side takes off, from each part by what it holds of the side."""
    total = _total(columns, size)
    over = np.minimum(side.cap - total, 0.0)
    held: dict[str, Floats] = {}
    for column in columns:
        for code, points in column.parts.items():
            held[code] = held.get(code, np.zeros(size)) + points
    left, parts = over, {}
    for number, (code, points) in enumerate(held.items(), 1):
        parts[code] = left if number == len(held) else grains(over * points / np.where(total > 0, total, 1.0))
        left = left - parts[code]
    return Column(f"{side.code}_cap", side.code, parts or {"": over},
                  (f"{side.zh}封顶{side.cap:g}分", f"{side.en}: capped at {side.cap:g} points"))


def of_line(feature: str, line: Line, parts: Mapping[str, Floats], usual: float, table: FeatureTable) -> Column:
    """The column of a line of the card, with the values that its points came from."""
    told = table.words.get(line.feature) if line.words else None
    words: tuple[tuple[str, str, str], ...] = ()
    if told is None:
        values = table.numbers[line.feature] * line.times if line.feature in table.numbers else None
    else:
        words = (*((word, zh, en) for word, (_, zh, en) in line.words.items()),
                 *((word, word, word) for word in sorted(set(told) - set(line.words))))
        values = places(told, [word for word, _, _ in words])
    return Column(feature, line.side, parts, (line.zh, line.en), line, usual, values, words)


def places(told: Sequence[str], words: Sequence[str]) -> Floats:
    """The place of each word among ``words``, NaN for one that is not there."""
    place = {word: float(number) for number, word in enumerate(words)}
    return np.array([place.get(word, np.nan) for word in told])


def _is_missing(table: FeatureTable, absent: Absent) -> Flags:
    column = table.numbers[absent.unless]
    return np.asarray(np.isnan(column) | (column == 0))


def _total(columns: Sequence[Column], size: int) -> Floats:
    total = np.zeros(size)
    for column in columns:
        total = total + column.points
    return total


def _lift(table: FeatureTable, card: Card, base: npt.NDArray[np.intp],
          ) -> tuple[npt.NDArray[np.intp], tuple[tuple[str, ...], ...]]:
    """Classes after the direct conditions, and the codes of those that hold. Two raises by one class raise by one."""
    reasons: list[list[str]] = [[] for _ in range(len(table))]
    floor = np.zeros(len(table), dtype=np.intp)
    raised = np.zeros(len(table), dtype=np.intp)
    for condition in card.direct:
        if condition.word is not None:
            met = np.array([word == condition.word for word in table.words[condition.feature]], dtype=bool)
        else:
            met = condition.met(table.numbers[condition.feature])
        floor = np.maximum(floor, np.where(met, condition.to, 0))
        raised = np.maximum(raised, np.where(met, condition.by, 0))
        for place in np.nonzero(met)[0]:
            reasons[place].append(condition.code)
    final = np.minimum(np.maximum(base + raised, floor), len(CLASSES) - 1)
    return final, tuple(tuple(codes) for codes in reasons)
