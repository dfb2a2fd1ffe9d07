"""Working days, calendar days and hours, against dates computed by hand."""

import datetime as dt

import pytest

from policy import CalendarDays, Hours, WorkCalendar, WorkingDays, calendar, due
from policy.clocks import due_day, legal_day


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(("start", "count", "end", "why"), [
    ("2025-09-26", 3, "2025-09-30", "消防监督检查规定 Art. 20: Fri + Sun 28 Sep worked, Mon 29, Tue 30"),
    ("2025-09-30", 3, "2025-10-11", "across 国庆 2025: 9, 10 and the swapped Saturday 11 October"),
    ("2025-01-27", 3, "2025-02-07", "across 春节 2025: 5, 6, 7 February"),
    ("2024-02-09", 1, "2024-02-18", "across 春节 2024: Sunday 18 February is worked in exchange"),
    ("2026-09-30", 1, "2026-10-08", "across 国庆 2026"),
])
def test_working_days_skip_holidays_and_count_swapped_days(start: str, count: int, end: str, why: str) -> None:
    assert due_day(day(start), WorkingDays(count)) == day(end), why


def test_calendar_days_count_every_day() -> None:
    assert due_day(day("2026-09-20"), CalendarDays(30)) == day("2026-10-20")


def test_hours_run_through_holidays() -> None:
    start = dt.datetime(2026, 10, 1, 23, 30, tzinfo=dt.UTC)
    assert due(start, Hours(24)) == start + dt.timedelta(hours=24)


def test_a_period_of_days_ends_with_the_last_moment_of_its_last_day_in_shanghai() -> None:
    start = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)  # Friday 10:00 in Shanghai
    assert due(start, WorkingDays(1)) == dt.datetime(2026, 11, 23, 15, 59, 59, 999999, tzinfo=dt.UTC)


def test_a_moment_late_in_the_utc_day_belongs_to_the_next_legal_day() -> None:
    assert legal_day(dt.datetime(2026, 11, 22, 16, tzinfo=dt.UTC)) == day("2026-11-23")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        legal_day(dt.datetime(2026, 11, 22))  # noqa: DTZ001


def test_a_year_without_a_notice_falls_back_to_the_week_and_says_so() -> None:
    assert not calendar().is_announced(2040)
    assert calendar().is_working_day(day("2040-01-02"))
    assert not calendar().is_working_day(day("2040-01-01"))


def test_an_override_wins_over_the_library() -> None:
    custom = WorkCalendar(rest=frozenset({day("2026-11-23")}), work=frozenset({day("2026-11-22")}))
    assert not custom.is_working_day(day("2026-11-23"))
    assert custom.is_working_day(day("2026-11-22"))
