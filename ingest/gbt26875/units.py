"""The objects of a frame's data unit: ``type flag | object count | objects``, all of one type and one size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True)
class BadUnit:
    """A data unit that can't be read, and why."""

    reason: str


class SystemStatus(NamedTuple):
    """Type 1, 建筑消防设施系统状态. Here as in the others, ``time`` is empty where the object has no tag."""

    system: int
    system_address: int
    status: int
    time: bytes


class ComponentStatus(NamedTuple):
    """Type 2, 部件运行状态. ``address`` is the four bytes in wire order, ``description`` the raw text field.

    ``channel`` is what one maker puts behind the text: the type and the number of a channel of the component.
    """

    system: int
    system_address: int
    component: int
    address: bytes
    status: int
    description: bytes
    time: bytes
    channel: bytes = b""

    @property
    def switch(self) -> tuple[int, int] | None:
        """The kind and the value of a switch input, where the object is as long as one: read as bits, its kind would
        be the low byte of a status."""
        if len(self.description) != 1:
            return None
        return self.status & 0xFF, self.status >> 8 | self.description[0] << 8


class ComponentAnalog(NamedTuple):
    """Type 3, 部件模拟量值. ``raw`` is signed and still to be multiplied by the step of ``quantity``."""

    system: int
    system_address: int
    component: int
    address: bytes
    quantity: int
    raw: int
    time: bytes


class Operation(NamedTuple):
    """Type 4 (facility, 操作信息) and type 24 (transmission device): ``system`` is None for the device itself."""

    system: int | None
    system_address: int
    flags: int
    operator: int
    time: bytes


class DeviceStatus(NamedTuple):
    """Type 21, 用户信息传输装置运行状态."""

    status: int
    time: bytes


class Version(NamedTuple):
    """Types 5 (of a facility) and 25 (of the device, whose ``system`` is None). ``time`` is a second tag, if any."""

    system: int | None
    system_address: int
    major: int
    minor: int
    time: bytes | None


class Configuration(NamedTuple):
    """Types 6 and 26: a text about a system or (``system`` None) the device."""

    system: int | None
    system_address: int
    text: bytes
    time: bytes | None


class ComponentConfiguration(NamedTuple):
    """Type 7: a text about a component."""

    system: int
    system_address: int
    component: int
    address: bytes
    description: bytes
    time: bytes | None


class Clock(NamedTuple):
    """Types 8 and 28: what a facility's or (``system`` None) the device's clock shows. ``time`` is a second tag."""

    system: int | None
    system_address: int
    shown: bytes
    time: bytes | None


class VendorObject(NamedTuple):
    """Any other type: kept whole, ``raw`` is the data unit."""

    kind: int
    raw: bytes


Unit = (SystemStatus | ComponentStatus | ComponentAnalog | Operation | DeviceStatus | Version | Configuration
        | ComponentConfiguration | Clock | VendorObject)

_COMPONENT: Final = Struct("<BBB4sH31s6s").unpack
_ANALOG: Final = Struct("<BBB4sBh6s").unpack_from
_NO_TAG, _WITH_CHANNEL = 40, 48


def _component(raw: bytes) -> ComponentStatus:
    if len(raw) == 46:
        return ComponentStatus(*_COMPONENT(raw))
    if len(raw) == _NO_TAG:
        return ComponentStatus(*_COMPONENT(raw + bytes(6)))._replace(time=b"")
    channel = raw[40:42] if len(raw) == _WITH_CHANNEL else b""
    return ComponentStatus(raw[0], raw[1], raw[2], raw[3:7], raw[7] | raw[8] << 8, raw[9:len(raw) - 6 - len(channel)],
                           raw[-6:], channel)


def _analog(raw: bytes) -> ComponentAnalog:
    if len(raw) < 16:
        return ComponentAnalog(*_ANALOG(raw + bytes(6)))._replace(time=b"")
    return ComponentAnalog(*_ANALOG(raw))


