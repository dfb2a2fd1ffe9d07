"""Devices (设备): what reports, whose it is and where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from registry import changing
from registry.errors import RecordMissing
from registry.paging import Page, pattern
from store import Queries
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Device:
    """One device. ``settings`` are the device's own, such as thresholds that depart from policy."""

    device_id: int
    vendor_code: str
    device_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    kind: str
    location: str | None
    installed_on: dt.date | None
    settings: dict[str, Any]
    status: str
    updated_at: dt.datetime


@dataclass(frozen=True)
class DeviceFilter:
    """Which devices; None asks nothing. ``text`` is looked for in the number and the location."""

    areas: Sequence[str] | None = None
    unit_id: int | None = None
    vendor_code: str | None = None
    kind: str | None = None
    status: str | None = "active"
    text: str | None = None


def search(connection: Connection, wanted: DeviceFilter, *, limit: int = 50, offset: int = 0) -> Page[Device]:
    """Devices by vendor and number, a page at a time."""
    asked = {**asdict(wanted), "areas": None if wanted.areas is None else list(wanted.areas),
             "pattern": pattern(wanted.text), "limit": limit, "offset": offset}
    total = connection.execute(_queries["count"], asked).fetchone()
    rows = connection.execute(_queries["search"], asked).fetchall()
    return Page([Device(**row) for row in rows], total["total"] if total else 0, offset)


def of_unit(connection: Connection, unit_id: int) -> list[Device]:
    """Every device of a unit, retired ones too."""
    return search(connection, DeviceFilter(unit_id=unit_id, status=None), limit=10_000).rows


def get(connection: Connection, vendor_code: str, device_no: str) -> Device:
    """One device; :class:`RecordMissing` where that vendor has none of that number."""
    row = connection.execute(_queries["by_key"], [vendor_code, device_no]).fetchone()
    if row is None:
        raise RecordMissing(f"there is no device {vendor_code}/{device_no}")
    return Device(**row)


def get_by_id(connection: Connection, device_id: int) -> Device:
    """The device with that identity; :class:`RecordMissing` where there is none."""
    row = connection.execute(_queries["by_id"], [device_id]).fetchone()
    if row is None:
        raise RecordMissing(f"there is no device with the identity {device_id}")
    return Device(**row)


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> Device:
    """Store a new device; see :func:`registry.changing.create`."""
    changing.create(connection, "devices", values, actor=actor, day=day)
    return get(connection, str(values["vendor_code"]).strip(), str(values["device_no"]).strip())


def update(connection: Connection, vendor_code: str, device_no: str, changes: Mapping[str, Any], *, actor: str,
           day: dt.date) -> Device:
    """Change a device; see :func:`registry.changing.update`."""
    changing.update(connection, "devices", {"vendor_code": vendor_code, "device_no": device_no}, changes, actor=actor,
                    day=day)
    return get(connection, vendor_code, device_no)
