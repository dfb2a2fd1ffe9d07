"""From stretches of time in which something was wrong to episodes, one for each subject of a unit. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from casework.findings import Episode

#: Evidence names so many things of a kind, and says how many more there are.
MOST_NAMED = 40
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From ``began`` to ``ended`` (None: it lasts) one condition at one point of a device. ``row`` is what names it:
    vendor_code, device_no, device_kind, location, and alarm_id where there is a case."""

    unit_id: int
    device_id: int
    kind: str
    point: str
    began: dt.datetime
    ended: dt.datetime | None
    row: dict[str, Any]

    def hours(self, as_of: dt.datetime) -> float:
        """How long it lasted, up to ``as_of``."""
        return ((self.ended or as_of) - self.began) / _HOUR


def fact(code: str, value: float | int | str, unit: str = "") -> dict[str, Any]:
    """One number of the evidence with its unit; two decimals at most."""
    return {"code": code, "value": round(value, 2) if isinstance(value, float) else value, "unit": unit}


def by_device(stretches: Iterable[Stretch], as_of: dt.datetime, rejoin: dt.timedelta) -> list[Episode]:
    """Episodes by device: stretches that overlap, or come back within ``rejoin``, belong together.

    The numbers are the longest stretch in hours, how many points or cases there are, and how many of them last.
    """
    of: dict[int, list[Stretch]] = defaultdict(list)
    for stretch in stretches:
        of[stretch.device_id].append(stretch)
    return [_episode(group, as_of) for device in sorted(of) for group in _groups(of[device], rejoin)]


def _groups(stretches: Sequence[Stretch], rejoin: dt.timedelta) -> Iterator[list[Stretch]]:
    group: list[Stretch] = []
    end: dt.datetime | None = None
    for stretch in sorted(stretches, key=lambda one: (one.began, one.kind, one.point)):
        if group and end is not None and stretch.began > end + rejoin:
            yield group
            group = []
        if not group:
            end = stretch.ended
        elif end is not None:
            end = None if stretch.ended is None else max(end, stretch.ended)
        group.append(stretch)
    if group:
        yield group


def _episode(group: Sequence[Stretch], as_of: dt.datetime) -> Episode:
    ends = [stretch.ended for stretch in group]
    lasting = sum(end is None for end in ends)
    first = group[0]
    alarms = [stretch.row["alarm_id"] for stretch in group if stretch.row.get("alarm_id") is not None]
    evidence: dict[str, Any] = {
        "facts": [fact("hours", max(stretch.hours(as_of) for stretch in group), "h"), fact("count", len(group)),
                  fact("lasting", lasting)],
        "devices": devices([first.row | {"device_id": first.device_id}]), "alarms": alarms[:MOST_NAMED],
        "points": [{"kind": stretch.kind, "point": stretch.point, "began": text(stretch.began),
                    "ended": text(stretch.ended)} for stretch in group[:MOST_NAMED]],
        "more": max(0, len(group) - MOST_NAMED)}
    return Episode(first.unit_id, f"device:{first.device_id}", first.device_id, min(one.began for one in group),
                   None if lasting else max(end for end in ends if end is not None), evidence)


def devices(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The devices of the evidence, as people know them."""
    return [{name: row[name] for name in ("device_id", "vendor_code", "device_no", "device_kind", "location")}
            for row in rows][:MOST_NAMED]


def text(moment: dt.datetime | None) -> str | None:
    """A moment of the evidence, in UTC."""
    return None if moment is None else moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def runs_of_days(days: Sequence[dt.date], apart: int) -> list[list[dt.date]]:
    """Days in runs, each no further than ``apart`` days from the one before."""
    runs: list[list[dt.date]] = []
    for day in sorted(days):
        if runs and (day - runs[-1][-1]).days <= apart:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
