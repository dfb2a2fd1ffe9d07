"""What the brigade keeps about its towns: budget lines, actions of joint meetings, faults, staff that only helps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy.clocks import SHANGHAI, end_of, last_moment, legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
BODIES = ("brigade", "town", "police_station")


def set_budget(db: Database, town: str, year: int, amount: Decimal, document: str, actor: str) -> None:
    """A town's line of the year's budget (工作经费), with the document it stands in."""
    with db.connection() as connection:
        before = connection.execute(q["budget"], {"town": town, "year": year}).fetchone()
        connection.execute(q["set_budget"], {"town": town, "year": year, "amount": amount,
                                             "document": forms.word(document, "document"), "actor": actor})
        audit.record(connection, actor, "budget", "town", f"{town}/{year}", before,
                     {"amount_yuan": amount, "document": document})


def budget(connection: Connection, town: str, year: int) -> dict[str, Any] | None:
    """A town's line of a year."""
    return connection.execute(q["budget"], {"town": town, "year": year}).fetchone()


def without_budget(connection: Connection, year: int, areas: Sequence[str] | None) -> list[dict[str, Any]]:
    """Towns without a line in a year."""
    return connection.execute(q["without_budget"], {"year": year, "areas": _list(areas)}).fetchall()


def agree(db: Database, meeting: str, held_on: dt.date, area: str, body: str, task: str, due_on: dt.date | None,
          actor: str, now: dt.datetime) -> int:
    """An action that a joint meeting (联席会议) agreed on: who does what by when."""
    forms.chosen(body, "body", list(BODIES))
    until = due_on or last_day_of(held_on)
    if held_on > legal_day(now) or until < held_on:
        raise CaseworkError(f"a meeting held on {held_on} sets a day from then on, not {until}",
                            zh=f"会议日期 {held_on}、期限 {until} 不合理")
    with db.connection() as connection:
        row = connection.execute(q["add_action"], {
            "meeting": forms.word(meeting, "meeting"), "held": held_on, "area": area, "body": body,
            "task": forms.word(task, "task"), "due": until, "actor": actor}).fetchone()
        assert row is not None  # noqa: S101  returning
        number = int(row["action_id"])
        clocks.start(connection, "delegation.meeting_action", "meeting_action", str(number), Owner(area, body=body),
                     dt.datetime.combine(held_on, dt.time(), SHANGHAI), due_at=last_moment(until))
        audit.record(connection, actor, "create", "meeting_action", str(number), None,
                     {"meeting": meeting, "held_on": held_on, "area": area, "body": body, "task": task,
                      "due_on": until})
    return number


def finish_action(db: Database, number: int, day: dt.date, result: str, actor: str, now: dt.datetime) -> bool:
    """Say what came of an action; whether in time."""
    with db.connection() as connection:
        held = action(connection, number)
        if held["done_on"] is not None:
            raise AlreadyDone(f"action {number} was done on {held['done_on']} before", zh=f"议定事项 {number} 已办结")
        if not held["held_on"] <= day <= legal_day(now):
            raise CaseworkError(f"action {number} can be done between {held['held_on']} and today, not on {day}",
                                zh=f"办结日期应在 {held['held_on']} 与今天之间")
        connection.execute(q["end_action"], {"day": day, "result": forms.word(result, "result"), "id": number})
        audit.record(connection, actor, "done", "meeting_action", str(number), {"done_on": None},
                     {"done_on": day, "result": result})
        at = min(end_of(day) - dt.timedelta(seconds=1), max(now, dt.datetime.combine(day, dt.time(), SHANGHAI)))
        return bool(clocks.stop(connection, "delegation.meeting_action", str(number), at))


