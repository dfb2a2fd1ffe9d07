"""The listener's second thread with the database: the directory, the links now, signs of life, requests to send."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import psycopg
import structlog

from ingest.gbt26875 import frame_bytes
from ingest.links import register, signs
from ingest.links.asking import set_clocks
from ingest.links.exchanges import Exchanges, Order
from ingest.links.identity import Directory, Known
from ingest.links.peer import Peer
from ingest.links.requests import RequestBook
from ingest.messages import Message
from ingest.storing import BatchStore
from ingest.vocabulary import Vocabulary, vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, HuoyanError, Queries

_log = structlog.get_logger(__name__)
_q = Queries(__file__)
_REGISTER = "huoyan_devices"
_TICK: Final = 0.25
_BEAT_EVERY, _LOOK_EVERY, _LINKS_EVERY, _DIRECTORY_EVERY = 5.0, 1.0, 2.0, 300.0
_LONGEST_WAIT: Final = 10.0
_PIECE: Final = 2000
#: A frame that says only "here": what stands for a text keep-alive, which is none.
_HERE: Final = frame_bytes()


@dataclass
class Gathered:
    """What the thread of the links hands over, about once a second."""

    changed: dict[int, Peer] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    heard: dict[int, tuple[Known, bytes, dt.datetime]] = field(default_factory=dict)
    drifting: dict[int, float] = field(default_factory=dict)
    links: int = 0


class Clerk:
    """Runs in a thread of its own until :meth:`stop`. ``take_directory`` and ``begin`` are called from that thread and
    must hand on to the thread of the links."""

    def __init__(self, db: Database, book: RuleBook, store: BatchStore, exchanges: Exchanges, listener: str, *,
                 tcp_port: int, udp_port: int, take_directory: Callable[[Directory], None],
                 begin: Callable[[Order], None], reaches: Callable[[int], bool]) -> None:
        self._db, self._book, self._store, self._exchanges = db, book, store, exchanges
        self._listener, self._ports = listener, (tcp_port, udp_port)
        self._take_directory = take_directory
        self._requests = RequestBook(db, book, exchanges, listener, begin=begin, reaches=reaches)
        self._started = dt.datetime.now(dt.UTC)
        self._gathered: Gathered | None = None
        self._unflushed = Gathered()
        self._marked: dict[int, float] = {}
        self._next = dict.fromkeys(("beat", "look", "links", "directory"), 0.0)
        self._is_stopping = threading.Event()
        self.is_well = False
        self._thread = threading.Thread(target=self._run, name="clerk", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after a last round."""
        self._is_stopping.set()
        self._thread.join(30)

    # From the thread of the links ----------------------------------------------------------------------------------

    @property
    def is_hungry(self) -> bool:
        """Whether what was handed over last has been taken: until then more is gathered where it is."""
        return self._gathered is None

    def give(self, gathered: Gathered) -> None:
        self._gathered = gathered

    def could_not_begin(self, order: Order) -> None:
        """A request that was claimed could not be sent: it waits again."""
        self._requests.could_not_begin(order)

    # The thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait, is_told = 0.5, False
        while not self._is_stopping.is_set():
            try:
                with psycopg.connect(self._db.dsn, autocommit=True, connect_timeout=10,
                                     application_name="huoyan-listener-notices") as notices:
                    notices.execute("listen huoyan_gbt_requests")
                    notices.execute("listen huoyan_devices")
                    self._next = dict.fromkeys(self._next, 0.0)
                    while not self._is_stopping.is_set():
                        self._round()
                        if not self.is_well:
                            self.is_well, wait, is_told = True, 0.5, False
                        for notice in notices.notifies(timeout=_TICK, stop_after=1):
                            self._next["directory" if notice.channel == _REGISTER else "look"] = 0.0
            except Exception as error:  # also a mistake of ours: without this thread nothing is sent any more
                self.is_well = False
                if not is_told:
                    _log.error("the listener's books can't be kept, trying again",
                               reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                    is_told = True
                self._is_stopping.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
        self._leave()

    def _leave(self) -> None:
        try:
            self._requests.write_steps()
            with self._db.connection() as connection:
                signs.leave(connection, self._listener)
        except (psycopg.Error, HuoyanError):
            _log.warning("the listener could not sign off: its links go from the page within half a minute")

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._next[what]:
            return False
        self._next[what] = now + every
        return True

    def _round(self) -> None:
        gathered, self._gathered = self._gathered, None
        if gathered is not None:
            self._unflushed.changed.update(gathered.changed)
            self._unflushed.gone += gathered.gone
            self._unflushed.heard.update(gathered.heard)
            self._unflushed.drifting.update(gathered.drifting)
            self._unflushed.links = gathered.links
        if self._is_due("directory", _DIRECTORY_EVERY):
            self._take_directory(register.directory(self._db, self._words().gbt))
        self._requests.write_steps()
        if self._is_due("beat", _BEAT_EVERY):
            with self._db.connection() as connection:
                signs.beat(connection, self._listener, self._started, tcp_port=self._ports[0],
                           udp_port=self._ports[1], links=self._unflushed.links)
        if self._exchanges.appeared_devices:
            self._exchanges.appeared_devices.clear()
            self._next["look"] = 0.0
        if self._is_due("look", _LOOK_EVERY):
            self._requests.look(dt.datetime.now(dt.UTC))
        if self._is_due("links", _LINKS_EVERY):
            self._keep_links()
            self._keep_heard()
            self._keep_clocks(dt.datetime.now(dt.UTC))

    def _words(self) -> Vocabulary:
        return vocabulary(self._book, legal_day(dt.datetime.now(dt.UTC)))

    def hurry(self) -> None:
        """An answer was stored: look now."""
        self._next["look"] = 0.0

    # Links, signs of life, clocks ----------------------------------------------------------------------------------

    def _keep_links(self) -> None:
        changed, gone = list(self._unflushed.changed.items()), self._unflushed.gone
        if not changed and not gone:
            return
        with self._db.connection() as connection:
            for at in range(0, len(changed), _PIECE):
                piece = changed[at:at + _PIECE]
                peers = [peer for _, peer in piece]
                connection.execute(_q["keep_links"], {
                    "listener": self._listener, "links": [number for number, _ in piece],
                    "transports": [peer.transport_name for peer in peers], "ports": [peer.port for peer in peers],
                    "peers": [peer.shown for peer in peers], "since": [peer.since for peer in peers],
                    "heard": [peer.heard_at for peer in peers],
                    "devices": [peer.known.device_id if peer.known else None for peer in peers],
                    "addresses": [peer.address.hex() for peer in peers],
                    "frames": [peer.frames for peer in peers], "bad": [peer.bad for peer in peers]})
            # After them: a link that ended in between may stand in both.
            if gone:
                connection.execute(_q["drop_links"], {"listener": self._listener, "links": gone})
        self._unflushed.changed, self._unflushed.gone = {}, []

    def _keep_heard(self) -> None:
        """Heartbeats hold no data, but tell that their device is there: kept by way of the writer, which also ends an
        offline spell."""
        now = time.monotonic()
        every = self._book.value("gbt26875.silent_reports_seconds", legal_day(dt.datetime.now(dt.UTC)))
        chosen = [(device, *said) for device, said in self._unflushed.heard.items()
                  if now - self._marked.get(device, -every) >= every]
        for at in range(0, len(chosen), _PIECE):
            piece = chosen[at:at + _PIECE]
            self._store.store([Message(known.topic, raw or _HERE, heard_at) for _, known, raw, heard_at in piece])
            for device, *_ in piece:
                self._marked[device] = now
                self._unflushed.heard.pop(device, None)

    def _keep_clocks(self, now: dt.datetime) -> None:
        if not self._unflushed.drifting:
            return
        rule = self._book.value("gbt26875.clock", legal_day(now))
        drifting, self._unflushed.drifting = self._unflushed.drifting, {}
        if rule["automatic"]:
            with self._db.connection() as connection:
                set_clocks(connection, list(drifting), hours=rule["hours"], now=now, book=self._book)
