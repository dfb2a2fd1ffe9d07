"""An edge node that reports until it is stopped."""

from __future__ import annotations

import threading
import time

from simulators.sparkplug.session import EdgeSession
from simulators.sparkplug.traffic import EdgeTraffic

_ALARM_SECONDS = 10.0


class RunningEdge:
    """Reports every ``interval`` seconds; after ``alarm_after`` the first device's condition begins, and then ends."""

    def __init__(self, session: EdgeSession, traffic: EdgeTraffic, interval: float, alarm_after: float | None) -> None:
        self._session, self._traffic, self._interval, self._alarm_after = session, traffic, interval, alarm_after
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End :meth:`run`; safe from a signal handler."""
        self._stopped.set()

    def run(self, duration: float | None) -> int:
        """Report for ``duration`` seconds, or until stopped; returns how many reports were sent."""
        began = time.monotonic()
        due: list[tuple[float, bool]] = [] if self._alarm_after is None else [
            (self._alarm_after, True), (self._alarm_after + _ALARM_SECONDS, False)]
        reports, next_report = 0, 0.0
        self._session.open()
        try:
            while duration is None or time.monotonic() - began < duration:
                now = time.monotonic() - began
                while due and due[0][0] <= now:
                    name, values = self._traffic.alarm(active=due.pop(0)[1])
                    self._send(name, values)
                if next_report <= now:
                    self._send(*self._traffic.report())
                    reports, next_report = reports + 1, now + self._interval
                waits = [next_report - now, *(moment - now for moment, _ in due[:1]),
                         *([duration - now] if duration is not None else [])]
                if self._stopped.wait(max(min(waits), 0.005)):
                    break
        finally:
            self._session.close()
        return reports

    def _send(self, name: str, values: dict[str, float]) -> None:
        self._session.send(lambda node, now: node.data(name, values, now))
