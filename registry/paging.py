"""A part of a long list, with the length of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True)
class Page(Generic[Record]):
    """``rows`` from ``offset`` on, of ``total``."""

    rows: list[Record]
    total: int
    offset: int


def pattern(text: str | None) -> str | None:
    """``text`` as an ILIKE pattern that finds it anywhere; its own % and _ mean themselves. None: no text."""
    held = _literal(text)
    return f"%{held}%" if held else None


def beginning(text: str | None) -> str | None:
    """``text`` as a LIKE pattern of what begins with it; None where there is no text."""
    held = _literal(text)
    return f"{held}%" if held else None


def _literal(text: str | None) -> str:
    return (text or "").strip()[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
