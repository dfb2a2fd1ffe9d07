"""Frames in bytes: found by length, never by looking for the end mark, which may also stand inside a frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

START: Final = b"@@"
END: Final = b"##"
LONGEST_UNIT: Final = 1024
SHORTEST_FRAME: Final = 30
# Each candidate start costs a sum over up to a kilobyte; bytes made to look like starts must not stall the process.
MOST_FAILURES: Final = 2000
_SHOWN = 80
_HEX_START = re.compile(rb"(?:0[xX])?(?:40|4\Z)")
_NO_HEX = re.compile(rb"[^0-9A-Fa-f\s]")
_HEX_TEXT = re.compile(rb"\s*(?:0[xX])?(?:[0-9A-Fa-f]{2}\s*)+\Z")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame with a right sum. Addresses are the six bytes in wire order; ``sent`` is the raw time tag."""

    serial: int
    main_version: int
    user_version: int
    sent: bytes
    source: bytes
    destination: bytes
    command: int
    unit: bytes
    raw: bytes


@dataclass(frozen=True, slots=True)
class BadBytes:
    """Bytes that belong to no frame, with the first thing that was wrong about them."""

    raw: bytes
    reason_code: str
    reason: str


def payload_bytes(payload: bytes) -> bytes:
    """The frames' bytes from a payload that holds them raw or as hex text (spaces and line breaks between pairs)."""
    # A raw frame begins with '@', which is no hex digit, so the two forms can't be confused.
    if START not in payload and _HEX_TEXT.match(payload):
        return bytes.fromhex(payload.decode("ascii").strip().removeprefix("0x").removeprefix("0X"))
    return payload


def find_frames(data: bytes) -> list[Frame | BadBytes]:
    """Every frame in ``data`` in order, and between them the bytes that are none.

    After a failure ONE byte is skipped: a damaged length must not swallow the good frames behind it.
    """
    found: list[Frame | BadBytes] = []
    position, bad_from, failures = 0, -1, 0
    first_failure: tuple[str, str] | None = None
    while position < len(data):
        start = data.find(START, position) if failures < MOST_FAILURES else -1
        if start < 0:
            bad_from = position if bad_from < 0 else bad_from
            break
        if start > position and bad_from < 0:
            bad_from = position
        frame = _frame_at(data, start)
        if isinstance(frame, Frame):
            if bad_from >= 0:
                found.append(_bad(data[bad_from:start], first_failure))
                bad_from, first_failure = -1, None
            found.append(frame)
            position = start + len(frame.raw)
        else:
            failures += 1
            first_failure = first_failure or frame
            bad_from = start if bad_from < 0 else bad_from
            position = start + 1
    if bad_from >= 0:
        found.append(_bad(data[bad_from:], first_failure))
    return found


def _bad(raw: bytes, failure: tuple[str, str] | None) -> BadBytes:
    code, reason = failure or ("gbt_no_frame", _why_no_frame(raw))
    return BadBytes(raw, code, reason)


def _why_no_frame(raw: bytes) -> str:
    digits = bytes(raw[:_SHOWN].translate(None, b" \t\r\n"))
    if len(digits) > 1 and _HEX_START.match(digits):
        odd = _NO_HEX.search(raw)
        what = (f"character {odd.start() + 1} is {chr(odd.group()[0])!a}" if odd
                else "their number is odd, or a blank splits a pair")
        return f"the frame is hex text, but not pairs of hex digits with blanks between them: {what}"
    return "there is no GB/T 26875.3 frame in these bytes: one begins with 40 40"


def _frame_at(data: bytes, at: int) -> Frame | tuple[str, str]:
    if len(data) - at < SHORTEST_FRAME:
        return "gbt_cut_short", f"the frame ends after {len(data) - at} bytes; the shortest has {SHORTEST_FRAME}"
    length = int.from_bytes(data[at + 24:at + 26], "little")
    if length > LONGEST_UNIT:
        return "gbt_length", f"the data unit claims {length} bytes; the standard allows {LONGEST_UNIT}"
    end = at + SHORTEST_FRAME + length
    if end > len(data):
        return "gbt_cut_short", f"the frame claims {end - at} bytes and {len(data) - at} are there"
    raw = data[at:end]
    if raw[-2:] != END:
        return "gbt_end_mark", f"the frame of {len(raw)} bytes ends in {raw[-2:].hex(' ')}, not in 23 23"
    total = checksum(raw)
    if raw[-3] != total:
        return "gbt_checksum", f"the check sum is {raw[-3]:02X}; the bytes sum to {total:02X}"
    return Frame(serial=int.from_bytes(raw[2:4], "little"), main_version=raw[4], user_version=raw[5], sent=raw[6:12],
                 source=raw[12:18], destination=raw[18:24], command=raw[26], unit=raw[27:27 + length], raw=raw)


def checksum(raw: bytes) -> int:
    """Low eight bits of the sum of bytes 2 to 26+N of a whole frame."""
    return sum(raw[2:-3]) & 0xFF


def frame_bytes(*, serial: int = 0, command: int = 2, unit: bytes = b"", sent: bytes = bytes(6),
                source: bytes = bytes(6), destination: bytes = bytes(6), version: tuple[int, int] = (1, 1)) -> bytes:
    """The bytes of a frame, with its sum."""
    control = (serial.to_bytes(2, "little") + bytes(version) + sent + source + destination
               + len(unit).to_bytes(2, "little") + bytes([command]))
    body = control + unit
    return START + body + bytes([sum(body) & 0xFF]) + END
