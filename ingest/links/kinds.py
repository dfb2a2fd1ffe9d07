"""What a person asks of a device, as fields of a form or of JSON, into what is sent. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from ingest.gbt26875.downstream import KINDS, MOST_RECORDS, Asked, Kind, RequestError, duty_check, initialise, read
from ingest.gbt26875.times import tag_of

DUTY_CHECK, SET_CLOCK, INITIALISE = "duty_check", "set_clock", "initialise"
#: The fields that people name, by those of the standard's objects.
FIELDS: Final[Mapping[str, str]] = {
    "system": "system", "system_address": "system_address", "component": "address", "records": "count",
    "since": "start", "minutes": "minutes"}
_USUAL_RECORDS: Final = 10


def kind_of(code: str) -> Kind:
    """The kind with a code; a sentence lists them where there is none."""
    if code not in KINDS:
        raise RequestError(f"{code[:40]!r} is nothing that can be asked of a device; say one of {', '.join(KINDS)}")
    return KINDS[code]


def fields_of(kind: Kind) -> list[str]:
    """The fields that a kind takes, as people name them."""
    return [FIELDS[name] for name in kind.fields if name in FIELDS]


def checked(kind: Kind, given: Mapping[str, Any], *, minutes: int) -> dict[str, Any]:
    """The fields of a request, all of them, as they are kept; ``minutes`` is the limit of a duty check without one.

    ``system`` and ``system_address`` are bytes, ``address`` is the component's four bytes in wire order as hex,
    ``count`` at most 102 records, ``start`` the moment from which on they are wanted.
    """
    usual = {"minutes": minutes, "count": _USUAL_RECORDS}
    found = {name: given[name] if given.get(name) is not None else usual.get(name) for name in fields_of(kind)}
    for name, value in found.items():
        if name == "address":
            found[name] = _address(value).hex()
        elif name == "start":
            found[name] = _start(value).isoformat()
        else:
            most = MOST_RECORDS if name == "count" else 255
            least = 1 if name in ("count", "minutes") else 0
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise RequestError(f"{name} must be a whole number from {least} to {most}")
    return found


def unit_of(kind: Kind, fields: Mapping[str, Any]) -> bytes:
    """The data unit of a request with checked fields. The time of a clock setting is filled in when it is sent."""
    if kind.code == DUTY_CHECK:
        return duty_check(fields["minutes"]).unit
    if kind.code == INITIALISE:
        return initialise().unit
    if kind.code == SET_CLOCK:
        return bytes((kind.type, 1)) + bytes(6)
    since = tag_of(dt.datetime.fromisoformat(fields["start"])) if "start" in fields else bytes(6)
    asked = Asked(system=fields.get("system", 0), system_address=fields.get("system_address", 0),
                  component=bytes.fromhex(fields.get("address", "00000000")), records=fields.get("count", 0),
                  since=since)
    return read(kind.code, [asked] if kind.fields else []).unit


def _address(value: Any) -> bytes:
    try:
        raw = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 4:
        raise RequestError("address must be the component's four bytes in hex, as the device sends them")
    return raw


def _start(value: Any) -> dt.datetime:
    if isinstance(value, dt.datetime) and value.tzinfo is not None and 2001 <= value.year <= 2098:
        return value
    raise RequestError("start must be a moment of the years 2001 to 2098 with its time zone")
