"""One publish, with what a receiver should make of it."""

from __future__ import annotations

from dataclasses import dataclass

ReadingRecord = tuple[str, str, int | None, float]
"""device_no, metric code, milliseconds since 1970 UTC (None: the message has no time of its own), value in the unit of
the metric."""
EventRecord = tuple[str, str, str | None, bool, int]
"""device_no, kind, point (None: the receiver names it), active, milliseconds since 1970 UTC."""

STORED, ANY = "stored", "any"


@dataclass(frozen=True)
class Message:
    """``expect``: ``stored`` where every reading and event must be in the tables once; ``any`` where the message is
    broken on purpose and may be judged either way. ``fault`` names what is wrong with it, or None."""

    key: int
    vendor: str
    topic: str
    payload: bytes
    form: str
    fault: str | None = None
    expect: str = STORED
    readings: tuple[ReadingRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()
