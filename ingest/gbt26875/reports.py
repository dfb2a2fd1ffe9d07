"""What a frame means: statuses, resets, events, readings and states, in the vocabulary of policy. Pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ingest.gbt26875.frames import Frame
from ingest.gbt26875.settings import DeviceSettings, VendorType
from ingest.gbt26875.tables import (
    ANALOG,
    ANSWER,
    BITS,
    CABLE_TEMPERATURE_COMPONENTS,
    CONFIRM,
    CONTROL,
    DENY,
    REQUEST,
    RESIDUAL_CURRENT_COMPONENTS,
    SEND_DATA,
    SWITCHES,
)
from ingest.gbt26875.text import format_of, text_of, texts_in
from ingest.gbt26875.times import device_time, is_later, time_of
from ingest.gbt26875.units import (
    BadUnit,
    Clock,
    ComponentAnalog,
    ComponentConfiguration,
    ComponentStatus,
    Configuration,
    DeviceStatus,
    Operation,
    SystemStatus,
    Unit,
    VendorObject,
    Version,
    read_unit,
)
from ingest.messages import BadTime, DeviceTime, EventReport, Reading, ResetReport, StateReport, StatusReport

Report = StatusReport | ResetReport | EventReport | Reading | StateReport
_SAYS_NOTHING: Final = frozenset({CONTROL, CONFIRM, REQUEST, DENY})
_FIRE_BIT, _RESET_BIT = 1, 13


def report(frame: Frame, settings: DeviceSettings) -> list[Report] | BadUnit:
    """What one frame says. Empty for heartbeats, hellos, confirms, and what a centre sends."""
    command = frame.command
    if command not in (SEND_DATA, ANSWER):
        if command in _SAYS_NOTHING or command in settings.heartbeats:
            return []
        if command >= 128:
            return [_vendor_data("command", command, frame.raw, frame, settings)]
        return BadUnit(f"the command {command} is reserved by the standard")
    unit = frame.unit
    if not unit or unit[0] in settings.time_request:
        return []
    vendor = settings.types.get(unit[0])
    objects = read_unit(unit) if vendor is None else _by_layout(unit, vendor)
    if isinstance(objects, BadUnit):
        return objects
    reports: list[Report] = []
    for one in objects:
        reports += _REPORTS[one.__class__](one, frame, settings)
    return reports if vendor is None or not vendor.restores else _restored(reports)


def weight(report: Report) -> int:
    """How many values or events one report can come to."""
    return max(len(report.on), 1) if isinstance(report, StatusReport) else 1


def is_empty(frame: Frame, settings: DeviceSettings) -> bool:
    """Whether a frame says only that its sender is there, or asks for the time."""
    if frame.command in settings.heartbeats:
        return True
    return frame.command == SEND_DATA and (len(frame.raw) < 32 or frame.raw[27] in settings.time_request)


def _by_layout(unit: bytes, vendor: VendorType) -> list[Unit] | BadUnit:
    """The objects of a vendor's type; whole where they have not the layout that is said of them."""
    if vendor.layout > 0:
        objects = read_unit(unit, vendor.layout)
        if not isinstance(objects, BadUnit):
            return objects
    return [VendorObject(unit[0], unit)] if len(unit) > 1 else []


def _system(one: SystemStatus, frame: Frame, settings: DeviceSettings) -> list[Report]:
    point = f"{one.system}/{one.system_address}"
    detail = {"system": settings.system_name(one.system).zh, "status": f"{one.status:04X}"}
    status = _status(point, one.status, 1, one.time, detail, frame, settings)
    # A status that tells a fire with the reset is no statement that the fire is over.
    if one.status >> _RESET_BIT & 1 and not one.status >> _FIRE_BIT & 1 and settings.reset_ends:
        return [ResetReport(point, settings.reset_ends, status.time, {"reset": point}), status]
    return [status]


def _component(one: ComponentStatus, frame: Frame, settings: DeviceSettings) -> list[Report]:
    system, system_address, component, raw_address, status, description, tag, channel = one
    switch = one.switch if settings.switch_inputs else None
    address = component_address(raw_address, settings)
    detail: dict[str, Any] = {"system": settings.system_name(system).zh,
                              "component": settings.component_name(component).zh,
                              "address": address, "status": f"{status:04X}"}
    if switch is None and description.strip(b"\x00 "):
        # The text may follow stale or binary bytes: people see what decodes, the bytes stay for whoever looks closer.
        text, number = described(description, settings.description)
        detail["description"] = text
        detail["description_hex"] = description.hex()
        if number is not None:
            detail["format"] = number
    if any(channel):
        detail["channel"] = f"{channel[0]}-{channel[1]}"
    point = f"{system}/{system_address}/{component}/{address}"
    if switch is not None:
        return [_switch(point, *switch, tag, detail, frame, settings)]
    return [_status(point, status, 2, tag, detail, frame, settings)]


