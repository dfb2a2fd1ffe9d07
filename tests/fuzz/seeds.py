"""Where fuzzing begins: frames of real devices, messages of every form, and the words that decoders look for."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Final

from ingest.gbt26875 import frame_bytes
from ingest.sparkplug.packing import PACKED
from ingest.sparkplug.wire import add_metric, add_text_property, new_payload
from tests.fuzz.targets import _TOPICS

_FRAMES: Final = Path(__file__).parents[1] / "ingest" / "fixtures" / "gbt26875_frames.jsonl"
CRASHES: Final = Path(__file__).with_name("crashes")

_MESSAGES: Final = (
    '{"water_pressure": 0.52, "battery": 87}', '{"ts": 1773115200000, "values": {"pressure_kpa": 215, "door": "open"}}',
    '[{"ts": "2026-03-10 12:00:00", "values": {"a": {"b": {"c": 1}}}}, {"fire_alarm": true, "x": null}]',
    '{"P1": [{"ts": 0, "values": {"battery": 5}}, {"ts": 123456, "battery": 6}], "P2": {"b": "on"}, "X1": {"a": 1}}',
    '{"type": "fire_alarm", "active": false, "ts": 1773115200, "point": "3F", "message": "走廊"}',
    '{"P1": [{"type": "火警"}, {"type": "party"}], "P3": {"type": "fault", "active": 0, "point": 12}}',
    '{"a": 1E+1, "b": 101E-1, "c": 99701010061400066001, "d": NaN, "e": -Infinity, "f": 1e400, "g": 9.97E19}',
    '{"device": "P1", "type": "default"}', '{"a": 1, "a": 2, "b": [1, "x", {"y": null}]}',
    '{"": 1, "\\ud800": "\\u0000"}',
    '{"ts": 253402300799999, "values": {"battery": 1}}', '{"ts": 1773115200000000, "battery": "1e1"}',
)
_TIMES: Final = (
    "1773115200000", "1773115200", "1773115200000000000", "2026-03-10T04:00:00Z", "2026-03-10T12:00:00.123456789+08:00",
    "2026/3/10 9:05", "2026年03月10日 12时00分00秒", "20260310120000", "20260310120000123", "260310120000", "0", "-1",
    "1e300", "nan", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-W10-2",
)
#: What a decoder looks for, in the form of libFuzzer's dictionaries.
WORDS: Final = tuple(f'"{word}"' for word in (
    *(json.dumps(text)[1:-1] for text in (
        '"ts":', '"values":{', '"type":', '"fire_alarm"', '"active":', '"point":', '"battery":', '"water_pressure":',
        '"P1":[', '"P2":{', '"device":', "NaN", "Infinity", "1e400", "1E+1", "99999999999999999999", "[[[[[[[[",
        '{"a":{"a":', "null", "true", "1773115200000", "253402300799000", "2026-03-10T04:00:00Z", "huoyan/v1/acme/",
        "v1/gateway/", "gateway/telemetry", "@@", "##", "4040", "2323", "0x")),
    "\\\\ud800", "\\\\u0000", "\\xef\\xbb\\xbf", "\\x00\\x04", "\\x30", "\\x32", "\\x40\\x02"))


def seeds(target: str) -> list[bytes]:
    """The first inputs of a target, its old crashes among them."""
    folder = CRASHES / target
    kept = [bytes.fromhex(path.read_text()) for path in sorted(folder.glob("*.hex"))]
    return [*_made(target), *kept]


def _made(target: str) -> list[bytes]:
    if target in ("frames", "payload", "stream"):
        found = [*_real_frames(), *_built_frames()]
        if target == "payload":
            found += [raw.hex(" ").encode() for raw in found] + [json.dumps({"v": raw.hex()}).encode() for raw in found]
        return [*found, b"".join(found[:4]), b"junk" + found[0], found[1][:-3]]
    if target == "sparkplug":
        return _sparkplug()
    if target == "packets":
        return _packets()
    if target == "topic":
        return [f"huoyan/v1/acme/{topic}".encode() for topic in _TOPICS]
    if target == "clock":
        return [time.encode() for time in _TIMES]
    raw = _real_frames()[:4]
    return [bytes([number]) + payload for number in range(len(_TOPICS))
            for payload in ([*map(str.encode, _MESSAGES)] if "gbt" not in _TOPICS[number] else raw)]


def _real_frames() -> list[bytes]:
    lines = _FRAMES.read_text(encoding="utf-8").splitlines()
    return [bytes.fromhex(json.loads(line)["hex"].replace(" ", "")) for line in lines]


def _built_frames() -> list[bytes]:
    """A frame of each standard type that no public frame shows, and of vendors' types."""
    tag = bytes([0, 0, 12, 10, 3, 26])
    units = (bytes([4, 1, 1, 0, 4, 7]) + tag, bytes([5, 1, 1, 0, 2, 1]), bytes([6, 1, 1, 0, 3]) + b"abc",
             bytes([7, 1, 1, 0, 40, 1, 0, 2, 0]) + "三层走廊".encode("gb18030").ljust(31, b"\0"),
             bytes([8, 1, 1, 0]) + tag, bytes([26, 1, 2]) + b"xy",
             bytes([3, 1, 1, 0, 40, 1, 0, 2, 0, 5, 0xD7, 0]) + tag,
             bytes([134, 1, 1, 0, 0, 0]) + tag, bytes([136, 1, 0]) + tag, bytes([200, 1, 9, 9]), b"", b"\x16")
    return [frame_bytes(unit=unit, serial=number, command=5 if number % 2 else 2, sent=tag)
            for number, unit in enumerate(units)]


def _sparkplug() -> list[bytes]:
    """A payload for each field a value can have, with aliases, properties and what a birth and a death begin with."""
    found = []
    for number, (field, value) in enumerate((
            ("int_value", 87), ("long_value", 2**63), ("float_value", 0.5), ("double_value", -1e300),
            ("boolean_value", True), ("string_value", b"open"), ("bytes_value", b"\x00\x01\xff"))):
        payload = new_payload()
        payload.timestamp, payload.seq = 1773115200000, number
        metric = add_metric(payload)
        metric.name = (b"bdSeq", b"battery", b"Inputs/pressure")[number % 3]
        metric.alias = metric.datatype = number
        setattr(metric, field, value)
        add_text_property(metric, "engUnit", "kPa")
        nameless = add_metric(payload)
        nameless.alias, nameless.is_null = 7, True
        found.append(payload.SerializeToString())
    packed = new_payload()
    packed.uuid, packed.body = PACKED, zlib.compress(found[0])
    return [*found, packed.SerializeToString(), b"".join(found[:2]), found[0][:9]]


def _packets() -> list[bytes]:
    topic, payload = b"huoyan/v1/acme/P1/telemetry", b'{"battery": 5}'
    found = []
    for head, number, properties in ((0x30, b"", b""), (0x32, b"\x00\x07", b""), (0x32, b"\x00\x07", b"\x00"),
                                     (0x3A, b"\xff\xff", b"\x03\x23\x00\x01"), (0x34, b"\x00\x01", b"\x00")):
        body = len(topic).to_bytes(2, "big") + topic + number + properties + payload
        found.append(bytes([head, len(body)]) + body)
    return [*found, b"".join(found), b"\x40\x02\x00\x07", b"\xd0\x00", b"\x20\x03\x00\x00\x00", found[1][:9],
            b"\x32\xff\xff\xff\x7f" + b"x" * 9, b"\x32\xff\xff\xff\xff\x01"]
