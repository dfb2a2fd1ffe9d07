"""Which sessions of a shared group have somebody who reads them, and what becomes of the others.

A broker deals the messages of a shared subscription to all its sessions, also to one whose process was killed or
stopped for good: its share, fires among them, would wait there until the session ends after weeks. So each process
holds a seat, a client id with a lock in the database that goes with its connection; a seat without a holder is taken
over by a living process after a moment, its subscription given up and what the broker still holds for it stored; then
the broker is told to forget it.

Alarms are not dealt out. The group has one session for them, which one process reads at a time; when that ends another
takes it over within a second and goes on where it was. It shares nothing, since Mosquitto forgets shared subscriptions
when it is started again, until their members are back.

The lock says who is alive, the row of the seat who may store: whoever takes a seat over writes its name there, and a
process that only seemed dead is refused with its next batch (:class:`~ingest.errors.SeatLostError`).
"""

from __future__ import annotations

import datetime as dt
import queue
import secrets
import threading
import time
from dataclasses import dataclass
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from ingest.errors import SeatLostError
from ingest.writer import Fence
from store import Database, Queries
from store.database import Connection, session_options
from store.locks import held_among, lock_for_transaction, try_lock_for_session, unlock_session

_log = structlog.get_logger(__name__)
_q = Queries(__file__)
_MOST_SEATS: Final = 99
_TICK: Final = 0.5
#: A process that is started again, or that has lost the database for a moment, comes back within this time.
_ABANDONED_AFTER: Final = 5.0
#: Who lets go of the alarms leaves them to others for so long.
_OTHERS_FIRST: Final = 2.0
#: A broker that is killed knows again what it had saved: a session that was ended may be there once more. Several
#: times the interval of Mosquitto.
_SETTLED_AFTER: Final = dt.timedelta(seconds=60)
#: Within so many seconds the server must notice that a cut network has taken this process away, and the process itself.
_CUT_OFF_AFTER: Final = 6
_WATCH: Final = "-c lock_timeout=5000 -c statement_timeout=10000"
_OWN_WATCH: Final = {"connect_timeout": "10", "keepalives_idle": "3", "keepalives_interval": "1",
                     "keepalives_count": "3", "tcp_user_timeout": "6000"}


@dataclass(frozen=True)
class Change:
    """``taken``: this process's own seat; ``alarms``: it reads the group's alarms from now on; ``lost``: a session
    that it had is another's now; ``abandoned``: a session to be ended here."""

    what: str
    client_id: str


