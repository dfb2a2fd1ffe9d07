"""What every device measured on one day, as columns.

Battery devices report once a day. Mains devices report one to four times a day in the older part of the history and
every hour in its last three days: the recent plot is fine, the year stays small.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulators.city.conditions import DAY, Spells, midnight
from simulators.city.devices import MAINS
from simulators.city.latents import Floats, Ints, Latents
from simulators.city.model import METRICS, ReadingBlock, Row

HOURLY_DAYS = 3
_LOST = .004
"""Share of reports that never arrive."""
_REPORTS = {"uitd": 1, "electrical": 2, "gas": 2, "smoke": 1, "water_pressure": 1, "water_level": 1}
MEASURED: dict[str, tuple[str, ...]] = {
    "uitd": ("voltage",), "smoke": ("smoke_density", "battery"), "water_pressure": ("water_pressure", "battery"),
    "water_level": ("water_level", "battery"), "electrical": ("residual_current", "cable_temperature"),
    "gas": ("gas_lel",)}


@dataclass(frozen=True)
class Gauge:
    """One metric: a healthy device's own level, its daily noise, and what it shows while a condition lasts."""

    level: tuple[float, float]
    """Mean and spread between devices."""
    healthy: tuple[float, float]
    """A healthy device's level stays within."""
    noise: float
    decimals: int
    conditions: tuple[tuple[str, float, float], ...] = ()
    """(condition, low, high) of the value while it lasts."""


GAUGES: dict[str, Gauge] = {
    "water_pressure": Gauge((.38, .04), (.28, .46), .010, 3,
                            (("pressure_low", .0, .055), ("pressure_high", 1.7, 2.2))),
    "water_level": Gauge((2.6, .35), (1.8, 3.4), .05, 2, (("level_low", .05, .35),)),
    "residual_current": Gauge((120, 45), (25, 210), 9.0, 1, (("leakage_over", 520, 900),)),
    "cable_temperature": Gauge((33, 4.5), (22, 43), 2.0, 1, (("cable_hot", 76, 112),)),
    "smoke_density": Gauge((.012, .006), (.0, .03), .003, 4, (("fire_alarm", .15, .5),)),
    "gas_lel": Gauge((.8, .5), (.0, 2.0), .25, 1, (("gas_alarm", 26, 60),)),
    "voltage": Gauge((27.0, .3), (26.2, 27.6), .08, 2, (("standby_fault", 17.5, 20.5),)),
}


class Meters:
    """The fixed side of every device, drawn once; :meth:`day` then gives any day, in any order."""

    def __init__(self, seed: int, devices: list[Row], units: Ints, latents: Latents, days: int, spells: Spells) -> None:
        self._seed, self._latents, self._days = seed, latents, days
        rng = np.random.default_rng([seed, 7001])
        count = len(devices)
        self._kind = np.array([device["kind"] for device in devices], dtype="U16")
        self._installed = np.array([midnight(device["installed_on"]) for device in devices], dtype=np.int64)
        # A retired device fell silent some months ago.
        self._silent = np.where(np.array([device["status"] == "retired" for device in devices], dtype=bool),
                                midnight(latents.until) - rng.integers(20, 300, count) * DAY, np.iinfo(np.int64).max)
        self._second = rng.integers(0, DAY, count)
        self._levels = {metric: np.clip(rng.normal(*gauge.level, count), *gauge.healthy)
                        for metric, gauge in GAUGES.items()}
        # Well-run units change a battery before it is low, others when the device falls silent.
        self._life = rng.uniform(700, 1500, count)
        self._limit = np.clip(.80 + .07 * latents.management[0][units] + .05 * rng.normal(size=count), .6, .97)
        self._charged = rng.uniform(0, 1, count)
        self._offline = spells.of("offline")
        self._shown = {metric: [(spells.of(code), low, high) for code, low, high in gauge.conditions]
                       for metric, gauge in GAUGES.items()}

    def day(self, day: dt.date) -> ReadingBlock:
        """Readings of one legal day."""
        rng = np.random.default_rng([self._seed, 7002, day.toordinal()])
        begin = midnight(day)
        offline = self._offline.during(begin, begin + DAY)
        hourly = (self._latents.until - day).days <= HOURLY_DAYS
        blocks = []
        for kind, metrics in MEASURED.items():
            carriers = np.flatnonzero((self._kind == kind) & (self._installed <= begin) & (self._silent > begin))
            if not len(carriers):
                continue
            device, ts = self._reports(rng, carriers, 24 if hourly and kind in MAINS else _REPORTS[kind], begin)
            keep = ~_within(device, ts, offline) & (rng.random(len(device)) >= _LOST)
            device, ts = device[keep], ts[keep]
            blocks += [(device, np.full(len(device), METRICS.index(metric), dtype=np.int16), ts,
                        self._values(rng, metric, device, ts, day)) for metric in metrics]
        if not blocks:
            blocks = [(np.empty(0, np.int64), np.empty(0, np.int16), np.empty(0, np.int64), np.empty(0, np.float64))]
        device, metric, ts, value = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
        return ReadingBlock(day, device.astype(np.int32), metric.astype(np.int16),
                            (ts * 1_000_000).astype(np.int64).view("datetime64[us]"), value)

    def _reports(self, rng: np.random.Generator, carriers: Ints, times: int, begin: int) -> tuple[Ints, Ints]:
        """Each device has its own second of the slot, with some jitter, so that no two reports of it coincide."""
        slot = DAY // times
        phase = self._second[carriers] % (slot - 60)
        device = np.repeat(carriers, times)
        ts = begin + np.tile(np.arange(times) * slot, len(carriers)) + np.repeat(phase, times)
        return device, (ts + rng.integers(0, 60, len(device))).astype(np.int64)

    def _values(self, rng: np.random.Generator, metric: str, device: Ints, ts: Ints, day: dt.date) -> Floats:
        if metric == "battery":
            return self._battery(device, ts)
        gauge = GAUGES[metric]
        value = self._levels[metric][device] + gauge.noise * rng.normal(size=len(device))
        if metric == "cable_temperature":
            # Warmest at the end of July.
            value = value + 5.0 * np.cos(2 * np.pi * (day.timetuple().tm_yday - 205) / 365.25)
        value = np.asarray(np.maximum(value, 0.0), dtype=np.float64)
        for spells, low, high in self._shown[metric]:
            hit = _within(device, ts, spells.during(int(ts.min(initial=0)), int(ts.max(initial=0)) + 1))
            value[hit] = rng.uniform(low, high, int(hit.sum()))
        return value.round(gauge.decimals)

    def _battery(self, device: Ints, ts: Ints) -> Floats:
        used = self._charged[device] + (ts - midnight(self._latents.until)) / DAY / self._life[device] + 3.0
        return np.asarray(np.round(100 * (1 - used % self._limit[device]), 0), dtype=np.float64)


def _within(device: Ints, ts: Ints, spells: Spells) -> npt.NDArray[np.bool_]:
    """Which reports fall in a spell of their device."""
    hit = np.zeros(len(device), dtype=bool)
    if not len(spells.device) or not len(device):
        return hit
    left = np.searchsorted(device, spells.device, side="left")
    right = np.searchsorted(device, spells.device, side="right")
    for index in range(len(left)):
        rows = slice(left[index], right[index])
        hit[rows] |= (ts[rows] >= spells.begin[index]) & (ts[rows] < spells.end[index])
    return hit
