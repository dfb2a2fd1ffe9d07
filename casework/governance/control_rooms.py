"""消防控制室值班人员: who is on duty, whose certificate holds, and whether a unit comes to the share that is asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, CaseworkError, NotFound
from casework.planning import unit_at
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def put(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """Put down who is on duty in a unit's control room, with the certificate where there is one."""
    today = legal_day(now)
    number = forms.word(data["certificate_no"], "certificate_no", 64) if data.get("certificate_no") else None
    certified, until = (forms.optional_day(data.get(name), name) for name in ("certified_on", "valid_to"))
    if (number is None) != (certified is None):
        raise CaseworkError("a certificate has its number and the day it was given (certificate_no, certified_on)",
                            zh="职业资格证书应同时填写证书编号和发证日期")
    if until is not None and (certified is None or until < certified):
        raise CaseworkError("valid_to is the last day of a certificate, not before it was given",
                            zh="证书有效期至不应早于发证日期")
    if certified is not None and certified > today:
        raise CaseworkError(f"the certificate is dated {certified}, which is in the future",
                            zh=f"发证日期 {certified} 晚于今天")
    row = {"name": forms.word(data.get("name"), "name"), "certificate": number, "certified": certified, "until": until,
           "from": forms.optional_day(data.get("from_day"), "from_day") or today}
    with db.connection() as connection:
        place = unit_at(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        if connection.execute(q["same"], {"unit": place.unit_id, **row}).fetchone():
            raise AlreadyDone(f"{row['name']} is on duty at unit {place.unit_no} already",
                              zh=f"{row['name']} 已登记为单位 {place.unit_no} 的值班人员")
        made = connection.execute(q["insert"], {**row, "unit": place.unit_id, "actor": actor}).fetchone()
        assert made is not None  # noqa: S101  returning
        audit.record(connection, actor, "create", "control_room_staff", str(made["staff_id"]), None,
                     {"unit_no": place.unit_no, "certificate_no": number, "from_day": row["from"]})
    return int(made["staff_id"])


def leave(db: Database, staff_id: int, last: dt.date, actor: str, *, now: dt.datetime) -> None:
    """The last day on duty."""
    with db.connection() as connection:
        held = staff(connection, staff_id)
        if held["to_day"] is not None:
            raise AlreadyDone(f"that person left on {held['to_day']}", zh=f"该人员已于 {held['to_day']} 离岗")
        if last < held["from_day"] or last > legal_day(now):
            raise CaseworkError(f"the last day lies between {held['from_day']} and today, not on {last}",
                                zh=f"离岗日期应在 {held['from_day']} 与今天之间")
        connection.execute(q["leave"], {"id": staff_id, "day": last})
        audit.record(connection, actor, "leave", "control_room_staff", str(staff_id), {"to_day": None},
                     {"to_day": last})


def staff(connection: Connection, staff_id: int) -> dict[str, Any]:
    """One of the staff with the area of the unit, locked."""
    row = connection.execute(q["staff"], [staff_id]).fetchone()
    if row is None:
        raise NotFound(f"there is no control-room staff {staff_id}", zh=f"没有值班人员 {staff_id}")
    return row


def check(db: Database, data: Mapping[str, Any], actor: str, *, now: dt.datetime) -> int:
    """What a look at a certificate came to (职业资格证书专项整治); a false or lent one certifies nobody from then."""
    today = legal_day(now)
    outcomes = [one["code"] for one in rules().value("governance.certificate_outcomes", today)]
    row: dict[str, Any] = {"certificate": forms.word(data.get("certificate_no"), "certificate_no", 64),
           "day": forms.optional_day(data.get("checked_on"), "checked_on") or today,
           "outcome": forms.chosen(data.get("outcome"), "outcome", outcomes), "note": forms.note(data.get("note")),
           "list": forms.word(data["list_no"], "list_no", 64) if data.get("list_no") else None}
    if row["day"] > today:
        raise CaseworkError(f"{row['day']} is in the future", zh=f"日期 {row['day']} 晚于今天")
    with db.connection() as connection:
        place = unit_at(connection, forms.word(data.get("unit_no"), "unit_no", 64))
        if row["list"] and not connection.execute(q["campaign"], [row["list"]]).fetchone():
            raise NotFound(f"there is no campaign {row['list']}", zh=f"没有专项检查 {row['list']}")
        made = connection.execute(q["check"], {**row, "unit": place.unit_id, "actor": actor}).fetchone()
        if made is None:
            raise AlreadyDone(f"certificate {row['certificate']} was checked on {row['day']} before",
                              zh=f"证书 {row['certificate']} 在 {row['day']} 已核查")
        audit.record(connection, actor, "check", "certificate", row["certificate"], None,
                     {"outcome": row["outcome"], "unit_no": place.unit_no, "list_no": row["list"]})
    return int(made["check_id"])


def checks(connection: Connection, *, list_no: str | None = None, areas: Sequence[str] | None = None,
           before: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Checks of certificates, the newest first."""
    return connection.execute(q["checks"], {"list": list_no, "areas": _list(areas), "before": before,
                                            "limit": limit}).fetchall()


def counted(connection: Connection, list_no: str, areas: Sequence[str] | None = None) -> dict[str, int]:
    """How many certificates of a campaign came to each outcome; the sum is ``checked``."""
    found = {row["outcome"]: int(row["n"]) for row in connection.execute(q["counted"], {
        "list": list_no, "areas": _list(areas)})}
    return {"checked": sum(found.values()),
            **{code: found.get(code, 0) for code in ("valid", "expired", "false", "lent")}}


def coverage(connection: Connection, day: dt.date, *, areas: Sequence[str] | None = None, state: str = "all",
             unit_no: str | None = None, after: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Units with anyone on duty on a day: certified of on duty, the share, and whether it is the one that is asked."""
    asked = float(rules().value("governance.control_room_share", day))
    return connection.execute(q["coverage"], {
        "day": day, "areas": _list(areas), "state": state, "asked": asked, "unit": unit_no, "after": after,
        "limit": limit}).fetchall()


def on_duty(connection: Connection, unit_id: int, day: dt.date) -> list[dict[str, Any]]:
    """Who is on duty in a unit on a day, and whose certificate holds."""
    return connection.execute(q["on_duty"], {"unit": unit_id, "day": day}).fetchall()


def _list(areas: Sequence[str] | None) -> list[str] | None:
    return None if areas is None else list(areas)
