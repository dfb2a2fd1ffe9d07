"""What one transmission device says over its link, and what it answers the centre. Pure: every moment is passed in.

Moments are seconds since 1970. A device has a clock of its own, which may be wrong until the centre sets it.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from typing import Final

from simulators.errors import SimulatorError
from simulators.fleet import dialects
from simulators.fleet.behaviour import DeviceState
from simulators.fleet.device import FleetDevice
from simulators.fleet.gbt26875 import CONFIRM, SEND_DATA
from simulators.fleet.post import replies

_HEARTBEAT_SECONDS: Final = 30.0
_REPORT_SECONDS: Final = 180.0
#: Between two conditions that begin, on average.
_EVENT_SECONDS: Final = 1800.0
_SET_CLOCK: Final = 90
_CONTROL: Final = 1
#: GB/T 26875.3-2011, 8: what is not confirmed within 10 s is sent again, three times at most.
RESEND_SECONDS: Final = 10.0
RESENDS: Final = 3
#: A device's memory is small: while there is no link it keeps the newest.
_MOST_KEPT: Final = 500


class TransmissionDevice:
    """One device of the register that has ``address``, the source address of its frames as a number.

    ``clock_off``: how many seconds its clock is ahead (below 0: behind). ``pace`` divides all its intervals.
    """

    def __init__(self, device: FleetDevice, seed: int, now: float, *, clock_off: float = 0.0,
                 pace: float = 1.0) -> None:
        if device.kind != "uitd":
            raise SimulatorError(f"{device.vendor}/{device.device_no} is a {device.kind}, not a transmission device "
                                 "(uitd): only those have links")
        self.device, self.clock_off = device, clock_off
        self._state, self._pace = DeviceState.of(device, seed), pace
        self._topic = dialects.topic(device, "gbt26875")
        self._sent: dict[int, tuple[bytes, float, int]] = {}
        self._due: list[tuple[float, int, str, str, str]] = []
        self._number = 0
        rng = self._state.rng
        self._later(now + rng.random() * _HEARTBEAT_SECONDS / pace, "heartbeat")
        self._later(now + rng.random() * _REPORT_SECONDS / pace, "report")
        self._later(now + rng.expovariate(1.0) * _EVENT_SECONDS / pace, "event")

    @property
    def address(self) -> int:
        """What the device goes by in the register: ``gbt26875.address``."""
        return dialects.address(self.device)

    @property
    def next_at(self) -> float:
        """When :meth:`due` has something to say at the latest."""
        resend = min((at + RESEND_SECONDS for _, at, _ in self._sent.values()), default=float("inf"))
        return min(self._due[0][0], resend)

    @property
    def gave_up(self) -> bool:
        """Whether something was sent as often as the standard has it and not confirmed: the link is taken for dead."""
        return any(tries > RESENDS for _, _, tries in self._sent.values())

    def connected(self, now: float) -> list[bytes]:
        """What is said on a new link: that it is there, and what was not confirmed on the one before."""
        waiting = [raw for raw, _, _ in self._sent.values()]
        self._sent = {serial: (raw, now, 0) for serial, (raw, _, _) in self._sent.items()}
        return [self._heartbeat(now), *waiting]

    def due(self, now: float, *, is_linked: bool = True) -> list[bytes]:
        """What is to be sent by now; without a link what happens is kept for the next one."""
        said: list[bytes] = []
        while self._due[0][0] <= now:
            _, _, what, kind, point = heapq.heappop(self._due)
            said += self._say(what, kind, point, now)
        for serial, (raw, at, tries) in self._sent.items():
            if is_linked and now - at >= RESEND_SECONDS:
                self._sent[serial] = raw, now, tries + 1
                if tries < RESENDS:
                    said.append(raw)
        return said if is_linked else []

    def hear(self, raw: bytes, now: float) -> list[bytes]:
        """What is answered at once to a frame of the centre; what takes a person comes with :meth:`due`."""
        if raw[26] == CONFIRM:
            self._sent.pop(int.from_bytes(raw[2:4], "little"), None)
            return []
        if raw[26] == _CONTROL and raw[27:28] == bytes([_SET_CLOCK]):
            self.clock_off = 0.0
        said = []
        for reply in replies(f"{self._topic}/down", raw, self._moment(now)):
            if reply.after:
                self._later(now + reply.after, "key", reply.payload.hex())
            else:
                said.append(reply.payload)
        return said

    def _say(self, what: str, kind: str, point: str, now: float) -> Iterator[bytes]:
        state, rng = self._state, self._state.rng
        ms = int(self._moment(now).timestamp() * 1000)
        if what == "heartbeat":
            self._later(now + _HEARTBEAT_SECONDS / self._pace, "heartbeat")
            yield self._heartbeat(now)
        elif what == "report":
            self._later(now + _REPORT_SECONDS / self._pace, "report")
            yield from self._kept(dialects.frame_telemetry(state, ms, state.measure()).payload, now)
        elif what == "event":
            self._later(now + rng.expovariate(1.0) * _EVENT_SECONDS / self._pace, "event")
            begun, where, seconds = state.event()
            if (begun, where) not in state.conditions:
                state.conditions.add((begun, where))
                self._later(now + seconds + 1, "over", begun, where)
                yield from self._kept(dialects.frame_event(state, begun, where, active=True, now_ms=ms).payload, now)
        elif what == "over":
            state.conditions.discard((kind, point))
            yield from self._kept(dialects.frame_event(state, kind, point, active=False, now_ms=ms).payload, now)
        else:
            yield from self._kept(bytes.fromhex(kind), now)

    def _heartbeat(self, now: float) -> bytes:
        # Confirmed too, but nothing is lost with one: it is not said again.
        return dialects.frame(self._state, self._moment(now))

    def _kept(self, payload: bytes, now: float) -> Iterator[bytes]:
        """The frames of a payload, each kept until it is confirmed."""
        frames, _ = split(payload if payload.startswith(b"@@") else bytes.fromhex(payload.decode("ascii")))
        for raw in frames:
            if raw[26] == SEND_DATA:
                while len(self._sent) >= _MOST_KEPT:
                    del self._sent[next(iter(self._sent))]
                self._sent[int.from_bytes(raw[2:4], "little")] = raw, now, 0
            yield raw

    def _later(self, at: float, what: str, kind: str = "", point: str = "") -> None:
        self._number += 1
        heapq.heappush(self._due, (at, self._number, what, kind, point))

    def _moment(self, now: float) -> dt.datetime:
        return dt.datetime.fromtimestamp(now + self.clock_off, dt.UTC)


def split(stream: bytes) -> tuple[list[bytes], bytes]:
    """The whole frames at the start of a stream, and the rest; what is none is passed over."""
    frames: list[bytes] = []
    while (start := stream.find(b"@@")) >= 0:
        stream = stream[start:]
        size = 30 + int.from_bytes(stream[24:26], "little") if len(stream) >= 27 else 30
        if len(stream) < size:
            return frames, stream
        if stream[size - 2:size] == b"##":
            frames.append(stream[:size])
            stream = stream[size:]
        else:
            stream = stream[1:]
    return frames, stream[-1:] if stream.endswith(b"@") else b""
