"""The units that stood beside a drawn one in the frame of a daily draw: those among which a replacement is drawn."""

from __future__ import annotations

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
    return {view.unit_no[n]: view.weights[view.place[n]][arm] for n in beside.tolist()}
