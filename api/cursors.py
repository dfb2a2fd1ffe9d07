"""Pages that go on where the last one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def after(rows: Sequence[Mapping[str, Any]], key: str, limit: int) -> Any:
    """The ``key`` of the last row, to ask for what follows it; None where the page is not full: it was the last."""
    return rows[-1][key] if len(rows) == limit else None
