"""Units (单位): the places that fire safety law makes someone responsible for."""

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
class Unit:
    """One unit: ``is_key`` 消防安全重点单位, ``is_crowded`` 人员密集场所, ``is_high_hazard`` 火灾高危单位."""

    unit_id: int
    unit_no: str
    name: str
    uscc: str | None
    area_code: str
    area_name_zh: str
    area_name_en: str | None
    address: str | None
    kind: str
    is_key: bool
    is_crowded: bool
    is_high_hazard: bool
    floor_area_m2: float | None
    storeys: int | None
    height_m: float | None
    occupants: int | None
    sleeping: bool
    dangerous_goods: bool
    built_year: int | None
    lon: float | None
    lat: float | None
    attributes: dict[str, Any]
    status: str
    registered_on: dt.date | None
    source: str
    updated_at: dt.datetime


@dataclass(frozen=True)
class UnitFilter:
    """Which units; None asks nothing. ``areas`` are exact codes (see :func:`registry.areas.subtree`).

    ``text`` is looked for in the number, the name, the unified social credit code and the address.
    """

    areas: Sequence[str] | None = None
    kind: str | None = None
    is_key: bool | None = None
    is_crowded: bool | None = None
    is_high_hazard: bool | None = None
    status: str | None = "active"
    text: str | None = None


def search(connection: Connection, wanted: UnitFilter, *, limit: int = 50, offset: int = 0) -> Page[Unit]:
    """Units by number, a page at a time."""
    asked = {**asdict(wanted), "areas": None if wanted.areas is None else list(wanted.areas),
             "pattern": pattern(wanted.text), "limit": limit, "offset": offset}
    total = connection.execute(_queries["count"], asked).fetchone()
    rows = connection.execute(_queries["search"], asked).fetchall()
    return Page([Unit(**row) for row in rows], total["total"] if total else 0, offset)


def get(connection: Connection, unit_no: str) -> Unit:
    """The unit with that number; :class:`RecordMissing` where there is none."""
    row = connection.execute(_queries["by_no"], [unit_no]).fetchone()
    if row is None:
        raise RecordMissing(f"there is no unit {unit_no}")
    return Unit(**row)


def get_by_id(connection: Connection, unit_id: int) -> Unit:
    """The unit with that identity; :class:`RecordMissing` where there is none."""
    row = connection.execute(_queries["by_id"], [unit_id]).fetchone()
    if row is None:
        raise RecordMissing(f"there is no unit with the identity {unit_id}")
    return Unit(**row)


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> Unit:
    """Store a new unit; see :func:`registry.changing.create`."""
    changing.create(connection, "units", {"source": "manual", **values}, actor=actor, day=day)
    return get(connection, str(values["unit_no"]).strip())


def update(connection: Connection, unit_no: str, changes: Mapping[str, Any], *, actor: str, day: dt.date) -> Unit:
    """Change a unit; see :func:`registry.changing.update`."""
    changing.update(connection, "units", {"unit_no": unit_no}, changes, actor=actor, day=day)
    return get(connection, unit_no)
