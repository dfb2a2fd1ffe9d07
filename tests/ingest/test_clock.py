"""Device times in every form met, and what each is judged to be."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import read_time, standings
from ingest.messages import BadTime
from ingest.vocabulary import vocabulary
from policy import rules

RULES = vocabulary(rules(), dt.date(2026, 3, 10)).clock
NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)
S = 1773115200


@pytest.mark.parametrize(("sent", "moment"), [
    (S, NOW), (S * 1000, NOW), (S * 10**6, NOW), (S * 10**9, NOW), (str(S * 10**9), NOW), (f"{S}000.5", NOW),
    (S * 10**6 + 7, NOW + dt.timedelta(microseconds=7)), (S * 10**9 + 7999, NOW + dt.timedelta(microseconds=7)),
    (S + 0.5, NOW + dt.timedelta(milliseconds=500)),
    ("20260310120000", NOW), (20260310120000, NOW), ("20260310120000250", NOW + dt.timedelta(milliseconds=250)),
    ("2026-3-10 12:00:00", NOW), ("2026/03/10 12:00", NOW), ("2026.03.10 12:00:00", NOW),
    ("2026年3月10日 12时00分00秒", NOW), ("2026年3月10日12:00", NOW), ("2026/3/10T12:00:00+08:00", NOW),
    ("2026/3/10 04:00:00Z", NOW), ("2026-03-10T04:00:00.000000001Z", NOW), ("2026-W11-2T12:00:00", NOW),
    (253402300799000, dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)), (946684800000, dt.datetime(2000, 1, 1,
                                                                                                      tzinfo=dt.UTC)),
])
def test_every_form_of_a_time_is_read(sent: Any, moment: dt.datetime) -> None:
    found = read_time(sent)
    assert isinstance(found, dt.datetime)
    assert abs(found - moment) < dt.timedelta(milliseconds=1)


@pytest.mark.parametrize("sent", [
    "20261310120000", "2026/13/10 12:00", "2026-03-10 25:00", "10/03/2026 12:00", "noon", 3e14, 10**15 - 1, -10**20,
    10**400, "2026031012000177311520000", "9" * 300, "2026-03-10" + " " * 60 + "x", [1], {"a": 1}, True, False,
    "２０２６-03-10",
])
def test_what_is_no_time_stays_none_when_it_comes_again(sent: Any) -> None:
    found = read_time(sent)
    assert isinstance(found, BadTime) or sent in ("20261310120000",)
    if isinstance(found, BadTime):
        assert isinstance(read_time(found.text), BadTime)


@given(st.integers(2001, 2100), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_the_four_units_of_unix_time_are_told_apart_by_size(year: int, scale: int) -> None:
    moment = dt.datetime(year, 9, 9, 9, 9, 9, tzinfo=dt.UTC)
    assert read_time(int(moment.timestamp()) * scale) == moment


@given(st.lists(st.integers(0, 10**12) | st.none(), min_size=1, max_size=6),
       st.sampled_from(["judge", "receive", "trust"]))
def test_every_record_stands_somewhere_believable_or_is_refused(sent: list[int | None], trust: Any) -> None:
    times = [read_time(one) for one in sent]
    received = [NOW + dt.timedelta(microseconds=number) for number in range(len(times))]
    for standing in standings(times, received, trust, RULES):
        if standing.code:
            assert standing.reason
        else:
            assert -RULES.oldest_trusted <= standing.ts - NOW <= RULES.future
