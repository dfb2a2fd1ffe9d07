"""One batch into the database, in one transaction: all of it is there after the commit, or none."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg

from ingest import quarantine
from ingest.casebook import active_points, follow_up
from ingest.conditions import events_of
from ingest.judge import Device, EventRow, Parcel, ReadingRow, StateRow, storable
from ingest.lastseen import merge_values
from ingest.messages import Message
from ingest.opening import DeviceKey, Directory, Judged, judge_message, open_message
from ingest.quarantine import Quarantined
from ingest.vocabulary import Vocabulary, vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, Queries, copy_rows
from store.database import Connection

_q = Queries(__file__)
_READING_COLUMNS = ("device_id", "metric_id", "ts", "value", "received_at")
_READING_TYPES = ("int4", "int2", "timestamptz", "float8", "timestamptz")
_ONE_DAY = dt.timedelta(days=1)


@dataclass(slots=True)
class Stored:
    """What one batch came to: messages by form, rows stored, rows that were there before, refusals by reason."""

    messages: Counter[str] = field(default_factory=Counter)
    readings: int = 0
    states: int = 0
    events: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Writer:
    """Stores batches. It keeps nothing between them but the numbers of the metrics, which never change."""

    def __init__(self, db: Database, book: RuleBook) -> None:
        self._db, self._book = db, book
        self._metric_ids: dict[str, int] = {}
        self._expect_duplicates = False

    def store(self, messages: Sequence[Message]) -> Stored:
        """Decode, judge and store ``messages`` in order; when this returns, they are committed.

        Raises what psycopg raises: then nothing of the batch is stored.
        """
        if not messages:
            return Stored()
        words = vocabulary(self._book, legal_day(messages[-1].received_at))
        opened = [open_message(message, words) for message in messages]
        self._know_metrics(words)
        with self._db.connection() as connection:
            directory = _directory(connection, [key for one in opened for key in one.devices],
                                   {one.topic.vendor_code for one in opened if one.topic})
            judged = [judge_message(one, directory, words) for one in opened]
            return self._store(connection, judged, words)

    def refuse(self, message: Message, code: str, reason: str) -> None:
        """Quarantine a message that can't be stored for a reason of the database's."""
        with self._db.connection() as connection:
            quarantine.add(connection, [Quarantined(message.topic, message.payload, message.payload_bytes, None, code,
                                                    reason, message.received_at)])

    def forget(self, now: dt.datetime) -> None:
        """Drop what need not be remembered longer: old deliveries, and quarantine beyond its bounds."""
        day = legal_day(now)
        words = vocabulary(self._book, day)
        with self._db.connection() as connection:
            connection.execute(_q["forget_deliveries"], {"before": now - words.delivery_window})
            quarantine.trim(connection, rows=self._book.value("quarantine.vendor_rows", day),
                            size=self._book.value("quarantine.vendor_megabytes", day) * 1_000_000)

    def _store(self, connection: Connection, judged: list[Judged], words: Vocabulary) -> Stored:
        stored = Stored(Counter(one.form for one in judged))
        refused = [Quarantined(one.message.topic, refusal.payload,
                               max(len(refusal.payload), one.message.payload_bytes if one.message.is_cut else 0),
                               one.vendor_code, refusal.reason_code, refusal.reason, refusal.received_at)
                   for one in judged for refusal in one.refusals]
        parcels = [parcel for one in judged for parcel in one.parcels]
        if parcels:
            refused += self._store_parcels(connection, parcels, words, stored)
        stored.refused.update(one.reason_code for one in refused)
        quarantine.add(connection, refused)
        return stored

    def _store_parcels(self, connection: Connection, parcels: list[Parcel], words: Vocabulary,
                       stored: Stored) -> list[Quarantined]:
        devices = {parcel.device.device_id: parcel.device for parcel in parcels}
        fresh, resent = _once(connection, parcels, words)
        fresh_or_resent = _in_order(parcels, fresh, resent)
        stored.duplicates += len(parcels) - len(fresh_or_resent)
        units = {number: device.unit_id for number, device in devices.items()}
        heard = _heard(parcels)
        last_known, back = _begin(connection, heard)
        asking = {parcel.device.device_id for parcel, _ in fresh_or_resent if parcel.reports}
        events = back + events_of(fresh_or_resent, active_points(connection, asking))
        readings = [row for parcel in fresh for row in parcel.readings]
        states = [row for parcel in fresh for row in parcel.states]
        refused = self._add_readings(connection, readings, devices, stored)
        stored.states = _add_states(connection, states)
        stored.duplicates += len(states) - stored.states
        notices: list[str] = []
        if events:
            added = add_events(connection, events)
            stored.events = len(added)
            stored.duplicates += len(events) - len(added)
            notices = follow_up(connection, added, words.kinds, units)
        _keep(connection, last_known, heard, readings, events)
        mark_days(connection, units, readings, events)
        if notices:
            connection.execute(_q["notify"], {"payloads": notices})
        return refused

    def _add_readings(self, connection: Connection, rows: list[ReadingRow], devices: dict[int, Device],
                      stored: Stored) -> list[Quarantined]:
        """Readings by plain COPY where nothing repeats, else by way of a stage; a contradiction is quarantined."""
        kept: dict[tuple[int, str, dt.datetime], ReadingRow] = {}
        refused: list[Quarantined] = []
        for row in rows:
            first = kept.setdefault((row.device_id, row.metric, row.ts), row)
            if first is not row:
                stored.duplicates += 1
                if first.value != row.value:
                    refused.append(_contradiction(devices[row.device_id], row.metric, row.ts, row.value, first.value,
                                                  row.received_at))
        if not kept:
            return refused
        numbers = self._metric_ids
        values = [(row.device_id, numbers[row.metric], row.ts, row.value, row.received_at) for row in kept.values()]
        if not self._expect_duplicates:
            try:
                with connection.transaction():
                    stored.readings = copy_rows(connection, "readings", _READING_COLUMNS, _READING_TYPES, values)
                return refused
            except psycopg.errors.UniqueViolation:
                # Repetitions come in runs (a redelivery, a gateway that sends twice): stage until one batch has none.
                self._expect_duplicates = True
        connection.execute(_q["stage_readings"])
        copy_rows(connection, "stage_readings", _READING_COLUMNS, _READING_TYPES, values)
        stored.readings = max(connection.execute(_q["take_staged_readings"]).rowcount, 0)
        stored.duplicates += len(values) - stored.readings
        self._expect_duplicates = stored.readings < len(values)
        if self._expect_duplicates:
            found = connection.execute(_q["contradicted_readings"], {"earliest": min(value[2] for value in values)})
            refused += [_contradiction(devices[other["device_id"]], other["code"], other["ts"], other["value"],
                                       other["stored"], other["received_at"]) for other in found.fetchall()]
        return refused

    def _know_metrics(self, words: Vocabulary) -> None:
        """The numbers of the metrics, committed on their own: a batch rolled back must not take them along."""
        if not self._metric_ids.keys() >= words.metrics.keys():
            with self._db.connection() as connection:
                connection.execute(_q["add_metrics"], {"codes": list(words.metrics)})
                rows = connection.execute(_q["metrics"]).fetchall()
            self._metric_ids = {row["code"]: row["metric_id"] for row in rows}


def _directory(connection: Connection, keys: Sequence[DeviceKey], vendors: set[str]) -> Directory:
    """What the registry says now: asked for each batch, so that a device registered this second is known."""
    keys = list(dict.fromkeys(keys))
    asked = {"vendors": [vendor for vendor, _ in keys], "numbers": [number for _, number in keys]}
    found = {(row["vendor_code"], row["device_no"]): Device(
        row["device_id"], row["vendor_code"], row["device_no"], row["unit_id"], row["kind"],
        row["status"] == "active", orjson.loads(row["settings"]))
        for row in connection.execute(_q["devices"], asked).fetchall()}
    known = connection.execute(_q["vendors"], {"vendors": [one for one in vendors if storable(one)]}).fetchall()
    missing = [key for key in keys if key not in found]
    elsewhere = frozenset[DeviceKey]()
    if missing:
        rows = connection.execute(_q["elsewhere"], {"vendors": [vendor for vendor, _ in missing],
                                                    "numbers": [number for _, number in missing]}).fetchall()
        elsewhere = frozenset((row["vendor_code"], row["device_no"]) for row in rows)
    return Directory(found, {row["vendor_code"]: row["status"] for row in known}, elsewhere)


def _once(connection: Connection, parcels: list[Parcel], words: Vocabulary) -> tuple[list[Parcel], list[Parcel]]:
    """Parcels not stored before, and GB/T packets their device sent again; broker redeliveries are in neither."""
    keys = [key for parcel in parcels for key in (parcel.delivery_key, parcel.resend_key) if key is not None]
    if not keys:
        return list(parcels), []
    rows = connection.execute(_q["known_deliveries"], {"digests": keys}).fetchall()
    seen = {bytes(row["digest"]): row["received_at"] for row in rows}
    fresh: list[Parcel] = []
    resent: list[Parcel] = []
    for parcel in parcels:
        delivered = seen.get(parcel.delivery_key) if parcel.delivery_key and parcel.redelivered else None
        if delivered is not None and parcel.received_at - delivered <= words.delivery_window:
            continue
        packet = seen.get(parcel.resend_key) if parcel.resend_key else None
        is_resend = packet is not None and parcel.received_at - packet <= words.resend_window
        (resent if is_resend else fresh).append(parcel)
        for key in (parcel.delivery_key, parcel.resend_key):
            if key is not None:
                seen[key] = parcel.received_at
    connection.execute(_q["remember_deliveries"], {"digests": list(seen), "times": list(seen.values())})
    return fresh, resent


def _in_order(parcels: list[Parcel], fresh: list[Parcel], resent: list[Parcel]) -> list[tuple[Parcel, bool]]:
    again, kept = {id(parcel) for parcel in resent}, {id(parcel) for parcel in fresh}
    return [(parcel, id(parcel) in again) for parcel in parcels if id(parcel) in again or id(parcel) in kept]


def _begin(connection: Connection, heard: dict[int, dt.datetime]) -> tuple[list[dict[str, Any]], list[EventRow]]:
    """Lock the last state of the devices heard; returns it, and an event for each that is back from being offline."""
    numbers = sorted(heard)
    connection.execute(_q["begin_devices"], {"devices": numbers, "heard": [heard[number] for number in numbers]})
    rows = connection.execute(_q["lock_devices"], {"devices": numbers}).fetchall()
    return rows, [EventRow(row["device_id"], heard[row["device_id"]], "offline", "", False, "{}", None,
                           heard[row["device_id"]], "offline") for row in rows if not row["online"]]


def _keep(connection: Connection, last_known: list[dict[str, Any]], heard: dict[int, dt.datetime],
          readings: list[ReadingRow], events: list[EventRow]) -> None:
    """The new last state of the devices heard."""
    values: dict[int, list[ReadingRow]] = defaultdict(list)
    last = {row["device_id"]: row["last_ts"] for row in last_known if row["last_ts"] is not None}
    for reading in readings:
        values[reading.device_id].append(reading)
        last[reading.device_id] = max(last.get(reading.device_id, reading.ts), reading.ts)
    for event in events:
        last[event.device_id] = max(last.get(event.device_id, event.ts), event.ts)
    connection.execute(_q["keep_devices"], {
        "devices": [row["device_id"] for row in last_known],
        "last": [last.get(row["device_id"]) for row in last_known],
        "heard": [max(row["last_received_at"], heard[row["device_id"]]) for row in last_known],
        "online": [row["online_since"] if row["online"] and row["online_since"] else heard[row["device_id"]]
                   for row in last_known],
        "values": [orjson.dumps(merge_values(orjson.loads(row["metric_values"]), values[row["device_id"]])).decode()
                   for row in last_known]})


def _heard(parcels: Iterable[Parcel]) -> dict[int, dt.datetime]:
    heard: dict[int, dt.datetime] = {}
    for parcel in parcels:
        number = parcel.device.device_id
        heard[number] = max(heard.get(number, parcel.received_at), parcel.received_at)
    return heard


def _add_states(connection: Connection, rows: list[StateRow]) -> int:
    if not rows:
        return 0
    return max(connection.execute(_q["add_states"], {
        "devices": [row.device_id for row in rows], "keys": [row.key for row in rows],
        "times": [row.ts for row in rows], "values": [row.value for row in rows],
        "received": [row.received_at for row in rows]}).rowcount, 0)


def add_events(connection: Connection, rows: list[EventRow]) -> list[dict[str, Any]]:
    """Store events; returns those that were not there yet, in the order given."""
    return connection.execute(_q["add_events"], {
        "devices": [row.device_id for row in rows], "times": [row.ts for row in rows],
        "kinds": [row.kind for row in rows], "points": [row.point for row in rows],
        "active": [row.active for row in rows], "details": [row.detail for row in rows],
        "device_times": [row.device_ts for row in rows], "received": [row.received_at for row in rows],
        "sources": [row.source for row in rows]}).fetchall()


def mark_days(connection: Connection, units: Mapping[int, int], readings: list[ReadingRow],
              events: list[EventRow]) -> None:
    """Mark the days that were touched; an event that comes late changes every day from its own to this one.

    ``units`` gives the unit of each device.
    """
    rows: list[ReadingRow | EventRow] = [*readings, *events]
    if not rows:
        return
    today = legal_day(max(row.received_at for row in rows))
    touched = {(units[row.device_id], legal_day(row.ts)) for row in rows}
    for event in events:
        day = legal_day(event.ts) + _ONE_DAY
        while day <= today:
            touched.add((units[event.device_id], day))
            day += _ONE_DAY
    for name, chosen in (("mark_days", sorted(one for one in touched if one[1] >= today)),
                         ("mark_late_days", sorted(one for one in touched if one[1] < today))):
        if chosen:
            connection.execute(_q[name], {"units": [unit for unit, _ in chosen], "days": [day for _, day in chosen]})


def _contradiction(device: Device, metric: str, ts: dt.datetime, value: float, stored: float,
                   received_at: dt.datetime) -> Quarantined:
    payload = orjson.dumps({"ts": ts.isoformat(), "values": {metric: value}})
    return Quarantined(f"huoyan/v1/{device.vendor_code}/{device.device_no}/telemetry", payload, len(payload),
                       device.vendor_code, "contradiction",
                       f"{metric} at {ts.isoformat()} is already stored as {stored:.10g}, not {value:.10g}",
                       received_at)
