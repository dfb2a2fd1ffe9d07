"""How a centre answers a frame: confirm, deny, its own heartbeat. Pure.

An answer swaps the addresses, repeats the serial number and the version bytes, and carries its own time
(GB/T 26875.3-2011, 7). What some devices wait for beyond it: a one-byte hello ``16`` wants ``17``, and a request for
the time wants the time.
"""

from __future__ import annotations

from typing import Final

from ingest.gbt26875.frames import HEAD, Frame, frame_bytes
from ingest.gbt26875.settings import DeviceSettings
from ingest.gbt26875.tables import CONFIRM, CONTROL, DENY, SEND_DATA

HELLO: Final = b"\x16"
HELLO_ANSWER: Final = b"\x17"
SET_CLOCK: Final = 90


def answer(frame: Frame, tag: bytes, settings: DeviceSettings) -> bytes | None:
    """What goes back to the sender of a good frame, once it is stored; None where nothing does. ``tag``: the time now.

    Data is confirmed, also data nobody understands: an unconfirmed device sends it again and then drops the link.
    Commands of the user's own are confirmed too; commands the standard reserves are denied, as it asks.
    """
    command, unit = frame.command, frame.unit
    if command == SEND_DATA:
        if unit == HELLO:
            return reply(frame.raw, CONFIRM, tag, HELLO_ANSWER)
        if unit and unit[0] in settings.time_request:
            return reply(frame.raw, CONTROL, tag, bytes((SET_CLOCK, 1)) + tag)
        return reply(frame.raw, CONFIRM, tag)
    if command >= 128:
        return reply(frame.raw, CONFIRM, tag)
    return reply(frame.raw, DENY, tag) if command == 0 or command > DENY else None


def deny(head: bytes, tag: bytes, settings: DeviceSettings | None = None) -> bytes | None:
    """The deny of a damaged frame, from its control unit; None where that is not all there or the device wants none."""
    if len(head) < HEAD or (settings is not None and not settings.deny):
        return None
    return reply(head, DENY, tag)


def reply(head: bytes, command: int, tag: bytes, unit: bytes = b"") -> bytes:
    """A frame back to the sender of a frame with this control unit (or whole frame)."""
    return frame_bytes(serial=head[2] | head[3] << 8, version=(head[4], head[5]), sent=tag, source=head[18:24],
                       destination=head[12:18], command=command, unit=unit)


def heartbeat(serial: int, tag: bytes, *, source: bytes, destination: bytes) -> bytes:
    """A packet of command 2 without data, as devices send to keep a link."""
    return frame_bytes(serial=serial, sent=tag, source=source, destination=destination)
