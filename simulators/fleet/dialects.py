"""The forms in which vendors speak: the same reading or event, told in four ways.

========  ====================================================================================================
plain     ``{"ts": ms, "values": {...}}`` on the device's topic, the project's own metric codes
gateway   ``{"DEVICE": [{"ts": ms, "values": {...}}], ...}`` on the gateway's topic, other keys and units
list      ``[{"ts": "ISO 8601", "values": {...}}, ...]``; panel links send GB/T 26875.3 as hex text
frames    ``{"k": v, "ts": ms}`` (now and then without ``ts``); panel links send GB/T 26875.3 as bytes
========  ====================================================================================================
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from simulators.city.model import SHANGHAI
from simulators.fleet import gbt26875
from simulators.fleet.behaviour import DeviceState
from simulators.fleet.device import FleetDevice
from simulators.fleet.message import EventRecord, ReadingRecord

DIALECTS = ("plain", "gateway", "list", "frames")
_KNOWN = {"anning": "plain", "tianshui": "gateway", "xunjie": "list", "hongyan": "frames"}
# The gateway dialect's key of a metric and the factor that leads from its value back to the metric's unit.
ALIASES: dict[str, tuple[str, float, int]] = {
    "water_pressure": ("pressure_kpa", .001, 0), "water_level": ("level_cm", .01, 0),
    "residual_current": ("leakage", 1.0, 1), "cable_temperature": ("cable_temp", 1.0, 1),
    "smoke_density": ("smoke", 1.0, 4), "gas_lel": ("lel", 1.0, 1), "battery": ("battery_level", 1.0, 0),
    "voltage": ("voltage_mv", .001, 0)}
_WORDS = {"fire_alarm": "火警", "gas_alarm": "可燃气体报警", "fault": "故障", "mains_fault": "主电故障",
          "standby_fault": "备电故障", "shielded": "屏蔽", "manual_mode": "手动"}
_SYSTEM_LEVEL = frozenset({"mains_fault", "standby_fault", "bus_fault", "manual_mode"})
_COMPONENTS = {"fire_alarm": 42, "fault": 42, "shielded": 42, "supervisory": 97, "started": 91, "feedback": 85}


class Wire(NamedTuple):
    """A topic and a payload, and what they say."""

    topic: str
    payload: bytes
    form: str
    readings: tuple[ReadingRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()


def dialect_of(vendor: str) -> str:
    """Which form a vendor speaks; a vendor that is not of the demo gets one by its name."""
    return _KNOWN.get(vendor) or DIALECTS[zlib.crc32(vendor.encode()) % len(DIALECTS)]


def uses_frames(device: FleetDevice) -> bool:
    """Whether a device speaks GB/T 26875.3."""
    return device.kind == "uitd" and dialect_of(device.vendor) in ("list", "frames")


def topic(device: FleetDevice, form: str) -> str:
    """The device's own topic of a form."""
    return f"huoyan/v1/{device.vendor}/{device.device_no}/{form}"


def telemetry(device: FleetDevice, reports: Sequence[tuple[int | None, Mapping[str, float]]]) -> Wire:
    """Reports of one device (milliseconds or None, values), oldest first, in its vendor's form."""
    dialect = dialect_of(device.vendor)
    if dialect != "list":
        reports = reports[-1:]
    readings = tuple((device.device_no, metric, ts, value)
                     for ts, values in reports for metric, value in values.items())
    last_ts, last = reports[-1]
    body: Any
    if dialect == "list":
        body = [{"ts": _iso(ts), "values": values} if ts is not None else {"values": values} for ts, values in reports]
    elif dialect == "frames":
        body = dict(last) if last_ts is None else {**last, "ts": last_ts}
    else:
        body = {"values": last} if last_ts is None else {"ts": last_ts, "values": last}
    return Wire(topic(device, "telemetry"), orjson.dumps(body), "telemetry", readings)


def gateway_telemetry(vendor: str, reports: list[tuple[FleetDevice, int, Mapping[str, float]]]) -> Wire:
    """One report of each of several devices behind a gateway, in the gateway's keys and units."""
    body: dict[str, Any] = {}
    readings: list[ReadingRecord] = []
    for device, ts, values in reports:
        told: dict[str, float] = {}
        for metric, value in values.items():
            key, factor, decimals = ALIASES[metric]
            raw = round(value / factor, decimals)
            told[key] = int(raw) if decimals == 0 else raw
            # The decimal that is meant: what binary fractions add in a receiver's product is below 1e-9.
            readings.append((device.device_no, metric, ts, round(told[key] * factor, 6)))
        body[device.device_no] = [{"ts": ts, "values": told}]
    return Wire(f"huoyan/v1/{vendor}/gateway/telemetry", orjson.dumps(body), "telemetry", tuple(readings))


