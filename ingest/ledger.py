"""Which messages without a time of their own are stored: what the broker delivers again must not be stored twice.

Readings under a device's own time are known again by it. One that goes by the time of receipt is known again only by
its delivery: the session, the packet number, which the broker repeats with a redelivery, and the content. At most
65,535 messages of a session can be unacknowledged, so older batches need not be remembered.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import numpy as np

from ingest.packets import LARGEST_PACKET_ID
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_KEY: Final = np.dtype([("number", ">u2"), ("content", ">u4")])

#: Packet number and content; see :func:`content_sum`.
Key = tuple[int, int]


def content_sum(topic: bytes, payload: bytes) -> int:
    """CRC-32 of topic and payload: with the packet number it tells a redelivery from another message of that number."""
    return crc32(payload, crc32(topic))


@dataclass(slots=True)
class Ledger:
    """The ledger of the sessions of one process."""

    _batches: dict[str, deque[tuple[int, int]]] = field(default_factory=dict)
    _newest: int = 0

    def remember(self, connection: Connection, session: str, keys: Sequence[Key], received_at: dt.datetime) -> None:
        """Write a batch's messages down, within the transaction that stores them."""
        known = self._batches.get(session)
        if known is None:
            rows = connection.execute(_q["batches"], {"session": session}).fetchall()
            known = self._batches[session] = deque((row["batch"], row["messages"]) for row in rows)
        # Numbers must grow over restarts of the process, and over a clock that was set back.
        self._newest = max(time.time_ns() // 1000, self._newest + 1, *(batch + 1 for batch, _ in known), 0)
        known.append((self._newest, len(keys)))
        behind, oldest = 0, 0
        for place, (batch, messages) in enumerate(reversed(known)):
            behind += messages
            if behind > LARGEST_PACKET_ID and place + 1 < len(known):
                oldest = batch
                break
        while known and known[0][0] < oldest:
            known.popleft()
        connection.execute(_q["remember"], {
            "session": session, "batch": self._newest, "messages": len(keys), "received": received_at,
            "keys": np.array(list(keys), dtype=_KEY).tobytes(), "oldest": oldest})

    def forget(self) -> None:
        """Ask the database again: a transaction was rolled back."""
        self._batches.clear()


def known_among(connection: Connection, session: str, keys: Iterable[Key]) -> set[Key]:
    """Those of the messages of a session that are written down."""
    asked = set(keys)
    if not asked:
        return set()
    rows = connection.execute(_q["keys"], {"session": session}).fetchall()
    found = np.frombuffer(b"".join(row["keys"] for row in rows), dtype=_KEY)
    return asked & set(zip(found["number"].tolist(), found["content"].tolist(), strict=True))
