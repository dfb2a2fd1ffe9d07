"""The units that stood beside a drawn one in the frame of a daily draw: those among which a replacement is drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from sampling.frames import View


def peers(frame: Mapping[str, Any], unit_no: str, arm: str) -> dict[str, float]:
    """By number, with the weight that each had in ``arm``: the units of the same stratum that could be drawn, the one
    asked for among them."""
    view = View(frame)
    at = view.find(unit_no)
    if at is None:
        return {}
    beside = np.flatnonzero((view.desk == view.desk[at]) & (view.turn == view.turn[at]) & (view.excluded == 0))
    weigh = _Weights(frame)
    return {unit["unit_no"]: weigh.of(unit, arm) for unit in map(view.row, beside.tolist())}


class _Weights:
    def __init__(self, frame: Mapping[str, Any]) -> None:
        self._parameters = frame["policy"]["parameters"]
        self._quotas = {(row["group"], row["risk_class"]): row for row in frame["quotas"]}

    def of(self, unit: Mapping[str, Any], arm: str) -> float:
        """The weight of a unit in an arm, as the frame's own rules give it."""
        weight: float
        if arm == "duty":
            weight = self._parameters["weight_duty"][unit["class"]]
        elif arm == "random":
            group = unit["stratum"].rsplit("/", 1)[1].removesuffix("-again")
            weight = self._quotas[group, unit["class"]]["again" if unit["visits"] else "first"]
        else:
            weight = self._parameters["weight_targeted"][unit["class"]]
            if unit["score"] is not None:
                width = self._parameters["score_band"]
                share = math.floor(unit["score"] / width) * width / 100
                weight = max(weight, share * share)
        return weight
