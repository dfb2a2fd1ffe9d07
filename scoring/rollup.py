"""Telemetry rolled up by unit and legal day (Asia/Shanghai), for exactly the days that new or late data has touched.

Whoever writes readings, states or events marks the unit-day in ``dirty_unit_days`` in the same transaction
(``insert ... on conflict do nothing``; :func:`mark` does it from Python); alarm cases mark the days they touch by
themselves, through triggers of the schema, whether they are opened, restored or judged. The roll-up takes the marks and
recomputes their days in one transaction: a mark made meanwhile waits for it and stands for the next run.

Units of the columns: ``fault_hours``, ``shielded_hours``, ``manual_hours`` and ``system_off_hours`` are hours of the
day (0 to 24) in which at least one such condition lasted anywhere in the unit; an open one runs to the end of the day.
``offline_hours`` are device-hours: the share is ``offline_hours / (24 * devices)``. ``fire_alarms`` counts cases opened
that day that were not judged a test; what is neither confirmed nor false waits for a verdict.

A row outlives what it was computed from: of days before ``retention_marks.kept_from`` only the columns that rest on
cases, which are kept for ever, are computed again.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policy import rules
from policy.clocks import SHANGHAI
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

# Writers of late telemetry wait while a stretch of days is rolled up: about two seconds' worth of unit-days.
STRETCH = 60_000
_LONGEST_STRETCH_DAYS = 31
# After a long history was loaded the planner has not looked at it yet; without figures it picks ruinous plans.
_BACKLOG = 10 * STRETCH
_ONE_DAY = dt.timedelta(days=1)

# A condition learnt of late marks days after its own, so marks may be made by the roll-up itself; writers make new ones
# all the time, and what is still marked after so many rounds waits for the next run.
_ROUNDS = 4

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Limits:
    """What counts as out of range on a day, from ``risk.*`` and the classes of ``events.kinds``."""

    low: tuple[tuple[str, float, float], ...]
    pressure_high: float
    leakage_over: float
    cable_over: float
    battery_low: float
    silent_kinds: tuple[str, ...]
    alarm_kinds: tuple[str, ...]
    fault_kinds: tuple[str, ...]

    @classmethod
    def on(cls, day: dt.date) -> Limits:
        """The limits that hold on ``day``."""
        book = rules()
        events = book.value("events.kinds", day)
        return cls(
            low=tuple((",".join(line.get("kinds", ())), float(line["height_over_m"]), float(line["mpa"]))
                      for line in book.value("risk.pressure_low", day)),
            pressure_high=float(book.value("risk.pressure_high", day)),
            leakage_over=float(book.value("risk.leakage_over", day)),
            cable_over=float(book.value("risk.cable_over", day)),
            battery_low=float(book.value("risk.battery_low", day)),
            silent_kinds=tuple(book.value("risk.silent_day_kinds", day)),
            alarm_kinds=tuple(kind["code"] for kind in events if kind["class"] == "alarm"),
            fault_kinds=tuple(kind["code"] for kind in events if kind["class"] == "fault"))


def run(db: Database, day: dt.date, progress: Progress | None = None) -> dict[str, Any]:
    """Roll up every marked unit-day strictly before ``day``, and the day before it for units that kept silent.

    ``progress(done, total)`` is called after each stretch of days, each a transaction of its own, so a run that is
    interrupted has lost nothing and the next one goes on where it stood.
    """
    began = time.monotonic()
    yesterday = day - _ONE_DAY
    with db.connection() as connection:
        connection.execute(q["mark_silent"], {"first": yesterday, "last": yesterday})
    days: set[dt.date] = set()
    done = 0
    for _ in range(_ROUNDS):
        waiting = _waiting(db, day)
        total = done + sum(units for _, units in waiting)
        for first, last, limits in _stretches(waiting, yesterday):
            with db.connection() as connection:
                done += _roll_up(connection, first, last, day, limits)
            if progress:
                progress(done, max(done, total))
        days.update(marked for marked, _ in waiting)
        if not waiting:
            break
    return {"unit_days": done, "days": len(days), "first": str(min(days)) if days else None,
            "last": str(max(days)) if days else None, "seconds": round(time.monotonic() - began, 3)}


def mark(connection: Connection, unit_id: int, first: dt.date, last: dt.date | None = None) -> None:
    """Mark the legal days from ``first`` to ``last`` (both included) of a unit for the next roll-up."""
    connection.execute(q["mark_unit_days"], {"unit": unit_id, "first": first, "last": last or first})


def mark_silent(connection: Connection, first: dt.date, last: dt.date) -> None:
    """Mark every day from ``first`` to ``last`` that has no row yet, for every unit with an active device."""
    connection.execute(q["mark_silent"], {"first": first, "last": last})


def _waiting(db: Database, before: dt.date) -> list[tuple[dt.date, int]]:
    """How many unit-days wait on each day before ``before``."""
    with db.connection() as connection:
        waiting = [(row["day"], row["units"]) for row in connection.execute(q["waiting"], {"before": before})]
        if sum(units for _, units in waiting) > _BACKLOG:
            connection.execute(q["analyze"])
    return waiting


def _stretches(waiting: Sequence[tuple[dt.date, int]], yesterday: dt.date,
               ) -> Iterator[tuple[dt.date, dt.date, Limits]]:
    """Days to take together: about STRETCH unit-days under the same limits, and yesterday, which is full, by itself."""
    start = 0
    while start < len(waiting):
        first, size = waiting[start]
        limits, end = Limits.on(first), start
        while end + 1 < len(waiting):
            day, units = waiting[end + 1]
            if (size + units > STRETCH or day == yesterday or (day - first).days >= _LONGEST_STRETCH_DAYS
                    or Limits.on(day) != limits):
                break
            size, end = size + units, end + 1
        yield first, waiting[end][0], limits
        start = end + 1


def _roll_up(connection: Connection, first: dt.date, last: dt.date, before: dt.date, limits: Limits) -> int:
    """Take the marks of a stretch of days and compute them; returns how many unit-days."""
    connection.execute(q["lock_marks"])
    taken = connection.execute(q["take"], {"first": first, "last": last}).rowcount
    if not taken:
        return 0
    connection.execute(q["room_to_work"])
    metrics = {row["code"]: row["metric_id"] for row in connection.execute("select code, metric_id from metrics")}
    window: dict[str, Any] = {"starts": midnight(first), "ends": midnight(last + _ONE_DAY)}
    connection.execute(q["index_taken"])
    connection.execute("analyze taken")
    connection.execute(q["carriers"], {
        "low_kinds": [line[0] for line in limits.low], "low_heights": [line[1] for line in limits.low],
        "low_mpa": [line[2] for line in limits.low], "pressure_high": limits.pressure_high})
    connection.execute("analyze carriers")
    connection.execute(q["measured"], window | {
        "pressure": metrics.get("water_pressure"), "leakage": metrics.get("residual_current"),
        "cable": metrics.get("cable_temperature"), "battery": metrics.get("battery"),
        "leakage_over": limits.leakage_over, "cable_over": limits.cable_over, "battery_low": limits.battery_low})
    connection.execute(q["heard"], window)
    connection.execute(q["conditions"], window | {"fault_kinds": list(limits.fault_kinds)})
    connection.execute("analyze measured, heard, conditions")
    connection.execute(q["hours"])
    closed = connection.execute(q["closed_before"]).fetchone()
    window["closed_before"] = closed["day"] if closed else None
    connection.execute(q["later_days"], window | {"first": first, "before": before})
    kinds = {"silent_kinds": list(limits.silent_kinds), "alarm_kinds": list(limits.alarm_kinds),
             "fault_kinds": list(limits.fault_kinds)}
    connection.execute(q["store"], window | kinds)
    if window["closed_before"] is not None and first < window["closed_before"]:
        connection.execute(q["store_closed"], window | kinds)
    return taken


def midnight(day: dt.date) -> dt.datetime:
    """The moment a legal day begins, in UTC."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI).astimezone(dt.UTC)
