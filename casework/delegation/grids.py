"""网格: villages and grids of a town, in which grid each unit lies, and what a grid worker looks at (入网事项)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from casework import forms
from casework.errors import CaseworkError, NotFound
from registry import audit
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)


def put(db: Database, code: str, town: str, village: str | None, name: str, worker: str | None, actor: str) -> None:
    """A village (no ``village``) or a grid of one; told again, its name and worker change."""
    with db.connection() as connection:
        place = connection.execute(q["level"], [town]).fetchone()
        if place is None or place["level"] != "town":
            raise CaseworkError(f"{town} is not a town", zh=f"{town} 不是镇街")
        above = one(connection, village) if village else None
        if above is not None and (above["level"] != "village" or above["town_code"] != town):
            raise CaseworkError(f"{village} is not a village of town {town}", zh=f"{village} 不是镇街 {town} 的村（社"
                                                                                 "区）")
        row = connection.execute(q["put"], {
            "code": forms.word(code, "grid_code", 32), "town": town, "village": village,
            "level": "grid" if village else "village", "name": forms.word(name, "name"), "worker": worker,
            "actor": actor}).fetchone()
        if row is None:
            raise CaseworkError(f"{code} is the code of another grid or village", zh=f"编号 {code} 已用于别的网格或村")
        audit.record(connection, actor, "put", "grid", code, None,
                     {"town_code": town, "village_code": village, "name": name, "worker": worker})


def lay(db: Database, unit_id: int, grid_code: str, day: dt.date, actor: str) -> dict[str, Any] | None:
    """Lay a unit into a grid: it lies in exactly one, so that the one before is left."""
    with db.connection() as connection:
        grid = one(connection, grid_code)
        if grid["level"] != "grid":
            raise CaseworkError(f"{grid_code} is a village: a unit lies in a grid of "
                                "it", zh=f"{grid_code} 是村，不是网格")
        if connection.execute(q["unit_town"], {"unit": unit_id, "town": grid["town_code"]}).fetchone() is None:
            raise CaseworkError(f"the unit does not lie in town {grid['town_code']} of grid {grid_code}",
                                zh=f"该单位不在网格 {grid_code} 所属的镇街")
        before = grid_of(connection, unit_id)
        connection.execute(q["lay"], {"unit": unit_id, "grid": grid_code, "day": day, "actor": actor})
        audit.record(connection, actor, "lay", "unit_grid", str(unit_id),
                     {"grid_code": before["grid_code"]} if before else None, {"grid_code": grid_code})
        return grid_of(connection, unit_id)


def grid_of(connection: Connection, unit_id: int) -> dict[str, Any] | None:
    """The one grid of a unit with its village and town; None where it was laid into none."""
    return connection.execute(q["grid_of"], [unit_id]).fetchone()


def one(connection: Connection, code: str) -> dict[str, Any]:
    """A grid or a village."""
    row = connection.execute(q["one"], [code]).fetchone()
    if row is None:
        raise NotFound(f"there is no grid {code}", zh=f"没有网格 {code}")
    return row


def tree(connection: Connection, town: str) -> list[dict[str, Any]]:
    """Villages of a town, each before its grids."""
    return connection.execute(q["tree"], [town]).fetchall()


def without(connection: Connection, town: str, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Units of a town that lie in no grid."""
    return connection.execute(q["without"], {"town": town, "after": after, "limit": limit}).fetchall()


def put_task(db: Database, town: str, code: str, name: str, from_day: dt.date, to_day: dt.date | None,
             actor: str) -> None:
    """An item that a grid worker of a town looks at, between two days."""
    if to_day is not None and to_day < from_day:
        raise CaseworkError(f"the item ends on {to_day}, before {from_day}", zh=f"截止日 {to_day} 早于 {from_day}")
    with db.connection() as connection:
        connection.execute(q["put_task"], {"town": town, "code": code, "name": forms.word(name, "name"),
                                           "from": from_day, "to": to_day, "actor": actor})
        audit.record(connection, actor, "put", "grid_task", f"{town}/{code}", None,
                     {"name": name, "from_day": from_day, "to_day": to_day})


def tasks(connection: Connection, town: str, day: dt.date) -> list[dict[str, Any]]:
    """The patrol list of a town on a day."""
    return connection.execute(q["tasks"], {"town": town, "day": day}).fetchall()
