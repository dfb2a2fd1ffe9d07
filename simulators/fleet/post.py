"""How a transmission device and the person on post answer what the centre asks on ``…/gbt26875/down``. Pure."""

from __future__ import annotations

import datetime as dt
import zlib
from dataclasses import dataclass
from typing import Final

from simulators.fleet.gbt26875 import Frame, device_status, time_tag

_CONTROL, _CONFIRM, _REQUEST, _ANSWER, _DENY, _SEND = 1, 3, 4, 5, 6, 2
_DUTY_CHECK: Final = 91
_KEY_PRESSED: Final = 1 << 5
#: How long the person on post takes, in seconds: between these, by device and check.
_QUICKEST, _SLOWEST = 4, 25
#: Of so many posts one is empty.
_POSTS: Final = 6


@dataclass(frozen=True)
class Reply:
    """What a device publishes, ``after`` so many seconds."""

    topic: str
    payload: bytes
    after: float = 0.0


def replies(topic: str, payload: bytes, now: dt.datetime) -> list[Reply]:
    """What a device answers to a message on its ``…/down``, in the form in which it was asked."""
    asked = _frame(payload)
    if asked is None or asked.command not in (_CONTROL, _REQUEST) or not asked.data:
        return []
    where, is_hex, kind = topic.removesuffix("/down"), not payload.startswith(b"@@"), asked.data[0]

    def reply(command: int, data: bytes = b"", *, after: float = 0.0, serial: int = asked.serial) -> Reply:
        moment = now + dt.timedelta(seconds=after)
        raw = Frame(serial, asked.destination, asked.source, time_tag(moment), data, command, asked.version).encode()
        return Reply(where, raw.hex().encode() if is_hex else raw, after)

    if asked.command == _CONTROL:
        found = [reply(_CONFIRM)]
        if kind == _DUTY_CHECK and is_manned(where):
            after = float(_QUICKEST + zlib.crc32(payload) % (_SLOWEST - _QUICKEST))
            pressed = bytes([24, 1, _KEY_PRESSED, 1]) + time_tag(now + dt.timedelta(seconds=after))
            found.append(reply(_SEND, pressed, after=after, serial=asked.serial ^ 0x8000))
        return found
    data = {81: device_status(1, time_tag(now)), 85: bytes([25, 1, 1, 2]), 88: bytes([28, 1]) + time_tag(now)}.get(kind)
    return [reply(_DENY) if data is None else reply(_ANSWER, data)]


def is_manned(topic: str) -> bool:
    """Whether somebody is on post where the device with this topic stands: always the same for one device."""
    return zlib.crc32(topic.encode()) % _POSTS != 0


def _frame(payload: bytes) -> Frame | None:
    try:
        raw = payload if payload.startswith(b"@@") else bytes.fromhex(payload.decode("ascii"))
    except ValueError:
        return None
    if len(raw) < 30 or raw[:2] != b"@@" or len(raw) != 30 + int.from_bytes(raw[24:26], "little"):
        return None
    if sum(raw[2:-3]) & 0xFF != raw[-3]:
        return None
    return Frame(int.from_bytes(raw[2:4], "little"), int.from_bytes(raw[12:18], "little"),
                 int.from_bytes(raw[18:24], "little"), raw[6:12], raw[27:-3], raw[26], (raw[4], raw[5]))
