"""What decoded messages are worth: rows to store, or refusals with their reasons.

Pure. A :class:`Parcel` is what stands or falls together as one delivery: a JSON message's part of one device, or one
GB/T frame. Row times are settled here: a device time that is believed, else the time of receipt.

Times, in one place:

- An event with a doubtful time is stored under the time of receipt, ``device_ts`` kept: a fire with a wrong clock must
  be seen now.
- A JSON reading without time (or time 0) is stored under the time of receipt; one with a doubtful time is refused,
  since a value under a wrong day would falsify that day.
- A GB/T object is what the panel says now, so its doubtful time is replaced by the time of receipt for readings too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ingest.jsonform import excerpt, value_excerpt
from ingest.messages import (
    BadTime,
    DeviceContent,
    DeviceTime,
    EventReport,
    Message,
    Reading,
    Record,
    Refusal,
    StateReport,
    StatusReport,
    told,
)
from ingest.vocabulary import Vocabulary, word_key

_MICROSECOND = dt.timedelta(microseconds=1)
_MILLISECOND = dt.timedelta(milliseconds=1)
#: Looking for a key that looks alike takes most of a millisecond: thousands of unknown keys must not stall the batch.
_MOST_HINTS = 50


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device as ingest needs it."""

    device_id: int
    vendor_code: str
    device_no: str
    unit_id: int
    kind: str
    is_active: bool
    settings: Mapping[str, Any]


@dataclass(slots=True)
class ReadingRow:
    """A row of ``readings``; ``metric`` is still its code."""

    device_id: int
    metric: str
    ts: dt.datetime
    value: float
    received_at: dt.datetime


@dataclass(slots=True)
class StateRow:
    """A row of ``states``."""

    device_id: int
    key: str
    ts: dt.datetime
    value: str
    received_at: dt.datetime


@dataclass(slots=True)
class EventRow:
    """A row of ``events``. ``detail`` is JSON text."""

    device_id: int
    ts: dt.datetime
    kind: str
    point: str
    active: bool
    detail: str
    device_ts: dt.datetime | None
    received_at: dt.datetime
    source: str


@dataclass(slots=True)
class StatusRow:
    """A point's whole status: ``row`` is the event to copy for each kind, see :mod:`ingest.conditions`."""

    row: EventRow
    on: tuple[str, ...]
    covers: tuple[str, ...]


@dataclass(slots=True)
class Parcel:
    """What one delivery says of one device.

    ``delivery_key`` is set where a row goes by the time of receipt: only then can the natural key not recognise a
    redelivery. ``resend_key`` likewise for a GB/T packet sent again by the device itself.
    """

    device: Device
    received_at: dt.datetime
    readings: list[ReadingRow] = field(default_factory=list)
    states: list[StateRow] = field(default_factory=list)
    reports: list[EventRow | StatusRow] = field(default_factory=list)
    redelivered: bool = False
    delivery_key: bytes | None = None
    resend_key: bytes | None = None
    is_timeless: bool = False


