"""The ingest process: messages from the broker into the database, acknowledged after the commit.

Three threads, each with one job, so that none waits for another's: paho's takes packets off the network, the main one
gathers batches and reads them, the third stores and acknowledges. A batch is read while the one before it is stored.
A fourth, :mod:`ingest.links.downlink`, says to devices what the centre asks of them.
"""

from __future__ import annotations

import datetime as dt
import gc
import queue
import sys
import threading
import time
from dataclasses import dataclass

import psycopg
import structlog
from prometheus_client import REGISTRY

from ingest.arrivals import Arrivals
from ingest.batcher import Batcher
from ingest.batchwriter import BatchWriter
from ingest.block import Block
from ingest.errors import IngestError
from ingest.inbox import Inbox
from ingest.links.downlink import Downlink
from ingest.metrics import IngestMetrics
from ingest.packets import LARGEST_PACKET_ID
from ingest.session import Session, SessionOptions
from ingest.sparkplug import Publish
from ingest.sparkplug.ticking import tick
from ingest.vocabulary import vocabulary
from policy import RuleBook, rules
from policy.clocks import legal_day
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
_LOOK_UP, _MOMENT = 0.25, 0.001
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
#: On a stop, how long the batch in hand may try to reach the database before it is left with the broker.
_STOP_PATIENCE = 5.0
_TIDY_EVERY = 60.0
#: What Sparkplug has due without a message: a rebirth to ask for, a death to tell.
_TICK_EVERY = 1.0
_INBOX_BYTES = 128_000_000
# Mosquitto has been seen to exceed the Receive Maximum; more than all packet numbers no broker can have in flight. The
# rest is for QoS 0, which has none.
_INBOX_ROOM = 20_000
#: Python lets a thread that computes keep the others waiting this long. The storing thread waits for the database some
#: six times a batch, and each time the reading thread would hold it up for the usual 5 ms.
_SWITCH_INTERVAL = 0.0005
#: A batch makes tens of thousands of objects and no cycles: looking for some after every 700 costs more than decoding.
_COLLECT_AFTER = 200_000


@dataclass(frozen=True)
class IngestOptions:
    """Settings of one ingest process.

    ``protocol`` is "5" or "3.1.1"; ``client_id`` names the persistent session; ``share`` the group of processes that
    share one subscription, empty for one process alone; ``batch`` messages are stored in one transaction, after
    ``linger_ms`` at the latest; at most ``receive_maximum`` messages are unacknowledged at a time; of a payload above
    ``max_payload`` bytes only the start is kept, in quarantine; ``in_blocks`` reads packets beneath paho.
    """

    host: str = "localhost"
    port: int = 1883
    user: str = ""
    password: str = ""
    tls_ca: str = ""
    protocol: str = "5"
    client_id: str = "huoyan-ingest"
    share: str = ""
    batch: int = 5000
    linger_ms: int = 50
    receive_maximum: int = 20_000
    max_payload: int = 262_144
    in_blocks: bool = True
    tls_cert: str = ""
    tls_key: str = ""

    def __post_init__(self) -> None:
        if self.protocol not in ("5", "3.1.1"):
            raise IngestError(f"the MQTT protocol is 5 or 3.1.1, not {self.protocol!r}")
        if not self.client_id or len(self.client_id.encode()) > 128:
            raise IngestError("the MQTT client id needs 1 to 128 bytes: it names the session the broker keeps")
        if any(one in self.share for one in "/+#"):
            raise IngestError(f"the name of a share group has no /, + or #: {self.share!r}")
        for name in ("batch", "linger_ms", "receive_maximum", "max_payload"):
            if getattr(self, name) < 1:
                raise IngestError(f"the ingest option {name} must be 1 or more, not {getattr(self, name)}")


