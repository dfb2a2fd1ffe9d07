"""Past frames made again by other rules: the same rules give the same frame, others what they would have given."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace

import numpy as np
import pytest

from policy import calendar
from sampling.asked import Asked
from sampling.errors import WhatIfError
from sampling.parameters import Parameters
from sampling.replay import Replay
from tests.sampling.city import LATE, brigade, city, frame_of, odd_city, rows_of

AUTUMN = dt.date(2026, 10, 9)


def _read(frame):
    """As it comes back from its bytes."""
    return json.loads(json.dumps(frame))


@pytest.fixture(scope="module")
def autumn():
    """A day on which all arms draw."""
    frame = _read(frame_of(city(21, units=300, officers=14, day=AUTUMN), tune=False))
    assert {row["arm"] for row in frame["strata"] if row["expected"] > 0.1} == {"duty", "random", "targeted"}
    return frame


@pytest.mark.parametrize("seed", range(12))
def test_the_rules_recorded_give_every_probability_again_to_the_bit(seed):
    made = Replay(Asked()).of(_read(frame_of(odd_city(seed), tune=False)))
    assert made.asked.tolist() == made.recorded.tolist()


def test_a_capacity_is_so_many_times_the_visits_of_each_desk_with_duties_first(autumn):
    for capacity in (0.8, 1.2):
        made = Replay(Asked(capacity=capacity)).of(autumn)
        duty = np.array([held["p_duty"] > 0 for held in rows_of(autumn)])
        visits = math.fsum(row["expected"] for row in autumn["strata"])
        # A unit that two arms take is one visit: a little less than the places of both.
        assert made.asked.sum() == pytest.approx(capacity * visits, rel=0.05)
        ratio = made.asked[duty].sum() / made.recorded[duty].sum()
        assert abs(ratio - 1) < abs(capacity - 1), "what is not a duty gives way, or grows, first"


def test_weights_of_the_targeted_arm_can_be_flatter_or_steeper(autumn):
    risk = np.array([held["class"] == "D" for held in rows_of(autumn)])
    flat, same, steep = (Replay(Asked(steepness=power, capacity=1.0, tau=0.6)).of(autumn).asked for power in (0, 1, 3))
    assert flat[risk].sum() < same[risk].sum() < steep[risk].sum()
    assert flat.sum() == pytest.approx(steep.sum(), rel=0.05)


def test_a_larger_targeted_share_moves_the_same_visits_to_higher_risk(autumn):
    score = np.array([held["score"] for held in rows_of(autumn)])
    few, many = (Replay(Asked(tau=tau, capacity=1.0)).of(autumn).asked for tau in (0.0, 0.8))
    assert (many @ score) / many.sum() > (few @ score) / few.sum()


def test_ratios_asked_do_not_make_up_for_days_on_which_the_record_went_by_its_own():
    rules = replace(Parameters.on(AUTUMN), precision=0.2)
    asked = Asked.of(["general=0.8"])
    days = calendar().between(AUTUMN, dt.date(2026, 12, 31))[::3]
    start = city(4, units=150, officers=0, towns=2, visited=0, day=AUTUMN)
    start = replace(start, officers=[brigade(n, load=9) for n in range(4)],
                    units=[replace(one, is_key=False) for one in start.units])

    def frames(parameters):
        """A period in which every third day is drawn; what a day takes on average is visited, the same each time."""
        units, rng = {one.unit_no: one for one in start.units}, np.random.default_rng(1)
        for day in days:
            frame = frame_of(replace(start, day=day, units=list(units.values()), scores_as_of=None), tune=False,
                             parameters=parameters)
            yield frame
            for row in rows_of(frame):
                if rng.random() < row["p_total"]:
                    one = units[row["unit_no"]]
                    units[one.unit_no] = replace(one, visits=one.visits + 1, last=day)

    def visits(frame):
        return math.fsum(row["p_total"] for row in rows_of(frame))

    record = [_read(frame) for frame in frames(rules)]
    carried_out = sum(visits(frame) for frame in frames(asked.rules(rules)))
    replay = Replay(asked)
    carried = sum(float(replay.of(frame).asked.sum()) for frame in record)
    each_for_itself = sum(float(Replay(asked).of(frame).asked.sum()) for frame in record)
    assert sum(map(visits, record)) < 0.6 * carried_out
    assert carried == pytest.approx(carried_out, rel=0.12)
    assert each_for_itself > 1.2 * carried_out


@pytest.mark.parametrize(("asked", "sentence"), [
    ({"ratios": ["C"]}, "C is not a ratio such as"),
    ({"ratios": ["C=many"]}, "C=many is not a ratio"),
    ({"ratios": ["C=nan"]}, "is not a ratio"),
    ({"ratios": ["E=0.5"]}, "E=0.5 names no ratio"),
    ({"ratios": ["other.C=0.5"]}, "other.C=0.5 names no ratio"),
    ({"weights": ["general=2"]}, "names no class"),
])
def test_a_question_that_can_not_be_read_is_one_sentence(asked, sentence):
    with pytest.raises(WhatIfError, match=sentence):
        Asked.of(**asked)


@pytest.mark.parametrize("asked", [{"ratios": ["A=0.9"]}, {"ratios": ["duty.A=0.5"]}, {"ratios": ["C=1.5"]},
                                   {"weights": ["D=0.1"]}])
def test_rules_that_could_not_be_put_in_force_are_not_answered(asked, autumn):
    with pytest.raises(WhatIfError, match="could not be put in force: draw"):
        Replay(Asked.of(**asked)).of(autumn)


def test_a_frame_whose_probabilities_are_not_those_of_its_rules_is_refused(autumn):
    changed = _read(autumn)
    row = next(row for row in changed["profiles"] if row["p_total"] > 0)
    row["p_total"] *= 0.9
    with pytest.raises(WhatIfError, match=r"D20261009 can't be made again: U\d{5} was drawn"):
        Replay(Asked()).of(changed)
    del changed["policy"]["parameters"]["stretch"]
    with pytest.raises(WhatIfError, match="has not the rules that this program knows"):
        Replay(Asked()).of(changed)


def test_more_officers_do_not_follow_from_more_ratios():
    held = city(21, units=300, officers=2, day=LATE)
    made = Replay(Asked.of(["general=0.9"])).of(_read(frame_of(replace(held, officers=[brigade(0), brigade(1)]),
                                                              tune=False)))
    assert made.short == (True, True)
    assert made.asked.sum() == pytest.approx(made.recorded.sum(), rel=0.05)
