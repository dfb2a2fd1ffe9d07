"""Replacement (更换): a new draw with a reason, chained to the first, where a drawn unit or officer failed.

Nothing is edited. The visit that is replaced is called off with the reason and stays on record; a unit that was only
found closed stays due, since a visit called off does not count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
from sampling.lists import drawing, freezing
from sampling.lists.drawing import Planned
from sampling.lists.frame import ListObject, ListSpec, Reason
from sampling.lists.pool import peers
from sampling.lists.rules import ListRules
from sampling.tickets import PROTOCOL
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]
KIND = "replacement"


@dataclass(frozen=True)
class Asked:
    """What is to be replaced: one visit (its unit, or an officer on it), or all visits of an officer on a day."""

    code: str
    text: str
    inspection_no: str | None = None
    officer_no: str | None = None
    day: dt.date | None = None


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
        visits = _visits(connection, asked, today)
        for visit in visits:
            if areas is not None and visit["area_code"] not in areas:
                raise NotFound(f"there is no inspection {visit['inspection_no']}")
        if len(visits) == 1:
            stands = connection.execute(q["stands"], [visits[0]["inspection_no"]]).fetchone()
            if stands:
                return [{"draw_no": stands["draw_no"], "status": "drawn", "record_hash": stands["record_hash"],
                         "sequence": None, "waits_for": [], "note": f"{visits[0]['inspection_no']} has been replaced "
                         f"by {stands['draw_no']} already"}]
        by_draw: dict[str, list[Row]] = {}
        for visit in visits:
            open_plan(connection, visit["inspection_no"])
            by_draw.setdefault(visit["draw_no"], []).append(visit)
        return [_freeze(connection, draw_no, held, asked, entry, text, now, actor, entropy)
                for draw_no, held in sorted(by_draw.items())]


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *, actor: str) -> Row:
    """Draw a frozen replacement: the visits that it stands for are called off and the new ones planned at once."""
    with db.connection() as connection:
        held = connection.execute(drawing.q["held"], [draw_no]).fetchone()
        if held is None or held["kind"] != KIND:
            raise DrawError(f"there is no replacement {draw_no}")
        frame = orjson.loads(held["frame"])
        before = _replaced(connection, frame)
    by_unit = {row["unit_no"]: row for row in before}
    why = frame["reason"]
    known = {one["code"]: one["zh"] for one in reasons(legal_day(held["frozen_at"]))}
    entry = known.get(why["code"], why["code"])

    def off(connection: Connection, drawn: set[str]) -> None:
        # A visit that nobody else can make keeps its officers until a person decides: it is told as not assigned.
        for row in before if why["unit"] and drawn else [one for one in before if one["unit_no"] in drawn]:
            call_off(connection, row["inspection_no"], f"{entry}：{why['text']}（由 {draw_no} 更换）", actor)
            audit.record(connection, actor, "replace", "inspection", row["inspection_no"], {"draw_no": frame["of"]},
                         {"draw_no": draw_no, "reason": why})

    def plan(connection: Connection, object_no: str) -> Planned:
        row = by_unit[why["unit"] or object_no]
        same = why["unit"] is None
        return Planned(row["kind"], row["arm"], row["draw_probability"] if same else None, row["inspection_id"],
                       f"{draw_no} 更换 {row['inspection_no']}：{entry}")

    return drawing.draw(db, draw_no, now, given, plan, before=off, actor=actor,
                        replaced=tuple(row["inspection_id"] for row in before))


def _visits(connection: Connection, asked: Asked, today: dt.date) -> list[Row]:
    if asked.inspection_no is not None:
        numbers = [forms.word(asked.inspection_no, "the number of the inspection", 64)]
    elif asked.officer_no is not None:
        if connection.execute(q["officer"], [asked.officer_no]).fetchone() is None:
            raise NotFound(f"there is no officer {asked.officer_no}")
        numbers = [row["inspection_no"] for row in connection.execute(
            q["visits_of_officer"], {"officer": asked.officer_no, "day": asked.day or today})]
        if not numbers:
            raise DrawError(f"no drawn visit waits for officer {asked.officer_no} on {asked.day or today}",
                            zh=f"{asked.day or today} 没有等待人员 {asked.officer_no} 的抽查任务")
    else:
        raise DrawError("name the inspection, or the officer whose visits are replaced")
    return [_visit(connection, number, asked) for number in numbers]


def _visit(connection: Connection, number: str, asked: Asked) -> Row:
    visit = connection.execute(q["visit"], [number]).fetchone()
    if visit is None:
        raise NotFound(f"there is no inspection {number}")
    if visit["draw_id"] is None:
        raise DrawError(f"inspection {number} was planned by hand: only a drawn visit is replaced by a draw",
                        zh=f"检查 {number} 不是抽取产生的：只有抽取产生的检查才用抽取更换")
    if visit["draw_kind"] == "joint":
        raise DrawError(f"inspection {number} is of the joint draw {visit['draw_no']}: its departments must draw again "
                        f"together", zh=f"检查 {number} 属于联合抽查 {visit['draw_no']}：须由各部门重新联合抽取")
    if asked.officer_no is not None:
        team = connection.execute(q["team"], [visit["inspection_id"]]).fetchall()
        if asked.officer_no not in {row["officer_no"] for row in team}:
            raise DrawError(f"officer {asked.officer_no} is not on the visit {number}",
                            zh=f"人员 {asked.officer_no} 不在检查 {number} 中")
    return visit


def _freeze(connection: Connection, draw_no: str, visits: list[Row], asked: Asked, entry: Mapping[str, str], text: str,
            now: dt.datetime, actor: str, entropy: Sequence[str] | None) -> Row:
    today = legal_day(now)
    first = connection.execute(q["first"], [draw_no]).fetchone()
    assert first is not None  # noqa: S101  the visit names it
    rules = ListRules.on(today, KIND)
    units = sorted(visit["unit_no"] for visit in visits)
    unit = None if asked.officer_no is not None else units[0]
    reason = Reason(asked.code, text, unit, asked.officer_no)
    replaced = tuple(visit["inspection_id"] for visit in visits)
    stands = _waiting(connection, first["draw_id"], reason, units, replaced)
    if stands:
        return stands
    day = max(today, visits[0]["planned_on"])
    objects = _pool(connection, first, visits[0], day, rules) if unit else _same(connection, units, day, rules)
    ids = [row["unit_id"] for row in connection.execute(q["unit_ids"], [[one.object_no for one in objects]])]
    spec = ListSpec(
        kind=KIND, title=f"更换 {draw_no}：{entry['zh']}", day=today, days=[day], size=1 if unit else None,
        order="chance", objects=objects, parents=freezing.parents(connection), reason=reason,
        departments=[freezing.own_officers(connection, [day], replaced, asked.officer_no)],
        recusals=freezing.recusals(connection, ids), scores_as_of=freezing.scores_as_of(connection, today),
        of={"draw_no": first["draw_no"], "record_hash": first["record_hash"]})
    made = freezing.freeze(connection, spec, rules, now, entropy, of_draw=first["draw_id"])
    audit.record(connection, actor, "freeze", "draw", made.draw_no, None,
                 {"kind": KIND, "of": draw_no, "reason": asked.code, "text": text, "commitment": made.commitment})
    return drawing.told(connection, made.draw_no)


def _pool(connection: Connection, first: Row, visit: Row, day: dt.date, rules: ListRules) -> list[ListObject]:
    """The units that stood beside the replaced one in the first draw, with the weights that they had there."""
    frame, result = orjson.loads(first["frame"]), orjson.loads(first["bundle"])["result"]
    if first["kind"] == "daily":
        if frame.get("protocol") != PROTOCOL:
            raise DrawError(f"{first['draw_no']} was drawn by an earlier version, whose frame can't be drawn from: "
                            f"plan the visit by hand",
                            zh=f"{first['draw_no']} 由早期版本抽取，无法据其名单更换：请手工安排")
        weights = peers(frame, visit["unit_no"], visit["arm"])
        missed = {row["unit_no"] for row in result["unassigned"]}
    else:
        weights = {one["object_no"]: one["weight"] for one in frame["objects"] if one["excluded"] is None}
        missed = {row["object_no"] for row in result["unassigned"]}
        missed |= {row["object_no"] for row in result["visits"]}
    ids = [row["unit_id"] for row in connection.execute(q["unit_ids"], [list(weights)])]
    drawn = missed | {row["unit_no"] for row in connection.execute(q["drawn_that_day"], [visit["planned_on"]])}
    found = freezing.unit_objects(connection, ids, day, rules)
    return [replace(one, weight=weights[number],
                    out="replaced" if number == visit["unit_no"] else "drawn" if number in drawn else one.out)
            for number, one in found.items()]


def _same(connection: Connection, units: list[str], day: dt.date, rules: ListRules) -> list[ListObject]:
    """The units of the visits whose officers are drawn anew: nothing keeps them out."""
    ids = [row["unit_id"] for row in connection.execute(q["unit_ids"], [units])]
    return [replace(one, planned=False, visits=0, last=None, out=None)
            for one in freezing.unit_objects(connection, ids, day, rules).values()]


def _replaced(connection: Connection, frame: Row) -> list[Row]:
    why = frame["reason"]
    units = [why["unit"]] if why["unit"] else [one["object_no"] for one in frame["objects"]]
    return connection.execute(q["replaced_by_unit"], {"draw": frame["of"]["draw_no"], "units": units}).fetchall()


def _waiting(connection: Connection, draw_id: int, reason: Reason, units: list[str],
             replaced: tuple[int, ...]) -> Row | None:
    """A replacement of the same thing that was frozen before and can still be drawn."""
    for row in connection.execute(q["waiting"], [draw_id]):
        frame = orjson.loads(row["frame"])
        why = frame["reason"]
        same = (why["unit"], why["officer"]) == (reason.unit, reason.officer)
        same = same and (reason.unit is not None or [one["object_no"] for one in frame["objects"]] == units)
        if same and drawing.stale(connection, row["draw_no"], replaced) is None:
            return drawing.told(connection, row["draw_no"])
    return None

