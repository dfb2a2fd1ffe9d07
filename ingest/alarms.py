"""Alarm cases as a list for people."""

from __future__ import annotations

from typing import Any

from store import Database, Queries

_q = Queries(__file__)


def recent(db: Database, *, open_only: bool = False, vendor: str | None = None,
           limit: int = 50) -> list[dict[str, Any]]:
    """Cases with their device and unit: open ones first, the newest first."""
    return db.rows(_q["recent"], {"open": open_only, "vendor": vendor, "limit": limit})
