"""What would become of a message, without storing it: the very decoders and the very judgement, and no writer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import orjson

from ingest.messages import Message, Refusal
from ingest.opening import Directory, judge_message, open_message
from ingest.rows import Device, EventRow, Parcel, ReadingRow, ResetRow, StateRow
from ingest.texts import storable
from ingest.vocabulary import Vocabulary, vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from registry import vendor_limits
from store import Queries
from store.database import Connection

_q = Queries(__file__)
#: More than a person reads; a message may hold thousands of values.
_MOST_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class WouldStore:
    """A row that would be stored. ``what`` is reading, state, event or restore; ``text`` its value or point.

    ``note`` says what else is so: ``repeated`` (it is there already), ``contradiction`` (another value is there, so it
    would be refused), ``receipt`` (it goes by the time of receipt), or nothing.
    """

    device_no: str
    what: str
    name: str
    text: str
    unit: str
    ts: dt.datetime
    note: str = ""


@dataclass(slots=True)
class Trial:
    """What a message would come to. ``more`` rows were left off; ``is_heard``: some device of it counts as heard."""

    rows: list[WouldStore] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    more: int = 0
    is_heard: bool = False

    @property
    def is_clean(self) -> bool:
        return not self.refusals and not any(row.note == "contradiction" for row in self.rows)


def attempt(connection: Connection, book: RuleBook, topic: str, payload: bytes, *, now: dt.datetime,
            max_payload: int) -> Trial:
    """Judge a message as if it were received at ``now``; nothing is written.

    ``max_payload`` is the limit of ingest in bytes. The vendor's own limit of size is looked at; its rate can't be.
    """
    words = vocabulary(book, legal_day(now))
    message = Message(topic, payload[:max_payload], now, len(payload))
    opened = open_message(message, words)
    vendor = opened.topic.vendor_code if opened.topic and storable(opened.topic.vendor_code) else None
    numbers = [number for _, number in opened.devices]
    directory = _directory(connection, vendor, numbers)
    trial = Trial()
    too_large = _too_large(connection, vendor if vendor in directory.vendors else None,
                           opened.topic.form if opened.topic else "", message, book)
    if too_large:
        trial.refusals.append(Refusal("too_large", too_large, message.payload, now))
        return trial
    judged = judge_message(opened, directory, words)
    trial.refusals = judged.refusals
    trial.is_heard = bool(judged.parcels)
    rows = [row for parcel in judged.parcels for row in _rows(parcel, words)]
    trial.more = max(len(rows) - _MOST_SHOWN, 0)
    trial.rows = _compared(connection, judged.parcels, rows)[:_MOST_SHOWN]
    return trial


def _directory(connection: Connection, vendor: str | None, numbers: list[str]) -> Directory:
    if vendor is None:
        return Directory({}, {})
    vendors = connection.execute(_q["vendors"], {"vendor": vendor}).fetchall()
    rows = connection.execute(_q["devices"], {"vendor": vendor, "numbers": numbers}).fetchall()
    devices = {(vendor, row["device_no"]): Device(
        row["device_id"], vendor, row["device_no"], row["unit_id"], row["kind"], row["status"] == "active",
        orjson.loads(row["settings"])) for row in rows if row["device_id"] is not None}
    elsewhere = frozenset((vendor, row["device_no"]) for row in rows if row["elsewhere"])
    return Directory(devices, {row["vendor_code"]: row["status"] for row in vendors}, elsewhere)


def _too_large(connection: Connection, vendor: str | None, form: str, message: Message, book: RuleBook) -> str | None:
    if vendor is None or form != "telemetry":
        return None
    limits = vendor_limits.get(connection, vendor, vendor_limits.of_policy(book, legal_day(message.received_at)))
    return limits.refuses_size(message.payload_bytes)


def _rows(parcel: Parcel, words: Vocabulary) -> Iterable[WouldStore]:
    number, received = parcel.device.device_no, parcel.received_at
    for reading in parcel.readings:
        unit = words.metrics[reading.metric].unit if reading.metric in words.metrics else ""
        yield WouldStore(number, "reading", reading.metric, f"{reading.value:.10g}", unit, reading.ts,
                         _by_receipt(reading.ts, received))
    for state in parcel.states:
        yield WouldStore(number, "state", state.key, state.value, "", state.ts, _by_receipt(state.ts, received))
    for report in parcel.reports:
        row = report if isinstance(report, EventRow) else report.row
        note = _by_receipt(row.ts, received)
        if isinstance(report, EventRow):
            yield WouldStore(number, "event" if row.active else "restore", row.kind, row.point, "", row.ts, note)
            continue
        if isinstance(report, ResetRow):
            for kind in report.ends:
                yield WouldStore(number, "restore", kind, row.point, "", row.ts, "if_held")
            continue
        for kind in report.on:
            yield WouldStore(number, "event", kind, row.point, "", row.ts, note)
        # A status restores what it covers and does not name, where that held until now.
        for kind in report.covers:
            if kind not in report.on:
                yield WouldStore(number, "restore", kind, row.point, "", row.ts, "if_held")


def _by_receipt(ts: dt.datetime, received: dt.datetime) -> str:
    return "receipt" if dt.timedelta(0) <= ts - received < dt.timedelta(seconds=1) else ""


def _compared(connection: Connection, parcels: list[Parcel], rows: list[WouldStore]) -> list[WouldStore]:
    """The rows with a note where a reading or state is stored already, or another value stands in its place."""
    readings: list[ReadingRow] = [row for parcel in parcels for row in parcel.readings]
    states: list[StateRow] = [row for parcel in parcels for row in parcel.states]
    notes = {"reading": iter(_notes(connection, "stored", readings, [row.metric for row in readings])),
             "state": iter(_notes(connection, "stored_states", states, [row.key for row in states]))}
    return [replace(row, note=(next(notes[row.what]) or row.note)) if row.what in notes else row for row in rows]


def _notes(connection: Connection, query: str, rows: Sequence[ReadingRow | StateRow], names: list[str]) -> list[str]:
    if not rows:
        return []
    found = connection.execute(_q[query], {"devices": [row.device_id for row in rows], "names": names,
                                           "times": [row.ts for row in rows]}).fetchall()
    there = {one["place"] - 1: one["value"] for one in found}
    # Another value within a second that a panel's components share is stored beside the one that is there.
    return ["" if place not in there else "repeated" if there[place] == row.value
            else "" if row.shares_second else "contradiction" for place, row in enumerate(rows)]
