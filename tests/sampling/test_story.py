"""The story of a day's split says what its frame says, number by number, in both languages."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sampling import explaining, freeze
from sampling.errors import DrawError
from sampling.population import Lift
from sampling.story import story
from sampling.unit_story import unit_story
from tests.sampling.city import LATE, LATE_EVENING, city, frame_of, odd_city, rows_of, store

FRAME = frame_of(city(3, units=300, visited=0.3), tune=False)
ROWS = rows_of(FRAME)


def told(frame=FRAME, month=None):
    return {chapter.code: chapter for chapter in story(frame, ["O001"], month)}


def test_capacity_duties_and_exclusions_are_those_of_the_frame():
    chapters = told()
    assert chapters["capacity"].numbers["granted"] == sum(desk["capacity"] for desk in FRAME["desks"])
    assert chapters["capacity"].numbers["at_work"] == sum(one["load"] > 0 for one in FRAME["officers"])
    duty = chapters["duties"].numbers
    assert duty["remaining"] == sum(unit["group"] == "duty" and unit["visits"] == 0 for unit in ROWS)
    assert duty["expected"] == sum(one["expected"] for one in FRAME["strata"] if one["arm"] == "duty")
    out = chapters["left_out"].numbers
    assert out["eligible"] == sum(unit["excluded"] is None for unit in ROWS)
    for code in ("recent", "cap"):
        assert out[code] == sum((unit["excluded"] or {}).get("code") == code for unit in ROWS) > 0


def test_pace_tau_precision_and_expected_visits_are_those_of_the_frame():
    chapters = told()
    for quota in FRAME["quotas"]:
        rows = {row["risk_class"]: row for row in chapters[f"pace_{quota['group']}"].numbers["rows"]}
        if quota["units"]:
            row = rows[quota["risk_class"]]
            assert {name: row[name] for name in ("ratio", "remaining", "eligible", "pace")} == {
                name: quota[name] for name in ("ratio", "remaining", "eligible", "pace")}
            assert row["asked"] == FRAME["policy"]["parameters"]["ratio"][quota["group"]][quota["risk_class"]]
    assert (chapters["tau"].numbers["earned"], chapters["tau"].numbers["value"]) == (FRAME["tau"]["earned"],
                                                                                    FRAME["tau"]["value"])
    assert chapters["precision"].numbers["needed"] == FRAME["precision"]["needed"]
    total = chapters["expected"].numbers
    assert total["total"] == pytest.approx(sum(unit["p_total"] for unit in ROWS))
    for arm, row in total["arms"].items():
        assert sum(row.values()) == pytest.approx(sum(one["expected"] for one in FRAME["strata"] if one["arm"] == arm))


def test_a_lift_shown_is_told_with_its_bounds_and_its_month():
    frame = frame_of(replace(city(3), lift=Lift(90, 2.4, 2.0)), tune=False)
    chapter = told(frame, {"month": dt.date(2026, 3, 1)})["tau"]
    assert chapter.numbers["month"] == "2026-03"
    assert "随机抽取的90条结果中" in chapter.zh[1]
    assert "2.40 times" in chapter.en[1]
    assert "没有月度决定" in told(frame)["tau"].zh[0]


@pytest.mark.parametrize("seed", range(12))
def test_every_odd_city_can_be_told(seed):
    frame = frame_of(odd_city(seed), tune=False)
    assert all(chapter.zh and chapter.en for chapter in story(frame, [], None))
    for unit in rows_of(frame):
        chapter = unit_story(frame, unit["unit_no"])
        if unit["excluded"] is None:
            for arm, row in chapter.numbers["arms"].items():
                assert row["p"] == unit[f"p_{arm}"] > 0
            assert f"{unit['p_total']:.4%}" in chapter.zh[-1]
        elif unit["excluded"]["code"] == "recent":
            assert chapter.numbers["until"] == unit["excluded"]["until"]


def test_a_weight_told_is_the_weight_of_the_units_step():
    for unit in ROWS:
        for row in unit_story(FRAME, unit["unit_no"]).numbers["arms"].values():
            held = next(one for one in FRAME["strata"] if one["stratum"] == row["stratum"])
            step = next(step for step in held["steps"] if step["weight"] == row["weight"])
            assert step["p"] == row["p"]


def test_a_day_is_told_from_its_frame_or_as_a_freeze_now_would_set_it(db):
    store(db, city(5, units=60, day=LATE), scores_as_of=dt.date(2026, 12, 20))
    with db.connection() as connection:
        connection.execute("insert into officer_leave (officer_no, from_day, to_day, reason) "
                           "values ('O001', %s, %s, 'x')",
                           [LATE, LATE])
        before = explaining.explain(connection, LATE)
        with pytest.raises(DrawError, match="U99999 is not in the frame"):
            explaining.explain(connection, LATE, "U99999")
    freeze.run(db, LATE, LATE_EVENING, entropy=["witness"])
    with db.connection() as connection:
        after = explaining.explain(connection, LATE)
        one = explaining.explain(connection, LATE, "U00001")
    assert (before.frozen, after.frozen) == (False, True)
    assert [chapter.numbers for chapter in before.chapters] == [chapter.numbers for chapter in after.chapters]
    assert "O001" in after.chapters[0].zh[0]
    assert after.chapters[0].numbers["on_leave"] == 1
    assert [chapter.code for chapter in one.chapters] == ["unit"]
