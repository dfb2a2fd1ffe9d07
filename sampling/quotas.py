"""Yearly ratios turned into the weight of a day: quotas by group and class, their pace, and the weights of the arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sampling.parameters import CLASSES, GROUPS, Parameters


@dataclass(frozen=True)
class Quota:
    """What the year asks of one group and class, and what is left of it.

    ``ratio`` is the yearly share in force (raised where the group's total asks for it), ``remaining`` in units,
    ``pace`` the probability with which each eligible unit not yet visited would have to be drawn today;
    ``first`` and ``again`` the random arm's weights of units not yet visited this year and of those visited.
    """

    group: str
    risk_class: str
    units: int
    visited: float
    eligible: int
    ratio: float
    remaining: float
    pace: float
    first: float
    again: float


class TargetedRule(Protocol):
    """What :func:`targeted_weight` needs of the rules; a frame carries the same two numbers."""

    @property
    def weight_targeted(self) -> Mapping[str, float]: ...

    @property
    def score_band(self) -> float: ...


@dataclass(frozen=True)
class Counted:
    """Units of one group and class: all, those visited this year, those that could be drawn for the first time.

    In a frame ``visited`` is a count; where a past frame is made again by other rules, an expectation.
    """

    units: int
    visited: float
    eligible: int


def effective(ratios: Mapping[str, float], units: Mapping[str, int], total: float) -> dict[str, float]:
    """Class ratios raised together until they reach ``total`` of all units; none above 1 (water filling).

    Where the class ratios reach the total by themselves they stay. The order A <= B <= C <= D is kept.
    """
    out = {c: ratios[c] for c in CLASSES}
    need = total * sum(units[c] for c in CLASSES)
    reached = 0.0
    for c in CLASSES:
        reached = reached + ratios[c] * units[c]
    if reached >= need:
        return out
    left = list(CLASSES)
    while left:
        mass = 0.0
        for c in left:
            mass = mass + ratios[c] * units[c]
        if mass == 0:
            break
        scale = need / mass
        top = left[-1]
        if scale * ratios[top] < 1:
            for c in left:
                out[c] = scale * ratios[c]
            break
        out[top] = 1.0
        need = need - units[top]
        left.pop()
    return out


def quotas(counted: Mapping[tuple[str, str], Counted], parameters: Parameters, days: int,
           year_days: int) -> dict[tuple[str, str], Quota]:
    """The quotas of the day by (group, class).

    ``days``: working days over which what is left is spread; ``year_days``: working days of the whole year, for the
    floor that a unit keeps once its class has met its ratio.
    """
    out: dict[tuple[str, str], Quota] = {}
    for group in GROUPS:
        held = {c: counted.get((group, c), Counted(0, 0, 0)) for c in CLASSES}
        ratio = effective(parameters.ratio[group], {c: held[c].units for c in CLASSES}, parameters.total[group])
        first = again = 0.0
        for c in CLASSES:
            remaining = max(0.0, ratio[c] * held[c].units - held[c].visited)
            pace = min(1.0, remaining / (days * held[c].eligible)) if held[c].eligible else 0.0
            floor = parameters.floor_share * ratio[c] / year_days
            # A running maximum: a class whose quota is met early must not fall behind a lower one.
            first = max(first, pace, floor)
            again = max(again, floor)
            out[group, c] = Quota(group, c, held[c].units, held[c].visited, held[c].eligible, ratio[c], remaining,
                                  pace, first, again)
    return out


def targeted_weight(risk_class: str, band: int | None, parameters: TargetedRule) -> float:
    """Weight in the targeted arm: rises with class and with score, never falls with either.

    The score (0..100, higher is riskier) counts in bands, squared; a class has a least weight of its own, so that
    a unit lifted by a direct condition weighs what its class does.
    """
    floor = parameters.weight_targeted[risk_class]
    if band is None:
        return floor
    share = band * parameters.score_band / 100
    return max(floor, share * share)


def steps(counts: Mapping[float, int]) -> tuple[list[float], list[int]]:
    """Distinct weights, rising, and how many units have each."""
    rising = sorted(counts)
    return rising, [counts[weight] for weight in rising]


def mass(weights: Sequence[float], counts: Sequence[int]) -> float:
    """Sum of weight x count, added from the lightest step to the heaviest."""
    total = 0.0
    for weight, count in zip(weights, counts, strict=True):
        total = total + weight * count
    return total