def _switch(point: str, kind: int, value: int, tag: bytes, detail: dict[str, Any], frame: Frame,
            settings: DeviceSettings) -> StatusReport:
    """A switch input: one condition by its kind; of a kind nobody has named, the value is read as a status."""
    detail |= {"status": f"{value:04X}", "input": kind}
    if kind not in SWITCHES:
        return _status(point, value, 2, tag, detail, frame, settings)
    what = (SWITCHES[kind].kind,)
    return StatusReport(point, what if value else (), what, _time(tag, detail, frame, settings), detail)


def _device(one: DeviceStatus, frame: Frame, settings: DeviceSettings) -> list[Report]:
    return [_status("", one.status, 21, one.time, {"status": f"{one.status:02X}"}, frame, settings)]


def _status(point: str, status: int, kind: int, tag: bytes, detail: dict[str, Any], frame: Frame,
            settings: DeviceSettings) -> StatusReport:
    on, covers = _conditions(status, kind)
    return StatusReport(point, on, covers, _time(tag, detail, frame, settings), detail)


@lru_cache(maxsize=4096)
def _conditions(status: int, kind: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds whose bits are set, each a kind of its own, and all kinds; bit 0 has none and is never asked."""
    named = {place: bit.kind for place, bit in BITS[kind].items() if bit.kind}
    return tuple(what for place, what in named.items() if status >> place & 1), tuple(named.values())


def component_address(raw: bytes, settings: DeviceSettings) -> str:
    """A component's address as zone (or loop) and point, whichever word comes first on the wire."""
    first, second = raw[0] | raw[1] << 8, raw[2] | raw[3] << 8
    return f"{second}-{first}" if settings.point_word_first else f"{first}-{second}"


@lru_cache(maxsize=8192)
def described(description: bytes, form: str) -> tuple[str, int | None]:
    """The text of a description and its format number; the same few texts come again and again."""
    return text_of(description, form), format_of(description, form)


def _analog(one: ComponentAnalog, frame: Frame, settings: DeviceSettings) -> list[Report]:
    time, found = _plain_time(one.time, frame, settings), analog_value(one, settings)
    reports: list[Report] = []
    if found.metric is not None and settings.analog_values != "states":
        reports.append(Reading(found.metric, round(found.in_metric, 6), time))
    if found.metric is None or settings.analog_values != "readings":
        text = str(one.raw) if found.unit is None else f"{found.value:.10g} {found.unit}".rstrip()
        key = f"gbt.{one.system}/{one.system_address}/{one.component}/{one.address.hex()}.analog_{one.quantity}"
        reports.append(StateReport(key, text, time))
    return reports


class Quantity(NamedTuple):
    """What an analog object measures: its value in ``unit`` (None where nobody says what it is), and as a metric."""

    value: float
    unit: str | None
    metric: str | None = None
    in_metric: float = 0.0


def analog_value(one: ComponentAnalog, settings: DeviceSettings) -> Quantity:
    """The value of an analog object by the table of the standard, or by the device's own settings before it.

    A factor of the settings takes the raw value to the unit of the metric; without one the standard's step holds.
    """
    known, own = ANALOG.get(one.quantity), settings.scale_of(one.component, one.quantity)
    if own is not None and own.factor is not None:
        value = round(one.raw * own.factor, 9)
        metric = own.metric or (known.metric if known else None)
        return Quantity(value, own.unit or "", metric, value)
    if known is None:
        value = float(one.raw)
        return Quantity(value, own.unit if own else None, own.metric if own else None, value)
    value = scaled(one.raw, known.step)
    if own is not None and own.metric is not None:
        return Quantity(value, own.unit or known.unit, own.metric, value)
    metric, in_metric = known.metric, value * known.factor
    if metric == "temperature" and one.component in CABLE_TEMPERATURE_COMPONENTS:
        metric = "cable_temperature"
    elif metric == "current" and one.component in RESIDUAL_CURRENT_COMPONENTS:
        metric, in_metric = "residual_current", value * 1000
    return Quantity(value, (own and own.unit) or known.unit, metric, in_metric)


def scaled(raw: int, step: float) -> float:
    """``raw * step`` without the digits that binary fractions add: 235 tenths are 23.5."""
    return raw / round(1 / step) if step < 1 else raw * step


def _operation(one: Operation, frame: Frame, settings: DeviceSettings) -> list[Report]:
    """Types 4 and 24 are acts, not statuses: a clear bit restores nothing."""
    kind, place = (24, "") if one.system is None else (4, f"{one.system}/{one.system_address}")
    # A manual alarm is a case of its own: it must not end with, nor be ended by, the status of the panel.
    point = f"{place}/manual" if place else "manual"
    detail: dict[str, Any] = {"operator": one.operator, "operation": f"{one.flags:02X}"}
    if one.system is not None:
        detail["system"] = settings.system_name(one.system).zh
    if frame.command == ANSWER:
        return [_record(one, kind, frame, settings)]
    time = _time(one.time, detail, frame, settings)
    reports: list[Report] = []
    for number, bit in BITS[kind].items():
        if one.flags >> number & 1:
            if bit.kind == "reset" and settings.reset_ends:
                reports.append(ResetReport(place, settings.reset_ends, time, {"reset": place or "device"}))
            reports.append(EventReport(bit.kind, point, bit.active, time, detail))
            if bit.kind == "test":
                # Told as an act, so no later status will end it: it is over with the telling.
                reports.append(EventReport("test", point, False, time, detail))
    return reports


def _record(one: Operation, kind: int, frame: Frame, settings: DeviceSettings) -> StateReport:
    """A record that the centre has asked for: an old manual alarm read today is no fire of today."""
    names = "、".join(bit.on.zh for number, bit in BITS[kind].items() if one.flags >> number & 1)
    moment = time_of(one.time, settings.clock) if one.time else None
    told = f"{moment:%Y-%m-%d %H:%M:%S}" if moment else one.time.hex(" ") or "无时间"
    return StateReport(f"{_place(one.system, one.system_address)}.operation",
                       f"{told} {names or '无操作'} ({one.flags:02X})，操作员 {one.operator}",
                       _plain_time(one.time, frame, settings))


def _version(one: Version, frame: Frame, settings: DeviceSettings) -> list[Report]:
    return [StateReport(f"{_place(one.system, one.system_address)}.version", f"{one.major}.{one.minor}",
                        _plain_time(one.time or b"", frame, settings))]


def _configuration(one: Configuration, frame: Frame, settings: DeviceSettings) -> list[Report]:
    return [StateReport(f"{_place(one.system, one.system_address)}.configuration", text_of(one.text, "plain"),
                        _plain_time(one.time or b"", frame, settings))]


def _component_configuration(one: ComponentConfiguration, frame: Frame, settings: DeviceSettings) -> list[Report]:
    key = f"gbt.{one.system}/{one.system_address}/{one.component}/{one.address.hex()}.configuration"
    return [StateReport(key, described(one.description, settings.description)[0],
                        _plain_time(one.time or b"", frame, settings))]


def _clock(one: Clock, frame: Frame, settings: DeviceSettings) -> list[Report]:
    told = time_of(one.shown, settings.clock)
    return [StateReport(f"{_place(one.system, one.system_address)}.clock",
                        told.isoformat() if told else one.shown.hex(" "),
                        _plain_time(one.time or b"", frame, settings))]


def _place(system: int | None, address: int) -> str:
    return "gbt.device" if system is None else f"gbt.{system}/{address}"


def _vendor(one: VendorObject, frame: Frame, settings: DeviceSettings) -> list[Report]:
    return [_vendor_data("type", one.kind, one.raw, frame, settings)]


def _vendor_data(what: str, number: int, raw: bytes, frame: Frame, settings: DeviceSettings) -> EventReport:
    detail: dict[str, Any] = {what: number, "hex": raw.hex()}
    known = settings.types.get(number) if what == "type" else None
    name = known.name if known else settings.commands.get(number) if what == "command" else None
    if name:
        detail |= {"zh": name.zh, "en": name.en}
    if known and known.layout < 0:
        detail["text"] = texts_in(raw[2:])
    return EventReport("vendor_data", f"{what} {number}", True, _time(frame.sent, detail, frame, settings), detail)


def _restored(reports: list[Report]) -> list[Report]:
    """Types 134 to 136 carry the object of types 1, 2 and 21, whose conditions have all gone."""
    return [StatusReport(one.point, (), one.covers, one.time, one.detail) if isinstance(one, StatusReport) else one
            for one in reports if not isinstance(one, ResetReport)]


def _time(tag: bytes, detail: dict[str, Any], frame: Frame, settings: DeviceSettings) -> DeviceTime:
    """The time of an object, or that of sending where it has none or its panel's clock is not to be trusted.

    The other of the two is kept in ``detail`` where the object's is missing, impossible or later than the sending.
    """
    sent = frame.raw[6:12]
    tag = tag or sent
    if settings.clock_trust == "sent":
        if tag != sent:
            _keep(detail, "event_time", tag, settings)
        return device_time(sent, settings.clock)
    time = device_time(tag, settings.clock)
    if tag != sent and (time is None or time.__class__ is BadTime or is_later(tag, sent)):
        _keep(detail, "sent", sent, settings)
    return time


def _keep(detail: dict[str, Any], key: str, tag: bytes, settings: DeviceSettings) -> None:
    moment = time_of(tag, settings.clock)
    if any(tag):
        detail[key] = moment.isoformat() if moment else tag.hex(" ")


def _plain_time(tag: bytes, frame: Frame, settings: DeviceSettings) -> DeviceTime:
    """The time of a value or text, which has no detail to keep another in."""
    return device_time(frame.sent if settings.clock_trust == "sent" else tag or frame.sent, settings.clock)


_REPORTS: Final[dict[type, Callable[[Any, Frame, DeviceSettings], list[Report]]]] = {
    SystemStatus: _system, ComponentStatus: _component, ComponentAnalog: _analog, Operation: _operation,
    DeviceStatus: _device, Version: _version, Configuration: _configuration,
    ComponentConfiguration: _component_configuration, Clock: _clock, VendorObject: _vendor,
}
