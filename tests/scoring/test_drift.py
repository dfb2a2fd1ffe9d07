"""Limits of drift on made-up visits and units."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from policy import rules
from scoring import drift

LIMITS: dict[str, Any] = dict(rules().value("model.drift", dt.date(2026, 3, 1)))
RNG = np.random.default_rng
NOTHING = drift.Kept(0, 0, None, None, None)
STILL = drift.Moved(900, 900, .01, {"open_hazards": drift.Shift(.02, .3)})
UNSEEN = drift.Lift(0, 0, 0, None)


def visits(size: int, shift: float = 0.0) -> drift.Kept:
    told = RNG(3).uniform(.05, .5, size)
    return drift.kept(told, RNG(4).random(size) < np.clip(told + shift, 0, 1), np.arange(size), LIMITS)


def ordered(size: int, strength: float) -> drift.Lift:
    place = RNG(5).random(size)
    return drift.lift(place, RNG(6).random(size) < .2 + strength * (place - .5), np.arange(size), LIMITS)


def test_a_population_that_moved_passes_the_limit_and_one_that_did_not_stays_far_below() -> None:
    before, same, moved = (RNG(seed).normal(mean, 1, 4000) for seed, mean in ((1, 0.), (2, 0.), (3, .6)))
    assert drift.index(before, same) < .02
    assert drift.index(before, moved) > LIMITS["psi"]


def test_a_value_that_all_had_is_a_bin_of_its_own() -> None:
    before = np.zeros(1000)
    for other in (-1.0, 1.0):
        assert drift.index(before, np.where(np.arange(1000) < 700, 0.0, other)) > LIMITS["psi_feature"]
    assert drift.index(before, before) == 0


def test_a_rate_that_a_kind_shares_and_that_hardly_moves_passes_no_limit() -> None:
    before, now = np.repeat([.1, .3], 500), np.repeat([.11, .3], 500)
    moved = drift.moved(before, before, {"kind_ratio": (before, now)}, LIMITS)
    assert moved.features["kind_ratio"].index > LIMITS["psi_feature"]
    assert drift.judge(NOTHING, moved, UNSEEN, LIMITS).reasons == ()


@pytest.mark.parametrize(("size", "shift", "sentence"), [
    (3000, 0, None), (3000, .2, "its calibration error on 3000 visits"),
    # Two hundred visits that were told the truth about: the bins do not fit, and chance says so.
    (200, 0, None)])
def test_a_calibration_error_counts_where_it_is_wider_than_chance(
        size: int, shift: float, sentence: str | None) -> None:
    told = drift.judge(visits(size, shift), STILL, UNSEEN, LIMITS)
    assert bool(told.reasons) == bool(sentence)
    assert (sentence or "") in "; ".join(told.reasons)


@pytest.mark.parametrize(("size", "strength", "lost"), [(3000, .4, False), (3000, 0, True), (200, 0, False)])
def test_a_model_that_finds_no_more_than_chance_loses_its_place_once_that_is_certain(
        size: int, strength: float, lost: bool) -> None:
    told = drift.judge(NOTHING, STILL, ordered(size, strength), LIMITS)
    assert ("visits of the random arm its first 20%" in "; ".join(told.reasons)) == lost


def test_every_limit_that_is_passed_is_named_and_too_few_pass_none() -> None:
    moved = drift.Moved(900, 900, .3, {"open_hazards": drift.Shift(.6, .3), "storeys": drift.Shift(.1, .3)})
    told = drift.judge(visits(3000, .2), moved, ordered(3000, 0), LIMITS)
    assert [reason.split()[1] for reason in told.reasons[:3]] == ["calibration", "log-odds", "feature"]
    assert len(told.reasons) == 4
    few = drift.judge(visits(50), drift.moved(np.zeros(9), np.ones(9), {}, LIMITS), ordered(50, 0), LIMITS)
    assert few.reasons == ()
    assert [sentence.split(":")[0] for sentence in few.untold] == ["calibration", "population", "lift"]
