"""What a fleet says next: pure but for its own seeded state, time is an argument.

Devices take turns by how often their kind reports: a mains device every few minutes, a battery device every few hours.
A rate above what that needs makes everything report sooner in the same proportion, a lower one later.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from simulators.fleet import dialects, spoiling
from simulators.fleet.behaviour import DeviceState
from simulators.fleet.device import FleetDevice
from simulators.fleet.dialects import Wire
from simulators.fleet.faults import CLOCKS, FaultChances
from simulators.fleet.message import ANY, STORED, Message

INTERVAL_S = {"uitd": 180, "electrical": 600, "gas": 900, "smoke": 14_400, "water_pressure": 7_200,
              "water_level": 7_200}
_GATEWAY_DEVICES = 4
_STORED_UP = .3
"""Share of the ``list`` dialect's messages that bring what the device has stored up since the last one."""
_NO_TIME = .12
"""Share of the ``frames`` dialect's reports without a time of their own."""


class Traffic:
    """The messages of a fleet, one after the other; the same seed, devices and moments give the same messages."""

    def __init__(self, devices: Sequence[FleetDevice], seed: int, faults: FaultChances, *, start_ms: int,
                 events_per_minute: float = 2.0) -> None:
        self._rng = random.Random(f"fleet/{seed}")
        self._faults = faults
        self._states = [DeviceState.of(device, seed) for device in devices]
        self._event_gap_ms = 60_000 / events_per_minute if events_per_minute > 0 else None
        self._next_event_ms = start_ms + self._gap()
        self._turns: list[tuple[float, int]] = []
        self._due: list[tuple[int, int, str, str]] = []
        """Restores to come: (ms, device, kind, point); kind ``back``: a silent device speaks again."""
        self._key = 0
        self.made: Counter[str] = Counter()
        """Messages by fault, and ``clean``."""
        self._gateways: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        self._gateway_of: dict[int, list[int]] = {}
        self._silent: set[int] = set()
        for index, state in enumerate(self._states):
            self._enter(index, state, start_ms)

    def _enter(self, index: int, state: DeviceState, start_ms: int) -> None:
        device = state.device
        heapq.heappush(self._turns, (self._rng.random() * INTERVAL_S[device.kind], index))
        if dialects.dialect_of(device.vendor) == "gateway":
            behind = next((group for (vendor, _), group in reversed(self._gateways.items())
                           if vendor == device.vendor and len(group) < _GATEWAY_DEVICES), None)
            if behind is None:
                behind = self._gateways[device.vendor, index]
            behind.append(index)
            self._gateway_of[index] = behind
        if device.health == "offline":
            self._silent.add(index)
            heapq.heappush(self._due, (start_ms + self._rng.randint(20, 600) * 60_000, index, "back", ""))
        for kind, point in sorted(state.conditions):
            heapq.heappush(self._due, (start_ms + self._rng.randint(5, 300) * 60_000, index, kind, point))

    def next(self, now_ms: int) -> list[Message]:
        """The next thing that happens: usually one message, several in a storm, none where every device is silent."""
        if self._due and self._due[0][0] <= now_ms:
            return self._over(now_ms)
        if self._event_gap_ms is not None and now_ms >= self._next_event_ms:
            self._next_event_ms += self._gap()
            return self._event(self._rng.randrange(len(self._states)), now_ms)
        if self._rng.random() < self._faults.storm:
            return self._storm(now_ms)
        return self._report(now_ms)

    @property
    def wants_disconnect(self) -> bool:
        """Whether the connection should be cut now (asked once for each message)."""
        return self._rng.random() < self._faults.disconnect

    def _gap(self) -> int:
        return 0 if self._event_gap_ms is None else int(self._rng.expovariate(1 / self._event_gap_ms)) + 1

    # -- what happens ------------------------------------------------------------------------------------------------

    def _over(self, now_ms: int) -> list[Message]:
        _, index, kind, point = heapq.heappop(self._due)
        if kind == "back":
            self._silent.discard(index)
            return []
        state = self._states[index]
        known_by_json = (kind, point) in set(state.device.open)
        state.conditions.discard((kind, point))
        return [self._message(state, self._event_wire(state, kind, point, now_ms, active=False, json=known_by_json))]

    def _event(self, index: int, now_ms: int) -> list[Message]:
        state = self._states[index]
        kind, point, seconds = state.event()
        if index in self._silent or (kind, point) in state.conditions:
            return []
        state.conditions.add((kind, point))
        heapq.heappush(self._due, (now_ms + int(seconds * 1000) + 1000, index, kind, point))
        return self._spoiled(state, self._event_wire(state, kind, point, now_ms, active=True))

    def _storm(self, now_ms: int) -> list[Message]:
        """A loop goes wild: one panel link reports dozens of points within a second."""
        panels = [index for index, state in enumerate(self._states)
                  if state.device.kind == "uitd" and index not in self._silent]
        if not panels:
            return self._report(now_ms)
        index = self._rng.choice(panels)
        state, loop = self._states[index], self._rng.randint(1, 4)
        messages: list[Message] = []
        for number in self._rng.sample(range(1, 200), self._rng.randint(20, 60)):
            kind, point = self._rng.choice(("fire_alarm", "fault")), f"{loop}-{number}"
            if (kind, point) not in state.conditions:
                state.conditions.add((kind, point))
                heapq.heappush(self._due, (now_ms + self._rng.randint(60, 900) * 1000, index, kind, point))
                wire = self._event_wire(state, kind, point, now_ms + len(messages), active=True)
                messages.append(self._message(state, wire, "storm"))
        return messages

    def _report(self, now_ms: int) -> list[Message]:
        for _ in range(len(self._turns)):
            turn, index = self._turns[0]
            heapq.heapreplace(self._turns, (turn + INTERVAL_S[self._states[index].device.kind], index))
            if index not in self._silent:
                break
        else:
            return []
        state = self._states[index]
        if self._rng.random() < self._faults.garbage:
            wire = spoiling.garbage(self._rng, state, now_ms)
            return [self._message(state, wire, "garbage", ANY)]
        if self._rng.random() < self._faults.clock:
            return [self._message(state, self._wrong_clock(state, now_ms), "clock", ANY)]
        # A frame's clock has whole seconds, as the history has: late frames could meet a reading that is there already.
        late = self._rng.random() < self._faults.late and not dialects.uses_frames(state.device)
        wire = self._telemetry_wire(index, state, now_ms, late=late)
        return self._spoiled(state, wire, "late" if late else None)

    def _telemetry_wire(self, index: int, state: DeviceState, now_ms: int, *, late: bool) -> Wire:
        device, dialect = state.device, dialects.dialect_of(state.device.vendor)
        if dialects.uses_frames(device):
            return dialects.frame_telemetry(state, now_ms, state.measure())
        if dialect == "gateway":
            behind = [self._states[other] for other in self._gateway_of[index] if other not in self._silent]
            return dialects.gateway_telemetry(device.vendor, [
                (one.device, one.late_moment(now_ms) if late else one.moment(now_ms), one.measure())
                for one in behind if not dialects.uses_frames(one.device)])
        if late:
            return dialects.telemetry(device, [(state.late_moment(now_ms), state.measure())])
        if dialect == "frames" and self._rng.random() < _NO_TIME:
            return dialects.telemetry(device, [(None, state.measure())])
        earlier = state.between(now_ms, 2) if dialect == "list" and self._rng.random() < _STORED_UP else []
        return dialects.telemetry(device, [(moment, state.measure()) for moment in [*earlier, state.moment(now_ms)]])

    def _event_wire(self, state: DeviceState, kind: str, point: str, now_ms: int, *, active: bool,
                    json: bool = False) -> Wire:
        if dialects.uses_frames(state.device) and not json:
            return dialects.frame_event(state, kind, point, active=active, now_ms=now_ms)
        return dialects.event(state.device, kind, point, active=active, ts=now_ms)

    def _wrong_clock(self, state: DeviceState, now_ms: int) -> Wire:
        return spoiling.wrong_clock(self._rng, state, now_ms, self._rng.choice(CLOCKS))

    # -- making messages ---------------------------------------------------------------------------------------------

    def _spoiled(self, state: DeviceState, wire: Wire, fault: str | None = None) -> list[Message]:
        """The message, and now and then the same bytes a second time."""
        timed = all(reading[2] is not None for reading in wire.readings)
        # Two reports without a time and with equal values are the same bytes: nobody can tell them apart.
        messages = [self._message(state, wire, fault if timed else "no_time", STORED if timed else ANY)]
        if timed and self._rng.random() < self._faults.duplicate:
            messages.append(self._message(state, wire, "duplicate"))
        return messages

    def _message(self, state: DeviceState, wire: Wire, fault: str | None = None, expect: str = STORED) -> Message:
        self._key += 1
        self.made[fault or "clean"] += 1
        stored = expect == STORED
        return Message(self._key, state.device.vendor, wire.topic, wire.payload, wire.form, fault, expect,
                       wire.readings if stored else (), wire.events if stored else ())
