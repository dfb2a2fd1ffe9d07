"""The columns and the judge come to the same: every clean row is stored alike, and nothing odd is taken for clean."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.arrivals import Arrivals, microseconds
from ingest.block import Block, MetricColumns, open_block
from ingest.ledger import content_sum
from ingest.opening import Directory, judge_message, open_message
from ingest.routes import Gateway, Route, Routes
from ingest.rows import Device
from ingest.vocabulary import Vocabulary, vocabulary
from policy import rules
from tests.ingest.conftest import NOW

WORDS = vocabulary(rules(), NOW.date())
NUMBERS = {code: number for number, code in enumerate(WORDS.metrics, 1)}
CODES = {number: code for code, number in NUMBERS.items()}
DEVICES = {("acme", name): Device(number, "acme", name, number * 10, "water_pressure", True, {})
           for number, name in enumerate(("P1", "P2", "S1"), 1)}
DIRECTORY = Directory(DEVICES, {"acme": "active"})
NOW_US, NOW_MS = microseconds(NOW), microseconds(NOW) // 1000
STRIDE = 1000  # in production a microsecond; here apart, so that items of one message don't meet the next one's


def routes() -> Routes:
    single = {name: Route(device.device_id, device.unit_id, 0) for (_, name), device in DEVICES.items()}
    topics: dict[bytes, Route | Gateway] = {
        f"huoyan/v1/acme/{name}/telemetry".encode(): route for name, route in single.items()}
    topics[b"huoyan/v1/acme/gateway/telemetry"] = Gateway("acme", single, {"X9"})
    return Routes(1, NOW.date(), topics, {b"huoyan/v1/acme/X9/telemetry"}, vendors={"acme": 0})


def arrivals(*sent: tuple[str, bytes], head: int = 0x32) -> list[Arrivals]:
    return [Arrivals([f"huoyan/v1/acme/{topic}".encode()], [payload], [head], [number], NOW_US + number * STRIDE,
                     len(payload), "s") for number, (topic, payload) in enumerate(sent, 1)]


def opened(batch: list[Arrivals], words: Vocabulary = WORDS) -> Block:
    return open_block(batch, routes(), words, MetricColumns(words, NUMBERS))


def by_column(block: Block) -> Counter[Any]:
    return Counter(zip(block.device.tolist(), [CODES[one] for one in block.metric.tolist()], block.ts.tolist(),
                       block.value.tolist(), block.received.tolist(), strict=True))


def judged(batch: list[Arrivals], places: list[tuple[int, int]]) -> tuple[Counter[Any], list[Any]]:
    """Rows and refusals of the messages at ``places``, one by one."""
    rows: Counter[Any] = Counter()
    refused = []
    for which, at in places:
        result = judge_message(open_message(batch[which].message(at), WORDS), DIRECTORY, WORDS)
        for parcel in result.parcels:
            rows.update((row.device_id, row.metric, microseconds(row.ts), row.value, microseconds(row.received_at))
                        for row in parcel.readings)
            refused += [(row.key, row.value) for row in parcel.states]
        refused += [(one.reason_code, one.payload, one.received_at) for one in result.refusals]
    return rows, refused


numbers = st.one_of(
    st.floats(0, 2), st.integers(-5, 120), st.floats(allow_nan=False, allow_infinity=False), st.just(-0.0),
    st.sampled_from([10**20, 10**400, True, None, "0.5", "abc", [1], {"x": 1}, 1e308, float("nan"), float("inf")]))
keys = st.sampled_from(["water_pressure", "pressure", "battery", "Battery", "temperature", "tempreature", "水压", "ts",
                        "signal", "pressure_kpa", "event_count", "", "a:b"])
times = st.one_of(st.integers(NOW_MS - 10**7, NOW_MS + 10**5), st.integers(NOW_MS // 1000 - 9, NOW_MS // 1000),
                  st.sampled_from([0, None, 1, -1, 2**60, 10**400, NOW_MS + 10**10, NOW_MS - 10**12, "x", str(NOW_MS),
                                   float(NOW_MS), NOW_MS + 0.5, True, "2026-03-10T03:00:00Z"]))
values = st.dictionaries(keys, numbers, max_size=4)
timed = st.one_of(st.builds(lambda ts, inner: {"ts": ts, "values": inner}, times, values),
                  st.builds(lambda inner: {"values": inner}, values),
                  st.builds(lambda inner: {"values": inner, "battery": 5}, values))
body = st.one_of(timed, values, st.lists(st.one_of(timed, values), max_size=3))
of_gateway = st.dictionaries(st.sampled_from(["P1", "P2", "X9", "new"]), st.one_of(st.lists(timed, max_size=3), body),
                             max_size=3)
plain = st.builds(
    lambda ts, pressure, battery: {"ts": ts, "values": {"water_pressure": pressure, "battery": battery}},
    st.integers(NOW_MS - 5, NOW_MS), st.floats(0, 1), st.integers(0, 100))
message = st.one_of(
    st.tuples(st.sampled_from(["P1/telemetry", "P2/telemetry", "X9/telemetry"]), st.one_of(plain, body)),
    st.tuples(st.just("gateway/telemetry"), of_gateway))


@settings(max_examples=400)
@given(st.lists(message, min_size=1, max_size=6))
def test_columns_and_judge_agree_on_any_batch(sent: list[tuple[str, Any]]) -> None:
    batch = arrivals(*((topic, json.dumps(content).encode()) for topic, content in sent))
    block = opened(batch)
    everything = [(which, 0) for which in range(len(batch))]
    rows, refused = judged(batch, everything)
    odd_rows, odd_refused = judged(batch, block.odd)
    assert by_column(block) + odd_rows == rows
    assert odd_refused == refused, "a message that has anything refused is left to the judge"
    keys_of = [row[:3] for row in by_column(block).elements()]
    assert len(keys_of) == len(set(keys_of)), "no key comes twice"


@pytest.mark.parametrize("payload", [
    b'{"water_pressure":0.5}', b'{"ts":%d,"values":{"water_pressure":0.5,"battery":80}}' % NOW_MS,
    b'{"values":{"battery":80}}', b'[{"ts":%d,"values":{"battery":1}},{"ts":%d,"values":{"battery":2}}]'
    % (NOW_MS, NOW_MS - 1000), b' {"battery" : 80 }', b'{"pressure_kpa": 215}'])
def test_the_plain_forms_go_by_column(payload: bytes) -> None:
    block = opened(arrivals(("P1/telemetry", payload)))
    assert (block.odd, block.messages) == ([], 1)


@pytest.mark.parametrize("payload", [
    b"", b"{}", b"[]", b"null", b"x", b'{"battery":80,"battery":81}', b'{"battery":"80"}', b'{"battery":null}',
    b'{"battery":true}', b'{"battery":1e400}', b'{"battery":NaN}', b'{"battery":101}', b'{"batery":80}',
    b'{"values":{"battery":80},"values":{"battery":81}}', b'{"ts":1,"ts":2,"values":{"battery":80}}',
    b'{"a\\u003ab":80}', b'{"\xff":1}', b'\xef\xbb\xbf{"battery":80}', b'{"x":{"battery":80}}',
    b'{"battery":80,"b\\u0061ttery":80}', b"[" * 2000, b'{"ts":99999999999999999999,"values":{"battery":80}}'])
def test_whatever_is_odd_is_left_to_the_judge(payload: bytes) -> None:
    block = opened(arrivals(("P1/telemetry", payload), ("P1/telemetry", b'{"water_pressure":0.5}')))
    assert block.odd == [(0, 0)]
    assert by_column(block).total() == 1


def test_what_may_have_come_before_is_left_to_the_judge() -> None:
    plain_one = ("P1/telemetry", b'{"battery":80}')
    for head in (0x3A, 0x33):
        assert opened(arrivals(plain_one, head=head)).odd == [(0, 0)]
    retried = arrivals(plain_one)
    retried[0].is_retried = True
    assert opened(retried).odd == [(0, 0)]
    cut = arrivals(plain_one)
    cut[0].sizes[0] = 10**6
    assert opened(cut).odd == [(0, 0)]


def test_two_messages_that_say_the_same_or_the_contrary_are_both_left_to_the_judge() -> None:
    one = b'{"ts":%d,"values":{"battery":80}}' % NOW_MS
    other = one.replace(b"80", b"81")
    assert opened(arrivals(("P1/telemetry", one), ("P2/telemetry", one), ("P1/telemetry", other))).odd == [
        (0, 0), (2, 0)]


def test_messages_without_a_time_are_named_for_the_ledger_and_others_are_not() -> None:
    timeless, own = b'{"battery":80}', b'{"ts":%d,"values":{"battery":80}}' % (NOW_MS - 1)
    block = opened(arrivals(("P1/telemetry", timeless), ("P2/telemetry", own)))
    assert block.timeless == {"s": [(1, content_sum(b"huoyan/v1/acme/P1/telemetry", timeless))]}


def test_devices_that_a_gateway_names_for_the_first_time_are_asked_for() -> None:
    named = b'{"P1":[{"values":{"battery":1}}],"new":[{"values":{"battery":1}}]}'
    block = opened(arrivals(("gateway/telemetry", named)))
    assert (block.missing, block.odd) == ({("acme", "new")}, [(0, 0)])


def test_a_block_says_who_was_heard_and_which_days_were_touched() -> None:
    midnight = NOW_MS - 12 * 3_600_000  # NOW is noon in Shanghai
    block = opened(arrivals(("P1/telemetry", b'{"ts":%d,"values":{"battery":1}}' % (midnight - 1)),
                            ("P1/telemetry", b'{"ts":%d,"values":{"battery":2}}' % midnight),
                            ("P2/telemetry", b'{"battery":3}')))
    assert block.heard.tolist() == [1, 2]
    assert block.heard_us.tolist() == [NOW_US + 2 * STRIDE, NOW_US + 3 * STRIDE]
    assert block.heard_ts.tolist() == [midnight * 1000, NOW_US + 3 * STRIDE]
    day = NOW.date().toordinal() - 719_163
    assert list(zip(block.units.tolist(), block.days.tolist(), strict=True)) == [(10, day - 1), (10, day), (20, day)]
    assert [(one.vendor_code, one.messages, one.rows) for one in block.vendors] == [("acme", 3, 3)]
