"""GB/T 26875.3 frames decoded in one process, against a bare ``struct`` that reads the same bytes and says nothing."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from struct import Struct
from typing import Any

from benchmarks.figures import Spread, ratios
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from ingest.gbt26875 import BadUnit, DeviceSettings, Frame, FrameStream, find_frames, frame_bytes, report
from ingest.gbt26875.text import field_of
from ingest.gbt26875.times import tag_of

_FRAMES, _QUICK = 50_000, 500
_START = dt.datetime(2026, 3, 8, 2, 15, 30, tzinfo=dt.UTC)
_PLACES = ("一层大堂", "二层走廊", "三层东侧楼梯间", "地下车库 B2", "泵房", "屋顶水箱间")
_HEADER = Struct("<2sHBB6s6s6sHB")
_OBJECT = Struct("<BBBB4sH31s6s")
_PIECE = 16_384


def run(options: Options) -> Report:
    """Measure each way of taking the same frames, in turn in each run."""
    many = _QUICK if options.quick else _FRAMES
    single = [_status_frame(number, 1) for number in range(many)]
    full = [_status_frame(number, 22) for number in range(many // 20)]
    ways: dict[str, tuple[Callable[[], int], Callable[[], int]]] = {
        "type 2, one object, a frame a call": (lambda: _each(single), lambda: _bare(single)),
        "type 2, one object, TCP pieces of 16 KB": (lambda: _stream(single), lambda: _bare(single)),
        "type 2, 22 objects, a frame a call": (lambda: _each(full), lambda: _bare(full)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    ceilings: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(options.runs + 1):
        for name, (decode, bare) in ways.items():
            taken, ceiling = _timed(decode), _timed(bare)
            if number:  # the first run fills the caches of the processor and of Python
                seconds[name].append(taken)
                ceilings[name].append(ceiling)
        options.say(f"gbt: run {number} of {options.runs}")
    frames = {name: len(full) if "22" in name else many for name in ways}
    speed = {name: [frames[name] / taken for taken in held] for name, held in seconds.items()}
    bare_speed = {name: [frames[name] / taken for taken in held] for name, held in ceilings.items()}
    return Report("gbt", [
        Table("frames decoded a second, one process", ["", *SPREAD, "us a frame"],
              [[name, *Spread.of(held).cells(",.0f"), f"{1e6 / Spread.of(held).median:.1f}"]
               for name, held in speed.items()]),
        Table("of what bare struct.unpack reads of the same bytes", ["", *SPREAD],
              [[name, *ratios(held, bare_speed[name]).cells(".3f")] for name, held in speed.items()])],
        ["To reach: 30,000 frames of type 2 a second. Decoded means: found by length, sum checked, objects read, and "
         "told as conditions at a point with a time, names and a description.",
         "Times are of the processor. The ceiling unpacks header and objects to tuples: no sum, no text, no names."],
        {"frames_per_second": speed, "bare_frames_per_second": bare_speed})


def _status_frame(number: int, objects: int) -> bytes:
    chance = random.Random(number)
    sent = tag_of(_START + dt.timedelta(seconds=number // 5))
    unit = b"".join(bytes([1, 1, 40]) + chance.randrange(2**16).to_bytes(2, "little") + bytes([chance.randrange(20), 0])
                    + chance.choice((0, 1, 2, 3, 4)).to_bytes(2, "little") + field_of(chance.choice(_PLACES)) + sent
                    for _ in range(objects))
    return frame_bytes(serial=number & 0xFFFF, unit=bytes([2, objects]) + unit, sent=sent,
                       source=chance.randrange(2**20).to_bytes(6, "little"))


def _each(frames: list[bytes]) -> int:
    settings, told = DeviceSettings(), 0
    for raw in frames:
        for frame in find_frames(raw):
            told += _count(frame, settings)
    return told


def _stream(frames: list[bytes]) -> int:
    settings, told, stream, data = DeviceSettings(), 0, FrameStream(), b"".join(frames)
    for at in range(0, len(data), _PIECE):
        for frame in stream.feed(data[at:at + _PIECE]):
            told += _count(frame, settings)
    return told


def _count(frame: Any, settings: DeviceSettings) -> int:
    reports = report(frame, settings) if isinstance(frame, Frame) else BadUnit("no frame")
    if isinstance(reports, BadUnit):
        raise RuntimeError(f"a good frame was not decoded: {frame}")
    return len(reports)


def _bare(frames: list[bytes]) -> int:
    told = 0
    for raw in frames:
        header = _HEADER.unpack_from(raw)
        for at in range(29, 29 + 46 * ((header[7] - 2) // 46), 46):
            told += _OBJECT.unpack_from(raw, at)[0]
    return told


def _timed(function: Callable[[], int]) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began
