"""Device time: read from what devices send, and judged against the time of receipt. Pure.

A reading's time, in one place (an event is stored whatever its clock says, see :mod:`ingest.judge`):

- Believed, within the limits of policy: stored under it.
- None, or zero: the device has no clock; stored under the time of receipt.
- Before the day of policy on which the first device of all was registered: the clock was never set and counts from its
  own start. Stored under the time of receipt, and of several records in one message the newest; how far they lie apart
  the device does know, and that is kept.
- Any other is refused: a value under a wrong day would falsify that day.

A device's setting ``clock`` departs from this: ``receive`` (its clock is known to be wrong: as one never set, always)
or ``trust`` (a logger that may bring data older than the limit).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from ingest.messages import BadTime, DeviceTime, told

#: A time without a zone is China's.
_LOCAL = ZoneInfo("Asia/Shanghai")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DIGITS = re.compile(r"[0-9]{1,19}\Z")
# Python's reader of ISO 8601 takes any character for the T (1773115200000.5 would be a day of the year 1773), and what
# stands behind a NUL for nothing.
_ISO = re.compile(r"[0-9W-]{7,10}(?:[Tt ][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?"
                  r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2}(?::?[0-9]{2})?)?)?)?\Z")
_DECIMAL = re.compile(r"[0-9]{1,19}\.[0-9]{0,40}\Z")
# 20260310120000, with or without milliseconds behind. As Unix time in milliseconds this would be the year 2612.
_COMPACT = re.compile(r"(?:19|20)[0-9]{12}(?:[0-9]{3})?\Z")
# 2026/3/10 12:00:00, 2026-3-10 9:05, 2026年3月10日 12时00分00秒; digits of a second beyond the sixth are dropped.
_WRITTEN = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?[ T]?([0-9]{1,2})[:：时]([0-9]{1,2})"
    r"(?:[:：分](?:([0-9]{1,2})(?:[.,]([0-9]{1,6})[0-9]*)?秒?)?)?\s?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z")
_SHOWN: Final = 40
_LONGEST: Final = 64
#: Under this key a device's state says what its clock said where that was not believed.
CLOCK_STATE: Final = "huoyan.clock"
_EIGHT_HOURS: Final = dt.timedelta(hours=8)
_NEARLY: Final = dt.timedelta(minutes=15)

Trust = Literal["judge", "receive", "trust"]


def read_time(value: Any) -> DeviceTime:  # noqa: PLR0911  one line a form
    """A device's ``ts``: Unix time in milliseconds, seconds, micro- or nanoseconds, as number or digits, or a text.

    None, 0 and "" are a device without a clock. What can't be read as a moment is returned as :class:`BadTime`.
    """
    if value is None or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if len(text) > _LONGEST:
            return _bad(text)
        if _COMPACT.match(text):
            return _compact(text) or _number(int(text))
        if _DIGITS.match(text):
            return read_time(int(text))
        if _DECIMAL.match(text):
            return _number(float(text))
        return _iso_8601(text) or _written(text) or _bad(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _bad(told(value, _LONGEST))
    if isinstance(value, int) and value.bit_length() <= 64 and _COMPACT.match(str(value)):
        return _compact(str(value)) or _number(value)
    return _number(value)


def _number(value: float) -> DeviceTime:
    """Unix time by its size: the four units overlap in no year from 2001 on, and milliseconds reach to 9999."""
    try:
        if 1e9 <= value < 1e10:
            microseconds = round(value * 1_000_000)
        elif value < 1e15:
            microseconds = round(value * 1000)
        else:
            microseconds = round(value) if value < 1e18 else round(value) // 1000
        return _EPOCH + dt.timedelta(microseconds=microseconds)
    except (ValueError, OverflowError):
        return _bad(str(value))


def _bad(text: str) -> BadTime:
    """What was sent, cut so that what is left can't be read as a time."""
    return BadTime(text if len(text) <= _SHOWN else f"{text[:_SHOWN - 1]}…")


