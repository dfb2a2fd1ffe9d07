"""Frames between the thread that hears and the thread that stores: bounded, batched by size and age, told when done."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from ingest.links.identity import Known
from ingest.links.metrics import LinkMetrics
from ingest.messages import Message
from ingest.quarantine import Quarantined
from ingest.quarantine import add as quarantine_rows
from ingest.storing import BatchStore
from store import Database

if TYPE_CHECKING:
    from ingest.links.peer import Peer

_log = structlog.get_logger(__name__)
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
#: On a stop, how long the frames in hand may try to reach the database. Then they stay unconfirmed: devices resend.
STOP_PATIENCE = 5.0
# A burst is over when nothing came for this share of the linger.
_QUIET_SHARE = 0.25


class Entry:
    """One frame, or bytes of none, on its way into the database. ``answers`` is how often it is to be confirmed."""

    __slots__ = ("answers", "known", "peer", "raw", "reason", "received_at")

    def __init__(self, peer: Peer, raw: bytes, known: Known | None, reason: tuple[str, str] | None,
                 received_at: dt.datetime, answers: int) -> None:
        self.peer, self.raw, self.known, self.reason = peer, raw, known, reason
        self.received_at, self.answers = received_at, answers


class Intake:
    """Holds entries until they are committed. ``stored`` is called from a storing thread with each batch after it.

    Each lane stores the frames of its own devices, so that one computes while another waits for the disk, and the
    frames of a device stay in order. All methods belong to the thread that hears.
    """

    def __init__(self, lanes: Sequence[Lane], *, most: int, most_bytes: int) -> None:
        self._lanes, self._most, self._most_bytes = lanes, most, most_bytes
        self._count = self._bytes = 0

    def start(self) -> None:
        for lane in self._lanes:
            lane.start()

    def put(self, entry: Entry, now: float) -> None:
        """Take an entry in; the caller asks :attr:`is_full` and stops reading, so that this never has to refuse."""
        self._count += 1
        self._bytes += len(entry.raw)
        number = entry.known.device_id if entry.known is not None else 0
        self._lanes[number % len(self._lanes)].put(entry, now)

    def leave(self, entries: Sequence[Entry]) -> None:
        """Forget entries that were stored."""
        self._count -= len(entries)
        self._bytes -= sum(len(one.raw) for one in entries)

    @property
    def is_full(self) -> bool:
        return self._count >= self._most or self._bytes >= self._most_bytes

    @property
    def has_room(self) -> bool:
        """Whether so much is stored that reading may go on."""
        return self._count <= self._most // 2 and self._bytes <= self._most_bytes // 2

    @property
    def is_storing_well(self) -> bool:
        return all(lane.is_storing_well for lane in self._lanes)

    def __len__(self) -> int:
        return self._count

    def stop(self) -> None:
        """Store what is waiting, for a few seconds at most, and end the threads."""
        for lane in self._lanes:
            lane.end()
        for lane in self._lanes:
            lane.join()


class Lane:
    """One storing thread with the entries that wait for it."""

    def __init__(self, db: Database, store: BatchStore, metrics: LinkMetrics, session: str, *, batch: int,
                 linger: float, stored: Callable[[Sequence[Entry]], None]) -> None:
        self._db, self._store, self._metrics, self._session = db, store, metrics, session
        self._batch, self._linger, self._stored = batch, linger, stored
        self._waiting: deque[Entry] = deque()
        self._arrived = threading.Event()
        self._number = 0
        self._newest = 0.0
        self._is_stopping = False
        self.is_storing_well = True
        self._thread = threading.Thread(target=self._run, name="storing", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, entry: Entry, now: float) -> None:
        """Take an entry in, from the thread that hears."""
        self._newest = now
        self._waiting.append(entry)
        if not self._arrived.is_set():
            self._arrived.set()

    def end(self) -> None:
        """End after what is waiting."""
        self._is_stopping = True
        self._arrived.set()

    def join(self) -> None:
        self._thread.join(STOP_PATIENCE + 30)

    def _run(self) -> None:
        while True:
            entries = self._take()
            if entries:
                if self._keep(entries):
                    self._stored(entries)
            elif self._is_stopping:
                return

    def _take(self) -> list[Entry]:
        if not self._waiting:
            self._arrived.clear()
            if not self._waiting and not self._is_stopping:
                self._arrived.wait()
        if not self._is_stopping and len(self._waiting) < self._batch:
            due = time.monotonic() + self._linger
            while (now := time.monotonic()) < due and len(self._waiting) < self._batch and not self._is_stopping:
                quiet_at = self._newest + self._linger * _QUIET_SHARE
                if now >= quiet_at:
                    break
                time.sleep(min(due, quiet_at) - now)
        waiting = self._waiting
        return [waiting.popleft() for _ in range(min(len(waiting), self._batch))]

    def _keep(self, entries: list[Entry]) -> bool:
        """Store entries, however long that takes; False where the process stops first."""
        messages = []
        for one in entries:
            if one.known is not None:
                self._number += 1
                messages.append(Message(one.known.topic, one.raw, one.received_at, packet_id=self._number,
                                        session=self._session))
        strangers = [Quarantined(one.peer.topic(one.raw), one.raw, len(one.raw), None, *one.reason, one.received_at)
                     for one in entries if one.known is None and one.reason is not None]
        wait, give_up_at, is_kept = _FIRST_WAIT, 0.0, not strangers
        while True:
            try:
                began = time.monotonic()
                if not is_kept:
                    # Before the frames: what repeats after a failure is counted on its row, not stored twice.
                    with self._db.connection() as connection:
                        quarantine_rows(connection, strangers)
                    is_kept = True
                if messages:
                    self._metrics.count(self._store.store(messages))
                self._metrics.batch_seconds.observe(time.monotonic() - began)
                self._metrics.batch_frames.observe(len(entries))
                self.is_storing_well = True
                return True
            except Exception as error:  # also a mistake of ours: a lane that ended would hold its devices for ever
                self.is_storing_well = False
                self._metrics.failures.inc()
                _log.error("frames could not be stored, trying again", frames=len(entries),
                           reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                # A part of them may have been committed, or all without our hearing so.
                for message in messages:
                    message.redelivered = True
                if self._is_stopping:
                    give_up_at = give_up_at or time.monotonic() + STOP_PATIENCE
                    if time.monotonic() >= give_up_at:
                        _log.warning("stopping: frames stay unconfirmed, their devices send them again",
                                     frames=len(entries))
                        return False
                self._pause(wait)
                wait = min(wait * 2, _LONGEST_WAIT)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._is_stopping:
            time.sleep(0.05)
        if self._is_stopping:
            time.sleep(0.05)
