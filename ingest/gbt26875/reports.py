"""What a frame means: statuses, events, readings and states, in the vocabulary of policy."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.gbt26875.frames import Frame
from ingest.gbt26875.tables import (
    ANALOG,
    CABLE_TEMPERATURE_COMPONENTS,
    COMPONENT_STATUS,
    DEVICE_OPERATION,
    DEVICE_STATUS,
    FACILITY_OPERATION,
    RESIDUAL_CURRENT_COMPONENTS,
    SYSTEM_STATUS,
    component_name,
    system_name,
)
from ingest.gbt26875.units import (
    BadUnit,
    ComponentAnalog,
    ComponentStatus,
    Described,
    DeviceStatus,
    Operation,
    SystemStatus,
    Unit,
    VendorObject,
    read_unit,
    text_of,
    time_of,
)
from ingest.messages import BadTime, DeviceTime, EventReport, Reading, StateReport, StatusReport

SEND_DATA, ANSWER = 2, 5
_FROM_THE_CENTRE_OR_EMPTY = frozenset({1, 3, 4, 6})
Report = StatusReport | EventReport | Reading | StateReport


@dataclass(frozen=True)
class DeviceSettings:
    """How one device departs from the text, from ``devices.settings -> 'gbt26875'``.

    ``point_word_first``: the first word of a component address is the point and the second the zone or loop (shown
    as zone-point either way). ``analog``: metric and factor by analog type, for a device whose step differs.
    ``restored_types``: types 134 to 136 mean that every condition of their object has gone.
    """

    point_word_first: bool = False
    analog: Mapping[int, tuple[str, float]] = field(default_factory=dict)
    restored_types: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> DeviceSettings:
        """Read the settings of a device; what can't be used is left at the standard's meaning."""
        own = settings.get("gbt26875")
        if not isinstance(own, Mapping):
            return cls()
        analog = {}
        listed = own.get("analog")
        for kind, entry in (listed.items() if isinstance(listed, Mapping) else ()):
            try:
                analog[int(kind)] = (str(entry["metric"]), float(entry.get("factor", 1)))
            except (KeyError, TypeError, ValueError, AttributeError):
                continue
        return cls(own.get("point_word_first") is True, analog, own.get("restored_types") is True)


def report(frame: Frame, settings: DeviceSettings) -> list[Report] | BadUnit:
    """What one frame says. Empty for heartbeats, hellos, confirms, and what a centre sends."""
    if frame.command in _FROM_THE_CENTRE_OR_EMPTY:
        return []
    if frame.command not in (SEND_DATA, ANSWER):
        if frame.command >= 128:
            return [_vendor_data("command", frame.command, frame.raw, _device_time(frame.sent))]
        return BadUnit(f"the command {frame.command} is reserved by the standard")
    objects = read_unit(frame.unit)
    if isinstance(objects, BadUnit):
        return objects
    reports: list[Report] = []
    for one in objects:
        reports.extend(_report(one, frame, settings))
    return reports


def weight(report: Report) -> int:
    """How many values or events one report can come to."""
    return max(len(report.on), 1) if isinstance(report, StatusReport) else 1


def _report(one: Unit, frame: Frame, settings: DeviceSettings) -> list[Report]:  # noqa: PLR0911  one line a type
    match one:
        case SystemStatus():
            point = f"{one.system}/{one.system_address}"
            detail = {"system": system_name(one.system), "status": f"{one.status:04X}"}
            return [_status(point, one.status, SYSTEM_STATUS, one.time, detail)]
        case ComponentStatus():
            return [_component(one, settings)]
        case ComponentAnalog():
            return [_analog(one, settings)]
        case DeviceStatus():
            return [_status("", one.status, DEVICE_STATUS, one.time, {"status": f"{one.status:02X}"})]
        case Operation():
            return list(_operations(one))
        case Described():
            return [StateReport(one.key, one.text, _device_time(frame.sent))]
        case VendorObject():
            if settings.restored_types and one.kind in (134, 135, 136):
                return _restored(one, settings)
            return [_vendor_data("type", one.kind, one.raw, _device_time(frame.sent))]


def _component(one: ComponentStatus, settings: DeviceSettings) -> StatusReport:
    first, second = (int.from_bytes(one.address[at:at + 2], "little") for at in (0, 2))
    if settings.point_word_first:
        first, second = second, first
    detail = {"system": system_name(one.system), "component": component_name(one.component),
              "address": f"{first}-{second}", "status": f"{one.status:04X}"}
    if one.description.strip(b"\x00 "):
        # The text may follow stale or binary bytes: people see what decodes, the bytes stay for whoever looks closer.
        detail |= {"description": text_of(one.description), "description_hex": one.description.hex()}
    point = f"{one.system}/{one.system_address}/{one.component}/{first}-{second}"
    return _status(point, one.status, COMPONENT_STATUS, one.time, detail)


def _status(point: str, status: int, bits: Mapping[int, str], tag: bytes, detail: dict[str, Any]) -> StatusReport:
    """Every set bit is a kind of its own; bit 0 is never asked."""
    on = tuple(kind for bit, kind in bits.items() if status >> bit & 1)
    return StatusReport(point, on, tuple(bits.values()), _device_time(tag), detail)


def _analog(one: ComponentAnalog, settings: DeviceSettings) -> Report:
    time = _device_time(one.time)
    if one.quantity in settings.analog:
        metric, factor = settings.analog[one.quantity]
        return Reading(metric, one.raw * factor, time)
    known = ANALOG.get(one.quantity)
    if known is None or known.metric is None:
        text = str(one.raw) if known is None else f"{_scaled(one.raw, known.step):g} {known.unit}"
        return StateReport(f"gbt.{one.system}/{one.system_address}/{one.component}/{one.address.hex()}"
                           f".analog_{one.quantity}", text, time)
    value, metric = _scaled(one.raw, known.step) * known.factor, known.metric
    if metric == "temperature" and one.component in CABLE_TEMPERATURE_COMPONENTS:
        metric = "cable_temperature"
    elif metric == "current" and one.component in RESIDUAL_CURRENT_COMPONENTS:
        metric, value = "residual_current", value * 1000
    return Reading(metric, round(value, 6), time)


def _scaled(raw: int, step: float) -> float:
    """``raw * step`` without the digits that binary fractions add: 235 tenths are 23.5."""
    return raw / round(1 / step) if step < 1 else raw * step


def _operations(one: Operation) -> list[EventReport]:
    """Type 4 and 24 are acts, not statuses: a clear bit restores nothing."""
    bits = FACILITY_OPERATION if one.system is not None else DEVICE_OPERATION
    # A manual alarm is a case of its own: it must not end with, nor be ended by, the status of the panel.
    point = "manual" if one.system is None else f"{one.system}/{one.system_address}/manual"
    detail: dict[str, Any] = {"operator": one.operator, "operation": f"{one.flags:02X}"}
    if one.system is not None:
        detail["system"] = system_name(one.system)
    return [EventReport(kind, point, active, _device_time(one.time), detail)
            for bit, (kind, active) in bits.items() if one.flags >> bit & 1]


def _restored(one: VendorObject, settings: DeviceSettings) -> list[Report]:
    """Types 134 to 136 carry the object of types 1, 2 and 21, whose conditions have all gone."""
    objects = read_unit(bytes([{134: 1, 135: 2, 136: 21}[one.kind]]) + one.raw[1:])
    if isinstance(objects, BadUnit) or not objects:
        return [_vendor_data("type", one.kind, one.raw, None)]
    found: list[Report] = []
    for each in objects:
        if isinstance(each, ComponentStatus):
            status = _component(each, settings)
        elif isinstance(each, SystemStatus):
            status = _status(f"{each.system}/{each.system_address}", 0, SYSTEM_STATUS, each.time, {})
        elif isinstance(each, DeviceStatus):
            status = _status("", 0, DEVICE_STATUS, each.time, {})
        else:
            continue
        status.on = ()
        found.append(status)
    return found


def _vendor_data(what: str, number: int, raw: bytes, time: DeviceTime) -> EventReport:
    return EventReport("vendor_data", f"{what} {number}", True, time, {what: number, "hex": raw.hex()})


def _device_time(tag: bytes) -> DeviceTime:
    """A tag of zeros is a device without a clock; other impossible tags are told as they stand."""
    if not any(tag):
        return None
    moment = time_of(tag)
    return moment.astimezone(dt.UTC) if moment else BadTime(tag.hex(" "))