class MessageJudge:
    """Judges the contents of one message; the item number keeps the order of items that share a receive time."""

    def __init__(self, message: Message, words: Vocabulary) -> None:
        self._message, self._words = message, words
        self._items = -1
        self._hints = 0
        self._frame: tuple[bytes, dt.datetime] | None = None
        self.refusals: list[Refusal] = []

    @property
    def now(self) -> dt.datetime:
        """The time of receipt of the current item: a microsecond later for each item of a message."""
        return self._message.received_at + max(self._items, 0) * _MICROSECOND

    def refuse(self, code: str, reason: str, payload: bytes | None = None) -> None:
        """Refuse a piece, or the whole message where ``payload`` is None."""
        self.refusals.append(Refusal(code, reason, self._message.payload if payload is None else payload, self.now))

    def parcel(self, device: Device) -> Parcel:
        return Parcel(device, self._message.received_at, redelivered=self._message.redelivered)

    def content(self, device: Device, content: DeviceContent, *, through_gateway: bool) -> Parcel:
        """The JSON content of one device."""
        parcel = self.parcel(device)
        name = device.device_no if through_gateway else None
        for record in content.records:
            self._items += 1
            self._record(parcel, record, name)
        for event in content.events:
            self._items += 1
            self._event_word(parcel, event, name)
        self.settle(parcel)
        return parcel

    def settle(self, parcel: Parcel) -> None:
        """Give a parcel that goes by the time of receipt the key under which a redelivery is known again."""
        if parcel.is_timeless and self._message.packet_id:
            # The packet number is part of it: the broker repeats it with a redelivery, while a device that says the
            # same thing twice gets a new one.
            parcel.delivery_key = digest(b"delivery", self._message.topic.encode("utf-8", "replace"),
                                         str(parcel.device.device_id).encode(),
                                         str(self._message.packet_id).encode(), self._message.payload)

    def begin_frame(self, raw: bytes) -> None:
        """From now on refuse this GB/T frame, under a time of receipt that makes its replay come out alike."""
        self._frame = raw, self._message.received_at + (self._items + 1) * _MICROSECOND

    def refuse_frame(self, code: str, reason: str) -> None:
        """Refuse the current GB/T frame, or a part of it: the frame is the smallest piece that can be replayed."""
        if self._frame is None:
            raise ValueError("there is no current frame")
        self.refusals.append(Refusal(code, reason, *self._frame))

    def report(self, parcel: Parcel, report: StatusReport | EventReport | Reading | StateReport, source: str) -> None:
        """One GB/T report."""
        self._items += 1
        match report:
            case Reading():
                self._gbt_reading(parcel, report)
            case StateReport():
                ts = self._loose_time(parcel, report.time)
                value = clean(report.value, self._words.limits.state)
                parcel.states.append(StateRow(parcel.device.device_id, report.key, ts, value, self.now))
            case EventReport():
                parcel.reports.append(self._event(parcel, report.kind, report, source))
            case StatusReport():
                row = self._event(parcel, "", EventReport("", report.point, True, report.time, report.detail), source)
                parcel.reports.append(StatusRow(row, report.on, report.covers))

    def _record(self, parcel: Parcel, record: Record, name: str | None) -> None:
        ts: dt.datetime
        if record.time is None:
            ts, parcel.is_timeless = self.now, True
        elif isinstance(record.time, BadTime):
            self._refuse_record(record, name, "time",
                                f"ts {record.time.text!r} is neither Unix milliseconds nor ISO 8601")
            return
        else:
            clock = self._words.clock
            doubt = clock.doubt(record.time, self._message.received_at, clock.oldest_reading)
            if doubt:
                self._refuse_record(record, name, "clock", doubt)
                return
            ts = record.time
        seen: dict[str, float] = {}
        for key, value in record.values.items():
            self._value(parcel, record, ts, key, value, seen, name)

    def _refuse_record(self, record: Record, name: str | None, code: str, reason: str) -> None:
        self.refuse(code, reason, excerpt({"ts": record.ts, "values": record.values}, name))

    def _value(self, parcel: Parcel, record: Record, ts: dt.datetime, key: str, value: Any, seen: dict[str, float],
               name: str | None) -> None:
        known = self._words.keys.get(key) or self._words.keys.get(word_key(key))
        if known is None:
            if isinstance(value, bool | str):
                self._state(parcel, record, ts, key, value, name)
            else:
                self._hints += 1
                hint = self._words.hint(key) if self._hints <= _MOST_HINTS else ""
                self._refuse_value(record, key, value, name, "unknown_metric", f"{key!r} is not a known metric{hint}")
            return
        metric, factor = known
        number = _number(value)
        if number is None:
            self._refuse_value(record, key, value, name, "not_a_number",
                               f"{key} is a number in {metric.unit or 'counts'}, not {_shown(value)}")
            return
        if not math.isfinite(number):
            self._refuse_value(record, key, value, name, "not_finite",
                               f"{key} is {number}, which is not a finite number")
            return
        number = number * factor + 0.0  # -0.0 is 0
        if factor != 1:
            number = round(number, 9)  # 215 kPa is 0.215 MPa, not 0.21500000000000002
        if not metric.least <= number <= metric.most:
            self._refuse_value(record, key, value, name, "range",
                               f"{key} is {_figure(number)} {metric.unit}".rstrip()
                               + f", outside {_figure(metric.least)} to {_figure(metric.most)} {metric.unit}".rstrip())
            return
        if metric.code in seen:
            if seen[metric.code] != number:
                self._refuse_value(record, key, value, name, "twice",
                                   f"{key} is {metric.code}, which the same object has as {_figure(seen[metric.code])}")
            return
        seen[metric.code] = number
        parcel.readings.append(ReadingRow(parcel.device.device_id, metric.code, ts, number, self.now))

    def _state(self, parcel: Parcel, record: Record, ts: dt.datetime, key: str, value: bool | str,
               name: str | None) -> None:
        text = value if isinstance(value, str) else "true" if value else "false"
        limit = self._words.limits.state
        if not storable(key) or not storable(text):
            self._refuse_value(record, key, value, name, "text", f"{_shown(key)} holds a NUL or half a character")
        elif len(text) > limit:
            self._refuse_value(record, key, value, name, "text",
                               f"the text of {key} has {len(text)} characters; {limit} are allowed")
        else:
            parcel.states.append(StateRow(parcel.device.device_id, key, ts, text, self.now))

    def _refuse_value(self, record: Record, key: str, value: Any, name: str | None, code: str, reason: str) -> None:
        self.refuse(code, reason, excerpt(value_excerpt(record, key, value), name))

    def _event_word(self, parcel: Parcel, event: EventReport, name: str | None) -> None:
        kind = self._words.kind_words.get(word_key(event.kind))
        if kind is None:
            self.refuse("event_type", f"{_shown(event.kind)} is not a known event type; the vendor guide lists them",
                        excerpt(event.origin, name))
            return
        parcel.reports.append(self._event(parcel, kind.code, event, "json"))

    def _event(self, parcel: Parcel, kind: str, event: EventReport, source: str) -> EventRow:
        """An event's row: nothing about its time or its detail is a reason to refuse it."""
        ts, device_ts, detail = event.time, None, event.detail
        if ts is None:
            ts, parcel.is_timeless = self.now, True
        elif isinstance(ts, BadTime):
            detail = {**detail, "device_time": ts.text}
            ts, parcel.is_timeless = self.now, True
        else:
            device_ts = ts
            clock = self._words.clock
            doubt = clock.doubt(ts, self._message.received_at, clock.oldest_event)
            if doubt:
                detail = {**detail, "clock": doubt}
                ts, parcel.is_timeless = self.now, True
        limits = self._words.limits
        return EventRow(parcel.device.device_id, ts, kind, clean(event.point, limits.point), event.active,
                        detail_text(detail, limits.detail), device_ts, self.now, source)

    def _gbt_reading(self, parcel: Parcel, reading: Reading) -> None:
        metric = self._words.metrics.get(reading.metric)
        if metric is None:
            self.refuse_frame("unknown_metric",
                              f"the device's settings name the metric {reading.metric!r}, which is unknown")
            return
        if not math.isfinite(reading.value) or not metric.least <= reading.value <= metric.most:
            self.refuse_frame("range", f"{metric.code} is {_figure(reading.value)} {metric.unit}, outside "
                                       f"{_figure(metric.least)} to {_figure(metric.most)} {metric.unit}")
            return
        ts = self._loose_time(parcel, reading.time)
        # A frame may hold the same quantity of several components within one second: each a millisecond on.
        taken = {row.ts for row in parcel.readings if row.metric == metric.code}
        while ts in taken:
            ts += _MILLISECOND
        parcel.readings.append(ReadingRow(parcel.device.device_id, metric.code, ts, reading.value, self.now))

    def _loose_time(self, parcel: Parcel, time: DeviceTime) -> dt.datetime:
        clock = self._words.clock
        if isinstance(time, dt.datetime) and not clock.doubt(time, self._message.received_at, clock.oldest_reading):
            return time
        parcel.is_timeless = True
        return self.now


