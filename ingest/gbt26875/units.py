"""The objects of a frame's data unit: ``type flag | object count | objects``, all of one type and one size."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

#: The standard names no zone; devices in the field run on China's clock.
DEVICE_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class BadUnit:
    """A data unit that can't be read, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """Type 1, 建筑消防设施系统状态."""

    system: int
    system_address: int
    status: int
    time: bytes


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """Type 2, 部件运行状态. ``address`` is the four bytes in wire order, ``description`` the raw text field."""

    system: int
    system_address: int
    component: int
    address: bytes
    status: int
    description: bytes
    time: bytes


@dataclass(frozen=True, slots=True)
class ComponentAnalog:
    """Type 3, 部件模拟量值. ``raw`` is signed and still to be multiplied by the step of ``quantity``."""

    system: int
    system_address: int
    component: int
    address: bytes
    quantity: int
    raw: int
    time: bytes


@dataclass(frozen=True, slots=True)
class Operation:
    """Type 4 (facility, 操作信息) and type 24 (transmission device): ``system`` is None for the device itself."""

    system: int | None
    system_address: int
    flags: int
    operator: int
    time: bytes


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """Type 21, 用户信息传输装置运行状态."""

    status: int
    time: bytes


@dataclass(frozen=True, slots=True)
class Described:
    """Types 5 to 8, 25, 26 and 28: software versions, configuration texts and clocks, as key and text."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class VendorObject:
    """Any other type: kept whole as hex."""

    kind: int
    raw: bytes


Unit = SystemStatus | ComponentStatus | ComponentAnalog | Operation | DeviceStatus | Described | VendorObject

# Sizes seen in the field beside the standard's (the first of each): without description, and with a second time tag.
_SIZES = {1: (10, 16), 2: (46, 15, 16), 3: (16, 22), 4: (10,), 7: (38, 44), 8: (8, 14), 21: (7, 13), 24: (8,),
          5: (4, 10), 25: (2, 8), 28: (6, 12)}


def read_unit(unit: bytes) -> list[Unit] | BadUnit:  # noqa: PLR0911  one check a line
    """The objects of a data unit; an empty list for an empty unit and the one-byte hello, which say only "here"."""
    if len(unit) < 2:
        return []
    kind, count, body = unit[0], unit[1], unit[2:]
    if kind == 0 or kind > 28:
        return [VendorObject(kind, unit)]
    if count == 0:
        return BadUnit(f"the data unit of type {kind} claims 0 objects")
    if kind in (6, 26):
        return _texts(kind, count, body)
    sizes = _SIZES.get(kind)
    if sizes is None:
        return [VendorObject(kind, unit)]
    size, rest = divmod(len(body), count)
    if rest or size not in sizes:
        expected = " or ".join(str(one) for one in sizes)
        return BadUnit(f"the data unit of type {kind} has {len(body)} bytes for {count} objects; one has {expected}")
    return [_object(kind, body[at:at + size]) for at in range(0, len(body), size)]


def _object(kind: int, raw: bytes) -> Unit:  # noqa: PLR0911  one line a type
    word = int.from_bytes
    if kind == 1:
        return SystemStatus(raw[0], raw[1], word(raw[2:4], "little"), raw[4:10])
    if kind == 2:
        return ComponentStatus(raw[0], raw[1], raw[2], raw[3:7], word(raw[7:9], "little"), raw[9:-6], raw[-6:])
    if kind == 3:
        return ComponentAnalog(raw[0], raw[1], raw[2], raw[3:7], raw[7], word(raw[8:10], "little", signed=True),
                               raw[10:16])
    if kind == 4:
        return Operation(raw[0], raw[1], raw[2], raw[3], raw[4:10])
    if kind == 21:
        return DeviceStatus(raw[0], raw[1:7])
    if kind == 24:
        return Operation(None, 0, raw[0], raw[1], raw[2:8])
    if kind == 5:
        return Described(f"gbt.{raw[0]}/{raw[1]}.version", f"{raw[2]}.{raw[3]}")
    if kind == 25:
        return Described("gbt.device.version", f"{raw[0]}.{raw[1]}")
    if kind == 7:
        return Described(f"gbt.{raw[0]}/{raw[1]}/{raw[2]}/{raw[3:7].hex()}.configuration", text_of(raw[7:38]))
    moment = raw[2:8] if kind == 8 else raw[:6]
    key = f"gbt.{raw[0]}/{raw[1]}.clock" if kind == 8 else "gbt.device.clock"
    told = time_of(moment)
    return Described(key, told.isoformat() if told else moment.hex())


def _texts(kind: int, count: int, body: bytes) -> list[Unit] | BadUnit:
    """Objects of types 6 and 26, whose text says its own length."""
    head = 2 if kind == 6 else 0
    found: list[Unit] = []
    for number in range(1, count + 1):
        if len(body) < head + 1 or len(body) < head + 1 + body[head]:
            return BadUnit(f"text {number} of {count} in the data unit of type {kind} runs past its end")
        end = head + 1 + body[head]
        where = f"{body[0]}/{body[1]}" if head else "device"
        found.append(Described(f"gbt.{where}.configuration", text_of(body[head + 1:end])))
        body = body[end:]
    return found


def time_of(tag: bytes) -> dt.datetime | None:
    """The moment of a six-byte tag (second, minute, hour, day, month, year - 2000), or None where there is none."""
    second, minute, hour, day, month, year = tag
    try:
        return dt.datetime(2000 + year, month, day, hour, minute, second, tzinfo=DEVICE_ZONE)
    except ValueError:
        return None


def text_of(raw: bytes) -> str:
    """A GB 18030 text field for people: padding and what stands behind a NUL are dropped, bad bytes replaced.

    Some makers put a format number (1 to 6) in the first byte; leading NULs come before the text in others.
    """
    raw = raw.lstrip(b"\x00 ")
    if raw[:1] in (b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\x06"):
        raw = raw[1:].lstrip(b"\x00 ")
    text = raw.split(b"\x00", 1)[0].decode("gb18030", "replace")
    return "".join(character for character in text if character.isprintable()).strip()
