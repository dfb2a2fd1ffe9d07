"""What the centre says to devices that speak GB/T 26875.3 over MQTT: on ``…/gbt26875/down``, by one process at a time.

The state machine is that of links: :class:`~ingest.links.exchanges.Exchanges` and the books of
:class:`~ingest.links.requests.RequestBook`. What differs is the way there. With a shared subscription any ingest
process may hear what a device answers: all of them write down how devices spoke, one of them, which holds a lock in
the database, begins exchanges, and the others pass on to it what its devices say.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog
from psycopg.rows import dict_row

from ingest.gbt26875 import Frame
from ingest.gbt26875.frames import SHORTEST_FRAME
from ingest.gbt26875.tables import ANSWER, CONFIRM, DENY, SEND_DATA
from ingest.gbt26875.times import tag_of
from ingest.links import signs
from ingest.links.exchanges import Exchanges, Order
from ingest.links.requests import RequestBook
from ingest.spoken import Spoken, answers_to, written
from ingest.topics import down_topic
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, Queries
from store.database import Connection
from store.locks import try_lock_for_session, unlock_session

_log = structlog.get_logger(__name__)
_q = Queries(__file__)
_LOCK: Final = "huoyan gbt26875 downlink"
_REPLIES: Final = "huoyan_gbt_replies"
_TICK: Final = 0.25
_LOOK_EVERY, _BEAT_EVERY, _KEEP_EVERY, _LEAD_EVERY, _ALL_EVERY = 1.0, 5.0, 2.0, 1.0, 300.0
#: Rows become visible in another order than they are written: each look goes back this far.
_OVERLAP: Final = dt.timedelta(seconds=10)
_LONGEST_WAIT: Final = 10.0
_MOST_WAITING: Final = 20_000
_TELLING: Final = frozenset({SEND_DATA, CONFIRM, ANSWER, DENY})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

#: ``(topic, payload, seconds after which the broker may drop it)``.
Send = Callable[[str, bytes, int], None]


@dataclass
class Way:
    """How a device that speaks over MQTT is spoken to, see :class:`ingest.links.exchanges.Way`."""

    topic: str
    address: bytes
    centre: bytes
    is_hex: bool
    heard_at: dt.datetime
    carry: Callable[[str, bytes], None]
    serial: int = 0
    shown: str = "MQTT"

    def send(self, data: bytes) -> None:
        self.carry(down_topic(self.topic), written(data, is_hex=self.is_hex))


@dataclass
class _Heard:
    """How a device spoke since it was last written down."""

    heard_at: dt.datetime
    is_hex: bool
    address: bytes = bytes(6)
    centre: bytes = bytes(6)
    frames: int = 0
    bad: int = 0


class Downlink:
    """Runs in a thread of its own. :meth:`hear` is called after each commit, from the thread that stores.

    ``send`` publishes; ``is_connected`` says whether that reaches the broker now.
    """

    def __init__(self, db: Database, book: RuleBook, send: Send, is_connected: Callable[[], bool]) -> None:
        self._db, self._book, self._send, self._is_connected = db, book, send, is_connected
        day = legal_day(dt.datetime.now(dt.UTC))
        self.listener = f"{socket.gethostname()[:60]}:{os.getpid()}:mqtt:{secrets.token_hex(4)}"
        self._started = dt.datetime.now(dt.UTC)
        self._reach = dt.timedelta(hours=self._book.value("gbt26875.mqtt_reach_hours", day))
        self.exchanges = Exchanges(self._way, _tag, time.monotonic,
                                   seconds=float(book.value("gbt26875.confirm_seconds", day)),
                                   resends=book.value("gbt26875.resends", day))
        self._requests = RequestBook(db, book, self.exchanges, self.listener, begin=self._begin,
                                     reaches=self._reaches, yields=True)
        self._ways: dict[int, Way] = {}
        self._shown: set[int] = set()
        self._unshown: set[int] = set()
        self._read_to = _EPOCH
        self._read_all_at = 0.0
        self.leads = False
        self._is_asking = self._is_listed = False
        self._next = dict.fromkeys(("lead", "look", "beat", "keep"), 0.0)
        # Between the thread that stores and this one.
        self._lock = threading.Lock()
        self._said: dict[int, _Heard] = {}
        self._replies: deque[tuple[int, bytes, dt.datetime]] = deque(maxlen=_MOST_WAITING)
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="downlink", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after a last round."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    # From the thread that stores -----------------------------------------------------------------------------------

    def hear(self, spoken: Sequence[Spoken]) -> None:
        """Messages that are committed now: answer those that want it, and remember how their devices spoke."""
        try:
            for said in spoken:
                for frame in answers_to(said, _tag()):
                    self._carry(down_topic(said.topic), written(frame, is_hex=said.is_hex))
            with self._lock:
                for said in spoken:
                    self._remember(said)
        except Exception as error:  # a mistake of ours about one message must not stop the storing of others
            _log.error("a device could not be answered", reason=f"{type(error).__name__}: {str(error)[:200]}")

    def _remember(self, said: Spoken) -> None:
        known = self._said.get(said.device_id)
        frames = [one for one in said.frames if isinstance(one, Frame)]
        if not frames and known is None:
            return  # nothing says how to speak to it
        if known is None:
            known = self._said[said.device_id] = _Heard(said.received_at, said.is_hex)
        known.frames += len(frames)
        known.bad += len(said.frames) - len(frames)
        if frames and said.received_at >= known.heard_at:
            known.heard_at, known.is_hex = said.received_at, said.is_hex
            known.address, known.centre = frames[-1].source, frames[-1].destination
        self._replies.extend((said.device_id, one.raw, said.received_at) for one in frames if one.command in _TELLING)

    # The thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait, is_told = 0.5, False
        while not self._is_stopping.is_set():
            try:
                with psycopg.connect(self._db.dsn, autocommit=True, connect_timeout=10, row_factory=dict_row,
                                     application_name="huoyan-ingest-downlink") as notices:
                    notices.execute("listen huoyan_gbt_requests")
                    notices.execute("listen huoyan_gbt_replies")
                    self._next = dict.fromkeys(self._next, 0.0)
                    self._shown = set()  # after a crash of the server nobody is listed
                    while not self._is_stopping.is_set():
                        self._round(notices)
                        wait, is_told = 0.5, False
                        for notice in notices.notifies(timeout=_TICK, stop_after=1):
                            self._notice(notice)
            except Exception as error:  # also a mistake of ours: without this thread no device is asked any more
                if not is_told:
                    _log.error("devices on MQTT can't be asked anything for now, trying again",
                               reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                    is_told = True
                self._is_stopping.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            finally:
                self.leads = False  # the lock went with the connection
        self._leave()

    def _leave(self) -> None:
        if self._is_listed:
            try:
                self._requests.write_steps()
                with self._db.connection() as connection:
                    signs.leave(connection, self.listener)
            except Exception:
                _log.warning("ingest could not sign off: its devices go from the page within half a minute")

    def _round(self, notices: Connection) -> None:
        self._take_replies(notices)
        self.exchanges.sweep(time.monotonic(), dt.datetime.now(dt.UTC))
        self._requests.write_steps()
        if self._is_due("keep", _KEEP_EVERY):
            self._keep()
        if self._is_due("lead", _LEAD_EVERY):
            self._lead(notices)
        if (self.leads or self._is_asking) and self._is_due("beat", _BEAT_EVERY):
            self._beat()
        if self.exchanges.appeared_devices:
            self.exchanges.appeared_devices.clear()
            self._next["look"] = 0.0
        if (self.leads or self._is_asking) and self._is_due("look", _LOOK_EVERY):
            if self.leads:
                self._read_ways()
            self._is_asking = self._requests.look(dt.datetime.now(dt.UTC))

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._next[what]:
            return False
        self._next[what] = now + every
        return True

    def _notice(self, notice: psycopg.Notify) -> None:
        self._next["look"] = 0.0
        if notice.channel != _REPLIES:
            return
        device, _, said = notice.payload.partition(":")
        if device.isdecimal() and len(said) >= 2 * SHORTEST_FRAME:
            self.exchanges.replied(int(device), bytes.fromhex(said), dt.datetime.now(dt.UTC))

    # What devices say ----------------------------------------------------------------------------------------------

    def _take_replies(self, notices: Connection) -> None:
        with self._lock:
            replies, self._replies = self._replies, deque(maxlen=_MOST_WAITING)
            is_news = any(one not in self._ways for one in self._said)
        if is_news:
            self._next["keep"] = 0.0
        if not replies:
            return
        for device, raw, at in replies:
            if device in self.exchanges:
                self.exchanges.replied(device, raw, at)
        self._next["look"] = 0.0 if self._is_asking else self._next["look"]
        asked = {row["device_id"] for row in notices.execute(_q["asked"], {"listener": self.listener}).fetchall()}
        others = [(device, raw) for device, raw, _ in replies if device in asked]
        if others:
            notices.execute(_q["pass_on"], {"devices": [device for device, _ in others],
                                            "frames": [raw.hex() for _, raw in others]})

    def _keep(self) -> None:
        """Write down how devices spoke."""
        with self._lock:
            said, self._said = self._said, {}
        if not said:
            return
        rows = list(said.items())
        try:
            with self._db.connection() as connection:
                # Nothing here was promised to anyone: it need not wait for the disk.
                connection.execute("set local synchronous_commit = off")
                connection.execute(_q["keep"], {
                    "devices": [device for device, _ in rows], "heard": [one.heard_at for _, one in rows],
                    "is_hex": [one.is_hex for _, one in rows], "addresses": [one.address for _, one in rows],
                    "centres": [one.centre for _, one in rows], "frames": [one.frames for _, one in rows],
                    "bad": [one.bad for _, one in rows], "reach": self._reach})
        except BaseException:
            with self._lock:
                for device, one in rows:
                    self._said.setdefault(device, one)
            raise
        self._next["look"] = 0.0

    # Who speaks to them --------------------------------------------------------------------------------------------

    def _lead(self, notices: Connection) -> None:
        """Be the one that speaks to devices, if nobody is and the broker hears us."""
        is_connected = self._is_connected()
        if self.leads and not is_connected:
            unlock_session(notices, _LOCK)
            self.leads = False
        elif is_connected and not self.leads:
            self.leads = try_lock_for_session(notices, _LOCK)
            if self.leads:
                self._ways, self._read_to = {}, _EPOCH
        if self._shown and not self.leads:
            notices.execute(_q["hide_all"], {"listener": self.listener})
            self._shown = set()

    def _read_ways(self) -> None:
        """What is new of the devices that can be reached; all of it now and then, for the register may have changed."""
        now = dt.datetime.now(dt.UTC)
        is_all = time.monotonic() >= self._read_all_at
        if is_all:
            self._read_all_at = time.monotonic() + _ALL_EVERY
        rows = self._db.rows(_q["ways"], {"earliest": now - self._reach,
                                          "after": _EPOCH if is_all else self._read_to - _OVERLAP})
        before, found = self._ways, {}
        for row in rows:
            way = before.get(row["device_id"])
            # A device that is asked by one process after another must not take the second for the first again.
            serial = way.serial if way is not None else int(time.time()) & 0xFFFF
            if way is None or way.heard_at != row["heard_at"]:
                self._unshown.add(row["device_id"])
            found[row["device_id"]] = Way(row["topic"], bytes(row["address"]), bytes(row["centre"]), row["is_hex"],
                                          row["heard_at"], self._carry, serial)
            self._read_to = max(self._read_to, row["kept_at"])
        self._ways = found if is_all else before | found
        if self._ways.keys() - self._shown:
            self._next["beat"] = 0.0

    def _beat(self) -> None:
        """Show who is reached, as listeners show their links; only where somebody is."""
        if not (self._ways or self._is_asking or self._is_listed):
            return
        earliest = dt.datetime.now(dt.UTC) - self._reach
        self._ways = {device: way for device, way in self._ways.items() if way.heard_at > earliest}
        reached = self._ways.keys() if self.leads else set[int]()
        with self._db.connection() as connection:
            signs.beat(connection, self.listener, self._started, tcp_port=0, udp_port=0, links=len(reached))
            gone = self._shown - reached
            if gone:
                connection.execute(_q["hide"], {"listener": self.listener, "devices": sorted(gone)})
            fresh = (self._unshown & reached) | (reached - self._shown)
            if fresh:
                connection.execute(_q["show"], {"listener": self.listener, "devices": sorted(fresh)})
        self._shown, self._unshown, self._is_listed = set(reached), set(), True

    def _begin(self, order: Order) -> None:
        if not self.exchanges.begin(order, dt.datetime.now(dt.UTC)):
            self._requests.could_not_begin(order)

    def _way(self, device_id: int) -> Way | None:
        return self._ways.get(device_id) if self._is_connected() else None

    def _reaches(self, device_id: int) -> bool:
        return self.leads and self._way(device_id) is not None

    def _carry(self, topic: str, payload: bytes) -> None:
        # What nobody hears in time is sent again or given up: a clock set late would be set wrong.
        self._send(topic, payload, max(round(self.exchanges.seconds), 1))


def _tag() -> bytes:
    return tag_of(dt.datetime.now(dt.UTC))
