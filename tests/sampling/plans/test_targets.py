"""Quotas that add up: every total is the sum of its parts, for any register."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import calendar
from sampling.errors import RatioError
from sampling.frame import Days
from sampling.parameters import CLASSES, GROUPS
from sampling.plans.content import totals
from sampling.plans.reading import Rules
from sampling.plans.shares import MONTHS, apportion, paces, whole
from sampling.plans.targets import Held, Key, Row, quotas, spread
from sampling.quotas import effective
from tests.sampling.plans.city import DAYS, PARAMETERS

EVEN = dict.fromkeys(MONTHS, 1.0)
PACE = paces(DAYS, PARAMETERS.buffer_days, EVEN)


@st.composite
def registers(draw: st.DrawFn) -> dict[Key, Held]:
    """Areas with units of some groups and classes, part of them visited or planned already."""
    held = {}
    for area in range(draw(st.integers(1, 6))):
        for group in GROUPS:
            for c in CLASSES:
                units = draw(st.sampled_from([0, 0, 1, 2, 7, 60, 400]))
                done = draw(st.integers(0, units)) if draw(st.booleans()) else 0
                booked = [0] * 12
                booked[draw(st.integers(0, 11))] = draw(st.integers(0, min(3, units - done)))
                if units:
                    held[f"{area:03d}", group, c] = Held(units, done, tuple(booked))
    return held


@pytest.mark.row(48)
@settings(max_examples=20, deadline=None)
@given(registers())
def test_quotas_add_up_by_area_class_kind_group_and_month(held: dict[Key, Held]) -> None:
    rows = spread(quotas(held, PARAMETERS), PACE)
    told = totals(rows)
    for name in ("group", "class", "kind", "area"):
        for what in ("units", "quota", "done", "left"):
            assert sum(one[what] for one in told[name]) == told["all"][what]
        for month in range(12):
            assert sum(one["months"][month] for one in told[name]) == told["all"]["months"][month]
    for row in rows:
        assert 0 <= row.quota <= row.units
        assert sum(row.months) == row.left == max(0, row.quota - row.done - sum(row.booked))
    for group in GROUPS:
        mine = [row for row in rows if row.group == group]
        units = {c: sum(row.units for row in mine if row.risk_class == c) for c in CLASSES}
        ratio = effective(PARAMETERS.ratio[group], units, PARAMETERS.total[group])
        assert sum(row.quota for row in mine) == whole(sum(ratio[c] * units[c] for c in CLASSES))
        for c in CLASSES:
            assert abs(sum(row.quota for row in mine if row.risk_class == c) - ratio[c] * units[c]) < 1
        assert all(row.quota == row.units for row in mine if group == "duty"), "a duty is never rounded away"


@settings(max_examples=20, deadline=None)
@given(registers())
def test_an_area_with_as_many_visits_as_months_has_some_in_every_month(held: dict[Key, Held]) -> None:
    rows = spread(quotas(held, PARAMETERS), PACE)
    for area in {row.area for row in rows}:
        for group in GROUPS:
            mine = [row for row in rows if row.area == area and row.group == group]
            if sum(row.left for row in mine) >= 12:
                assert all(sum(row.months[month] for row in mine) for month in range(12))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=12), st.data())
def test_the_largest_remainder_gives_the_total_and_goes_by_remainder(wants: list[float], data: st.DataObject) -> None:
    total = data.draw(st.integers(int(sum(wants)), int(sum(wants)) + len(wants)))
    found = apportion(total, wants)
    assert sum(found) == total
    raised = [want - given for want, given in zip(wants, found, strict=True) if given > want]
    kept = [want - given for want, given in zip(wants, found, strict=True) if given <= want]
    assert not raised or not kept or max(kept) <= min(raised) + 1 + 1e-6


def test_equal_remainders_go_to_the_first_and_nobody_gets_more_than_there_is() -> None:
    assert apportion(2, [0.5, 0.5, 0.5, 0.5]) == [1, 1, 0, 0]
    assert apportion(4, [3.9, 0.2, 0.1], [2, 5, 5]) == [2, 1, 1]
    with pytest.raises(ValueError, match="do not fit"):
        apportion(5, [1.0, 1.0], [1, 1])


def test_the_months_keep_the_pace_of_the_daily_draw() -> None:
    rest, by_month = 1.0, [0.0] * 12
    for gone, day in enumerate(DAYS):
        spread_over = len(DAYS) - gone - min(PARAMETERS.buffer_days, (len(DAYS) - gone) // 2)
        if gone % 20 == 0:
            assert Days.on(day, calendar(), PARAMETERS.buffer_days).spread == spread_over
        by_month[day.month - 1] += rest / spread_over
        rest -= rest / spread_over
    assert pytest.approx(by_month, abs=1e-9) == PACE
    assert dt.date(2026, 2, 14) in DAYS, "a swapped Saturday counts"


def test_a_season_weighs_its_months_and_a_month_gone_has_nothing() -> None:
    heavy = paces(DAYS, 20, {**EVEN, 1: 2.0})
    assert heavy[0] > PACE[0] * 1.5
    late = [day for day in DAYS if day.month >= 9]
    rows = spread([Row("1", "key", "B", 50, 0.8, 40, 10, (0,) * 12)], paces(late, 20, EVEN))
    assert sum(rows[0].months[:8]) == 0
    assert sum(rows[0].months) == 30


@pytest.mark.parametrize(("name", "value", "said"), [
    ("season", "{1: 1}", "each month"), ("season", "[1]", "has not the form"), ("reserve", "1", "below 1")])
def test_a_rule_of_plans_that_can_not_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
                                                       value: str, said: str) -> None:
    version = f"{{valid_from: 1900-01-01, value: {value}, source: x, tag: P}}"
    (tmp_path / "own.yaml").write_text(f"plans.{name}:\n  zh: 一\n  en: one\n  values:\n    - {version}\n",
                                       encoding="utf-8")
    monkeypatch.setenv("HUOYAN_POLICY_DIR", str(tmp_path))
    with pytest.raises(RatioError, match=said):
        Rules.on(dt.date(2026, 1, 1))


def test_the_riskiest_are_not_left_for_december() -> None:
    held = {("1", "general", "A"): Held(500), ("1", "general", "D"): Held(6)}
    rows = spread(quotas(held, PARAMETERS), PACE)
    risky = next(row for row in rows if row.risk_class == "D")
    assert risky.quota == 6
    assert sum(risky.months[:7]) >= 3


def test_a_class_never_has_a_lower_share_than_a_safer_one() -> None:
    rows = quotas({("1", "general", c): Held(100) for c in CLASSES}, PARAMETERS)
    assert [row.quota for row in rows] == sorted(row.quota for row in rows)
    assert replace(rows[0], done=rows[0].quota).left == 0
