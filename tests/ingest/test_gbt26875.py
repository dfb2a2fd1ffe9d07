"""GB/T 26875.3 bytes to meaning. The frames of ``fixtures/gbt26875_frames.jsonl`` are public; each names its source."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gbt26875 import BadBytes, BadUnit, DeviceSettings, Frame, find_frames, frame_bytes, payload_bytes, report
from ingest.gbt26875.text import text_of
from ingest.gbt26875.units import VendorObject, read_unit
from ingest.messages import EventReport, Reading, StateReport, StatusReport

LINES = (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(encoding="utf-8").splitlines()
PUBLIC = [json.loads(line) for line in LINES]
TAG = bytes([30, 15, 10, 8, 3, 26])  # 2026-03-08 10:15:30 in China
PLAIN = DeviceSettings()


def one(raw: bytes) -> Frame:
    (frame,) = find_frames(raw)
    assert isinstance(frame, Frame), frame
    return frame


def reports(number: int) -> list[Any]:
    told = report(one(bytes.fromhex(PUBLIC[number]["hex"])), PLAIN)
    assert not isinstance(told, BadUnit)
    return told


def china(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.timezone(dt.timedelta(hours=8)))  # type: ignore[arg-type, misc]


@pytest.mark.parametrize("number", range(len(PUBLIC)))
def test_every_public_frame_is_taken_or_refused_as_its_source_says(number: int) -> None:
    found = find_frames(bytes.fromhex(PUBLIC[number]["hex"]))
    if PUBLIC[number]["checksum_ok"]:
        assert [type(one) for one in found] == [Frame]
    else:
        assert isinstance(found[0], BadBytes)
        assert found[0].reason_code == "gbt_checksum"


# number of the frame -> (point, conditions set, event time, word of its description), as the source states them
STATUSES = {
    0: ("1/1/40/10-2", ("fire_alarm",), china(2012, 9, 26, 9, 58, 2), None),
    2: ("", ("mains_fault",), china(2012, 9, 26, 9, 58, 2), None),
    5: ("", ("mains_fault",), china(2012, 9, 26, 9, 58, 2), None),
    7: ("203/2", ("mains_fault", "manual_mode"), china(2017, 6, 22, 10, 12, 13), None),
    8: ("19/4/85/257-4", ("started",), china(2017, 6, 22, 13, 36, 46), "常闭门"),
    9: ("1/3/0/217-6", ("fire_alarm",), china(2020, 8, 1, 19, 18, 48), "Ａ区１层呷哺走廊"),
    12: ("1/1/0/55-10", ("fault",), china(2022, 7, 12, 14, 52, 45), None),
    13: ("1/1/0/55-10", (), china(2022, 7, 12, 14, 52, 56), None),
    14: ("", ("fault", "standby_fault"), china(2022, 7, 12, 16, 42, 14), None),
    16: ("1/0/0/35579-1", ("fire_alarm",), china(2021, 10, 28, 10, 35, 44), None),
    17: ("1/1/23/5-101", ("fire_alarm",), china(2019, 10, 21, 22, 16, 12), None),
}


@pytest.mark.parametrize("number", STATUSES)
def test_public_status_frames_say_what_their_source_says(number: int) -> None:
    point, on, time, description = STATUSES[number]
    (status,) = reports(number)
    assert (status.point, status.on, status.time) == (point, on, time)
    assert description is None or description in status.detail["description"]


def test_the_other_public_frames_say_what_their_source_says() -> None:
    assert [reports(number) for number in (1, 6, 11, 15)] == [[], [], [], []]  # confirm, duty check, hello, heartbeat
    (answer,) = reports(3)
    assert (answer.kind, answer.active, answer.detail["operator"]) == ("duty_answer", True, 1)
    assert reports(4)[0].value == "2012-09-26T09:58:02+08:00"
    analog = reports(18)
    assert [one.value for one in analog] == ["134", "11", "3914", 0.0, "11", "3914"]
    assert analog[3].metric == "water_pressure"
    assert [type(one) for one in analog] == [StateReport] * 3 + [Reading] + [StateReport] * 2


@given(st.binary(max_size=300))
def test_no_bytes_break_the_decoder_and_none_is_lost(data: bytes) -> None:
    found = find_frames(data)
    assert b"".join(one.raw for one in found) == data
    for frame in found:
        if isinstance(frame, Frame):
            report(frame, PLAIN)


@given(st.integers(0, 255), st.binary(max_size=120))
def test_no_data_unit_breaks_the_reader(command: int, unit: bytes) -> None:
    told = report(one(frame_bytes(command=command, unit=unit, sent=TAG)), PLAIN)
    assert isinstance(told, BadUnit | list)


@given(st.lists(st.one_of(
    st.builds(lambda unit, serial: frame_bytes(unit=unit, serial=serial), st.binary(max_size=60),
              st.integers(0, 65535)),
    st.binary(max_size=20).filter(lambda junk: b"@" not in junk)), max_size=6))
def test_every_good_frame_between_junk_is_found(parts: list[bytes]) -> None:
    good = [part for part in parts if part.startswith(b"@@")]
    found = find_frames(b"".join(parts))
    assert [one.raw for one in found if isinstance(one, Frame)] == good


def test_a_damaged_length_does_not_swallow_the_frame_behind_it() -> None:
    first, second = frame_bytes(unit=b"\x10"), frame_bytes(unit=b"\x15\x01\x02" + TAG)
    damaged = bytearray(first)
    damaged[24] = 40  # claims more than it has, and reaches into the next frame
    found = find_frames(bytes(damaged) + second)
    assert [type(one) for one in found] == [BadBytes, Frame]
    assert found[1].raw == second


def test_a_sum_of_23_before_the_end_mark_and_23_23_inside_are_no_end() -> None:
    for serial in range(256):
        raw = frame_bytes(serial=serial, unit=b"##@@##")
        if raw[-3] == 0x23:
            assert one(raw).unit == b"##@@##"
            return
    raise AssertionError("no serial number gave the sum 23")


def test_many_false_starts_do_not_stall_the_decoder() -> None:
    found = find_frames(b"@@" * 100_000 + b"##")
    assert len(found) == 1
    assert isinstance(found[0], BadBytes)


@pytest.mark.parametrize(("raw", "code"), [
    (b"", None), (b"hello", "gbt_no_frame"), (b"@@\x01", "gbt_cut_short"),
    (frame_bytes()[:-2] + b"\x23\x24", "gbt_end_mark"), (frame_bytes(unit=b"x")[:-4] + b"##", "gbt_cut_short"),
    (frame_bytes()[:24] + b"12" + frame_bytes()[26:], "gbt_length"),
])
def test_what_is_no_frame_is_refused_with_its_reason(raw: bytes, code: str | None) -> None:
    assert [one.reason_code for one in find_frames(raw) if isinstance(one, BadBytes)] == ([code] if code else [])


@pytest.mark.parametrize("text", ["{}", "0x{}", " {}\n", "{}\r\n{}"])
def test_hex_text_is_taken_like_bytes(text: str) -> None:
    raw = frame_bytes(unit=b"\x15\x01\x02" + TAG)
    payload = text.replace("{}", raw.hex(" ")).encode()
    assert {one.raw for one in find_frames(payload_bytes(payload)) if isinstance(one, Frame)} == {raw}
    assert payload_bytes(raw) == raw


@pytest.mark.parametrize("status", [0b10, 0b11])
def test_bit_0_never_hides_a_fire(status: int) -> None:
    unit = bytes([2, 1, 1, 1, 40, 5, 0, 6, 0, status, 0]) + bytes(31) + TAG
    (told,) = report(one(frame_bytes(unit=unit)), PLAIN)  # type: ignore[misc]
    assert told.on == ("fire_alarm",)
    assert told.time == china(2026, 3, 8, 10, 15, 30)


def test_every_set_bit_is_told_and_reserved_bits_are_not() -> None:
    unit = bytes([1, 1, 1, 1]) + (0xFFFF).to_bytes(2, "little") + TAG
    (told,) = report(one(frame_bytes(unit=unit)), PLAIN)  # type: ignore[misc]
    assert told.on == told.covers
    assert len(told.on) == 13


@pytest.mark.parametrize("size", [15, 16, 46])
def test_component_statuses_come_with_and_without_description(size: int) -> None:
    body = bytes([1, 1, 40, 5, 0, 6, 0, 2, 0]).ljust(size - 6, b" ") + TAG
    told = report(one(frame_bytes(unit=bytes([2, 2]) + body * 2)), PLAIN)
    assert [status.on for status in told] == [("fire_alarm",)] * 2  # type: ignore[union-attr]
    assert [status.time for status in told] == [china(2026, 3, 8, 10, 15, 30)] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize("unit", [bytes([2, 0]), bytes([2, 0]) + bytes(46), bytes([2, 3]) + bytes(46), bytes([1, 1, 5]),
                                  bytes([26, 1, 200, 65])])
def test_a_data_unit_whose_count_and_length_disagree_is_refused(unit: bytes) -> None:
    assert isinstance(report(one(frame_bytes(unit=unit)), PLAIN), BadUnit)


@pytest.mark.parametrize(("quantity", "component", "raw", "metric", "value"), [
    (5, 0, 4500, "water_pressure", 0.45), (4, 0, 3, "water_pressure", 0.3), (2, 92, 235, "water_level", 2.35),
    (3, 31, -105, "temperature", -10.5), (3, 18, 655, "cable_temperature", 65.5), (6, 10, 123, "gas_lel", 12.3),
    (8, 0, 2201, "voltage", 220.1), (9, 0, 57, "current", 5.7), (9, 17, 3, "residual_current", 300.0),
    (10, 96, 52, "flow", 5.2), (1, 0, 7, "event_count", 7.0),
])
def test_analog_values_become_metrics_in_their_units(quantity: int, component: int, raw: int, metric: str,
                                                      value: float) -> None:
    unit = bytes([3, 1, 1, 1, component, 0, 0, 0, 0, quantity]) + raw.to_bytes(2, "little", signed=True) + TAG
    (told,) = report(one(frame_bytes(unit=unit)), PLAIN)  # type: ignore[misc]
    assert (told.metric, told.value) == (metric, value)


def test_a_device_may_have_its_own_scale_and_word_order() -> None:
    settings = DeviceSettings.of({"gbt26875": {"point_word_first": True,
                                               "analog": {"9": {"metric": "residual_current", "factor": 1}, "x": {}}}})
    unit = bytes([3, 1, 1, 1, 17, 0, 0, 0, 0, 9]) + (285).to_bytes(2, "little") + TAG
    (told,) = report(one(frame_bytes(unit=unit)), settings)  # type: ignore[misc]
    assert (told.metric, told.value) == ("residual_current", 285.0)
    unit = bytes([2, 1, 1, 1, 40, 5, 0, 6, 0, 2, 0]) + bytes(31) + TAG
    (status,) = report(one(frame_bytes(unit=unit)), settings)  # type: ignore[misc]
    assert status.point == "1/1/40/6-5"
    assert DeviceSettings.of({"gbt26875": "nonsense"}) == PLAIN


def test_a_manual_alarm_is_a_fire_and_its_clearing_a_restore() -> None:
    told = report(one(frame_bytes(unit=bytes([4, 1, 1, 1, 0b1100, 7]) + TAG)), PLAIN)
    assert [(event.kind, event.active, event.point) for event in told] == [  # type: ignore[union-attr]
        ("fire_alarm", True, "1/1/manual"), ("fire_alarm", False, "1/1/manual")]


def test_what_the_standard_leaves_to_vendors_is_kept_as_hex() -> None:
    unit = bytes([204, 1, 9, 9])
    (told,) = report(one(frame_bytes(unit=unit, sent=TAG)), PLAIN)  # type: ignore[misc]
    assert isinstance(told, EventReport)
    assert (told.kind, told.detail["type"], told.detail["hex"]) == ("vendor_data", 204, unit.hex())
    raw = frame_bytes(command=0xFE, unit=b"beat")
    (told,) = report(one(raw), PLAIN)  # type: ignore[misc]
    assert told.detail["hex"] == raw.hex()
    assert isinstance(report(one(frame_bytes(command=9)), PLAIN), BadUnit)
    assert isinstance(read_unit(bytes([12, 1, 1]))[0], VendorObject)  # type: ignore[index]


def test_types_134_to_136_restore_unless_the_device_is_known_to_mean_something_else() -> None:
    raw = frame_bytes(unit=bytes([135, 1, 1, 1, 40, 5, 0, 6, 0, 2, 0]) + bytes(31) + TAG)
    (told,) = report(one(raw), PLAIN)  # type: ignore[misc]
    assert isinstance(told, StatusReport)
    assert (told.point, told.on) == ("1/1/40/5-6", ())
    assert "fire_alarm" in told.covers
    (raw_told,) = report(one(raw), DeviceSettings.of({"gbt26875": {"restored_types": False}}))  # type: ignore[misc]
    assert raw_told.kind == "vendor_data"
    other = frame_bytes(unit=bytes([135, 1, 7, 7, 7]))
    assert [event.kind for event in report(one(other), PLAIN)] == ["vendor_data"]  # type: ignore[union-attr]


def texts(unit: bytes) -> list[tuple[str, str]]:
    told = report(one(frame_bytes(unit=unit)), PLAIN)
    assert not isinstance(told, BadUnit)
    return [(state.key, state.value) for state in told if isinstance(state, StateReport)]


@pytest.mark.parametrize("more", [b"", TAG])
def test_versions_configurations_and_clocks_are_kept_as_texts(more: bytes) -> None:
    text = "一层".encode("gb18030")
    assert texts(bytes([5, 1, 1, 1, 3, 14]) + more) == [("gbt.1/1.version", "3.14")]
    assert texts(bytes([25, 1, 2, 9]) + more) == [("gbt.device.version", "2.9")]
    assert texts(bytes([6, 2, 1, 1, len(text)]) + text + more + bytes([1, 2, 0]) + more) == [
        ("gbt.1/1.configuration", "一层"), ("gbt.1/2.configuration", "")]
    assert texts(bytes([26, 1, len(text)]) + text + more) == [("gbt.device.configuration", "一层")]
    assert texts(bytes([7, 1, 1, 1, 40, 5, 0, 6, 0]) + text.ljust(31, b"\0") + more) == [
        ("gbt.1/1/40/05000600.configuration", "一层")]
    assert texts(bytes([8, 1, 1, 1]) + TAG + more) == [("gbt.1/1.clock", "2026-03-08T10:15:30+08:00")]
    assert texts(bytes([28, 1]) + TAG + more) == [("gbt.device.clock", "2026-03-08T10:15:30+08:00")]


@pytest.mark.parametrize(("raw", "text"), [
    ("三层走廊".encode("gb18030") + bytes(10), "三层走廊"), (bytes(4) + "门".encode("gb18030"), "门"),
    ("泵房".encode("gb18030") + b"\x00stale", "泵房"), (b"\x02A1", "A1"), (b"\xff\xfe\xfd", "��"),
    ("长".encode("gb18030") * 15 + b"\xb3", "长" * 15 + "�"),
])
def test_descriptions_are_gb_18030_with_whatever_padding(raw: bytes, text: str) -> None:
    assert text_of(raw).rstrip("�") == text.rstrip("�")


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda text: text[:-1], "their number is odd"),
    (lambda text: text[:3] + " " + text[3:], "a blank splits a pair"),
    (lambda text: ",".join(text[at:at + 2] for at in range(0, len(text), 2)), "character 3 is ','"),
    (lambda text: " ".join("0x" + text[at:at + 2] for at in range(0, len(text), 2)), "character 2 is 'x'"),
    (lambda _: "hello", "begins with 40 40"),
])
def test_hex_text_that_is_not_pairs_of_digits_is_told_where(spoil: Any, told: str) -> None:
    (found,) = find_frames(payload_bytes(spoil(frame_bytes(serial=1).hex()).encode()))
    assert isinstance(found, BadBytes)
    assert found.reason_code == "gbt_no_frame"
    assert told in found.reason
