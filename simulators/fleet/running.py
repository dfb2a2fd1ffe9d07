"""The fleet at work: paces the traffic, publishes it, writes the ledger, stops in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from simulators.errors import SimulatorError
from simulators.fleet.device import FleetDevice
from simulators.fleet.ledger import Ledger
from simulators.fleet.message import Message
from simulators.fleet.session import VendorSession
from simulators.fleet.traffic import Traffic

_TICK_SECONDS = .02
_PENDING_LIMIT = 20_000
"""Unacknowledged messages above which nothing new is made: a device's memory is small."""


@dataclass(frozen=True)
class Broker:
    """Where and how to connect. ``passwords`` by vendor; None: without a login. ``protocol``: ``5`` or ``3.1.1``."""

    host: str
    port: int
    protocol: str = "5"
    passwords: Mapping[str, str] | None = None


@dataclass
class Totals:
    """What a run came to."""

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    unacknowledged: int = 0
    reconnects: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def line(self) -> str:
        """All of it in one line."""
        faults = ", ".join(f"{name} {count}" for name, count in sorted(self.faults.items()) if count)
        return (f"sent {self.sent}, acknowledged {self.acknowledged}, refused {self.refused}, unacknowledged "
                f"{self.unacknowledged}, reconnects {self.reconnects}, in {self.seconds:.1f} s ({faults or 'nothing'})")


class Fleet:
    """Publishes ``traffic`` at ``rate`` messages a second until :meth:`stop` or the end of ``duration``."""

    def __init__(self, devices: Sequence[FleetDevice], traffic: Traffic, broker: Broker, ledger: Ledger, *,
                 rate: float, seed: int = 0, drain_seconds: float = 20.0) -> None:
        if not 0 < rate <= 100_000:
            raise SimulatorError(f"a rate of {rate} messages a second can't be used: say more than 0, at most 100000")
        self._traffic, self._ledger, self._rate, self._drain = traffic, ledger, rate, drain_seconds
        vendors = sorted({device.vendor for device in devices})
        missing = [vendor for vendor in vendors if broker.passwords is not None and vendor not in broker.passwords]
        if missing:
            raise SimulatorError(f"the logins have no password for {', '.join(missing)}")
        self._sessions = {vendor: VendorSession(
            vendor, broker.host, broker.port, protocol=broker.protocol,
            password=None if broker.passwords is None else broker.passwords[vendor],
            client_id=f"fleet-{vendor}-{seed}") for vendor in vendors}
        self._stop = threading.Event()
        self._totals = Totals()

    def stop(self) -> None:
        """Ask the run to end; safe in a signal handler."""
        self._stop.set()

    def run(self, duration: float | None = None, progress: Callable[[Totals], None] | None = None) -> Totals:
        """Publish, then wait for what is not acknowledged yet; the ledger is complete when this returns."""
        opened: list[VendorSession] = []
        try:
            for session in self._sessions.values():
                session.open()
                opened.append(session)
            started = time.monotonic()
            self._publish(started, duration, progress)
            self._wait_for_acks()
            self._totals.seconds = time.monotonic() - started
        finally:
            for session in opened:
                session.close()
            # A PUBACK may have come while the connections were being closed.
            self._collect()
            self._ledger.close()
        return self._summed()

    def _publish(self, started: float, duration: float | None, progress: Callable[[Totals], None] | None) -> None:
        owed, before, told = 0.0, started, started
        while not self._stop.is_set():
            now = time.monotonic()
            if duration is not None and now - started >= duration:
                return
            # What a stall kept back is not made up for in one burst: at most a second's worth is owed.
            owed, before = min(owed + (now - before) * self._rate, max(self._rate, 1.0)), now
            while owed >= 1.0 and self._pending() < _PENDING_LIMIT and not self._stop.is_set():
                messages = self._traffic.next(time.time_ns() // 1_000_000)
                for message in messages:
                    self._send(message)
                owed -= max(1, len(messages))
            self._collect()
            for session in self._sessions.values():
                session.answer()
            if progress is not None and now - told >= 10:
                progress(self._summed())
                told = now
            self._stop.wait(_TICK_SECONDS)

    def _send(self, message: Message) -> None:
        session = self._sessions[message.vendor]
        session.publish(message)
        self._totals.sent += 1
        if self._traffic.wants_disconnect:
            session.cut()

    def _pending(self) -> int:
        return sum(session.unacknowledged for session in self._sessions.values())

    def _collect(self) -> None:
        for session in self._sessions.values():
            for sent, acked_ms in session.acknowledged():
                self._ledger.write(sent.message, sent.sent_ms, acked_ms)
                self._totals.acknowledged += 1
        self._ledger.flush()

    def _wait_for_acks(self) -> None:
        end = time.monotonic() + self._drain
        while self._pending() and time.monotonic() < end:
            time.sleep(_TICK_SECONDS)
            self._collect()
        self._collect()

    def _summed(self) -> Totals:
        sessions = self._sessions.values()
        self._totals.refused = sum(session.refused for session in sessions)
        self._totals.unacknowledged = self._pending()
        self._totals.reconnects = sum(max(0, session.reconnects) for session in sessions)
        self._totals.faults = dict(self._traffic.made)
        return self._totals
