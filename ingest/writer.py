"""One batch into the database, in one transaction: all of it is there after the commit, or none."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from ingest import echoes, quarantine, sparkplug, spoken, state_table, vendor_hours
from ingest.arrivals import microseconds
from ingest.casebook import Casebook
from ingest.conditions import told_by
from ingest.judge import Device, EventRow, Parcel, ReadingRow, StateRow, storable
from ingest.ledger import Key, known_among
from ingest.messages import Message
from ingest.opening import DeviceKey, Directory, Judged, judge_message, open_message
from ingest.quarantine import Quarantined
from ingest.readings import Contradiction, ReadingTable, Rows, Shared, add_beside
from ingest.stored import Stored
from ingest.topics import is_down
from ingest.unit_days import UnitDay, mark_unit_days
from ingest.vocabulary import Vocabulary, vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store import Database, Queries
from store.database import Connection

_q = Queries(__file__)
_MICROSECOND = dt.timedelta(microseconds=1)
#: Raises where this process may not store any more, see :mod:`ingest.seats`.
Fence = Callable[[Connection], None]


class Writer:
    """Stores batches. It keeps nothing between them but the numbers of metrics and words, which never change.

    ``tells_spoken``: what devices say in GB/T 26875.3 is told in :attr:`Stored.spoken`, for whoever answers them.
    ``fence`` is asked first in every transaction that stores.
    """

    def __init__(self, db: Database, book: RuleBook, *, tells_spoken: bool = False, fence: Fence | None = None) -> None:
        self._db, self._book, self._tells_spoken, self._fence = db, book, tells_spoken, fence
        self._metric_ids: dict[str, int] = {}
        self.readings = ReadingTable()
        self._casebook = Casebook()
        self._sparkplug = sparkplug.Host(book)

    def store(self, messages: Sequence[Message]) -> Stored:
        """Decode, judge and store ``messages`` in order; when this returns, they are committed.

        Raises what psycopg raises: then nothing of the batch is stored.
        """
        if not messages:
            return Stored()
        words = self.words(messages[-1].received_at)
        with self._db.connection() as connection:
            self.pass_fence(connection)
            stored = self.store_within(connection, messages, words)
            vendor_hours.count(connection, stored.tallies)
            return stored

    def pass_fence(self, connection: Connection) -> None:
        """Raise where this process may not store any more."""
        if self._fence is not None:
            self._fence(connection)

    def words(self, now: dt.datetime) -> Vocabulary:
        """The vocabulary of the moment, whose metrics all have a number."""
        words = vocabulary(self._book, legal_day(now))
        self._know_metrics(words)
        return words

    @property
    def metric_numbers(self) -> Mapping[str, int]:
        """The numbers of the metrics by code."""
        return self._metric_ids

    def store_within(self, connection: Connection, messages: Sequence[Message], words: Vocabulary,
                     days: Collection[UnitDay] = ()) -> Stored:
        """As :meth:`store`, within the caller's transaction, whose last act is to count the vendors' hours.

        ``days`` are unit-days that the caller has touched: all are marked in one order, so that two processes can't
        wait for each other.
        """
        came, messages = len(messages), echoes.fresh_among(connection, messages, words.delivery_window)
        told, publishes = self._sparkplug.open_messages(
            connection, [one for one in messages if one.topic.startswith(sparkplug.ROOT)], words)
        opened = [open_message(one, words) for one in messages
                  if not one.topic.startswith(sparkplug.ROOT) and not is_down(one.topic)] + told
        directory = _directory(connection, [key for one in opened for key in one.devices],
                               {one.topic.vendor_code for one in opened if one.topic})
        judged = [judge_message(one, directory, words) for one in opened]
        stored = self._store(connection, judged, words, days)
        stored.publishes, stored.echoes = publishes, came - len(messages)
        if self._tells_spoken:
            stored.spoken = spoken.spoken_of(opened, judged, words)
        return stored

    def refuse_within(self, connection: Connection, refused: list[Quarantined], stored: Stored) -> None:
        """Quarantine and count pieces that could not be stored, within the caller's transaction."""
        stored.refused.update(one.reason_code for one in refused)
        quarantine.add(connection, refused)

    def come_back(self, connection: Connection, heard: dict[int, dt.datetime], units: Mapping[int, int],
                  words: Vocabulary) -> None:
        """End the silence of devices that are heard again."""
        last_known, events = _begin(connection, heard)
        self._casebook.take(connection, events, words, units)
        _keep(connection, last_known, heard, events)

    def refuse(self, message: Message, code: str, reason: str) -> None:
        """Quarantine a message that can't be stored for a reason of the database's."""
        with self._db.connection() as connection:
            quarantine.add(connection, [Quarantined(message.topic, message.payload, message.payload_bytes, None, code,
                                                    reason, message.received_at)])

    def forget(self, now: dt.datetime) -> None:
        """Drop what need not be remembered longer: old deliveries, and quarantine beyond its bounds."""
        day = legal_day(now)
        words = vocabulary(self._book, day)
        # One by one: an alarm may wait for what is locked here, and must not wait for the slowest.
        with self._db.connection() as connection:
            echoes.forget(connection)
        with self._db.connection() as connection:
            connection.execute(_q["forget_deliveries"], {"before": now - words.delivery_window})
        with self._db.connection() as connection:
            quarantine.trim(connection, rows=self._book.value("quarantine.vendor_rows", day),
                            size=self._book.value("quarantine.vendor_megabytes", day) * 1_000_000)

    def _store(self, connection: Connection, judged: list[Judged], words: Vocabulary,
               days: Collection[UnitDay]) -> Stored:
        stored = Stored(Counter(one.form for one in judged))
        for one in judged:
            if one.vendor_code:
                stored.tally(one.vendor_code, one.form, one.message.received_at).add(
                    1, one.message.payload_bytes, refused=len(one.refusals),
                    readings=sum(len(parcel.readings) + len(parcel.states) for parcel in one.parcels),
                    events=sum(len(parcel.reports) for parcel in one.parcels))
        refused = [Quarantined(refusal.topic or one.message.topic, refusal.payload,
                               max(len(refusal.payload), one.message.payload_bytes if one.message.is_cut else 0),
                               one.vendor_code, refusal.reason_code, refusal.reason, refusal.received_at,
                               one.message.redelivered)
                   for one in judged for refusal in one.refusals]
        parcels = [parcel for one in judged for parcel in one.parcels]
        if parcels:
            refused += self._store_parcels(connection, parcels, words, stored, days)
        elif days:
            mark_unit_days(connection, days, max(day for _, day in days))
        self.refuse_within(connection, refused, stored)
        return stored

    def _store_parcels(self, connection: Connection, parcels: list[Parcel], words: Vocabulary, stored: Stored,
                       days: Collection[UnitDay]) -> list[Quarantined]:
        devices = {parcel.device.device_id: parcel.device for parcel in parcels}
        units = {number: device.unit_id for number, device in devices.items()}
        heard = _heard(parcels)
        # First of all: what is known of a device is asked once no other process can be about to change it.
        last_known, back = _begin(connection, heard)
        fresh, resent = _once(connection, parcels, words)
        fresh_or_resent = _in_order(parcels, fresh, resent)
        stored.duplicates += len(parcels) - len(fresh_or_resent)
        told = told_by(fresh_or_resent, words.lasting)
        told.events[:0] = back
        entry = self._casebook.enter(connection, told, words, units)
        stored.events, stored.duplicates = entry.events, stored.duplicates + entry.duplicates
        readings = [row for parcel in fresh for row in parcel.readings]
        states = [row for parcel in fresh for row in parcel.states]
        refused = self._add_readings(connection, fresh, devices, stored)
        added = state_table.add(connection, fresh, devices)
        stored.states, stored.duplicates = added.stored, stored.duplicates + added.duplicates
        refused += added.refused
        rows: list[ReadingRow | StateRow] = [*readings, *states]
        mark_unit_days(connection, {*days, *entry.days, *((units[row.device_id], legal_day(row.ts)) for row in rows)},
                       legal_day(max(heard.values())))
        self._casebook.post(connection, entry, units)
        _keep(connection, last_known, heard, [*readings, *told.rows])
        return refused

    def _add_readings(self, connection: Connection, parcels: list[Parcel], devices: dict[int, Device],
                      stored: Stored) -> list[Quarantined]:
        """Add the readings of parcels; one that contradicts another is refused."""
        kept: dict[tuple[int, str, dt.datetime], ReadingRow] = {}
        beside: list[ReadingRow] = []
        refused: list[Contradiction] = []
        for row in sorted((row for parcel in parcels for row in parcel.readings), key=_goes_by_receipt):
            first = kept.setdefault((row.device_id, row.metric, row.ts), row)
            if first is not row and _goes_by_receipt(row):
                # It stands there only by chance: it says something of its own, even where the value is the same.
                while (row.device_id, row.metric, row.ts) in kept:
                    row.ts = row.received_at = row.ts + _MICROSECOND
                kept[row.device_id, row.metric, row.ts] = row
            elif first is not row and row.shares and first.value != row.value:
                beside.append(row)
            elif first is not row:
                stored.duplicates += 1
                if first.value != row.value:
                    refused.append(_contradiction(row, devices[row.device_id], first.value))
        if not kept:
            return []
        numbers = self._metric_ids
        rows = Rows(np.array([row.device_id for row in kept.values()], dtype=np.int64),
                    np.array([numbers[row.metric] for row in kept.values()], dtype=np.int16),
                    np.array([microseconds(row.ts) for row in kept.values()], dtype=np.int64),
                    np.array([row.value for row in kept.values()], dtype=np.float64),
                    np.array([microseconds(row.received_at) for row in kept.values()], dtype=np.int64))
        # A replay is no delivery: it is known again by the time under which it was received.
        added = self.readings.add(connection, rows, expect_duplicates=any(one.redelivered for one in parcels),
                                  are_deliveries=all(one.delivery_key for one in parcels if one.is_timeless))
        stored.readings += added.stored
        stored.duplicates += added.duplicates
        for one in added.contradictions:
            row = kept[one.device_id, one.metric, one.ts]
            if row.shares:
                stored.duplicates -= 1
                beside.append(row)
            else:
                refused.append(one)
        if beside:
            refused += self._add_beside(connection, sorted(beside, key=_received), devices, stored)
        return [contradiction(one) for one in refused]

    def _add_beside(self, connection: Connection, rows: list[ReadingRow], devices: dict[int, Device],
                    stored: Stored) -> list[Contradiction]:
        """Add readings of one metric that share a moment, such as those of several components of a panel."""
        numbers = self._metric_ids
        count, full = add_beside(connection, [
            Shared(row.device_id, numbers[row.metric], row.ts, row.value, row.received_at, row.shares)
            for row in rows if row.shares])
        stored.readings += count
        stored.duplicates += len(rows) - count
        places = {(one.device_id, one.metric_id, one.ts, one.value) for one in full}
        return [_contradiction(row, devices[row.device_id], None) for row in rows
                if (row.device_id, numbers[row.metric], row.ts, row.value) in places]

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
    seen |= _seen_by_block(connection, parcels)
    fresh: list[Parcel] = []
    resent: list[Parcel] = []
    for parcel in parcels:
        delivered = seen.get(parcel.delivery_key) if parcel.delivery_key and parcel.redelivered else None
        if delivered is not None and abs(parcel.received_at - delivered) <= words.delivery_window:
            continue
        packet = seen.get(parcel.resend_key) if parcel.resend_key else None
        # Another process may have stored the second sending first: what comes then is no less a repetition.
        is_resend = packet is not None and abs(parcel.received_at - packet) <= words.resend_window
        (resent if is_resend else fresh).append(parcel)
        for key in (parcel.delivery_key, parcel.resend_key):
            if key is not None:
                seen[key] = parcel.received_at
    connection.execute(_q["remember_deliveries"], {"digests": list(seen), "times": list(seen.values())})
    return fresh, resent