def digest(*parts: bytes) -> bytes:
    """SHA-256 over parts, each with its length, so that no two lists of parts agree by accident."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.digest()


def storable(text: str) -> bool:
    """Whether PostgreSQL can store a text: no NUL, no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def clean(text: str, longest: int) -> str:
    """A text that PostgreSQL can store, cut to ``longest`` characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:longest]


def detail_text(detail: Mapping[str, Any], longest: int) -> str:
    """An event's detail as JSON text that ``jsonb`` takes; what can't be kept whole is kept cut, as text."""
    try:
        text = orjson.dumps(detail).decode()
    except (TypeError, RecursionError, ValueError):
        text = ""
    if text and len(text) <= longest and "\\u0000" not in text:
        return text
    return orjson.dumps({"cut": True, "text": clean(told(dict(detail), longest), longest // 2)}).decode()


def _number(value: Any) -> float | None:
    """A value as a number: numbers, and texts that are one, as many devices send them."""
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, str):
            # float() would also read "1_000", "nan" and "infinity", which no device means as a reading.
            return float(value) if len(value) <= 32 and value.strip(" 0123456789.+-eE") == "" else None
        return float(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return None


def _figure(number: float) -> str:
    return f"{number:.10g}"


def _shown(value: Any) -> str:
    return repr(clean(value, 40)) if isinstance(value, str) else told(value, 40)

