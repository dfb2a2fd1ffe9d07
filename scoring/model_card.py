"""The card of a model: what it is, what it learnt from, how it did, where it must not be trusted. Pure.

Sentences for a person who must answer for the model, an auditor's or a chief's; figures stand with their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from policy import rules
from scoring import learning, reasons
from scoring.additive import AdditiveModel, Inputs

_FINDS = {"critical": "at least one critical hazard", "serious": "at least one serious or critical hazard",
          "any": "at least one hazard of any severity", "major": "a major hazard (重大火灾隐患)"}
_WAYS = {1: "more is never less risk", -1: "more is never more risk", 0: "free"}
# An entry narrower than this moves no probability by more than a tenth of a per cent.
_SILENT = 0.005


@dataclass(frozen=True)
class Weight:
    """A feature: the width of its table, the way it may go, and what it adds at its lowest, highest and not known."""

    feature: str
    zh: str
    en: str
    way: str
    width: float
    first: float
    last: float
    unknown: float


def weights(model: AdditiveModel, found: Mapping[str, Any]) -> list[Weight]:
    """The features that say something, the widest effect first."""
    day = found["trained_for"]
    numbers = {shape.feature: np.empty(0) for shape in model.shapes if not shape.words}
    ways = learning.directions(Inputs(numbers, {}, 0), day)
    told = []
    for shape in model.shapes:
        zh, en = reasons.name(shape.feature, day)
        told.append(Weight(shape.feature, zh, en, "by word" if shape.words else _WAYS[ways.get(shape.feature, 0)],
                           float(shape.table.max() - shape.table.min()), float(shape.table[1]), float(shape.table[-1]),
                           float(shape.table[0])))
    return sorted((one for one in told if one.width >= _SILENT), key=lambda one: -one.width)


def data(found: Mapping[str, Any]) -> list[str]:
    """What it learnt from, what counted, and whom it does not know."""
    told, day = found["measures"], found["trained_for"]
    settings, left_out = rules().value("model.cohorts", day), rules().value("model.left_out", day)
    return [
        f"Data cut: visits from {found['first_day']} to before {found['until_day']}, in stretches of "
        f"{settings['days']} days; each visit is explained by what was known before the first day of its stretch. "
        f"{found['visits']} visits, {found['positives']} positive ({found['positives'] / found['visits']:.1%}); "
        f"weighted, they tell as much as {told['effective_visits']:.0f} visits of equal weight.",
        f"Label: a full visit found {_FINDS.get(found['outcome'], found['outcome'])}, on record before its stretch "
        f"had ended. The risk told is that of such a visit by a team of usual strictness within the "
        f"{settings['days']} days after a day; it is no probability of a fire.",
        "Not in the data: re-inspections, visits that were planned and not made, units that were never visited (they "
        "are ranked, and nothing vouches for how well), what was entered after its stretch.",
        f"Features: {len(found['features'])}, all known before the visit; not seen: {', '.join(left_out)}. Rules "
        f"{found['policy_version']}."]


def fit(found: Mapping[str, Any]) -> list[str]:
    """Weights cut, calibration, and what the gate said."""
    told, day = found["measures"], found["trained_for"]
    gate, most = rules().value("model.gate", day), rules().value("model.weights", day)["most"]
    return [
        f"Weights: the inverse of the probability of the draw, cut above {most} times the mean: {told['trimmed']} "
        f"visits, {told['trimmed_share']:.1%} of the weight.",
        f"Calibration: contributions stretched by {told['slope']:.2f} and the level set on the newest visits; on the "
        f"held-back windows the mean gap of ten bins is {told['error']:.3f} (the gate takes {gate['error']:.3f}).",
        f"Gate: {'open' if told['passed'] else 'shut'}. {'; '.join(told['reasons'])}.",
        *(f"Suspected leak: {suspect['feature']} by itself tells the held-back visits with an AUC of "
          f"{suspect['alone']:.3f}." for suspect in told["suspects"])]


def limits(audit: Mapping[str, Any] | None) -> Sequence[str]:
    """Where the model must not be trusted."""
    told = [
        "Only visited units have a result; visits of targeted arms were chosen by what was known, and flatter the "
        "order that chose them.",
        "A visit finds what its team looks for: strictness is taken out as far as teams and districts are not one and "
        "the same.",
        "Kind, size and attributes are taken as the register has them now, for past visits too.",
        "No interactions: each feature adds its part whatever the others say. A part is no cause.",
    ]
    if audit is None:
        return [*told, "Fairness: not audited yet (huoyan audit)."]
    groups = [group for group in audit["content"]["groups"]
              if any(gap and gap["marked"] for part in (group["all"], group["random"])
                     for gap in (part["whole"], part["low"]))]
    names = audit["content"]["names"]
    marked = ", ".join(names[group["by"]][group["code"]][1] for group in groups)
    return [*told, f"Fairness: audit {audit['audit_id']} of {audit['as_of']} marks "
                   f"{marked or 'no group'}."]
