"""委托执法工作协调小组: who sits in it for each of its offices on a day, and which office is vacant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, NotFound
from casework.governance import terms
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def put(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """Put down a member for an office."""
    today = legal_day(now)
    row: dict[str, Any] = {"area": forms.word(data.get("area_code"), "area_code", 12),
           "office": forms.chosen(data.get("office"), "office",
                                  [one["code"] for one in rules().value("governance.offices", today)]),
           "name": forms.word(data.get("name"), "name"), "post": forms.word(data.get("post"), "post"),
           "from": forms.optional_day(data.get("from_day"), "from_day") or today}
    terms.check_begin(row["from"], today)
    with db.connection() as connection:
        if connection.execute(q["same"], row).fetchone():
            raise AlreadyDone(f"{row['name']} sits in the group for that office already",
                              zh=f"{row['name']} 已是该单位的成员")
        made = connection.execute(q["insert"], {**row, "actor": actor}).fetchone()
        assert made is not None  # noqa: S101  returning
        audit.record(connection, actor, "create", "coordination_member", str(made["member_id"]), None, row)
    return int(made["member_id"])


def end(db: Database, number: int, last: dt.date, actor: str, *, now: dt.datetime) -> None:
    """A member's last day."""
    with db.connection() as connection:
        held = one(connection, number)
        if held["to_day"] is not None:
            raise AlreadyDone(f"that member left on {held['to_day']}", zh=f"该成员已于 {held['to_day']} 退出")
        terms.check_end(held["from_day"], last, legal_day(now))
        connection.execute(q["end"], {"id": number, "day": last})
        audit.record(connection, actor, "end", "coordination_member", str(number), {"to_day": None}, {"to_day": last})


def one(connection: Connection, number: int) -> dict[str, Any]:
    """One member, locked."""
    row = connection.execute(q["one"], [number]).fetchone()
    if row is None:
        raise NotFound(f"there is no member {number}", zh=f"没有成员 {number}")
    return row


def roster(connection: Connection, area: str, day: dt.date, areas: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Every office of the group in the order of policy with its members on a day; a vacant one has none."""
    held = connection.execute(q["on_day"], {"area": area, "day": day,
                                            "areas": None if areas is None else list(areas)}).fetchall()
    return [{"office": one["code"], "zh": one["zh"], "en": one["en"],
             "members": [{name: row[name] for name in ("member_id", "name", "post", "from_day", "to_day")}
                         for row in held if row["office"] == one["code"]]}
            for one in rules().value("governance.offices", day)]
