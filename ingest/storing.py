"""A batch is stored whatever is in it: a message the database refuses is found by halving and quarantined alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg
import structlog

from ingest.messages import Message
from ingest.stored import Stored
from ingest.writer import Writer
from store import HuoyanError

_log = structlog.get_logger(__name__)

# Classes of SQLSTATE that a value can cause: data exception, integrity, program limit, feature not supported,
# internal error. Everything else (no connection, no disk, no right, no table, deadlock) is the server's state: it holds
# for every message, so the batch waits and is tried again.
_CAUSED_BY_DATA: Final = frozenset({"22", "23", "54", "0A", "XX"})


class BatchStore:
    """Stores batches, piece by piece where it must."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def store(self, messages: Sequence[Message]) -> Stored:
        """Store every message of the batch, in order, or quarantine it with the database's reason.

        Raises :class:`psycopg.Error` or :class:`store.StoreError` where the server, not a message, is the cause; pieces
        committed by then are found to be duplicates when the batch comes again.
        """
        try:
            return self._writer.store(messages)
        except Exception as error:
            if not is_caused_by_data(error):
                raise
            if len(messages) == 1:
                return self._quarantine(messages[0], error)
        middle = len(messages) // 2
        return self.store(messages[:middle]).plus(self.store(messages[middle:]))

    def _quarantine(self, message: Message, error: Exception) -> Stored:
        reason = f"it could not be stored: {type(error).__name__}: {' '.join(str(error).split())[:300]}"
        _log.warning("a message could not be stored and was quarantined", topic=message.topic, reason=reason)
        self._writer.refuse(message, "not_storable", reason)
        stored = Stored()
        stored.messages["other"] += 1
        stored.refused["not_storable"] += 1
        return stored


def is_caused_by_data(error: Exception) -> bool:
    """Whether trying the same batch again would fail again because of what is in it."""
    if isinstance(error, psycopg.Error):
        return (error.sqlstate or "")[:2] in _CAUSED_BY_DATA or isinstance(error, psycopg.DataError)
    # A mistake of this program that one payload brings out must not stop the others either.
    return not isinstance(error, HuoyanError | OSError | MemoryError)

