"""The draw of a frozen list: once, all of it in one transaction, whatever crashes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from casework.planning import plan_visit
from registry import audit
from sampling import entropy as sources
from sampling.bundle import without_frame
from sampling.errors import DrawError, StaleList
from sampling.freeze import LOCK
from sampling.lists import crews, freezing
from sampling.lists.crews import NOTHING, Released
from sampling.lists.frame import OWN, ListSpec
from sampling.lists.lineage import only_officers
from sampling.lists.outcome import seal
from sampling.lists.rules import ListRules
from sampling.words import unassigned
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]


@dataclass(frozen=True)
class Planned:
    """How a kind of list plans its visits: the kind of inspection and, of a visit that is replaced, what passes on."""

    kind: str
    arm: str | None = None
    probability: float | None = None
    replaces: int | None = None
    note: str | None = None
    # The inspection that goes on as it is, where only other departments drew.
    stands: int | None = None


#: For an object of the list, how its visit is planned.
Plan = Callable[[Connection, str], Planned]
#: What is done to the visits that a replacement ends, in the same transaction, before the new ones (of these objects)
#: are planned.
Before = Callable[[Connection, set[str]], None]


def freeze_kept(connection: Connection, held: Mapping[str, Any], spec: ListSpec, rules: ListRules, now: dt.datetime,
                entropy: Sequence[str] | None, *, actor: str) -> Row:
    """Freeze the list ``held`` (a campaign, a joint draw) in the caller's transaction, and say what now waits."""
    made = freezing.freeze(connection, spec, rules, now, entropy, list_id=held["list_id"])
    objects = len(spec.objects)
    audit.record(connection, actor, "freeze", "draw", made.draw_no, None,
                 {"kind": spec.kind, "list_no": held["list_no"], "objects": objects, "commitment": made.commitment})
    return {**told(connection, made.draw_no), "objects": objects, "visits": made.size}


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, plan: Plan, *,
         before: Before = lambda connection, drawn: None, released: Released = NOTHING, actor: str) -> Row:
    """Draw a frozen list; one that is drawn is returned as it stands."""
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        held = connection.execute(q["held"], [draw_no]).fetchone()
        if held is None:
            raise DrawError(f"there is no list draw {draw_no}")
        if held["status"] == "drawn":
            return {"draw_no": draw_no, "status": "drawn", "record_hash": held["record_hash"],
                    "note": f"{draw_no} was drawn at {held['drawn_at']:%Y-%m-%d %H:%M} UTC already"}
        frame = bytes(held["frame"])
        content = orjson.loads(frame)
        problem = _stale(connection, held, content, released)
        if problem is not None:
            raise problem
        bundle = seal(frame, sources.gathered(connection, content["entropy"], dict(given or {}), held["draw_id"]))
        before(connection, {visit["object_no"] for visit in bundle["result"]["visits"]})
        _store(connection, held, bundle, now, plan, actor)
    result = bundle["result"]
    return {"draw_no": draw_no, "status": "drawn", "visits": len(result["visits"]),
            "not_assigned": [{"unit_no": row["object_no"], **unassigned(row["reason"])}
                             for row in result["unassigned"]][:20],
            "commitment": bundle["commitment"], "seed": bundle["seed"], "record_hash": bundle["record_hash"]}


def told(connection: Connection, draw_no: str) -> Row:
    """A list draw in short; ``waits_for`` are the sources whose value somebody must give."""
    row = connection.execute(q["told"], [draw_no]).fetchone()
    if row is None:
        raise DrawError(f"there is no list draw {draw_no}", zh=f"没有名单抽取 {draw_no}")
    planned = [source["source"] for source in orjson.loads(row.pop("frame"))["entropy"]]
    return {**row, "waits_for": [] if row["status"] == "drawn" else [one for one in planned if one != "chain"]}


def stale(connection: Connection, draw_no: str, released: Released = NOTHING) -> DrawError | None:
    """Why a frozen list can no longer be drawn: officers that its frame counts on have been given other work since."""
    held = connection.execute(q["held"], [draw_no]).fetchone()
    return None if held is None else _stale(connection, held, orjson.loads(held["frame"]), released)


