"""Numbers of records: a letter, the day, and the place in that day, such as J20261123-0001."""

from __future__ import annotations

import datetime as dt

from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_LETTERS = {"inspection": "J", "complaint": "T", "fire": "H", "penalty": "C", "finding": "X",
            "case": "A", "measure": "F", "major_hazard": "Z", "fire_review": "R", "request": "Q",
            "risk_area": "GF", "interview": "YT"}


def next_number(connection: Connection, noun: str, day: dt.date) -> str:
    """The next free number of a day. The lock lasts to the end of the transaction, so that no two take the same."""
    prefix = f"{_LETTERS[noun]}{day:%Y%m%d}-"
    lock_for_transaction(connection, f"number {prefix}")
    row = connection.execute(q[f"last_{noun}"], {"prefix": prefix + "%", "skip": len(prefix) + 1}).fetchone()
    return f"{prefix}{(row['last'] if row and row['last'] else 0) + 1:04d}"
