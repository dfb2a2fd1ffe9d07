"""Units by any part of their name or number, through an index.

Where few units fit, a list goes by those; where more than :data:`MOST` do, it meets one at every turn and reads its own
rows in their order until a page is full.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from registry.paging import pattern
from store import Queries
from store.database import Connection

q = Queries(__file__)

#: So many units are one in a hundred of a large city: a list that meets them among its rows fills a page soon.
MOST = 2_000
_LONGEST = 100


def asked(connection: Connection, text: str | None, areas: Collection[str] | None, *,
          codes: bool = False) -> dict[str, Any]:
    """``text`` as a pattern for ILIKE, None where nothing is asked; ``units`` that fit, None where they are too many.

    With ``codes`` the unified social credit code is looked at too.
    """
    wanted = pattern(text)
    if wanted is None or text is None:
        return {"text": None, "units": None}
    rows = connection.execute(q["named"], {
        "pieces": pieces(text), "pattern": wanted, "codes": codes, "areas": None if areas is None else list(areas),
        "limit": MOST + 1}).fetchall()
    return {"text": wanted, "units": None if len(rows) > MOST else [row["unit_id"] for row in rows]}


def pieces(text: str) -> list[str]:
    """What a text must hold of ``text_pieces`` to hold ``text``: each two characters of it, or the only one."""
    # A to Z alone, as the collation C of the database's function has it.
    folded = "".join(letter.lower() if letter.isascii() else letter for letter in text.strip()[:_LONGEST])
    return sorted({folded[place:place + 2] for place in range(max(1, len(folded) - 1))})
