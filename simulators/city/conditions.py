"""Spells of a condition at a device over the year: an alarm, a fault, a shielded loop, low pressure, silence.

Rates and lengths follow the unit's hidden management and equipment. Some conditions a device reports as an event (the
kinds of the events register), some are only seen in its readings (``pressure_low``), and ``offline`` is seen in its
silence.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from simulators.city import trouble
from simulators.city.latents import QUARTER_DAYS, Floats, Ints, Latents
from simulators.city.model import SHANGHAI, Row

DAY = 86_400


@dataclass(frozen=True)
class Condition:
    """How one condition comes and goes: rate a year at an average unit, median length, log effects of the two sides."""

    code: str
    devices: tuple[str, ...]
    per_year: float
    rate_equipment: float
    rate_management: float
    median_hours: float
    length_management: float
    sigma: float = 1.0
    reported: bool = True
    """False: only the readings show it."""


_ALL = ("uitd", "smoke", "water_pressure", "water_level", "electrical", "gas")
CONDITIONS: tuple[Condition, ...] = (
    Condition("fire_alarm", ("uitd",), 5.0, .45, .20, .25, .30),
    Condition("fire_alarm", ("smoke",), .22, .40, .25, .15, .30),
    Condition("gas_alarm", ("gas",), .35, .55, .25, .30, .30),
    Condition("fault", ("uitd",), 2.8, .65, .10, 10.0, .60),
    Condition("fault", ("smoke", "water_pressure", "water_level", "electrical", "gas"), .25, .60, .10, 26.0, .60),
    Condition("mains_fault", ("uitd",), .8, .55, .10, 3.0, .40),
    Condition("standby_fault", ("uitd",), .70, .75, .10, 40.0, .60),
    Condition("bus_fault", ("uitd",), .45, .85, .10, 18.0, .60),
    Condition("shielded", ("uitd",), 1.1, .35, .50, 60.0, .70),
    Condition("manual_mode", ("uitd",), 1.1, .05, .65, 48.0, .80),
    Condition("system_off", ("uitd",), .11, .15, .95, 6.0, .85, 1.2),
    Condition("supervisory", ("uitd",), .60, .20, .10, 1.0, .30),
    Condition("started", ("uitd",), .80, .10, -.10, .3, .00, .7),
    Condition("feedback", ("uitd",), .80, .10, -.10, .3, .00, .7),
    Condition("test", ("uitd",), 2.0, -.05, -.45, .4, .00, .6),
    Condition("offline", ("uitd", "electrical", "gas"), .70, .50, .40, 12.0, .55, 1.2),
    Condition("offline", ("smoke", "water_pressure", "water_level"), .45, .30, .45, 75.0, .55, 1.0),
    Condition("pressure_low", ("water_pressure",), .85, .75, .25, 110.0, .50, 1.1, reported=False),
    Condition("pressure_high", ("water_pressure",), .05, .40, .10, 40.0, .30, 1.0, reported=False),
    Condition("level_low", ("water_level",), .75, .70, .25, 100.0, .60, 1.1, reported=False),
    Condition("leakage_over", ("electrical",), 1.10, .75, .20, 48.0, .50, 1.1, reported=False),
    Condition("cable_hot", ("electrical",), .50, .70, .20, 14.0, .40, 1.0, reported=False),
)
_POINTED = ("fire_alarm", "fault", "shielded", "supervisory", "started", "feedback", "test")
_POOR = .8
"""Log spread of the rates between devices of equal units."""
FIRE_FELT = .7
"""Share of the fires at units with detectors that a detector reports."""


@dataclass(frozen=True)
class Spells:
    """Spells as columns: device index, condition code, begin and end (seconds since 1970 UTC; a spell may end after
    ``until``), and whether a fire was behind it. In order of device, code and begin; no two of one device and code
    overlap."""

    device: Ints
    code: npt.NDArray[np.str_]
    begin: Ints
    end: Ints
    real: npt.NDArray[np.bool_]
    point: npt.NDArray[np.str_]
    """Loop and point of the panel, or empty."""

    def of(self, *codes: str) -> Spells:
        """Only the spells of these conditions."""
        return self.where(np.isin(self.code, codes))

    def where(self, keep: npt.NDArray[np.bool_]) -> Spells:
        """Only the spells that ``keep`` marks."""
        return Spells(self.device[keep], self.code[keep], self.begin[keep], self.end[keep], self.real[keep],
                      self.point[keep])

    def during(self, begin: int, end: int) -> Spells:
        """Only the spells that touch the period [begin, end)."""
        return self.where((self.begin < end) & (self.end > begin))


def midnight(day: dt.date) -> int:
    """The second (since 1970 UTC) at which an Asia/Shanghai day begins."""
    return int(dt.datetime.combine(day, dt.time(), SHANGHAI).timestamp())


def draw(rng: np.random.Generator, odd: np.random.Generator, devices: list[Row], unit_index: dict[str, int],
         latents: Latents, days: int, fires: list[Row]) -> Spells:
    """All spells of ``days`` days before ``latents.until`` and of that day itself, for the live hours of a demo.

    ``odd`` draws the days of trouble, from a stream of their own.
    """
    unit_of = np.array([unit_index[device["unit_no"]] for device in devices], dtype=np.int64)
    kind_of = np.array([device["kind"] if device["status"] == "active" else "" for device in devices], dtype="U16")
    stop, start = midnight(latents.until) + DAY, midnight(latents.until) - days * DAY
    # Some devices are simply poor ones: telemetry speaks of the device before it speaks of the unit.
    poor = np.exp(_POOR * rng.normal(size=len(devices)) - _POOR**2 / 2)
    parts = []
    for condition in CONDITIONS:
        carriers = np.flatnonzero(np.isin(kind_of, condition.devices))
        if len(carriers):
            parts.append(_spells(rng, condition, carriers, unit_of[carriers], poor[carriers], latents,
                                 start, stop))
    parts.append(_fires(rng, devices, fires, start))
    panels = np.flatnonzero(kind_of == "uitd")
    parts += [_of_panels(trouble.chatter(odd, panels, unit_of[panels], latents, start, stop), real=False),
              _of_panels(trouble.unattended(odd, panels, unit_of[panels], latents, start, stop), real=True)]
    whole = _joined(parts)
    installed = np.array([midnight(device["installed_on"]) for device in devices], dtype=np.int64)
    return _pointed(rng, _apart(whole.where(whole.begin >= installed[whole.device])), kind_of)


def _spells(rng: np.random.Generator, condition: Condition, carriers: Ints, units: Ints, poor: Floats,
            latents: Latents, start: int, stop: int) -> Spells:
    """Poisson numbers for each device and quarter, uniform begins, log-normal lengths."""
    devices, begins, lengths = [], [], []
    upper = stop
    for quarter in range(len(latents.logit)):
        lower = max(start, midnight(latents.until) - (quarter + 1) * QUARTER_DAYS * DAY)
        if upper <= lower:
            break
        management, equipment = latents.management[quarter][units], latents.equipment[quarter][units]
        effect = condition.rate_equipment * equipment + condition.rate_management * management
        centre = (condition.rate_equipment + condition.rate_management)**2 / 3
        rate = condition.per_year * poor * np.exp(effect - centre)
        found = np.repeat(np.arange(len(carriers)), rng.poisson(rate * (upper - lower) / (365 * DAY)))
        hours = condition.median_hours * np.exp(condition.length_management * management[found]
                                                + condition.sigma * rng.normal(size=len(found)))
        devices.append(carriers[found])
        begins.append(lower + (rng.random(len(found)) * (upper - lower)).astype(np.int64))
        lengths.append(np.clip(hours * 3600, 20, 60 * DAY).astype(np.int64))
        upper = lower
    device, begin, length = np.concatenate(devices), np.concatenate(begins), np.concatenate(lengths)
    return Spells(device, np.full(len(device), condition.code, dtype="U16"), begin, begin + length,
                  np.zeros(len(device), dtype=bool), np.zeros(len(device), dtype="U8"))


def _fires(rng: np.random.Generator, devices: list[Row], fires: list[Row], start: int) -> Spells:
    """The alarms that fires of the record set off."""
    by_unit: dict[str, list[int]] = {}
    for index, device in enumerate(devices):
        if device["kind"] in ("uitd", "smoke") and device["status"] == "active":
            by_unit.setdefault(device["unit_no"], []).append(index)
    found = []
    for fire in fires:
        begin = int(fire["occurred_at"].timestamp())
        carriers = by_unit.get(fire["unit_no"])
        if carriers and begin >= start and rng.random() < FIRE_FELT:
            found.append((carriers[0], begin, begin + int(rng.integers(600, 7200))))
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    return Spells(columns[:, 0], np.full(len(found), "fire_alarm", dtype="U16"), columns[:, 1], columns[:, 2],
                  np.ones(len(found), dtype=bool), np.zeros(len(found), dtype="U8"))


def _of_panels(columns: tuple[Ints, Ints, Ints], *, real: bool) -> Spells:
    device, begin, end = columns
    return Spells(device, np.full(len(device), "fire_alarm", dtype="U16"), begin, end,
                  np.full(len(device), real, dtype=bool), np.zeros(len(device), dtype="U8"))


def _joined(parts: list[Spells]) -> Spells:
    return Spells(np.concatenate([part.device for part in parts]), np.concatenate([part.code for part in parts]),
                  np.concatenate([part.begin for part in parts]), np.concatenate([part.end for part in parts]),
                  np.concatenate([part.real for part in parts]), np.concatenate([part.point for part in parts]))


def _apart(spells: Spells) -> Spells:
    """Drop a spell that begins while an earlier one of the same device and condition may still last."""
    order = np.lexsort((spells.begin, spells.code, spells.device))
    spells = Spells(spells.device[order], spells.code[order], spells.begin[order], spells.end[order],
                    spells.real[order], spells.point[order])
    keep = np.ones(len(spells.device), dtype=bool)
    last_key, last_end = ("", -1), 0
    for index, (device, code, begin, end) in enumerate(zip(
            spells.device.tolist(), spells.code.tolist(), spells.begin.tolist(), spells.end.tolist(), strict=True)):
        if (code, device) == last_key and begin <= last_end + 60:
            keep[index] = False
        else:
            last_key, last_end = (code, device), end
    return spells.where(keep)


def _pointed(rng: np.random.Generator, spells: Spells, kind_of: npt.NDArray[np.str_]) -> Spells:
    """A panel tells loop and point of what a detector of its reports; other devices have one point, themselves."""
    size = len(spells.device)
    loops, numbers = rng.integers(1, 5, size), rng.integers(1, 200, size)
    told = np.isin(spells.code, _POINTED) & (kind_of[spells.device] == "uitd")
    points = [f"{loop}-{number}" if has else ""
              for has, loop, number in zip(told.tolist(), loops.tolist(), numbers.tolist(), strict=True)]
    return replace(spells, point=np.array(points, dtype="U8"))