def _seen_by_block(connection: Connection, parcels: list[Parcel]) -> dict[bytes, dt.datetime]:
    """Deliveries that went by column the first time: there they are written down by batch."""
    asked: dict[str, dict[Key, list[Parcel]]] = {}
    for parcel in parcels:
        if parcel.redelivered and parcel.delivery_key and parcel.delivery:
            session, *key = parcel.delivery
            asked.setdefault(session, {}).setdefault((key[0], key[1]), []).append(parcel)
    return {parcel.delivery_key: parcel.received_at for session, keys in asked.items()
            for key in known_among(connection, session, keys) for parcel in keys[key] if parcel.delivery_key}


def _in_order(parcels: list[Parcel], fresh: list[Parcel], resent: list[Parcel]) -> list[tuple[Parcel, bool]]:
    again, kept = {id(parcel) for parcel in resent}, {id(parcel) for parcel in fresh}
    return [(parcel, id(parcel) in again) for parcel in parcels if id(parcel) in again or id(parcel) in kept]


def _begin(connection: Connection, heard: dict[int, dt.datetime]) -> tuple[list[dict[str, Any]], list[EventRow]]:
    """Lock the last state of the devices heard; returns it, and an event for each that is back from being offline."""
    numbers = sorted(heard)
    connection.execute(_q["begin_devices"], {"devices": numbers, "heard": [heard[number] for number in numbers]})
    rows = connection.execute(_q["lock_devices"], {"devices": numbers}).fetchall()
    return rows, [EventRow(row["device_id"], heard[row["device_id"]], "offline", "", False, "{}", None,
                           heard[row["device_id"]], "offline")
                  for row in rows if not row["online"] and _is_heard_again(row, heard[row["device_id"]])]


