"""Visits to come: planned by a draw or by hand, moved or called off with a reason that stays on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.numbers import next_number
from casework.officers import Place, check_roles, check_team
from registry import audit
from registry.kinds import inspection_kinds
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)


def plan_visit(connection: Connection, *, unit_id: int, kind: str, planned_on: dt.date,
               officers: Sequence[tuple[str, str]], arm: str | None = None, draw_no: str | None = None,
               probability: float | None = None, note: str | None = None, actor: str = "scheduler") -> int:
    """Plan one visit in the caller's transaction and return its ``inspection_id``.

    A draw plans a unit once: asked again with the same ``draw_no`` and unit, the visit that stands is returned and
    nothing changes. ``officers`` are (officer_no, role); whether they may act is asked when the result is entered,
    since certificates, leave and recusals are those of the day of the visit.
    """
    if draw_no is not None:
        lock_for_transaction(connection, f"draw {draw_no} unit {unit_id}")
        stands = connection.execute(q["planned_by_draw"], {"draw": draw_no, "unit": unit_id}).fetchone()
        if stands:
            return int(stands["inspection_id"])
    check_roles(officers)
    number = next_number(connection, "inspection", planned_on)
    row = connection.execute(q["insert_planned"], {
        "number": number, "unit": unit_id, "kind": kind, "arm": arm, "draw": draw_no, "probability": probability,
        "day": planned_on, "note": note, "source": "draw" if draw_no else "manual", "actor": actor}).fetchone()
    if row is None:
        raise NotFound(f"unit {unit_id} is not in the register", zh=f"名录库中没有单位 {unit_id}")
    _set_officers(connection, row["inspection_id"], officers)
    audit.record(connection, actor, "plan", "inspection", number, None,
                 {"unit_id": unit_id, "kind": kind, "arm": arm, "draw_no": draw_no, "planned_on": planned_on,
                  "officers": [list(pair) for pair in officers]})
    return int(row["inspection_id"])


def plan_by_hand(db: Database, *, unit_no: str, kind: str, planned_on: dt.date, officers: Sequence[tuple[str, str]],
                 actor: str, note: str | None = None) -> str:
    """Plan a visit outside any draw (投诉核查, 复查, 专项 ...) with officers who may act there; returns its number."""
    forms.chosen(kind, "kind", kinds_by_hand(planned_on))
    with db.connection() as connection:
        unit = _unit(connection, unit_no)
        refuse_closed(unit)
        place = Place(unit["unit_id"], unit["unit_no"], unit["is_key"])
        check_team(connection, place, officers, planned_on)
        found = plan_visit(connection, unit_id=place.unit_id, kind=kind, planned_on=planned_on, officers=officers,
                           note=forms.note(note), actor=actor)
        row = connection.execute(q["number_of"], [found]).fetchone()
        return str(row["inspection_no"]) if row else ""


def replan(db: Database, inspection_no: str, planned_on: dt.date, reason: str, actor: str) -> None:
    """Move a planned visit to another day; one that other departments make too is not moved by one of them."""
    why = forms.reason(reason)
    with db.connection() as connection:
        before = open_plan(connection, inspection_no)
        if before["kind"] == "joint" and before["draw_no"] is not None:
            raise AlreadyDone(f"inspection {inspection_no} is the brigade's part of a joint visit: the officers of the "
                              f"other departments were drawn for {before['planned_on']} and would not move with it, so "
                              f"it is replaced by a new draw (优化营商环境条例 Art. 54)",
                              zh=f"检查 {inspection_no} 是部门联合检查的一部分：其他部门的人员"
                                 f"按 {before['planned_on']} 抽取，不能只改本部门的日期，"
                                 f"请通过重新抽取更换（《优化营商环境条例》第五十四条）")
        connection.execute(q["move"], {"number": inspection_no, "day": planned_on})
        audit.record(connection, actor, "replan", "inspection", inspection_no,
                     {"planned_on": str(before["planned_on"])}, {"planned_on": str(planned_on), "reason": why})


def replace_officers(db: Database, inspection_no: str, officers: Sequence[tuple[str, str]], reason: str,
                     actor: str) -> None:
    """Put other officers on a planned visit (illness, recusal); the draw and the audit log keep the drawn ones."""
    why = forms.reason(reason)
    with db.connection() as connection:
        visit = open_plan(connection, inspection_no)
        place = Place(visit["unit_id"], visit["unit_no"], visit["is_key"])
        check_team(connection, place, officers, visit["planned_on"])
        before = [[row["officer_no"], row["role"]] for row in connection.execute(q["team"], [visit["inspection_id"]])]
        _set_officers(connection, visit["inspection_id"], officers)
        audit.record(connection, actor, "replace_officers", "inspection", inspection_no, {"officers": before},
                     {"officers": [list(pair) for pair in officers], "reason": why})


def cancel(db: Database, inspection_no: str, reason: str, actor: str) -> None:
    """Call off a planned visit; it stays on record as cancelled."""
    _end(db, inspection_no, "cancelled", reason, actor)


def not_possible(db: Database, inspection_no: str, reason: str, actor: str) -> None:
    """Say that a planned visit could not be made (unit moved away, nobody there); it stays on record as such."""
    _end(db, inspection_no, "not_possible", reason, actor)


def kinds_by_hand(day: dt.date) -> list[str]:
    """Kinds of visit that a person may begin: drawn ones come of a draw, imported ones of an import."""
    return [code for code in inspection_kinds(day) if code not in ("draw", "duty", "joint", "import")]


def unit_at(connection: Connection, unit_no: str) -> Place:
    """The unit of this number; :class:`NotFound` where the register has none."""
    row = _unit(connection, unit_no)
    return Place(row["unit_id"], row["unit_no"], row["is_key"])


def refuse_closed(unit: Mapping[str, Any]) -> None:
    """A unit that has left the register is scored and drawn no more: a visit there would be lost on everyone."""
    if unit["status"] == "closed":
        raise CaseworkError(f"unit {unit['unit_no']} is closed (注销) in the register of units: set it active again "
                            f"there before a visit is entered",
                            zh=f"单位 {unit['unit_no']} 在名录库中已注销：请先恢复为在用，再录入检查")


def _unit(connection: Connection, unit_no: str) -> dict[str, Any]:
    row = connection.execute(q["place"], [forms.word(unit_no, "unit_no", 64)]).fetchone()
    if row is None:
        raise NotFound(f"unit {unit_no} is not in the register", zh=f"名录库中没有单位 {unit_no}")
    return row


def open_plan(connection: Connection, inspection_no: str) -> dict[str, Any]:
    """A visit that still waits, locked for this transaction; a sentence says what became of any other."""
    visit = connection.execute(q["visit"], [forms.word(inspection_no, "the number of the inspection", 64)]).fetchone()
    if visit is None:
        raise NotFound(f"there is no inspection {inspection_no}", zh=f"没有检查 {inspection_no}")
    if visit["status"] == "done":
        raise AlreadyDone(f"the result of inspection {inspection_no} was entered on "
                          f"{visit['entered_at']:%Y-%m-%d %H:%M} UTC by {visit['entered_by'] or 'an import'}: "
                          f"it can't be entered again",
                          zh=f"检查 {inspection_no} 的结果已由 {visit['entered_by'] or '历史导入'} 录入，不能重复录入")
    if visit["status"] != "planned":
        raise AlreadyDone(f"inspection {inspection_no} is {visit['status'].replace('_', ' ')}: plan a new visit",
                          zh=f"检查 {inspection_no} 已取消或无法进行，请另行安排检查")
    return visit


def call_off(connection: Connection, inspection_no: str, reason: str, actor: str) -> None:
    """As :func:`cancel`, in the caller's transaction: a replacement calls off one visit and plans another at once."""
    _ended(connection, inspection_no, "cancelled", forms.reason(reason), actor)


def _end(db: Database, inspection_no: str, status: str, reason: str, actor: str) -> None:
    why = forms.reason(reason)
    with db.connection() as connection:
        _ended(connection, inspection_no, status, why, actor)


def _ended(connection: Connection, inspection_no: str, status: str, why: str, actor: str) -> None:
    before = open_plan(connection, inspection_no)
    connection.execute(q["end"], {"number": inspection_no, "status": status, "note": why})
    audit.record(connection, actor, status, "inspection", inspection_no,
                 {"status": before["status"]}, {"status": status, "reason": why})


def _set_officers(connection: Connection, inspection_id: int, officers: Sequence[tuple[str, str]]) -> None:
    connection.execute(q["set_officers"], {
        "inspection": inspection_id, "officers": [number for number, _ in officers],
        "roles": [role for _, role in officers]})
    known = connection.execute(q["team"], [inspection_id]).fetchall()
    missing = {number for number, _ in officers} - {row["officer_no"] for row in known}
    if missing:
        raise CaseworkError(f"officer {min(missing)} is not in the register of officers",
                            zh=f"检查人员名录库中没有 {min(missing)}")
