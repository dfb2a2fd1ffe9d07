"""From spells to the rows that devices would have left: events as they came, and a case for each condition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np

from simulators.city.conditions import CONDITIONS, DAY, Spells, midnight
from simulators.city.model import Row

REPORTED = tuple(dict.fromkeys(condition.code for condition in CONDITIONS if condition.reported))
CASES = ("fire_alarm", "gas_alarm", "fault", "mains_fault", "standby_fault", "bus_fault")
"""Conditions of class alarm or fault: a case is kept of each; the others are states and leave events only."""
ALARMS = ("fire_alarm", "gas_alarm")


def _moment(second: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(second, dt.UTC)


def alarm_rows(rng: np.random.Generator, devices: list[Row], spells: Spells, now: int) -> list[Row]:
    """A case for each alarm and fault that began before ``now``; alarms of all but the last hours are judged."""
    cases = spells.where(np.isin(spells.code, CASES) & (spells.begin < now))
    size = len(cases.device)
    delay, luck, took = (rng.integers(1, 9, size), rng.random(size),
                         rng.gamma(2.0, 900.0, size).astype(np.int64) + 60)
    rows = []
    for index in range(size):
        device = devices[int(cases.device[index])]
        begin, end = int(cases.begin[index]), int(cases.end[index])
        received = _moment(begin + int(delay[index]))
        row: Row = {
            "vendor_code": device["vendor_code"], "device_no": device["device_no"], "unit_no": device["unit_no"],
            "kind": str(cases.code[index]), "point": str(cases.point[index]), "opened_at": _moment(begin),
            "received_at": received, "stored_at": received, "last_at": received,
            "restored_at": _moment(end) if end < now else None,
            "verdict": None, "verdict_by": None, "verdict_at": None, "verdict_note": None}
        judged = begin + int(took[index])
        if row["kind"] in ALARMS and judged < now - DAY // 4 and luck[index] < .97:
            real = bool(cases.real[index])
            verdict = "confirmed" if real or luck[index] < .012 else "test" if luck[index] > .91 else "false"
            row |= {"verdict": verdict, "verdict_by": "simulator", "verdict_at": _moment(judged),
                    "verdict_note": "火灾" if real else None}
        rows.append(row)
    return rows


def event_maker(devices: list[Row], spells: Spells) -> Callable[[dt.date], list[Row]]:
    """A function that gives the events of one legal day: a condition began, or was restored."""
    reported = spells.where(np.isin(spells.code, REPORTED))
    moments = np.concatenate([reported.begin, reported.end])
    order = np.argsort(moments, kind="stable")
    ordered = moments[order]

    def events(day: dt.date) -> list[Row]:
        first, last = np.searchsorted(ordered, [midnight(day), midnight(day) + DAY])
        return [_event(devices, reported, int(place)) for place in order[first:last]]

    return events


def _event(devices: list[Row], spells: Spells, place: int) -> Row:
    index = place % len(spells.device)
    active = place < len(spells.device)
    second = int(spells.begin[index] if active else spells.end[index])
    device = devices[int(spells.device[index])]
    return {"vendor_code": device["vendor_code"], "device_no": device["device_no"], "ts": _moment(second),
            "kind": str(spells.code[index]), "point": str(spells.point[index]), "active": active, "detail": {},
            "device_ts": None, "received_at": _moment(second + 1 + (second + index) % 8), "source": "simulator"}


def health(devices: list[Row], spells: Spells, now: int) -> list[tuple[str, list[list[str]]]]:
    """How each device is at ``now``: ``ok``, ``offline`` or what its readings show, and what it has not restored."""
    state = ["ok"] * len(devices)
    unrestored: list[list[list[str]]] = [[] for _ in devices]
    lasting = spells.where((spells.begin < now) & (spells.end >= now))
    for device, code, point in zip(lasting.device.tolist(), lasting.code.tolist(), lasting.point.tolist(), strict=True):
        if code in REPORTED and code != "offline":
            unrestored[device].append([code, point])
        elif state[device] != "offline":
            state[device] = code
    return list(zip(state, unrestored, strict=True))
