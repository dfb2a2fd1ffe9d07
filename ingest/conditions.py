"""Conditions of points: which events a status report stands for, and what a device's own resend leaves out. Pure.

A status report tells the whole state of a point. Each kind it sets is an event; each kind it leaves clear, which was
set before, is a restore. What was set before is the last known state of the points, in ``device_points``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from ingest.judge import EventRow, Parcel, StatusRow

#: Active conditions by (device, kind, point), with the time of the event that set them.
Active = dict[tuple[int, str, str], dt.datetime]


def events_of(parcels: Iterable[tuple[Parcel, bool]], active: Active) -> list[EventRow]:
    """The events of parcels in order of arrival; the flag says that a parcel is a GB/T packet sent again.

    Of a resent packet only what changes a condition is kept: some devices never change their serial number, and a
    second fire within the resend window must not be taken for the first.
    """
    known, events = dict(active), []
    for parcel, is_resend in parcels:
        for report in parcel.reports:
            for row in _rows(report, known):
                key = (row.device_id, row.kind, row.point)
                if is_resend and (key in known) == row.active:
                    continue
                events.append(row)
                if not row.active:
                    known.pop(key, None)
                elif key not in known or known[key] < row.ts:
                    known[key] = row.ts
    return events


def _rows(report: EventRow | StatusRow, known: Active) -> list[EventRow]:
    if isinstance(report, EventRow):
        return [report]
    row = report.row
    rows = [replace(row, kind=kind) for kind in report.on]
    for kind in report.covers:
        since = known.get((row.device_id, kind, row.point))
        # A report older than the condition says nothing about it: it may have been set after.
        if kind not in report.on and since is not None and since <= row.ts:
            rows.append(replace(row, kind=kind, active=False))
    return rows
