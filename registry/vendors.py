"""Device vendors (设备厂商): who may publish, each only for devices of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry import changing
from registry.errors import RecordMissing
from store import Queries
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Vendor:
    """One vendor; ``devices`` is how many active devices it has registered."""

    vendor_code: str
    name: str
    status: str
    created_at: dt.datetime
    devices: int


def listing(connection: Connection) -> list[Vendor]:
    """Every vendor, by code."""
    return [Vendor(**row) for row in connection.execute(_queries["vendors"], {"code": None})]


def get(connection: Connection, code: str) -> Vendor:
    """One vendor; :class:`RecordMissing` where it is not registered."""
    row = connection.execute(_queries["vendors"], {"code": code}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no vendor {code}")
    return Vendor(**row)


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> Vendor:
    """Store a new vendor; see :func:`registry.changing.create`."""
    changing.create(connection, "vendors", values, actor=actor, day=day)
    return get(connection, str(values["vendor_code"]).strip())


def update(connection: Connection, code: str, changes: Mapping[str, Any], *, actor: str, day: dt.date) -> Vendor:
    """Change a vendor; see :func:`registry.changing.update`."""
    changing.update(connection, "vendors", {"vendor_code": code}, changes, actor=actor, day=day)
    return get(connection, code)
