"""The lanes of a process that is alone: one brings everything, one alarms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ingest.lane import Lane
from ingest.options import IngestOptions
from ingest.session import SessionOptions
from ingest.writer import Fence

#: The session for alarms has the client id of the other with this behind it.
ALARMS_SUFFIX: Final = "-alarms"
#: Makes a lane of a session; the fence is asked before anything of it is stored.
Make = Callable[[SessionOptions, Fence | None], Lane]


class Lanes:
    """``own`` brings everything, ``alarms`` alarms alone; None where there is no such lane, or not now."""

    def __init__(self, options: IngestOptions, make: Make) -> None:
        self._options, self._make = options, make
        self.own: Lane | None = None
        self.alarms: Lane | None = None
        self._begin()

    def _begin(self) -> None:
        # Before anything is started: a setting that can't be used is told at once.
        name = self._options.client_id
        self.own = self._make(self._options.everything(name), None)
        if self._options.alarms_apart:
            self.alarms = self._make(self._options.alarms(name + ALARMS_SUFFIX), None)

    def all(self) -> list[Lane]:
        """The lanes at work."""
        return [lane for lane in (self.own, self.alarms) if lane]

    @property
    def ready(self) -> bool:
        """Whether messages flow and are stored."""
        return self.own is not None and all(lane.ready for lane in self.all())

    @property
    def is_subscribed(self) -> bool:
        """Whether the broker hears us."""
        return self.own is not None and all(lane.session.is_subscribed for lane in self.all())

    def start(self) -> None:
        for lane in self.all():
            lane.start()

    def step(self) -> None:
        """What is due now and then; raises what ended the work of a lane."""
        for lane in self.all():
            lane.check()

    def leave(self, before_goodbye: Callable[[], None]) -> None:
        """Before :meth:`end`, when the process is told to stop: hand over what others can take."""

    def end(self, before_goodbye: Callable[[], None]) -> None:
        """Store and acknowledge what is in hand, call ``before_goodbye``, end. Raises what ended the work of a lane."""
        lanes = self.all()
        for lane in lanes:
            lane.begin_stop()
        for lane in lanes:
            lane.finish_storing()
        before_goodbye()
        for lane in lanes:
            lane.say_goodbye()
        for lane in lanes:
            lane.check_crash()
