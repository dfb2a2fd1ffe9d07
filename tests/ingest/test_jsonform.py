"""The JSON forms of the contract, and what is none of them."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.jsonform import decode_attributes, decode_connection, decode_events, decode_telemetry
from ingest.messages import BadTime
from ingest.numerals import state_text
from ingest.vocabulary import Limits

LIMITS = Limits(values=100, depth=4, key=40, state=200, point=50, detail=500)
MOMENT = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)
MS = int(MOMENT.timestamp() * 1000)


def telemetry(payload: Any, device: str | None = "D") -> tuple[list[tuple[str, Any, dict[str, Any]]], list[str]]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    contents, problems = decode_telemetry(raw, device, LIMITS)
    return ([(name, record.time, record.values) for name, content in contents.items() for record in content.records],
            [problem.reason_code for problem in problems])


@pytest.mark.parametrize(("payload", "records"), [
    ({"a": 1}, [("D", None, {"a": 1})]),
    ({"ts": MS, "values": {"a": 1, "b": "x"}}, [("D", MOMENT, {"a": 1, "b": "x"})]),
    ({"ts": MS, "a": 1}, [("D", MOMENT, {"a": 1})]),
    ({"values": {"a": 1}}, [("D", None, {"a": 1})]),
    ([{"a": 1}, {"ts": MS, "values": {"a": 2}}], [("D", None, {"a": 1}), ("D", MOMENT, {"a": 2})]),
    ({"ts": MS, "values": {"a": 1}, "b": 2}, [("D", MOMENT, {"b": 2, "a": 1})]),
    ({"a": {"b": {"c": 1}}, "d": True}, [("D", None, {"a.b.c": 1, "d": True})]),
    ({"a": None, "b": 1}, [("D", None, {"b": 1})]),
    ({"ts": 1, "values": {"ts": 5}}, [("D", dt.datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=dt.UTC), {"ts": 5})]),
])
def test_each_device_form_is_taken(payload: Any, records: list[Any]) -> None:
    assert telemetry(payload) == (records, [])


def test_a_gateway_speaks_for_many_devices() -> None:
    payload = {"A": [{"ts": MS, "values": {"a": 1}}, {"a": 2}], "B": {"b": 3}}
    assert telemetry(payload, None) == ([("A", MOMENT, {"a": 1}), ("A", None, {"a": 2}), ("B", None, {"b": 3})], [])


@pytest.mark.parametrize(("ts", "time"), [
    (MS, MOMENT), (str(MS), MOMENT), (MS / 1000, MOMENT), (MS // 1000, MOMENT), (float(MS), MOMENT),
    ("2026-03-10T04:00:00Z", MOMENT), ("2026-03-10T12:00:00+08:00", MOMENT), ("2026-03-10 12:00:00", MOMENT),
    ("20260310T120000+0800", MOMENT), (0, None), ("", None), (None, None), ("0", None), ("  ", None),
])
def test_times_come_as_milliseconds_seconds_digits_or_iso_8601(ts: Any, time: Any) -> None:
    assert telemetry({"ts": ts, "values": {"a": 1}})[0] == [("D", time, {"a": 1})]


@pytest.mark.parametrize("ts", ["yesterday", 1e300, -1e300, True, [], {}, "9" * 20, "9999-99-99", float("nan"),
                                "0001-01-01T00:00:00+14:00", 10**40])
def test_what_is_no_time_is_said_to_be_none(ts: Any) -> None:
    ((_, time, _),), _problems = telemetry({"ts": ts, "values": {"a": 1}})
    assert isinstance(time, BadTime)


@pytest.mark.parametrize(("payload", "codes"), [
    (b"", ["empty"]), (b"  \n", ["empty"]), (b"{}", ["empty"]), (b"[]", ["empty"]), (b"hello", ["json"]),
    (b'{"a":1', ["json"]), (b'{"a":1}\x00', ["json"]), (b'{"a":"\xff"}', ["utf8"]), (b"5", ["form"]),
    (b'"text"', ["form"]), (b"null", ["form"]), (b"[1, 2]", ["form", "form"]), (b'{"a": [1, 2]}', ["form"]),
    (b'{"": 1}', ["key"]), (json.dumps({"k" * 41: 1}).encode(), ["key"]),
    (b'{"a":{"b":{"c":{"d":{"e":1}}}}}', ["depth"]), (b"[" * 1000 + b"]" * 1000, ["form"]),
    (b'{"a":' * 1000 + b"1" + b"}" * 1000, ["depth"]), (b"[" * 200_000 + b"]" * 200_000, ["depth"]),
    (b'{"a\\nb": [1]}', ["form"]), (b"\xff\xfe{\x00}\x00", ["utf8"]), (b"\xef\xbb\xbf", ["empty"]),
    (b'{"a":' * 200_000, ["depth"]), (json.dumps({f"k{n}": n for n in range(100_000)}).encode(), ["too_many"]),
    (b"\x00" * 100, ["json"]),
])
def test_what_is_no_form_is_refused_with_its_reason(payload: bytes, codes: list[str]) -> None:
    assert telemetry(payload)[1] == codes


def test_what_is_good_is_kept_beside_what_is_not() -> None:
    records, codes = telemetry([{"a": 1, "b": [1], "c": {"d": {"e": {"f": {"g": 1}}}}}, 7, {"h": 2}])
    assert [values for _, _, values in records] == [{"a": 1}, {"h": 2}]
    assert codes == ["form", "depth", "form"]


def test_a_refused_piece_says_the_same_when_it_comes_again() -> None:
    _, problems = decode_telemetry(json.dumps({"ts": MS, "values": {"a": 1, "b": [1]}}).encode(), "D", LIMITS)
    assert problems[0].payload is not None
    assert json.loads(problems[0].payload) == {"ts": MS, "values": {"b": [1]}}
    _, problems = decode_telemetry(json.dumps({"A": [{"a": 1}, 5], "B": "x"}).encode(), None, LIMITS)
    assert [json.loads(problem.payload or b"") for problem in problems] == [{"A": [5]}, {"B": "x"}]


def test_not_a_number_and_endless_numbers_spoil_only_themselves() -> None:
    ((_, _, values),), codes = telemetry(b'{"a": 0.5, "b": NaN, "c": 1e400, "d": -Infinity}')
    assert codes == []
    assert values["a"] == 0.5
    assert set(values) == {"a", "b", "c", "d"}


def test_a_byte_order_mark_is_passed_over() -> None:
    assert telemetry(b'\xef\xbb\xbf{"a": 1}') == ([("D", None, {"a": 1})], [])


def events(payload: Any, device: str | None = "D") -> tuple[list[tuple[Any, ...]], list[str]]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    contents, problems = decode_events(raw, device, LIMITS)
    return ([(name, event.kind, event.active, event.point, event.time, event.detail)
             for name, content in contents.items() for event in content.events],
            [problem.reason_code for problem in problems])


@pytest.mark.parametrize(("payload", "expected"), [
    ({"type": "fire_alarm"}, [("D", "fire_alarm", True, "", None, {})]),
    ({"type": "火警", "active": False, "ts": MS, "point": "3F", "message": "走廊"},
     [("D", "火警", False, "3F", MOMENT, {"message": "走廊"})]),
    ([{"type": "fault"}, {"type": "test", "active": 0}], [("D", "fault", True, "", None, {}),
                                                          ("D", "test", False, "", None, {})]),
    ({"type": "fault", "point": 12, "time": "2026-03-10T04:00:00Z"}, [("D", "fault", True, "12", MOMENT, {})]),
])
def test_each_event_form_is_taken(payload: Any, expected: list[Any]) -> None:
    assert events(payload) == (expected, [])


def test_a_gateway_tells_events_of_many_devices() -> None:
    told, codes = events({"A": [{"type": "fault"}], "B": {"type": "test"}, "": [{"type": "test"}]}, None)
    assert [event[:2] for event in told] == [("A", "fault"), ("B", "test")]
    assert codes == ["form"]


@pytest.mark.parametrize(("active", "meaning"), [
    (True, True), (1, True), ("true", True), ("ON", True), ("报警", True), (False, False), (0, False), ("off", False),
    ("restored", False), ("恢复", False),
])
def test_active_is_taken_in_the_words_devices_use(active: Any, meaning: bool) -> None:
    assert events({"type": "fault", "active": active})[0][0][2] is meaning


@pytest.mark.parametrize(("payload", "codes"), [
    ({}, ["event_type"]), ({"type": 5}, ["event_type"]), ({"type": " "}, ["event_type"]),
    ({"type": "fault", "active": "perhaps"}, ["event_active"]), ({"type": "fault", "active": 2}, ["event_active"]),
    ([5, {"type": "fault"}], ["form"]), ([{"type": "fault"}] * 101, ["too_many"]),
])
def test_what_is_no_event_is_refused_with_its_reason(payload: Any, codes: list[str]) -> None:
    assert events(payload)[1] == codes


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(payload: bytes) -> None:
    for device in ("D", None):
        decode_telemetry(payload, device, LIMITS)
        decode_events(payload, device, LIMITS)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
                    max_leaves=25)


@given(JSON)
def test_no_json_breaks_the_decoder_and_what_it_refuses_it_refuses_again(value: Any) -> None:
    payload = json.dumps(value).encode()
    for device in ("D", None):
        for decode in (decode_telemetry, decode_events):
            _, problems = decode(payload, device, LIMITS)
            for problem in problems:
                if problem.payload is not None:
                    _, again = decode(problem.payload, device, LIMITS)
                    assert [one.reason_code for one in again] == [problem.reason_code]


@pytest.mark.parametrize("payload", [b'{"a": 1, "a": 2, "b": 3}', b'{"a": 1, "a": 2, "b": 3, "c": NaN}'])
def test_of_a_key_that_stands_twice_the_first_is_kept_and_the_whole_message_is_told_of(payload: bytes) -> None:
    contents, problems = decode_telemetry(payload, "D", LIMITS)
    values = contents["D"].records[0].values
    assert (values["a"], values["b"]) == (1, 3)
    assert [(one.reason_code, one.payload) for one in problems] == [("twice", None)]
    assert "'a' stands twice" in problems[0].reason


@pytest.mark.parametrize("payload", [b'{"a": 1, "a": 1}', b'{"a": "x:y"}', b'{"ts": "2026-03-10T04:00:00Z", "a": 1}'])
def test_a_key_repeated_with_its_value_and_colons_in_texts_are_no_fault(payload: bytes) -> None:
    assert decode_telemetry(payload, "D", LIMITS)[1] == []


def test_a_device_named_twice_in_a_gateways_message_has_said_both() -> None:
    assert telemetry(b'{"D": {"a": 1}, "E": {"a": 2}, "D": [{"b": 3}]}', None) == (
        [("D", None, {"a": 1}), ("D", None, {"b": 3}), ("E", None, {"a": 2})], [])


@pytest.mark.parametrize("depth", [100, 500, 980, 1015])
@pytest.mark.parametrize("key", ["ts", "point", "message", "active"])
def test_an_event_is_read_however_deep_its_other_keys_are_nested(key: str, depth: int) -> None:
    payload = b'{"type": "fire_alarm", "%s": %s1%s}' % (key.encode(), b"[" * depth, b"]" * depth)
    contents, problems = decode_events(payload, "D", LIMITS)
    if key == "active":
        assert [problem.reason_code for problem in problems] == ["event_active"]
    else:
        assert ([event.kind for event in contents["D"].events], problems) == (["fire_alarm"], [])


def values(payload: bytes, *, keeps_lists: bool = False) -> dict[str, Any]:
    contents, problems = decode_telemetry(payload, "D", LIMITS, keeps_lists=keeps_lists)
    assert problems == []
    return contents["D"].records[0].values


@pytest.mark.parametrize(("written", "text"), [
    ("1E+1", "10"), ("1E1", "10"), ("101E-1", "10.1"), ("1.1", "1.1"), ("11", "11"), ("0.1", "0.1"), ("-0.0", "0"),
    ("9.9701010061400066E19", "99701010061400066000"), ("99701010061400066001", "99701010061400066001"),
    ("1E19", "10000000000000000000"), ("-1e19", "-10000000000000000000"),
    ("9223372036854775807", "9223372036854775807"),
    ("1e-7", "1e-07"), ("12345678901234567890.5", "12345678901234567890"), ("1e300", "1" + "0" * 300),
])
def test_a_number_is_kept_with_all_its_digits_and_without_its_exponent(written: str, text: str) -> None:
    """The first nine are facts of ThingsBoard's own conversion, with type casting on."""
    assert state_text(values(b'{"a": %s}' % written.encode())["a"]) == text


