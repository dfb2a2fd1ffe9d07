"""A city as CSV files: registers in the columns that an import takes, the record, events, and the truth apart."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simulators.city.model import METRICS, SHANGHAI, City, Row

_FILES = {"areas": "areas", "units": "units", "vendors": "vendors", "devices": "devices", "officers": "officers",
          "items": "items", "officer_leave": "leave", "recusals": "recusals", "inspections": "inspections",
          "hazards": "hazards", "orders": "orders", "penalties": "penalties", "complaints": "complaints",
          "fires": "fires", "credit_entries": "credit_entries", "listings": "listings", "alarms": "alarms",
          "truth": "truth"}
# What a register keeps for itself is no column of an import file.
_NOT_IMPORTED = {"units": ("attributes", "source")}


def write(city: City, folder: Path, *, readings: bool = False) -> dict[str, int]:
    """Write every table as ``<noun>.csv`` (UTF-8 with mark, so that spreadsheets read it); returns rows by file.

    ``readings`` adds ``readings.csv``, some four million rows for the usual size. OSError: the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    counts = {}
    for name, noun in _FILES.items():
        rows: list[Row] = getattr(city, name)
        left_out = _NOT_IMPORTED.get(name, ())
        columns = [column for column in (rows[0] if rows else ()) if column not in left_out]
        counts[noun] = _write(folder / f"{noun}.csv", columns, ([row[column] for column in columns] for row in rows))
    columns = ["vendor_code", "device_no", "ts", "kind", "point", "active", "detail", "device_ts", "received_at",
               "source"]
    counts["events"] = _write(folder / "events.csv", columns, (
        [row[column] for column in columns] for day in city.history() for row in city.events(day)))
    if readings:
        counts["readings"] = _write(folder / "readings.csv", ["vendor_code", "device_no", "metric", "ts", "value"],
                                    _reading_rows(city))
    return counts


def _reading_rows(city: City) -> Iterable[list[Any]]:
    for day in city.history():
        block = city.readings(day)
        for index, metric, second, value in zip(block.device.tolist(), block.metric.tolist(),
                                                (block.ts_us // 1_000_000).tolist(), block.value.tolist(), strict=True):
            device = city.devices[index]
            yield [device["vendor_code"], device["device_no"], METRICS[metric],
                   dt.datetime.fromtimestamp(second, dt.UTC), value]


def _write(path: Path, columns: list[str], rows: Iterable[list[Any]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            count += 1
    return count


def _cell(value: Any) -> Any:
    """Lists are joined by semicolons, moments are shown with their Asia/Shanghai offset, flags as 1 and 0."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(SHANGHAI).isoformat()
    if isinstance(value, list):
        return ";".join(":".join(part) if isinstance(part, tuple) else str(part) for part in value)
    if isinstance(value, dict):
        return None if not value else str(value)
    return value
