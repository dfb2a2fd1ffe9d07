"""What officers can do, and what can't be met, with the right numbers."""

from __future__ import annotations

import datetime as dt

import pytest

from sampling.plans import capacity, words
from sampling.plans.content import _shortfall
from tests.sampling import city
from tests.sampling.plans.city import DAYS, PARAMETERS, PLACES, officer, row

WORKING = [sum(day.month == month for day in DAYS) for month in range(1, 13)]
AREAS = {city.town(1): {"zh": "安宁街道", "en": "Anning", "parent": city.DISTRICT},
         city.town(2): {"zh": "河西街道", "en": "Hexi", "parent": city.DISTRICT},
         city.DISTRICT: {"zh": "安宁区", "en": "Anning District", "parent": None}}


def year(rows, officers, reserve=0.0):
    return capacity.year(rows, officers, PLACES, PARAMETERS.bodies, DAYS, reserve).desks


def test_a_pair_makes_as_many_visits_as_their_days_allow():
    (desk,) = year([row([1] * 12)], [officer(1), officer(2)])
    assert [month.possible for month in desk.months] == [2 * days for days in WORKING]
    assert [month.done for month in desk.months] == [1] * 12
    assert desk.shortfall is None


def test_a_certificate_that_ends_is_told_with_what_it_costs_and_from_when():
    ends = dt.date(2026, 8, 31)
    asked = [3 * days for days in WORKING[:8]] + [3 * days for days in WORKING[8:]]
    (desk,) = year([row(asked)], [officer(1), officer(2), officer(3, certified_to=ends)])
    told = desk.shortfall
    lacking = sum(WORKING[8:])
    assert told is not None
    assert (told.needs, told.can, told.short, told.since) == (sum(asked), sum(asked) - lacking, lacking, 9)
    assert told.causes == (capacity.Cause("certificate", 1, ends),)
    assert told.officer_days == lacking, "two officers a visit, two visits a day"
    assert told.earlier == 0
    said = _shortfall(desk, AREAS)
    assert said["words"]["zh"] == (f"安宁街道重点单位需检查 {sum(asked)} 家次，"
                                   f"现有力量可完成 {sum(asked) - lacking} 家次，缺 {lacking} 家次，"
                                   f"自 9 月起；1 人执法证于 2026-08-31 到期")
    assert f"{lacking} short, from September; certificate of 1 officer ends 2026-08-31" in said["words"]["en"]
    assert f"{lacking} more officer days" in said["mend"]["en"]


def test_leave_costs_its_days_and_what_is_made_up_again_is_no_shortage():
    away = (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    (desk,) = year([row(list(WORKING))], [officer(1), officer(2, leave=(away,))])
    assert desk.months[2].possible == 0, "one officer alone visits nobody"
    assert desk.months[2].behind == WORKING[2]
    assert desk.months[3].done == 2 * WORKING[3]
    assert desk.shortfall is None
    (short,) = year([row([2 * days for days in WORKING])], [officer(1), officer(2, leave=(away,))])
    assert short.shortfall is not None
    assert (short.shortfall.short, short.shortfall.since) == (2 * WORKING[2], 3)
    assert short.shortfall.causes == (capacity.Cause("leave", WORKING[2]),)


def test_duties_come_first_where_officers_are_short():
    rows = [row([WORKING[m] for m in range(12)], "duty"), row([2 * WORKING[m] for m in range(12)], "key", 2)]
    (desk,) = year(rows, [officer(1), officer(2)])
    assert desk.covers == (city.town(1), city.town(2))
    assert desk.shortfall is not None
    assert (desk.shortfall.short, desk.shortfall.duties) == (sum(WORKING), 0)
    none = year([row([3 * WORKING[m] for m in range(12)], "duty")], [officer(1), officer(2)])[0].shortfall
    assert none is not None
    assert none.duties == none.short == sum(WORKING)


def test_desks_that_share_officers_share_what_they_can_do():
    rows = [row([WORKING[m] for m in range(12)]), row([2 * WORKING[m] for m in range(12)], "general")]
    general, key = year(rows, [officer(1), officer(2)])
    assert key.months[0].done + general.months[0].done <= 2 * WORKING[0]
    assert key.shortfall is not None
    assert general.shortfall is not None
    assert abs(key.shortfall.short + general.shortfall.short - sum(WORKING)) <= 24, "a part of a visit is no visit"


@pytest.mark.parametrize(("officers", "code"), [
    ([], "no_officers"), ([officer(1)], "one_officer"),
    ([officer(1, can_lead=False), officer(2, can_lead=False)], "no_lead")])
def test_nobody_to_send_is_said_with_all_that_is_lost(officers, code):
    told = year([row([1] * 12)], officers)[0].shortfall
    assert told is not None
    assert (told.needs, told.can, told.short, told.since, told.officer_days) == (12, 0, 12, 1, None)
    assert told.causes[0].code == code


def test_officers_without_a_certificate_are_named_and_do_not_count():
    told = year([row([1] * 12)], [officer(1), officer(2, certified=False)])[0].shortfall
    assert told is not None
    assert capacity.Cause("uncertified", 1) in told.causes


def test_a_reserve_is_kept_and_a_town_may_not_visit_key_units():
    (desk,) = year([row([1] * 12)], [officer(1), officer(2)], reserve=0.1)
    assert desk.months[0].possible == int(0.9 * 2 * WORKING[0])
    towns = [officer(n, body="town", areas=(city.town(1),)) for n in (1, 2)]
    assert year([row([1] * 12)], towns)[0].shortfall is not None
    assert year([row([1] * 12, "general")], towns)[0].shortfall is None


def test_officers_of_several_desks_count_once_in_all():
    rows = [row([1] * 12), row([1] * 12, "general"), row([1] * 12, "general", 2)]
    towns = [officer(n, body="town", areas=(city.town(2),)) for n in (3, 4)]
    (pool,) = capacity.year(rows, [officer(1), officer(2), *towns], PLACES, PARAMETERS.bodies, DAYS, 0).pools
    assert pool.covers == (city.town(1), city.town(2))
    assert pool.months == tuple(4 * days for days in WORKING)


def test_where_is_said_by_the_area_that_holds_all():
    assert words.place([city.town(1)], AREAS)["zh"] == "安宁街道"
    assert words.place([city.town(1), city.town(2)], AREAS)["zh"] == "安宁区（2 个区域）"
