"""What is stored and what is refused, and under which time. No database: a device is only its number."""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.judge import Device, EventRow, StatusRow, clean, detail_text
from ingest.messages import Message
from ingest.opening import Directory, Judged, judge_message, open_message
from ingest.vocabulary import Vocabulary, vocabulary
from policy import rules
from tests.ingest.conftest import NOW
from tests.ingest.test_gbt26875 import frame_bytes

DEVICE = Device(7, "acme", "P1", 70, "water_pressure", True, {})
DIRECTORY = Directory({("acme", "P1"): DEVICE, ("acme", "OLD"): replace(DEVICE, device_id=8, is_active=False),
                       ("acme", "P2"): replace(DEVICE, device_id=9, device_no="P2")},
                      {"acme": "active", "gone": "suspended"}, frozenset({("acme", "X1")}))
WORDS = vocabulary(rules(), NOW.date())


def judge(topic: str, payload: Any, words: Vocabulary = WORDS, **more: Any) -> Judged:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    message = Message(topic if topic.startswith("huoyan") else f"huoyan/v1/{topic}", raw, NOW, **more)
    return judge_message(open_message(message, words), DIRECTORY, words)


def readings(judged: Judged) -> list[tuple[str, float]]:
    return [(row.metric, row.value) for parcel in judged.parcels for row in parcel.readings]


def reasons(judged: Judged) -> list[tuple[str, str]]:
    return [(refusal.reason_code, refusal.reason) for refusal in judged.refusals]


@pytest.mark.parametrize(("values", "expected"), [
    ({"water_pressure": 0.5}, [("water_pressure", 0.5)]), ({"pressure_kpa": 215}, [("water_pressure", 0.215)]),
    ({"Pressure": "0.5"}, [("water_pressure", 0.5)]), ({"水压": 0.5}, [("water_pressure", 0.5)]),
    ({"water pressure": " 5e-1 "}, [("water_pressure", 0.5)]),
    ({"residual_current_a": 0.03}, [("residual_current", 30)]),
    ({"water_pressure": 0}, [("water_pressure", 0)]), ({"water_pressure": 6}, [("water_pressure", 6)]),
    ({"temp": -12.5, "rssi": -87, "battery": 100}, [("temperature", -12.5), ("signal", -87), ("battery", 100)]),
    ({"pressure": 0.5, "water_pressure": 0.5}, [("water_pressure", 0.5)]),
])
def test_values_are_brought_to_the_unit_of_their_metric(values: dict[str, Any], expected: list[Any]) -> None:
    judged = judge("acme/P1/telemetry", values)
    assert (readings(judged), reasons(judged)) == (expected, [])


@pytest.mark.parametrize(("values", "code", "words"), [
    ({"water_pressure": 9}, "range", ["water_pressure", "9 MPa", "0 to 6 MPa"]),
    ({"pressure_kpa": -1}, "range", ["pressure_kpa", "-0.001 MPa"]),
    ({"water_presure": 0.4}, "unknown_metric", ["'water_presure'", "is water_pressure meant?"]),
    ({"zzzz": 1}, "unknown_metric", ["'zzzz'"]),
    ({"battery": "low"}, "not_a_number", ["battery", "%", "'low'"]), ({"battery": True}, "not_a_number", ["True"]),
    ({"battery": ""}, "not_a_number", ["battery"]), ({"battery": "nan"}, "not_a_number", ["'nan'"]),
    ({"battery": "1_0"}, "not_a_number", ["'1_0'"]), ({"battery": "1" * 400}, "not_a_number", ["battery"]),
    ({"battery": 10**400}, "not_finite", ["inf"]),
    (b'{"battery": NaN}', "not_finite", ["battery", "nan"]), (b'{"battery": 1e400}', "not_finite", ["inf"]),
    ({"pressure": 0.5, "water_pressure": 0.6}, "twice", ["water_pressure"]),
    ({"door": "a\x00b"}, "text", ["NUL"]), (b'{"door": "\\ud800", "x": NaN}', "text", ["'door'"]),
    ({"note": "x" * 1001}, "text", ["1001 characters"]),
])
def test_a_value_that_is_not_stored_is_refused_with_a_reason_that_names_it(values: Any, code: str,
                                                                          words: list[str]) -> None:
    judged = judge("acme/P1/telemetry", values)
    told = dict(reasons(judged))
    assert code in told
    assert all(word in told[code] for word in words), told
    again = judge("acme/P1/telemetry", judged.refusals[0].payload)
    assert reasons(again)[:1] == reasons(judged)[:1] or code == "twice"


