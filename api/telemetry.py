"""Readings of a unit for a plot: bounded in points whatever the span."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api import names, units
from api.guard import Db, Options, Staff
from api.refusals import Absent
from api.units import UnitId
from policy import rules
from policy.clocks import legal_day
from store import Queries

_SQL = Queries(__file__)
router = APIRouter()
_MOST_POINTS = 20_000
_MOST_DEVICES = 40

Span = Literal["24h", "7d", "30d", "90d"]
# (length, width of a bucket): each span gives some 300 points a device.
_SPANS: dict[str, tuple[dt.timedelta, dt.timedelta]] = {
    "24h": (dt.timedelta(hours=24), dt.timedelta(minutes=5)),
    "7d": (dt.timedelta(days=7), dt.timedelta(minutes=30)),
    "30d": (dt.timedelta(days=30), dt.timedelta(hours=2)),
    "90d": (dt.timedelta(days=90), dt.timedelta(hours=6)),
}


class Series(BaseModel):
    """Buckets of one device: time, mean, lowest and highest value."""

    device_id: int
    device_no: str
    location: str | None
    low: float | None = Field(description="limit of this device's own settings, which goes before the common one")
    high: float | None
    points: list[tuple[dt.datetime, float, float, float]] = Field(examples=[[["2026-03-02T00:00:00Z", .42, .41, .43]]])


class Telemetry(BaseModel):
    """Readings of one metric. ``low`` and ``high`` are the limits of policy, null where there is none."""

    metric: str
    zh: str
    en: str
    unit: str
    low: float | None
    high: float | None
    since: dt.datetime
    until: dt.datetime
    bucket_seconds: int
    series: list[Series]


def limits(metric: str, unit: Mapping[str, Any], day: dt.date) -> tuple[float | None, float | None]:
    """The limits of policy beyond which a reading of this unit counts as out of range on ``day``: (low, high)."""
    book = rules()
    if metric == "water_pressure":
        height = unit["height_m"] or 0.0
        low = next((line["mpa"] for line in book.value("risk.pressure_low", day)
                    if unit["kind"] in line.get("kinds", [unit["kind"]]) and height > line["height_over_m"]), None)
        return low, book.value("risk.pressure_high", day)
    if metric == "battery":
        return book.value("risk.battery_low", day), None
    over = {"residual_current": "risk.leakage_over", "cable_temperature": "risk.cable_over"}.get(metric)
    return None, book.value(over, day) if over else None


@router.get("/api/v1/units/{unit_id}/telemetry", response_model=Telemetry, tags=["units"],
            summary="Readings of a metric over 24 hours to 90 days")
def api_telemetry(unit_id: UnitId, viewer: Staff, db: Db, options: Options,
                  metric: Annotated[str, Query(min_length=1, max_length=64)], span: Span = "24h") -> Any:
    unit = units.find(db, viewer, unit_id)
    now = options.clock()
    day = legal_day(now)
    if (known := names.metric_of(metric, day)) is None:
        raise Absent("refusal.no_metric", metric=metric)
    length, width = _SPANS[span]
    rows = db.rows(_SQL["series"], {"unit_id": unit_id, "metric": metric, "since": now - length, "until": now,
                                    "width": width, "devices": _MOST_DEVICES, "limit": _MOST_POINTS})
    series: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = series.setdefault(row["device_id"], {"device_id": row["device_id"], "device_no": row["device_no"],
                                                   "location": row["location"], "low": row["low"],
                                                   "high": row["high"], "points": []})
        one["points"].append((row["bucket"], row["mean"], row["least"], row["most"]))
    low, high = limits(metric, unit, day)
    return {"metric": metric, "zh": known["zh"], "en": known["en"], "unit": known.get("unit", ""), "low": low,
            "high": high, "since": now - length, "until": now, "bucket_seconds": int(width.total_seconds()),
            "series": list(series.values())}
