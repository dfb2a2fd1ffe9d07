"""What each device measures and reports from one report to the next: mostly healthy, some drifting out of range."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from simulators.city.readings import GAUGES, MEASURED
from simulators.fleet.device import FleetDevice

_DRIFT_CHANCE = .002
_DRIFT_STEPS = 8
_RECOVER_CHANCE = .04
_HICCUP = .25
"""Share of fire alarms that clear by themselves within a minute: a draught, an insect, a loose base."""
# kind -> (event, chance among the device's events, median minutes until it is restored; 0: never restored by itself)
EVENTS: dict[str, tuple[tuple[str, float, float], ...]] = {
    "uitd": (("fire_alarm", .34, 4), ("fault", .24, 30), ("supervisory", .08, 10), ("shielded", .07, 120),
             ("feedback", .06, 3), ("started", .06, 3), ("mains_fault", .06, 15), ("manual_mode", .05, 90),
             ("standby_fault", .04, 60)),
    "smoke": (("fire_alarm", .6, 3), ("fault", .4, 60)),
    "water_pressure": (("fault", 1.0, 60),), "water_level": (("fault", 1.0, 60),),
    "electrical": (("fault", .7, 40), ("mains_fault", .3, 15)), "gas": (("gas_alarm", .7, 5), ("fault", .3, 40)),
}


@dataclass
class DeviceState:
    """A device between two reports."""

    device: FleetDevice
    rng: random.Random
    levels: dict[str, float] = field(default_factory=dict)
    drift: tuple[str, int, float] | None = None
    """Metric that is drifting, steps so far, where it goes."""
    conditions: set[tuple[str, str]] = field(default_factory=set)
    """(kind, point) of what it has reported and not restored."""
    serial: int = 0
    told_ms: int = 0
    told_second: int = 0
    """The newest times it has reported under: two reports never share one."""
    told_late: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, device: FleetDevice, seed: int) -> DeviceState:
        """The state in which the device enters: as healthy or ill as its history left it."""
        state = cls(device, random.Random(f"{seed}/{device.vendor}/{device.device_no}"))
        for metric in MEASURED[device.kind]:
            if metric == "battery":
                state.levels[metric] = state.rng.uniform(25, 100)
                continue
            gauge = GAUGES[metric]
            state.levels[metric] = min(max(state.rng.gauss(*gauge.level), gauge.healthy[0]), gauge.healthy[1])
            for condition, low, high in gauge.conditions:
                if condition == device.health:
                    state.drift = (metric, _DRIFT_STEPS, state.rng.uniform(low, high))
        state.conditions |= set(device.open)
        return state

    def moment(self, now_ms: int) -> int:
        """The time of a report: even, and after every one before."""
        self.told_ms = max(now_ms + now_ms % 2, self.told_ms + 2)
        return self.told_ms

    def between(self, moment: int, count: int) -> list[int]:
        """Up to ``count`` odd times since the last report, where there is room."""
        if self.told_ms == 0 or moment - self.told_ms < 100:
            return []
        step = (moment - self.told_ms) // (count + 1)
        return [(self.told_ms + step * number) | 1 for number in range(1, count + 1)]

    def late_moment(self, now_ms: int) -> int:
        """A time of one hour to three days ago that it has not reported under, never a whole second or odd by one."""
        while True:
            moment = (now_ms - self.rng.randrange(3_600_000, 250_000_000)) // 4 * 4 + 3
            if moment not in self.told_late:
                self.told_late.add(moment)
                return moment

    def measure(self) -> dict[str, float]:
        """The next report, rounded as the device rounds."""
        values = {}
        for metric, level in self.levels.items():
            if metric == "battery":
                self.levels[metric] = max(1.0, level - .002)
                values[metric] = float(round(level))
                continue
            gauge = GAUGES[metric]
            value = self._drifted(metric, level) + self.rng.gauss(0, gauge.noise)
            values[metric] = round(max(0.0, value), gauge.decimals)
        return values

    def _drifted(self, metric: str, level: float) -> float:
        if self.drift is None:
            gauge = GAUGES[metric]
            if gauge.conditions and metric != "smoke_density" and self.rng.random() < _DRIFT_CHANCE:
                _, low, high = self.rng.choice(gauge.conditions)
                self.drift = (metric, 0, self.rng.uniform(low, high))
            return level
        drifting, steps, goal = self.drift
        if drifting != metric:
            return level
        if steps >= _DRIFT_STEPS and self.rng.random() < _RECOVER_CHANCE:
            self.drift = None
            return level
        self.drift = (metric, min(steps + 1, _DRIFT_STEPS), goal)
        return level + (goal - level) * min(steps + 1, _DRIFT_STEPS) / _DRIFT_STEPS

    def event(self) -> tuple[str, str, float]:
        """A condition that begins: kind, point, seconds until it is restored."""
        choices = EVENTS[self.device.kind]
        kind, _, minutes = self.rng.choices(choices, weights=[chance for _, chance, _ in choices])[0]
        if kind == "fire_alarm" and self.rng.random() < _HICCUP:
            minutes = .4
        point = f"{self.rng.randint(1, 4)}-{self.rng.randint(1, 199)}" if self.device.kind == "uitd" else ""
        return kind, point, 60 * minutes * self.rng.lognormvariate(0, .6)
