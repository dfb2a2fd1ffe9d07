"""The visits that a replacement is about: found by inspection, by list draw and object, or by officer and day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from casework import forms
from casework.errors import NotFound
from sampling.errors import DrawError
from sampling.lists.frame import OWN
from store import Queries
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is to be replaced: one visit (its unit, or an officer on it), or all visits of an officer on a day.

    A visit is named by its inspection or, where it has none (an object of a joint list that is no unit of ours), by
    list draw and object. ``department`` is the officer's; without it that of the visit's team, or else ours.
    """

    code: str
    text: str
    inspection_no: str | None = None
    officer_no: str | None = None
    day: dt.date | None = None
    draw_no: str | None = None
    object_no: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Found:
    """The visits of one replacement, and the department of the officer; or the draw that has made it already."""

    visits: list[Row]
    department: str | None = None
    done: Row | None = None


def find(connection: Connection, asked: Asked, today: dt.date) -> Found:
    """The visits that are to be replaced, each with the newest draw that made it what it is."""
    if asked.draw_no is not None or asked.object_no is not None:
        if asked.draw_no is None or asked.object_no is None or asked.inspection_no is not None:
            raise DrawError("name a visit by its inspection, or by list draw and object together")
        return _with_officer(connection, _of_list(connection, asked.draw_no, asked.object_no), asked)
    if asked.inspection_no is not None:
        number = forms.word(asked.inspection_no, "the number of the inspection", 64)
        visit = connection.execute(q["visit"], {"number": number}).fetchone()
        if visit is None:
            raise NotFound(f"there is no inspection {number}")
        if visit["draw_id"] is None:
            raise DrawError(f"inspection {number} was planned by hand: only a drawn visit is replaced by a draw",
                            zh=f"检查 {number} 不是抽取产生的：只有抽取产生的检查才用抽取更换")
        return _with_officer(connection, visit, asked)
    if asked.officer_no is None:
        raise DrawError("name the inspection, or the officer whose visits are replaced")
    return _of_officer(connection, asked.officer_no, asked.department or OWN, asked.day or today)


def of_frame(connection: Connection, frame: Mapping[str, Any]) -> list[Row]:
    """The visits that a frozen replacement stands for."""
    why, first = frame["reason"], frame["of"]["draw_no"]
    numbers = [why["unit"]] if why["unit"] else [one["object_no"] for one in frame["objects"]]
    return connection.execute(q["of_draw"], {"draw": first, "objects": numbers}).fetchall()


def named(visit: Row) -> str:
    """How a sentence names a visit."""
    return visit["inspection_no"] or f"{visit['draw_no']} {visit['object_no']}"


def _of_list(connection: Connection, draw_no: str, object_no: str) -> Row:
    found = connection.execute(q["newest"], {"draw": draw_no, "object": object_no}).fetchone()
    if found is None:
        raise NotFound(f"there is no visit to {object_no[:64]} in the list draw {draw_no[:64]}",
                       zh=f"名单抽取 {draw_no[:64]} 中没有对象 {object_no[:64]} 的检查")
    if found["object_no"] != object_no:
        # Another object stands in its place: what the asker saw is replaced, and is told as that.
        return {**found, "object_no": object_no, "passed_on": True}
    if found["inspection_no"] is None:
        return found
    visit = connection.execute(q["visit"], {"number": found["inspection_no"]}).fetchone()
    assert visit is not None  # noqa: S101  the list visit names it
    return visit


def _of_officer(connection: Connection, officer_no: str, department: str, day: dt.date) -> Found:
    who = {"officer": officer_no, "department": department, "day": day}
    if connection.execute(q["officer"], who).fetchone() is None:
        raise NotFound(f"there is no officer {officer_no}" + ("" if department == OWN else f" of {department[:32]}"))
    visits = [visit for row in connection.execute(q["inspections_of_officer"], who) if department == OWN
              for visit in connection.execute(q["visit"], {"number": row["inspection_no"]})]
    visits += connection.execute(q["list_visits_of_officer"], who).fetchall()
    if not visits:
        raise DrawError(f"no drawn visit waits for officer {officer_no} on {day}",
                        zh=f"{day} 没有等待人员 {officer_no} 的抽查任务")
    return Found(visits, department)


def _with_officer(connection: Connection, visit: Row, asked: Asked) -> Found:
    done = connection.execute(q["stands"], {"draw": visit["draw_id"], "object": visit["object_no"],
                                            "inspection": visit["inspection_id"]}).fetchone()
    if done is not None or visit.get("passed_on"):
        return Found([visit], done=done or connection.execute(q["ended_by"], {
            "draw": asked.draw_no, "object": asked.object_no}).fetchone())
    if asked.officer_no is None:
        return Found([visit])
    team = connection.execute(q["team"], {"inspection": visit["inspection_id"], "draw": visit["draw_id"],
                                          "object": visit["object_no"]}).fetchall()
    held = sorted({row["department"] for row in team if row["officer_no"] == asked.officer_no
                   and asked.department in (None, row["department"])}, key=lambda code: (code != OWN, code))
    if held:
        return Found([visit], held[0])
    for row in connection.execute(q["line"], {"draw": visit["draw_id"], "object": visit["object_no"]}):
        if orjson.loads(row["frame"])["reason"]["officer"] == asked.officer_no:
            return Found([visit], done=row)
    raise DrawError(f"officer {asked.officer_no} is not on the visit {named(visit)}",
                    zh=f"人员 {asked.officer_no} 不在检查 {named(visit)} 中")
