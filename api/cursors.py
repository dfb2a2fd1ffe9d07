"""Pages that go on where the last one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from store import cursors

_DEEPEST = 10_000

#: The ``next`` of the page before, where a list is sorted by more than one key.
After = Annotated[str, Field(max_length=cursors.LONGEST, description="the next of the page before")]


def _not_too_deep(offset: int) -> int:
    if offset > _DEEPEST:
        raise PydanticCustomError("too_deep", "a list is read by offset as far as {most}: narrow it by its filters",
                                  {"most": _DEEPEST})
    return offset


#: Rows to pass over, where a list is short enough: passing over many takes as long as reading them.
Offset = Annotated[int, Field(ge=0, description=f"at most {_DEEPEST:,}: narrow the list by its filters"),
                   AfterValidator(_not_too_deep)]


def after(rows: Sequence[Mapping[str, Any]], key: str, limit: int) -> Any:
    """The ``key`` of the last row, to ask for what follows it; None where the page is not full: it was the last."""
    return rows[-1][key] if len(rows) == limit else None


def cut(rows: list[dict[str, Any]], limit: int, *keys: str) -> str | None:
    """Cut ``rows``, one more than a page asked for, to the page; what to ask for the next with, None at the end."""
    more = len(rows) > limit
    del rows[limit:]
    return cursors.written(*(rows[-1][key] for key in keys)) if more else None
