"""街道执法: cases and fines by street, delegated and empowered apart; a fine that was withdrawn counts no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from store import Queries
from store.database import Connection

q = Queries(__file__)


def by_street(connection: Connection, first: dt.date, last: dt.date, *,
              areas: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Each street with its decisions of some days: how many, of which kinds, and what they fined."""
    return connection.execute(q["by_street"], {"first": first, "last": last,
                                               "areas": None if areas is None else list(areas)}).fetchall()