def test_one_bad_value_takes_no_good_one_along() -> None:
    judged = judge("acme/P1/telemetry", {"ts": 0, "values": {"water_pressure": 0.5, "battery": 900, "bogus": 1,
                                                             "door": "open", "lid": False}})
    assert readings(judged) == [("water_pressure", 0.5)]
    assert [(row.key, row.value) for row in judged.parcels[0].states] == [("door", "open"), ("lid", "false")]
    assert [json.loads(refusal.payload) for refusal in judged.refusals] == [
        {"ts": 0, "values": {"battery": 900}}, {"ts": 0, "values": {"bogus": 1}}]


@pytest.mark.parametrize(("topic", "code", "word"), [
    ("nobody/P1/telemetry", "unknown_vendor", "'nobody'"), ("gone/P1/telemetry", "suspended_vendor", "gone"),
    ("acme/P9/telemetry", "unknown_device", "'P9'"), ("acme/X1/telemetry", "foreign_device", "'X1'"),
    ("acme/OLD/event", "retired_device", "'OLD'"), ("acme/P1/readings", "topic", "'readings'"),
    ("acme/P1", "topic", "huoyan/v1/VENDOR/DEVICE"), ("huoyan/v2/acme/P1/telemetry", "topic", "huoyan/v1"),
    ("acme//telemetry", "topic", "empty"), ("acme/gateway/gbt26875", "topic", "gateway"),
])
def test_who_may_not_speak_is_refused_whole(topic: str, code: str, word: str) -> None:
    judged = judge(topic, {"water_pressure": 0.5, "bogus": 1})
    assert judged.parcels == []
    ((found, reason),) = reasons(judged)
    assert found == code
    assert word in reason
    assert json.loads(judged.refusals[0].payload) == {"water_pressure": 0.5, "bogus": 1}


def test_a_gateway_may_speak_for_known_devices_beside_unknown_ones() -> None:
    judged = judge("acme/gateway/telemetry", {"P1": [{"water_pressure": 0.5}], "P2": {"battery": 3, "bogus": 1},
                                              "P9": [{"battery": 1}], "X1": [{"battery": 1}]})
    assert [(parcel.device.device_no, len(parcel.readings)) for parcel in judged.parcels] == [("P1", 1), ("P2", 1)]
    assert [(refusal.reason_code, json.loads(refusal.payload)) for refusal in judged.refusals] == [
        ("unknown_metric", {"P2": [{"values": {"bogus": 1}}]}), ("unknown_device", {"P9": [{"battery": 1}]}),
        ("foreign_device", {"X1": [{"battery": 1}]})]


def test_a_payload_beyond_the_limit_is_refused_and_says_how_long_it_was() -> None:
    judged = judge("acme/P1/telemetry", b'{"water_', payload_bytes=10_000_000)
    assert reasons(judged) == [("too_large", "the payload has 10000000 bytes; 8 are allowed, the rest was not kept")]


@pytest.mark.parametrize(("shift", "code"), [
    (dt.timedelta(minutes=9), None), (dt.timedelta(minutes=11), "clock"), (-dt.timedelta(days=89), None),
    (-dt.timedelta(days=91), "clock"), (dt.timedelta(days=365 * 7900), "clock"),
    (-dt.timedelta(days=365 * 10), "clock"),
])
def test_a_reading_under_a_doubtful_time_is_refused(shift: dt.timedelta, code: str | None) -> None:
    judged = judge("acme/P1/telemetry", {"ts": (NOW + shift).isoformat(), "values": {"battery": 5}})
    assert [found for found, _ in reasons(judged)] == ([code] if code else [])
    if code is None:
        assert judged.parcels[0].readings[0].ts == NOW + shift