@pytest.mark.parametrize("digits", [4_000, 5_000, 100_000])
def test_a_number_of_any_length_spoils_only_itself(digits: int) -> None:
    found = values(b'{"battery": 5, "a": %s, "b": -%s.5}' % (b"9" * digits, b"9" * digits))
    assert found["battery"] == 5
    assert isinstance(found["a"], int) if digits == 4_000 else found["a"] == float("inf")
    assert found["b"] == -float("inf")


def test_lists_are_kept_where_thingsboard_keeps_them() -> None:
    assert values(b'{"a": [1, {"b": null}], "c": {"d": []}}', keeps_lists=True) == {"a": [1, {"b": None}], "c.d": []}
    assert state_text([1, {"b": "走廊"}, math.nan]) == '[1,{"b":"走廊"},NaN]'


@pytest.mark.parametrize(("payload", "device", "expected"), [
    ({"fw": "1.2", "ts": 5, "sn": 7}, "D", [("D", None, {"fw": "1.2", "ts": 5, "sn": 7})]),
    ({"A": {"fw": "1.2"}, "B": {"battery": 5}}, None, [("A", None, {"fw": "1.2"}), ("B", None, {"battery": 5})]),
])
def test_attributes_are_no_measurements(payload: Any, device: str | None, expected: list[Any]) -> None:
    contents, problems = decode_attributes(json.dumps(payload).encode(), device, LIMITS)
    assert problems == []
    records = [(name, record) for name, content in contents.items() for record in content.records]
    assert [(name, record.time, record.values) for name, record in records] == expected
    assert all(record.is_attributes for _, record in records)


