"""基本履职, 配合履职, 上级收回: what a town does itself, helps with, or has had taken back, from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from casework import forms
from casework.errors import AlreadyDone, NotFound
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)
LISTS = ("basic", "assist", "taken_back")


def put(db: Database, area_code: str, item_code: str, kind: str, from_day: dt.date, basis: str, actor: str) -> None:
    """Put an item on one of the lists of a town, or of every town of a brigade's area, from a day on."""
    forms.chosen(kind, "list", list(LISTS))
    with db.connection() as connection:
        if connection.execute(q["item"], {"item": item_code, "day": from_day}).fetchone() is None:
            raise NotFound(f"item {item_code} is not in the catalogue of inspection items on {from_day}",
                           zh=f"{from_day} 有效的检查事项清单中没有 {item_code}")
        row = connection.execute(q["insert"], {
            "area": area_code, "item": item_code, "list": kind, "from": from_day, "basis": forms.word(basis, "basis"),
            "actor": actor}).fetchone()
        if row is None:
            raise AlreadyDone(f"item {item_code} was put on a list from {from_day} before",
                              zh=f"事项 {item_code} 自 {from_day} 起的清单已登记过")
        audit.record(connection, actor, "create", "duty_list", f"{area_code}/{item_code}", None,
                     {"list": kind, "from_day": from_day, "basis": basis})


def on(connection: Connection, areas: Sequence[str], day: dt.date, limit: int = 500) -> list[dict[str, Any]]:
    """The line that holds for each item of some areas on a day."""
    return connection.execute(q["on_day"], {"areas": list(areas), "day": day, "limit": limit}).fetchall()
