"""Frames of the protocol before, ``huoyan-draw/1``, in the columns of the present one: for who reads the record.

Such a frame had an object for each unit. It can be read, told and made again, but not drawn or verified any more: its
digest and its place in the chain are what is still checked of it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from sampling.parameters import CLASSES, GROUPS

PROTOCOL = "huoyan-draw/1"
_CHANCES = ("p_duty", "p_random", "p_targeted", "p_total")


def in_columns(frame: Mapping[str, Any], exclusions: Sequence[str | None], turns: Sequence[str]) -> dict[str, Any]:
    """The frame with its units in columns and their probabilities by profile.

    ``exclusions`` and ``turns``: what the columns number.
    """
    day, units = dt.date.fromisoformat(frame["draw_date"]), frame["units"]
    areas = {row["area"]: n for n, row in enumerate(frame["areas"])}
    desks = {desk["desk"]: d for d, desk in enumerate(frame["desks"])}
    if any(desk["note"] is not None and not str(desk["note"]).isidentifier() for desk in frame["desks"]):
        raise ValueError("a desk's note is a sentence: the frame is older still")
    width = frame["policy"]["parameters"]["score_band"]
    left_out = [None if unit["excluded"] is None else unit["excluded"]["code"] for unit in units]
    found: dict[tuple[int, int, int, int], dict[str, Any]] = {}
    for unit, code in zip(units, left_out, strict=True):
        if code in (None, "capacity"):
            desk, turn = unit["stratum"].rsplit("/", 1)
            band = None if unit["score"] is None else math.floor(unit["score"] / width)
            key = desks[desk], turns.index(turn), CLASSES.index(unit["class"]), -1 if band is None else band
            row = found.setdefault(key, {"stratum": unit["stratum"], "class": unit["class"], "band": band, "units": 0,
                                         **{name: unit[name] for name in _CHANCES}})
            row["units"] += 1
    return {**frame, "profiles": [found[key] for key in sorted(found)], "units": {
        "unit_no": [unit["unit_no"] for unit in units], "area": [areas[unit["area"]] for unit in units],
        "group": [GROUPS.index(("duty" if unit["crowded"] else "key") if unit["key"] else "general")
                  for unit in units],
        "class": [CLASSES.index(unit["class"]) for unit in units], "score": [unit["score"] for unit in units],
        "visits": [unit["visits"] for unit in units],
        "ago": [unit["last"] and (day - dt.date.fromisoformat(unit["last"])).days for unit in units],
        "excluded": [exclusions.index(code) for code in left_out]}}
