"""States into their table: of two texts for one key and moment both are kept, in the order in which they came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from ingest.rows import StateRow
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
#: Clocks that tell milliseconds leave so many places beside each moment.
_MOST_STEPS: Final = 999


def add_states(connection: Connection, rows: Sequence[StateRow]) -> tuple[int, list[StateRow]]:
    """Store states; returns how many are new, and those for which there was no room.

    Where the place of a state holds another text, it goes to the next free one, a microsecond on: what was said last
    holds now. Where its own text stands on the way, it came before. The caller holds the locks of the devices.
    """
    if not rows:
        return 0, []
    stored = max(connection.execute(_q["add"], _columns(rows)).rowcount, 0)
    if stored == len(rows):
        return stored, []
    without_room = []
    for found in connection.execute(_q["displaced"], _columns(rows)).fetchall():
        row = rows[found["place"] - 1]
        for step in range(1, _MOST_STEPS + 1):
            place = {"device": row.device_id, "key": row.key, "ts": row.ts + step * _MICROSECOND, "value": row.value,
                     "received": row.received_at}
            if connection.execute(_q["add_one"], place).rowcount == 1:
                stored += 1
                break
            if connection.execute(_q["is_same"], place).fetchone() is not None:
                break
        else:
            without_room.append(row)
    return stored, without_room


def _columns(rows: Sequence[StateRow]) -> dict[str, list[Any]]:
    return {"devices": [row.device_id for row in rows], "keys": [row.key for row in rows],
            "times": [row.ts for row in rows], "values": [row.value for row in rows],
            "received": [row.received_at for row in rows]}
