"""The lanes of a process that shares a subscription with others: they follow the seats it holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psycopg
import structlog

from ingest.lane import Lane
from ingest.lanes import ALARMS_SUFFIX, Lanes, Make
from ingest.options import IngestOptions
from ingest.seats import Change, Seats
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
_LOOK: Final = 0.05
#: A broker that has nothing more for a session has said nothing for so long; what it holds for one that was away comes
#: at once, and what is ended too early is lost.
_DRAINED_AFTER: Final = 5.0
_LEFT_AFTER: Final = 3.0
#: On a stop, how long we wait for what the broker still holds for a session we leave; then another process takes it.
_LEAVE_PATIENCE: Final = 15.0
#: Whoever reads a group's alarms and can't reach the broker for so long lets another process try.
_CUT_OFF_AFTER: Final = 5.0


class GroupLanes(Lanes):
    """``ending`` are lanes of sessions that nobody came back to."""

    def __init__(self, options: IngestOptions, make: Make, db: Database) -> None:
        self.ending: dict[str, Lane] = {}
        super().__init__(options, make)
        self._seats = Seats(db, options.client_id, options.share,
                            options.client_id + ALARMS_SUFFIX if options.alarms_apart else "")
        self._alarms_heard = 0.0

    def _begin(self) -> None:
        """Lanes come with seats."""

    def all(self) -> list[Lane]:
        return [*super().all(), *self.ending.values()]

    @property
    def ready(self) -> bool:
        return self.own is not None and all(lane.ready for lane in super().all())

    def start(self) -> None:
        self._seats.start()

    def step(self) -> None:
        while not self._seats.changes.empty():
            self._change(self._seats.changes.get())
        super().step()
        for lane in self.all():
            if lane.is_lost:
                self._let_go(lane)
                self._seats.give_up(lane.client_id)
        is_subscribed = self.own is not None and self.own.session.is_subscribed
        self._seats.is_connected, self._seats.may_end_others = is_subscribed, self.ready
        self._seats.subscribed_as = self.own.client_id if self.own is not None and is_subscribed else ""
        self._watch_alarms()
        self._end_what_is_drained()

    def leave(self, before_goodbye: Callable[[], None]) -> None:
        try:
            if self.own is None or not self.own.ready or not self._seats.may_leave():
                return
            self.own.session.leave()
            until = time.monotonic() + _LEAVE_PATIENCE
            while not (is_drained := self.own.is_drained(_LEFT_AFTER)) and time.monotonic() < until:
                time.sleep(_LOOK)
            if is_drained:
                self.own.stop(forever=True, before_goodbye=before_goodbye)
                self.own = None
                self._seats.left()
        except (psycopg.Error, HuoyanError) as error:
            _log.warning("the group could not be left in good order: another process will end our session",
                         reason=" ".join(str(error).split())[:200])

    def end(self, before_goodbye: Callable[[], None]) -> None:
        try:
            super().end(before_goodbye)
        finally:
            self._seats.stop()

    def _change(self, change: Change) -> None:
        client_id, share, fence = change.client_id, self._options.share, self._seats.fence(change.client_id)
        match change.what:
            case "lost":
                for lane in self.all():
                    if lane.client_id == client_id:
                        self._let_go(lane)
            case "taken":
                _log.info("this process has a seat in its group", client_id=client_id, share=share)
                self.own = self._make(self._options.everything(client_id), fence)
                self.own.start()
            case "alarms":
                _log.info("this process reads the alarms of its group", client_id=client_id, share=share)
                self.alarms = self._make(self._options.alarms(client_id), fence)
                self.alarms.start()
                self._alarms_heard = time.monotonic()
            case "abandoned":
                _log.warning("nobody reads this session any more: storing what the broker holds for it, then ending it",
                             client_id=client_id, share=share)
                self.ending[client_id] = self._make(self._options.everything(client_id, leaves=True), fence)
                self.ending[client_id].start()

    def _let_go(self, lane: Lane) -> None:
        lane.stop()
        self.own = None if lane is self.own else self.own
        self.alarms = None if lane is self.alarms else self.alarms
        self.ending = {client_id: one for client_id, one in self.ending.items() if one is not lane}

    def _watch_alarms(self) -> None:
        if self.alarms is None or self.alarms.session.is_subscribed:
            self._alarms_heard = time.monotonic()
        elif time.monotonic() - self._alarms_heard > _CUT_OFF_AFTER:
            client_id = self.alarms.client_id
            _log.warning("the broker can't be reached: others of the group may read its alarms", client_id=client_id)
            self._let_go(self.alarms)
            self._seats.give_up(client_id)

    def _end_what_is_drained(self) -> None:
        for client_id, lane in list(self.ending.items()):
            if lane.is_drained(_DRAINED_AFTER):
                lane.stop(forever=True)
                del self.ending[client_id]
                self._seats.finished(client_id, was_there=lane.session.was_present)
