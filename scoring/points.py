"""A model's log-odds as points of non-compliance, so that it can stand in for that part of the scorecard. Pure.

Points are a straight line of the log-odds, matched at training to the scorecard's points of the same part over the
newest visits: the same mean, the same spread. A change of model then changes who is high, not how many: classes keep
their size, and with them the work that ratios ask for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy import rules
from scoring import cohorts, reasons, scorecard, weighting
from scoring.additive import AdditiveModel, Floats, Inputs
from scoring.card import BY_MODEL, PARTS, Card, grains
from scoring.cohorts import Cohort
from scoring.features import FeatureTable
from scoring.scorecard import Column, of_line, places

_PART = PARTS[0]
_LEAST_SPREAD = 1e-9
# Smaller contributions are told as one: a person reads a dozen lines, not seventy.
_LEAST_TOLD = 0.125


@dataclass(frozen=True)
class Points:
    """``usual`` points stand for log-odds of ``centre``, ``a_nat`` more for each unit of log-odds above it."""

    usual: float
    a_nat: float
    centre: float

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Points:
        """From plain values."""
        return cls(float(told["usual"]), float(told["a_nat"]), float(told["centre"]))


def matched(model: AdditiveModel, past: Sequence[Cohort]) -> Points:
    """The line that gives the newest visits of ``past`` the mean and the spread that the scorecard gives them."""
    as_of = past[-1].until
    told, settings = rules().value("model.weights", as_of), rules().value("model.points", as_of)
    newest = past[cohorts.newest(past, float(settings["share"])):] or past[-1:]
    card = np.concatenate([scorecard.score(cohort.table, Card.on(cohort.as_of)).part_points(_PART)[cohort.place]
                           for cohort in newest])
    odds = np.concatenate([model.log_odds(cohort.inputs()) for cohort in newest])
    weight = weighting.weigh(np.concatenate([cohort.probability for cohort in newest]),
                             unrecorded=float(told["unrecorded"]), most=float(told["most"])).weight
    usual, centre = float(np.average(card, weights=weight)), float(np.average(odds, weights=weight))
    spread = float(np.sqrt(np.average((card - usual) ** 2, weights=weight)))
    own = float(np.sqrt(np.average((odds - centre) ** 2, weights=weight)))
    a_nat = float(np.clip(spread / max(own, _LEAST_SPREAD), settings["least"], settings["most"]))
    return Points(usual, a_nat, centre)


def columns(table: FeatureTable, card: Card, model: AdditiveModel, points: Points) -> list[Column]:
    """The model's contributions as points of non-compliance, held within 0 and the most that the part can give."""
    inputs, size = Inputs.of(table), len(table)
    base = np.full(size, float(grains(points.usual + points.a_nat * (model.base - points.centre))))
    found = [_plain("model_base", base, ("检查的平均水平", "level of a usual visit"))]
    total, rest = base, np.zeros(size)
    for shape in model.shapes:
        given = grains(points.a_nat * shape.table)[shape.codes(inputs)]
        told = np.where(np.abs(given) >= _LEAST_TOLD, given, 0.0)
        total, rest = total + given, rest + (given - told)
        found.append(_column(shape.feature, told, table, inputs, card))
    found.append(_plain("model_rest", rest, ("其余各项合计", "all that gives less, together")))
    top = float(grains(float(rules().value("model.points", card.day)["top"])))
    over = np.clip(total, 0.0, top) - total
    return [*found, _plain("model_cap", over, (f"违规可能限于0至{top:g}分",
                                               f"non-compliance stays within 0 and {top:g} points"))]


def _plain(feature: str, given: Floats, named: tuple[str, str]) -> Column:
    return Column(feature, "", {_PART: given}, named)


def _column(feature: str, given: Floats, table: FeatureTable, inputs: Inputs, card: Card) -> Column:
    line = card.line(feature)
    if line is not None and bool(line.words) == (feature in table.words):
        own = feature if card.part_of(feature) == _PART else BY_MODEL + feature
        return of_line(own, line, {_PART: given}, 0.0, table)
    named = reasons.name(feature, card.day)
    if feature in table.words:
        words = reasons.words(feature, sorted(set(table.words[feature])), card.day)
        return Column(feature, "", {_PART: given}, named, usual=0.0, words=words,
                      values=places(table.words[feature], [code for code, _, _ in words]))
    if feature in inputs.words:
        told = inputs.words[feature]
        words = reasons.words(feature, sorted(set(told) - {""}), card.day)
        return Column(feature, "", {_PART: given}, named, usual=0.0, words=words or (("", "", ""),),
                      values=places(told, [code for code, _, _ in words]))
    values = inputs.numbers.get(feature)
    return Column(feature, "", {_PART: given}, named, usual=0.0,
                  values=np.full(len(table), np.nan) if values is None else values)
