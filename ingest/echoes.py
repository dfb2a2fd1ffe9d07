"""Which messages are new: what the broker delivered before is not taken again, and of two ways one is the echo.

Alarms and GB/T 26875.3 frames come by two sessions: one that brings everything, one for them alone, so that no queue
of telemetry stands before a fire. The broker gives each such message to both. Whichever brings it first stores it; what
the other brings of the same topic and payload is its echo and is acknowledged without more. Counted are messages, not
contents: a device that says the same thing three times is heard three times, however the two ways overtake each other.
A way that loses messages (its queue was full, its session was deleted) costs nothing: the other one's are then first.

Delivered again to the same session, a message counts once. Remembered for that are the messages that came by two ways,
and those that were put aside for exceeding a limit; all others are known again by what they hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final

from ingest.digests import digest
from ingest.messages import Message
from ingest.topics import is_urgent
from store import Queries
from store.database import Connection

_q = Queries(__file__)
#: Values of :attr:`~ingest.messages.Message.way`.
EVERYTHING: Final = -1
ALARMS: Final = 1
#: The session for alarms is the faster one. Where the other has been ahead for so long, the first one's copy is not on
#: its way any more, and what it brings next is no echo.
_NEVER_CAME: Final = dt.timedelta(hours=1)
#: The longest a broker keeps a session that is away, as shipped: after that no echo can come any more.
_LONGEST_BEHIND: Final = dt.timedelta(days=30)


def fresh_among(connection: Connection, messages: Sequence[Message], window: dt.timedelta) -> list[Message]:
    """Those of ``messages`` that are to be taken, in order; the others were stored before.

    ``window``: how long a delivery is remembered. Before anything of a device is locked: two processes which have to
    wait for each other here do so in one order.
    """
    urgent = {id(one) for one in messages if one.way and is_urgent(one.topic)}
    again = [one for one in messages if one.redelivered and one.session]
    if not urgent and not again:
        return list(messages)
    known = _known(connection, again, window)
    if again:
        known |= _repeated(one for one in messages if id(one) in urgent)
    kept = [one for one in messages if id(one) not in known]
    waiting: dict[tuple[bytes, int], list[Message]] = {}
    for one in kept:
        if id(one) in urgent:
            waiting.setdefault((_content(one), one.way), []).append(one)
    if not waiting:
        return kept
    echoes = _count(connection, waiting)
    remember(connection, [one for ones in waiting.values() for one in ones])
    return [one for one in kept if id(one) not in echoes]


def remember(connection: Connection, messages: Iterable[Message]) -> None:
    """Remember deliveries, so that :func:`fresh_among` knows them again."""
    seen = {_delivery(one): one.received_at for one in messages if one.session and one.packet_id}
    if seen:
        connection.execute(_q["remember"], {"digests": list(seen), "times": list(seen.values())})


def forget(connection: Connection) -> None:
    """Drop what nothing can be the echo of any more."""
    connection.execute(_q["forget"], {"longest": _LONGEST_BEHIND})


def _known(connection: Connection, messages: Sequence[Message], window: dt.timedelta) -> set[int]:
    """Those that were delivered before, by identity."""
    asked: dict[bytes, list[Message]] = {}
    for one in messages:
        asked.setdefault(_delivery(one), []).append(one)
    if not asked:
        return set()
    rows = connection.execute(_q["known"], {"digests": list(asked)}).fetchall()
    return {id(one) for row in rows for one in asked[bytes(row["digest"])]
            if abs(one.received_at - row["received_at"]) <= window}


def _repeated(messages: Iterable[Message]) -> set[int]:
    """Those that came twice in one batch, by identity: the connection was lost while it waited."""
    seen: set[bytes] = set()
    repeated: set[int] = set()
    for one in messages:
        delivery = _delivery(one)
        if one.redelivered and delivery in seen:
            repeated.add(id(one))
        seen.add(delivery)
    return repeated


def _count(connection: Connection, waiting: dict[tuple[bytes, int], list[Message]]) -> set[int]:
    """Count messages by content; returns the echoes among them, by identity."""
    echoes: set[int] = set()
    for way in {way for _, way in waiting}:
        came = {content: ones for (content, own), ones in waiting.items() if own == way}
        rows = connection.execute(_q["count"], {
            "digests": list(came), "ahead": [way * len(ones) for ones in came.values()],
            "never_came": _NEVER_CAME}).fetchall()
        for row in rows:
            ones = came[bytes(row["digest"])]
            # How many of them the other way had brought before these came.
            before = max(len(ones) - way * row["ahead"], 0)
            echoes.update(id(one) for one in ones[:before])
    return echoes


def _content(message: Message) -> bytes:
    return digest(b"content", message.topic.encode("utf-8", "replace"), message.payload,
                  str(message.payload_bytes).encode())


def _delivery(message: Message) -> bytes:
    # The packet number is part of it: the broker repeats it with a redelivery, and gives a new one to a device that
    # says the same thing again.
    return digest(b"message", message.session.encode(), str(message.packet_id).encode(), _content(message))
