"""The scorecard: sums, monotony, classes, ranks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import rules
from scoring import classes, scorecard
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.features import FeatureTable

DAY = dt.date(2026, 3, 1)
CARD = Card.on(DAY)
LINES = {line.feature: line for line in CARD.lines}
STATES = {"has_telemetry", "has_credit"}
NUMBERS = sorted({line.feature for line in CARD.lines if not line.words} | STATES | {
    condition.feature for condition in CARD.direct if condition.word is None})
WORDS = {line.feature: sorted(line.words) for line in CARD.lines if line.words}


def table(*units: Mapping[str, Any]) -> FeatureTable:
    """Units of which everything that is not told is not known."""
    numbers = {name: np.array([float(unit.get(name, np.nan)) for unit in units]) for name in NUMBERS}
    words = {"kind": tuple(unit.get("kind", "hotel") for unit in units),
             "credit_list": tuple(unit.get("credit_list", "none") for unit in units)}
    return FeatureTable(DAY, np.arange(1, len(units) + 1), tuple(unit.get("unit_no", f"U{place}")
                                                                 for place, unit in enumerate(units)), numbers, words)


def values_of(feature: str) -> st.SearchStrategy[float]:
    line = LINES.get(feature)
    highest = max(line.xs) * 2 if line and line.xs else 50.0
    return st.floats(0, highest, allow_nan=False)


UNIT = st.fixed_dictionaries(
    {name: st.one_of(st.just(math.nan), values_of(name)) for name in NUMBERS if name not in STATES}
    | {name: st.sampled_from([0.0, 1.0]) for name in STATES}
    | {name: st.sampled_from(words) for name, words in WORDS.items()})


@pytest.mark.row(80)
@given(st.lists(UNIT, min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_every_score_is_the_exact_sum_of_its_contributions_in_any_order(units: list[dict[str, Any]]) -> None:
    scored = scorecard.score(table(*units), CARD)
    for total, parts in zip(scored.score, scored.contributions(), strict=True):
        points = [part["points"] for part in parts]
        assert sum(points) == math.fsum(points) == sum(reversed(points)) == total
        assert 0 <= total <= 100
        assert all(part["zh"] and part["en"] for part in parts)


@given(UNIT, st.sampled_from([line.feature for line in CARD.lines if line.direction in ("up", "down")]), st.data())
@settings(max_examples=200, deadline=None)
def test_more_trouble_never_lowers_the_score_the_class_or_the_rank(unit: dict[str, Any], feature: str,
                                                                   data: st.DataObject) -> None:
    low, high = sorted([data.draw(values_of(feature)), data.draw(values_of(feature))])
    mild, bad = (low, high) if LINES[feature].direction == "up" else (high, low)
    scored = scorecard.score(table(unit | {feature: mild, "unit_no": "A"}, unit | {feature: bad, "unit_no": "B"}), CARD)
    assert scored.score[1] >= scored.score[0]
    assert scored.risk_class[1] >= scored.risk_class[0]
    if scored.score[1] > scored.score[0] and scored.direct[0] == scored.direct[1] == ():
        assert scored.rank[1] == 1


def test_every_line_but_a_category_has_a_direction_and_some_points() -> None:
    for line in CARD.lines:
        assert (line.direction == "none") == bool(line.words), line.feature
        assert line.words or len(set(line.ps)) > 1, line.feature


def test_the_caps_of_the_sides_sum_to_the_top_of_the_scale() -> None:
    assert sum(side.cap for side in CARD.sides) == scorecard.HIGHEST


def test_a_cap_takes_off_by_name() -> None:
    worst = dict.fromkeys(NUMBERS, 1000000.0) | {"credit_balance": 0, "credit_list": "serious", "kind": "entertainment"}
    scored = scorecard.score(table(worst), CARD)
    assert scored.score[0] <= 100
    caps = [part for part in scored.contributions()[0] if part["feature"].endswith("_cap")]
    assert {part["feature"] for part in caps} >= {"telemetry_cap", "record_cap"}
    assert all(part["points"] < 0 for part in caps)
    for side in CARD.sides:
        assert scored.side_points(side.code)[0] <= side.cap


def test_a_unit_of_which_nothing_is_known_is_named_as_such_and_stands_in_the_middle() -> None:
    good = {"has_telemetry": 1, "has_credit": 1, "credit_balance": 100, "days_since_visit": 100, "critical_ratio": 0.4,
            "serious_ratio": 0.4, "minor_ratio": 0.5} | {
                line.feature: 0.0 for line in CARD.lines if line.side == "telemetry"}
    bad = good | {"critical_ratio": 3, "credit_balance": 70, "faults_90": 9, "fault_hours_90": 500, "serious_ratio": 2}
    scored = scorecard.score(table({}, good, bad), CARD)
    named = {part["feature"]: part["points"] for part in scored.contributions()[0]}
    assert {"no_telemetry", "never_visited", "no_credit"} <= set(named)
    assert scored.score[1] < scored.score[0] < scored.score[2]


def test_a_district_without_telemetry_or_credit_is_ranked_by_its_record() -> None:
    visited = {"days_since_visit": 200, "serious_ratio": 1, "minor_ratio": 1}
    scored = scorecard.score(table(visited | {"critical_ratio": 0.5}, visited | {"critical_ratio": 2}), CARD)
    assert scored.rank.tolist() == [2, 1]


@pytest.mark.parametrize(("facts", "code", "lifted_to"), [
    ({"major_open": 1}, "major_hazard_open", "D"),
    ({"has_telemetry": 1, "system_off_open_hours": 24.5}, "system_off_24h", "D"),
    ({"credit_list": "serious", "has_credit": 1, "credit_balance": 100}, "serious_discredit", "D"),
    ({"penalties_12m": 2}, "penalties_2_in_12m", "B"),
    ({"overdue_hazards": 1}, "hazard_overdue", "B"),
    ({"grave_fires_12m": 1}, "grave_fire_12m", "B"),
])
def test_a_direct_condition_lifts_at_once_and_says_why(facts: dict[str, Any], code: str, lifted_to: str) -> None:
    calm = {"days_since_visit": 10, "critical_ratio": 0.4, "serious_ratio": 0.4, "minor_ratio": 0.4, "kind": "school"}
    scored = scorecard.score(table(calm | facts), CARD)
    assert (scored.base_class[0], scored.risk_class[0], scored.direct[0]) == ("A", lifted_to, (code,))
    assert classes.reasons([code], DAY)[0].zh


def test_a_system_off_for_just_a_day_lifts_nothing() -> None:
    scored = scorecard.score(table({"has_telemetry": 1, "system_off_open_hours": 24.0}), CARD)
    assert scored.direct[0] == ()


def test_two_raises_by_a_class_raise_by_one() -> None:
    scored = scorecard.score(table({"penalties_12m": 2, "overdue_hazards": 1, "days_since_visit": 1}), CARD)
    assert "ABCD".index(scored.risk_class[0]) - "ABCD".index(scored.base_class[0]) == 1


def test_ranks_go_by_class_then_the_lifted_then_score_then_number() -> None:
    visited = {"days_since_visit": 10, "serious_ratio": 1, "minor_ratio": 1, "critical_ratio": 0.4}
    scored = scorecard.score(table(
        visited | {"unit_no": "calm-2"}, visited | {"unit_no": "calm-1"},
        visited | {"unit_no": "lifted", "major_open": 1}, visited | {"unit_no": "risky", "critical_ratio": 3.0}), CARD)
    assert scored.rank.tolist() == [4, 3, 1, 2]


def test_class_cuts_belong_to_the_class_above() -> None:
    cut = classes.cuts(DAY)["B"]
    assert np.searchsorted(np.array(CARD.cuts), cut, side="right") == 1
    assert list(classes.LABELS) == ["A", "B", "C", "D"]


def test_an_unknown_kind_gets_the_points_of_an_unknown_one() -> None:
    scored = scorecard.score(table({"kind": "castle"}), CARD)
    assert scored.columns[0].points[0] == LINES["kind"].unknown


def test_every_kind_of_unit_has_its_points() -> None:
    kinds = {kind["code"] for kind in rules().value("kinds.units", DAY)}
    assert kinds == set(LINES["kind"].words)


def test_caps_and_shares_of_any_decimals_still_sum_exactly(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sides, parts = rules().value("scorecard.sides", DAY), rules().value("scorecard.parts", DAY)
    local = {"scorecard.sides": [side | {"cap": side["cap"] / 3 + 0.1} for side in sides],
             "scorecard.parts": [part | {"shares": {"no_telemetry": 0.7}} if "shares" in part else part
                                 for part in parts]}
    (tmp_path / "local.yaml").write_text(yaml.safe_dump({rule: {"zh": "x", "en": "x", "values": [
        {"valid_from": dt.date(1900, 1, 1), "value": value, "source": "x", "tag": "P"}]}
        for rule, value in local.items()}))
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    units = table({"days_since_visit": 900.0, "open_hazards": 9.0, "is_crowded": 1.0, "height_m": 99.0},
                  {"has_telemetry": 1.0, "alarms_confirmed_90": 20.0, "faults_90": 50.0})
    scored = scorecard.score(units, Card.on(DAY))
    for number, (total, told) in enumerate(zip(scored.score, scored.contributions(), strict=True)):
        assert sum(one["points"] for one in told) == total
        assert sum(scored.part_points(part["code"])[number] for part in parts) == total


@pytest.mark.parametrize(("rule", "value", "sentence"), [
    ("scorecard.classes", {"B": 50, "C": 40, "D": 60}, "rise"),
    ("scorecard.features", [{"feature": "faults_90", "side": "telemetry", "direction": "up", "zh": "x", "en": "x",
                             "points": [[0, 3], [1, 1]], "say": "", "say_en": ""}], "fewer points for more trouble"),
    ("scorecard.features", [{"feature": "faults_90"}], "malformed"),
    ("scorecard.features", [{"feature": "faults_90", "side": "moon", "direction": "up", "zh": "x", "en": "x",
                             "points": [[0, 1]], "say": "", "say_en": ""}], "moon"),
])
def test_a_malformed_card_is_refused_in_one_sentence(rule: str, value: Any, sentence: str, tmp_path: Any,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "local.yaml").write_text(yaml.safe_dump({rule: {"zh": "x", "en": "x", "values": [
        {"valid_from": dt.date(1900, 1, 1), "value": value, "source": "x", "tag": "P"}]}}))
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    with pytest.raises(ScoringError, match=sentence):
        Card.on(DAY)
