"""Where a page of a list ended, as an opaque text: the next page begins behind it, however deep it lies.

A page that is asked for by its place has to pass over all rows before it; one that is asked for by a key is read alone.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

from store.errors import HuoyanError

#: No cursor of :func:`written` is longer: two or three keys, the longest a number of a document.
LONGEST = 200


class CursorError(HuoyanError):
    """What was sent as ``after`` is no ``next`` of this list."""

    status = 422

    def __init__(self) -> None:
        super().__init__("after must be what the page before gave as next: leave it out to begin with the first page",
                         zh="after 应为上一页给出的 next，不填则从第一页开始")


def written(*keys: Any) -> str:
    """The keys by which the last row of a page stands where it stands."""
    told = [key.isoformat() if isinstance(key, dt.date) else key for key in keys]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def read(after: str | None, *kinds: type) -> tuple[Any, ...]:
    """The keys again, each of its kind or None; every one None where there is no ``after``."""
    if not after:
        return (None,) * len(kinds)
    try:
        told = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        if not isinstance(told, list):
            raise CursorError
        return tuple(None if value is None else _key(value, kind) for value, kind in zip(told, kinds, strict=True))
    except (ValueError, TypeError, RecursionError):
        raise CursorError from None


def _key(value: Any, kind: type) -> Any:
    if kind is int:
        if type(value) is not int or not -2**63 <= value < 2**63:
            raise ValueError
        return value
    if kind is str:
        if not isinstance(value, str) or "\0" in value:
            raise ValueError
        return value
    if kind is dt.date:
        return dt.date.fromisoformat(value)
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment
