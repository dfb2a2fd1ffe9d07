"""Alarms and faults told as booleans: which samples are events. Pure.

A gateway tells a boolean when it changes, and again with every birth. That nothing burns is no news each time, so only
what changes the last known value is an event. What holds is told each time. A sample that is read after one received
later, by another process, is an event whatever it says, and the later restore is told after it again: in any order no
fire may be lost, and none stay open that is over.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ingest.messages import DeviceTime


@dataclass(frozen=True, slots=True)
class Sample:
    """A boolean that stands for a condition. ``name`` is the metric's, with the place in an array behind it."""

    kind: str
    point: str
    name: str
    value: bool
    time: DeviceTime
    is_historical: bool = False
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """The value last known of a condition, when it was told for and when it was received."""

    value: bool
    ts: dt.datetime
    received_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What a sample comes to: the events, as value and time, and the flag from then on."""

    events: tuple[tuple[bool, DeviceTime], ...]
    flag: Flag | None


def follow(flag: Flag | None, sample: Sample, received_at: dt.datetime, *, is_birth: bool, is_replay: bool) -> Step:
    """The step of one sample."""
    told = (sample.value, sample.time)
    ts = sample.time if isinstance(sample.time, dt.datetime) else received_at
    if sample.is_historical:
        return _remembered(flag, sample, ts, received_at)
    if flag is not None and received_at < flag.received_at:
        return Step((told, (False, flag.ts)) if sample.value and not flag.value else (told,), flag)
    now = Flag(sample.value, ts, received_at)
    is_news = sample.value or is_replay or (not is_birth if flag is None else flag.value)
    return Step((told,) if is_news else (), now)


def _remembered(flag: Flag | None, sample: Sample, ts: dt.datetime, received_at: dt.datetime) -> Step:
    """A value of the past: told under its time, and no word of what holds now.

    Where it is known that nothing holds now, an alarm of the past has ended by then, whether its end is told or not;
    where nothing is known, the next end is news.
    """
    told = (sample.value, sample.time)
    if not sample.value or (flag is not None and flag.value):
        return Step((told,), flag)
    if flag is None:
        return Step((told,), Flag(True, ts, received_at))
    return Step((told, (False, flag.ts if flag.ts >= ts else max(flag.received_at, ts))), flag)
