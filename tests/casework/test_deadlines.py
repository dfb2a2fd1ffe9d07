"""Clocks across 国庆 2025 and 2026: hours, calendar days and working days are never mixed.

国庆 2025: rest 1-8 October, work on Sunday 28 September and Saturday 11 October.
国庆 2026: rest 1-7 October, work on Sunday 20 September and Saturday 10 October.
"""

from __future__ import annotations

import datetime as dt

import pytest

from casework.deadlines import complaint_check_by, last_day, order_longest, order_served_by, recheck_by, span
from casework.errors import CaseworkError
from casework.orders import Order, order_for
from policy import CalendarDays, Hours, PolicyError, WorkingDays
from policy.clocks import SHANGHAI


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(("kind", "received", "check_by"), [
    # Art. 18(1): 24 hours, which run through the holiday
    ("blocked_exit", "2025-09-30T16:30", "2025-10-01T16:30"),
    ("facilities_off", "2026-10-03T23:59", "2026-10-04T23:59"),
    ("obstructed_evacuation", "2025-10-11T08:00", "2025-10-12T08:00"),
    # Art. 18(2): 3 working days; the day of receipt does not count, the last one counts to its end
    ("other", "2025-09-30T16:30", "2025-10-11T23:59:59.999999"),
    ("other", "2025-09-26T09:00", "2025-09-30T23:59:59.999999"),
    ("electrical", "2025-10-04T12:00", "2025-10-11T23:59:59.999999"),
    ("other", "2026-09-30T09:00", "2026-10-10T23:59:59.999999"),
    ("dangerous_goods", "2026-09-18T09:00", "2026-09-22T23:59:59.999999"),
])
def test_a_complaint_has_its_clock(kind: str, received: str, check_by: str) -> None:
    assert complaint_check_by(kind, at(received)) == at(check_by)


def test_a_complaint_of_no_known_kind_is_refused() -> None:
    with pytest.raises(CaseworkError, match="'gossip' is not a kind of complaint: say one of blocked_exit"):
        complaint_check_by("gossip", at("2025-09-30T16:30"))


@pytest.mark.parametrize(("inspected", "served_by"), [
    ("2025-09-30", "2025-10-11"),
    ("2025-09-29", "2025-10-10"),
    ("2026-09-30", "2026-10-10"),
    ("2026-03-12", "2026-03-17"),
])
def test_a_time_limited_order_is_served_within_three_working_days(inspected: str, served_by: str) -> None:
    assert order_served_by("time_limited", day(inspected)) == day(served_by)
    assert order_served_by("immediate", day(inspected)) == day(inspected)


@pytest.mark.parametrize(("correct_by", "asked", "latest"), [
    ("2025-09-30", None, "2025-10-11"),
    ("2025-10-05", None, "2025-10-11"),
    ("2026-10-07", None, "2026-10-10"),
    ("2026-10-31", "2026-09-30", "2026-10-10"),
    ("2026-03-22", "2026-04-01", "2026-03-25"),
])
def test_a_re_inspection_follows_within_three_working_days(correct_by: str, asked: str | None, latest: str) -> None:
    assert recheck_by(day(correct_by), day(asked) if asked else None) == day(latest)


@pytest.mark.parametrize(("name", "start", "last"), [
    ("seal_longest", "2025-09-20", "2025-10-20"),          # 30 days, not one month
    ("penalty_decided", "2026-07-15", "2026-10-13"),       # 90 calendar days
    ("promise_check", "2025-09-15", "2025-10-17"),         # 20 working days: 28 September and 11 October count
    ("major_hazard_opinion", "2026-09-28", "2026-10-13"),  # 7 working days
    ("result_published", "2026-09-10", "2026-10-14"),      # 20 working days: 中秋 25-27 September is left out
])
def test_other_periods(name: str, start: str, last: str) -> None:
    assert last_day(name, day(start)) == day(last)


def test_a_seal_before_the_revision_of_2012_has_no_thirty_days() -> None:
    with pytest.raises(PolicyError, match="no value on 2012-10-31"):
        last_day("seal_longest", day("2012-10-31"))


def test_an_order_has_all_its_clocks() -> None:
    assert order_for("J1", 1, day("2025-09-29"), day("2025-10-05"), day("2025-09-30")) == Order(
        "J1-G1", "time_limited", day("2025-09-30"), day("2025-10-05"), day("2025-10-11"))
    assert order_for("J1", 2, day("2025-09-29"), day("2025-09-29"), day("2025-10-09")) == Order(
        "J1-G2", "immediate", day("2025-09-29"), day("2025-09-29"), day("2025-10-10")), "served on the spot"


@pytest.mark.parametrize(("correct_by", "served", "sentence"), [
    ("2025-10-30", "2025-10-12", "it is served by 2025-10-10"),
    ("2025-09-30", "2025-10-09", "after the day to correct by"),
])
def test_an_order_served_late_is_refused(correct_by: str, served: str, sentence: str) -> None:
    with pytest.raises(CaseworkError, match=sentence):
        order_for("J1", 1, day("2025-09-29"), day(correct_by), day(served))


def test_the_longest_period_is_a_year() -> None:
    assert order_longest(day("2026-03-12")) == day("2027-03-12")


@pytest.mark.parametrize(("value", "found"), [
    ({"hours": 24}, Hours(24)), ({"days": 30}, CalendarDays(30)), ({"working_days": 3}, WorkingDays(3))])
def test_three_kinds_of_time(value: dict[str, int], found: object) -> None:
    assert span(value) == found


@pytest.mark.parametrize("value", [{}, {"weeks": 1}, {"days": 1, "hours": 1}, 3, None, {"days": "3"}])
def test_any_other_span_is_refused(value: object) -> None:
    with pytest.raises(PolicyError, match="is not a span"):
        span(value)
