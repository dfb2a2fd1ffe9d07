"""The question of a what-if: which rules of the draw would have been others, in the terms of ``draw.*`` of policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sampling.errors import RatioError, WhatIfError
from sampling.parameters import CLASSES, GROUPS, Parameters


@dataclass(frozen=True)
class Asked:
    """What is asked to be other than it was; what is left out stays as each draw's own frame had it.

    ``ratio``: (group, class) -> yearly share; ``total``: group -> least yearly share; ``weight``: class -> least
    weight in the targeted arm; ``steepness``: exponent on the targeted arm's weights (0 all alike, 1 as recorded);
    ``tau``: targeted share of each day beyond duties; ``capacity``: visits of each desk and day, in times of those
    recorded. Without it the number of visits follows from the ratios, as far as officers allow.
    """

    ratio: dict[tuple[str, str], float] = field(default_factory=dict)
    total: dict[str, float] = field(default_factory=dict)
    weight: dict[str, float] = field(default_factory=dict)
    steepness: float = 1.0
    tau: float | None = None
    capacity: float | None = None

    @classmethod
    def of(cls, ratios: Sequence[str] = (), weights: Sequence[str] = (), steepness: float = 1.0,
           tau: float | None = None, capacity: float | None = None) -> Asked:
        """The question as it is written: ``C=0.5``, ``key.B=0.9``, ``general=0.3`` for ratios, ``D=2`` for weights."""
        ratio: dict[tuple[str, str], float] = {}
        total: dict[str, float] = {}
        for text in ratios:
            name, number = _pair(text, "a ratio such as C=0.5, key.B=0.9 or general=0.3")
            if name in GROUPS:
                total[name] = number
                continue
            group, _, risk_class = name.rpartition(".")
            if (group or "general") not in GROUPS or risk_class not in CLASSES:
                raise WhatIfError(f"{text} names no ratio: it must be a group ({', '.join(GROUPS)}), a class of "
                                  f"general units ({', '.join(CLASSES)}) or both, such as key.B=0.9")
            ratio[group or "general", risk_class] = number
        weight: dict[str, float] = {}
        for text in weights:
            name, number = _pair(text, "a weight such as D=2")
            if name not in CLASSES:
                raise WhatIfError(f"{text} names no class: a weight is for one of {', '.join(CLASSES)}")
            weight[name] = number
        return cls(ratio, total, weight, steepness, tau, capacity)

    def rules(self, recorded: Parameters) -> Parameters:
        """The rules of a day with what is asked laid over; refused where they could not be put in force."""
        asked = replace(
            recorded,
            ratio={g: {c: self.ratio.get((g, c), recorded.ratio[g][c]) for c in CLASSES} for g in GROUPS},
            total={g: self.total.get(g, recorded.total[g]) for g in GROUPS},
            weight_targeted={c: self.weight.get(c, recorded.weight_targeted[c]) for c in CLASSES},
            tau=recorded.tau if self.tau is None else {**recorded.tau, "start": self.tau, "floor": self.tau,
                                                       "ceiling": self.tau})
        try:
            asked.check()
        except RatioError as error:
            raise WhatIfError(f"what is asked could not be put in force: {error}") from None
        return asked

    def words(self) -> list[str]:
        """What is asked, part by part, in the terms of policy; empty where nothing is."""
        told = [f"draw.ratio.{group}.{c} {number:g}" for (group, c), number in self.ratio.items()]
        told += [f"draw.ratio.total.{group} {number:g}" for group, number in self.total.items()]
        told += [f"draw.weight.targeted.{c} {number:g}" for c, number in self.weight.items()]
        if self.steepness != 1:
            told.append(f"weights of the targeted arm to the power {self.steepness:g}")
        if self.tau is not None:
            told.append(f"tau {self.tau:g}")
        if self.capacity is not None:
            told.append(f"{self.capacity:g} times the visits of each day")
        return told


def _pair(text: str, wanted: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise WhatIfError(f"{text} is not {wanted}")
    return name.strip(), value