def _stale(connection: Connection, held: Row, frame: Row, released: Released) -> DrawError | None:
    days = [dt.date.fromisoformat(day) for day in frame["days"]]
    later = connection.execute(q["after"], {"sequence": held["sequence"], "days": days}).fetchone()
    if later:
        return StaleList(f"{later['draw_no']} was frozen after {held['draw_no']} and counts on the same officers on "
                         f"{later['draw_date']}: freeze the list again",
                         zh=f"{later['draw_no']} 在 {held['draw_no']} 之后冻结，"
                            f"已计入 {later['draw_date']} 的同一批人员：请重新冻结名单")
    for department in frame["departments"]:
        crew = crews.crew(connection, department["department"], department["name"], days, released)
        now = {one.officer_no: one.loads for one in crew.officers}
        for one in department["officers"]:
            for day, left, load in zip(days, now.get(one["officer_no"], (0,) * len(days)), one["loads"], strict=True):
                if left < load:
                    return StaleList(f"officer {one['officer_no']} has room for {left} visits on {day} now, and "
                                     f"{held['draw_no']} counts on {load}: freeze the list again",
                                     zh=f"人员 {one['officer_no']} 在 {day} 现只能再承担 {left} 次检查，"
                                        f"{held['draw_no']} 冻结时为 {load} 次：请重新冻结名单")
    return None


def _store(connection: Connection, held: Row, bundle: Row, now: dt.datetime, plan: Plan, actor: str) -> None:
    visits, objects = bundle["result"]["visits"], {one["object_no"]: one for one in bundle["frame"]["objects"]}
    numbers = [objects[visit["object_no"]]["unit_no"] for visit in visits]
    units = {row["unit_no"]: row for row in
             connection.execute(q["unit_ids"], [[number for number in numbers if number]])}
    names = _names(connection, held, [visit["object_no"] for visit in visits])
    standing = carried(connection, held["draw_id"], bundle["frame"])
    for visit, number in zip(visits, numbers, strict=True):
        unit = units.get(number) if number else None
        way = plan(connection, visit["object_no"])
        team = next((one for one in visit["teams"] if one["department"] == OWN), None)
        inspection = way.stands
        if unit is not None and team is not None:
            inspection = plan_visit(connection, unit_id=unit["unit_id"], kind=way.kind, arm=way.arm,
                                    draw_no=held["draw_no"], probability=way.probability,
                                    planned_on=dt.date.fromisoformat(visit["day"]), note=way.note, actor=actor,
                                    officers=[(team["lead"], "lead"), (team["second"], "member")])
        connection.execute(q["insert_visit"], {
            "draw_id": held["draw_id"], "position": visit["position"], "object_no": visit["object_no"],
            "name": unit["name"] if unit else names.get(visit["object_no"], visit["object_no"]),
            "unit_id": unit["unit_id"] if unit else None, "day": visit["day"], "probability": visit["probability"],
            "stands_for": visit["stands_for"], "replaces": way.replaces, "inspection_id": inspection})
        for one in (*visit["teams"], *standing.get(visit["object_no"], ())):
            connection.execute(q["insert_team"], {"draw_id": held["draw_id"], "position": visit["position"], **one})
    connection.execute(q["finish"], {
        "draw_id": held["draw_id"], "entropy": Jsonb(bundle["entropy"]), "seed": bundle["seed"],
        "bundle": without_frame(bundle), "record_hash": bundle["record_hash"], "now": now})


def carried(connection: Connection, draw_id: int, frame: Row) -> dict[str, list[Row]]:
    """By object, the teams that stand of the departments that do not draw anew: those of the visit that is replaced."""
    if not only_officers(frame):
        return {}
    found: dict[str, list[Row]] = {}
    for row in connection.execute(q["carried"], {
            "draw_id": draw_id, "departments": [one["department"] for one in frame["departments"]]}):
        found.setdefault(row.pop("object_no"), []).append(row)
    return found


def _names(connection: Connection, held: Row, numbers: list[str]) -> dict[str, str]:
    """Names of objects that are no units of ours, from the directory of the department that launches."""
    rows = connection.execute(q["names"], {"draw_id": held["draw_id"], "objects": numbers})
    return {row["object_no"]: row["name"] for row in rows}
