"""The meaning of a frame as lines of plain text, and what ingest would store of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ingest.gbt26875.frames import Frame
from ingest.gbt26875.meaning import Tree
from ingest.gbt26875.reports import Report, report
from ingest.gbt26875.settings import DeviceSettings
from ingest.gbt26875.units import BadUnit
from ingest.messages import BadTime, DeviceTime, EventReport, Reading, ResetReport, StatusReport

_WIDTH: Final = 15
_LONGEST_HEX: Final = 200


def stored(frame: Frame, settings: DeviceSettings) -> list[Tree]:
    """What ingest makes of a frame, before it judges times and ranges: events, restores, resets, readings, states.

    A condition that is clear is a restore only where it held before, so statuses list what would be restored.
    """
    found = report(frame, settings)
    if isinstance(found, BadUnit):
        return [{"quarantine": "gbt_unit", "reason": found.reason}]
    return [entry for one in found for entry in _entries(one)]


def _entries(one: Report) -> Iterator[Tree]:
    time = _time(one.time)
    match one:
        case StatusReport():
            yield {"point": one.point, "conditions": list(one.on), "restores": [
                kind for kind in one.covers if kind not in one.on], "time": time}
        case ResetReport():
            yield {"point": one.point, "reset_ends": list(one.ends), "time": time}
        case EventReport():
            yield {"point": one.point, "event": one.kind, "active": one.active, "time": time}
        case Reading():
            yield {"metric": one.metric, "value": one.value, "time": time}
        case _:
            yield {"state": one.key, "value": one.value, "time": time}


def _time(time: DeviceTime) -> str | None:
    return None if time is None else f"impossible: {time.text}" if isinstance(time, BadTime) else time.isoformat()


def lines(told: Tree, number: int, made: list[Tree]) -> list[str]:
    """A frame's meaning and what is stored of it as text, a field a line; ``number`` counts the frames."""
    if "refused" in told and "serial" not in told:
        return [f"frame {number}: {told['bytes']} bytes that are no frame ({told['refused']})",
                _line("reason", told["reason"]), _line("hex", _cut(told["hex"]))]
    if "heartbeat" in told:
        return [f"frame {number}: {told['bytes']} bytes, {told['heartbeat']}",
                _line("source", _address(told["source"])), _line("stored", "nothing")]
    version = told["version"]
    found = [f"frame {number}: {told['bytes']} bytes, serial {told['serial']}, version {version['main']}."
             f"{version['user']}, command {_named(told['command'])}, sum {told['sum']}",
             _line("sent", _moment(told["sent"])), _line("source", _address(told["source"])),
             _line("destination", _address(told["destination"])), _line("data", f"{told['length']} bytes")]
    if "hello" in told:
        found.append(_line("hello", told["hello"]))
    if "type" in told:
        restores = ", its conditions are over" if told.get("restores") else ""
        found.append(_line("type", f"{_named(told['type'])}, {told['count']} object(s){restores}"))
    if "refused" in told:
        found += [_line("refused", told["reason"]), _line("hex", told["hex"])]
    for place, one in enumerate(told.get("objects", ()), 1):
        found.append(f"  object {place}")
        found += [f"  {_line(key, _SHOWN.get(key, str)(value))}" for key, value in one.items()]
    found += [_line("stored" if at == 0 else "", _made(entry)) for at, entry in enumerate(made)]
    return found if made else [*found, _line("stored", "nothing")]


def _line(key: str, text: str) -> str:
    return f"  {key.replace('_', ' '):{_WIDTH}} {text}".rstrip()


def _cut(digits: str) -> str:
    return digits if len(digits) <= _LONGEST_HEX else digits[:_LONGEST_HEX] + "…"


def _named(value: Tree) -> str:
    return f"{value['code']} {value['zh']} {value['en']}"


def _moment(value: Tree) -> str:
    if value["form"] == "absent":
        return "no time tag"
    if value["time"] is None:
        return f"no clock ({value['hex']})" if value["form"] == "none" else f"no possible time ({value['hex']})"
    bcd = " as BCD" if value["form"] == "bcd" else ""
    return f"{value['time'].replace('T', ' ')} ({value['hex']}{bcd})"


def _address(value: Tree) -> str:
    if "words" in value:
        return f"{value['hex']}: zone {value['zone']}, point {value['point']}"
    return f"{value['hex']} = {value['number']}" + (f", perhaps {value['ip']} and a port" if "ip" in value else "")


def _bits(value: Tree) -> str:
    held = "; ".join(f"bit {one['bit']} {one['zh']} {one['en']}" for one in value["set"] if one["bit"] or "bit0"
                     not in value) or "nothing set"
    if "bit0" not in value:
        return f"{value['hex']}: {held}"
    zero = value["bit0"]
    return f"{value['hex']}: {held}; bit 0 is {zero['value']} ({zero['zh']} {zero['en']}), not relied on"


def _description(value: Tree) -> str:
    shown = f"format {value['format']}, " if "format" in value else ""
    return f"{shown}{value['text'] or '(blank)'} ({value['hex']})"


def _made(entry: Tree) -> str:
    at = f"at {entry['point'] or 'the device itself'}" if "point" in entry else ""
    time = f", {entry['time']}" if entry.get("time") else ", at the time of receipt"
    if "quarantine" in entry:
        return f"nothing: to quarantine as {entry['quarantine']}, {entry['reason']}"
    if "conditions" in entry:
        return f"{', '.join(entry['conditions']) or 'no condition'} {at}{time}; restored is whatever else held there"
    if "reset_ends" in entry:
        return f"reset {at}{time}; ends {', '.join(entry['reset_ends'])} of its points"
    if "event" in entry:
        return f"{entry['event']} {at}{time}" + ("" if entry["active"] else "; it is over")
    what = f"metric {entry['metric']}" if "metric" in entry else f"state {entry['state']}"
    return f"{what} = {entry['value']}{time}"


_SHOWN: Final[dict[str, Callable[[Any], str]]] = {
    "system": _named, "component": _named, "quantity": _named, "address": _address, "status": _bits,
    "operation": _bits, "time": _moment, "since": _moment, "clock": _moment, "description": _description,
    "software": lambda value: f"{value['main']}.{value['user']}", "unit": lambda value: value or "(not known)",
    "input": lambda value: f"kind {value['code']}, value {value['value']}: {value['zh']} {value['en']}",
    "channel": lambda value: f"type {value['type']}, number {value['number']}",
    "value": lambda value: f"{value:g}", "metric": lambda value: f"{value['code']} = {value['value']:g}",
}
