"""What the random arm's results show of the scores."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from sampling import draw, freeze
from sampling.freeze import read
from sampling.lift import Visit, hajek, lift
from sampling.parameters import Parameters
from tests.sampling.city import LATE as MONDAY
from tests.sampling.city import LATE_EVENING as EVENING
from tests.sampling.city import LATE_MORNING as MORNING
from tests.sampling.city import brigade, city, store, unit


def test_weights_undo_the_risk_based_draw_and_the_interval_covers():
    chance = np.random.default_rng(7)
    risky = chance.random(3000) < 0.15
    hazard = chance.random(3000) < np.where(risky, 0.7, 0.1)
    p = np.where(risky, 0.2, 0.03)
    truth, covered, values, plain = hazard.mean(), 0, [], []
    for _ in range(400):
        taken = chance.random(3000) < p
        found = hajek([Visit(float(a), bool(b)) for a, b in zip(p[taken], hazard[taken], strict=True)])
        values.append(found.value)
        plain.append(hazard[taken].mean())
        covered += found.low <= truth <= found.high
    assert abs(np.mean(values) - truth) < 0.01
    assert abs(np.mean(plain) - truth) > 0.1, "without weights the riskier arm would count too much"
    assert 0.91 < covered / 400 < 0.985


def test_an_estimate_without_visits_or_with_one_claims_nothing():
    assert hajek([]) is None
    one = hajek([Visit(0.5, True)])
    assert (one.low, one.high, math.isinf(one.error)) == (0.0, 1.0, True)
    none_found = hajek([Visit(0.1, False)] * 30)
    assert none_found.value == 0
    assert 0.05 < none_found.high <= 0.1, "thirty visits without a hazard do not prove that there is none"
    with pytest.raises(ValueError, match="not a probability"):
        hajek([Visit(0.0, True)])


def test_lift_is_one_when_scores_say_nothing_and_more_when_they_do():
    chance = np.random.default_rng(3)
    blind = [Visit(0.1, bool(chance.random() < 0.3), float(chance.random() * 100)) for _ in range(600)]
    sharp = [Visit(0.1, bool(chance.random() < score / 150), score) for score in map(float, chance.random(600) * 100)]
    assert lift(blind, 1 / 3).lower < 1.05
    assert lift(sharp, 1 / 3).lower > 1.2
    assert lift([Visit(0.1, False, 5.0)], 1 / 3) is None
    assert lift([], 1 / 3) is None


def test_results_of_draws_give_the_lift_of_the_next_freeze(db):
    store(db, replace(city(1, units=0), units=[unit(n, score=float(n % 100)) for n in range(400)],
                      officers=[brigade(n, load=20) for n in range(8)]), scores_as_of=dt.date(2026, 12, 20))
    freeze.run(db, MONDAY, EVENING)
    draw.run(db, MONDAY, MORNING)
    with db.connection() as connection:
        connection.execute("insert into inspection_items (item_code, valid_from, name_zh, severity) "
                           "values ('x', '2000-01-01', '甲', 'minor')")
        connection.execute("update inspections set status = 'done', inspected_on = planned_on, "
                           "result = 'pass', arm = 'random'")
        connection.execute("insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling) "
                           "select inspection_id, unit_id, 'x', 'minor', planned_on, 'recorded' from inspections "
                           "order by inspection_id limit 1")
        count = connection.execute("select count(*) as n from inspections").fetchone()["n"]
        assert count > 0
        situation = read(connection, MONDAY + dt.timedelta(days=1), Parameters.on(MONDAY))
    assert situation.lift is not None
    assert situation.lift.results == count
