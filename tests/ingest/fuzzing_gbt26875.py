"""Broken, strange and hostile GB/T 26875.3 bytes through everything that reads them, as many as are asked for.

``python -m tests.ingest.fuzzing_gbt26875 --inputs 10000000 --seed 1`` prints what was done; an exception is a defect.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.gbt26875 import (
    BadUnit,
    DeviceSettings,
    Frame,
    FrameStream,
    find_frames,
    frame_bytes,
    payload_bytes,
    report,
)
from ingest.gbt26875.answers import answer, deny
from ingest.gbt26875.downstream import read_request
from ingest.gbt26875.frames import LONGEST_FRAME, checksum
from ingest.gbt26875.meaning import meaning
from ingest.gbt26875.reports import is_empty
from ingest.gbt26875.telling import lines, stored
from ingest.vocabulary import vocabulary
from policy import rules

LINES = (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(encoding="utf-8").splitlines()
GOOD = [bytes.fromhex(json.loads(line)["hex"]) for line in LINES]
DAY = dt.date(2026, 3, 8)
TYPES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 21, 24, 25, 26, 28, 61, 64, 84, 90, 91, 134, 135, 136, 150, 151, 161, 204)
SIZES = (0, 1, 2, 4, 6, 7, 8, 10, 13, 14, 15, 16, 22, 30, 38, 44, 46, 92, 102)
STRANGE = {"clock": "bcd", "clock_trust": "sent", "description": "format_byte", "component_words": "point_first",
           "analog": {"17/9": {"factor": 0.5}, "4": {"metric": "water_level"}}, "source_order": "big",
           "types": {"150": {"layout": 6}, "151": {"layout": 2, "restores": True}, "204": {"layout": "text"}}}


@dataclass
class Done:
    """How many inputs went in, what came out, and the longest processor time that one took, in seconds."""

    inputs: int = 0
    frames: int = 0
    refused_units: int = 0
    slowest: float = 0.0


def run(inputs: int, seed: int) -> Done:
    """Put ``inputs`` through; what raises is a defect, and so is a stream that holds more than a frame."""
    policy = vocabulary(rules(), DAY).gbt
    settings = [DeviceSettings(), policy.settings_of({"gbt26875": STRANGE}), *(
        policy.settings_of({"gbt26875": {"profile": one["code"]}}) for one in rules().value("gbt26875.profiles", DAY))]
    chance, stream, done = random.Random(seed), FrameStream(), Done()
    for data in _inputs(chance, inputs):
        began = time.thread_time()
        _put(data, chance.choice(settings), stream, done)
        done.slowest = max(done.slowest, time.thread_time() - began)
    return done


def _put(data: bytes, settings: DeviceSettings, stream: FrameStream, done: Done) -> None:
    done.inputs += 1
    found = find_frames(payload_bytes(data))
    for one in found:
        if isinstance(one, Frame):
            done.frames += 1
            done.refused_units += isinstance(report(one, settings), BadUnit)
            is_empty(one, settings)
            answer(one, bytes(6), settings)
            read_request(one.unit)
        else:
            deny(one.head, bytes(6), settings)
        if done.inputs % 10 == 0:
            lines(meaning(one, settings), 1, stored(one, settings) if isinstance(one, Frame) else [])
    stream.feed(data)
    if done.inputs % 7 == 0:
        stream.expire()
    assert stream.held < LONGEST_FRAME, "a stream holds more than a frame"


def _inputs(chance: random.Random, many: int) -> Iterator[bytes]:
    for _ in range(many):
        way = chance.random()
        if way < .4:  # a right frame around any data unit
            size = chance.choice((*SIZES, chance.randrange(300), chance.randrange(1023)))
            unit = bytes([chance.choice(TYPES), chance.choice((0, 1, 1, 1, 2, 3, 255))]) + chance.randbytes(size)
            yield frame_bytes(serial=chance.randrange(65536), command=chance.choice((2, 2, 2, 5, 1, 4, 200)),
                              unit=unit[:1024], sent=chance.randbytes(6), source=chance.randbytes(6))
        elif way < .8:  # a public frame with bytes changed, half of them with the sum put right
            raw = bytearray(chance.choice(GOOD))
            for _ in range(chance.randrange(1, 4)):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
            if way < .6:
                raw[-3] = checksum(bytes(raw))
            yield bytes(raw)
        else:  # noise, false starts, half frames, hex and JSON
            half = chance.choice(GOOD)[:chance.randrange(90)]
            text = chance.choice((half, half.hex().encode(), b'{"v": "%b"}' % half.hex().encode()))
            noise = chance.randbytes(chance.randrange(40)) if way < .95 else b""
            yield noise + chance.choice((b"@@", b"##", b"TD", b"")) + text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.ingest.fuzzing_gbt26875")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    done = run(given.inputs, given.seed)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"seed {given.seed}: {done.inputs:,} inputs in {time.monotonic() - began:.0f} s, {done.frames:,} frames, "
          f"{done.refused_units:,} units refused, no crash; slowest {done.slowest * 1e3:.1f} ms, "
          f"memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
