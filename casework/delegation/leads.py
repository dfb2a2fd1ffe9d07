"""网格线索: what grid workers find at small places. Leads, never inspections: closed in the grid, or passed on.

found → told → closed, or → passed_on → accepted → finished; a returned one is the grid's again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework import clocks, forms
from casework.clocks import Owner
from casework.delegation import grids
from casework.errors import AlreadyDone, CaseworkError, NotFound
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_IN_GRID, _ANSWER, _FINISH = (f"delegation.lead_{name}" for name in ("in_grid", "answered", "finished"))
#: From which states each step may be made, the state it leads to, the clock it stops and the one it starts.
STEPS: dict[str, tuple[tuple[str, ...], str, str | None, str | None]] = {
    "told": (("found", "returned"), "told", None, None),
    "closed": (("found", "told"), "closed", _IN_GRID, None),
    "passed_on": (("found", "told", "returned"), "passed_on", _IN_GRID, _ANSWER),
    "accepted": (("passed_on",), "accepted", _ANSWER, _FINISH),
    "returned": (("passed_on",), "returned", _ANSWER, _IN_GRID),
    "finished": (("accepted",), "finished", _FINISH, None),
}
RECEIVERS = ("town", "brigade", "department")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class LeadForm:
    """What a grid worker found: which items of the patrol list fail, signed, with a picture and its digest."""

    grid_code: str
    place_kind: str
    place: str
    task_codes: tuple[str, ...]
    found_at: dt.datetime
    found_by: str
    signed: bool
    photo_ref: str
    photo_sha256: str
    unit_id: int | None = None
    note: str | None = None


def find(db: Database, form: LeadForm, actor: str, now: dt.datetime) -> str:
    """Enter a lead; the days in which its grid closes it or passes it on begin. Returns its number."""
    day = legal_day(form.found_at)
    forms.chosen(form.place_kind, "place_kind", [row["code"] for row in rules().value("delegation.place_kinds", day)])
    if form.found_at > now:
        raise CaseworkError("found_at is in the future", zh="发现时间晚于现在")
    if not form.signed:
        raise CaseworkError("a lead is signed by the grid worker who found it", zh="巡查记录须由网格员签名")
    if not _DIGEST.fullmatch(form.photo_sha256):
        raise CaseworkError("photo_sha256 must be the 64 hexadecimal digits of the picture's SHA-256",
                            zh="photo_sha256 应为图片文件 SHA-256 的 64 位十六进制")
    with db.connection() as connection:
        grid = grids.one(connection, form.grid_code)
        if grid["level"] != "grid":
            raise CaseworkError(f"{form.grid_code} is a village, not a grid", zh=f"{form.grid_code} 不是网格")
        listed_ = {row["task_code"] for row in grids.tasks(connection, grid["town_code"], day)}
        for code in form.task_codes or ("",):
            if code not in listed_:
                raise CaseworkError(f"item {code!r} is not on the patrol list of town {grid['town_code']} on {day}",
                                    zh=f"{day} 有效的巡查事项清单中没有 {code}")
        prefix = f"L{day:%Y%m%d}-"
        lock_for_transaction(connection, f"number {prefix}")
        stands = connection.execute(q["same"], {"grid": form.grid_code, "place": forms.word(form.place, "place"),
                                                "at": form.found_at, "tasks": list(form.task_codes)}).fetchone()
        if stands:
            raise AlreadyDone(f"this lead of grid {form.grid_code} was entered before as {stands['lead_no']}",
                              zh=f"网格 {form.grid_code} 的这条线索已录入为 {stands['lead_no']}，不能重复录入")
        last = connection.execute(q["last_number"], {"prefix": prefix + "%", "skip": len(prefix) + 1}).fetchone()
        number = f"{prefix}{(last['last'] if last and last['last'] else 0) + 1:04d}"
        row = connection.execute(q["insert"], {
            "number": number, "grid": form.grid_code, "town": grid["town_code"], "kind": form.place_kind,
            "place": forms.word(form.place, "place"), "unit": form.unit_id, "tasks": list(form.task_codes),
            "at": form.found_at, "by": forms.word(form.found_by, "found_by"),
            "photo": forms.word(form.photo_ref, "photo_ref"), "digest": form.photo_sha256, "note": form.note,
            "actor": actor}).fetchone()
        assert row is not None  # noqa: S101  returning
        _step(connection, row["lead_id"], "found", form.found_at, form.note, (form.photo_ref, form.photo_sha256),
              actor)
        clocks.start(connection, _IN_GRID, "lead", number, Owner(grid["town_code"], form.unit_id, "town"),
                     form.found_at)
        audit.record(connection, actor, "find", "lead", number, None,
                     {"grid_code": form.grid_code, "place": form.place, "task_codes": list(form.task_codes)})
    return number


def step(db: Database, number: str, name: str, at: dt.datetime, actor: str, now: dt.datetime, *,
         note: str | None = None, to: str | None = None, photo: tuple[str, str] | None = None) -> bool | None:
    """Take a lead one step on; whether the clock it stops was in time, None where it stops none."""
    forms.chosen(name, "step", list(STEPS))
    sources, state, stops, starts = STEPS[name]
    with db.connection() as connection:
        held = connection.execute(q["locked"], [number]).fetchone()
        if held is None:
            raise NotFound(f"there is no lead {number}", zh=f"没有线索 {number}")
        if held["state"] not in sources:
            raise AlreadyDone(f"lead {number} is {held['state']}: only one that is {' or '.join(sources)} can be "
                              f"{name}",
                              zh=f"线索 {number} 当前状态为 {held['state']}，不能进行该操作")
        _check(connection, held, name, at, now, note, to, photo)
        receiver = to if name == "passed_on" else held["passed_to"] if state not in ("told", "closed") else None
        connection.execute(q["move"], {"state": state, "to": receiver, "lead": held["lead_id"]})
        _step(connection, held["lead_id"], name, at, note if name != "passed_on" else f"{to}: {note}", photo, actor)
        in_time = clocks.stop(connection, stops, number, at) if stops else None
        if starts:
            body = "town" if starts == _IN_GRID or receiver != "brigade" else "brigade"
            clocks.start(connection, starts, "lead", number, Owner(held["town_code"], held["unit_id"], body), at)
        audit.record(connection, actor, name, "lead", number, {"state": held["state"]},
                     {"state": state, "to": receiver, "note": note})
    return in_time


def copy(db: Database, number: str, department: str, day: dt.date, actor: str) -> None:
    """抄送: tell a department of a lead in writing."""
    with db.connection() as connection:
        held = _held(connection, number)
        if connection.execute(q["copy"], {"lead": held["lead_id"], "department": forms.word(department, "department"),
                                          "day": day, "actor": actor}).fetchone() is None:
            raise AlreadyDone(f"lead {number} was copied to {department} before", zh=f"线索 {number} 已抄送 "
                                                                                     f"{department}")
        audit.record(connection, actor, "copy", "lead", number, None, {"department": department, "sent_on": day})


def answer_copy(db: Database, number: str, department: str, day: dt.date, done: bool, actor: str) -> dict[str, Any]:
    """A department's receipt of its copy, or its word that it is done."""
    with db.connection() as connection:
        held = _held(connection, number)
        row = connection.execute(q["answer_copy"], {"lead": held["lead_id"], "department": department, "day": day,
                                                    "done": done}).fetchone()
        if row is None:
            raise NotFound(f"lead {number} was not copied to {department} by {day}",
                           zh=f"线索 {number} 在 {day} 之前没有抄送 {department}")
        audit.record(connection, actor, "receipt", "lead", number, None, {"department": department, **row})
        return row


