"""Profiles: units that are alike in all that a draw looks at. What is a million for units is a few thousand here.

A profile is a desk, a turn (group, and whether the unit was visited this year), a class and a band of scores. Units of
one profile have the same weights, so the same probabilities.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sampling.parameters import CLASSES, GROUPS
from sampling.population import Floats, Ints
from sampling.quotas import TargetedRule, targeted_weight

TURNS = tuple(f"{group}{turn}" for group in GROUPS for turn in ("", "-again"))
ARMS = ("duty", "random", "targeted")

# The random arm's weights by group and class: of units not yet visited this year, and of those visited.
Paces = Mapping[tuple[str, str], tuple[float, float]]


@dataclass(frozen=True)
class Profile:
    """Units alike: ``turn`` is a position in ``TURNS``, ``risk_class`` in ``CLASSES``; ``band`` may be None."""

    desk: int
    turn: int
    risk_class: int
    band: int | None
    units: int

    def weights(self, paces: Paces, duty: Mapping[str, float], rule: TargetedRule) -> dict[str, float]:
        """The weight in each arm that these units take part in; a duty still open has an arm of its own.

        ``duty``: the duty arm's weights by class.
        """
        c = CLASSES[self.risk_class]
        weights: dict[str, float] = {}
        if self.turn == 0:
            weights["duty"] = duty[c]
        else:
            weights["random"] = paces[GROUPS[self.turn // 2], c][self.turn % 2]
        weights["targeted"] = targeted_weight(c, self.band, rule)
        return weights


def turns(group: Ints, visits: Ints) -> Ints:
    """Positions in ``TURNS``."""
    return (group * 2 + (visits > 0)).astype(np.int32)


def bands(score: Floats, width: float) -> Ints:
    """The band of each score, -1 without one."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isnan(score), -1, np.floor(score / width)).astype(np.int32)


def codes(desk: Ints, turn: Ints, risk_class: Ints, band: Ints, width: float) -> tuple[Ints, int]:
    """One number for each unit that rises with (desk, turn, class, band); and how many bands there are, with none."""
    many = math.floor(100 / width) + 2
    return ((desk * len(TURNS) + turn) * len(CLASSES) + risk_class) * many + band + 1, many


def of(code: int, many: int, units: int) -> Profile:
    """The profile of a code."""
    rest, band = divmod(code, many)
    rest, risk_class = divmod(rest, len(CLASSES))
    desk, turn = divmod(rest, len(TURNS))
    return Profile(desk, turn, risk_class, band - 1 if band else None, units)
