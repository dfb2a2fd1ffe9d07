"""Replacement (更换): a new draw with a reason, chained to the first, where a drawn unit or officer failed.

Nothing is edited. The visit that is replaced is called off with the reason and stays on record; a unit that was only
found closed stays due, since a visit called off does not count. Of a joint draw another object is drawn with officers
of all departments; where an officer fails, only that department draws, and the teams of the others stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from casework import forms
from casework.errors import NotFound
from casework.planning import call_off, open_plan
from policy import rules as rule_book
from policy.clocks import legal_day
from registry import audit
from sampling.errors import DrawError, StaleList
from sampling.freeze import LOCK
from sampling.lists import crews, drawing, freezing, remainder, replaced
from sampling.lists.crews import Released
from sampling.lists.drawing import Planned
from sampling.lists.frame import OWN, ListSpec, Reason
from sampling.lists.lineage import lineage
from sampling.lists.replaced import Asked
from sampling.lists.rules import ListRules
from store import Database, Queries, lock_for_transaction
from store.database import Connection

__all__ = ["KIND", "Asked", "draw", "freeze", "reasons", "run"]

q = Queries(__file__)

Row = dict[str, Any]
KIND = "replacement"


def reasons(day: dt.date) -> list[dict[str, str]]:
    """The reasons that policy knows on a day: ``code``, ``of`` (unit or officer), ``zh``, ``en``."""
    return [dict(entry) for entry in rule_book().value("draw.replacement.reasons", day)]


def run(db: Database, asked: Asked, now: dt.datetime, *, actor: str, areas: Collection[str] | None = None,
        entropy: Sequence[str] | None = None) -> list[Row]:
    """Freeze and, where the hash chain is the only source, draw: one draw for each draw that the visits come from.

    The frame is committed before its seed is opened. Asked again after a crash, what was frozen is drawn; a visit that
    has been replaced already is answered with the draw that did it.
    """
    told: list[Row] = []
    for row in freeze(db, asked, now, actor=actor, areas=areas, entropy=entropy):
        if row["waits_for"] or row["status"] == "drawn":
            told.append(row)
            continue
        try:
            told.append({**draw(db, row["draw_no"], now, None, actor=actor), "sequence": row["sequence"]})
        except StaleList:
            if not told:
                raise
            # The one before has taken officers that this one counted on: what is left is frozen anew.
            return told + run(db, asked, now, actor=actor, areas=areas, entropy=entropy)
    return told


def freeze(db: Database, asked: Asked, now: dt.datetime, *, actor: str, areas: Collection[str] | None = None,
           entropy: Sequence[str] | None = None) -> list[Row]:
    """Freeze the lists of a replacement; nothing is drawn and no visit is changed yet."""
    today = legal_day(now)
    entry = next((one for one in reasons(today) if one["code"] == asked.code), None)
    if entry is None:
        raise DrawError(f"{asked.code!r} is no reason for a replacement: say one of "
                        f"{', '.join(one['code'] for one in reasons(today))}")
    text = forms.reason(asked.text)
    if (entry["of"] == "officer") != (asked.officer_no is not None):
        about = entry["of"] == "officer"
        said = ("an officer: name the officer", "人员：请指明人员") if about else ("a unit: name no officer",
                                                                    "单位：不能指明人员")
        raise DrawError(f"the reason {asked.code} is about {said[0]}", zh=f"理由“{entry['zh']}”针对{said[1]}")
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        found = replaced.find(connection, asked, today)
        by_draw: dict[str, list[Row]] = {}
        for visit in found.visits:
            by_draw.setdefault(visit["draw_no"], []).append(visit)
        firsts = {draw_no: _first(connection, draw_no) for draw_no in by_draw}
        for visit in found.visits:
            _refuse_other(visit, firsts[visit["draw_no"]], areas)
        if found.done is not None:
            return [{"draw_no": found.done["draw_no"], "status": "drawn", "record_hash": found.done["record_hash"],
                     "sequence": None, "waits_for": [], "note": f"{replaced.named(found.visits[0])} has been replaced "
                     f"by {found.done['draw_no']} already"}]
        for visit in found.visits:
            if visit["inspection_no"] is not None:
                open_plan(connection, visit["inspection_no"])
        made = _Replacement(asked, entry, text, found.department)
        return [_freeze(connection, firsts[draw_no], held, made, now, actor, entropy)
                for draw_no, held in sorted(by_draw.items())]


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *, actor: str) -> Row:
    """Draw a frozen replacement: the visits that it stands for are called off and the new ones planned at once.

    Where officers of another department alone are drawn anew, our visit stands with our officers, and is not touched.
    """
    with db.connection() as connection:
        held = connection.execute(drawing.q["held"], [draw_no]).fetchone()
        if held is None or held["kind"] != KIND:
            raise DrawError(f"there is no replacement {draw_no}")
        frame = orjson.loads(held["frame"])
        before = replaced.of_frame(connection, frame)
    by_object = {row["object_no"]: row for row in before}
    ours = any(row["department"] == OWN for row in frame["departments"])
    why = frame["reason"]
    known = {one["code"]: one["zh"] for one in reasons(legal_day(held["frozen_at"]))}
    entry = known.get(why["code"], why["code"])

    def off(connection: Connection, drawn: set[str]) -> None:
        # A visit that nobody else can make keeps its officers until a person decides: it is told as not assigned.
        for row in before if why["unit"] and drawn else [one for one in before if one["object_no"] in drawn]:
            if row["inspection_no"] is None:
                continue
            if ours:
                call_off(connection, row["inspection_no"], f"{entry}：{why['text']}（由 {draw_no} 更换）", actor)
            audit.record(connection, actor, "replace", "inspection", row["inspection_no"], {"draw_no": frame["of"]},
                         {"draw_no": draw_no, "reason": why})

    def plan(connection: Connection, object_no: str) -> Planned:
        row = by_object[why["unit"] or object_no]
        if not ours:
            return Planned(row["kind"], stands=row["inspection_id"])
        same = why["unit"] is None
        return Planned(row["kind"], row["arm"], row["draw_probability"] if same else None, row["inspection_id"],
                       f"{draw_no} 更换 {row['inspection_no'] or row['object_no']}：{entry}")

    return drawing.draw(db, draw_no, now, given, plan, before=off, actor=actor,
                        released=_released(held["of_draw"], before))


@dataclass(frozen=True)
class _Replacement:
    """A replacement as it was asked for: the entry of policy, the words, and of an officer the department."""

    asked: Asked
    entry: Mapping[str, str]
    text: str
    department: str | None


def _freeze(connection: Connection, first: Row, visits: list[Row], made: _Replacement, now: dt.datetime, actor: str,
            entropy: Sequence[str] | None) -> Row:
    today, asked = legal_day(now), made.asked
    line = lineage(lambda draw_no: _first(connection, draw_no), first)
    assert line is not None  # noqa: S101  the database holds every draw that another names
    joint = line.launching != OWN
    rules = ListRules.on(today, "joint_taking_part" if joint else KIND)
    numbers = sorted(visit["object_no"] for visit in visits)
    reason = Reason(asked.code, made.text, None if asked.officer_no else numbers[0], asked.officer_no)
    day = max(today, visits[0]["planned_on"])
    # On the day for which they were drawn the other departments' officers stand; on another all draw.
    alone = reason.officer is not None and day == visits[0]["planned_on"]
    drawing_now = [(code, name) for code, name in line.departments if not alone or code == made.department]
    released = _released(first["draw_id"], visits)
    stands = _waiting(connection, first["draw_id"], reason, numbers, [code for code, _ in drawing_now], released)
    if stands:
        return stands
    objects = (remainder.beside(connection, line, visits[0], day, rules) if reason.unit else
               remainder.same(connection, line, numbers, day, rules))
    spec = ListSpec(
        kind=KIND, title=f"更换 {first['draw_no']}：{made.entry['zh']}", day=today, days=[day],
        size=1 if reason.unit else None, order="chance", objects=objects, parents=freezing.parents(connection),
        reason=reason, departments=[crews.crew(connection, code, name or crews.OWN_NAME, [day], released,
                                               asked.officer_no) for code, name in drawing_now],
        recusals=freezing.recusals(connection, objects),
        scores_as_of=None if joint else freezing.scores_as_of(connection, today),
        of={"draw_no": first["draw_no"], "record_hash": first["record_hash"]})
    frozen = freezing.freeze(connection, spec, rules, now, entropy, of_draw=first["draw_id"])
    audit.record(connection, actor, "freeze", "draw", frozen.draw_no, None, {
        "kind": KIND, "of": first["draw_no"], "reason": asked.code, "text": made.text,
        "departments": [code for code, _ in drawing_now], "commitment": frozen.commitment})
    return drawing.told(connection, frozen.draw_no)


def _first(connection: Connection, draw_no: str) -> Row:
    row = connection.execute(q["first"], [draw_no]).fetchone()
    assert row is not None  # noqa: S101  a visit or a frame names it
    return {**row, "frame": orjson.loads(row["frame"])}


def _refuse_other(visit: Row, first: Row, areas: Collection[str] | None) -> None:
    """A visit outside these areas is as if it did not exist; an object without an area is of everyone."""
    area = visit["area_code"] or next((one["area"] for one in first["frame"].get("objects", ())
                                       if one["object_no"] == visit["object_no"]), None)
    if areas is not None and area is not None and area not in areas:
        what = "inspection" if visit["inspection_no"] else "visit"
        raise NotFound(f"there is no {what} {replaced.named(visit)}")


def _released(draw_id: int, visits: Sequence[Row]) -> Released:
    """What the visits that are replaced no longer bind."""
    return Released(tuple(visit["inspection_id"] for visit in visits if visit["inspection_id"] is not None), draw_id,
                    tuple(visit["object_no"] for visit in visits))


def _waiting(connection: Connection, draw_id: int, reason: Reason, numbers: list[str], departments: list[str],
             released: Released) -> Row | None:
    """A replacement of the same thing that was frozen before and can still be drawn."""
    for row in connection.execute(q["waiting"], [draw_id]):
        frame = orjson.loads(row["frame"])
        why = frame["reason"]
        same = (why["unit"], why["officer"]) == (reason.unit, reason.officer)
        same = same and [one["department"] for one in frame["departments"]] == departments
        same = same and (reason.unit is not None or [one["object_no"] for one in frame["objects"]] == numbers)
        if same and drawing.stale(connection, row["draw_no"], released) is None:
            return drawing.told(connection, row["draw_no"])
    return None