class IngestService:
    """Runs until it is stopped. One per process; several processes need client ids of their own."""

    def __init__(self, db: Database, options: IngestOptions, book: RuleBook | None = None) -> None:
        book = book or rules()
        vocabulary(book, legal_day(dt.datetime.now(dt.UTC)))  # a malformed rule is told now, not with a message
        self.metrics = IngestMetrics()
        self._writer = BatchWriter(db, book)
        self._inbox = Inbox(LARGEST_PACKET_ID + _INBOX_ROOM, _INBOX_BYTES)
        self._session = Session(SessionOptions(
            options.host, options.port, options.user, options.password, options.tls_ca, options.protocol,
            options.client_id, options.receive_maximum, options.max_payload, options.share, options.in_blocks,
            options.tls_cert, options.tls_key), self._inbox, self.metrics)
        self._batcher = Batcher(options.batch, options.linger_ms / 1000)
        # One batch waits while one is stored: more would only take memory, the broker keeps them as well.
        self._handed: queue.Queue[tuple[list[Arrivals], Block | None] | None] = queue.Queue(1)
        # Each is changed by one thread only.
        self._given, self._done = 0, 0
        self._is_stopping = False
        self._is_storing_well = True
        self._crash: BaseException | None = None
        self._next_tidy = time.monotonic() + _TIDY_EVERY
        self._db, self._book, self._next_tick = db, book, 0.0
        self.downlink = Downlink(
            db, book, lambda topic, payload, seconds: self._session.publish(topic, payload, 0, seconds),
            lambda: self._session.is_subscribed and not self._is_stopping)
        self.metrics.queue.set_function(self._waiting)

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
        interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gc.set_threshold(_COLLECT_AFTER, *thresholds[1:])
        storing = threading.Thread(target=self._store_all, name="storing")
        storing.start()
        try:
            self._session.start()
            self.downlink.start()
            while not self._is_stopping and not self._crash:
                if self._session.failure:
                    raise self._session.failure
                if not self._session.is_running:
                    raise IngestError("the network thread has ended, which it never should: the log says why")
                self._gather()
                if self._is_due():
                    self._hand_over()
                elif self._session.needs_restart and not self._waiting():
                    _log.warning("more arrived than fits in memory; asking the broker for the rest again")
                    self._session.restart()
            self._session.stop_accepting()
            self._hand_over()
        finally:
            self._session.stop_accepting()
            self._is_stopping = True
            self._handed.put(None)
            storing.join()
            self.downlink.stop()
            self._session.stop()
            sys.setswitchinterval(interval)
            gc.set_threshold(*thresholds)
            REGISTRY.unregister(self.metrics.registry)
        if self._crash:
            raise self._crash

    def _waiting(self) -> int:
        return len(self._inbox) + len(self._batcher) + self._given - self._done

    def _is_due(self) -> bool:
        """Whether to hand the batch over: when it is full, or due and nothing is being stored that it would wait for.

        While the database works, a batch grows: what costs time for each batch is then shared by more messages.
        """
        return self._batcher.is_full or (self._batcher.due_in(time.monotonic()) == 0 and self._given == self._done)

    def _gather(self) -> None:
        """Move arrivals from the inbox to the batch until it is due, or for a moment where none come."""
        until_due = self._batcher.due_in(time.monotonic())
        arrivals = self._inbox.get(_LOOK_UP if until_due is None else max(until_due, _MOMENT))
        while arrivals is not None:
            self._batcher.add(arrivals, time.monotonic())
            arrivals = None if self._batcher.is_full else self._inbox.get(0)

    def _hand_over(self) -> None:
        """Read the batch and give it to the storing thread, when that has room for it."""
        batch = self._batcher.take()
        if not batch:
            return
        messages = sum(map(len, batch))
        self._given += messages
        block = self._writer.open(batch) if self._is_storing_well else None
        while not self._crash:
            try:
                self._handed.put((batch, block), timeout=_LOOK_UP)
                return
            except queue.Full:
                if self._is_stopping and not self._is_storing_well:
                    return  # left with the broker

    def _store_all(self) -> None:
        """The storing thread."""
        handed: tuple[list[Arrivals], Block | None] | None = ([], None)
        try:
            while True:
                try:
                    handed = self._handed.get(timeout=_LOOK_UP)
                except queue.Empty:
                    self._writer.flush()
                    self._tick()
                    continue
                if handed is None:
                    break
                self._finish(*handed)
                self._done += sum(map(len, handed[0]))
                self._tick()
                self._tidy()
            self._writer.flush(is_last=True)
        except BaseException as error:  # told by run(), on whose thread somebody listens
            self._crash = error
            while handed is not None:
                handed = self._handed.get()

    def _finish(self, batch: list[Arrivals], block: Block | None) -> None:
        """Store a batch, then acknowledge it. While the database is away, wait: the broker keeps the rest."""
        wait, give_up_at, first_tried = _FIRST_WAIT, 0.0, time.monotonic()
        messages = sum(map(len, batch))
        while True:
            try:
                began = time.monotonic()
                stored = self._writer.store(batch, block)
                self.metrics.batch_seconds.observe(time.monotonic() - began)
                break
            except (psycopg.Error, HuoyanError) as error:
                self._is_storing_well = False
                self.metrics.failures.inc()
                _log.error("a batch could not be stored, trying again", messages=messages,
                           reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                # A part of it may have been committed, or all of it without our hearing so.
                for arrivals in batch:
                    arrivals.is_retried = True
                if self._is_stopping:
                    give_up_at = give_up_at or time.monotonic() + _STOP_PATIENCE
                    if time.monotonic() >= give_up_at:
                        _log.warning("stopping: the batch stays with the broker", messages=messages)
                        return
                self._pause(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
        if batch[0].is_retried:
            self._writer.made_up_for(time.monotonic() - first_tried)
        self._is_storing_well = True
        self._session.acknowledge(batch)
        self._publish(stored.publishes)
        if stored.spoken:
            self.downlink.hear(stored.spoken)
        self.metrics.count(stored)
        self.metrics.ack_seconds.observe(max(time.time() - batch[0].received_us / 1e6, 0.0))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_stopping:
            time.sleep(0.05)
        if self._is_stopping:
            time.sleep(0.05)

    def _tick(self) -> None:
        if time.monotonic() < self._next_tick:
            return
        self._next_tick = time.monotonic() + _TICK_EVERY
        try:
            with self._db.connection() as connection:
                due = tick(connection, self._book, dt.datetime.now(dt.UTC))
        except (psycopg.Error, HuoyanError) as error:
            _log.warning("what Sparkplug has due could not be done, trying again", reason=str(error)[:200])
        else:
            self._publish(due)

    def _publish(self, requests: list[Publish]) -> None:
        for one in requests:
            self._session.publish(one.topic, one.payload, one.qos)

    def _tidy(self) -> None:
        if time.monotonic() < self._next_tidy:
            return
        self._next_tidy = time.monotonic() + _TIDY_EVERY
        try:
            self._writer.forget(dt.datetime.now(dt.UTC))
        except (psycopg.Error, HuoyanError) as error:
            _log.warning("old deliveries could not be tidied away, trying again later", reason=str(error)[:200])