class Seats:
    """Runs in a thread of its own; what changes is told by :attr:`changes`, for one reader."""

    def __init__(self, db: Database, client_id: str, share: str, alarms: str = "") -> None:
        """``alarms``: what the session for alarms is called where the group has none yet; empty: it has none."""
        self._db, self._base, self._share, self._alarms = db, client_id, share, alarms
        self.holder = secrets.token_hex(8)
        self.changes: queue.SimpleQueue[Change] = queue.SimpleQueue()
        self._own = self._post = ""
        self._given_up: set[str] = set()
        self._no_post_before = 0.0
        self._ending: set[str] = set()
        #: Seats that were ended or are not there any more, by whether the session was found.
        self._finished: queue.SimpleQueue[tuple[str, bool]] = queue.SimpleQueue()
        self._free_since: dict[str, float] = {}
        #: Told from outside: whether the broker hears this process, and whether it stores what comes.
        self.is_connected = self.may_end_others = False
        #: Told from outside: the seat whose subscription the broker has confirmed.
        self.subscribed_as = ""
        # Guards that no seat is written down as staying after its process has begun to leave.
        self._standing = threading.Lock()
        self._stays = self._is_leaving = False
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seats", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the locks go; the rows stay, so that others see what is abandoned."""
        self._is_stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def fence(self, client_id: str) -> Fence:
        """What refuses to store in a transaction once the seat is another's."""
        def ask(connection: Connection) -> None:
            if not connection.execute(_q["holds"], {"client": client_id, "holder": self.holder}).fetchall():
                raise SeatLostError(f"another process has taken over the session {client_id}")
        return ask

    def give_up(self, client_id: str) -> None:
        """Let go of a session of ours: it is another's, or another reads it better. A seat is followed by a new one."""
        self._given_up.add(client_id)

    def finished(self, client_id: str, *, was_there: bool) -> None:
        """The session of an abandoned seat holds nothing any more; ``was_there``: the broker knew it."""
        self._finished.put((client_id, was_there))

    def may_leave(self) -> bool:
        """Whether another process of the group stays: the last one must not give up its subscription.

        Asked by those who stop, one after the other: whoever is told yes is not counted by the next.
        """
        with self._standing:
            self._is_leaving = True
        with self._db.connection() as connection:
            lock_for_transaction(connection, f"huoyan ingest leaving {self._share}")
            rows = connection.execute(_q["seats"], {"share": self._share, "settled": _SETTLED_AFTER}).fetchall()
            others = {_lock(row["client_id"]) for row in rows
                      if row["client_id"] not in {self._own, *self._ending} and not row["leaving"]}
            if not held_among(connection, others):
                return False
            connection.execute(_q["leave"], {"client": self._own, "holder": self.holder})
            return True

    def left(self) -> None:
        """Our own session was ended, after :meth:`may_leave`."""
        with self._db.connection() as connection:
            connection.execute(_q["end"], {"client": self._own, "holder": self.holder})

    # The thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_told = False
        while not self._is_stopping.is_set():
            try:
                with psycopg.connect(self._address(), autocommit=True, row_factory=dict_row) as connection:
                    self._sit_down(connection)
                    is_told = False
                    while not self._is_stopping.wait(_TICK):
                        self._round(connection)
            except Exception as error:  # also a mistake of ours: without this thread a dead member's share waits
                if not is_told:
                    _log.error("the seats of the group can't be seen for now, trying again",
                               reason=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
                    is_told = True
                self._is_stopping.wait(_TICK)

    def _address(self) -> str:
        return make_conninfo(self._db.dsn, application_name="huoyan-ingest-seats", **_OWN_WATCH,
                             options=f"{session_options(self._db.dsn, _CUT_OFF_AFTER)} {_WATCH}")

    def _sit_down(self, connection: Connection) -> None:
        """Hold the locks again that went with the last connection, or a new seat where ours has been taken over."""
        self._free_since = {}
        for client_id in [one for one in (self._own, self._post, *self._ending) if one]:
            if not try_lock_for_session(connection, _lock(client_id)):
                self._forget(client_id)
                self.changes.put(Change("lost", client_id))
        if not self._own:
            self._own = self._free_seat(connection)
            self.changes.put(Change("taken", self._own))

    def _forget(self, client_id: str) -> None:
        self._ending.discard(client_id)
        self._stays = self._stays and client_id != self._own
        self._own = "" if client_id == self._own else self._own
        self._post = "" if client_id == self._post else self._post

    def _free_seat(self, connection: Connection) -> str:
        while not self._is_stopping.is_set():
            for number in range(1, _MOST_SEATS + 1):
                client_id = self._base if number == 1 else f"{self._base}.{number}"
                if client_id not in self._ending and try_lock_for_session(connection, _lock(client_id)):
                    connection.execute(_q["take"], {"client": client_id, "share": self._share, "holder": self.holder})
                    return client_id
            _log.error("all seats of the group are taken", share=self._share, seats=_MOST_SEATS)
            self._is_stopping.wait(_ABANDONED_AFTER)
        return ""

    def _round(self, connection: Connection) -> None:
        self._write_finished(connection)
        while self._given_up:
            client_id = self._given_up.pop()
            if client_id in (self._own, self._post, *self._ending):
                # First: where the connection ends here the lock goes with it, and must not be asked for again.
                self._forget(client_id)
                self._no_post_before = time.monotonic() + _OTHERS_FIRST
                unlock_session(connection, _lock(client_id))
        if not self._own:
            self._own = self._free_seat(connection)
            self.changes.put(Change("taken", self._own))
        self._stay(connection)
        if self._alarms and not self._post and self.is_connected and time.monotonic() >= self._no_post_before:
            self._read_alarms(connection)
        if not self.may_end_others:
            self._free_since = {}
            return
        rows = connection.execute(_q["seats"], {"share": self._share, "settled": _SETTLED_AFTER}).fetchall()
        held = held_among(connection, {_lock(row["client_id"]) for row in rows})
        now = time.monotonic()
        free = {row["client_id"] for row in rows
                if _lock(row["client_id"]) not in held and (row["is_settled"] or not row["is_ended"])}
        self._free_since = {client_id: self._free_since.get(client_id, now) for client_id in free}
        for client_id, since in self._free_since.items():
            if now - since >= _ABANDONED_AFTER and try_lock_for_session(connection, _lock(client_id)):
                if connection.execute(_q["reach_for"], {"client": client_id, "share": self._share,
                                                        "holder": self.holder}).fetchone() is None:
                    unlock_session(connection, _lock(client_id))
                    continue
                self._ending.add(client_id)
                self.changes.put(Change("abandoned", client_id))

    def _stay(self, connection: Connection) -> None:
        """Let others count on this process: not before the broker has confirmed that it gives it messages."""
        with self._standing:
            if self._own and self.subscribed_as == self._own and not self._stays and not self._is_leaving:
                connection.execute(_q["stay"], {"client": self._own, "holder": self.holder})
                self._stays = True

    def _read_alarms(self, connection: Connection) -> None:
        row = connection.execute(_q["alone"], {"client": self._alarms, "share": self._share}).fetchone()
        # None: another group has it, which may be gone; or another process has named it in this moment.
        client_id = self._alarms if row is None else row["client_id"]
        if not try_lock_for_session(connection, _lock(client_id)):
            return
        # It may wait for the last batch of the one before, and in vain: held by us is what is written down.
        if connection.execute(_q["hold_alone"], {"client": client_id, "share": self._share,
                                                 "holder": self.holder}).fetchone() is None:
            unlock_session(connection, _lock(client_id))
            return
        self._post = client_id
        self.changes.put(Change("alarms", client_id))

    def _write_finished(self, connection: Connection) -> None:
        while not self._finished.empty():
            client_id, was_there = self._finished.get()
            if client_id in self._ending:
                # First: where the connection ends here another looks at the session again.
                self._ending.discard(client_id)
                connection.execute(_q["end" if was_there else "forget"], {"client": client_id, "holder": self.holder})
                unlock_session(connection, _lock(client_id))


def known_shares(db: Database) -> tuple[str, ...]:
    """The groups that sessions of ingest have been in, by name."""
    return tuple(sorted(row["share"] for row in db.rows(_q["shares"])))


def _lock(client_id: str) -> str:
    return f"huoyan ingest session {client_id}"