def event(device: FleetDevice, kind: str, point: str, *, active: bool, ts: int | None) -> Wire:
    """An event as JSON in the vendor's form."""
    dialect = dialect_of(device.vendor)
    body: dict[str, Any] = {"type": _WORDS.get(kind, kind) if dialect == "list" else kind, "active": active}
    if point:
        body["point"] = point
    if ts is not None:
        body["time" if dialect == "list" else "ts"] = _iso(ts) if dialect == "list" else ts
    events = () if ts is None else ((device.device_no, kind, point, active, ts),)
    if dialect == "gateway":
        return Wire(f"huoyan/v1/{device.vendor}/gateway/event", orjson.dumps({device.device_no: [body]}), "event", (),
                    events)
    return Wire(topic(device, "event"), orjson.dumps([body] if dialect == "list" else body), "event", (), events)


def frame_telemetry(state: DeviceState, now_ms: int, values: Mapping[str, float], tag: bytes | None = None) -> Wire:
    """A panel link's report: its own status (type 21) and the voltage of its standby battery (type 3).

    A frame's clock has seconds only: within one second the voltage is told once.
    """
    second = now_ms // 1000
    moment = dt.datetime.fromtimestamp(second, dt.UTC)
    tag = gbt26875.time_tag(moment) if tag is None else tag
    frames = [frame(state, moment, gbt26875.device_status(1, tag))]
    readings: tuple[ReadingRecord, ...] = ()
    if second > state.told_second:
        state.told_second = second
        raw, place = round(values["voltage"] * 10), gbt26875.component_place(0, 0)
        frames.append(frame(state, moment, gbt26875.component_analog([(1, 1, 1, place, 8, raw, tag)])))
        readings = ((state.device.device_no, "voltage", second * 1000, round(raw * .1, 6)),)
    return Wire(topic(state.device, "gbt26875"), _on_wire(state.device, b"".join(frames)), "gbt26875", readings)


def frame_event(state: DeviceState, kind: str, point: str, *, active: bool, now_ms: int,
                tag: bytes | None = None) -> Wire:
    """A condition that began or was restored, as a component status (type 2) or a system status (type 1).

    The word holds every condition of the object that still lasts: a bit that is clear means it was restored.
    """
    second = now_ms // 1000
    moment = dt.datetime.fromtimestamp(second, dt.UTC)
    tag = gbt26875.time_tag(moment) if tag is None else tag
    if kind in _SYSTEM_LEVEL:
        kinds = {one for one, _ in state.conditions if one in _SYSTEM_LEVEL}
        word = gbt26875.status_word(kinds, gbt26875.SYSTEM_BITS, normal=state.serial % 2 == 0)
        data = gbt26875.system_status([(1, 1, word, tag)])
    else:
        kinds = {one for one, where in state.conditions if where == point and one in gbt26875.COMPONENT_BITS}
        word = gbt26875.status_word(kinds, gbt26875.COMPONENT_BITS, normal=state.serial % 2 == 0)
        loop, _, number = point.partition("-")
        data = gbt26875.component_status([(1, 1, _COMPONENTS.get(kind, 42), gbt26875.component_place(
            int(loop or 0), int(number or 0)), word, "" if state.serial % 3 else "楼层探测器", tag)])
    wire = _on_wire(state.device, frame(state, moment, data))
    return Wire(topic(state.device, "gbt26875"), wire, "gbt26875", (),
                ((state.device.device_no, kind, None, active, second * 1000),))


def frame(state: DeviceState, moment: dt.datetime, data: bytes = b"") -> bytes:
    """One frame under the next serial number of the device."""
    serial, state.serial = state.serial, (state.serial + 1) & 0xFFFF
    return gbt26875.Frame(serial, address(state.device), 0, gbt26875.time_tag(moment), data).encode()


def address(device: FleetDevice) -> int:
    """The six-byte source address: the device's number where it is one, else something made of it."""
    if len(device.device_no) == 12 and all(digit in "0123456789ABCDEFabcdef" for digit in device.device_no):
        return int(device.device_no, 16)
    return zlib.crc32(device.device_no.encode())


def _on_wire(device: FleetDevice, frames: bytes) -> bytes:
    return frames.hex().upper().encode() if dialect_of(device.vendor) == "list" else frames


def _iso(ts: int) -> str:
    return dt.datetime.fromtimestamp(ts / 1000, SHANGHAI).isoformat(timespec="milliseconds")
