"""What a few devices behind one gateway measure and report, as the fleet's devices do."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from simulators.city.readings import MEASURED
from simulators.errors import SimulatorError
from simulators.fleet.behaviour import EVENTS, DeviceState
from simulators.fleet.device import FleetDevice
from simulators.sparkplug.encoding import Metric

_DATATYPES: Final = {"battery": "UInt8"}


@dataclass(frozen=True)
class EdgeDevice:
    """A device behind the gateway, by its name there; ``kind`` is that of the register."""

    name: str
    kind: str


def edge_device(text: str) -> EdgeDevice:
    """A device from ``NAME:KIND``; SimulatorError says what is wrong."""
    name, _, kind = text.rpartition(":")
    if not name or any(one in name for one in "/+#") or kind not in MEASURED:
        raise SimulatorError(f"{text!r} is no device: NAME:KIND is needed, such as P-1:water_pressure; the kinds are "
                             f"{', '.join(sorted(MEASURED))}")
    return EdgeDevice(name, kind)


class EdgeTraffic:
    """``devices`` as :class:`simulators.sparkplug.EdgeNode` takes them, and their values one after another."""

    def __init__(self, vendor: str, devices: list[EdgeDevice], seed: int) -> None:
        self._states = {one.name: DeviceState.of(FleetDevice(vendor, one.name, one.kind), seed) for one in devices}
        self._rng = random.Random(f"{seed}/{vendor}")
        first = {name: state.measure() for name, state in self._states.items()}
        self.devices: Mapping[str, Mapping[str, Metric]] = {one.name: {
            **{f"Inputs/{metric}": Metric(None, _DATATYPES.get(metric, "Float"), _value(metric, value))
               for metric, value in first[one.name].items()},
            **{kind: Metric(None, "Boolean", False) for kind, _, _ in EVENTS[one.kind]},
        } for one in devices}

    def report(self) -> tuple[str, dict[str, Any]]:
        """The next device that reports, and its readings by the names of its metrics."""
        name = self._rng.choice(list(self._states))
        measured = self._states[name].measure()
        return name, {f"Inputs/{metric}": _value(metric, value) for metric, value in measured.items()}

    def alarm(self, *, active: bool) -> tuple[str, dict[str, Any]]:
        """The first condition of the first device, as it begins or ends."""
        name, state = next(iter(self._states.items()))
        return name, {EVENTS[state.device.kind][0][0]: active}


def _value(metric: str, value: float) -> float:
    return int(value) if metric in _DATATYPES else value
