"""Traffic and faults come of their seed alone."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.soak.faults import lasts, schedule
from tests.soak.publisher import _length
from tests.soak.traffic import BLOCK, WINDOW, Kind, Traffic

seeds = st.integers(0, 2**31)


@given(seeds, st.integers(0, 5))
def test_every_alarm_has_one_restore_of_its_own_block(seed: int, block: int) -> None:
    traffic = Traffic(seed, 0)
    numbers = range(block * BLOCK, (block + 1) * BLOCK)
    ended = [traffic.partner(number) for number in numbers if traffic.kind(number) is Kind.RESTORE]
    assert sorted(ended) == [number for number in numbers if traffic.kind(number) is Kind.ALARM]
    # Some readings are repeated, none twice.
    repeated = [traffic.partner(number) for number in numbers if traffic.kind(number) is Kind.REPEAT]
    assert len(set(repeated)) == len(repeated)
    assert {traffic.kind(number) for number in repeated} == {Kind.READING}


@given(seeds)
def test_every_number_leaves_once_and_near_its_place(seed: int) -> None:
    order = list(islice(Traffic(seed, 0).order(), 3 * WINDOW))
    assert sorted(order) == list(range(3 * WINDOW))
    assert all(abs(number - place) < WINDOW for place, number in enumerate(order))
    assert list(islice(Traffic(seed, 0, plain=True).order(), 500)) == list(range(500))


@given(seeds, st.integers(0, 10**9 - 1))
def test_a_message_leads_back_to_its_number(seed: int, number: int) -> None:
    traffic = Traffic(seed, 1_700_000_000_000)
    topic, payload = traffic.message(number)
    assert (topic, payload) == Traffic(seed, 1_700_000_000_000).message(number)
    meant = traffic.partner(number) if traffic.kind(number) in (Kind.REPEAT, Kind.RESTORE) else number
    assert str(meant).encode() in payload
    if traffic.kind(number) is not Kind.BAD_JSON:
        json.loads(payload)


def test_reading_values_are_sent_as_the_judge_expects_them() -> None:
    traffic = Traffic(1, 0, plain=True)
    for number in range(1300):
        assert json.loads(traffic.message(number)[1])["values"] == traffic.values(number)


@given(seeds, st.dictionaries(st.sampled_from(["kill ingest", "kill broker"]), st.integers(0, 5)))
def test_faults_strike_as_often_as_asked_one_after_another(seed: int, counts: dict[str, int]) -> None:
    faults = schedule(seed, counts, (1, 2), {"kill broker": (7, 7)})
    assert faults == schedule(seed, counts, (1, 2), {"kill broker": (7, 7)})
    assert Counter(fault.what for fault in faults) == Counter(counts)
    for one, next_one in pairwise(faults):
        assert 1 <= next_one.at - (one.at + one.lasting) <= 2
    assert lasts(faults) == (faults[-1].at + faults[-1].lasting if faults else 0)


def test_a_remaining_length_is_written_as_mqtt_has_it() -> None:
    assert [_length(number) for number in (0, 127, 128, 16_383, 16_384)] == [
        b"\x00", b"\x7f", b"\x80\x01", b"\xff\x7f", b"\x80\x80\x01"]
