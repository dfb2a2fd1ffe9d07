"""States into their table: one value for each device, key and time; what says another is refused, as for readings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from ingest.quarantine import Quarantined
from ingest.rows import Device, Parcel, StateRow
from ingest.texts import named, shown
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
#: Beside a taken place so many more are looked at: a whole second of a panel's clock by milliseconds.
_MOST_STEPS: Final = 1000
#: Of two long texts so much is shown before the place where they part.
_LEAD: Final = 12

_Place = tuple[int, str, dt.datetime]


@dataclass(slots=True)
class AddedStates:
    """How many rows are new, how many were there before or were refused, and what goes to quarantine."""

    stored: int = 0
    duplicates: int = 0
    refused: list[Quarantined] = field(default_factory=list)


def add(connection: Connection, parcels: Sequence[Parcel], devices: Mapping[int, Device]) -> AddedStates:
    """Add the states of parcels within the caller's transaction, which holds the locks of their devices."""
    rows = sorted((row for parcel in parcels for row in parcel.states), key=_goes_by_receipt)
    if not rows:
        return AddedStates()
    first: dict[_Place, StateRow] = {}
    again = [row for row in rows if first.setdefault(_place(row), row) is not row]
    cursor = connection.execute(_q["add_states"], _columns((row, row.ts) for row in first.values()))
    if cursor.rowcount < len(first):
        fresh: set[_Place] = {(one["device_id"], one["key"], one["ts"]) for one in cursor.fetchall()}
        again = sorted([row for where, row in first.items() if where not in fresh] + again, key=_goes_by_receipt)
    else:
        fresh = set(first)
    if not again:
        return AddedStates(len(rows))
    # A replay is no delivery: it is known again by the time under which it was received.
    table = _Taken(connection, again, fresh, are_deliveries=all(
        one.delivery_key for one in parcels if one.is_timeless))
    refused = [_contradiction(row, devices[row.device_id], stored) for row, stored in table.refused]
    stored = len(fresh) + table.stored
    return AddedStates(stored, len(rows) - stored, refused)


class _Taken:
    """Rows whose place is taken: a repetition, a contradiction, or one that has a place of its own beside it.

    Beside it stands what goes by the time of receipt, which nobody chose, and what a panel tells by the second, in
    which other things may have happened too.
    """

    def __init__(self, connection: Connection, rows: Sequence[StateRow], claimed: set[_Place], *,
                 are_deliveries: bool) -> None:
        #: Places of rows of this batch: what goes by the time of receipt is never the same as one of those.
        self._claimed, self._are_deliveries = set(claimed), are_deliveries
        ends = [_beside(row) for row in rows]
        self._there: dict[_Place, tuple[str, dt.datetime]] = {
            (one["device_id"], one["key"], one["ts"]): (one["value"], one["received_at"])
            for one in connection.execute(_q["standing"], {
                "devices": [row.device_id for row in rows], "keys": [row.key for row in rows],
                "begins": [row.ts for row in rows], "ends": [end for end, _ in ends]}).fetchall()}
        self.refused: list[tuple[StateRow, str | None]] = []
        placed: list[tuple[StateRow, dt.datetime]] = []
        for row, (end, step) in zip(rows, ends, strict=True):
            ts = row.ts
            while ts < end and (stands := self._there.get((row.device_id, row.key, ts))) is not None:
                if self._is_same(row, ts, stands):
                    break
                ts += step
            else:
                if ts >= end:
                    self.refused.append((row, self._there[_place(row)][0] if _has_one_place(row) else None))
                    continue
                placed.append((row, ts))
            where = row.device_id, row.key, ts
            self._there.setdefault(where, (row.value, row.received_at))
            self._claimed.add(where)
        self.stored = max(connection.execute(_q["add_states"], _columns(placed)).rowcount, 0) if placed else 0

    def _is_same(self, row: StateRow, ts: dt.datetime, stands: tuple[str, dt.datetime]) -> bool:
        value, received_at = stands
        if not _goes_by_receipt(row):
            return row.value == value
        # Said twice in one microsecond it was said twice, unless the one before is this very message.
        return (not self._are_deliveries and (row.device_id, row.key, ts) not in self._claimed
                and (row.value, row.received_at) == (value, received_at))


def _beside(row: StateRow) -> tuple[dt.datetime, dt.timedelta]:
    """Where the places end that a row may have, and how far apart they are."""
    if _has_one_place(row):
        return row.ts + _MICROSECOND, _MICROSECOND
    if _goes_by_receipt(row):
        return row.ts + _MOST_STEPS * _MICROSECOND, _MICROSECOND
    return row.ts.replace(microsecond=0) + _MOST_STEPS * _MILLISECOND, _MILLISECOND


def _has_one_place(row: StateRow) -> bool:
    return not (row.shares_second or _goes_by_receipt(row))


def _goes_by_receipt(row: StateRow) -> bool:
    return row.ts == row.received_at


def _place(row: StateRow) -> _Place:
    return row.device_id, row.key, row.ts


def _columns(rows: Iterable[tuple[StateRow, dt.datetime]]) -> dict[str, list[object]]:
    placed = list(rows)
    return {"devices": [row.device_id for row, _ in placed], "keys": [row.key for row, _ in placed],
            "times": [ts for _, ts in placed], "values": [row.value for row, _ in placed],
            "received": [row.received_at for row, _ in placed]}


def _contradiction(row: StateRow, device: Device, stored: str | None) -> Quarantined:
    """What is kept of a state whose place holds another value: the telemetry that says the same alone."""
    values = {"values": {row.key: row.value}}
    payload = orjson.dumps(values if _goes_by_receipt(row) else {"ts": row.ts.isoformat(), **values})
    there, refused = _told(stored, row.value)
    return Quarantined(f"huoyan/v1/{device.vendor_code}/{device.device_no}/telemetry", payload, len(payload),
                       device.vendor_code, "contradiction",
                       f"the state {named(row.key)} of {device.device_no[:64]} at {row.ts.isoformat()} is already "
                       f"stored as {there}, not {refused}", row.received_at)


def _told(stored: str | None, refused: str) -> tuple[str, str]:
    """Two values as a sentence shows them: of long texts the part in which they differ."""
    if stored is None:
        return "a thousand values", shown(refused)
    if shown(stored) != shown(refused):
        return shown(stored), shown(refused)
    parted = next((at for at, (one, other) in enumerate(zip(stored, refused, strict=False)) if one != other),
                  min(len(stored), len(refused)))
    return shown(f"…{stored[parted - _LEAD:]}"), shown(f"…{refused[parted - _LEAD:]}")