def _iso_8601(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text) if _ISO.match(text) else None
        return moment and moment.replace(tzinfo=moment.tzinfo or _LOCAL).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _compact(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=_LOCAL)
    except ValueError:
        return None
    return (moment + dt.timedelta(milliseconds=int(text[14:] or 0))).astimezone(dt.UTC)


def _written(text: str) -> dt.datetime | None:
    found = _WRITTEN.match(text)
    if found is None:
        return None
    *parts, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        moment = dt.datetime(year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")), _LOCAL)
        return (moment.replace(tzinfo=dt.datetime.strptime(zone, "%z").tzinfo) if zone else moment).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def trust_of(settings: Mapping[str, Any]) -> Trust:
    """How far a device's clock is believed, from its settings; what is no such word is left at policy's rule."""
    word = settings.get("clock")
    return word if word in ("receive", "trust") else "judge"


@dataclass(frozen=True, slots=True)
class ClockRules:
    """How far a device clock may stand from the time of receipt; before ``unset_before`` it was never set."""

    future: dt.timedelta
    oldest_reading: dt.timedelta
    oldest_event: dt.timedelta
    oldest_trusted: dt.timedelta
    unset_before: dt.datetime

    def doubt(self, time: dt.datetime, received_at: dt.datetime, oldest: dt.timedelta) -> str | None:
        """Why a device time is not believed, or None."""
        if time - received_at > self.future:
            ahead = time - received_at
            hint = "; is China's time sent as UTC?" if abs(ahead - _EIGHT_HOURS) < _NEARLY else ""
            return (f"the device time {iso(time)} is {_span(ahead)} ahead of the receive time; "
                    f"{_span(self.future)} are allowed{hint}")
        if received_at - time > oldest:
            return (f"the device time {iso(time)} is {_span(received_at - time)} older than the receive time; "
                    f"{_span(oldest)} are allowed")
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """Under which time a reading stands, or with ``code`` and ``reason`` that it can't.

    ``told``: the device's own time where it was not believed. ``by_receipt``: only the delivery is known again.
    """

    ts: dt.datetime
    by_receipt: bool = False
    told: str = ""
    code: str = ""
    reason: str = ""


def standings(times: Sequence[DeviceTime], received_at: Sequence[dt.datetime], trust: Trust,
              rules: ClockRules) -> list[Standing]:
    """The standing of each record of one device in one message; ``received_at`` is the time of receipt of each."""
    unset = [time for time in times
             if isinstance(time, dt.datetime) and (trust == "receive" or time < rules.unset_before)]
    newest = max(unset, default=_EPOCH)
    return [_standing(time, received, newest, trust, rules) for time, received in zip(times, received_at, strict=True)]


def _standing(time: DeviceTime, received: dt.datetime, newest: dt.datetime, trust: Trust,
              rules: ClockRules) -> Standing:
    if time is None:
        return Standing(received, by_receipt=True)
    if isinstance(time, BadTime):
        if trust == "receive":
            return Standing(received, by_receipt=True, told=time.text)
        return Standing(received, code="time", reason=f"ts {time.text!r} is neither Unix time nor a date and time")
    oldest = rules.oldest_trusted if trust == "trust" else rules.oldest_reading
    doubt = rules.doubt(time, received, oldest)
    if trust == "receive" or time < rules.unset_before:
        behind = newest - time
        if behind > rules.oldest_reading:
            return Standing(received, code="clock", reason=(
                f"the device's clock is not set, and {iso(time)} lies {_span(behind)} before the newest of the "
                f"message; {_span(rules.oldest_reading)} are allowed"))
        return Standing(received - behind, by_receipt=True, told=iso(time) if doubt else "")
    return Standing(received, code="clock", reason=doubt) if doubt else Standing(time)


def iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _span(span: dt.timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"
