"""Who complained: personal data kept apart, read one by one with a trace, cleared when they have served."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from casework.errors import CaseworkError, NotFound
from casework.reading import flag, mapping, word
from policy import rules
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class Complainant:
    """Name and telephone of whoever gave them; ``hidden`` asks that nobody be told who it was."""

    name: str
    phone: str | None = None
    hidden: bool = True


def complainant(data: Any, anonymous: bool) -> Complainant | None:
    """A :class:`Complainant` from JSON; an anonymous complaint has none."""
    if data is None:
        return None
    form = mapping(data, "complainant", Complainant)
    if anonymous:
        raise CaseworkError("an anonymous complaint has no complainant: leave it out, or say anonymous false",
                            zh="匿名投诉不填写举报人：请删去举报人信息或改为实名")
    phone = form.get("phone")
    return Complainant(word(form.get("name"), "complainant: name", 100),
                       word(phone, "complainant: phone", 40) if phone else None,
                       flag(form.get("hidden", True), "complainant: hidden"))


def store(connection: Connection, complaint_id: int, who: Complainant) -> None:
    """Keep who complained, apart from the complaint."""
    connection.execute(q["insert"], {"id": complaint_id, "name": who.name, "phone": who.phone, "hidden": who.hidden})


def read(db: Database, complaint_no: str, actor: str) -> dict[str, Any]:
    """Who complained; every look leaves a line in the audit log, without the name."""
    with db.connection() as connection:
        row = connection.execute(q["one"], [complaint_no]).fetchone()
        if row is None:
            raise NotFound(f"complaint {complaint_no} was made without a name",
                           zh=f"投诉 {complaint_no} 没有登记举报人")
        if row["cleared_at"] is not None:
            raise NotFound(f"who made complaint {complaint_no} was cleared on {row['cleared_at']:%Y-%m-%d}",
                           zh=f"投诉 {complaint_no} 的举报人信息已于 {row['cleared_at']:%Y-%m-%d} 清除")
        audit.record(connection, actor, "read", "complainant", complaint_no, None, None)
    return {"name": row["name"], "phone": row["phone"], "hidden": row["hidden"]}


def clear(db: Database, day: dt.date) -> dict[str, Any]:
    """Let go of names whose complaint ended long enough ago and that no reward waits for; how many."""
    kept_from = day - dt.timedelta(days=rules().value("retention.complainant_days", day))
    with db.connection() as connection:
        cleared = connection.execute(q["clear"], {"before": kept_from}).rowcount
    return {"complainants_cleared": cleared} if cleared else {}
