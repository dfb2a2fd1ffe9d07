"""Frames in bytes: found by length, never by looking for the end mark, which may also stand inside a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from zlib import adler32

import orjson

START: Final = b"@@"
END: Final = b"##"
LONGEST_UNIT: Final = 1024
SHORTEST_FRAME: Final = 30
LONGEST_FRAME: Final = SHORTEST_FRAME + LONGEST_UNIT
#: Bytes of a frame up to and with the command: with them a deny can be addressed.
HEAD: Final = 27
#: A heartbeat of one maker outside the framing: start mark, source address, two bytes, end mark. In a frame the end
#: mark would stand in the month and year of its time.
SHORT_BEAT: Final = "gbt_short_beat"
_SHORT_BEAT_SIZE: Final = 12
# Each candidate start costs a sum over up to a kilobyte; bytes made to look like starts must not stall the process.
MOST_FAILURES: Final = 2000
_SHOWN = 80
_HEX_START = re.compile(rb"(?:0[xX])?(?:40|4\Z)")
_NO_HEX = re.compile(rb"[^0-9A-Fa-f\s]")
_HEX_TEXT = re.compile(rb"\s*(?:0[xX])?(?:[0-9A-Fa-f]{2}\s*)+\Z")
_ENVELOPE_DEPTH: Final = 6


class Frame:
    """One frame with a right sum, over its bytes. Addresses are six bytes in wire order; ``sent`` is the raw tag."""

    __slots__ = ("raw",)

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    @property
    def serial(self) -> int:
        return self.raw[2] | self.raw[3] << 8

    @property
    def main_version(self) -> int:
        return self.raw[4]

    @property
    def user_version(self) -> int:
        return self.raw[5]

    @property
    def sent(self) -> bytes:
        return self.raw[6:12]

    @property
    def source(self) -> bytes:
        return self.raw[12:18]

    @property
    def destination(self) -> bytes:
        return self.raw[18:24]

    @property
    def command(self) -> int:
        return self.raw[26]

    @property
    def unit(self) -> bytes:
        return self.raw[27:-3]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"Frame({self.raw.hex(' ')})"


@dataclass(frozen=True, slots=True)
class BadBytes:
    """Bytes that belong to no frame, with the first thing that was wrong about them.

    ``head`` is the control unit of the frame that failed, where it is all there: a deny can be made from it.
    """

    raw: bytes
    reason_code: str
    reason: str
    head: bytes = b""


class Failure:
    """Why no frame begins at a place."""

    __slots__ = ("code", "head", "reason")

    def __init__(self, code: str, reason: str, head: bytes) -> None:
        self.code, self.reason, self.head = code, reason, head


def payload_bytes(payload: bytes) -> bytes:
    """The frames' bytes from a payload: raw, as hex text (spaces and line breaks between pairs), or hex inside JSON.

    JSON is what clouds of network operators push: the texts in it that are hex of a frame are taken, in order.
    """
    # A raw frame begins with '@', which is no hex digit, so the forms can't be confused.
    if START in payload:
        return payload
    if _HEX_TEXT.match(payload):
        return _unhex(payload)
    if payload.lstrip()[:1] in (b"{", b"["):
        return b"".join(_enclosed(payload)) or payload
    return payload


def _unhex(text: bytes) -> bytes:
    return bytes.fromhex(text.decode("ascii").strip().removeprefix("0x").removeprefix("0X"))


def _enclosed(payload: bytes) -> Iterator[bytes]:
    try:
        waiting: list[tuple[Any, int]] = [(orjson.loads(payload), 0)]
    except orjson.JSONDecodeError:
        return
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            text = value.encode("utf-8", "replace")
            if _HEX_TEXT.match(text) and START in (raw := _unhex(text)):
                yield raw
        elif isinstance(value, dict | list) and depth < _ENVELOPE_DEPTH:
            inner = value.values() if isinstance(value, dict) else value
            waiting.extend((one, depth + 1) for one in reversed(list(inner)))


def find_frames(data: bytes) -> list[Frame | BadBytes]:
    """Every frame in ``data`` in order, and between them the bytes that are none.

    After a failure ONE byte is skipped: a damaged length must not swallow the good frames behind it.
    """
    found, _ = scan(data, is_all=True)
    return found


def scan(data: bytes, *, is_all: bool, failed: Failure | None = None) -> tuple[list[Frame | BadBytes], int]:
    """The frames of ``data`` and the bytes between them; how many bytes were used.

    ``is_all``: nothing follows, so a half frame is bad. Otherwise it stays unused, to be completed. ``failed``: no
    frame begins at byte 0, for this reason.
    """
    found: list[Frame | BadBytes] = []
    size = len(data)
    position, bad_from, failures = (0, -1, 0) if failed is None else (1, 0, 1)
    while position < size:
        start = data.find(START, position) if failures < MOST_FAILURES else -1
        if start < 0:
            start = size
            if not is_all and data.endswith(b"@") and failures < MOST_FAILURES:
                start -= 1  # half of a start mark
            bad_from = position if bad_from < 0 else bad_from
            break
        if start > position and bad_from < 0:
            bad_from = position
        frame: Frame | BadBytes | Failure = _frame_at(data, start)
        if isinstance(frame, Failure) and _is_short_beat(data, start):
            frame = BadBytes(data[start:start + _SHORT_BEAT_SIZE], SHORT_BEAT, "a heartbeat outside the framing")
        if not isinstance(frame, Failure):
            if bad_from >= 0:
                found.append(_bad(data[bad_from:start], failed))
                bad_from, failed = -1, None
            found.append(frame)
            position = start + len(frame.raw)
        elif frame.code == "gbt_cut_short" and not is_all:
            break
        else:
            failures += 1
            failed = failed or frame
            bad_from = start if bad_from < 0 else bad_from
            position = start + 1
    else:
        start = size
    if 0 <= bad_from < start:
        found.append(_bad(data[bad_from:start], failed))
    return found, start


def _bad(raw: bytes, failure: Failure | None) -> BadBytes:
    if failure is None:
        return BadBytes(raw, "gbt_no_frame", _why_no_frame(raw))
    return BadBytes(raw, failure.code, failure.reason, failure.head)


def _why_no_frame(raw: bytes) -> str:
    digits = bytes(raw[:_SHOWN].translate(None, b" \t\r\n"))
    if len(digits) > 1 and _HEX_START.match(digits):
        odd = _NO_HEX.search(raw)
        what = (f"character {odd.start() + 1} is {chr(odd.group()[0])!a}" if odd
                else "their number is odd, or a blank splits a pair")
        return f"the frame is hex text, but not pairs of hex digits with blanks between them: {what}"
    return "there is no GB/T 26875.3 frame in these bytes: one begins with 40 40"


def _frame_at(data: bytes, at: int) -> Frame | Failure:
    there = len(data) - at
    if there < HEAD - 1:
        return _short(there)
    length = data[at + 24] | data[at + 25] << 8
    if length > LONGEST_UNIT:
        return Failure("gbt_length", f"the data unit claims {length} bytes; the standard allows {LONGEST_UNIT}",
                       data[at:at + HEAD] if there >= HEAD else b"")
    size = SHORTEST_FRAME + length
    if size > there:
        return _short(there) if there < SHORTEST_FRAME else Failure(
            "gbt_cut_short", f"the frame claims {size} bytes and {there} are there", data[at:at + HEAD])
    raw = data[at:at + size]
    if raw[-2:] != END:
        return Failure("gbt_end_mark", f"the frame of {size} bytes ends in {raw[-2:].hex(' ')}, not in 23 23",
                       raw[:HEAD])
    if raw[-3] != (total := checksum(raw)):
        return Failure("gbt_checksum", f"the check sum is {raw[-3]:02X}; the bytes sum to {total:02X}", raw[:HEAD])
    return Frame(raw)


def _is_short_beat(data: bytes, at: int) -> bool:
    """Whether a short heartbeat stands at a place where no whole frame does.

    What follows it must be the next start mark or nothing yet: a frame whose clock shows this month and year is whole
    only later.
    """
    end = at + _SHORT_BEAT_SIZE
    return data[end - 2:end] == END and data[end:end + 2] in (b"", b"@", START)


def _short(there: int) -> Failure:
    return Failure("gbt_cut_short", f"the frame ends after {there} bytes; the shortest has {SHORTEST_FRAME}", b"")


def checksum(raw: bytes) -> int:
    """Low eight bits of the sum of bytes 2 to 26+N of a whole frame."""
    return byte_sum(raw[2:-3])


def byte_sum(data: bytes) -> int:
    """Low eight bits of the sum of bytes.

    The lower half of Adler-32 is 1 plus the sum of the bytes modulo 65,521: exact for up to 256 bytes, and several
    times as fast as adding them in Python.
    """
    if len(data) <= 256:
        return (adler32(data) - 1) & 0xFF
    return sum((adler32(data[at:at + 256]) & 0xFFFF) - 1 for at in range(0, len(data), 256)) & 0xFF


def frame_bytes(*, serial: int = 0, command: int = 2, unit: bytes = b"", sent: bytes = bytes(6),
                source: bytes = bytes(6), destination: bytes = bytes(6), version: tuple[int, int] = (1, 1)) -> bytes:
    """The bytes of a frame, with its sum."""
    body = b"%b%b%b%b%b%b%c%b" % (serial.to_bytes(2, "little"), bytes(version), sent, source, destination,
                                  len(unit).to_bytes(2, "little"), command, unit)
    return b"%b%b%c%b" % (START, body, byte_sum(body), END)
