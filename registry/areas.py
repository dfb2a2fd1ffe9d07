"""Areas (区域): city, district, town, as a tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry import changing
from registry.errors import RecordMissing
from store import Queries
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Area:
    """One area; ``depth`` is 0 for the topmost of the tree that was asked for."""

    area_code: str
    parent_code: str | None
    level: str
    name_zh: str
    name_en: str | None
    depth: int = 0

    def label(self, language: str) -> str:
        return self.name_zh if language.startswith("zh") or not self.name_en else self.name_en


def tree(connection: Connection, roots: Sequence[str] | None = None) -> list[Area]:
    """Every area beneath ``roots`` (the cities if left out) and those themselves, each before what lies in it."""
    return [Area(**row) for row in
            connection.execute(_queries["tree"], {"roots": None if roots is None else list(roots)})]


def subtree(connection: Connection, codes: Sequence[str]) -> list[str]:
    """``codes`` and everything beneath them, sorted; codes that are not registered are left out."""
    return [row["area_code"] for row in connection.execute(_queries["subtree"], [list(codes)])]


def path(connection: Connection, code: str) -> list[Area]:
    """The areas from the city down to ``code``; empty where it is not registered."""
    return [Area(**row) for row in connection.execute(_queries["path"], [code])]


def get(connection: Connection, code: str) -> Area:
    """One area; :class:`RecordMissing` where it is not registered."""
    found = path(connection, code)
    if not found:
        raise RecordMissing(f"there is no area {code}")
    return found[-1]


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> Area:
    """Store a new area; see :func:`registry.changing.create`."""
    changing.create(connection, "areas", values, actor=actor, day=day)
    return get(connection, str(values["area_code"]).strip())


def update(connection: Connection, code: str, changes: Mapping[str, Any], *, actor: str, day: dt.date) -> Area:
    """Change an area; see :func:`registry.changing.update`."""
    changing.update(connection, "areas", {"area_code": code}, changes, actor=actor, day=day)
    return get(connection, code)
