"""The audit on made-up visits whose truth is known, the intervals it rests on, and churn."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from policy import rules
from scoring import churn, intervals
from scoring.audit import Audit, Group, Stretch, audit, placed
from scoring.audits import size_group

DAY = dt.date(2026, 3, 1)
LIMITS = rules().value("model.audit", DAY)
WEIGHTS = rules().value("model.weights", DAY)
GROUPS = 30


def stretch(seed: int = 5, hidden: dict[str, float] | None = None, random: float = .3) -> Stretch:
    """Visits of thirty kinds of unit; ``hidden`` lifts the odds of some kinds, and the model does not know."""
    rng = np.random.default_rng(seed)
    size = 150 * GROUPS
    kind = np.array([f"k{number % GROUPS:02d}" for number in range(size)])
    log_odds = rng.normal(-1.6, .8, size)
    # One kind is calm, and told to be so.
    log_odds[kind == "k01"] -= 1.5
    lifted = log_odds + np.array([(hidden or {}).get(code, 0.0) for code in kind])
    truth, told = (1 / (1 + np.exp(-odds)) for odds in (lifted, log_odds))
    drawn = np.where(rng.random(size) < .5, rng.uniform(.3, 1, size), np.nan)
    return Stretch(DAY, DAY + dt.timedelta(days=60), "itself", np.arange(size), rng.random(size) < truth,
                   rng.random(size) < random, drawn, log_odds, told, told, {"kind": kind.tolist()})


def judged(*stretches: Stretch) -> Audit:
    return audit(stretches, LIMITS, WEIGHTS)


def group(found: Audit, code: str) -> Group:
    return next(one for one in found.groups if one.code == code)


def test_nothing_is_marked_where_what_was_told_is_true() -> None:
    assert [one.code for seed in range(3) for one in judged(stretch(seed)).marked()] == []


def test_a_group_whose_risk_is_told_too_low_is_marked_also_at_the_low_deciles() -> None:
    found = judged(*(stretch(seed, {"k07": 1.4}) for seed in (5, 6, 7)))
    assert [one.code for one in found.marked()] == ["k07"]
    told = group(found, "k07")
    assert told.all.whole
    assert told.all.whole.marked
    assert told.all.whole.gap.low > 0
    assert told.all.low
    assert told.all.low.marked
    assert told.all.low.found > 1.5 * told.all.low.told


def test_a_calm_group_has_its_few_hazards_low_and_is_not_marked() -> None:
    found = judged(stretch(), stretch(8))
    calm, other = group(found, "k01"), group(found, "k02")
    assert calm.all.missed_half
    assert other.all.missed_half
    assert calm.all.missed_half.value > .8 > other.all.missed_half.value
    assert calm not in found.marked()


def test_random_visits_stand_beside_all_and_are_told_plainly() -> None:
    found = judged(stretch(hidden={"k07": 1.2}, random=.5), stretch(9, {"k07": 1.2}, random=.5))
    told = group(found, "k07").random
    assert told.whole
    assert told.whole.marked
    assert told.whole.visits == group(found, "k07").random_visits


def test_a_group_of_few_visits_is_said_to_be_too_few() -> None:
    few = stretch(random=.05)
    rare = ["rare" if number < 20 else code for number, code in enumerate(few.groups["kind"])]
    found = judged(replace(few, groups={"kind": rare}))
    assert group(found, "rare").all.whole is None
    assert group(found, "rare").visits == 20
    assert group(found, "k05").all.whole is not None
    assert group(found, "k05").random.whole is None


def test_a_way_that_does_not_divide_the_units_is_not_looked_at() -> None:
    whole = stretch()
    found = judged(replace(whole, groups={**whole.groups, "area": ["990101"] * len(whole)}))
    assert {one.by for one in found.groups} == {"kind"}


def test_an_order_without_probabilities_is_held_against_all_visits_at_the_same_place() -> None:
    plain = replace(stretch(hidden={"k07": 1.5}), probability=None, usual=None)
    found = judged(plain)
    assert not found.told
    assert found.overall.all.whole
    assert abs(found.overall.all.whole.gap.value) < 1e-9
    assert [one.code for one in found.marked()] == ["k07"]


def test_many_visits_of_one_unit_do_not_make_a_gap_certain() -> None:
    """Ten units alone make up the group: what 150 visits to them find is ten things, not 150."""
    same = stretch(hidden={"k07": .5})
    unit = np.where(np.array(same.groups["kind"]) == "k07", same.unit % 10, same.unit)
    alone, repeated = (group(judged(one), "k07").all.whole for one in (same, replace(same, unit=unit)))
    assert alone
    assert repeated
    assert repeated.gap.high - repeated.gap.low > 3 * (alone.gap.high - alone.gap.low)


def test_a_place_counts_visits_by_their_weights_and_ties_share_theirs() -> None:
    assert placed(np.array([3.0, 1.0, 1.0]), np.array([2.0, 1.0, 1.0])).tolist() == [.75, .25, .25]


def test_an_interval_leaves_a_share_out_where_its_chance_is_below_one_in_twenty() -> None:
    edge = intervals.wilson(.3, 80).low
    assert intervals.chance(.3, edge, 80) == pytest.approx(.05)
    assert intervals.wilson(0, 50).high == pytest.approx(.0713, abs=1e-3)


def test_of_many_gaps_the_believed_ones_allow_for_how_many_were_looked_at() -> None:
    assert intervals.believed([.04] + [.5] * 19, .05) == [False] * 20
    assert intervals.believed([.001, .6, .004, .9], .05) == [True, False, True, False]
    assert intervals.believed([], .05) == []


@pytest.mark.parametrize(("value", "named"), [(None, "unknown"), (299, "0-300"), (300, "300-1000"), (1e6, "1000-")])
def test_a_size_belongs_to_a_group(value: float | None, named: str) -> None:
    assert size_group(value, [300, 1000]) == named


def test_churn_tells_what_left_the_top_list_and_who_changed_class() -> None:
    before = churn.Kept(DAY, "scorecard", np.arange(10), np.arange(1, 11), np.array(list("DDCCBBAAAA")))
    moved = np.array([2, 1, 3, 4, 5, 6, 7, 8, 9, 10])
    after = churn.Kept(DAY + dt.timedelta(days=7), "M1", np.arange(1, 11), moved, np.array(list("DDCBAAAAAB")))
    told = churn.week(before, after, .2)
    assert (told.top, told.overlap, told.units, told.came, told.went) == (2, .5, 9, 1, 1)
    assert (told.up, told.down) == (1, 1)
    assert told.correlation is not None
    assert told.correlation < 1
    assert (told.model_before, told.model) == ("scorecard", "M1")
