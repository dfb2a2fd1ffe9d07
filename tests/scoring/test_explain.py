"""Scores in words."""

from __future__ import annotations

from scoring import explain, scorecard
from tests.scoring.test_scorecard import CARD, DAY, table

BUSY = {"has_telemetry": 1, "alarms_90": 3, "alarms_false_90": 2, "alarms_confirmed_90": 0, "offline_share_90": 0.123,
        "kind": "restaurant", "is_crowded": 1, "penalties_12m": 1}


def told(unit: dict[str, object]) -> dict[str, explain.Sentence]:
    contributions = scorecard.score(table(unit), CARD).contributions()[0]
    return {sentence.feature: sentence for sentence in explain.sentences(contributions, DAY)}


def test_each_contribution_has_its_sentence_in_the_terms_of_the_field() -> None:
    found = told(BUSY)
    assert found["alarms_90"].zh == "近90天火警3次（2次误报）"
    assert found["alarms_90"].en == "3 fire alarms in 90 days (2 false)"
    assert found["offline_share_90"].zh == "近90天设备离线率12.3%"
    assert found["kind"].zh == "单位类别为餐饮"
    assert found["is_crowded"].en == "a crowded place"
    assert found["never_visited"].zh.startswith("从未检查")
    assert found["floor_area_m2"].en == "floor area (not known)"


def test_every_line_of_the_card_can_be_told_with_a_number() -> None:
    for line in CARD.lines:
        value = next(iter(line.words)) if line.words else 3.5
        entry = {"feature": line.feature, "zh": line.zh, "en": line.en, "value": value, "unit": "", "points": 1.0}
        sentence = explain.sentences([entry], DAY)[0]
        assert "{" not in sentence.zh + sentence.en
        assert line.is_flag or line.words or "3.5" in sentence.zh


def test_a_line_that_older_rules_had_is_told_by_its_label() -> None:
    entry = {"feature": "gone", "zh": "旧项", "en": "old line", "value": 4, "unit": "次", "unit_en": "times",
             "points": 2.0}
    assert explain.sentences([entry], DAY)[0].zh == "旧项：4次"
    assert explain.sentences([entry], DAY)[0].en == "old line: 4 times"


def test_reasons_are_what_stands_out_and_not_what_everyone_has() -> None:
    contributions = scorecard.score(table(BUSY), CARD).contributions()[0]
    found = explain.reasons(contributions, DAY)
    assert next(reason.feature for reason in found) == "offline_share_90"
    assert "never_visited" not in [reason.feature for reason in found]


def test_why_one_unit_stands_above_another_is_one_line() -> None:
    one, two = (scorecard.score(table(unit), CARD).contributions()[0] for unit in (BUSY, {"kind": "restaurant"}))
    zh, en = explain.why_above(one, two, DAY, name_above="甲", name_below="乙")
    assert zh.startswith("甲比乙高") or zh.startswith("甲得分不高于乙")
    assert "\n" not in zh + en
    zh, _ = explain.why_above(one, [], DAY, name_above="甲", name_below="乙")
    assert "主要因为" in zh


def test_a_comparison_adds_up_to_the_change() -> None:
    one, two = (scorecard.score(table(unit), CARD) for unit in (BUSY, BUSY | {"penalties_12m": 3, "fires_36m": 1}))
    moved = explain.compare(one.contributions()[0], two.contributions()[0])
    assert {entry["feature"] for entry, _ in moved} == {"penalties_12m", "fires_36m"}
    assert sum(gap for _, gap in moved) == two.score[0] - one.score[0]
