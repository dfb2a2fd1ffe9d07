"""The ingest process: messages from the broker into the database, acknowledged after the commit.

Messages come in by two lanes (:mod:`ingest.lane`), each a session of its own with the broker: one brings everything,
the other alarms and GB/T 26875.3 frames alone, so that a fire does not wait behind a million readings that somebody
misspelt (:mod:`ingest.echoes`). Processes that share a subscription hold seats, and end what nobody comes back to
(:mod:`ingest.group`). :mod:`ingest.links.downlink` says to devices what the centre asks of them.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import psycopg
import structlog
from prometheus_client import REGISTRY

from ingest.batchwriter import BatchWriter
from ingest.group import GroupLanes
from ingest.lane import Lane, LaneOptions
from ingest.lanes import Lanes
from ingest.links.downlink import Downlink
from ingest.metrics import IngestMetrics
from ingest.options import IngestOptions
from ingest.seats import known_shares
from ingest.session import SessionOptions
from ingest.sparkplug import Publish
from ingest.sparkplug.ticking import tick
from ingest.stored import Stored
from ingest.vocabulary import vocabulary
from ingest.writer import Fence
from policy import RuleBook, rules
from policy.clocks import legal_day
from store import Database, HuoyanError

__all__ = ["IngestOptions", "IngestService"]
_log = structlog.get_logger(__name__)
_LOOK: Final = 0.05
_TIDY_EVERY: Final = 60.0
#: What Sparkplug has due without a message: a rebirth to ask for, a death to tell.
_TICK_EVERY: Final = 1.0
_CHORES_PATIENCE: Final = 5.0
#: Python lets a thread that computes keep the others waiting this long. The storing thread waits for the database some
#: six times a batch, and each time the reading thread would hold it up for the usual 5 ms.
_SWITCH_INTERVAL: Final = 0.0005
#: A batch makes tens of thousands of objects and no cycles: looking for some after every 700 costs more than decoding.
_COLLECT_AFTER: Final = 200_000


class IngestService:
    """Runs until it is stopped. One per process; several processes share a subscription by :attr:`IngestOptions.share`.
    """

    def __init__(self, db: Database, options: IngestOptions, book: RuleBook | None = None) -> None:
        book = book or rules()
        vocabulary(book, legal_day(dt.datetime.now(dt.UTC)))  # a malformed rule is told now, not with a message
        self._db, self._options, self._book = db, options, book
        self.metrics = IngestMetrics()
        self._is_stopping = False
        self._former_shares = tuple(one for one in known_shares(db) if one != options.share)
        self.lanes = GroupLanes(options, self._lane, db) if options.share else Lanes(options, self._lane)
        self._chores = threading.Thread(target=self._do_chores, name="chores", daemon=True)
        self.downlink = Downlink(
            db, book, lambda topic, payload, seconds: self._send(topic, payload, 0, seconds),
            lambda: self.lanes.is_subscribed and not self._is_stopping)
        self.metrics.queue.set_function(lambda: sum(lane.waiting for lane in self.lanes.all()))
        self.metrics.connected.set_function(lambda: float(self.lanes.is_subscribed))

    def ready(self) -> bool:
        """Whether messages flow: subscribed at the broker, and the last batch was stored."""
        return self.lanes.ready and not self._is_stopping

    def stop(self) -> None:
        """Ask :meth:`run` to end; safe from a signal handler and from any thread."""
        self._is_stopping = True

    def run(self) -> None:
        """Take messages in until :meth:`stop`. :class:`IngestError` where the broker refuses us for good.

        While it runs, its metrics are part of the process's default Prometheus registry.
        """
        with self._tuned():
            try:
                self.lanes.start()
                self.downlink.start()
                self._chores.start()
                while not self._is_stopping:
                    self.lanes.step()
                    time.sleep(_LOOK)
                self.lanes.leave(self.downlink.stop)
            finally:
                self._is_stopping = True
                self.lanes.end(self.downlink.stop)
                if self._chores.ident is not None:
                    self._chores.join(_CHORES_PATIENCE)

    @contextmanager
    def _tuned(self) -> Iterator[None]:
        REGISTRY.register(self.metrics.registry)
        interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
        sys.setswitchinterval(_SWITCH_INTERVAL)
        gc.set_threshold(_COLLECT_AFTER, *thresholds[1:])
        try:
            yield
        finally:
            sys.setswitchinterval(interval)
            gc.set_threshold(*thresholds)
            REGISTRY.unregister(self.metrics.registry)

    def _lane(self, session: SessionOptions, fence: Fence | None) -> Lane:
        session = replace(session, former_shares=self._former_shares)
        options = LaneOptions(session, self._options.batch, self._options.linger_ms / 1000)
        return Lane(options, BatchWriter(self._db, self._book, fence), self.metrics, self._told)

    def _told(self, stored: Stored) -> None:
        self._publish(stored.publishes)
        if stored.spoken:
            self.downlink.hear(stored.spoken)

    def _publish(self, requests: Sequence[Publish]) -> None:
        for one in requests:
            self._send(one.topic, one.payload, one.qos, 0)

    def _send(self, topic: str, payload: bytes, qos: int, expires: int) -> None:
        # By the session that brings everything: the broker then need not bring it back to us.
        own = self.lanes.own  # it may be let go at any moment
        if own is not None:
            own.session.publish(topic, payload, qos, expires)

    def _do_chores(self) -> None:
        """What is due without a message; on a thread of its own, since it waits where the database is away."""
        next_tidy = time.monotonic() + _TIDY_EVERY
        while not self._is_stopping:
            until = time.monotonic() + _TICK_EVERY
            while time.monotonic() < until and not self._is_stopping:
                time.sleep(_LOOK)
            try:
                with self._db.connection() as connection:
                    due = tick(connection, self._book, dt.datetime.now(dt.UTC))
                self._publish(due)
                own = self.lanes.own
                if time.monotonic() >= next_tidy and own is not None:
                    own.writer.forget(dt.datetime.now(dt.UTC))
                    next_tidy = time.monotonic() + _TIDY_EVERY
            except (psycopg.Error, HuoyanError) as error:
                _log.warning("what is due without a message could not be done, trying again",
                             reason=" ".join(str(error).split())[:200])
