"""Conditions of points: which events a status report stands for, and what a device's own resend leaves out. Pure.

A status report tells the whole state of a point. Each kind it sets is an event; each kind it leaves clear, which was
set before, is a restore. What was set before is the last known state of the points, in ``device_points``.

A reset (复位) ends the alarms of every point of its system, and what followed from them: a panel that is reset forgets
them and tells again, within seconds, those that persist. Faults and shields it keeps, and so does this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from ingest.rows import EventRow, Parcel, ResetRow, StatusRow

#: Active conditions by (device, kind, point), with the time of the event that set them.
Active = dict[tuple[int, str, str], dt.datetime]


def events_of(parcels: Iterable[tuple[Parcel, bool]], active: Active) -> list[EventRow]:
    """The events of parcels in order of arrival; the flag says that a parcel is a GB/T packet sent again.

    Of a resent packet only what changes a condition is kept: some devices never change their serial number, and a
    second fire within the resend window must not be taken for the first.
    """
    known, events = dict(active), []
    systems: _Systems | None = None
    for parcel, is_resend in parcels:
        for report in parcel.reports:
            if isinstance(report, ResetRow):
                if is_resend:
                    continue  # it has had its effect; a fire since then is a new one
                systems = systems or _Systems(known)
            for row in _rows(report, known, systems):
                key = (row.device_id, row.kind, row.point)
                if is_resend and (key in known) == row.active:
                    continue
                events.append(row)
                if not row.active:
                    known.pop(key, None)
                elif key not in known or known[key] < row.ts:
                    known[key] = row.ts
                    if systems is not None:
                        systems.add(key)
    return events


class _Systems:
    """Which conditions hold at the points of a system, so that a thousand resets need not look at every point each."""

    def __init__(self, known: Iterable[tuple[int, str, str]]) -> None:
        self._held: dict[tuple[int, str], dict[tuple[int, str, str], None]] = {}
        for key in known:
            self.add(key)

    def add(self, key: tuple[int, str, str]) -> None:
        self._held.setdefault((key[0], _system(key[2])), {})[key] = None

    def take(self, reset: ResetRow, known: Active) -> list[tuple[int, str, str]]:
        """The conditions that a reset ends: not those set after it, as a report may come late."""
        held = self._held.get((reset.row.device_id, reset.row.point), {})
        taken = [key for key in held if key[1] in reset.ends and key in known and known[key] <= reset.row.ts]
        for key in taken:
            del held[key]
        return taken


def _system(point: str) -> str:
    """The system of a point: the first two parts of ``1/3/40/5-6`` and of ``1/3/manual``, '' of the device's own."""
    if point == "manual":
        return ""
    parts = point.split("/", 2)
    return "/".join(parts[:2])


def _rows(report: EventRow | StatusRow | ResetRow, known: Active, systems: _Systems | None) -> list[EventRow]:
    if isinstance(report, EventRow):
        return [report]
    row = report.row
    if isinstance(report, ResetRow):
        over = systems.take(report, known) if systems is not None else []
        return [replace(row, kind=kind, point=point) for _, kind, point in over]
    rows = [replace(row, kind=kind) for kind in report.on]
    for kind in report.covers:
        since = known.get((row.device_id, kind, row.point))
        # A report older than the condition says nothing about it: it may have been set after.
        if kind not in report.on and since is not None and since <= row.ts:
            rows.append(replace(row, kind=kind, active=False))
    return rows