def action(connection: Connection, number: int) -> dict[str, Any]:
    """One action, locked."""
    row = connection.execute(q["action"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no action {number}", zh=f"没有议定事项 {number}")
    return row


def actions(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None, state: str = "open",
            limit: int = 200) -> list[dict[str, Any]]:
    """Actions, those due first; ``state`` open, overdue or all."""
    return connection.execute(q["actions"], {"areas": _list(areas), "day": day, "state": state,
                                             "limit": limit}).fetchall()


def find_fault(db: Database, town: str, officer_no: str | None, about: tuple[str, str] | None, found_on: dt.date,
               fault: str, actor: str, now: dt.datetime) -> int:
    """Open a case of accountability (执法责任追究) about a town, an officer, or one of its acts."""
    if found_on > legal_day(now):
        raise CaseworkError(f"{found_on} is in the future", zh=f"日期 {found_on} 晚于今天")
    with db.connection() as connection:
        act = connection.execute(q["act"], {"noun": about[0], "ref": about[1]}).fetchone() if about else None
        if about and (act is None or act["town_code"] != town):
            raise NotFound(f"{about[0]} {about[1]} is no act of town {town}", zh=f"{about[1]} 不是该镇街的执法")
        row = connection.execute(q["add_fault"], {
            "town": town, "officer": officer_no, "act": act and act["act_id"], "found": found_on,
            "fault": forms.reason(fault), "actor": actor}).fetchone()
        assert row is not None  # noqa: S101  returning
        audit.record(connection, actor, "create", "fault_case", str(row["fault_id"]), None,
                     {"town_code": town, "officer_no": officer_no, "found_on": found_on, "fault": fault})
    return int(row["fault_id"])


def move_fault(db: Database, number: int, step: str, day: dt.date, decision: str | None, actor: str,
               now: dt.datetime) -> None:
    """Decide on a fault, then close its case."""
    with db.connection() as connection:
        held = fault_case(connection, number)
        if held["closed_on"] is not None or (step == "decide" and held["decided_on"] is not None):
            raise AlreadyDone(f"fault case {number} is past that step", zh=f"追责案件 {number} 已办过该步骤")
        if step == "close" and held["decided_on"] is None:
            raise CaseworkError(f"fault case {number} is decided before it is closed", zh="先作出处理决定，再结案")
        if not (held["decided_on"] or held["found_on"]) <= day <= legal_day(now):
            raise CaseworkError(f"{day} is before the step before it, or in the future", zh=f"日期 {day} 不合理")
        if step == "decide":
            connection.execute(q["decide_fault"], {"day": day, "decision": forms.reason(decision), "id": number})
        else:
            connection.execute(q["close_fault"], {"day": day, "id": number})
        audit.record(connection, actor, step, "fault_case", str(number), None, {"day": day, "decision": decision})


def fault_case(connection: Connection, number: int) -> dict[str, Any]:
    """One case of accountability, locked."""
    row = connection.execute(q["fault"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no fault case {number}", zh=f"没有追责案件 {number}")
    return row


def faults(connection: Connection, *, areas: Sequence[str] | None = None, only_open: bool = False,
           limit: int = 200) -> list[dict[str, Any]]:
    """Cases of accountability, the newest first."""
    return connection.execute(q["faults"], {"areas": _list(areas), "open": only_open, "limit": limit}).fetchall()


def set_auxiliary(db: Database, number: str, name: str, town: str, tasks: str, from_day: dt.date,
                  to_day: dt.date | None, actor: str) -> None:
    """辅助执法人员: known by a number of their own, never by an officer's, so that they can't sign."""
    if to_day is not None and to_day < from_day:
        raise CaseworkError(f"the last day {to_day} lies before the first, {from_day}",
                            zh=f"最后一日 {to_day} 早于开始日期 {from_day}")
    with db.connection() as connection:
        if connection.execute(q["is_officer"], [number]).fetchone():
            raise CaseworkError(f"{number} is an officer's number: staff that helps has no power to sign",
                                zh=f"{number} 是执法人员编号，辅助人员不能使用")
        connection.execute(q["set_auxiliary"], {
            "number": forms.word(number, "auxiliary_no", 32), "name": forms.word(name, "name"), "town": town,
            "tasks": forms.word(tasks, "tasks"), "from": from_day, "to": to_day, "actor": actor})
        audit.record(connection, actor, "put", "auxiliary", number, None,
                     {"town_code": town, "tasks": tasks, "from_day": from_day, "to_day": to_day})


def auxiliaries(connection: Connection, day: dt.date, areas: Sequence[str] | None) -> list[dict[str, Any]]:
    """Who helps on a day."""
    return connection.execute(q["auxiliaries"], {"areas": _list(areas), "day": day}).fetchall()


def last_day_of(held_on: dt.date) -> dt.date:
    """The day by which an action is done where its meeting set none."""
    return legal_day(clocks.due_of("delegation.meeting_action", dt.datetime.combine(held_on, dt.time(), SHANGHAI)))


def _list(areas: Sequence[str] | None) -> list[str] | None:
    return None if areas is None else list(areas)
