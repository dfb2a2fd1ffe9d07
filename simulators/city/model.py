"""What a generated city is made of: plain rows, keyed by the column names of the registers and of the record."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import orjson

Row = dict[str, Any]

SHANGHAI = ZoneInfo("Asia/Shanghai")

# The order gives the codes of ``ReadingBlock.metric``.
METRICS: tuple[str, ...] = ("water_pressure", "water_level", "residual_current", "cable_temperature", "smoke_density",
                            "gas_lel", "voltage", "battery")


@dataclass(frozen=True)
class ReadingBlock:
    """Readings of one day as columns of equal length; (device, metric, ts) is unique over the whole city."""

    day: dt.date
    device: npt.NDArray[np.int32]
    """Index into ``City.devices``."""
    metric: npt.NDArray[np.int16]
    """Index into ``METRICS``."""
    ts: npt.NDArray[np.datetime64]
    """datetime64[us] in UTC, whole seconds."""
    value: npt.NDArray[np.float64]
    """In the unit of the metric: MPa, m, mA, degC, dB/m, %LEL, V, %."""

    def __len__(self) -> int:
        return len(self.device)

    @property
    def ts_us(self) -> npt.NDArray[np.int64]:
        """Microseconds since 1970-01-01 UTC."""
        return self.ts.view(np.int64)


@dataclass(frozen=True)
class City:
    """A city. Every row is a dict whose keys are column names; references go by business key, never by a surrogate id.

    ``unit_no`` stands for ``unit_id``, ``inspection_no`` for ``inspection_id`` (may be None where the column may), and
    (``vendor_code``, ``device_no``) for ``device_id``. Dates are Asia/Shanghai days, moments carry UTC. History is the
    ``days`` legal days that end just before ``until``; nothing on or after ``until`` has happened yet, but
    that :meth:`readings` and :meth:`events` take ``until`` itself, with ``before``, and alarms run on to ``now``.
    """

    seed: int
    until: dt.date
    days: int

    areas: list[Row]
    """area_code, parent_code, level, name_zh, name_en; parents come before children."""
    units: list[Row]
    """Every column of ``units`` but the generated ones; ``area_code`` is a town."""
    vendors: list[Row]
    """vendor_code, name, status."""
    devices: list[Row]
    """vendor_code, device_no, unit_no, kind, location, installed_on, settings, status."""
    officers: list[Row]
    """Columns of ``officers``; ``area_codes`` and ``skills`` are lists of str."""
    officer_leave: list[Row]
    """officer_no, from_day, to_day, reason."""
    recusals: list[Row]
    """officer_no, unit_no, reason."""
    items: list[Row]
    """Columns of ``inspection_items``."""

    inspections: list[Row]
    """Columns of ``inspections`` with unit_no, and ``officers``: [(officer_no, 'lead'|'member'), ...]."""
    hazards: list[Row]
    """inspection_no, unit_no, item_code, severity, is_major, found_on, handling, due_on, corrected_on, note."""
    orders: list[Row]
    """order_no, inspection_no, unit_no, kind, served_on, correct_by, recheck_by, closed_on, created_by."""
    penalties: list[Row]
    """case_no, unit_no, inspection_no, decided_on, kind, amount_yuan, article, withdrawn_on, entered_by."""
    complaints: list[Row]
    """complaint_no, unit_no, received_at, channel, anonymous, kind, check_by, checked_at, verified, note,
    entered_by; ``check_by`` is None, for the clock of each kind is law, and law is not known here."""
    fires: list[Row]
    """fire_no, unit_no, occurred_at, procedure, note."""
    credit_entries: list[Row]
    """unit_no, occurred_on, points (negative: deducted), event_kind, event_ref, article."""
    listings: list[Row]
    """unit_no, list ('general', 'serious', 'red'), from_day, to_day, basis."""

    cases: list[Row]
    """The case of each penalty but seals, by its number: columns of ``cases`` with unit_no; officers and items are
    lists of str."""
    measures: list[Row]
    """Columns of ``measures`` with unit_no: seals, by the number of their penalty, and orders to stop."""
    major_hazards: list[Row]
    """Columns of ``major_hazards`` with unit_no, one for each hazard that is_major."""
    steps: list[Row]
    """noun ('case', 'measure', 'major_hazard'), ref, step, at, officers, details: their way, oldest first."""
    evidence: list[Row]
    """noun, ref, step, at (of the step), kind, uri, sha256, seconds: recordings of steps."""

    alarms: list[Row]
    """vendor_code, device_no, unit_no, kind, point, opened_at, received_at, stored_at, last_at, restored_at, verdict,
    verdict_by, verdict_at, verdict_note: one row for each alarm and fault (other states are events only).
    ``restored_at`` is None while it still lasts."""

    truth: list[Row]
    """unit_no, true_risk: probability that an inspection on ``until`` by officers of usual strictness finds a critical
    or serious hazard. For tests only: never loaded."""

    _readings: Callable[[dt.date], ReadingBlock] = field(repr=False)
    _events: Callable[[dt.date], list[Row]] = field(repr=False)
    _health: Callable[[], list[tuple[str, list[list[str]]]]] = field(repr=False)

    def history(self) -> Iterator[dt.date]:
        """The legal days of the history, oldest first."""
        for back in range(self.days, 0, -1):
            yield self.until - dt.timedelta(days=back)

    def readings(self, day: dt.date, before: dt.datetime | None = None) -> ReadingBlock:
        """What devices measured on one legal day (up to ``before``, where given)."""
        block = self._readings(day)
        if before is None:
            return block
        keep = block.ts < np.datetime64(before.astimezone(dt.UTC).replace(tzinfo=None), "us")
        return ReadingBlock(day, block.device[keep], block.metric[keep], block.ts[keep], block.value[keep])

    def events(self, day: dt.date, before: dt.datetime | None = None) -> list[Row]:
        """Rows of ``events`` of one legal day, in order of time: vendor_code, device_no, ts, kind, point, active,
        detail, device_ts, received_at, source."""
        return [row for row in self._events(day) if before is None or row["ts"] < before]

    def fleet_devices(self) -> list[Row]:
        """What the fleet needs to go on where the history ends: vendor, device_no, kind, unit_no, health, open."""
        return [{"vendor": device["vendor_code"], "device_no": device["device_no"], "kind": device["kind"],
                 "unit_no": device["unit_no"], "health": health, "open": unrestored}
                for device, (health, unrestored) in zip(self.devices, self._health(), strict=True)
                if device["status"] == "active"]

    def digest(self) -> str:
        """SHA-256 over every row and every reading: the same seed gives the same digest."""
        digest = hashlib.sha256()
        for name in TABLES:
            digest.update(orjson.dumps([name, getattr(self, name)], option=orjson.OPT_SORT_KEYS))
        for day in self.history():
            block = self.readings(day)
            for column in (block.device, block.metric, block.ts.view(np.int64), block.value):
                digest.update(np.ascontiguousarray(column).tobytes())
            digest.update(orjson.dumps(self.events(day), option=orjson.OPT_SORT_KEYS))
        return digest.hexdigest()


TABLES: tuple[str, ...] = (
    "areas", "units", "vendors", "devices", "officers", "officer_leave", "recusals", "items", "inspections", "hazards",
    "orders", "penalties", "complaints", "fires", "credit_entries", "listings", "cases", "measures",
    "major_hazards", "steps", "evidence", "alarms", "truth")
