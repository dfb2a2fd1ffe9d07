"""Decode quarantined payloads again, in the order they came in, under the time at which they were received."""

from __future__ import annotations

import datetime as dt

from ingest.messages import Message
from ingest.quarantine import Replay
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import RuleBook
from store import Database, Queries

_q = Queries(__file__)
_PIECE = 200
_BEGINNING = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)


def replay(db: Database, book: RuleBook, now: dt.datetime, *, vendor: str | None = None,
           reason: str | None = None) -> Replay:
    """Replay what waits, of one vendor or reason or all. What is stored already is not stored twice.

    A payload refused again stays in quarantine with its newest reason; one of which only the start was kept can't be
    replayed and is left out.
    """
    store = BatchStore(Writer(db, book))
    after_time, after, tried, done = _BEGINNING, 0, 0, 0
    while True:
        rows = db.rows(_q["to_replay"], {"vendor": vendor, "reason": reason, "after_time": after_time, "after": after,
                                         "limit": _PIECE})
        if not rows:
            return Replay(tried, done, tried - done)
        mended = []
        for row in rows:
            message = Message(row["topic"], bytes(row["payload"]), row["received_at"])
            if not store.store([message]).refused:
                mended.append(row["quarantine_id"])
        with db.connection() as connection:
            connection.execute(_q["mark_replayed"], {"ids": mended, "now": now})
        tried, done = tried + len(rows), done + len(mended)
        after_time, after = rows[-1]["received_at"], rows[-1]["quarantine_id"]
