"""Device time: read from what devices send, and judged against the time of receipt."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ingest.messages import BadTime, DeviceTime, told

#: A time without a zone is China's.
_LOCAL = ZoneInfo("Asia/Shanghai")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DIGITS = re.compile(r"\d{1,16}\Z")
_SHOWN = 40


def read_time(value: Any) -> DeviceTime:  # noqa: PLR0911  one line a form
    """A device's ``ts``: Unix milliseconds (ten digits: seconds) as number or digits, or an ISO 8601 text.

    None, 0 and "" are a device without a clock. What can't be read as a moment is returned as :class:`BadTime`.
    """
    if value is None or value == "" or (value == 0 and not isinstance(value, bool)):
        return None
    if isinstance(value, str):
        text = value.strip()
        if _DIGITS.match(text):
            return read_time(int(text))
        try:
            moment = dt.datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or _LOCAL).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return BadTime(text[:_SHOWN])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return BadTime(told(value, _SHOWN))
    try:
        # 1e9 to 1e10 as milliseconds would be the spring of 1970: such a device counts seconds.
        microseconds = round(value * (1_000_000 if 1e9 <= value < 1e10 else 1000))
        return _EPOCH + dt.timedelta(microseconds=microseconds)
    except (ValueError, OverflowError):
        return BadTime(str(value)[:_SHOWN])


@dataclass(frozen=True, slots=True)
class ClockRules:
    """How far a device clock may stand from the time of receipt."""

    future: dt.timedelta
    oldest_reading: dt.timedelta
    oldest_event: dt.timedelta

    def doubt(self, time: dt.datetime, received_at: dt.datetime, oldest: dt.timedelta) -> str | None:
        """Why a device time is not believed, or None."""
        if time - received_at > self.future:
            return (f"the device time {iso(time)} is {_span(time - received_at)} ahead of the receive time; "
                    f"{_span(self.future)} are allowed")
        if received_at - time > oldest:
            return (f"the device time {iso(time)} is {_span(received_at - time)} older than the receive time; "
                    f"{_span(oldest)} are allowed")
        return None


def iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _span(span: dt.timedelta) -> str:
    seconds = span.total_seconds()
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} seconds"
