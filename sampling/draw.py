"""The draw of the morning: exactly one for each day, all of it in one transaction, whatever crashes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from casework.planning import plan_visit
from sampling import entropy as sources
from sampling.bundle import seal, to_bytes
from sampling.errors import DrawError
from sampling.freeze import LOCK, freeze
from sampling.parameters import Parameters
from sampling.words import desk_note, unassigned
from store import Database, Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


def run(db: Database, day: dt.date, now: dt.datetime, entropy: Mapping[str, str] | None = None, *,
        actor: str = "scheduler") -> dict[str, Any]:
    """Draw ``day`` from its frozen frame; a draw that stands is returned as it is.

    ``entropy`` gives what the frame's sources still wait for: ``{"witness": text}``, ``{"beacon": hex}``. Where the
    freeze is missing it is made first, as long as the entropy can't have been known before it; the detail says so.
    """
    given = dict(entropy or {})
    late = _late_freeze(db, day, now, given)
    if late is not None and "skipped" in late:
        return late
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        held = connection.execute(q["frozen"], [day]).fetchone()
        if held is None:
            raise DrawError(f"there is no frame for {day}")
        if held["status"] == "drawn":
            return _standing(connection, held)
        detail = _draw(connection, held, day, now, given, actor)
    if late is not None:
        detail["late_freeze"] = "the frame was frozen only now, before the entropy was opened"
    return detail


def _late_freeze(db: Database, day: dt.date, now: dt.datetime, given: Mapping[str, str]) -> dict[str, Any] | None:
    """Freeze where nobody did, in a transaction of its own so that the commitment is public before the seed is."""
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        if connection.execute(q["frozen"], [day]).fetchone():
            return None
        if given:
            raise DrawError(f"{day} was not frozen, and the {' and '.join(sorted(given))} was gathered before: "
                            f"freeze first")
        if "chain" in Parameters.on(day).entropy:
            later = sources.later_link(connection, day)
            if later:
                return {"skipped": f"{day} was not frozen, and {later} has opened the hash chain beyond it: "
                                   f"its seed could be known"}
        return freeze(connection, day, now)


def _draw(connection: Connection, held: Mapping[str, Any], day: dt.date, now: dt.datetime, given: Mapping[str, str],
          actor: str) -> dict[str, Any]:
    frame = bytes(held["frame"])
    bundle = seal(frame, sources.gathered(connection, _planned(frame), given))
    visits = bundle["result"]["visits"]
    ids = {row["unit_no"]: row["unit_id"] for row in
           connection.execute(q["unit_ids"], [[visit["unit_no"] for visit in visits]])}
    groups = {unit["unit_no"]: unit["stratum"] for unit in bundle["frame"]["units"]}
    rows = []
    for visit in visits:
        inspection = plan_visit(connection, unit_id=ids[visit["unit_no"]], kind="draw", arm=visit["arm"],
                                draw_no=held["draw_no"], probability=visit["probability"], planned_on=day,
                                officers=[(visit["lead"], "lead"), (visit["second"], "member")], actor=actor)
        rows.append((held["draw_id"], visit["position"], ids[visit["unit_no"]], groups[visit["unit_no"]], visit["arm"],
                     visit["probability"], visit["lead"], visit["second"], inspection))
    copy_rows(connection, "draw_visits",
              ("draw_id", "position", "unit_id", "stratum", "arm", "probability", "lead_officer", "second_officer",
               "inspection_id"), ("int8", "int4", "int8", "text", "text", "float8", "text", "text", "int8"), rows)
    connection.execute(q["finish"], {"draw_id": held["draw_id"], "entropy": Jsonb(bundle["entropy"]),
                                     "seed": bundle["seed"], "bundle": to_bytes(bundle),
                                     "record_hash": bundle["record_hash"], "now": now})
    arms = [visit["arm"] for visit in visits]
    return {"draw_no": held["draw_no"], "status": "drawn", "visits": len(visits),
            "arms": {arm: arms.count(arm) for arm in ("duty", "random", "targeted")},
            "not_assigned": [{"unit_no": row["unit_no"], **unassigned(row["reason"])}
                             for row in bundle["result"]["unassigned"]][:20],
            "commitment": bundle["commitment"], "seed": bundle["seed"], "record_hash": bundle["record_hash"],
            "notes": [desk_note(desk) for desk in bundle["frame"]["desks"] if desk["note"]][:20]}


def _planned(frame: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame)["entropy"]
    return found


def _standing(connection: Connection, held: Mapping[str, Any]) -> dict[str, Any]:
    row = connection.execute(q["visits_of"], [held["draw_id"]]).fetchone()
    return {"draw_no": held["draw_no"], "status": "drawn", "visits": row["visits"] if row else 0,
            "record_hash": held["record_hash"],
            "note": f"{held['draw_no']} was drawn at {held['drawn_at']:%Y-%m-%d %H:%M} UTC already"}
