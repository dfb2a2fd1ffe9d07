"""Texts of strangers: what PostgreSQL can store of them, and how they are shown in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from ingest.messages import told


def storable(text: str) -> bool:
    """Whether PostgreSQL can store a text: no NUL, no half of a surrogate pair."""
    if "\x00" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def clean(text: str, longest: int) -> str:
    """A text that PostgreSQL can store, cut to ``longest`` characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:longest]


def detail_text(detail: Mapping[str, Any], longest: int) -> str:
    """An event's detail as JSON text that ``jsonb`` takes; what can't be kept whole is kept cut, as text."""
    try:
        text = orjson.dumps(detail).decode()
    except (TypeError, RecursionError, ValueError):
        text = ""
    if text and len(text) <= longest and "\\u0000" not in text:
        return text
    return orjson.dumps({"cut": True, "text": clean(told(dict(detail), longest), longest // 2)}).decode()


def named(key: str) -> str:
    """A key in a sentence."""
    return key[:60] if key.isprintable() else repr(key[:60])


def figure(number: float) -> str:
    """A number in a sentence."""
    return f"{number:.10g}"


def shown(value: Any) -> str:
    """Any value in a sentence: a text in quotes, everything cut."""
    return repr(clean(value, 40)) if isinstance(value, str) else told(value, 40)
