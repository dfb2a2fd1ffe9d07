"""What a monitoring centre sends to a transmission device: requests (command 4) and controls (command 1). Pure.

Types, objects and the most objects of one unit are those of GB/T 26875.3-2011, 8.2 and the table of type flags.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from ingest.errors import IngestError
from ingest.gbt26875.frames import Frame, frame_bytes
from ingest.gbt26875.names import Name
from ingest.gbt26875.tables import ANSWER, CONFIRM, CONTROL, DENY, DUTY_ANSWER, REQUEST, SEND_DATA, TYPES
from ingest.gbt26875.times import tag_of
from ingest.gbt26875.units import BadUnit

#: A request for operation records asks for this many at most.
MOST_RECORDS: Final = 102


class RequestError(IngestError):
    """A request to a device can't be made as it was asked."""

    status = 422


class Asked(NamedTuple):
    """One object of a request, of which a kind takes the fields it names.

    ``component`` is its four bytes in wire order; ``since`` and ``time`` are time tags.
    """

    system: int = 0
    system_address: int = 0
    component: bytes = bytes(4)
    records: int = 0
    since: bytes = bytes(6)
    minutes: int = 0
    time: bytes = bytes(6)


class _Field(NamedTuple):
    """A field of an object: ``size`` bytes as they stand, or one byte from ``least`` to ``most``."""

    told: str
    size: int
    least: int = 0
    most: int = 255


_FIELDS: Final = {
    "system": _Field("the system type", 1), "system_address": _Field("the system address", 1),
    "component": _Field("the component address", 4), "records": _Field("the number of records", 1, 1, MOST_RECORDS),
    "since": _Field("the start", 6), "minutes": _Field("the time limit in minutes", 1, 1),
    "time": _Field("the time", 6),
}
_SYSTEM: Final = ("system", "system_address")
_COMPONENT: Final = (*_SYSTEM, "component")
_RECORDS: Final = ("records", "since")


@dataclass(frozen=True, slots=True)
class Kind:
    """One type that a centre sends: the fields of an object, and how many objects fit in one unit."""

    code: str
    type: int
    fields: tuple[str, ...] = ()
    most: int = 1

    @property
    def command(self) -> int:
        return CONTROL if self.type >= 89 else REQUEST

    @property
    def answer(self) -> int | None:
        """The type of the answer; None for controls, which are confirmed (a duty check also by a person's key)."""
        return None if self.command == CONTROL else self.type - 60

    @property
    def name(self) -> Name:
        return TYPES[self.type]

    @property
    def size(self) -> int:
        """Bytes of one object; one that says nothing is a single 0."""
        return sum(_FIELDS[name].size for name in self.fields) or 1


KINDS: Final = {kind.code: kind for kind in (
    Kind("read_system_status", 61, _SYSTEM, 102), Kind("read_component_status", 62, _COMPONENT, 22),
    Kind("read_component_value", 63, _COMPONENT, 63), Kind("read_facility_operations", 64, (*_SYSTEM, *_RECORDS)),
    Kind("read_facility_version", 65, _SYSTEM), Kind("read_system_configuration", 66, _SYSTEM, 3),
    Kind("read_component_configuration", 67, _COMPONENT, 26), Kind("read_facility_clock", 68, _SYSTEM),
    Kind("read_status", 81), Kind("read_operations", 84, _RECORDS), Kind("read_version", 85),
    Kind("read_configuration", 86), Kind("read_clock", 88), Kind("initialise", 89), Kind("set_clock", 90, ("time",)),
    Kind("duty_check", 91, ("minutes",)))}
