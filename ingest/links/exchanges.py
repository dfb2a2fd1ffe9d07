"""What the centre has sent and waits for: sent again after the time limit, given up after the last. No database.

One exchange at a time with a device: a device that never counts its serial numbers could not tell us which it answers.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from ingest.gbt26875.downstream import is_duty_answer
from ingest.gbt26875.frames import Frame, frame_bytes
from ingest.gbt26875.tables import ANSWER, CONFIRM, CONTROL, DENY, SEND_DATA
from ingest.links.kinds import DUTY_CHECK, SET_CLOCK

_AFTER_A_DENY: Final = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """A request to send: its row in ``gbt_requests``."""

    request_id: int
    device_id: int
    kind: str
    command: int
    unit: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened with a request: a line of its history, and for some a new state."""

    request_id: int
    step: str
    at: dt.datetime
    detail: dict[str, Any] = field(default_factory=dict)
    #: The frame that answered.
    answer: bytes | None = None
    #: A duty check that no device confirmed is not over: the person may still press the key.
    waits_on: bool = False


class Way(Protocol):
    """What can carry a frame to a device."""

    serial: int
    address: bytes
    centre: bytes
    shown: str

    def send(self, data: bytes) -> None: ...


@dataclass(slots=True)
class _Exchange:
    order: Order
    serial: int
    sends: int
    next_at: float
    is_denied: bool = False
    is_confirmed: bool = False


class Exchanges:
    """The exchanges in progress. ``now`` is of the steady clock, ``at`` of the wall's.

    ``way`` finds what reaches a device now. Steps are gathered in :attr:`steps` for whoever writes them down.
    """

    def __init__(self, way: Callable[[int], Way | None], tag: Callable[[], bytes], now: Callable[[], float], *,
                 seconds: float = 10.0, resends: int = 3) -> None:
        self._way, self._tag, self._now = way, tag, now
        self.seconds, self.resends = seconds, resends
        self._open: dict[int, _Exchange] = {}
        self.steps: deque[Step] = deque()
        #: Devices that were heard on a new link: what waits for them can be sent.
        self.appeared_devices: set[int] = set()

    def __contains__(self, device_id: int) -> bool:
        return device_id in self._open

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[int]:
        return iter(self._open)

    def begin(self, wanted: Order, at: dt.datetime) -> bool:
        """Send a request for the first time; False where the device can't be reached or is still busy with another."""
        way = self._way(wanted.device_id)
        if way is None or wanted.device_id in self._open:
            return False
        serial, way.serial = way.serial, (way.serial + 1) & 0xFFFF
        self._open[wanted.device_id] = exchange = _Exchange(wanted, serial, 0, 0.0)
        self._send(exchange, way, at)
        return True

    def appeared(self, device_id: int) -> None:
        """A device was heard on a new link."""
        self.appeared_devices.add(device_id)

    def replied(self, device_id: int, raw: bytes, at: dt.datetime) -> None:
        """A frame of the device that may end its exchange."""
        exchange = self._open.get(device_id)
        if exchange is None:
            return
        wanted, command = exchange.order, raw[26]
        differs = {} if raw[2] | raw[3] << 8 == exchange.serial else {"serial": raw[2] | raw[3] << 8}
        if command == CONFIRM:
            if wanted.command == CONTROL:
                self._end(device_id, "confirmed", at, differs)
            elif not exchange.is_confirmed:
                # Not what the standard wants, but the device has understood: the answer is on its way.
                exchange.is_confirmed = True
                exchange.next_at = self._now() + self.seconds
        elif command == DENY:
            if not differs and not exchange.is_denied:
                exchange.is_denied = True
                exchange.next_at = min(exchange.next_at, self._now() + _AFTER_A_DENY)
                self.steps.append(Step(wanted.request_id, "deny", at))
        elif wanted.command == CONTROL:
            if wanted.kind == DUTY_CHECK and is_duty_answer(Frame(raw)):
                self._end(device_id, "confirmed", at, {"by": "answer"})
        elif raw[27:28] == bytes([wanted.unit[0] - 60]) and (
                command == ANSWER or (command == SEND_DATA and (exchange.is_confirmed or not differs))):
            self._end(device_id, "answered", at, differs, raw)

    def sweep(self, now: float, at: dt.datetime) -> None:
        """Send again what was not answered in time; give up after the last time."""
        for device_id, exchange in list(self._open.items()):
            if exchange.next_at > now:
                continue
            way = self._way(device_id)
            if exchange.sends <= self.resends and not exchange.is_confirmed:
                if way is not None:
                    self._send(exchange, way, at)
                else:
                    exchange.sends += 1
                    exchange.next_at = now + self.seconds
                    self.steps.append(Step(exchange.order.request_id, "no_link", at))
            else:
                failure = ("denied" if exchange.is_denied else
                           "unconfirmed" if exchange.order.command == CONTROL else "unanswered")
                self._end(device_id, failure, at, {})

    def _send(self, exchange: _Exchange, way: Way, at: dt.datetime) -> None:
        wanted = exchange.order
        unit = wanted.unit
        if wanted.kind == SET_CLOCK:
            unit = unit[:2] + self._tag()  # the time at which it is sent, not at which it was asked for
        way.send(frame_bytes(serial=exchange.serial, command=wanted.command, unit=unit, sent=self._tag(),
                             source=way.centre, destination=way.address))
        exchange.sends += 1
        exchange.is_denied = False
        exchange.next_at = self._now() + self.seconds
        self.steps.append(Step(wanted.request_id, "sent" if exchange.sends == 1 else "resent", at,
                               {"serial": exchange.serial, "peer": way.shown}))

    def _end(self, device_id: int, step: str, at: dt.datetime, detail: dict[str, Any],
             answer: bytes | None = None) -> None:
        exchange = self._open.pop(device_id)
        self.steps.append(Step(exchange.order.request_id, step, at, detail, answer, exchange.order.kind == DUTY_CHECK))
        self.appeared_devices.add(device_id)  # free for the next
