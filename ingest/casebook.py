"""Events into cases, conditions and notices, inside the transaction that stores the events."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson

from ingest.cases import Case, Mark, reconcile
from ingest.conditions import Active
from ingest.vocabulary import EventKind
from store import Queries
from store.database import Connection

#: (device, kind, point): whose history a case belongs to.
CaseKey = tuple[int, str, str]
_q = Queries(__file__)
#: PostgreSQL keeps notices in a queue of bounded size: beyond this many in one transaction, one says how many more.
_MOST_NOTICES = 200


def active_points(connection: Connection, devices: Collection[int]) -> Active:
    """The conditions that hold at the points of ``devices``."""
    if not devices:
        return {}
    rows = connection.execute(_q["active_points"], {"devices": list(devices)}).fetchall()
    return {(row["device_id"], row["kind"], row["point"]): row["ts"] for row in rows}


def follow_up(connection: Connection, stored: Iterable[Mapping[str, Any]], kinds: Mapping[str, EventKind],
              units: Mapping[int, int]) -> list[str]:
    """Bring points, conditions and cases up to date with events that were newly stored.

    ``stored`` are rows of ``events`` in order of arrival; ``units`` gives the unit of each device. Returns the notices
    for the pages: one JSON text for each case that opened, ended or was widened.
    """
    lasting = [row for row in stored if row["kind"] in kinds and kinds[row["kind"]].lasts]
    if not lasting:
        return []
    _keep_points(connection, lasting)
    cases = _changed_cases(connection, [row for row in lasting if kinds[row["kind"]].is_case])
    told = _store_cases(connection, cases, units)
    # After the cases, which know since when a condition holds whatever the order of arrival.
    connection.execute(_q["keep_conditions"], {"devices": sorted({row["device_id"] for row in lasting})})
    return _notices(told)


def _keep_points(connection: Connection, rows: list[Mapping[str, Any]]) -> None:
    newest: dict[CaseKey, dict[str, Any]] = {}
    # By time, and within one moment by arrival: what came last in the second is what holds after it.
    for row in sorted(rows, key=lambda row: (row["ts"], row["received_at"])):
        before = newest.get((row["device_id"], row["kind"], row["point"]))
        holds_on = before is not None and before["active"] and row["active"]
        newest[row["device_id"], row["kind"], row["point"]] = {
            **row, "since": before["since"] if before is not None and holds_on else row["ts"]}
    connection.execute(_q["keep_points"], _columns(
        newest.values(), devices="device_id", kinds="kind", points="point", active="active", times="ts",
        since="since"))


def _changed_cases(connection: Connection, rows: list[Mapping[str, Any]]) -> dict[CaseKey, list[Case]]:
    since: dict[CaseKey, dt.datetime] = {}
    for row in rows:
        key = row["device_id"], row["kind"], row["point"]
        since[key] = min(since.get(key, row["ts"]), row["ts"])
    if not since:
        return {}
    stored: dict[CaseKey, list[Case]] = defaultdict(list)
    for row in connection.execute(_q["cases"], _keys(since)).fetchall():
        key = row["device_id"], row["kind"], row["point"]
        since[key] = min(since[key], row["opened_at"])
        stored[key].append(Case(row["alarm_id"], row["opened_at"], row["received_at"], row["last_at"],
                                row["restored_at"]))
    marks: dict[CaseKey, list[Mark]] = defaultdict(list)
    for row in connection.execute(_q["marks"], {**_keys(since), "earliest": min(since.values())}).fetchall():
        marks[row["device_id"], row["kind"], row["point"]].append(
            Mark(row["ts"], row["received_at"], row["active"]))
    return {key: reconcile(stored[key], marks[key]) for key in since}


def _store_cases(connection: Connection, cases: dict[CaseKey, list[Case]],
                 units: Mapping[int, int]) -> list[dict[str, Any]]:
    fresh = [(key, case) for key, changed in cases.items() for case in changed if case.alarm_id is None]
    other = [case for changed in cases.values() for case in changed if case.alarm_id is not None]
    told: list[dict[str, Any]] = []
    # Changed first: a widened case frees the place where a split-off one begins.
    if other:
        told += connection.execute(_q["change_cases"], {"alarms": [case.alarm_id for case in other],
                                                        **_case_columns(other)}).fetchall()
    if fresh:
        told += connection.execute(_q["open_cases"], {
            "devices": [key[0] for key, _ in fresh], "units": [units[key[0]] for key, _ in fresh],
            "kinds": [key[1] for key, _ in fresh], "points": [key[2] for key, _ in fresh],
            **_case_columns([case for _, case in fresh])}).fetchall()
    return told


def _notices(told: list[dict[str, Any]]) -> list[str]:
    notices = [orjson.dumps({"alarm_id": row["alarm_id"], "device_id": row["device_id"], "unit_id": row["unit_id"],
                             "kind": row["kind"], "open": row["open"]}).decode() for row in told[:_MOST_NOTICES]]
    if len(told) > _MOST_NOTICES:
        notices.append(orjson.dumps({"more": len(told) - _MOST_NOTICES}).decode())
    return notices


def _case_columns(cases: list[Case]) -> dict[str, list[Any]]:
    return {"opened": [case.opened_at for case in cases], "received": [case.received_at for case in cases],
            "last": [case.last_at for case in cases], "restored": [case.restored_at for case in cases]}


def _keys(since: dict[CaseKey, dt.datetime]) -> dict[str, list[Any]]:
    return {"devices": [key[0] for key in since], "kinds": [key[1] for key in since],
            "points": [key[2] for key in since], "since": list(since.values())}


def _columns(rows: Iterable[Mapping[str, Any]], **names: str) -> dict[str, list[Any]]:
    held = list(rows)
    return {argument: [row[column] for row in held] for argument, column in names.items()}
