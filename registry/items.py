"""Inspection items (检查事项): what an inspector looks at, each version from a day on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry import changing
from registry.errors import RecordMissing
from store import Queries
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Item:
    """One version of an item; ``valid_to`` is the last day on which it holds, None while it does.

    ``inspecting_body``, ``objects``, ``ratio``, ``frequency``, ``method`` and ``content`` are the columns of a
    published item list in the words of who publishes it; no draw is made by them.
    """

    item_code: str
    valid_from: dt.date
    valid_to: dt.date | None
    name_zh: str
    name_en: str | None
    category: str
    severity: str
    basis: str | None
    inspecting_body: str | None = None
    objects: str | None = None
    ratio: str | None = None
    frequency: str | None = None
    method: str | None = None
    content: str | None = None

    def label(self, language: str) -> str:
        return self.name_zh if language.startswith("zh") or not self.name_en else self.name_en


def on(connection: Connection, day: dt.date) -> list[Item]:
    """The items that hold on ``day``, by code: of each its newest version that has begun and not ended."""
    return [Item(**row) for row in connection.execute(_queries["on_day"], {"day": day, "code": None})]


def get(connection: Connection, code: str, day: dt.date) -> Item:
    """The item as it holds on ``day``; :class:`RecordMissing` where it does not."""
    row = connection.execute(_queries["on_day"], {"day": day, "code": code}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no inspection item {code} on {day}")
    return Item(**row)


def versions(connection: Connection, code: str) -> list[Item]:
    """Every version of an item, newest first."""
    return [Item(**row) for row in connection.execute(_queries["versions"], [code])]


def create(connection: Connection, values: Mapping[str, Any], *, actor: str, day: dt.date) -> None:
    """Store a new item or a new version of one; see :func:`registry.changing.create`."""
    changing.create(connection, "items", values, actor=actor, day=day)


def update(connection: Connection, code: str, valid_from: dt.date, changes: Mapping[str, Any], *, actor: str,
           day: dt.date) -> None:
    """Change one version; see :func:`registry.changing.update`."""
    changing.update(connection, "items", {"item_code": code, "valid_from": valid_from}, changes, actor=actor, day=day)