def listed(connection: Connection, now: dt.datetime, *, areas: Sequence[str] | None = None, town: str | None = None,
           grid: str | None = None, state: str = "open", number: str | None = None, before: int | None = None,
           limit: int = 50) -> list[dict[str, Any]]:
    """Leads, the newest first; ``state`` open, late, all or one of theirs."""
    return connection.execute(q["listed"], {
        "areas": None if areas is None else list(areas), "town": town, "grid": grid, "state": state, "number": number,
        "before": before, "limit": limit, "now": now}).fetchall()


def one(connection: Connection, number: str, now: dt.datetime, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """A lead with its steps, each with its picture (复查对照), and the receipts of departments."""
    rows = listed(connection, now, areas=areas, state="all", number=number, limit=1)
    if not rows:
        raise NotFound(f"there is no lead {number} in your areas", zh=f"您的区域内没有线索 {number}")
    return {**rows[0], "steps": connection.execute(q["steps"], [rows[0]["lead_id"]]).fetchall(),
            "copies": connection.execute(q["copies"], [rows[0]["lead_id"]]).fetchall()}


def ends(connection: Connection, first: dt.datetime, until: dt.datetime, now: dt.datetime,
         areas: Sequence[str] | None = None) -> dict[str, Any]:
    """How leads of a time ended and how long they stayed in each state: every one closed, passed on or overdue."""
    asked = {"areas": None if areas is None else list(areas), "first": first, "until": until, "now": now}
    return {**(connection.execute(q["shares"], asked).fetchone() or {}),
            "states": connection.execute(q["times"], asked).fetchall()}


def _check(connection: Connection, held: Mapping[str, Any], name: str, at: dt.datetime, now: dt.datetime,
           note: str | None, to: str | None, photo: tuple[str, str] | None) -> None:
    last = connection.execute(q["last_step"], [held["lead_id"]]).fetchone()
    if not (last and last["at"] <= at <= now):
        raise CaseworkError("a step is made after the one before it and not in the future",
                            zh="步骤时间应晚于上一步骤且不晚于现在")
    if name == "closed" and (photo is None or not _DIGEST.fullmatch(photo[1])):
        raise CaseworkError(f"lead {held['lead_no']} is closed with a picture of what was put right, and its digest",
                            zh=f"线索 {held['lead_no']} 办结须附整改后图片及其摘要")
    if name == "passed_on" and to not in RECEIVERS:
        raise CaseworkError(f"say to whom it is passed on: {', '.join(RECEIVERS)}", zh="请填写移交对象")
    if name in ("passed_on", "returned", "finished") and not note:
        raise CaseworkError(f"say why or how (note) with the step {name}", zh="请填写说明")


def _held(connection: Connection, number: str) -> dict[str, Any]:
    row = connection.execute(q["locked"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no lead {number}", zh=f"没有线索 {number}")
    return row


def _step(connection: Connection, lead_id: int, name: str, at: dt.datetime, note: str | None,
          photo: tuple[str, str] | None, actor: str) -> None:
    connection.execute(q["step"], {"lead": lead_id, "step": name, "at": at, "note": note,
                                   "photo": photo and photo[0], "digest": photo and photo[1], "actor": actor})
