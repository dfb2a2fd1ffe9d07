"""Whole visits out of fractions: the largest remainder, and the pace of a year by month."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence

MONTHS = tuple(range(1, 13))
# Below this a fraction is noise of the arithmetic and must not decide who gets a visit.
_DIGITS = 9


def whole(want: float) -> int:
    """The least whole number of visits that reaches ``want``."""
    return math.ceil(round(want, _DIGITS))


def apportion(total: int, wants: Sequence[float], most: Sequence[int] | None = None) -> list[int]:
    """Whole numbers that add up to ``total``: each want rounded down, then one more for the largest remainders.

    Equal remainders go to the one that stands first. None is below 0 or above its ``most``, whose sum must reach the
    total. Wants need not add up to the total: a want may carry what was given too much or too little before.
    """
    limits = list(most) if most is not None else [max(total, 0)] * len(wants)
    given = [min(max(0, math.floor(round(want, _DIGITS))), limit) for want, limit in zip(wants, limits, strict=True)]
    rest = total - sum(given)
    while rest:
        step = 1 if rest > 0 else -1
        free = [n for n, limit in enumerate(limits) if (given[n] < limit if step > 0 else given[n] > 0)]
        if not free:
            raise ValueError(f"{total} visits do not fit into places for {sum(limits)}")
        chosen = max(free, key=lambda n: (step * round(wants[n] - given[n], _DIGITS), -n))
        given[chosen] += step
        rest -= step
    return given


def paces(days: Sequence[dt.date], buffer: int, season: Mapping[int, float]) -> list[float]:
    """Share of what is left of a year's quotas that each month takes, from the first of ``days`` on; they sum to 1.

    ``days`` are the working days that remain. It is the pace of the daily draw: what remains, over the days left less a
    buffer that shrinks to half of them (see ``Days`` of the frame), so that lost days at the end cost no duty.
    """
    months = [0.0] * 12
    rest = 1.0
    for gone, day in enumerate(days):
        left = len(days) - gone
        part = rest / (left - min(buffer, left // 2))
        months[day.month - 1] += part * season[day.month]
        rest -= part
    mass = sum(months)
    return [month / mass for month in months] if mass else months
