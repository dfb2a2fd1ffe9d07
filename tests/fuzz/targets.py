"""What must hold for any bytes, for each decoder. A target raises where it does not."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, Final

from ingest.clock import read_time
from ingest.gbt26875 import BadBytes, BadUnit, DeviceSettings, Frame, find_frames, payload_bytes, report, weight
from ingest.gbt26875.frames import LONGEST_FRAME
from ingest.gbt26875.stream import FrameStream, TextBeat
from ingest.jsonvalues import JsonSettings
from ingest.judge import Device, storable
from ingest.messages import BadTime, Message
from ingest.opening import Directory, judge_message, open_message
from ingest.packets import MalformedPacketError, split
from ingest.sparkplug.contents import Circumstances, read
from ingest.sparkplug.limits import sparkplug_rules
from ingest.sparkplug.packing import PACKED
from ingest.sparkplug.payload import decode
from ingest.sparkplug.topics import parse_sparkplug
from ingest.topics import Topic, parse_topic
from ingest.vocabulary import vocabulary
from policy import rules

NOW: Final = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)
WORDS = vocabulary(rules(), NOW.date())
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# Between them every setting a device may have.
_GBT = {"analog": {"2": {"metric": "battery", "factor": 0.5}, "3": {"metric": "nothing"}, "128": {"metric": "signal"}},
        "point_word_first": True, "restored_types": True}
_JSON = {"keys": {"a": {"metric": "battery", "factor": 0.5}, "b": {"event": "fire_alarm", "point": "3F"},
                  "c": {"ignore": True}, "d": {"metric": "nothing"}, "e": {"event": "nothing"}, "f": {}},
         "unknown_numbers": "state"}
_SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {"gbt26875": _GBT, "json": _JSON, "clock": "receive"}, {"json": {"keys": 5}, "clock": "trust", "gbt26875": []})
_DEVICES = {("acme", name): Device(number, "acme", name, 70 + number, "uitd", True, settings)
            for number, (name, settings) in enumerate(zip(("P1", "P2", "P3"), _SETTINGS, strict=True))}
_DIRECTORY = Directory(_DEVICES, {"acme": "active"}, frozenset({("acme", "X1")}))
_GBT_SETTINGS = tuple(DeviceSettings.of(settings) for settings in _SETTINGS)

_TOPICS: Final = (
    "P1/telemetry", "P2/telemetry", "P3/telemetry", "gateway/telemetry", "P1/event", "P2/event", "gateway/event",
    "P1/gbt26875", "P2/gbt26875", "P1/v1/devices/me/telemetry", "P2/v2/t", "P1/v1/devices/me/attributes",
    "G/v1/gateway/telemetry", "G/v1/gateway/attributes", "G/v1/gateway/connect", "G/v1/gateway/disconnect",
)
#: No reason is longer than a page shows, and no excerpt much longer than what is to blame.
_LONGEST_REASON: Final = 1000
_EXCERPT_FACTOR, _EXCERPT_SLACK = 12, 400


def frames(data: bytes) -> None:
    """``find_frames`` loses no byte, and whatever a frame holds is read or refused."""
    found = find_frames(data)
    assert b"".join(one.raw for one in found) == data
    for one in found:
        if isinstance(one, BadBytes):
            assert one.raw
            assert one.reason_code
            _is_told(one.reason)
            continue
        assert len(one.raw) <= LONGEST_FRAME
        for settings in _GBT_SETTINGS:
            reports = report(one, settings)
            if isinstance(reports, BadUnit):
                _is_told(reports.reason)
            else:
                assert sum(map(weight, reports)) <= 20 * len(one.raw)


def stream(data: bytes) -> None:
    """A stream finds in pieces what is there, loses no byte, and holds less than one frame back."""
    if len(data) < 2:
        return
    body, pieces = data[1:], data[0] % 8
    # Up to seven pieces, or, of what is short, every byte alone.
    step = max(len(body) // pieces, 1) if pieces else 1 if len(body) < 100 else 50
    link, found = FrameStream(), []
    for at in range(0, len(body), step):
        found += link.feed(body[at:at + step])
        assert link.held < LONGEST_FRAME
    for _ in range(data[0] >> 6):
        found += link.expire()
    found += link.end()
    assert link.held == 0
    assert b"".join(one.raw for one in found) == body
    if not any(isinstance(one, TextBeat) for one in found) and len(body) < 2000 and not data[0] >> 6:
        # All at once or in pieces, the frames are the same.
        assert ([one.raw for one in found if isinstance(one, Frame)]
                == [one.raw for one in find_frames(body) if isinstance(one, Frame)])


def packets(data: bytes) -> None:
    """MQTT packets in pieces are those in one piece, or both are malformed."""
    for is_5 in (False, True):
        try:
            whole = split(data, is_5=is_5)
        except MalformedPacketError:
            continue
        assert 0 <= whole.used <= len(data)
        # At the end of the bytes more are asked for than are there.
        assert whole.needed > 0
        assert len(whole.topics) == len(whole.payloads) == len(whole.heads) == len(whole.ids)
        assert all(0 <= number <= 0xFFFF for number in whole.ids)
        assert sum(map(len, whole.topics)) + sum(map(len, whole.payloads)) <= whole.used
        _same_in_pieces(data, whole, is_5=is_5)


def _same_in_pieces(data: bytes, whole: Any, *, is_5: bool) -> None:
    topics: list[bytes] = []
    payloads: list[bytes] = []
    held = b""
    step = max(len(data) // 3, 1)
    for at in range(0, len(data), step):
        held += data[at:at + step]
        part = split(held, is_5=is_5)
        assert part.used + part.needed > len(held) or not held[part.used:]
        topics, payloads, held = topics + part.topics, payloads + part.payloads, held[part.used:]
    assert (topics, payloads, held) == (whole.topics, whole.payloads, data[whole.used:])


_SPARKPLUG = [Circumstances(NOW, "spBv1.0/acme/DDATA/E/P1", is_birth=is_birth, births=(),
                            own=JsonSettings.of(settings), words=WORDS, rules=sparkplug_rules(rules(), NOW.date()))
              for is_birth in (True, False) for settings in _SETTINGS[:2]]


_UNPACKED: Final = 100_000


def sparkplug(data: bytes) -> None:
    """A Sparkplug payload is read or refused as a whole, and each metric becomes a value, a fault or waits."""
    decoded = decode(data, WORDS.limits, _UNPACKED)
    if decoded.problem is not None:
        _is_told(decoded.problem.reason)
        return
    assert decoded.seq is None or 0 <= decoded.seq <= 255
    assert decoded.session_number is None or 0 <= decoded.session_number <= 255
    for under in _SPARKPLUG:
        found = read(decoded, under)
        for problem in found.problems:
            _is_told(problem.reason)
        size = max(len(data), _UNPACKED if PACKED in data else 0)
        assert sum(len(problem.payload or b"") for problem in found.problems) <= (
            _EXCERPT_FACTOR * size + _EXCERPT_SLACK * len(found.problems))


def json(data: bytes) -> None:
    """Whatever a message holds, on every topic of the contract: each piece is stored or refused with a reason.

    The first byte picks the topic.
    """
    if data:
        message(_TOPICS[data[0] % len(_TOPICS)], data[1:])


def message(topic: str, payload: bytes) -> None:
    """One message through decoder and judge, as :func:`json`."""
    judged = judge_message(open_message(Message(f"huoyan/v1/acme/{topic}", payload, NOW, packet_id=7), WORDS),
                           _DIRECTORY, WORDS)
    assert judged.parcels or judged.refusals
    held: dict[int, int] = {}
    for refusal in judged.refusals:
        assert refusal.reason_code != "decoder", refusal.reason
        _is_told(refusal.reason)
        held[id(refusal.payload)] = len(refusal.payload)
    assert sum(held.values()) <= _EXCERPT_FACTOR * len(payload) + _EXCERPT_SLACK * len(held)
    assert len(judged.refusals) <= 2 * WORDS.limits.values + 1
    for parcel in judged.parcels:
        for reading in parcel.readings:
            metric = WORDS.metrics[reading.metric]
            assert math.isfinite(reading.value)
            assert metric.least <= reading.value <= metric.most
            _is_near(reading.ts)
        for state in parcel.states:
            assert storable(state.key + state.value)
            _is_near(state.ts)
        for one in parcel.reports:
            row = getattr(one, "row", one)
            assert storable(row.point + row.detail + row.kind)
            _is_near(row.ts)


def topic(data: bytes) -> None:
    """A topic is one of the contract's, or it is said why not."""
    name = data.decode("utf-8", "surrogateescape")
    found = parse_topic(name)
    if isinstance(found, Topic):
        assert found.vendor_code
    else:
        _is_told(found)
    other = parse_sparkplug(name)
    if isinstance(other, str):
        _is_told(other)


def clock(data: bytes) -> None:
    """A text or number as time is none, a moment, or said to be no time; it never reads as one when it comes again."""
    text = data.decode("utf-8", "surrogateescape")
    values: list[Any] = [text]
    for kind in (int, float):
        try:
            values.append(kind(text))
        except ValueError:
            continue
    for value in values:
        time = read_time(value)
        if isinstance(time, BadTime):
            assert len(time.text) <= 64
            assert isinstance(read_time(time.text), BadTime)
        elif time is not None:
            assert time.tzinfo is dt.UTC
            assert time.year >= 1


def _is_told(reason: str) -> None:
    assert reason
    assert len(reason) <= _LONGEST_REASON
    assert "\n" not in reason


def _is_near(ts: dt.datetime) -> None:
    assert abs(ts - NOW) <= dt.timedelta(days=1101)


def payload(data: bytes) -> None:
    """A GB/T payload is raw, hex, or hex in JSON: what comes out of it is bytes in which frames can be looked for."""
    frames(payload_bytes(data))


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "frames": frames, "payload": payload, "stream": stream, "sparkplug": sparkplug, "packets": packets, "json": json,
    "topic": topic, "clock": clock}
