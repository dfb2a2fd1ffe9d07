"""One way from the broker into the database: a session, a batch, and the threads that read it and store it.

Three threads, each with one job, so that none waits for another's: paho's takes packets off the network, one gathers
batches and reads them, one stores and acknowledges. A batch is read while the one before it is stored.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog

from ingest.arrivals import Arrivals
from ingest.batcher import Batcher
from ingest.batchwriter import BatchWriter
from ingest.block import Block
from ingest.errors import IngestError, SeatLostError
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.packets import LARGEST_PACKET_ID
from ingest.session import Session, SessionOptions
from ingest.stored import Stored
from store import HuoyanError

_log = structlog.get_logger(__name__)
_LOOK_UP, _MOMENT = 0.25, 0.001
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 10.0
#: On a stop, how long the batch in hand may try to reach the database before it is left with the broker.
_STOP_PATIENCE: Final = 5.0
#: A batch takes a second or two where the database works.
_STUCK: Final = 10.0
_INBOX_BYTES: Final = 128_000_000
# Mosquitto has been seen to exceed the Receive Maximum; more than all packet numbers no broker can have in flight. The
# rest is for QoS 0, which has none.
_INBOX_ROOM = 20_000


@dataclass(frozen=True)
class LaneOptions:
    """``batch`` messages are stored in one transaction, after ``linger`` seconds at the latest."""

    session: SessionOptions
    batch: int
    linger: float


class Lane:
    """Runs until it is stopped. ``told`` gets, on the storing thread, what each batch came to once it is committed."""

    def __init__(self, options: LaneOptions, writer: BatchWriter, metrics: IngestMetrics,
                 told: Callable[[Stored], None]) -> None:
        self.options, self.writer, self._metrics, self._told = options, writer, metrics, told
        self._inbox = Inbox(LARGEST_PACKET_ID + _INBOX_ROOM, _INBOX_BYTES)
        self.session = Session(options.session, self._inbox, metrics)
        self._batcher = Batcher(options.batch, options.linger)
        # One batch waits while one is stored: more would only take memory, the broker keeps them as well.
        self._handed: queue.Queue[tuple[list[Arrivals], Block | None] | None] = queue.Queue(1)
        # Each is changed by one thread only.
        self._given, self._done = 0, 0
        self._last_done = 0.0
        self._is_stopping = False
        self._is_storing_well = True
        self._trying_since: float | None = None
        self._crash: BaseException | None = None
        self.is_lost = False
        whose = options.session.client_id
        self._threads = [threading.Thread(target=self._guarded, args=(work,), name=f"{name} {whose}", daemon=True)
                         for name, work in (("gathering", self._gather_all), ("storing", self._store_all))]

    def start(self) -> None:
        """Connect, take messages in and store them until :meth:`stop`."""
        for thread in self._threads:
            thread.start()
        try:
            self.session.start()
        except BaseException as error:
            self._crash = error

    @property
    def ready(self) -> bool:
        """Whether messages flow: subscribed at the broker, the last batch stored, and none waiting for the database."""
        since = self._trying_since
        is_stuck = since is not None and time.monotonic() - since > _STUCK
        return self.session.is_subscribed and self._is_storing_well and not is_stuck and not self._is_stopping

    @property
    def waiting(self) -> int:
        """Messages received and not yet stored."""
        return len(self._inbox) + len(self._batcher) + self._given - self._done

    @property
    def idle_for(self) -> float:
        """Seconds since the last message came or was acknowledged; 0 while any is not yet stored.

        A broker sends so many ahead and no more: what comes next comes after an acknowledgement.
        """
        if self.waiting or self.session.needs_restart:
            return 0.0
        return time.monotonic() - max(self.session.last_heard, self._last_done)

    def check(self) -> None:
        """Raise what ended the work: a mistake of ours, or :class:`IngestError` where the broker refuses for good."""
        self.check_crash()
        if self.session.failure:
            raise self.session.failure
        if not self.session.is_running:
            raise IngestError("the network thread has ended, which it never should: the log says why")

    @property
    def client_id(self) -> str:
        """Under which the broker keeps its session."""
        return self.options.session.client_id

    def is_drained(self, after: float) -> bool:
        """Whether the subscriptions are given up, and the broker has had nothing more for ``after`` seconds."""
        return self.session.is_left and self.idle_for >= after

    def check_crash(self) -> None:
        """Raise the mistake of ours that ended the work, if one did."""
        if self._crash:
            raise self._crash

    def stop(self, *, forever: bool = False, before_goodbye: Callable[[], None] | None = None) -> None:
        """Store what is in hand, acknowledge it, and end. Raises what ended the work."""
        self.begin_stop()
        self.finish_storing()
        if before_goodbye:
            before_goodbye()
        self.say_goodbye(forever=forever)
        self.check_crash()

    def begin_stop(self) -> None:
        """Take nothing more in; what is in hand is still stored."""
        self._is_stopping = True
        self.session.stop_accepting()

    def finish_storing(self) -> None:
        """After :meth:`begin_stop`: wait until what is in hand is stored and acknowledged."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def say_goodbye(self, *, forever: bool = False) -> None:
        """End the connection; ``forever``: the broker forgets the session and whatever it still holds for it."""
        if forever and not self._crash and not self.is_lost and self._is_storing_well:
            self.session.end()
        else:
            self.session.stop()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # told by check(), on whose thread somebody listens
            self._crash = self._crash or error

    # Gathering -----------------------------------------------------------------------------------------------------

    def _gather_all(self) -> None:
        try:
            while not self._is_stopping and not self._crash:
                self._gather()
                if self._is_due():
                    self._hand_over()
                elif self.session.needs_restart and not self.waiting:
                    _log.warning("more arrived than fits in memory; asking the broker for the rest again")
                    self.session.restart()
            self.session.stop_accepting()
            self._hand_over()
        finally:
            self._handed.put(None)

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
        # Counted first: at no moment is there a message that does not count as waiting.
        self._given += len(self._batcher)
        batch = self._batcher.take()
        if not batch:
            return
        block = self.writer.open(batch) if self._is_storing_well else None
        while not self._crash:
            try:
                self._handed.put((batch, block), timeout=_LOOK_UP)
                return
            except queue.Full:
                if self._is_stopping and not self._is_storing_well:
                    return  # left with the broker

    # Storing -------------------------------------------------------------------------------------------------------

    def _store_all(self) -> None:
        handed: tuple[list[Arrivals], Block | None] | None = ([], None)
        try:
            while True:
                try:
                    handed = self._handed.get(timeout=_LOOK_UP)
                except queue.Empty:
                    self.writer.flush()
                    continue
                if handed is None:
                    break
                self._finish(*handed)
                self._last_done = time.monotonic()
                self._done += sum(map(len, handed[0]))
            self.writer.flush(is_last=True)
        except BaseException as error:
            self._crash = self._crash or error
            while handed is not None:
                handed = self._handed.get()

    def _finish(self, batch: list[Arrivals], block: Block | None) -> None:
        """Store a batch, then acknowledge it. While the database is away, wait: the broker keeps the rest."""
        wait, give_up_at, first_tried = _FIRST_WAIT, 0.0, time.monotonic()
        messages = sum(map(len, batch))
        while not self.is_lost:
            try:
                began = self._trying_since = time.monotonic()
                stored = self.writer.store(batch, block)
                self._trying_since = None
                self._metrics.batch_seconds.observe(time.monotonic() - began)
                break
            except SeatLostError as error:
                _log.warning("what is in hand stays with the broker", messages=messages, reason=str(error))
                self.is_lost = True
                self.session.stop_accepting()
            except (psycopg.Error, HuoyanError) as error:
                self._is_storing_well, self._trying_since = False, None
                self._metrics.failures.inc()
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
        if self.is_lost:
            return
        if batch[0].is_retried:
            self.writer.made_up_for(time.monotonic() - first_tried)
        self._is_storing_well = True
        self.session.acknowledge(batch)
        self._told(stored)
        self._metrics.count(stored)
        self._metrics.ack_seconds.observe(max(time.time() - batch[0].received_us / 1e6, 0.0))

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_stopping:
            time.sleep(0.05)
        if self._is_stopping:
            time.sleep(0.05)
