"""tau: what share of a day beyond the duties goes to the targeted arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sampling.population import Lift


@dataclass(frozen=True)
class Share:
    """The share and where it came from, as the frame shows it."""

    value: float
    reason: str
    lift: Lift | None


def tau(lift: Lift | None, bounds: Mapping[str, float]) -> Share:
    """The targeted share that the evidence has earned.

    With fewer random-arm results than ``min_results`` nothing has been shown either way: the ``start`` value. Then it
    runs in a straight line from ``floor``, where the cautious lift is 1 or less, to ``ceiling`` at ``full_lift``.
    """
    if lift is None or lift.results < bounds["min_results"]:
        have = 0 if lift is None else lift.results
        return Share(bounds["start"], f"{have} random-arm results, {bounds['min_results']:g} are needed: start value",
                     lift)
    earned = (lift.lower - 1) / (bounds["full_lift"] - 1)
    earned = min(1.0, max(0.0, earned))
    return Share(bounds["floor"] + (bounds["ceiling"] - bounds["floor"]) * earned,
                 f"lift {lift.value:.2f} (cautiously {lift.lower:.2f}) on {lift.results} random-arm results", lift)


def kept_random(share: float, visits: float, precision: float, year_days: int, floor: float) -> float:
    """``share`` lowered, but not under ``floor``, where the random arm would fall under what the city-wide rate needs.

    A rate known to ``precision`` (half-width of a 95 % interval, worst case one half) takes 0.9604 / precision**2
    visits a year; ``visits`` is what the whole city can do today beyond its duties.
    """
    if visits <= 0:
        return share
    needed = 0.9604 / (precision * precision) / year_days
    return max(floor, min(share, 1 - needed / visits))
