"""What a frame says, for people and programs outside: every field of it, with its name in Chinese and English. Pure.

``meaning`` is a tree of plain values, ready for JSON. Unlike :mod:`ingest.gbt26875.reports`, which says what ingest
stores, it leaves nothing out: bit 0, the centre's requests, raw bytes beside what they are read as.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ingest.gbt26875.addresses import address_number, address_text, as_endpoint
from ingest.gbt26875.downstream import BY_TYPE, Asked, read_request
from ingest.gbt26875.frames import SHORT_BEAT, BadBytes, Frame
from ingest.gbt26875.names import Name
from ingest.gbt26875.reports import analog_value, described
from ingest.gbt26875.settings import DeviceSettings
from ingest.gbt26875.tables import BITS, CONTROL, REQUEST, SWITCHES, analog_name, command_name, type_name
from ingest.gbt26875.text import text_of, texts_in
from ingest.gbt26875.times import NO_CLOCK, is_bcd, time_of
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
    VendorObject,
    Version,
    read_unit,
)

Tree = dict[str, Any]


def meaning(found: Frame | BadBytes, settings: DeviceSettings) -> Tree:
    """All that a frame says; of bytes that are none, why."""
    if isinstance(found, BadBytes):
        if found.reason_code == SHORT_BEAT:
            return {"bytes": len(found.raw), "hex": found.raw.hex(), "heartbeat": found.reason,
                    "source": address(found.raw[2:8], settings, settings.source_order)}
        return {"bytes": len(found.raw), "hex": found.raw.hex(), "refused": found.reason_code, "reason": found.reason}
    raw, unit = found.raw, found.unit
    told: Tree = {
        "bytes": len(raw), "serial": found.serial,
        "version": {"main": found.main_version, "user": found.user_version},
        "sent": moment(found.sent, settings),
        "source": address(found.source, settings, settings.source_order),
        "destination": address(found.destination, settings, settings.destination_order),
        "command": {"code": found.command, **_name(settings.commands.get(found.command)
                                                   or command_name(found.command))},
        "length": len(unit), "sum": f"{raw[-3]:02X}",
    }
    if found.command in settings.heartbeats or not unit:
        return told
    if len(unit) == 1:
        return {**told, "hello": unit.hex().upper()}
    return {**told, **_unit(unit, found.command, settings)}


def moment(tag: bytes, settings: DeviceSettings) -> Tree:
    """A time tag: its bytes, the moment in China's time or None, and the form it was read in."""
    if not tag:
        return {"hex": "", "time": None, "form": "absent"}
    time = None if tag == NO_CLOCK else time_of(tag, settings.clock)
    form = "none" if tag == NO_CLOCK else "impossible" if time is None else (
        "bcd" if settings.clock == "bcd" or is_bcd(tag) else "binary")
    return {"hex": tag.hex(" ").upper(), "time": time.isoformat() if time else None, "form": form}


def address(raw: bytes, settings: DeviceSettings, order: str) -> Tree:
    """An address in every form that platforms print; ``text`` is the one of the device's settings."""
    told: Tree = {"hex": raw.hex().upper(), "number": address_number(raw, order),
                  "text": address_text(raw, settings, order)}
    endpoint = as_endpoint(raw)
    return {**told, "ip": endpoint} if endpoint else told


def _unit(unit: bytes, command: int, settings: DeviceSettings) -> Tree:
    kind, vendor = unit[0], settings.types.get(unit[0])
    told: Tree = {"type": {"code": kind, **_name((vendor and vendor.name) or type_name(kind))}, "count": unit[1]}
    if command in (CONTROL, REQUEST) and kind in BY_TYPE:
        asked = read_request(unit)
        if isinstance(asked, BadUnit):
            return {**told, "refused": "gbt_unit", "reason": asked.reason, "hex": unit.hex()}
        return {**told, "objects": [_asked(one, kind, settings) for one in asked]}
    objects = read_unit(unit, vendor.layout if vendor and vendor.layout > 0 else None)
    if isinstance(objects, BadUnit):
        if vendor is None:
            return {**told, "refused": "gbt_unit", "reason": objects.reason, "hex": unit.hex()}
        objects = [VendorObject(kind, unit)]
    if vendor and vendor.restores:
        told["restores"] = True
    return {**told, "objects": [_OBJECTS[one.__class__](one, settings) for one in objects]}


def _system(one: Any, settings: DeviceSettings) -> Tree:
    if one.system is None:
        return {}
    return {"system": {"code": one.system, **_name(settings.system_name(one.system))},
            "system_address": one.system_address}


def _component(one: Any, settings: DeviceSettings) -> Tree:
    return {**_system(one, settings),
            "component": {"code": one.component, **_name(settings.component_name(one.component))},
            "address": component_address(one.address, settings)}


def component_address(raw: bytes, settings: DeviceSettings) -> Tree:
    """The four bytes, the two little-endian words of them, and which is the zone (or loop) and which the point."""
    words = raw[0] | raw[1] << 8, raw[2] | raw[3] << 8
    zone, point = words[::-1] if settings.point_word_first else words
    return {"hex": raw.hex().upper(), "words": list(words), "zone": zone, "point": point}


