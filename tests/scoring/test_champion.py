"""A champion ranks: from the day after it was promoted, by points that sum, and no past day is touched."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import rules
from scoring import champion, features, models, nightly, points, rollup, score_unit, scorecard, told
from scoring.additive import AdditiveModel, Inputs, Shape
from scoring.card import PARTS, Card
from scoring.champion import Champion
from scoring.points import Points
from store import Database
from tests.scoring.scene import Scene
from tests.scoring.test_models import AS_OF, district
from tests.scoring.test_scorecard import CARD, DAY, UNIT, table

MODEL = AdditiveModel(-1.2, (
    Shape("days_since_visit", (90.0, 400.0), (), np.array([.1, -.3, .05, .4])),
    Shape("kind", (), ("hotel", "school"), np.array([0.0, .613, -.25])),
    Shape("attribute:tier", (), ("high",), np.array([-.01, .7])),
    Shape("last_result", (.5,), (), np.array([0.0, -.2, .33]))), {"team 1": .4})


@given(st.lists(UNIT, min_size=1, max_size=3), st.floats(3, 30), st.floats(0, 60))
@settings(max_examples=60, deadline=None)
def test_points_of_a_model_sum_to_the_score_and_to_the_three_that_are_kept_apart(
        units: list[dict[str, float]], a_nat: float, usual: float) -> None:
    units_table = table(*units)
    scored = champion.score(units_table, CARD, Champion("M1", MODEL, Points(usual, a_nat, -1.0)))
    bounds = next(column.points for column in scored.columns if column.feature == "bounds")
    assert (sum(scored.part_points(code) for code in PARTS) + bounds == scored.score).all()
    for total, parts in zip(scored.score, scored.contributions(), strict=True):
        assert sum(part["points"] for part in parts) == total
        assert len({part["feature"] for part in parts}) == len(parts)


@given(st.lists(UNIT, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_three_scores_of_the_card_sum_to_it_before_its_bounds(units: list[dict[str, float]]) -> None:
    scored = scorecard.score(table(*units), CARD)
    bounds = next(column.points for column in scored.columns if column.feature == "bounds")
    assert (sum(scored.part_points(code) for code in PARTS) + bounds == scored.score).all()


def test_a_model_moves_non_compliance_alone() -> None:
    units = table({"days_since_visit": 30, "kind": "hotel", "fires_36m": 1},
                  {"days_since_visit": 500, "kind": "school"})
    card = scorecard.score(units, CARD)
    by_model = champion.score(units, CARD, Champion("M1", MODEL, Points(20.0, 10.0, -1.2)))
    for code in ("ignition", "consequence"):
        assert by_model.part_points(code).tolist() == card.part_points(code).tolist()
    wanted = 20 + 10 * (MODEL.log_odds(Inputs.of(units)) + 1.2)
    assert by_model.part_points("noncompliance") == pytest.approx(wanted, abs=.02)


def test_non_compliance_stays_within_what_it_may_give() -> None:
    units = table({"days_since_visit": 500, "kind": "hotel"})
    for usual, expected in ((-500.0, 0.0), (500.0, 62.0)):
        held = champion.score(units, Card.on(DAY), Champion("M1", MODEL, Points(usual, 10.0, -1.2)))
        assert held.part_points("noncompliance").tolist() == [expected]


def test_a_top_of_any_decimals_still_sums_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = rules().value("model.points", DAY) | {"top": 44.7}
    (tmp_path / "local.yaml").write_text(yaml.safe_dump({"model.points": {"zh": "x", "en": "x", "values": [
        {"valid_from": dt.date(1900, 1, 1), "value": told, "source": "x", "tag": "P"}]}}))
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    units = table({"days_since_visit": 500})
    held = champion.score(units, Card.on(DAY), Champion("M1", MODEL, Points(500.0, 10.0, -1.2)))
    assert sum(one["points"] for one in held.contributions()[0]) == held.score[0]


def test_a_champion_ranks_from_the_day_after_it_was_promoted(db: Database) -> None:
    with db.connection() as connection:
        district(Scene(connection))
    rollup.run(db, AS_OF)
    number = models.train(db, AS_OF, "serious", "wang")["model_no"]
    models.promote(db, number, "li", "trial run")
    assert nightly.run(db, AS_OF)["model"] == "scorecard"
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2)
    assert nightly.run(db, tomorrow)["model"] == number
    kept = db.rows("select s.*, r.headings, u.attributes->>'tier' as tier from scores s join units u using (unit_id) "
                   "join score_runs r using (as_of) where as_of = %s order by rank", [tomorrow])
    assert {row["tier"] for row in kept[:20]} == {"high"}
    assert all(0 < row["probability"] < 1 for row in kept)
    with db.connection() as connection:
        for row in kept[:2]:
            now = score_unit(connection, row["unit_id"], tomorrow)
            assert (now.score, list(now.contributions)) == (row["score"], told.of_row(row, row["headings"]))
        ruling = champion.ruling(connection, tomorrow)
        assert ruling is not None
        assert champion.ruling(connection, AS_OF) is None
        past = features.load(connection, AS_OF)
        # Matched points: the same mean and spread as the card gives.
        card = scorecard.score(past, Card.on(AS_OF)).part_points("noncompliance")
        own = champion.score(past, Card.on(AS_OF), ruling).part_points("noncompliance")
    assert abs(own.mean() - card.mean()) < 2
    run = db.row("select * from score_runs where as_of = %s", [tomorrow])
    assert run is not None
    assert set(run["means"]) == set(PARTS)
    assert nightly.run(db, AS_OF)["written"] is False
    assert points.Points.of({"usual": 1, "a_nat": 2, "centre": 3}) == Points(1.0, 2.0, 3.0)
