"""Load a simulated city through the same bulk doors that an operator's own history uses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np

import casework.bulk
import casework.past
import ingest.bulk
import registry.bulk
from simulators.city import METRICS, City
from store import Database
from store.database import Connection

Progress = Callable[[str, float], None]
"""Told what is under way and which share of the whole (0..1) is done."""

# Shares of the whole load, as measured: the bar should move evenly.
_REGISTERS, _RECORD, _ALARMS = 0.05, 0.15, 0.20


def load_city(db: Database, city: City, now: dt.datetime, progress: Progress) -> dict[str, int]:
    """Load registers, record and telemetry of ``city`` up to ``now`` in one transaction; returns rows by kind.

    Nothing is left behind when it fails or is interrupted.
    """
    rows: dict[str, int] = {}
    with db.connection() as connection:
        progress("registers 登记", 0.0)
        _load_registers(connection, city, rows)
        progress("record 执法记录", _REGISTERS)
        _load_record(connection, city, rows)
        progress("alarms 报警", _RECORD)
        keys = ingest.bulk.device_keys(connection)
        rows["alarms"] = ingest.bulk.load_alarms(connection, (_placed(row, keys) for row in city.alarms))
        _load_telemetry(connection, city, now, keys, rows, progress)
        ingest.bulk.finish(connection, city.until - dt.timedelta(days=city.days), city.until,
                           now - dt.timedelta(days=3))
    progress("done 完成", 1.0)
    return rows


def _load_registers(connection: Connection, city: City, rows: dict[str, int]) -> None:
    for noun, load in (("areas", registry.bulk.load_areas), ("vendors", registry.bulk.load_vendors),
                       ("units", registry.bulk.load_units), ("devices", registry.bulk.load_devices),
                       ("officers", registry.bulk.load_officers), ("officer_leave", registry.bulk.load_leave),
                       ("recusals", registry.bulk.load_recusals), ("items", registry.bulk.load_items)):
        load(connection, getattr(city, noun))
        rows[noun] = len(getattr(city, noun))


def _load_record(connection: Connection, city: City, rows: dict[str, int]) -> None:
    for noun, load in (("inspections", casework.bulk.load_inspections), ("hazards", casework.bulk.load_hazards),
                       ("orders", casework.bulk.load_orders), ("penalties", casework.bulk.load_penalties),
                       ("complaints", casework.bulk.load_complaints), ("fires", casework.bulk.load_fires),
                       ("credit_entries", casework.bulk.load_credit), ("listings", casework.bulk.load_listings)):
        load(connection, getattr(city, noun))
        rows[noun] = len(getattr(city, noun))
    for noun in ("cases", "measures", "major_hazards", "steps", "evidence"):
        casework.past.load(connection, noun, getattr(city, noun), "simulator")
        rows[noun] = len(getattr(city, noun))


def _load_telemetry(connection: Connection, city: City, now: dt.datetime, keys: dict[tuple[str, str], tuple[int, int]],
                    rows: dict[str, int], progress: Progress) -> None:
    device_id = np.array([keys[device["vendor_code"], device["device_no"]][0] for device in city.devices], np.int32)
    numbers = ingest.bulk.metric_ids(connection, METRICS)
    metric_id = np.array([numbers[code] for code in METRICS], np.int16)
    rows["readings"] = rows["events"] = 0
    days = [*city.history(), city.until]
    with ingest.bulk.history_load(connection):
        for done, day in enumerate(days):
            before = now if day == city.until else None
            block = city.readings(day, before)
            rows["readings"] += ingest.bulk.load_readings(
                connection, device_id[block.device], metric_id[block.metric], block.ts_us.astype("datetime64[us]"),
                block.value)
            events = city.events(day, before)
            rows["events"] += ingest.bulk.load_events(connection, (_placed(row, keys) for row in events))
            progress("telemetry 物联数据", _ALARMS + (0.97 - _ALARMS) * (done + 1) / len(days))
        progress("keys 建立索引", 0.97)


def _placed(row: dict[str, Any], keys: dict[tuple[str, str], tuple[int, int]]) -> dict[str, Any]:
    device_id, unit_id = keys[row["vendor_code"], row["device_no"]]
    return {**row, "device_id": device_id, "unit_id": unit_id}