def _tag(raw: bytes, at: int) -> bytes | None:
    return raw[at:at + 6] or None


#: What reads one object of a type, and the sizes it may have: the standard's first, then those seen in the field
#: (component statuses without description or with a channel; a second time tag at the end, or none at all).
_READERS: Final[dict[int, tuple[Callable[[bytes], Unit], tuple[int, ...]]]] = {
    1: (lambda raw: SystemStatus(raw[0], raw[1], raw[2] | raw[3] << 8, raw[4:10]), (10, 16, 4)),
    2: (_component, (46, 15, 16, _WITH_CHANNEL, _NO_TAG)),
    3: (_analog, (16, 22, 10)),
    4: (lambda raw: Operation(raw[0], raw[1], raw[2], raw[3], raw[4:10]), (10, 4)),
    5: (lambda raw: Version(raw[0], raw[1], raw[2], raw[3], _tag(raw, 4)), (4, 10)),
    7: (lambda raw: ComponentConfiguration(raw[0], raw[1], raw[2], raw[3:7], raw[7:38], _tag(raw, 38)), (38, 44)),
    8: (lambda raw: Clock(raw[0], raw[1], raw[2:8], _tag(raw, 8)), (8, 14)),
    21: (lambda raw: DeviceStatus(raw[0], raw[1:7]), (7, 13, 1)),
    24: (lambda raw: Operation(None, 0, raw[0], raw[1], raw[2:8]), (8, 2)),
    25: (lambda raw: Version(None, 0, raw[0], raw[1], _tag(raw, 2)), (2, 8)),
    28: (lambda raw: Clock(None, 0, raw[:6], _tag(raw, 6)), (6, 12)),
}
_TEXTS: Final = {6: 2, 26: 0}
#: Types of the standard that a device sends.
KNOWN: Final = frozenset(_READERS) | frozenset(_TEXTS)


def read_unit(unit: bytes, layout: int | None = None) -> list[Unit] | BadUnit:
    """The objects of a data unit; an empty list for an empty unit and the one-byte hello, which say only "here".

    ``layout`` is the type of the standard whose objects a vendor's type has.
    """
    if len(unit) < 2:
        return []
    kind, count = unit[0], unit[1]
    shape = layout or kind
    if shape in _TEXTS:
        return _texts(kind, count, unit[2:], _TEXTS[shape])
    if shape not in _READERS:
        return [VendorObject(kind, unit)]
    if count == 0:
        return BadUnit(f"the data unit of type {kind} claims 0 objects")
    read, sizes = _READERS[shape]
    size, rest = divmod(len(unit) - 2, count)
    if rest or size not in sizes:
        expected = " or ".join(str(one) for one in sizes)
        return BadUnit(f"the data unit of type {kind} has {len(unit) - 2} bytes for {count} objects; "
                       f"one has {expected}")
    return [read(unit[at:at + size]) for at in range(2, len(unit), size)]


def _texts(kind: int, count: int, body: bytes, head: int) -> list[Unit] | BadUnit:
    """Objects of types 6 and 26, whose text says its own length; with a second time tag each, where that fits."""
    if count == 0:
        return BadUnit(f"the data unit of type {kind} claims 0 objects")
    for tag in (0, 6):
        found = _texts_with(count, body, head, tag)
        if found is not None:
            return found
    return BadUnit(f"the {count} texts in the data unit of type {kind} do not fill its {len(body)} bytes")


def _texts_with(count: int, body: bytes, head: int, tag: int) -> list[Unit] | None:
    found: list[Unit] = []
    at = 0
    for _ in range(count):
        if at + head >= len(body):
            return None
        start = at + head + 1
        end = start + body[at + head]
        system, address = (body[at], body[at + 1]) if head else (None, 0)
        found.append(Configuration(system, address, body[start:end], body[end:end + tag] or None))
        at = end + tag
    return found if at == len(body) else None
