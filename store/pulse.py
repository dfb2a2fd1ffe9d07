"""Whether the database does its work now, for a process that waits for it without end."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Final, LiteralString

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from store.database import Database

_log = structlog.get_logger(__name__)
_EVERY: Final = 1.0
#: So long an answer, and a transaction of the process, may take. Shorter would tell of an outage where the server or
#: the machine is only busy; longer, whoever watches would rely on a process that stores nothing.
_PATIENCE: Final = 5.0
_ASK: Final[LiteralString] = "select 1"
#: A server behind a cut network refuses nothing: the connection is given up in time for the next one to be tried.
_LIMITS: Final = {"connect_timeout": "3", "tcp_user_timeout": "5000"}


class Pulse:
    """Asks the database every second on a connection of its own, from :meth:`__enter__` to :meth:`__exit__`.

    A pool is no place to ask: its waits are what is to be noticed, and one that is used up is not away.
    """

    def __init__(self, db: Database, name: str) -> None:
        self._db = db
        self._address = make_conninfo(db.dsn, application_name=f"{name}-pulse", **_LIMITS)
        self._answered, self._is_refused = time.monotonic(), False
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def is_well(self) -> bool:
        """Whether the database has answered within the last seconds and no transaction hangs; at once."""
        return (not self._is_refused and time.monotonic() - self._answered < _PATIENCE
                and self._db.longest_under_way < _PATIENCE)

    def __enter__(self) -> Pulse:
        self._answered = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._is_stopping.set()
        # Not waited for: it may be in the middle of an attempt to connect, and holds nothing.

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            try:
                connection = psycopg.connect(self._address, autocommit=True)
            except psycopg.Error as error:
                if not self._is_refused:
                    _log.warning("the database can't be reached, trying again",
                                 reason=" ".join(str(error).split())[:200])
                self._is_refused = True
                self._is_stopping.wait(_EVERY)
                continue
            # One that is lost says little: the server may have ended it and be there. The next attempt tells.
            with suppress(psycopg.Error), connection:
                self._ask(connection)

    def _ask(self, connection: psycopg.Connection) -> None:
        while not self._is_stopping.is_set():
            connection.execute(_ASK)
            if self._is_refused:
                _log.info("the database answers again")
            self._answered, self._is_refused = time.monotonic(), False
            self._is_stopping.wait(_EVERY)
