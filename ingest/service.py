"""The ingest process: messages from the broker into the database, acknowledged after the commit."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

import psycopg
import structlog
from prometheus_client import REGISTRY

from ingest.batcher import Batcher
from ingest.errors import IngestError
from ingest.inbox import Inbox
from ingest.messages import Message
from ingest.metrics import IngestMetrics
from ingest.session import Session, SessionOptions
from ingest.storing import BatchStore
from ingest.vocabulary import vocabulary
from ingest.writer import Writer
from policy import RuleBook, rules
from policy.clocks import legal_day
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
_LOOK_UP = 0.25
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
#: On a stop, how long the batch in hand may try to reach the database before it is left with the broker.
_STOP_PATIENCE = 5.0
_TIDY_EVERY = 60.0
_INBOX_BYTES = 128_000_000
_INBOX_ROOM = 20_000


@dataclass(frozen=True)
class IngestOptions:
    """Settings of one ingest process.

    ``protocol`` is "5" or "3.1.1"; ``client_id`` names the persistent session; ``batch`` messages are stored in one
    transaction, after ``linger_ms`` at the latest; at most ``receive_maximum`` messages are unacknowledged at a time;
    of a payload above ``max_payload`` bytes only the start is kept, in quarantine.
    """

    host: str = "localhost"
    port: int = 1883
    user: str = ""
    password: str = ""
    tls_ca: str = ""
    protocol: str = "5"
    client_id: str = "huoyan-ingest"
    batch: int = 500
    linger_ms: int = 50
    receive_maximum: int = 2000
    max_payload: int = 262_144

    def __post_init__(self) -> None:
        if self.protocol not in ("5", "3.1.1"):
            raise IngestError(f"the MQTT protocol is 5 or 3.1.1, not {self.protocol!r}")
        if not self.client_id or len(self.client_id.encode()) > 128:
            raise IngestError("the MQTT client id needs 1 to 128 bytes: it names the session the broker keeps")
        for name in ("batch", "linger_ms", "receive_maximum", "max_payload"):
            if getattr(self, name) < 1:
                raise IngestError(f"the ingest option {name} must be 1 or more, not {getattr(self, name)}")


class IngestService:
    """Runs until it is stopped. One per process; several processes need client ids of their own."""

    def __init__(self, db: Database, options: IngestOptions, book: RuleBook | None = None) -> None:
        self._book = book or rules()
        vocabulary(self._book, legal_day(dt.datetime.now(dt.UTC)))  # a malformed rule is told now, not with a message
        self.metrics = IngestMetrics()
        self._writer = Writer(db, self._book)
        self._store = BatchStore(self._writer)
        self._inbox = Inbox(options.receive_maximum + _INBOX_ROOM, _INBOX_BYTES)
        self._session = Session(SessionOptions(
            options.host, options.port, options.user, options.password, options.tls_ca, options.protocol,
            options.client_id, options.receive_maximum, options.max_payload), self._inbox, self.metrics)
        self._batcher = Batcher(options.batch, options.linger_ms / 1000)
        self._is_stopping = False
        self._is_storing_well = True
        self._next_tidy = time.monotonic() + _TIDY_EVERY
        self.metrics.queue.set_function(lambda: len(self._inbox))

    def ready(self) -> bool:
        """Whether messages flow: subscribed at the broker, and the last batch was stored."""
        return self._session.is_subscribed and self._is_storing_well and not self._is_stopping

    def stop(self) -> None:
        """Ask :meth:`run` to end; safe from a signal handler and from any thread."""
        self._is_stopping = True

    def run(self) -> None:
        """Take messages in until :meth:`stop`. :class:`IngestError` where the broker refuses us for good.

        While it runs, its metrics are part of the process's default Prometheus registry.
        """
        REGISTRY.register(self.metrics.registry)
        self._session.start()
        try:
            while not self._is_stopping:
                if self._session.failure:
                    raise self._session.failure
                self._gather()
                if self._batcher.due_in(time.monotonic()) == 0:
                    self._finish(self._batcher.take())
                elif self._session.needs_restart and not len(self._inbox) and not len(self._batcher):
                    _log.warning("more arrived than fits in memory; asking the broker for the rest again")
                    self._session.restart()
                self._tidy()
            self._session.stop_accepting()
            self._finish(self._batcher.take())
        finally:
            self._session.stop_accepting()
            self._session.stop()
            REGISTRY.unregister(self.metrics.registry)

    def _gather(self) -> None:
        """Move messages from the inbox to the batch until it is due, or for a moment where none come."""
        until_due = self._batcher.due_in(time.monotonic())
        message = self._inbox.get(_LOOK_UP if until_due is None else until_due)
        while message is not None:
            self._batcher.add(message, time.monotonic())
            message = None if self._batcher.is_full else self._inbox.get(0)

    def _finish(self, batch: list[Message]) -> None:
        """Store a batch, then acknowledge it. While the database is away, wait: the broker keeps the rest."""
        if not batch:
            return
        wait, give_up_at = _FIRST_WAIT, 0.0
        while True:
            try:
                began = time.monotonic()
                stored = self._store.store(batch)
                self.metrics.batch_seconds.observe(time.monotonic() - began)
                break
            except (psycopg.Error, HuoyanError) as error:
                self._is_storing_well = False
                self.metrics.failures.inc()
                _log.error("a batch could not be stored, trying again", messages=len(batch),
                           reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                # A part of it may have been committed, or all of it without our hearing so.
                for message in batch:
                    message.redelivered = True
                if self._is_stopping:
                    give_up_at = give_up_at or time.monotonic() + _STOP_PATIENCE
                    if time.monotonic() >= give_up_at:
                        _log.warning("stopping: the batch stays with the broker", messages=len(batch))
                        return
                self._pause(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
        self._is_storing_well = True
        self._session.acknowledge(batch)
        self.metrics.count(stored)
        self.metrics.ack_seconds.observe(
            max((dt.datetime.now(dt.UTC) - batch[0].received_at).total_seconds(), 0.0))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_stopping:
            time.sleep(0.05)
        if self._is_stopping:
            time.sleep(0.05)

    def _tidy(self) -> None:
        if time.monotonic() < self._next_tidy:
            return
        self._next_tidy = time.monotonic() + _TIDY_EVERY
        try:
            self._writer.forget(dt.datetime.now(dt.UTC))
        except (psycopg.Error, HuoyanError) as error:
            _log.warning("old deliveries could not be tidied away, trying again later", reason=str(error)[:200])
