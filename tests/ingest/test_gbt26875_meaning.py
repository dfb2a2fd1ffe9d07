"""Everything a frame says, for people: the public frames against their published meaning, and every type built."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gbt26875 import BadBytes, DeviceSettings, Frame, find_frames, frame_bytes
from ingest.gbt26875.meaning import meaning
from ingest.gbt26875.tables import COMMANDS, TYPES
from ingest.gbt26875.telling import lines, stored
from ingest.gbt26875.text import field_of
from ingest.gbt26875.times import tag_of

LINES = (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(encoding="utf-8").splitlines()
PUBLIC = [bytes.fromhex(json.loads(line)["hex"]) for line in LINES]
PLAIN = DeviceSettings()
WHEN = dt.datetime(2026, 3, 8, 10, 15, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))
TAG = tag_of(WHEN)
TIME = WHEN.isoformat()
SYSTEM = bytes([11, 2])
PLACE = SYSTEM + bytes([91]) + b"\x03\0\x07\0"
TEXT = field_of("三号泵")


def told(raw: bytes, **own: Any) -> dict[str, Any]:
    (found,) = find_frames(raw)
    tree = meaning(found, DeviceSettings.of({"gbt26875": own}))
    json.dumps(tree)  # plain values only
    return tree


def picked(tree: Any, path: str) -> Any:
    for part in path.split("."):
        tree = tree[int(part)] if part.isdigit() else tree[part]
    return tree


def bits(tree: Any, path: str) -> list[int]:
    return [bit["bit"] for bit in picked(tree, path)["set"]]


# number of the frame -> what its source says of it
SAID: dict[int, dict[str, Any]] = {
    0: {"source.number": 889, "destination.number": 88888, "serial": 1, "version": {"main": 1, "user": 1},
        "sent.time": "2012-09-26T09:58:32+08:00", "command.code": 2, "type.code": 2, "count": 1,
        "objects.0.system.en": "fire alarm system", "objects.0.system_address": 1,
        "objects.0.component.en": "smoke detector", "objects.0.component.zh": "感烟火灾探测器",
        "objects.0.address.hex": "0A000200", "objects.0.address.words": [10, 2], "objects.0.status.hex": "0002",
        "objects.0.status.bit0.value": 0, "objects.0.description.text": "",
        "objects.0.time.time": "2012-09-26T09:58:02+08:00"},
    1: {"command.en": "confirm", "source.number": 88888, "destination.number": 889, "serial": 1, "length": 0},
    2: {"type.code": 21, "objects.0.status.hex": "08"},
    3: {"type.code": 24, "objects.0.operation.hex": "20", "objects.0.operation.set.0.zh": "查岗应答",
        "objects.0.operator": 1},
    4: {"type.code": 28, "objects.0.clock.time": "2012-09-26T09:58:02+08:00"},
    5: {"command.en": "answer", "type.code": 21, "serial": 1, "objects.0.status.set.0.en": "mains power fault"},
    6: {"command.code": 1, "type.zh": "查岗命令", "objects.0.minutes": 10},
    7: {"objects.0.system.code": 203, "objects.0.system_address": 2, "objects.0.status.hex": "0901",
        "objects.0.status.bit0.en": "normal run", "sent.time": "2017-06-22T14:02:13+08:00"},
    8: {"objects.0.system.code": 19, "objects.0.system_address": 4, "objects.0.component.code": 85,
        "objects.0.address.hex": "01010400", "objects.0.description.text": "常闭门"},
    9: {"source.number": 0, "destination.hex": "060504030201", "objects.0.address.words": [217, 6],
        "objects.0.description.text": "Ａ区１层呷哺走廊", "objects.0.time.time": "2020-08-01T19:18:48+08:00",
        "sent.time": "2020-10-22T17:13:24+08:00"},
    10: {"refused": "gbt_checksum", "reason": "the check sum is 43; the bytes sum to 53"},
    11: {"version": {"main": 16, "user": 0}, "hello": "16", "destination.ip": "192.168.1.4"},
    14: {"objects.0.status.hex": "14", "objects.0.status.bit0.value": 0},
    15: {"length": 0, "serial": 9, "version": {"main": 1, "user": 2}, "destination.number": 100},
    16: {"source.number": 801014, "serial": 54, "objects.0.address.words": [35579, 1],
         "objects.0.description.format": 2},
    17: {"source.number": 70001, "objects.0.component.en": "manual call point", "objects.0.address.words": [5, 101]},
    18: {"count": 6, "objects.0.quantity.code": 154, "objects.0.raw": 134, "objects.2.raw": 3914,
         "objects.3.unit": "kPa", "objects.3.raw": 0, "objects.3.component.code": 128, "objects.5.value": 3914.0},
}


@pytest.mark.parametrize("number", SAID)
def test_public_frames_say_what_their_source_says(number: int) -> None:
    tree = told(PUBLIC[number])
    assert {path: picked(tree, path) for path in SAID[number]} == SAID[number]


# a data unit of every type -> what it says
BUILT: list[tuple[bytes, dict[str, Any]]] = [
    (bytes([1, 1]) + SYSTEM + b"\x02\x20" + TAG, {"status.hex": "2002", "system.zh": "消火栓系统", "time.time": TIME}),
    (bytes([2, 1]) + PLACE + b"\x21\0" + TEXT + TAG, {
        "component.en": "fire pump", "address.zone": 3, "address.point": 7, "description.text": "三号泵",
        "status.set.1.zh": "启动（开启）"}),
    (bytes([3, 1]) + PLACE + bytes([5]) + (4500).to_bytes(2, "little") + TAG, {
        "quantity.zh": "压力", "raw": 4500, "value": 450.0, "unit": "kPa", "metric.code": "water_pressure",
        "metric.value": 0.45}),
    (bytes([3, 1]) + PLACE + bytes([3]) + (-105).to_bytes(2, "little", signed=True) + TAG, {
        "raw": -105, "value": -10.5, "unit": "°C"}),
    (bytes([4, 1]) + SYSTEM + b"\x0d\x09" + TAG, {
        "operation.hex": "0D", "operator": 9, "operation.set.1.zh": "手动报警"}),
    (bytes([5, 1]) + SYSTEM + b"\x03\x0e", {"software": {"main": 3, "user": 14}, "system_address": 2}),
    (bytes([6, 1]) + SYSTEM + bytes([6]) + "配置一".encode("gb18030"), {"text": "配置一"}),
    (bytes([7, 1]) + PLACE + TEXT, {"description.text": "三号泵", "component.code": 91}),
    (bytes([8, 1]) + SYSTEM + TAG, {"clock.time": TIME}),
    (bytes([21, 1]) + b"\x42" + TAG, {"status.hex": "42", "status.set.1.en": "line to the monitored panel broken"}),
    (bytes([24, 1]) + b"\x21\x05" + TAG, {"operation.set.0.en": "reset", "operator": 5}),
    (bytes([25, 1, 2, 9]), {"software": {"main": 2, "user": 9}}),
    (bytes([26, 1, 6]) + "配置二".encode("gb18030"), {"text": "配置二"}),
    (bytes([28, 1]) + TAG, {"clock.time": TIME}),
    (bytes([150, 1, 7, 8]), {"hex": "0708"}),
    (bytes([12, 2, 7, 8]), {"hex": "0708"}),
]


@pytest.mark.parametrize(("unit", "said"), BUILT)
def test_every_type_says_what_the_standard_lays_down(unit: bytes, said: dict[str, Any]) -> None:
    tree = told(frame_bytes(unit=unit, sent=TAG))
    (object_,) = tree["objects"]
    assert {path: picked(object_, path) for path in said} == said
    assert tree["type"]["code"] == unit[0]


@pytest.mark.parametrize(("unit", "size"), [
    (unit, len(unit) - 2) for unit, _ in BUILT if unit[0] in (1, 2, 3, 4, 5, 7, 8, 21, 24, 25, 28)])
def test_units_of_several_objects_have_one_of_each(unit: bytes, size: int) -> None:
    most = min((1024 - 2) // size, 255)
    tree = told(frame_bytes(unit=bytes([unit[0], most]) + unit[2:] * most, sent=TAG))
    assert len(tree["objects"]) == most
    assert tree["objects"][-1] == tree["objects"][0]


@pytest.mark.parametrize("unit", [unit for unit, _ in BUILT if unit[0] in (5, 6, 7, 8, 21, 25, 26, 28)])
def test_a_second_time_tag_after_the_object_is_taken(unit: bytes) -> None:
    other = tag_of(WHEN - dt.timedelta(hours=1))
    plain, tagged = told(frame_bytes(unit=unit, sent=TAG)), told(frame_bytes(unit=unit + other, sent=TAG))
    if unit[0] == 21:
        assert tagged["objects"] == plain["objects"]
    else:
        assert tagged["objects"][0] == {**plain["objects"][0], "time": tagged["objects"][0]["time"]}
        assert tagged["objects"][0]["time"]["time"] == (WHEN - dt.timedelta(hours=1)).isoformat()


@pytest.mark.parametrize(("unit", "command", "said"), [
    (bytes([61, 1, 1, 2]), 4, {"system.code": 1, "system_address": 2}),
    (bytes([62, 1, 1, 2, 3, 0, 7, 0]), 4, {"address.zone": 3, "address.point": 7}),
    (bytes([64, 1, 1, 2, 10]) + TAG, 4, {"records": 10, "since.time": TIME}),
    (bytes([84, 1, 10]) + TAG, 4, {"records": 10, "since.time": TIME}), (bytes([81, 1, 0]), 4, {}),
    (bytes([89, 1, 0]), 1, {}), (bytes([90, 1]) + TAG, 1, {"time.time": TIME}),
    (bytes([91, 1, 10]), 1, {"minutes": 10}),
])
def test_what_a_centre_sends_is_told_too(unit: bytes, command: int, said: dict[str, Any]) -> None:
    tree = told(frame_bytes(unit=unit, command=command, sent=TAG))
    (object_,) = tree["objects"]
    assert {path: picked(object_, path) for path in said} == said


def test_settings_change_what_is_told() -> None:
    unit = PLACE + b"\x02\0" + TEXT + TAG
    raw = frame_bytes(unit=bytes([2, 1]) + unit, sent=TAG, source=bytes([0, 0, 0, 0, 3, 0x79]))
    tree = told(raw, source_order="big", address_text="decimal", component_words="point_first",
                components={"91": {"zh": "我的泵", "en": "my pump"}})
    assert (tree["source"]["text"], tree["source"]["hex"]) == ("889", "000000000379")
    assert (tree["objects"][0]["address"]["zone"], tree["objects"][0]["component"]["zh"]) == (7, "我的泵")
    assert told(raw)["source"]["text"] == "000000000379"
    restored = frame_bytes(unit=bytes([135, 1]) + unit)
    assert told(restored)["restores"] is True
    assert told(restored, restored_types=False)["objects"][0]["hex"].startswith("0B025B")


def test_a_time_says_in_which_form_it_was_read() -> None:
    forms = {tag: told(frame_bytes(sent=bytes.fromhex(tag)))["sent"]["form"]
             for tag in ("000000000000", "203A091A090C", "583819260912", "ffffffffffff")}
    assert list(forms.values()) == ["none", "binary", "bcd", "impossible"]
    tree = told(frame_bytes(sent=bytes.fromhex("080512100326")), clock="bcd")
    assert tree["sent"]["time"].startswith("2026-03-10T12:05")


def test_names_are_there_for_every_code_of_the_tables() -> None:
    assert set(COMMANDS) == {1, 2, 3, 4, 5, 6}
    assert len(TYPES) == 29
    for names in (COMMANDS, TYPES):
        assert all(name.zh and name.en for name in names.values())
    every = told(frame_bytes(unit=bytes([1, 1]) + SYSTEM + b"\xff\xff" + TAG))["objects"][0]["status"]["set"]
    assert [bit["zh"] for bit in every][-2:] == ["预留", "预留"]
    assert len(every) == 16


def test_a_unit_that_can_not_be_read_says_why() -> None:
    tree = told(frame_bytes(unit=bytes([2, 3]) + bytes(50)))
    assert tree["refused"] == "gbt_unit"
    assert "50 bytes for 3 objects" in tree["reason"]
    assert told(frame_bytes(unit=bytes([91, 2, 5]), command=1))["refused"] == "gbt_unit"


@given(st.one_of(st.binary(max_size=200), st.builds(
    lambda command, unit: frame_bytes(command=command, unit=unit, sent=TAG), st.integers(0, 255),
    st.binary(max_size=120))))
def test_whatever_comes_is_told_as_text_and_as_plain_values(data: bytes) -> None:
    for number, found in enumerate(find_frames(data), 1):
        tree = meaning(found, PLAIN)
        made = stored(found, PLAIN) if isinstance(found, Frame) else []
        json.dumps([tree, made])
        text = lines(tree, number, made)
        assert all("\n" not in line for line in text)
        assert isinstance(found, BadBytes) == text[0].endswith(")")


@pytest.mark.parametrize("unit", [unit for unit, _ in BUILT])
def test_what_is_told_says_what_is_stored(unit: bytes) -> None:
    (found,) = find_frames(frame_bytes(unit=unit, sent=TAG))
    assert isinstance(found, Frame)
    made = stored(found, PLAIN)
    assert made
    text = "\n".join(lines(meaning(found, PLAIN), 1, made))
    assert "stored" in text
    assert f"type            {unit[0]} " in text
