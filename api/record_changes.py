"""One record of a register made or changed by an administrator, within the areas of the account."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import orjson

from api.refusals import Absent, Conflict, NotYours
from api.viewer import Viewer
from registry import changing, devices, officers, units
from registry.bulk import lock
from registry.columns import TABLES
from store import Database, Queries
from store.database import Connection

_SQL = Queries(__file__)
Noun = Literal["units", "devices", "officers"]
NewNoun = Literal["units", "devices", "officers", "leave"]
_CREATE = {"units": units.create, "devices": devices.create, "officers": officers.create, "leave": officers.add_leave}


def find(connection: Connection, viewer: Viewer, noun: Noun, key: list[str], day: dt.date) -> dict[str, Any]:
    """The record of a register, locked for a change; one of other areas is as if it did not exist."""
    table = TABLES[noun]
    if len(key) != len(table.key):
        raise Absent("refusal.no_record")
    # In this order, or two who change records of one register would wait for each other.
    lock(connection, noun)
    asked = changing.key_of(table, dict(zip(table.key, key, strict=True)), day)
    record = changing.stored(connection, table, asked)
    if record is None or not _is_within(connection, viewer, noun, record):
        raise Absent("refusal.no_record")
    return record


def create(db: Database, viewer: Viewer, noun: NewNoun, values: Mapping[str, Any], day: dt.date) -> list[str]:
    """Store a new record and return its key; nothing is stored where it belongs to other areas."""
    table = TABLES[noun]
    with db.connection() as connection:
        _CREATE[noun](connection, values, actor=viewer.username, day=day)
        asked = changing.key_of(table, {code: values[code] for code in table.key}, day)
        record = changing.stored(connection, table, asked)
        if record is None or not _is_within(connection, viewer, noun, record):
            raise NotYours("refusal.record_area")
    return [str(record[code]) for code in table.key]


def update(db: Database, viewer: Viewer, noun: Noun, key: list[str], changes: Mapping[str, Any], day: dt.date,
           seen: str | None = None) -> bool:
    """Change a record; ``seen`` is the mark of what the page showed. False where nothing differs."""
    table = TABLES[noun]
    with db.connection() as connection:
        before = find(connection, viewer, noun, key, day)
        if seen is not None and seen != mark(before):
            raise Conflict("refusal.edited")
        named = {code: before[code] for code in table.key}
        changed = changing.update(connection, noun, named, changes, actor=viewer.username, day=day)
        after = changing.stored(connection, table, named)
        if after is None or not _is_within(connection, viewer, noun, after):
            raise NotYours("refusal.record_area")
    return changed


def end_leave(db: Database, viewer: Viewer, officer_no: str, from_day: dt.date, day: dt.date) -> None:
    """Take back a leave of an officer."""
    with db.connection() as connection:
        find(connection, viewer, "officers", [officer_no], day)
        officers.end_leave(connection, officer_no, from_day, actor=viewer.username, day=day)


def mark(record: Mapping[str, Any]) -> str:
    """What tells one state of a record from another."""
    return hashlib.sha256(orjson.dumps(dict(record), default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _is_within(connection: Connection, viewer: Viewer, noun: NewNoun, record: Mapping[str, Any]) -> bool:
    if viewer.areas is None:
        return True
    if noun == "units":
        return viewer.sees(record["area_code"])
    if noun == "devices":
        row = connection.execute(_SQL["areas_of_unit"], [record["unit_no"]]).fetchone()
    elif noun == "officers":
        row = {"areas": record["area_codes"]}
    else:
        row = connection.execute(_SQL["areas_of_officer"], [record["officer_no"]]).fetchone()
    return row is not None and all(viewer.sees(area) for area in row["areas"])
