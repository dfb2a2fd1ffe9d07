"""The typed messages between the layers: what arrived, what a codec read in it, and what was refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Message:
    """One publish as it arrived.

    ``payload`` may be cut to the accepted size; ``payload_bytes`` is the true size. ``generation`` names the network
    connection it came over: an acknowledgement may only go back over the same one. ``packet_id`` is the broker's (for
    QoS 0 a number of ours above 65535, for a replay 0). ``redelivered``: it may have been stored before.
    """

    topic: str
    payload: bytes
    received_at: dt.datetime
    payload_bytes: int = -1
    packet_id: int = 0
    generation: int = 0
    redelivered: bool = False

    def __post_init__(self) -> None:
        if self.payload_bytes < 0:
            self.payload_bytes = len(self.payload)

    @property
    def is_cut(self) -> bool:
        return self.payload_bytes > len(self.payload)


def told(value: Any, longest: int) -> str:
    """What a device sent, as a short text for people, whatever it is."""
    try:
        return (value if isinstance(value, str) else str(value))[:longest]
    except RecursionError:
        return f"{type(value).__name__} nested too deeply"


@dataclass(frozen=True, slots=True)
class BadTime:
    """A device time that can't be read as a moment; ``text`` is what the device sent."""

    text: str


#: What a device said about time: nothing (or zero), a moment, or something that is none.
DeviceTime = dt.datetime | BadTime | None


@dataclass(slots=True)
class Record:
    """Values measured together: ``values`` by the device's own keys, already flat; ``ts`` is the time as sent."""

    time: DeviceTime
    values: dict[str, Any]
    ts: Any = None


@dataclass(slots=True)
class EventReport:
    """An event a device told of. ``kind`` is still the device's word for JSON, a code of policy for GB/T."""

    kind: str
    point: str
    active: bool
    time: DeviceTime
    detail: dict[str, Any] = field(default_factory=dict)
    #: The object as sent, for quarantine.
    origin: Any = None


@dataclass(slots=True)
class StatusReport:
    """The whole status of one point: the kinds in ``on`` hold, the others of ``covers`` do not, which may restore."""

    point: str
    on: tuple[str, ...]
    covers: tuple[str, ...]
    time: DeviceTime
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of a known metric, in the metric's unit, under a time of the device."""

    metric: str
    value: float
    time: DeviceTime


@dataclass(frozen=True, slots=True)
class StateReport:
    """A text a device keeps under a key."""

    key: str
    value: str
    time: DeviceTime


@dataclass(slots=True)
class DeviceContent:
    """What one message says of one device."""

    records: list[Record] = field(default_factory=list)
    events: list[EventReport] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Problem:
    """A piece of a payload that can't be read: ``payload`` is the smallest replayable piece, None for all of it."""

    reason_code: str
    reason: str
    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not stored: the bytes that go to quarantine (the smallest piece that can be replayed) and why."""

    reason_code: str
    reason: str
    payload: bytes
    received_at: dt.datetime
