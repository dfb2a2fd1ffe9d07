"""A risk that is planted has the mean and the spread it is said to have, and rises with what it is made of."""

from __future__ import annotations

import numpy as np

from benchmarks import planted
from scoring.additive import Inputs, sigmoid

NAMES = ("serious_ratio", "open_hazards", "credit_balance", "days_since_visit", "age_years", "sleeping",
         "dangerous_goods", "offline_share_90", "fault_hours_90", "leakage_over_share_90", "shielded_hours_90")


def units(count: int) -> Inputs:
    rng = np.random.default_rng(1)
    numbers = {name: rng.random(count) for name in NAMES} | {"floor_area_m2": rng.lognormal(6, 1, count)}
    numbers["offline_share_90"][::3] = np.nan
    numbers["serious_ratio"][::5] = np.nan
    return Inputs(numbers, {}, count)


def test_the_units_have_the_mean_and_the_spread() -> None:
    inputs = units(4000)
    log_odds = planted.Planted.on(inputs).log_odds(inputs)
    assert abs(sigmoid(log_odds).mean() - planted.MEAN_RISK) < 1e-9
    assert abs(log_odds.std() - planted.SPREAD_OF_RISK) < 1e-9


def test_two_that_act_together_are_more_than_their_sum() -> None:
    inputs = units(4)
    for name in ("sleeping", "shielded_hours_90"):
        inputs.numbers[name][:] = 0
    for name in set(inputs.numbers) - {"sleeping", "shielded_hours_90"}:
        inputs.numbers[name][:] = inputs.numbers[name][1]
    inputs.numbers["sleeping"][[1, 3]] = 1
    inputs.numbers["shielded_hours_90"][[2, 3]] = 72
    neither, asleep, shielded, both = planted.Planted(1.0, 0.0).log_odds(inputs)
    assert asleep > neither
    assert shielded == neither
    assert both - neither > asleep - neither + shielded - neither
