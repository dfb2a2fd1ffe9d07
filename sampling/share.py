"""How much of a day goes to which arm: tau, the targeted share, and the visits that the random arm must have."""

from __future__ import annotations

from collections.abc import Mapping

from sampling.population import Lift


def tau(lift: Lift | None, bounds: Mapping[str, float]) -> float:
    """The targeted share that the evidence has earned.

    With fewer random-arm results than ``min_results`` nothing has been shown either way: the ``start`` value. Then it
    runs in a straight line from ``floor``, where the cautious lift is 1 or less, to ``ceiling`` at ``full_lift``.
    """
    if lift is None or lift.results < bounds["min_results"]:
        return bounds["start"]
    earned = (lift.lower - 1) / (bounds["full_lift"] - 1)
    earned = min(1.0, max(0.0, earned))
    return bounds["floor"] + (bounds["ceiling"] - bounds["floor"]) * earned


def needed(units: int, precision: float, year_days: int) -> float:
    """Random visits a day that the yearly rate of hazards among ``units`` needs.

    A rate known to ``precision`` (half-width of a 95 % interval, worst case one half) takes n0 = 0.9604 / precision**2
    visits a year where there are very many units, and n0 * N / (N + n0) of N (Cochran, finite population).
    """
    endless = 0.9604 / (precision * precision)
    return endless * units / (units + endless) / year_days


def stretched(stretch: float, visits: float, pace: float) -> float:
    """``stretch``, or more where the random arm's ``pace`` of the day would fall short of the ``visits`` it needs."""
    return max(stretch, visits / pace) if pace > 0 else stretch


def kept_random(share: float, beyond: float, visits: float, floor: float) -> float:
    """``share`` lowered, but not under ``floor``, where the random arm would get less than the ``visits`` it needs.

    ``beyond`` is what the whole city can do today beyond its duties.
    """
    return max(floor, min(share, 1 - visits / beyond)) if beyond > 0 else share
