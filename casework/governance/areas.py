"""火灾高风险区域 and 区域性隐患: areas that are listed from a day to a day, on a basis, with the units in them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.governance import terms
from casework.numbers import next_number
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
_MOST_UNITS = 5000
_MOST_CORNERS = 500


@dataclass(frozen=True)
class AreaForm:
    """An area as it is listed: ``boundary`` is a polygon of (lon, lat), ``unit_nos`` the units in it."""

    kind: str
    area_code: str
    name: str
    basis: str
    from_day: dt.date
    boundary: tuple[tuple[float, float], ...] = ()
    unit_nos: tuple[str, ...] = ()


def area_form(data: Mapping[str, Any], today: dt.date) -> AreaForm:
    """An :class:`AreaForm` from JSON."""
    kinds = [one["code"] for one in rules().value("governance.area_kinds", today)]
    units = tuple(dict.fromkeys(forms.word(one, "unit_nos", 64) for one in data.get("unit_nos") or ()))
    if len(units) > _MOST_UNITS:
        raise CaseworkError(f"{len(units)} units are named, at most {_MOST_UNITS} are taken",
                            zh=f"填了 {len(units)} 家单位，最多 {_MOST_UNITS} 家")
    form = AreaForm(forms.chosen(data.get("kind"), "kind", kinds), forms.word(data.get("area_code"), "area_code", 12),
                    forms.word(data.get("name"), "name"), forms.word(data.get("basis"), "basis", 400),
                    forms.optional_day(data.get("from_day"), "from_day") or today, _polygon(data.get("boundary")),
                    units)
    if form.kind == "area_hazard" and not units:
        raise CaseworkError("an area hazard names the units in it: each of them is checked (unit_nos)",
                            zh="区域性隐患须列明区域内的单位：检查一处、治理一处")
    if form.kind == "high_risk" and not (units or form.boundary):
        raise CaseworkError("say where the area is: a boundary, or the units in it",
                            zh="请填写区域范围（边界坐标）或者区域内单位")
    return form


def _polygon(value: Any) -> tuple[tuple[float, float], ...]:
    if not value:
        return ()
    wrong = CaseworkError("boundary must be a list of 3 to 500 corners [lon, lat]",
                          zh="边界应为 3 至 500 个 [经度, 纬度] 坐标")
    if not isinstance(value, list | tuple) or not 3 <= len(value) <= _MOST_CORNERS:
        raise wrong
    found = []
    for corner in value:
        if not isinstance(corner, list | tuple) or len(corner) != 2 or any(
                isinstance(part, bool) or not isinstance(part, int | float) or not math.isfinite(part)
                for part in corner):
            raise wrong
        lon, lat = float(corner[0]), float(corner[1])
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            raise wrong
        found.append((lon, lat))
    return tuple(found)


def put(db: Database, form: AreaForm, actor: str, *, now: dt.datetime, areas: Sequence[str] | None = None) -> str:
    """List an area and return its number; every unit in it must lie in ``area_code`` or beneath."""
    today = legal_day(now)
    terms.check_begin(form.from_day, today)
    with db.connection() as connection:
        found = {row["unit_no"]: row["unit_id"] for row in connection.execute(
            q["units_of"], {"units": list(form.unit_nos), "area": form.area_code})}
        for number in form.unit_nos:
            if number not in found:
                raise NotFound(f"unit {number} does not lie in area {form.area_code}",
                               zh=f"单位 {number} 不在区域 {form.area_code} 内")
        if connection.execute(q["same"], {"area": form.area_code, "name": form.name, "kind": form.kind}).fetchone():
            raise AlreadyDone(f"{form.name} is listed in area {form.area_code}: end it first",
                              zh=f"{form.name} 已在名单中，请先结束")
        number = next_number(connection, "risk_area", today)
        connection.execute(q["insert"], {
            "number": number, "kind": form.kind, "area": form.area_code, "name": form.name, "basis": form.basis,
            "from": form.from_day, "boundary": Jsonb(list(form.boundary)) if form.boundary else None, "actor": actor})
        with connection.cursor() as cursor:
            cursor.executemany(q["add_unit"], [(number, unit) for unit in found.values()])
        audit.record(connection, actor, "list", "risk_area", number, None, vars(form))
    return number


def end(db: Database, number: str, on: dt.date, why: str, actor: str, *, now: dt.datetime) -> None:
    """Take an area off the list from ``on``; an area hazard only when every unit in it has a result and none is open.

    检查一处、治理一处: a unit without a visit since the area was listed, or with a hazard that stands, keeps it listed.
    """
    reason = forms.reason(why)
    with db.connection() as connection:
        held = connection.execute(q["locked"], [number]).fetchone()
        if held is None:
            raise NotFound(f"there is no area {number}", zh=f"没有区域 {number}")
        if held["ended_on"] is not None:
            raise AlreadyDone(f"area {number} ended on {held['ended_on']}",
                              zh=f"区域 {number} 已于 {held['ended_on']} 结束")
        terms.check_end(held["from_day"], on, legal_day(now))
        if held["kind"] == "area_hazard":
            _all_treated(results(connection, number), number)
        connection.execute(q["end"], {"number": number, "day": on, "why": reason})
        audit.record(connection, actor, "end", "risk_area", number, {"ended_on": None},
                     {"ended_on": on, "why": reason})


def _all_treated(found: Sequence[Mapping[str, Any]], number: str) -> None:
    waiting = [row["unit_no"] for row in found if row["result"] == "not_inspected"]
    if waiting:
        raise AlreadyOpen(f"area hazard {number} has {len(waiting)} units without a result, {waiting[0]} among them: "
                          f"each is checked first",
                          zh=f"区域性隐患 {number} 尚有 {len(waiting)} 家单位没有检查结果（如 {waiting[0]}），不能结束")
    standing = [row["unit_no"] for row in found if row["result"] == "hazards_open"]
    if standing:
        raise AlreadyOpen(f"area hazard {number} has {len(standing)} units with hazards that stand, {standing[0]} "
                          f"among them",
                          zh=f"区域性隐患 {number} 尚有 {len(standing)} 家单位隐患未整改（如 {standing[0]}），不能结束")


class AlreadyOpen(CaseworkError):
    """What is to be ended is not over."""

    status = 409


def results(connection: Connection, number: str) -> list[dict[str, Any]]:
    """Each unit of an area with its newest visit since the listing: not_inspected, hazards_open, treated, none."""
    return connection.execute(q["results"], [number]).fetchall()


def on(connection: Connection, day: dt.date, *, kind: str | None = None, areas: Sequence[str] | None = None,
       state: str = "listed", after: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The areas that were listed on a day (``state`` all: those that ended before it, too), by number."""
    return connection.execute(q["on_day"], {"day": day, "kind": kind, "areas": None if areas is None else list(areas),
                                            "state": state, "after": after, "limit": limit}).fetchall()


def one(connection: Connection, number: str, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """An area with its units and what became of each; :class:`NotFound` outside ``areas``."""
    row = connection.execute(q["one"], {"number": number, "areas": None if areas is None else list(areas)}).fetchone()
    if row is None:
        raise NotFound(f"there is no area {number} in your areas", zh=f"您的区域内没有区域 {number}")
    return {**row, "units": results(connection, number)}
