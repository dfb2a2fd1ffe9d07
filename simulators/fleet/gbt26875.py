"""GB/T 26875.3-2011 frames as a user information transmission device sends them: types 1, 2, 3 and 21."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_CHINA = ZoneInfo("Asia/Shanghai")
SEND_DATA, CONFIRM = 2, 3
NO_CLOCK = bytes(6)

# Bits of the system status (type 1), the component status (type 2) and the device status (type 21).
SYSTEM_BITS = {"normal": 0, "fire_alarm": 1, "fault": 2, "shielded": 3, "supervisory": 4, "started": 5, "feedback": 6,
               "delay": 7, "mains_fault": 8, "standby_fault": 9, "bus_fault": 10, "manual_mode": 11}
COMPONENT_BITS = {kind: bit for kind, bit in SYSTEM_BITS.items() if bit < 8}
DEVICE_BITS = {"normal": 0, "fire_alarm": 1, "fault": 2, "mains_fault": 3, "standby_fault": 4, "comm_fault": 5,
               "line_fault": 6}


@dataclass(frozen=True)
class Frame:
    """The control unit and the data of one frame; addresses are the six bytes as numbers."""

    serial: int
    source: int
    destination: int
    sent: bytes
    data: bytes = b""
    command: int = SEND_DATA
    version: tuple[int, int] = (1, 1)

    def encode(self) -> bytes:
        """The bytes on the wire, checksum and end mark included."""
        body = (self.serial.to_bytes(2, "little") + bytes(self.version) + self.sent
                + self.source.to_bytes(6, "little") + self.destination.to_bytes(6, "little")
                + len(self.data).to_bytes(2, "little") + bytes([self.command]) + self.data)
        return b"@@" + body + bytes([sum(body) & 0xFF]) + b"##"


def time_tag(moment: dt.datetime) -> bytes:
    """Second, minute, hour, day, month, year - 2000 of China's local time, plain binary."""
    local = moment.astimezone(_CHINA)
    return bytes([local.second, local.minute, local.hour, local.day, local.month, local.year - 2000])


def bcd_time_tag(moment: dt.datetime) -> bytes:
    """The same digits in BCD, as a device that misread the standard writes them."""
    return bytes(int(str(number), 16) for number in time_tag(moment))


def status_word(kinds: set[str], bits: dict[str, int], *, normal: bool = True) -> int:
    """The status with a bit set for each kind; many devices leave the bit for normal service at 0."""
    word = sum(1 << bits[kind] for kind in kinds)
    return word | 1 if normal else word


def system_status(objects: list[tuple[int, int, int, bytes]]) -> bytes:
    """Type 1: system type, system address, status, time tag of each object."""
    return bytes([1, len(objects)]) + b"".join(
        bytes([system, address]) + status.to_bytes(2, "little") + tag for system, address, status, tag in objects)


def component_status(objects: list[tuple[int, int, int, bytes, int, str, bytes]]) -> bytes:
    """Type 2: system type, system address, component type, component address (4 bytes), status, text, time tag."""
    return bytes([2, len(objects)]) + b"".join(
        bytes([system, address, component]) + place + status.to_bytes(2, "little") + description(text) + tag
        for system, address, component, place, status, text, tag in objects)


def component_analog(objects: list[tuple[int, int, int, bytes, int, int, bytes]]) -> bytes:
    """Type 3: system type, system address, component type, address, analog type, raw value (signed), time tag."""
    return bytes([3, len(objects)]) + b"".join(
        bytes([system, address, component]) + place + bytes([quantity]) + raw.to_bytes(2, "little", signed=True) + tag
        for system, address, component, place, quantity, raw, tag in objects)


def device_status(status: int, tag: bytes) -> bytes:
    """Type 21: the transmission device itself."""
    return bytes([21, 1, status]) + tag


def component_place(loop: int, point: int) -> bytes:
    """Loop and point as two little-endian words, the loop first."""
    return loop.to_bytes(2, "little") + point.to_bytes(2, "little")


def description(text: str) -> bytes:
    """31 bytes of GB 18030, padded with NUL; a character that would be cut in half is left out."""
    encoded = b""
    for character in text:
        piece = character.encode("gb18030")
        if len(encoded) + len(piece) > 31:
            break
        encoded += piece
    return encoded.ljust(31, b"\0")
