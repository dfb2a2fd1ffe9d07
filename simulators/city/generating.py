"""From a seed to a city."""

from __future__ import annotations

import datetime as dt

import numpy as np

from simulators.city import (
    cases,
    conditions,
    devices,
    items,
    latents,
    officers,
    proceedings,
    record,
    units,
    visits,
)
from simulators.city.areas import area_rows
from simulators.city.model import City
from simulators.city.readings import Meters

LIMIT_UNITS, LIMIT_DEVICES, LIMIT_DAYS = 1_000_000, 1_000_000, 3660


def generate(seed: int, *, units: int = 2000, devices: int = 6000, until: dt.date, days: int = 365,
             now: dt.datetime | None = None) -> City:
    """A city of ``units`` units and ``devices`` devices whose telemetry covers the ``days`` days before ``until``.

    The record (inspections, penalties, complaints, fires, credit) covers the three years before ``until``. Sizes of
    everything else follow from the number of units. The same arguments give the same city. ``now``, a moment of the
    legal day ``until``, lets alarms and device health run on into that day; left out, they stop as it begins.

    ValueError: an argument is out of its range.
    """
    for name, value, low, high in (("seed", seed, 0, 2**63 - 1), ("units", units, 10, LIMIT_UNITS),
                                   ("devices", devices, 0, LIMIT_DEVICES), ("days", days, 1, LIMIT_DAYS)):
        if not low <= value <= high:
            raise ValueError(f"{name} {value} can't be used: say {low} to {high}")
    second = conditions.midnight(until) if now is None else int(now.timestamp())
    if not 0 <= second - conditions.midnight(until) < conditions.DAY:
        raise ValueError(f"now {now} can't be used: it is not on {until}, Asia/Shanghai")
    return _generate(seed, units, devices, until, days, second)


def _generate(seed: int, unit_count: int, device_count: int, until: dt.date, days: int, now: int) -> City:
    def stream(number: int) -> np.random.Generator:
        # Each part has its own stream, so that a change in one does not move the others.
        return np.random.default_rng([seed, number])

    quarters = visits.QUARTERS
    unit_list = units.unit_rows(stream(1), unit_count, until)
    unit_index = {unit["unit_no"]: index for index, unit in enumerate(unit_list)}
    hidden = latents.draw(stream(2), unit_list, until, max(days, quarters * latents.QUARTER_DAYS))
    roster = officers.roster(stream(3), unit_list, until)
    device_list = devices.device_rows(stream(4), unit_list, device_count, until)
    complaints = record.complaint_rows(stream(5), unit_list, hidden, quarters)
    fires = record.fire_rows(stream(6), unit_list, hidden, quarters)
    history = visits.visits(stream(7), unit_list, hidden, roster, complaints, unit_index)
    credit = record.credit_rows(stream(8), unit_list, hidden, history.findings, complaints, fires, quarters)
    listings = record.listing_rows(stream(9), unit_list, hidden, history.findings, credit)
    led = proceedings.lead(stream(13), unit_list, history.inspections, history.findings, roster, until)
    spells = conditions.draw(stream(10), stream(12), device_list, unit_index, hidden, days, fires)
    unit_of = np.array([unit_index[device["unit_no"]] for device in device_list], dtype=np.int64)
    meters = Meters(seed, device_list, unit_of, hidden, days, spells)
    risk = hidden.risk(0)
    return City(
        seed=seed, until=until, days=days, areas=area_rows(), units=unit_list, vendors=devices.vendor_rows(),
        devices=device_list, officers=roster.officers, officer_leave=roster.leave, recusals=roster.recusals,
        items=items.item_rows(), inspections=history.inspections, hazards=history.findings.hazards,
        orders=history.findings.orders, penalties=history.findings.penalties, complaints=complaints, fires=fires,
        credit_entries=credit, listings=listings, cases=led.cases, measures=led.measures,
        major_hazards=led.major_hazards, steps=led.steps, evidence=led.evidence,
        alarms=cases.alarm_rows(stream(11), device_list, spells, now),
        truth=[{"unit_no": unit["unit_no"], "true_risk": round(float(value), 9)}
               for unit, value in zip(unit_list, risk, strict=True)],
        _readings=meters.day, _events=cases.event_maker(device_list, spells),
        _health=lambda: cases.health(device_list, spells, now))
