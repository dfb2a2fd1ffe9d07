"""Visits of the past, with who made them, by a handful of statements: the staffing of a visit is written with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from casework.errors import CaseworkError
from casework.staging import Column, Row, stage
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# Between numbers and between roles; no cell of a file may hold it.
_BREAK = "\x1f"
_COLUMNS = (
    Column("inspection_no"), Column("unit_no"), Column("kind"), Column("arm"), Column("draw_no"),
    Column("draw_probability", "float8"), Column("planned_on", "date"), Column("started_at", "timestamptz"),
    Column("ended_at", "timestamptz"), Column("inspected_on", "date"), Column("status", "text", "done"),
    Column("result"), Column("team"), Column("note"), Column("source", "text", "import"), Column("entered_by"),
    Column("officer_nos"), Column("roles"))


def load(connection: Connection, rows: Iterable[Row]) -> dict[str, int]:
    """Load inspections by ``inspection_no``; ``officers`` of a row is a list of (officer_no, role) or absent.

    A record of the same number from another source is left as it is and counted as unchanged;
    :func:`standing_elsewhere` names those of the load before. Of a number that comes twice in a load, one row is taken.
    """
    # Two loads of one table in another order of rows would wait for each other's row locks for ever.
    lock_for_transaction(connection, "casework.load.inspections")
    connection.execute(q["stage"])
    teams = set[str]()
    staged = stage(connection, "stage_visits", _COLUMNS, _told(rows, teams))
    for name, noun, what in (("stray_unit", "an inspection", "unit"),
                             ("stray_officer", "an officer of an inspection", "officer")):
        stray = connection.execute(q[name]).fetchone()
        if stray:
            raise CaseworkError(f"{noun} names {what} {stray['key']!r}, which is not in the register: load it first")
    standing = connection.execute(q["standing"]).rowcount
    updated = officers = 0
    if standing:
        connection.execute(q["analyze_standing"])
        updated = connection.execute(q["change"]).rowcount
        officers = connection.execute(q["join"]).rowcount
    connection.execute(q["staff_told"], ["on"])
    placed = connection.execute(q["place"]).fetchone() or {"inserted": 0, "officers": 0}
    connection.execute(q["staff_told"], ["off"])
    counts = {"rows": staged, "inserted": placed["inserted"], "updated": updated,
              "unchanged": staged - placed["inserted"] - updated}
    return counts | ({"officers": officers + placed["officers"]} if teams else {})


def standing_elsewhere(connection: Connection, source: str) -> set[str]:
    """The numbers of the load before that stand from another source."""
    return {row["number"] for row in connection.execute(q["standing_elsewhere"], [source])}


def _told(rows: Iterable[Row], teams: set[str]) -> Iterator[Row]:
    for row in rows:
        officers = row.get("officers")
        if not officers:
            yield row
            continue
        numbers, roles = zip(*officers, strict=True)
        team = _BREAK.join(numbers)
        teams.add(team)
        yield {**row, "officer_nos": team, "roles": _BREAK.join(roles)}
