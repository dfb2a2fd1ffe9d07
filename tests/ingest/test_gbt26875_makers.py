"""Frames of more makers, from public code, with what their source says they mean; and forms of their own."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from ingest.gbt26875 import BadUnit, DeviceSettings, Frame, FrameStream, TextBeat, find_frames, frame_bytes
from ingest.gbt26875.downstream import is_duty_answer
from ingest.gbt26875.frames import SHORT_BEAT
from ingest.gbt26875.meaning import meaning
from ingest.gbt26875.reports import report
from ingest.gbt26875.telling import lines, stored
from ingest.gbt26875.text import texts_in
from ingest.gbt26875.times import tag_of
from ingest.messages import EventReport, Reading, StateReport, StatusReport
from ingest.vocabulary import vocabulary
from policy import rules

GBT = vocabulary(rules(), dt.date(2026, 3, 8)).gbt
FRAMES = [json.loads(line) for line in
          (Path(__file__).parent / "fixtures" / "gbt26875_makers.jsonl").read_text("utf-8").splitlines()]
WHEN = dt.datetime(2026, 3, 8, 2, 15, 30, tzinfo=dt.UTC)
TAG = tag_of(WHEN)
BEAT = bytes.fromhex("404007255180 12ff04882323")


def profile(code: str) -> DeviceSettings:
    return GBT.settings_of({"gbt26875": {"profile": code}} if code else {})


def summary(entry: dict[str, Any]) -> str:
    match entry:
        case {"quarantine": code}:
            return f"quarantine {code}"
        case {"conditions": conditions, "point": point}:
            return f"{'+'.join(conditions) or 'none'} at {point}"
        case {"reset_ends": _, "point": point}:
            return f"ends at {point}"
        case {"event": event, "point": point}:
            return f"{event} at {point}"
        case {"metric": metric, "value": value}:
            return f"{metric} {value:g}"
        case _:
            return f"{entry['state']} {entry['value']}"


def said(unit: bytes, sent: bytes = TAG, **own: Any) -> list[Any]:
    (frame,) = find_frames(frame_bytes(unit=unit, sent=sent))
    assert isinstance(frame, Frame)
    told = report(frame, GBT.settings_of({"gbt26875": own}))
    assert not isinstance(told, BadUnit), told
    return told


@pytest.mark.parametrize("public", FRAMES, ids=[one["meaning"][:60] for one in FRAMES])
def test_a_frame_of_another_maker_is_stored_as_its_source_says(public: dict[str, Any]) -> None:
    (one,) = find_frames(bytes.fromhex(public["hex"]))
    if isinstance(one, Frame):
        assert [summary(entry) for entry in stored(one, profile(public["profile"]))] == public["stored"]
    else:
        told = "heartbeat" if one.reason_code == SHORT_BEAT else f"quarantine {one.reason_code}"
        assert [told] == public["stored"]


@pytest.mark.parametrize("step", [1, 7, 64, 4096])
def test_all_of_them_come_through_one_link_with_noise_between_them_in_any_pieces(step: int) -> None:
    raws = [bytes.fromhex(one["hex"]) for one in FRAMES
            if not {"quarantine gbt_checksum", "heartbeat"} & set(one["stored"])]
    sent = b"\r\n+CSQ: 21,99\r\n".join(raws)
    link, found = FrameStream(), []
    for at in range(0, len(sent), step):
        found += link.feed(sent[at:at + step])
    found += link.end()
    assert [one.raw for one in found if isinstance(one, Frame)] == raws


def test_objects_without_a_time_tag_have_that_of_their_frame() -> None:
    text = "门厅".encode("gb18030").ljust(31, b"\0")
    system, component, value, manual, device, key = (said(unit) for unit in (
        bytes([1, 1, 1, 1, 2, 0]), bytes([2, 1, 1, 1, 40, 1, 0, 2, 0, 2, 0]) + text,
        bytes([3, 1, 1, 1, 40, 1, 0, 2, 0, 3, 235, 0]), bytes([4, 1, 1, 1, 4, 3]), bytes([21, 1, 2]),
        bytes([24, 1, 32, 3])))
    assert [(one.point, one.on, one.time) for one in (*system, *component, *device)] == [
        ("1/1", ("fire_alarm",), WHEN), ("1/1/40/1-2", ("fire_alarm",), WHEN), ("", ("fire_alarm",), WHEN)]
    assert component[0].detail["description"] == "门厅"
    assert value == [Reading("temperature", 23.5, WHEN)]
    assert [(one.kind, one.time) for one in (*manual, *key)] == [("fire_alarm", WHEN), ("duty_answer", WHEN)]
    assert said(bytes([21, 1, 2]), sent=bytes(6))[0].time is None


@pytest.mark.parametrize(("unit", "is_answer"), [
    (bytes([24, 1, 32, 3]), True), (bytes([24, 2, 1, 3, 32, 3]), True), (bytes([24, 1, 3, 32]), False),
    (bytes([24, 1, 32, 3]) + TAG, True), (bytes([24, 2, 1, 3]) + TAG + bytes([32, 3]) + TAG, True),
    (bytes([24, 1, 1, 32]) + TAG, False), (bytes([24, 0]), False), (bytes([21, 1, 32, 0]), False)])
def test_a_duty_check_is_answered_with_or_without_a_time_tag(unit: bytes, *, is_answer: bool) -> None:
    assert is_duty_answer(Frame(frame_bytes(unit=unit))) is is_answer


def test_a_component_may_have_a_channel_behind_its_description() -> None:
    text = "走廊".encode("gb18030").ljust(31, b"\0")
    (fire,) = said(bytes([2, 1, 1, 1, 40, 5, 0, 6, 0, 2, 0]) + text + bytes([2, 7]) + TAG)
    assert (fire.point, fire.on, fire.time) == ("1/1/40/5-6", ("fire_alarm",), WHEN)
    assert (fire.detail["description"], fire.detail["channel"]) == ("走廊", "2-7")


def switch(kind: int, value: int, type_: int = 2) -> bytes:
    return bytes([type_, 1, 1, 3, 91, 1, 0, 0, 0, kind]) + value.to_bytes(2, "little") + TAG


@pytest.mark.parametrize("type_", [2, 150, 151])
@pytest.mark.parametrize(("kind", "condition"), [(0, "manual_mode"), (1, "mains_fault"), (2, "started"), (3, "fault")])
def test_a_switch_input_is_one_condition_and_no_fire(kind: int, condition: str, type_: int) -> None:
    own = {"150": {"layout": 2}, "151": {"layout": 2}}
    (on,), (off,) = (said(switch(kind, value, type_), profile="fubei_2024", types=own) for value in (1, 0))
    assert isinstance(on, StatusReport)
    assert (on.on, on.covers, off.on, off.covers) == ((condition,), (condition,), (), (condition,))


def test_a_switch_input_of_a_type_of_the_maker_is_kept_whole_under_its_name() -> None:
    unit = switch(2, 0, 150)
    (event,) = said(unit, profile="fubei_2024")
    assert (event.kind, event.detail["zh"], event.detail["hex"]) == ("vendor_data", "开关量输入", unit.hex())


def test_where_nobody_says_switch_inputs_the_status_bits_are_read_and_no_fire_is_hidden() -> None:
    assert said(bytes([2, 1, 1, 1, 40, 1, 0, 0, 0, 2, 0, 0]) + TAG)[0].on == ("fire_alarm",)
    assert said(switch(9, 2), profile="fubei_2024")[0].on == ("fire_alarm",)


def test_a_printers_line_is_shown_whole_through_lengths_and_zeros() -> None:
    name, message = "复位_".encode("gb18030"), "复位".encode("gb18030")
    line = bytes([9, 1, 0, 0, 0x33, 0x33, 1, 11]) + name + bytes(7) + b"\x04" + message
    (event,) = said(line + TAG, profile="user_types")
    assert isinstance(event, EventReport)
    assert (event.kind, event.detail["zh"], event.detail["text"]) == ("vendor_data", "打印机信息", "33 复位_ 复位")
    assert texts_in(b"\x00a\x01\x02") == ""


@pytest.mark.parametrize("step", [1, 5, 12, 400])
def test_a_short_heartbeat_is_answered_and_holds_up_no_frame(step: int) -> None:
    frame = frame_bytes(unit=b"\x16")
    link, found, sent = FrameStream(), [], BEAT + frame + BEAT + BEAT + frame
    for at in range(0, len(sent), step):
        found += link.feed(sent[at:at + step])
    assert link.held == 0
    assert [type(one) for one in found] == [TextBeat, Frame, TextBeat, TextBeat, Frame]
    assert isinstance(found[0], TextBeat)
    assert (found[0].source.hex(), found[0].answer.hex()) == ("0725518012ff", "404000000000000000002323")


def test_a_frame_whose_clock_looks_like_the_end_of_a_heartbeat_is_a_frame() -> None:
    frame = frame_bytes(unit=bytes([1, 1, 1, 1, 2, 0]) + TAG, sent=b"\0\0\0\0##", source=bytes([9, 0, 0, 0, 0, 0]))
    assert [one.raw for one in find_frames(frame)] == [frame]
    link = FrameStream()
    assert link.feed(frame[:20]) == []
    assert [one.raw for one in link.feed(frame[20:])] == [frame]


def test_what_the_command_prints_of_these_forms() -> None:
    beat, frame = find_frames(BEAT + frame_bytes(unit=switch(2, 1)))
    assert isinstance(frame, Frame)
    settings = profile("fubei_2024")
    assert lines(meaning(beat, settings), 1, [])[0] == "frame 1: 12 bytes, a heartbeat outside the framing"
    told = "\n".join(lines(meaning(frame, settings), 2, stored(frame, settings)))
    assert "kind 2, value 1: 启动 started" in told
    assert "started at 1/3/91/1-0" in told
    (timeless,) = find_frames(frame_bytes(unit=bytes([21, 1, 1])))
    assert "time            no time tag" in "\n".join(lines(meaning(timeless, settings), 1, []))


def test_values_of_a_makers_own_quantities_are_states_under_their_number() -> None:
    unit = bytes([3, 1, 129, 3, 17, 21, 39, 8, 32, 134, 12, 254]) + TAG
    assert said(unit) == [StateReport("gbt.129/3/17/15270820.analog_134", "-500", WHEN)]
