"""The hidden truth of each unit, and how it moves: management, equipment, exposure and a part that no source shows.

Management and equipment wander by quarters (a unit that was badly run three years ago need not be so today), so that
recent signs are worth more than old ones. A higher value is worse on every side.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulators.city.kinds import BY_CODE
from simulators.city.model import Row

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

QUARTER_DAYS = 91
_KEPT = .96
"""Correlation of one quarter with the next; about 0.85 over a year."""
_WEIGHTS = {"management": .80, "equipment": .85, "exposure": 1.10, "unseen": .25}
MEAN_RISK = .19


@dataclass(frozen=True)
class Latents:
    """Hidden values in standard deviations; the first axis of what wanders counts quarters back from ``until``."""

    until: dt.date
    management: Floats
    equipment: Floats
    exposure: Floats
    logit: Floats

    def quarter(self, day: dt.date) -> int:
        """How many quarters back a day lies (0: the one that ends on ``until``)."""
        return int(np.clip((self.until - day).days // QUARTER_DAYS, 0, len(self.logit) - 1))

    def risk(self, quarter: int) -> Floats:
        """Probability that an inspection of usual strictness in that quarter finds a critical or serious hazard."""
        return sigmoid(self.logit[quarter])


def sigmoid(value: npt.ArrayLike) -> Floats:
    """The logistic function."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.asarray(value, dtype=np.float64))))


def draw(rng: np.random.Generator, units: list[Row], until: dt.date, days: int) -> Latents:
    """Hidden values of every unit for the ``days`` days before ``until``."""
    count, quarters = len(units), days // QUARTER_DAYS + 2
    management, equipment = np.empty((quarters, count)), np.empty((quarters, count))
    exposure = visible_exposure(units) + .25 * rng.normal(size=count)
    unseen = rng.normal(size=count)
    age = np.array([until.year - unit["built_year"] for unit in units], dtype=np.float64)
    # Key units are looked after better; old buildings have older equipment.
    lean = np.array([-.25 if unit["is_key"] else .06 for unit in units])
    wear = np.clip((age - 18) / 25, -.5, .8)
    wander_m, wander_e = rng.normal(size=count), rng.normal(size=count)
    for quarter in range(quarters - 1, -1, -1):
        management[quarter] = wander_m + lean
        equipment[quarter] = .25 * wander_m + .92 * wander_e + .5 * wear
        fresh = np.sqrt(1 - _KEPT**2)
        wander_m = _KEPT * wander_m + fresh * rng.normal(size=count)
        wander_e = _KEPT * wander_e + fresh * rng.normal(size=count)
    whole = (_WEIGHTS["management"] * management + _WEIGHTS["equipment"] * equipment
             + _WEIGHTS["exposure"] * exposure + _WEIGHTS["unseen"] * unseen)
    return Latents(until, management, equipment, exposure, whole + intercept(whole[0], MEAN_RISK))


def visible_exposure(units: list[Row]) -> Floats:
    """What the register shows of a unit's risk: its kind, size, age, sleeping people, dangerous goods."""
    return np.array([
        BY_CODE[unit["kind"]].exposure * 1.3
        + .30 * np.log(unit["floor_area_m2"] / BY_CODE[unit["kind"]].area_m2)
        + .20 * unit["sleeping"] + .45 * unit["dangerous_goods"] + .25 * unit["is_high_hazard"]
        + .012 * (2010 - unit["built_year"]) - .25
        for unit in units])


def intercept(values: Floats, mean: float) -> float:
    """The shift that makes the mean probability ``mean`` (bisection: 60 halvings leave less than 1e-15)."""
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(sigmoid(values + middle).mean()) < mean:
            low = middle
        else:
            high = middle
    return (low + high) / 2
