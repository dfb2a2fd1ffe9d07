"""Which messages without a time of their own are stored: what the broker delivers again must not be stored twice.

Readings under a device's own time are known again by it. One that goes by the time of receipt is known again only by
its delivery: the session, the packet number, which the broker repeats with a redelivery, and the content. Older
batches than what can be unacknowledged need not be remembered, and must not.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import numpy as np

from store import Queries
from store.database import Connection

_q = Queries(__file__)
_KEY: Final = np.dtype([("number", ">u2"), ("content", ">u4")])
#: No broker has more of a session's messages unacknowledged. Brokers take packet numbers in turn, so the message that
#: had a number before lies 65,535 deliveries back: a ledger that reached so far would take a new message that says the
#: same as that one for its redelivery.
_IN_FLIGHT: Final = 60_000

#: Packet number and content; see :func:`content_sum`.
Key = tuple[int, int]


def content_sum(topic: bytes, payload: bytes) -> int:
    """CRC-32 of topic and payload: with the packet number it tells a redelivery from another message of that number."""
    return crc32(payload, crc32(topic))


@dataclass(slots=True)
class _Kept:
    """A session's batches, oldest first, with the number of deliveries that each stands for."""

    batches: deque[tuple[int, int]]
    deliveries: int
    #: Deliveries since the newest batch that needed no writing down.
    passed: int = 0


@dataclass(slots=True)
class Ledger:
    """The ledger of the sessions of one process."""

    _sessions: dict[str, _Kept] = field(default_factory=dict)
    _newest: int = 0

    def remember(self, connection: Connection, timeless: Mapping[str, Sequence[Key]], deliveries: int,
                 received_at: dt.datetime) -> None:
        """Write a batch's messages down by session, within the transaction that stores them.

        ``deliveries`` counts all new messages of the batch, also those that have a time of their own: they use up
        packet numbers too.
        """
        if not timeless:
            if len(self._sessions) == 1:
                next(iter(self._sessions.values())).passed += deliveries
            return
        for session, keys in timeless.items():
            kept = self._sessions.get(session) or self._known(connection, session)
            count = (deliveries if len(timeless) == 1 else len(keys)) + kept.passed
            # Numbers must grow over restarts of the process, and over a clock that was set back.
            self._newest = max(time.time_ns() // 1000, self._newest + 1)
            kept.batches.append((self._newest, count))
            kept.deliveries, kept.passed = kept.deliveries + count, 0
            while kept.deliveries - kept.batches[0][1] >= _IN_FLIGHT:
                kept.deliveries -= kept.batches.popleft()[1]
            connection.execute(_q["remember"], {
                "session": session, "batch": self._newest, "messages": count, "received": received_at,
                "keys": np.array(list(keys), dtype=_KEY).tobytes(), "oldest": kept.batches[0][0]})

    def forget(self) -> None:
        """Ask the database again: a transaction was rolled back."""
        self._sessions.clear()

    def _known(self, connection: Connection, session: str) -> _Kept:
        rows = connection.execute(_q["batches"], {"session": session}).fetchall()
        kept = self._sessions[session] = _Kept(deque((row["batch"], row["messages"]) for row in rows),
                                               sum(row["messages"] for row in rows))
        if rows:
            self._newest = max(self._newest, rows[-1]["batch"])
        return kept


def known_among(connection: Connection, session: str, keys: Iterable[Key]) -> set[Key]:
    """Those of the messages of a session that are written down."""
    asked = set(keys)
    if not asked:
        return set()
    rows = connection.execute(_q["keys"], {"session": session}).fetchall()
    found = np.frombuffer(b"".join(row["keys"] for row in rows), dtype=_KEY)
    return asked & set(zip(found["number"].tolist(), found["content"].tolist(), strict=True))