def test_a_gateway_tells_who_is_connected() -> None:
    contents, problems = decode_connection(b'{"device": "A", "type": "smoke"}', "connected")
    assert problems == []
    assert contents["A"].records[0].values == {"gateway.connection": "connected"}
    for payload, code in ((b'{"device": 5}', "form"), (b"[]", "form"), (b"", "empty"), (b'{"device": ""}', "form"),
                          (b'{"device": "%s"}' % (b"x" * 65), "form"), (b"{", "json")):
        contents, problems = decode_connection(payload, "connected")
        assert (contents, [one.reason_code for one in problems]) == ({}, [code])


@pytest.mark.parametrize("ts", [f'"{"x" * 90_000}"', f'[{",".join("1" * 40_000)}]', f'"{" " * 90_000}1773115200000"'])
def test_a_long_time_is_not_repeated_in_each_excerpt_of_its_record(ts: str) -> None:
    limits = replace(LIMITS, values=5000)
    payload = f'{{"ts": {ts}, "values": {{{",".join(f""""k{n}": [1]""" for n in range(3000))}}}}}'.encode()
    _, problems = decode_telemetry(payload, "D", limits)
    assert len(problems) == 3000
    assert sum(len(problem.payload or b"") for problem in problems) < 3 * len(payload)


@pytest.mark.parametrize("payload", [
    b"{%s}" % b",".join(b'"D%d":[]' % number for number in range(3000)),
    b"{%s}" % b",".join(b'"D%d":{}' % number for number in range(3000)),
    b"{%s}" % b",".join(b'"D%d":{"a":null}' % number for number in range(3000)),
    b"{%s}" % b",".join(b'"D%d":5' % number for number in range(3000)),
    b"[%s]" % b",".join([b"5"] * 3000), b"[%s]" % b",".join([b'{"a":null}'] * 3000),
])
def test_pieces_that_hold_nothing_count_towards_the_limit_too(payload: bytes) -> None:
    contents, problems = decode_telemetry(payload, None if payload[:1] == b"{" else "D", LIMITS)
    assert (contents, [problem.reason_code for problem in problems]) == ({}, ["too_many"])


def test_of_many_keys_that_stand_twice_one_is_named() -> None:
    flat = ",".join(f'"a.k{number}": 1' for number in range(40))
    nested = ",".join(f'"k{number}": 2' for number in range(40))
    _, problems = decode_telemetry(f'{{{flat}, "a": {{{nested}}}}}'.encode(), "D", LIMITS)
    assert [(one.reason_code, one.payload) for one in problems] == [("twice", None)]