def _is_heard_again(known: dict[str, Any], heard: dt.datetime) -> bool:
    """Whether a device is online after having been heard then: a replayed message is older than the silence."""
    return bool(known["online"] or known["offline_since"] is None or heard > known["offline_since"])


def _keep(connection: Connection, last_known: list[dict[str, Any]], heard: dict[int, dt.datetime],
          rows: Sequence[ReadingRow | EventRow]) -> None:
    """The new last state of the devices heard."""
    last = {known["device_id"]: known["last_ts"] for known in last_known if known["last_ts"] is not None}
    for row in rows:
        last[row.device_id] = max(last.get(row.device_id, row.ts), row.ts)
    connection.execute(_q["keep_devices"], {
        "devices": [known["device_id"] for known in last_known],
        "last": [last.get(known["device_id"]) for known in last_known],
        "heard": [max(known["last_received_at"], heard[known["device_id"]]) for known in last_known],
        "is_online": [_is_heard_again(known, heard[known["device_id"]]) for known in last_known],
        "online": [known["online_since"] if known["online"] and known["online_since"] else heard[known["device_id"]]
                   for known in last_known]})


def _goes_by_receipt(row: ReadingRow) -> bool:
    return row.ts == row.received_at


def _heard(parcels: Iterable[Parcel]) -> dict[int, dt.datetime]:
    heard: dict[int, dt.datetime] = {}
    for parcel in parcels:
        number = parcel.device.device_id
        heard[number] = max(heard.get(number, parcel.received_at), parcel.received_at)
    return heard


def _received(row: ReadingRow) -> dt.datetime:
    return row.received_at


def _contradiction(row: ReadingRow, device: Device, stored: float | None) -> Contradiction:
    return Contradiction(row.device_id, device.vendor_code, device.device_no, row.metric, row.ts, row.value, stored,
                         row.received_at)


def contradiction(found: Contradiction) -> Quarantined:
    """What is kept of a reading whose place holds another value."""
    payload = orjson.dumps({"ts": found.ts.isoformat(), "values": {found.metric: found.value}})
    return Quarantined(f"huoyan/v1/{found.vendor_code}/{found.device_no}/telemetry", payload, len(payload),
                       found.vendor_code, "contradiction",
                       f"{found.metric} at {found.ts.isoformat()} is already stored as "
                       f"{'a thousand values' if found.stored is None else f'{found.stored:.10g}'}, "
                       f"not {found.value:.10g}", found.received_at)