BY_TYPE: Final = {kind.type: kind for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Request:
    """A request ready to be sent: its kind and its data unit."""

    kind: Kind
    unit: bytes

    def frame(self, serial: int, sent: dt.datetime, *, centre: bytes, device: bytes) -> bytes:
        """The bytes to send; ``centre`` and ``device`` are addresses in the order of bytes that the device uses."""
        return frame_bytes(serial=serial & 0xFFFF, command=self.kind.command, unit=self.unit, sent=tag_of(sent),
                           source=centre, destination=device)


def read(code: str, objects: Sequence[Asked] = ()) -> Request:
    """A request to read; ``code`` is one of :data:`KINDS` that begins with ``read``.

    Those about the transmission device itself need no objects.
    """
    kind = KINDS.get(code)
    if kind is None or kind.command != REQUEST:
        known = ", ".join(one for one in KINDS if one.startswith("read"))
        raise RequestError(f"{code[:40]!r} is nothing that can be read from a device; say one of {known}")
    return _request(kind, objects or ([] if kind.fields else [Asked()]))


def initialise() -> Request:
    """初始化: the device starts anew."""
    return _request(KINDS["initialise"], [Asked()])


def set_clock(moment: dt.datetime) -> Request:
    """校时: the device's clock is set to ``moment``, in China's time and whole seconds."""
    if moment.tzinfo is None or not 2000 <= moment.year <= 2099:
        raise RequestError("the time to set must be of the years 2000 to 2099 and say its time zone")
    return _request(KINDS["set_clock"], [Asked(time=tag_of(moment))])


def duty_check(minutes: int) -> Request:
    """查岗: whoever is on post has ``minutes`` (1 to 255) to press the key."""
    return _request(KINDS["duty_check"], [Asked(minutes=minutes)])


def _request(kind: Kind, objects: Sequence[Asked]) -> Request:
    if not 1 <= len(objects) <= kind.most:
        raise RequestError(f"{kind.name.en} takes 1 to {kind.most} objects at once, not {len(objects)}")
    return Request(kind, bytes([kind.type, len(objects)]) + b"".join(_object(kind, one) for one in objects))


def _object(kind: Kind, one: Asked) -> bytes:
    return b"".join(_encoded(_FIELDS[name], getattr(one, name)) for name in kind.fields) or b"\x00"


def _encoded(field: _Field, value: int | bytes) -> bytes:
    if field.size > 1:
        if not isinstance(value, bytes) or len(value) != field.size:
            raise RequestError(f"{field.told} must be {field.size} bytes")
        return value
    if isinstance(value, bool) or not isinstance(value, int) or not field.least <= value <= field.most:
        raise RequestError(f"{field.told} must be a whole number from {field.least} to {field.most}, not {value!r}")
    return bytes([value])


def read_request(unit: bytes) -> list[Asked] | BadUnit:
    """The objects of a centre's data unit, for whoever watches a link or plays the device."""
    kind = BY_TYPE.get(unit[0]) if unit else None
    if kind is None or len(unit) < 2:
        return BadUnit("it is no data unit that a centre sends")
    count, size, body = unit[1], kind.size, len(unit) - 2
    if not kind.fields:
        return [Asked()]
    if not count or body != count * size:
        return BadUnit(f"the data unit of type {kind.type} has {body} bytes for {count} objects; one has {size}")
    return [_asked(kind, unit[at:at + size]) for at in range(2, len(unit), size)]


def _asked(kind: Kind, raw: bytes) -> Asked:
    found: dict[str, Any] = {}
    at = 0
    for name in kind.fields:
        size = _FIELDS[name].size
        found[name] = raw[at:at + size] if size > 1 else raw[at]
        at += size
    return Asked(**found)


class Outcome(Enum):
    """What a frame of the device means for a request that waits."""

    CONFIRMED = "confirmed"
    ANSWERED = "answered"
    DENIED = "denied"


def outcome(request: Request, serial: int, frame: Frame) -> Outcome | None:
    """What ``frame`` means for a request that was sent under ``serial``; None where it is about something else.

    A confirm, deny or answer repeats the serial number. A duty check is answered later by the device's own packet:
    type 24 with bit 5, under a serial number of the device.
    """
    if is_duty_answer(frame):
        return Outcome.ANSWERED if request.kind.code == "duty_check" else None
    if frame.serial != serial & 0xFFFF:
        return None
    if frame.command == CONFIRM:
        return Outcome.CONFIRMED
    if frame.command == DENY:
        return Outcome.DENIED
    is_answer = frame.command == ANSWER and frame.unit[:1] == bytes([request.kind.answer or 0])
    return Outcome.ANSWERED if is_answer else None


def is_duty_answer(frame: Frame) -> bool:
    """Whether a person pressed the key (查岗应答): a record of type 24 with bit 5 in any of its objects."""
    unit = frame.unit
    if frame.command != SEND_DATA or len(unit) < 4 or unit[0] != 24:
        return False
    size = 2 if len(unit) - 2 == 2 * unit[1] else 8  # without time tags, or with them
    return len(unit) - 2 >= size and any(flags >> DUTY_ANSWER & 1 for flags in unit[2::size])
