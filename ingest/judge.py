"""What decoded messages are worth: rows to store, or refusals with their reasons.

Pure. Row times are settled here: a device time that is believed, else the time of receipt.

Times, in one place:

- An event with a doubtful time is stored under the time of receipt, ``device_ts`` kept: a fire with a wrong clock must
  be seen now.
- A JSON reading goes by :func:`ingest.clock.standings`; what the device said is kept as a state where it is not
  believed, and a reading that can stand under no time is refused.
- A GB/T object is what the panel says now, so its doubtful time is replaced by the time of receipt for readings too.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from typing import Any

from ingest.clock import CLOCK_STATE, Standing, standings, trust_of
from ingest.digests import digest
from ingest.jsonform import excerpt, value_excerpt
from ingest.jsonvalues import Fault, JsonSettings, Kept, Measured, attribute, meaning
from ingest.ledger import content_sum
from ingest.messages import (
    BadTime,
    DeviceContent,
    DeviceTime,
    EventReport,
    Message,
    Reading,
    Record,
    Refusal,
    ResetReport,
    StateReport,
    StatusReport,
)
from ingest.packets import LARGEST_PACKET_ID
from ingest.rows import Device, EventRow, Parcel, ReadingRow, ResetRow, StateRow, StatusRow
from ingest.texts import clean, detail_text, figure, named, shown, storable
from ingest.vocabulary import Vocabulary, word_key

__all__ = ["Device", "EventRow", "MessageJudge", "Parcel", "ReadingRow", "StateRow", "StatusRow", "clean",
           "detail_text", "storable"]

Report = StatusReport | ResetReport | EventReport | Reading | StateReport
_MICROSECOND = dt.timedelta(microseconds=1)
_MILLISECOND = dt.timedelta(milliseconds=1)
#: Greater numbers are ours, for messages to which the broker gave none.


class MessageJudge:
    """Judges the contents of one message; the item number keeps the order of items that share a receive time."""

    def __init__(self, message: Message, words: Vocabulary, *, is_thingsboard: bool = False) -> None:
        self._message, self._words = message, words
        self._keeps_numbers = words.keeps_thingsboard_numbers if is_thingsboard else words.keeps_numbers
        self._items = -1
        self._frame: tuple[bytes, dt.datetime] | None = None
        self.refusals: list[Refusal] = []

    @property
    def now(self) -> dt.datetime:
        """The time of receipt of the current item: a microsecond later for each item of a message."""
        return self._message.received_at + max(self._items, 0) * _MICROSECOND

    def refuse(self, code: str, reason: str, payload: bytes | None = None, topic: str | None = None) -> None:
        """Refuse a piece, or the whole message where ``payload`` is None."""
        self._refuse_at(self.now, code, reason, payload, topic)

    def parcel(self, device: Device) -> Parcel:
        return Parcel(device, self._message.received_at, redelivered=self._message.redelivered)

    def content(self, device: Device, content: DeviceContent, *, through_gateway: bool) -> Parcel:
        """The JSON content of one device."""
        parcel = self.parcel(device)
        name = device.device_no if through_gateway else None
        if content.records:
            own = JsonSettings.of(device.settings)
            received = [self._next() for _ in content.records]
            found = standings([record.time for record in content.records], received, trust_of(device.settings),
                              self._words.clock)
            for record, standing, now in zip(content.records, found, received, strict=True):
                self._record(parcel, record, standing, now, own, name)
            self._keep_clock(parcel, max((one.told for one in found if not one.code), default=""))
        for event in content.events:
            self._items += 1
            self._event_word(parcel, event, name, content.source)
        self.settle(parcel)
        return parcel

    def _next(self) -> dt.datetime:
        self._items += 1
        return self.now

    def settle(self, parcel: Parcel) -> None:
        """Give a parcel that goes by the time of receipt the key under which a redelivery is known again."""
        if parcel.is_timeless and self._message.packet_id:
            # The packet number is part of it: the broker repeats it with a redelivery, while a device that says the
            # same thing twice gets a new one.
            parcel.delivery_key = digest(b"delivery", self._message.topic.encode("utf-8", "replace"),
                                         str(parcel.device.device_id).encode(),
                                         str(self._message.packet_id).encode(), self._message.payload,
                                         self._message.session.encode())
            if self._message.redelivered:
                number = self._message.packet_id if self._message.packet_id <= LARGEST_PACKET_ID else 0
                parcel.delivery = self._message.session, number, content_sum(
                    self._message.topic.encode("utf-8", "replace"), self._message.payload)

    def begin_frame(self, raw: bytes) -> None:
        """From now on refuse this GB/T frame, under a time of receipt that makes its replay come out alike."""
        self._frame = raw, self._message.received_at + (self._items + 1) * _MICROSECOND

    def refuse_frame(self, code: str, reason: str) -> None:
        """Refuse the current GB/T frame, or a part of it: the frame is the smallest piece that can be replayed."""
        if self._frame is None:
            raise ValueError("there is no current frame")
        self.refusals.append(Refusal(code, reason, *self._frame))

    def report(self, parcel: Parcel, report: Report, source: str) -> None:
        """One GB/T report."""
        self._items += 1
        match report:
            case Reading():
                self._gbt_reading(parcel, report)
            case StateReport():
                ts = self._loose_time(parcel, report.time)
                value = clean(report.value, self._words.limits.state)
                parcel.states.append(StateRow(parcel.device.device_id, report.key, ts, value, self.now,
                                              shares_second=True))
            case EventReport():
                parcel.reports.append(self._event(parcel, report.kind, report, source))
            case ResetReport():
                row = self._event(parcel, "", EventReport("", report.point, False, report.time, report.detail), source)
                parcel.reports.append(ResetRow(row, report.ends))
            case StatusReport():
                row = self._event(parcel, "", EventReport("", report.point, True, report.time, report.detail), source)
                parcel.reports.append(StatusRow(row, report.on, report.covers))

    def _record(self, parcel: Parcel, record: Record, standing: Standing, now: dt.datetime, own: JsonSettings,
                name: str | None) -> None:
        if standing.code:
            self._refuse_at(now, standing.code, standing.reason, *_alone(
                record, name, {"ts": record.ts, "values": record.values}))
            # No clock holds back a fire.
            self._conditions(parcel, record, now, [
                found for key, value in record.values.items() if not record.is_attributes and isinstance(
                    found := meaning(key, value, own, self._words, keeps_numbers=self._keeps_numbers), Kept)])
            return
        parcel.is_timeless = parcel.is_timeless or standing.by_receipt
        number, keeps_numbers = parcel.device.device_id, self._keeps_numbers
        seen: dict[str, float] = {}
        kept: list[Kept] = []
        for key, value in record.values.items():
            found = (attribute(key, value, self._words) if record.is_attributes else
                     meaning(key, value, own, self._words, keeps_numbers=keeps_numbers))
            if isinstance(found, Measured):
                code = found.metric.code
                if code not in seen:
                    seen[code] = found.number
                    parcel.readings.append(ReadingRow(number, code, standing.ts, found.number, now))
                    continue
                if seen[code] == found.number:
                    continue
                found = Fault("twice", f"{named(key)} is {code}, which the same object has as {figure(seen[code])}")
            if isinstance(found, Kept):
                parcel.states.append(StateRow(number, key, standing.ts, found.text, now))
                kept.append(found)
            elif found is not None:
                self._refuse_at(now, found.code, found.reason,
                                *_alone(record, name, value_excerpt(record, key, value)))
        self._conditions(parcel, record, now, kept)

    def _conditions(self, parcel: Parcel, record: Record, now: dt.datetime, kept: Iterable[Kept]) -> None:
        """The conditions that values tell of: one that holds is an event, one that has gone a restore."""
        points: dict[str, dict[str, bool]] = {}
        for one in kept:
            if one.kind is not None:
                held = points.setdefault(one.point, {})
                held[one.kind.code] = held.get(one.kind.code, False) or one.active
        for point, kinds in points.items():
            row = self._event(parcel, "", EventReport("", point, True, record.time), "json", now)
            parcel.reports.append(StatusRow(row, tuple(code for code, active in kinds.items() if active), tuple(kinds)))

    def _refuse_at(self, now: dt.datetime, code: str, reason: str, payload: bytes | None,
                   topic: str | None = None) -> None:
        self.refusals.append(Refusal(code, reason, self._message.payload if payload is None else payload, now, topic))

    def _keep_clock(self, parcel: Parcel, told: str) -> None:
        """Keep what the device's clock said where that was not believed, once for each parcel."""
        if told and parcel.readings and not any(row.key == CLOCK_STATE for row in parcel.states):
            newest = max(parcel.readings, key=lambda row: row.ts)
            parcel.states.append(StateRow(parcel.device.device_id, CLOCK_STATE, newest.ts, clean(told, 100),
                                          newest.received_at))

    def _event_word(self, parcel: Parcel, event: EventReport, name: str | None, source: str) -> None:
        kind = self._words.kind_words.get(word_key(event.kind))
        if kind is None:
            self.refuse("event_type", f"{shown(event.kind)} is not a known event type; the vendor guide lists them",
                        excerpt(event.origin, name))
            return
        parcel.reports.append(self._event(parcel, kind.code, event, source))

    def _event(self, parcel: Parcel, kind: str, event: EventReport, source: str,
               now: dt.datetime | None = None) -> EventRow:
        """An event's row: nothing about its time or its detail is a reason to refuse it."""
        ts, device_ts, detail, now = event.time, None, event.detail, now or self.now
        if ts is None:
            ts, parcel.is_timeless = now, True
        elif isinstance(ts, BadTime):
            detail = {**detail, "device_time": ts.text}
            ts, parcel.is_timeless = now, True
        else:
            device_ts = ts
            clock = self._words.clock
            doubt = clock.doubt(ts, self._message.received_at, clock.oldest_event)
            if doubt:
                detail = {**detail, "clock": doubt}
            if doubt or trust_of(parcel.device.settings) == "receive":
                ts, parcel.is_timeless = now, True
        limits = self._words.limits
        return EventRow(parcel.device.device_id, ts, kind, clean(event.point, limits.point), event.active,
                        detail_text(detail, limits.detail), device_ts, now, source)

    def _gbt_reading(self, parcel: Parcel, reading: Reading) -> None:
        metric = self._words.metrics.get(reading.metric)
        if metric is None:
            self.refuse_frame("unknown_metric",
                              f"the device's settings name the metric {reading.metric!r}, which is unknown")
            return
        if not math.isfinite(reading.value) or not metric.least <= reading.value <= metric.most:
            self.refuse_frame("range", f"{metric.code} is {figure(reading.value)} {metric.unit}, outside "
                                       f"{figure(metric.least)} to {figure(metric.most)} {metric.unit}")
            return
        ts = self._loose_time(parcel, reading.time)
        # A frame may hold the same quantity of several components within one second: each a millisecond on.
        taken = {row.ts for row in parcel.readings if row.metric == metric.code}
        while ts in taken:
            ts += _MILLISECOND
        parcel.readings.append(ReadingRow(parcel.device.device_id, metric.code, ts, reading.value, self.now,
                                          shares_second=True))

    def _loose_time(self, parcel: Parcel, time: DeviceTime) -> dt.datetime:
        clock, is_believed = self._words.clock, trust_of(parcel.device.settings) != "receive"
        if is_believed and isinstance(time, dt.datetime) and not clock.doubt(time, self._message.received_at,
                                                                             clock.oldest_reading):
            return time
        parcel.is_timeless = True
        return self.now


def _alone(record: Record, name: str | None, piece: Any) -> tuple[bytes | None, str | None]:
    """A piece of a record as a message of its own: its payload, and its topic where that is not the message's."""
    if record.piece is None:
        return excerpt(piece, name), None
    topic, payload = record.piece()
    return payload, topic
