"""责任体系: which body answers for which units, as a matrix, and the units that nobody answers for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.governance import terms
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def put(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """Give the units of an area, of a kind, key or not, to a body from a day on."""
    today = legal_day(now)
    bodies = [one["code"] for one in rules().value("governance.bodies", today)]
    body = forms.chosen(data.get("body"), "body", bodies)
    department = forms.word(data["department"], "department") if data.get("department") else None
    if (body == "department") != (department is not None):
        raise CaseworkError("a department is named (department), any other body is not",
                            zh="由行业部门负责的须填写部门名称，其他责任主体不填写")
    kind = data.get("unit_kind") or None
    if kind is not None:
        forms.chosen(kind, "unit_kind", [one["code"] for one in rules().value("kinds.units", today)])
    is_key = data.get("is_key")
    if is_key is not None and not isinstance(is_key, bool):
        raise CaseworkError("is_key must be true, false or left out", zh="重点单位应为是、否或不限")
    row: dict[str, Any] = {
        "area": forms.word(data.get("area_code"), "area_code", 12), "kind": kind, "key": is_key, "body": body,
        "department": department, "from": forms.optional_day(data.get("from_day"), "from_day") or today,
        "basis": forms.word(data.get("basis"), "basis", 400)}
    terms.check_begin(row["from"], today)
    with db.connection() as connection:
        if connection.execute(q["same"], row).fetchone():
            raise AlreadyDone("these units are that body's already", zh="该项责任已登记，不能重复登记")
        made = connection.execute(q["insert"], {**row, "actor": actor}).fetchone()
        assert made is not None  # noqa: S101  returning
        audit.record(connection, actor, "create", "responsibility", str(made["responsibility_id"]), None, row)
    return int(made["responsibility_id"])


def end(db: Database, number: int, last: dt.date, actor: str, *, now: dt.datetime) -> None:
    """The last day on which a body answers for what it was given."""
    with db.connection() as connection:
        held = one(connection, number)
        if held["to_day"] is not None:
            raise AlreadyDone(f"it ended on {held['to_day']}", zh=f"该项责任已于 {held['to_day']} 结束")
        terms.check_end(held["from_day"], last, legal_day(now))
        connection.execute(q["end"], {"id": number, "day": last})
        audit.record(connection, actor, "end", "responsibility", str(number), {"to_day": None}, {"to_day": last})


def one(connection: Connection, number: int) -> dict[str, Any]:
    """One row, locked."""
    row = connection.execute(q["one"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no responsibility {number}", zh=f"没有责任登记 {number}")
    return row


def on(connection: Connection, day: dt.date, areas: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """What held on a day."""
    return connection.execute(q["on_day"], {"day": day, "areas": _list(areas)}).fetchall()


def matrix(connection: Connection, day: dt.date, areas: Sequence[str] | None = None) -> dict[str, Any]:
    """Units by kind and body on a day; a unit that several answer for counts with each, one without any as nobody's."""
    bodies = [one["code"] for one in rules().value("governance.bodies", day)]
    kinds: dict[str, dict[str, int]] = {}
    for row in connection.execute(q["matrix"], {"day": day, "areas": _list(areas)}):
        held = kinds.setdefault(row["kind"], dict.fromkeys(("units", *bodies, "nobody"), 0))
        held["units"] += row["units"]
        for body in set(row["bodies"]):
            held[body] += row["units"]
        held["nobody"] += 0 if row["bodies"] else row["units"]
    rows = [{"kind": kind, **found} for kind, found in sorted(kinds.items())]
    return {"day": day, "bodies": bodies, "rows": rows, "units": sum(row["units"] for row in rows),
            "nobody": sum(row["nobody"] for row in rows)}


def without(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None, after: int | None = None,
            limit: int = 50) -> list[dict[str, Any]]:
    """Units that nobody answers for on a day (盲区)."""
    return connection.execute(q["without"], {"day": day, "areas": _list(areas), "after": after,
                                             "limit": limit}).fetchall()


def of_unit(connection: Connection, unit_id: int, day: dt.date) -> list[dict[str, Any]]:
    """The bodies that answer for one unit on a day."""
    return connection.execute(q["of_unit"], {"unit": unit_id, "day": day}).fetchall()


def _list(areas: Sequence[str] | None) -> list[str] | None:
    return None if areas is None else list(areas)
