"""The ingest process: messages from the broker into the database, acknowledged after the commit.

Messages come in by two lanes (:mod:`ingest.lane`), each a session of its own with the broker: one brings everything,
the other alarms and GB/T 26875.3 frames alone, so that a fire does not wait behind a million readings that somebody
misspelt (:mod:`ingest.echoes`). Processes that share a subscription hold seats, and end what nobody comes back to
(:mod:`ingest.seats`). :mod:`ingest.links.downlink` says to devices what the centre asks of them.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import psycopg
import structlog
from prometheus_client import REGISTRY

from ingest import echoes
from ingest.batchwriter import BatchWriter
from ingest.errors import IngestError
from ingest.lane import Lane, LaneOptions
from ingest.links.downlink import Downlink
from ingest.metrics import IngestMetrics
from ingest.seats import Seats
from ingest.session import SessionOptions
from ingest.sparkplug import Publish
from ingest.sparkplug.ticking import tick
from ingest.stored import Stored
from ingest.topics import FILTERS, URGENT_FILTERS
from ingest.vocabulary import vocabulary
from ingest.writer import Fence
from policy import RuleBook, rules
from policy.clocks import legal_day
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
_LOOK: Final = 0.05
_TIDY_EVERY: Final = 60.0
#: What Sparkplug has due without a message: a rebirth to ask for, a death to tell.
_TICK_EVERY: Final = 1.0
#: The session for alarms has the client id of the other with this behind it.
ALARMS_SUFFIX: Final = "-alarms"
#: A broker that has nothing more for a session has said nothing for so long; what it holds for one that was away comes
#: at once, and what is ended too early is lost.
_DRAINED_AFTER: Final = 5.0
_LEFT_AFTER: Final = 3.0
#: On a stop, how long we wait for what the broker still holds for a session we leave; then another process takes it.
_LEAVE_PATIENCE: Final = 15.0
_CHORES_PATIENCE: Final = 5.0
#: Python lets a thread that computes keep the others waiting this long. The storing thread waits for the database some
#: six times a batch, and each time the reading thread would hold it up for the usual 5 ms.
_SWITCH_INTERVAL: Final = 0.0005
#: A batch makes tens of thousands of objects and no cycles: looking for some after every 700 costs more than decoding.
_COLLECT_AFTER: Final = 200_000


@dataclass(frozen=True)
class IngestOptions:
    """Settings of one ingest process.

    ``protocol`` is "5" or "3.1.1"; ``client_id`` names the persistent session; ``share`` the group of processes that
    share one subscription, empty for one process alone; ``batch`` messages are stored in one transaction, after
    ``linger_ms`` at the latest; at most ``receive_maximum`` messages are unacknowledged at a time; of a payload above
    ``max_payload`` bytes only the start is kept, in quarantine; ``in_blocks`` reads packets beneath paho;
    ``alarms_apart`` takes alarms by a session of their own.
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
    alarms_apart: bool = True

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

    def everything(self, client_id: str, *, leaves: bool = False) -> SessionOptions:
        """The session that brings everything, or this process's share of it."""
        return self._session(client_id, FILTERS, echoes.EVERYTHING if self.alarms_apart else 0, self.share, leaves)

    def alarms(self, client_id: str) -> SessionOptions:
        """The session that brings alarms."""
        return self._session(client_id, URGENT_FILTERS, echoes.ALARMS, "", leaves=False)

    def _session(self, client_id: str, topics: tuple[str, ...], way: int, share: str, leaves: bool) -> SessionOptions:
        return SessionOptions(self.host, self.port, self.user, self.password, self.tls_ca, self.protocol, client_id,
                              self.receive_maximum, self.max_payload, share, self.in_blocks, self.tls_cert,
                              self.tls_key, topics, way, leaves)


