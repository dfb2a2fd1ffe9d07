"""The draw of the morning: exactly one for each day, all of it in one transaction, whatever crashes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from casework.drawn_visits import DrawnVisit, plan_all
from sampling import entropy as sources
from sampling import frames
from sampling.bundle import commitment_of, sealed, without_frame
from sampling.errors import DrawError
from sampling.freeze import LOCK, freeze
from sampling.parameters import Parameters
from sampling.profiles import ARMS
from sampling.tickets import PROTOCOL
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
    content = bytes(held["frame"])
    view = frames.View(frames.read(content))
    if view.frame["protocol"] != PROTOCOL:
        raise DrawError(f"{held['draw_no']} was frozen by an earlier version ({view.frame['protocol']}), which alone "
                        f"can draw it: its day goes by without a draw, and the next is frozen as ever")
    bundle = sealed(commitment_of(content), view, sources.gathered(connection, view.frame["entropy"], given))
    visits = bundle["result"]["visits"]
    ids = {row["unit_no"]: row["unit_id"] for row in
           connection.execute(q["unit_ids"], [[visit["unit_no"] for visit in visits]])}
    planned = plan_all(connection, draw_no=held["draw_no"], planned_on=day, kind="draw", actor=actor, visits=[
        DrawnVisit(ids[visit["unit_no"]], visit["arm"], visit["probability"], visit["lead"], visit["second"])
        for visit in visits])
    copy_rows(connection, "draw_visits",
              ("draw_id", "position", "unit_id", "stratum", "arm", "probability", "p_duty", "p_random", "p_targeted",
               "lead_officer", "second_officer", "inspection_id"),
              ("int8", "int4", "int8", "text", "text", "float8", "float8", "float8", "float8", "text", "text", "int8"),
              _rows(held["draw_id"], view, visits, ids, planned))
    connection.execute(q["finish"], {"draw_id": held["draw_id"], "entropy": Jsonb(bundle["entropy"]),
                                     "seed": bundle["seed"], "bundle": without_frame(bundle),
                                     "record_hash": bundle["record_hash"], "now": now})
    arms = [visit["arm"] for visit in visits]
    return {"draw_no": held["draw_no"], "status": "drawn", "visits": len(visits),
            "arms": {arm: arms.count(arm) for arm in ("duty", "random", "targeted")},
            "not_assigned": [{"unit_no": row["unit_no"], **unassigned(row["reason"])}
                             for row in bundle["result"]["unassigned"]][:20],
            "commitment": bundle["commitment"], "seed": bundle["seed"], "record_hash": bundle["record_hash"],
            "notes": [desk_note(desk) for desk in bundle["frame"]["desks"] if desk["note"]][:20]}


def _rows(draw_id: int, view: frames.View, visits: Sequence[Mapping[str, Any]], ids: Mapping[str, int],
          planned: Mapping[int, int]) -> Iterator[tuple[Any, ...]]:
    chances = [view.chance(f"p_{arm}") for arm in ARMS]
    for visit in visits:
        at, unit = view.at(visit["unit_no"]), ids[visit["unit_no"]]
        yield (draw_id, visit["position"], unit, view.stratum(at), visit["arm"], visit["probability"],
               *(float(chance[at]) for chance in chances), visit["lead"], visit["second"], planned[unit])


def _standing(connection: Connection, held: Mapping[str, Any]) -> dict[str, Any]:
    row = connection.execute(q["visits_of"], [held["draw_id"]]).fetchone()
    return {"draw_no": held["draw_no"], "status": "drawn", "visits": row["visits"] if row else 0,
            "record_hash": held["record_hash"],
            "note": f"{held['draw_no']} was drawn at {held['drawn_at']:%Y-%m-%d %H:%M} UTC already"}
