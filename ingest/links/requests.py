"""The books of what is asked of devices: what waits is claimed and begun, what happens is written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ingest.gbt26875 import Frame
from ingest.gbt26875.meaning import meaning
from ingest.links.exchanges import Exchanges, Order, Step
from ingest.links.verdicts import RELEASE, verdict
from ingest.vocabulary import vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, Queries
from store.database import Connection

_q = Queries(__file__)
_FINAL = frozenset({"answered", "denied", "unconfirmed", "unanswered"})
_EVENTS_OF = dt.timedelta(days=8)


class RequestBook:
    """Belongs to one thread. ``listener`` names the process in the database, ``reaches`` says whether it has a way to a
    device now, ``begin`` is told of each request that became its own. ``yields``: devices that a link reaches are left
    to that link.
    """

    def __init__(self, db: Database, book: RuleBook, exchanges: Exchanges, listener: str, *,
                 begin: Callable[[Order], None], reaches: Callable[[int], bool], yields: bool = False) -> None:
        self._db, self._book, self._exchanges, self._listener = db, book, exchanges, listener
        self._begin, self._reaches, self._yields = begin, reaches, yields
        self._refused_begins: list[int] = []

    def could_not_begin(self, order: Order) -> None:
        """A request that was claimed could not be sent: it waits again. From any thread."""
        self._refused_begins.append(order.request_id)

    def look(self, now: dt.datetime) -> bool:
        """Send what waits for a device of ours, and end what is over; whether any request of ours is still open."""
        orders: list[Order] = []
        is_asking = False
        with self._db.connection() as connection:
            while self._refused_begins:
                connection.execute(_q["release"], {"request": self._refused_begins.pop()})
            rows = connection.execute(_q["open"]).fetchall()
            if not rows:
                return False
            if any(row["kind"] == "duty_check" and row["sent_at"] is not None for row in rows):
                for row in connection.execute(_q["answered_duty"], {"earliest": now - _EVENTS_OF}).fetchall():
                    self._note(connection, row["request_id"], row["answered_at"], "answered", {})
            chosen: set[int] = set()
            for row in rows:
                device = row["device_id"]
                is_mine = row["listener"] == self._listener
                is_asking = is_asking or is_mine
                outcome = verdict(row, now, is_mine=is_mine, is_busy=device in self._exchanges)
                if outcome == RELEASE:
                    connection.execute(_q["release"], {"request": row["request_id"]})
                elif outcome is not None:
                    self._end(connection, row["request_id"], outcome, now, None)
                elif (row["state"] == "waiting" and device not in chosen and device not in self._exchanges
                      and self._reaches(device)):
                    chosen.add(device)
                    if connection.execute(_q["claim"], {"listener": self._listener, "request": row["request_id"],
                                                        "yields": self._yields}).fetchone():
                        orders.append(Order(row["request_id"], device, row["kind"], row["command"],
                                            bytes(row["unit"])))
        # After the commit: what is sent is ours whatever happens to this process.
        for order in orders:
            self._begin(order)
        return is_asking or bool(orders)

    def write_steps(self) -> None:
        """Write down what has happened since the last time."""
        steps = self._exchanges.steps
        if not steps:
            return
        taken = [steps.popleft() for _ in range(len(steps))]
        try:
            with self._db.connection() as connection:
                for step in taken:
                    self._write_step(connection, step)
        except BaseException:
            steps.extendleft(reversed(taken))
            raise

    def _write_step(self, connection: Connection, step: Step) -> None:
        if step.step in ("sent", "resent"):
            connection.execute(_q["sent"], {"request": step.request_id, "at": step.at})
        elif step.step == "confirmed":
            connection.execute(_q["confirmed"], {"request": step.request_id, "at": step.at})
        if step.step in _FINAL and not (step.step == "unconfirmed" and step.waits_on):
            answer = None
            if step.answer is not None:
                found = connection.execute(_q["device_settings"], {"request": step.request_id}).fetchone()
                words = vocabulary(self._book, legal_day(dt.datetime.now(dt.UTC)))
                settings = words.gbt.settings_of(orjson.loads(found["settings"]) if found else {})
                answer = orjson.dumps(meaning(Frame(step.answer), settings)).decode().replace("\\u0000", "")
            self._end(connection, step.request_id, step.step, step.at, answer, step.detail)
            return
        self._note(connection, step.request_id, step.at, step.step, step.detail)

    def _end(self, connection: Connection, request: int, state: str, at: dt.datetime, answer: str | None,
             detail: Mapping[str, Any] | None = None) -> None:
        if connection.execute(_q["ended"], {"request": request, "state": state, "at": at, "answer": answer}).fetchone():
            self._note(connection, request, at, state, detail or {})

    def _note(self, connection: Connection, request: int, at: dt.datetime, step: str,
              detail: Mapping[str, Any]) -> None:
        connection.execute(_q["note"], {"request": request, "at": at, "step": step,
                                        "detail": orjson.dumps(dict(detail)).decode()})