@dataclass
class _Seat:
    """Lanes that begin and end together; of a group, one under a client id that is held."""

    client_id: str = ""
    lanes: list[Lane] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return bool(self.lanes) and all(lane.ready for lane in self.lanes)

    def is_drained(self, after: float) -> bool:
        """Whether the broker holds nothing more for it, once its subscriptions are given up."""
        return all(lane.session.is_left and lane.idle_for >= after for lane in self.lanes)

    @property
    def is_lost(self) -> bool:
        """Whether another process has taken it over."""
        return any(lane.is_lost for lane in self.lanes)

    def start(self) -> None:
        for lane in self.lanes:
            lane.start()

    def check(self) -> None:
        """Raise what ended the work of a lane."""
        for lane in self.lanes:
            lane.check()

    def stop(self, *, forever: bool = False, before_goodbye: Callable[[], None] | None = None) -> None:
        """Store what is in hand and end; ``forever``: the broker forgets the sessions."""
        lanes, self.lanes = self.lanes, []
        for lane in lanes:
            lane.begin_stop()
        for lane in lanes:
            lane.finish_storing()
        if before_goodbye:
            before_goodbye()
        for lane in lanes:
            lane.say_goodbye(forever=forever)
        for lane in lanes:
            lane.check_crash()


class IngestService:
    """Runs until it is stopped. One per process; several processes share a subscription by :attr:`IngestOptions.share`.
    """

    def __init__(self, db: Database, options: IngestOptions, book: RuleBook | None = None) -> None:
        book = book or rules()
        vocabulary(book, legal_day(dt.datetime.now(dt.UTC)))  # a malformed rule is told now, not with a message
        self._db, self._options, self._book = db, options, book
        self.metrics = IngestMetrics()
        self._is_stopping = False
        alarms = options.client_id + ALARMS_SUFFIX if options.alarms_apart else ""
        self._seats = Seats(db, options.client_id, options.share, alarms) if options.share else None
        self._own, self._alarms, self._ending = _Seat(), _Seat(), dict[str, _Seat]()
        if not self._seats:
            # Without a group nobody else could take them.
            self._own = self._seat(options.everything(options.client_id))
            self._alarms = self._seat(options.alarms(alarms)) if alarms else self._alarms
        self._chores = threading.Thread(target=self._do_chores, name="chores", daemon=True)
        self.downlink = Downlink(
            db, book, lambda topic, payload, seconds: self._send(topic, payload, 0, seconds),
            lambda: self._own.ready and not self._is_stopping)
        self.metrics.queue.set_function(self._waiting)
        self.metrics.connected.set_function(lambda: float(self._is_connected()))

    def ready(self) -> bool:
        """Whether messages flow: subscribed at the broker, and the last batch was stored."""
        return self._own.ready and (self._alarms.ready or not self._alarms.lanes) and not self._is_stopping

    def stop(self) -> None:
        """Ask :meth:`run` to end; safe from a signal handler and from any thread."""
        self._is_stopping = True

    def run(self) -> None:
        """Take messages in until :meth:`stop`. :class:`IngestError` where the broker refuses us for good.

        While it runs, its metrics are part of the process's default Prometheus registry.
        """
        with self._tuned():
            try:
                self._alarms.start()
                self._own.start()
                if self._seats:
                    self._seats.start()
                self.downlink.start()
                self._chores.start()
                while not self._is_stopping:
                    for seat in self._all():
                        seat.check()
                    if self._seats:
                        self._change_seats(self._seats)
                    time.sleep(_LOOK)
                if self._seats:
                    self._leave(self._seats)
            finally:
                self._end()

    def _end(self) -> None:
        self._is_stopping = True
        try:
            for seat in (*self._ending.values(), self._alarms):
                seat.stop()
            self._own.stop(before_goodbye=self.downlink.stop)
        finally:
            self.downlink.stop()
            if self._seats:
                self._seats.stop()
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

    def _seat(self, session: SessionOptions, fence: Fence | None = None) -> _Seat:
        options = LaneOptions(session, self._options.batch, self._options.linger_ms / 1000)
        return _Seat(session.client_id, [
            Lane(options, BatchWriter(self._db, self._book, fence), self.metrics, self._told)])

    def _all(self) -> list[_Seat]:
        return [self._own, self._alarms, *self._ending.values()]

    def _waiting(self) -> int:
        return sum(lane.waiting for seat in self._all() for lane in seat.lanes)

    def _is_connected(self) -> bool:
        lanes = [*self._own.lanes, *self._alarms.lanes]
        return bool(lanes) and all(lane.session.is_subscribed for lane in lanes)

    # Seats of a group ----------------------------------------------------------------------------------------------

    def _change_seats(self, seats: Seats) -> None:
        while not seats.changes.empty():
            change = seats.changes.get()
            client_id, fence = change.client_id, seats.fence(change.client_id)
            match change.what:
                case "lost":
                    for seat in self._all():
                        if seat.client_id == client_id:
                            seat.stop()
                    self._ending.pop(client_id, None)
                case "taken":
                    _log.info("this process has a seat in its group", client_id=client_id, share=self._options.share)
                    self._own = self._seat(self._options.everything(client_id), fence)
                    self._own.start()
                case "alarms":
                    _log.info("this process reads the alarms of its group", client_id=client_id,
                              share=self._options.share)
                    self._alarms = self._seat(self._options.alarms(client_id), fence)
                    self._alarms.start()
                case "abandoned":
                    _log.warning("nobody reads this session any more: storing what the broker holds for it, then "
                                 "ending it", client_id=client_id, share=self._options.share)
                    self._ending[client_id] = self._seat(self._options.everything(client_id, leaves=True), fence)
                    self._ending[client_id].start()
        for seat in self._all():
            if seat.is_lost:
                seat.stop()
                seats.give_up(seat.client_id)
                self._ending.pop(seat.client_id, None)
        seats.may_end_others = self._own.ready
        for client_id, seat in list(self._ending.items()):
            if seat.is_drained(_DRAINED_AFTER):
                was_there = any(lane.session.was_present for lane in seat.lanes)
                seat.stop(forever=True)
                del self._ending[client_id]
                seats.finished(client_id, was_there=was_there)

    def _leave(self, seats: Seats) -> None:
        """Before an end: give the subscription up, if somebody else of the group stays, and take what is still here."""
        try:
            if not self._own.ready or not seats.may_leave():
                return
            for lane in self._own.lanes:
                lane.session.leave()
            until = time.monotonic() + _LEAVE_PATIENCE
            while not (is_drained := self._own.is_drained(_LEFT_AFTER)) and time.monotonic() < until:
                time.sleep(_LOOK)
            if is_drained:
                self._own.stop(forever=True, before_goodbye=self.downlink.stop)
                seats.left()
        except (psycopg.Error, HuoyanError) as error:
            _log.warning("the group could not be left in good order: another process will end our session",
                         reason=" ".join(str(error).split())[:200])

    # What follows from what was stored -----------------------------------------------------------------------------

    def _told(self, stored: Stored) -> None:
        self._publish(stored.publishes)
        if stored.spoken:
            self.downlink.hear(stored.spoken)

    def _publish(self, requests: Sequence[Publish]) -> None:
        for one in requests:
            self._send(one.topic, one.payload, one.qos, 0)

    def _send(self, topic: str, payload: bytes, qos: int, expires: int) -> None:
        # By the session that brings everything: the broker then need not bring it back to us.
        for lane in self._own.lanes[-1:]:
            lane.session.publish(topic, payload, qos, expires)

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
                if time.monotonic() >= next_tidy and self._own.lanes:
                    self._own.lanes[0].writer.forget(dt.datetime.now(dt.UTC))
                    next_tidy = time.monotonic() + _TIDY_EVERY
            except (psycopg.Error, HuoyanError) as error:
                _log.warning("what is due without a message could not be done, trying again",
                             reason=" ".join(str(error).split())[:200])