def test_readings_without_time_go_by_the_time_of_receipt_each_a_microsecond_on() -> None:
    judged = judge("acme/P1/telemetry", [{"battery": 5}, {"ts": 0, "battery": 6}, {"battery": 500}, {"battery": 7}])
    rows = judged.parcels[0].readings
    assert [(row.ts - NOW) // dt.timedelta(microseconds=1) for row in rows] == [0, 1, 3]
    again = judge_message(open_message(Message("huoyan/v1/acme/P1/telemetry", judged.refusals[0].payload,
                                               judged.refusals[0].received_at), WORDS), DIRECTORY, WORDS)
    assert again.refusals[0].received_at == NOW + dt.timedelta(microseconds=2)


@pytest.mark.parametrize(("ts", "row_ts", "device_ts"), [
    ("2026-03-10T03:59:00Z", "2026-03-10T03:59:00Z", "2026-03-10T03:59:00Z"),
    ("2026-03-04T04:00:00Z", "2026-03-04T04:00:00Z", "2026-03-04T04:00:00Z"),
    ("2017-06-22T10:12:13Z", "2026-03-10T04:00:00Z", "2017-06-22T10:12:13Z"),
    ("2026-03-10T05:00:00Z", "2026-03-10T04:00:00Z", "2026-03-10T05:00:00Z"),
    (0, "2026-03-10T04:00:00Z", None), (None, "2026-03-10T04:00:00Z", None), ("noon", "2026-03-10T04:00:00Z", None),
    ([], "2026-03-10T04:00:00Z", None),
])
def test_an_event_is_stored_whatever_its_clock_says(ts: Any, row_ts: str, device_ts: str | None) -> None:
    judged = judge("acme/P1/event", {"type": "fire_alarm", "ts": ts})
    (row,) = judged.parcels[0].reports
    assert isinstance(row, EventRow)
    assert row.ts == dt.datetime.fromisoformat(row_ts)
    assert row.device_ts == (dt.datetime.fromisoformat(device_ts) if device_ts else None)
    assert judged.refusals == []


@pytest.mark.parametrize(("word", "kind"), [
    ("fire_alarm", "fire_alarm"), ("火警", "fire_alarm"), ("Fire Alarm", "fire_alarm"), ("主电故障", "mains_fault"),
    ("通讯故障", "comm_fault"), ("GAS-ALARM", "gas_alarm"),
])
def test_event_types_are_taken_as_code_or_in_words(word: str, kind: str) -> None:
    (row,) = judge("acme/P1/event", {"type": word}).parcels[0].reports
    assert isinstance(row, EventRow)
    assert row.kind == kind


def test_an_unknown_event_type_is_refused_alone() -> None:
    judged = judge("acme/P1/event", [{"type": "party"}, {"type": "fault"}])
    assert len(judged.parcels[0].reports) == 1
    assert reasons(judged)[0][0] == "event_type"
    assert json.loads(judged.refusals[0].payload) == {"type": "party"}


@pytest.mark.parametrize("detail", [{"m": "x" * 9000}, {"m": "a\x00b"}, {"m": [[[1]]]}, {"m": 1e308 * 10}])
def test_no_detail_of_an_event_is_a_reason_to_refuse_it(detail: dict[str, Any]) -> None:
    judged = judge("acme/P1/event", {"type": "fire_alarm", "point": "a\x00b" * 100, **detail})
    (row,) = judged.parcels[0].reports
    assert isinstance(row, EventRow)
    assert "\\u0000" not in row.detail
    assert len(row.detail) < 9000
    assert "\x00" not in row.point
    assert len(row.point) <= 200


def test_only_what_goes_by_the_time_of_receipt_needs_a_delivery_key() -> None:
    def key(payload: Any, packet: int) -> bytes | None:
        return judge("acme/P1/telemetry", payload, packet_id=packet).parcels[0].delivery_key

    assert key({"ts": NOW.isoformat(), "values": {"battery": 5}}, 1) is None
    assert key({"battery": 5}, 1) is not None
    assert key({"battery": 5}, 1) == key({"battery": 5}, 1)
    assert key({"battery": 5}, 1) != key({"battery": 5}, 2)
    assert key({"battery": 5}, 0) is None


def test_gb_t_readings_of_one_second_stand_a_millisecond_apart() -> None:
    tag = bytes([0, 0, 12, 10, 3, 26])
    objects = b"".join(bytes([1, 1, 0, point, 0, 0, 0, 5]) + (4000 + point).to_bytes(2, "little") + tag
                       for point in (1, 2, 3))
    judged = judge("acme/P1/gbt26875", frame_bytes(unit=bytes([3, 3]) + objects))
    rows = judged.parcels[0].readings
    assert [(row.ts - NOW) // dt.timedelta(milliseconds=1) for row in rows] == [0, 1, 2]
    assert judged.parcels[0].resend_key is None


def test_a_gb_t_reading_out_of_range_is_refused_as_its_frame() -> None:
    raw = frame_bytes(unit=bytes([3, 1, 1, 1, 0, 1, 0, 0, 0, 4]) + (30000).to_bytes(2, "little") + bytes(6))
    judged = judge("acme/P1/gbt26875", b"junk" + raw, packet_id=3)
    assert [refusal.reason_code for refusal in judged.refusals] == ["gbt_no_frame", "range"]
    assert [refusal.payload for refusal in judged.refusals] == [b"junk", raw]


def test_a_gb_t_status_goes_by_the_time_of_receipt_where_its_clock_is_years_off() -> None:
    raw = frame_bytes(unit=bytes([21, 1, 2, 0, 0, 12, 10, 3, 12]))
    (parcel,) = judge("acme/P1/gbt26875", raw.hex().encode(), packet_id=3).parcels
    (status,) = parcel.reports
    assert isinstance(status, StatusRow)
    assert (status.on, status.row.ts) == (("fire_alarm",), NOW)
    assert status.row.device_ts == dt.datetime(2012, 3, 10, 4, 0, tzinfo=dt.UTC)
    assert parcel.resend_key is not None
    assert parcel.delivery_key is not None


@given(st.sampled_from(["telemetry", "event", "gbt26875"]), st.sampled_from(["P1", "gateway"]),
       st.binary(max_size=120) | st.text(max_size=60).map(str.encode))
def test_every_message_is_stored_or_refused_and_none_breaks_the_judge(form: str, device: str, payload: bytes) -> None:
    judged = judge(f"acme/{device}/{form}", payload)
    assert judged.parcels or judged.refusals
    for refusal in judged.refusals:
        assert refusal.reason
        assert "\n" not in refusal.reason


@given(st.text(max_size=50), st.integers(1, 30))
def test_cleaned_texts_can_be_stored(text: str, longest: int) -> None:
    cleaned = clean(text + "\x00\ud800", longest)
    assert len(cleaned) <= longest
    assert "\x00" not in cleaned
    cleaned.encode()
    assert json.loads(detail_text({"m": text + "\x00"}, 40))


def test_a_fire_with_a_detail_nested_too_deeply_is_still_a_fire() -> None:
    judged = judge("acme/P1/event", b'{"type": "fire_alarm", "x": %s1%s}' % (b"[" * 1000, b"]" * 1000))
    (row,) = judged.parcels[0].reports
    assert isinstance(row, EventRow)
    assert (row.kind, json.loads(row.detail)["cut"]) == ("fire_alarm", True)


def test_minus_zero_is_zero() -> None:
    ((_, value),) = readings(judge("acme/P1/telemetry", b'{"water_pressure": -0.0}'))
    assert str(value) == "0.0"


def test_thousands_of_unknown_devices_and_keys_are_refused_in_time_that_grows_with_their_number() -> None:
    taken = []
    for many in (490, 4900):
        began = time.process_time()
        devices = judge("acme/gateway/telemetry", {f"D{number}": {"temperature": 1} for number in range(many)})
        keys = judge("acme/P1/telemetry", {f"key{number}": number for number in range(many)})
        taken.append(time.process_time() - began)
        assert [len(devices.refusals), len(keys.refusals)] == [many, many]
        assert json.loads(devices.refusals[7].payload) == {"D7": {"temperature": 1}}
    assert taken[1] < 60 * max(taken[0], 0.01), "a square would be a hundred times"


def test_a_gateway_part_of_a_message_that_is_not_strict_json_is_still_cut_out() -> None:
    judged = judge("acme/gateway/telemetry", b'{"P9": {"temperature": NaN}, "\\ud800": {"temperature": 1}}')
    assert [json.loads(one.payload).keys() for one in judged.refusals] == [{"P9"}, {"\ud800"}]


def test_what_frames_hold_beyond_the_limit_of_a_message_waits_in_quarantine_frame_by_frame() -> None:
    # A hundred systems with all thirteen conditions set: 1,300 events in each frame.
    units = [bytes([1, 100]) + b"".join(bytes([system, part, 0xFF, 0xFF]) + bytes(6) for part in range(100))
             for system in range(5)]
    frames = [frame_bytes(unit=unit, serial=number) for number, unit in enumerate(units)]
    judged = judge("acme/P1/gbt26875", b"".join(frames))
    assert [code for code, _ in reasons(judged)] == ["too_many", "too_many"]
    assert [one.payload for one in judged.refusals] == frames[3:]
    assert [len(parcel.reports) for parcel in judged.parcels] == [100, 100, 100, 0, 0]


def states(judged: Judged) -> dict[str, str]:
    return {row.key: row.value for parcel in judged.parcels for row in parcel.states}


def on(topic: str, payload: Any, settings: dict[str, Any], **more: Any) -> Judged:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
    directory = Directory({("acme", "P1"): replace(DEVICE, settings=settings)}, {"acme": "active"})
    return judge_message(open_message(Message(f"huoyan/v1/acme/{topic}", raw, NOW, **more), WORDS), directory, WORDS)


def test_on_thingsboards_topics_a_number_under_an_unknown_key_is_a_state_unless_it_looks_misspelt() -> None:
    payload = (b'{"uptime": 1E+1, "water_presure": 0.4, "list": [1, 2], "voltage_b": 1.5, "temperature2": 20, '
               b'"x": 1e400}')
    judged = judge("acme/P1/v1/devices/me/telemetry", payload)
    assert states(judged) == {"uptime": "10", "list": "[1,2]", "voltage_b": "1.5", "temperature2": "20"}
    assert [code for code, _ in reasons(judged)] == ["unknown_metric", "not_finite"]
    assert "is water_pressure meant?" in reasons(judged)[0][1]
    assert [code for code, _ in reasons(judge("acme/P1/telemetry", payload))] == ["form"] + ["unknown_metric"] * 5


@pytest.mark.parametrize(("topic", "payload", "device", "told"), [
    ("P1/v1/devices/me/telemetry", {"battery": 5}, "P1", {}), ("P1/v2/t", {"battery": 5}, "P1", {}),
    ("P1/v1/devices/me/telemetry", [{"ts": "2026-03-10T04:00:00Z", "values": {"battery": 5}}], "P1", {}),
    ("anything/v1/gateway/telemetry", {"P1": [{"ts": 0, "values": {"battery": 5}}]}, "P1", {}),
    ("P1/v1/devices/me/attributes", {"fw": "1.2", "battery": 5}, "P1", {"fw": "1.2", "battery": "5"}),
    ("g/v1/gateway/attributes", {"P1": {"fw": {"major": 1}}}, "P1", {"fw.major": "1"}),
    ("g/v1/gateway/connect", {"device": "P1"}, "P1", {"gateway.connection": "connected"}),
    ("g/v1/gateway/disconnect", {"device": "P1"}, "P1", {"gateway.connection": "disconnected"}),
])
def test_thingsboards_topics_are_taken(topic: str, payload: Any, device: str, told: dict[str, str]) -> None:
    judged = judge(f"acme/{topic}", payload, packet_id=5)
    assert reasons(judged) == []
    assert [parcel.device.device_no for parcel in judged.parcels] == [device]
    assert states(judged) == told
    assert readings(judged) == ([] if told else [("battery", 5)])
    assert all(parcel.delivery_key for parcel in judged.parcels if told)


@pytest.mark.parametrize("topic", ["g/v1/gateway/rpc", "P1/v1/devices/me/attributes/request/1",
                                   "P1/v1/devices/me/claim", "P1/v2/x", "g/v1/gateway/attributes/request"])
def test_what_is_asked_of_a_thingsboard_is_not_answered_and_that_is_said(topic: str) -> None:
    ((code, reason),) = reasons(judge(f"acme/{topic}", {"id": 1}))
    assert code == "topic"
    assert "not answered" in reason


def test_an_unknown_device_that_connects_is_refused_with_the_whole_message() -> None:
    judged = judge("acme/g/v1/gateway/connect", {"device": "P9"})
    assert reasons(judged)[0][0] == "unknown_device"
    assert json.loads(judged.refusals[0].payload) == {"device": "P9"}


def test_the_settings_of_a_device_say_what_its_keys_mean() -> None:
    settings = {"json": {"unknown_numbers": "state", "keys": {
        "P": {"metric": "water_pressure", "factor": 0.001}, "di3": {"event": "火警", "point": "3F"},
        "di4": {"event": "fault", "point": "3F", "inverted": True}, "up": {"ignore": True}, "x": {"metric": "bogus"},
        "y": {"event": "bogus"}, "z": {"event": "fault"}}}}
    judged = on("P1/telemetry", {"P": 215, "di3": 1, "di4": "normal", "up": 9, "n": 4, "x": 1, "y": 1, "z": "perhaps"},
                settings)
    assert readings(judged) == [("water_pressure", 0.215)]
    assert states(judged) == {"di3": "1", "di4": "normal", "n": "4"}
    (status,) = judged.parcels[0].reports
    assert isinstance(status, StatusRow)
    assert (status.row.point, status.on, status.covers) == ("3F", ("fire_alarm", "fault"), ("fire_alarm", "fault"))
    assert [code for code, _ in reasons(judged)] == ["unknown_metric", "event_type", "event_active"]


@pytest.mark.parametrize("settings", [{"json": 5}, {"json": {"keys": 5}}, {"json": {"keys": {"battery": 5}}},
                                      {"clock": 5}, {"json": {"unknown_numbers": 7}}, {"json": None, "clock": {}}])
def test_settings_that_are_none_change_nothing(settings: dict[str, Any]) -> None:
    judged = on("P1/telemetry", {"battery": 5, "zzz": 1}, settings)
    assert readings(judged) == [("battery", 5)]
    assert [code for code, _ in reasons(judged)] == ["unknown_metric"]


@pytest.mark.parametrize(("fire", "fault"), [(True, False), (1, 0), (1.0, "0"), ("on", "off"), ("报警", "正常")])
def test_a_fire_told_as_a_value_is_a_fire_and_its_end_the_restore(fire: Any, fault: Any) -> None:
    judged = judge("acme/P1/telemetry", {"fire_alarm": fire, "Bus Fault": fault, "shielded": True})
    (status,) = judged.parcels[0].reports
    assert isinstance(status, StatusRow)
    assert (status.on, status.covers) == (("fire_alarm",), ("fire_alarm", "bus_fault"))
    assert (len(states(judged)), reasons(judged)) == (3, [])


@pytest.mark.parametrize("values", [{"alarm": True}, {"fire_alarm": "perhaps"}, {"fault": 3}, {"shielded": True},
                                    {"fault": None}, {"fire_alarm": math.nan}])
def test_what_does_not_plainly_say_that_something_burns_is_no_alarm(values: dict[str, Any]) -> None:
    assert judge("acme/P1/telemetry", values).parcels[0].reports == []


def test_no_clock_holds_back_a_fire_that_is_told_as_a_value() -> None:
    judged = judge("acme/P1/telemetry", {"ts": "2031-01-01T00:00:00Z", "values": {"fire_alarm": True, "battery": 5}})
    (status,) = judged.parcels[0].reports
    assert isinstance(status, StatusRow)
    assert (status.on, status.row.ts, status.row.device_ts) == (
        ("fire_alarm",), NOW, dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
    assert (readings(judged), [code for code, _ in reasons(judged)]) == ([], ["clock"])


def test_a_reading_of_a_clock_that_was_never_set_goes_by_receipt_and_both_times_are_kept() -> None:
    judged = judge("acme/P1/telemetry", [{"ts": 60_000, "battery": 5}, {"ts": 123_000, "battery": 6}, {"battery": 7}],
                   packet_id=4)
    (parcel,) = judged.parcels
    assert [((row.ts - NOW) / dt.timedelta(seconds=1), row.value) for row in parcel.readings] == [
        (-63, 5), (0.000001, 6), (0.000002, 7)]
    assert states(judged) == {"huoyan.clock": "1970-01-01T00:02:03.000Z"}
    assert parcel.delivery_key is not None
    assert reasons(judged) == []


@pytest.mark.parametrize(("clock", "ts", "row", "told"), [
    ("receive", "2026-03-10T12:00:00Z", NOW, "2026-03-10T12:00:00.000Z"), ("receive", "yesterday", NOW, "yesterday"),
    ("receive", "2026-03-10T03:59:00Z", NOW, None),
    ("receive", "2019-03-10T03:59:00Z", NOW, "2019-03-10T03:59:00.000Z"),
    ("trust", "2025-03-10T04:00:00Z", NOW - dt.timedelta(days=365), None),
    ("trust", "2026-03-10T12:00:00Z", None, None),
    ("trust", "2019-03-10T03:59:00Z", None, None), ("trust", "yesterday", None, None),
    ("trust", 1000, NOW, "1970-01-01T00:00:01.000Z"),
])
def test_a_devices_setting_says_how_far_its_clock_is_believed(clock: str, ts: Any, row: dt.datetime | None,
                                                             told: str | None) -> None:
    judged = on("P1/telemetry", {"ts": ts, "values": {"battery": 5}}, {"clock": clock})
    assert [one.ts for one in judged.parcels[0].readings] == ([] if row is None else [row])
    assert states(judged) == ({} if told is None else {"huoyan.clock": told})
    assert bool(judged.refusals) == (row is None)


def test_an_event_of_a_device_whose_clock_is_not_believed_goes_by_receipt() -> None:
    fire = {"type": "fire_alarm", "ts": "2026-03-10T03:00:00Z"}
    (row,) = on("P1/event", fire, {"clock": "receive"}).parcels[0].reports
    assert isinstance(row, EventRow)
    assert (row.ts, row.device_ts) == (NOW, NOW - dt.timedelta(hours=1))


def test_unset_clocks_that_lie_too_far_apart_are_refused() -> None:
    judged = judge("acme/P1/telemetry", [{"ts": 1000, "battery": 5}, {"ts": "2000-01-01T00:00:00Z", "battery": 6}])
    assert [row.value for row in judged.parcels[0].readings] == [6]
    assert [code for code, _ in reasons(judged)] == ["clock"]


def test_a_clock_eight_hours_ahead_is_told_why() -> None:
    judged = judge("acme/P1/telemetry", {"ts": "2026-03-10T12:00:05Z", "values": {"battery": 5}})
    assert reasons(judged)[0][1].endswith("is China's time sent as UTC?")


def test_what_a_hostile_message_costs_grows_with_its_length() -> None:
    def cost(payload: bytes) -> tuple[int, int]:
        judged = judge("acme/P1/telemetry", payload)
        return len(judged.refusals), sum({id(one.payload): len(one.payload) for one in judged.refusals}.values())

    for make in (lambda n: b'{"ts": "%s1773115200000", "values": {%s}}' % (
                     b" " * 20 * n, b",".join(b'"k%d": 1' % k for k in range(n))),
                 lambda n: b"[%s]" % b",".join(b'{"ts": "2031-01-01", "k%d": 1}' % k for k in range(n)),
                 lambda n: b"{%s}" % b",".join(b'"k%d": %s' % (k, b'{"a":' * 9 + b"1" + b"}" * 9) for k in range(n))):
        (few, small), (many, large) = cost(make(400)), cost(make(1600))
        assert many == 4 * few > 0
        assert large < 5 * small
