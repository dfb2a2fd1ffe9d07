"""What a judged message comes to: rows for the tables, gathered in parcels.

A :class:`Parcel` is what stands or falls together as one delivery: a JSON message's part of one device, or one GB/T
frame.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device as ingest needs it."""

    device_id: int
    vendor_code: str
    device_no: str
    unit_id: int
    kind: str
    is_active: bool
    settings: Mapping[str, Any]


@dataclass(slots=True)
class ReadingRow:
    """A row of ``readings``; ``metric`` is still its code.

    ``shares_second``: its time is a second of a panel's clock, in which other components may have measured the same.
    """

    device_id: int
    metric: str
    ts: dt.datetime
    value: float
    received_at: dt.datetime
    shares_second: bool = False


@dataclass(slots=True)
class StateRow:
    """A row of ``states``; ``shares_second`` as of :class:`ReadingRow`."""

    device_id: int
    key: str
    ts: dt.datetime
    value: str
    received_at: dt.datetime
    shares_second: bool = False


@dataclass(slots=True)
class EventRow:
    """A row of ``events``. ``detail`` is JSON text; ``is_redelivery``: the broker may have delivered it before."""

    device_id: int
    ts: dt.datetime
    kind: str
    point: str
    active: bool
    detail: str
    device_ts: dt.datetime | None
    received_at: dt.datetime
    source: str
    is_redelivery: bool = False


@dataclass(slots=True)
class StatusRow:
    """A point's whole status: ``row`` is the event to copy for each kind, see :mod:`ingest.conditions`."""

    row: EventRow
    on: tuple[str, ...]
    covers: tuple[str, ...]


@dataclass(slots=True)
class ResetRow:
    """A reset of a system: ``row`` is the event to copy for each condition it ends, see :mod:`ingest.conditions`."""

    row: EventRow
    ends: tuple[str, ...]


@dataclass(slots=True)
class Parcel:
    """What one delivery says of one device.

    ``delivery_key`` is set where a row goes by the time of receipt: only then can the natural key not recognise a
    redelivery; ``delivery`` is the same as session, packet number and :func:`ingest.ledger.content_sum`.
    ``resend_key`` likewise for a GB/T packet sent again by the device itself.
    """

    device: Device
    received_at: dt.datetime
    readings: list[ReadingRow] = field(default_factory=list)
    states: list[StateRow] = field(default_factory=list)
    reports: list[EventRow | StatusRow | ResetRow] = field(default_factory=list)
    redelivered: bool = False
    delivery_key: bytes | None = None
    delivery: tuple[str, int, int] | None = None
    resend_key: bytes | None = None
    is_timeless: bool = False
