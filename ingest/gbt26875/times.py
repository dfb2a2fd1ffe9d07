"""Time tags: six bytes (second, minute, hour, day, month, year - 2000), in China's time, to a moment and back.

Three things are seen in the field: plain binary as the standard says, BCD (the digits of each number as hex), and no
clock at all, which is six zeros. Which of the first two a device means is a setting; where it is not set, a tag is
read as binary where that is possible, else as BCD where that is. The mistake this can make is bounded: the year byte
of BCD, taken as binary, lies six years ahead for each ten since 2000 (0x26 is 38), which no clock rule believes, so
such a tag gives way to the time of receipt; and the year of a binary clock is no BCD from 2026 to 2031 (0x1A to 0x1F).
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from ingest.messages import BadTime, DeviceTime

#: The standard names no zone; devices in the field run on China's clock, which has not been put forward since 1991.
CHINA: Final = dt.timezone(dt.timedelta(hours=8))
NO_CLOCK: Final = bytes(6)


def time_of(tag: bytes, form: str = "auto") -> dt.datetime | None:
    """The moment of a tag in China's time, or None where it is none. ``form``: binary, bcd or auto."""
    moment = None if form == "bcd" else _moment(tag)
    if moment is None and form != "binary":
        moment = _moment(_digits(tag))
    return moment


def is_bcd(tag: bytes) -> bool:
    """Whether a tag makes sense as BCD alone."""
    return _moment(tag) is None and time_of(tag, "bcd") is not None


@lru_cache(maxsize=8192)
def device_time(tag: bytes, form: str = "auto") -> DeviceTime:
    """A tag as ingest takes times: zeros are a device without a clock, what is no moment is told as it stands."""
    if tag == NO_CLOCK:
        return None
    moment = time_of(tag, form)
    return moment.astimezone(dt.UTC) if moment else BadTime(tag.hex(" "))


def tag_of(moment: dt.datetime) -> bytes:
    """The tag of a moment between 2000 and 2099, as the standard has it."""
    local = moment.astimezone(CHINA)
    if not 2000 <= local.year <= 2099:
        raise ValueError(f"a time tag holds the years 2000 to 2099, not {local.year}")
    return bytes((local.second, local.minute, local.hour, local.day, local.month, local.year - 2000))


def is_later(tag: bytes, other: bytes) -> bool:
    """Whether one tag is later than another, where both are of one form."""
    return tag[::-1] > other[::-1]


def _moment(tag: bytes | None) -> dt.datetime | None:
    if tag is None or tag[5] > 99:
        return None
    try:
        return dt.datetime(2000 + tag[5], tag[4], tag[3], tag[2], tag[1], tag[0], tzinfo=CHINA)
    except ValueError:
        return None


def _digits(tag: bytes) -> bytes | None:
    """The numbers that BCD bytes stand for; None where a byte holds no two decimal digits."""
    text = tag.hex()
    return bytes(int(text[at:at + 2]) for at in range(0, 12, 2)) if text.isdecimal() else None
