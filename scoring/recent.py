"""What the whole city's record says, kept for some minutes: the score of one unit asks for it too, and it is large.

Sums over a hundred thousand visits are moved by one of them in the fifth digit, and what is told of others is rounded
to two; telling them anew takes seconds that an officer waits for at each entry. A smaller record is asked each time.
The nightly run keeps nothing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.rows import tuple_row

from scoring import facts, features, peers
from scoring.asking import Rows
from store import Queries
from store.database import Connection

q = Queries(__file__)

LEAST_VISITS = 100_000
_SECONDS = 900.0
_MOST_KEPT = 64
# Answers that no list of units narrows.
_CITY_WIDE = {"teams": features.q, "peers": peers.q, "followed": peers.q, "attribute_kinds": facts.q}


class Memory:
    """Answers of the last minutes, of any database; safe among threads."""

    def __init__(self, least_visits: int = LEAST_VISITS, seconds: float = _SECONDS) -> None:
        self._least, self._seconds = least_visits, seconds
        self._kept: OrderedDict[tuple[Any, ...], tuple[float, Rows]] = OrderedDict()
        self._lock = threading.Lock()

    def on(self, connection: Connection) -> _Recent | None:
        """What to give to :func:`scoring.features.load`; None where the record is small."""
        row = connection.execute(q["visits_about"]).fetchone()
        return _Recent(connection, self) if row and row["visits"] >= self._least else None

    def answer(self, connection: Connection, name: str, parameters: Mapping[str, Any]) -> Rows:
        """Kept, else asked now. Several that ask at once wait for the first."""
        info = connection.info
        key = (info.host, info.port, info.dbname, name,
               *((item, tuple(value) if isinstance(value, list) else value)
                 for item, value in sorted(parameters.items()) if item != "units"))
        with self._lock:
            at, rows = self._kept.get(key, (-self._seconds, []))
            if time.monotonic() - at >= self._seconds:
                rows = connection.cursor(row_factory=tuple_row, binary=True).execute(
                    _CITY_WIDE[name][name], parameters, prepare=False).fetchall()
                self._kept[key] = (time.monotonic(), rows)
                self._kept.move_to_end(key)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        return rows


@dataclass(frozen=True)
class _Recent:
    """The answers of a :class:`Memory` for one connection, as :class:`scoring.asking.Answers`."""

    connection: Connection
    memory: Memory

    def answers(self, name: str, parameters: Mapping[str, Any]) -> Rows | None:
        return self.memory.answer(self.connection, name, parameters) if name in _CITY_WIDE else None