def _bits(value: int, kind: int, digits: int) -> Tree:
    """A status or operation: its hex, the bits that are set, and what bit 0 of a status says (not relied on)."""
    bits = BITS[kind]
    told = [{"bit": place, **({"kind": bits[place].kind} if bits[place].kind else {}), **_name(bits[place].on)}
            if place in bits else {"bit": place, "zh": "预留", "en": "reserved"}
            for place in range(digits * 4) if value >> place & 1]
    found: Tree = {"hex": f"{value:0{digits}X}", "set": told}
    if kind in (1, 2, 21):
        found["bit0"] = {"value": value & 1, **_name(bits[0].on if value & 1 else bits[0].off)}
    return found


def _system_status(one: SystemStatus, settings: DeviceSettings) -> Tree:
    return {**_system(one, settings), "status": _bits(one.status, 1, 4), "time": moment(one.time, settings)}


def _component_status(one: ComponentStatus, settings: DeviceSettings) -> Tree:
    if settings.switch_inputs and one.switch is not None:
        kind, value = one.switch
        bit = SWITCHES.get(kind)
        name = Name("未知输入", "unknown input") if bit is None else bit.on if value else bit.off
        return {**_component(one, settings), "input": {"code": kind, "value": value, **_name(name)},
                "time": moment(one.time, settings)}
    return {**_component(one, settings), "status": _bits(one.status, 2, 4),
            "description": _description(one.description, settings),
            **({"channel": {"type": one.channel[0], "number": one.channel[1]}} if one.channel else {}),
            "time": moment(one.time, settings)}


def _description(raw: bytes, settings: DeviceSettings) -> Tree:
    text, number = described(raw, settings.description)
    return {"text": text, "hex": raw.hex().upper(), **({} if number is None else {"format": number})}


def _analog(one: ComponentAnalog, settings: DeviceSettings) -> Tree:
    found, own = analog_value(one, settings), settings.scale_of(one.component, one.quantity)
    told: Tree = {**_component(one, settings),
                  "quantity": {"code": one.quantity, **_name((own and own.name) or analog_name(one.quantity))},
                  "raw": one.raw, "value": found.value, "unit": found.unit}
    if found.metric is not None:
        told["metric"] = {"code": found.metric, "value": round(found.in_metric, 6)}
    return {**told, "time": moment(one.time, settings)}


def _operation(one: Operation, settings: DeviceSettings) -> Tree:
    kind = 24 if one.system is None else 4
    return {**_system(one, settings), "operation": _bits(one.flags, kind, 2), "operator": one.operator,
            "time": moment(one.time, settings)}


def _device_status(one: DeviceStatus, settings: DeviceSettings) -> Tree:
    return {"status": _bits(one.status, 21, 2), "time": moment(one.time, settings)}


def _version(one: Version, settings: DeviceSettings) -> Tree:
    return {**_system(one, settings), "software": {"main": one.major, "user": one.minor}, **_second(one.time, settings)}


def _configuration(one: Configuration, settings: DeviceSettings) -> Tree:
    return {**_system(one, settings), "text": text_of(one.text, "plain"), "hex": one.text.hex().upper(),
            **_second(one.time, settings)}


def _component_configuration(one: ComponentConfiguration, settings: DeviceSettings) -> Tree:
    return {**_component(one, settings), "description": _description(one.description, settings),
            **_second(one.time, settings)}


def _clock(one: Clock, settings: DeviceSettings) -> Tree:
    return {**_system(one, settings), "clock": moment(one.shown, settings), **_second(one.time, settings)}


def _second(tag: bytes | None, settings: DeviceSettings) -> Tree:
    return {"time": moment(tag, settings)} if tag else {}


def _vendor(one: VendorObject, settings: DeviceSettings) -> Tree:
    known = settings.types.get(one.kind)
    text = {"text": texts_in(one.raw[2:])} if known and known.layout < 0 else {}
    return {"hex": one.raw[2:].hex().upper(), **text}


def _asked(one: Asked, kind: int, settings: DeviceSettings) -> Tree:
    fields = BY_TYPE[kind].fields
    told: Tree = _system(one, settings) if "system" in fields else {}
    if "component" in fields:
        told["address"] = component_address(one.component, settings)
    for name in ("records", "minutes"):
        if name in fields:
            told[name] = getattr(one, name)
    for name in ("since", "time"):
        if name in fields:
            told[name] = moment(getattr(one, name), settings)
    return told


def _name(name: Name) -> Tree:
    return {"zh": name.zh, "en": name.en}


_OBJECTS: Final[dict[type, Callable[[Any, DeviceSettings], Tree]]] = {
    SystemStatus: _system_status, ComponentStatus: _component_status, ComponentAnalog: _analog, Operation: _operation,
    DeviceStatus: _device_status, Version: _version, Configuration: _configuration,
    ComponentConfiguration: _component_configuration, Clock: _clock, VendorObject: _vendor,
}
