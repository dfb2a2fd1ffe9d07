"""The typed messages between the layers: what arrived, what a codec read in it, and what was refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Message:
    """One publish as it arrived.

    ``payload`` may be cut to the accepted size; ``payload_bytes`` is the true size. ``generation`` names the network
    connection it came over: an acknowledgement may only go back over the same one. ``packet_id`` is the broker's (for
    QoS 0 a number of ours above 65535, for a replay 0); ``session`` is the client id under which it has that number.
    ``redelivered``: it may have been stored before. ``way``: by which of two sessions it came, where there are two, see
    :mod:`ingest.echoes`.
    """

    topic: str
    payload: bytes
    received_at: dt.datetime
    payload_bytes: int = -1
    packet_id: int = 0
    generation: int = 0
    redelivered: bool = False
    session: str = ""
    way: int = 0

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
    """Values measured together: ``values`` by the device's own keys, already flat; ``ts`` is the time as sent.

    ``is_attributes``: they describe the device, whatever their keys are called, and none is a reading. ``piece`` makes
    the topic and payload that say the same alone, where the form is not JSON.
    """

    time: DeviceTime
    values: dict[str, Any]
    ts: Any = None
    is_attributes: bool = False
    piece: Callable[[], tuple[str, bytes]] | None = None


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


@dataclass(slots=True)
class ResetReport:
    """A system was reset: the conditions ``ends`` of every point of it are over, unless they are told again after.

    ``point`` names the system; its points begin with it and a slash. '' is the device itself.
    """

    point: str
    ends: tuple[str, ...]
    time: DeviceTime
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Reading:
    """A value of a known metric, in the metric's unit, under a time of the device."""

    metric: str
    value: float
    time: DeviceTime


@dataclass(slots=True)
class StateReport:
    """A text a device keeps under a key."""

    key: str
    value: str
    time: DeviceTime


@dataclass(slots=True)
class DeviceContent:
    """What one message says of one device; ``source`` is the form that its events are stored with."""

    records: list[Record] = field(default_factory=list)
    events: list[EventReport] = field(default_factory=list)
    source: str = "json"


@dataclass(frozen=True, slots=True)
class Problem:
    """A piece of a payload that can't be read: ``payload`` is the smallest replayable piece, None for all of it.

    ``topic`` is that of the piece where it is not the message's.
    """

    reason_code: str
    reason: str
    payload: bytes | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not stored: the bytes that go to quarantine (the smallest piece that can be replayed) and why.

    ``topic`` is that of the piece where it is not the message's.
    """

    reason_code: str
    reason: str
    payload: bytes
    received_at: dt.datetime
    topic: str | None = None
