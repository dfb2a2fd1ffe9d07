"""Records of clean JSON into columns: the plain forms and the gateway's, whatever leaves nothing to decide. Pure.

Each ``take_…`` takes a whole message and returns True, or takes nothing of it. It raises what msgspec raises where the
payload is none of the form.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec

from ingest.routes import LONGEST_DEVICE, Route

#: No believable time has more milliseconds; what is beyond is told by the judge.
_LATEST_MS: Final = 2**52


class Timed(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """``{"ts": 1700000000000, "values": {"water_pressure": 0.52}}``."""

    values: dict[str, float]
    ts: Annotated[int, msgspec.Meta(ge=0, le=_LATEST_MS)] | None = None


_timed = msgspec.json.Decoder(Timed).decode
_flat = msgspec.json.Decoder(dict[str, float]).decode
_list = msgspec.json.Decoder(list[Timed]).decode
_gateway = msgspec.json.Decoder(dict[str, list[Timed]]).decode


@dataclass(slots=True)
class Records:
    """Records as they are read: one device, one time, some values each. By column: tuples would cost more than JSON."""

    names: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    #: Of each record: number of values, route, milliseconds or 0.
    counts: list[int] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    ms: list[int] = field(default_factory=list)
    #: Of each message: number of records, time of receipt, its own number.
    messages: list[tuple[int, int, int]] = field(default_factory=list)
    missing: set[tuple[str, str]] = field(default_factory=set)

    def add(self, route: Any, values: dict[str, float], ts: int | None) -> int:
        """Take a record; returns how many colons its JSON has where no key stands twice."""
        count = len(values)
        self.names += values
        self.numbers += values.values()
        self.counts.append(count)
        self.routes.append(route)
        self.ms.append(ts or 0)
        return count + (1 if ts is None else 2)

    def end_message(self, begun: int, received: int, number: int) -> bool:
        """All records since there were ``begun`` are of one message; False where there are none."""
        count = len(self.counts) - begun
        if count:
            self.messages.append((count, received, number))
        return count > 0

    def drop_since(self, begun: int) -> bool:
        """Forget the records since there were ``begun``; returns False."""
        values = sum(self.counts[begun:])
        if values:
            del self.names[-values:], self.numbers[-values:]
        del self.counts[begun:], self.routes[begun:], self.ms[begun:]
        return False


def _take(records: Records, route: Any, values: dict[str, float], ts: int | None, colons: int, received: int,
          number: int) -> bool:
    """Take a record. Each key has a colon: one that stands twice in an object leaves a colon over."""
    begun = len(records.counts)
    if not values or colons != len(values) + (1 if ts is None else 2):
        return False
    records.add(route, values, ts)
    return records.end_message(begun, received, number)


def take_flat(records: Records, route: Any, payload: bytes, received: int, number: int) -> bool:
    values = _flat(payload)
    return "ts" not in values and _take(records, route, values, None, payload.count(b":") + 1, received, number)


def take_list(records: Records, route: Any, payload: bytes, received: int, number: int) -> bool:
    """Take the records of one message, all or none; those without a time are a microsecond apart."""
    begun, colons = len(records.counts), 0
    for one in _list(payload):
        if not one.values:
            return records.drop_since(begun)
        colons += records.add(route, one.values, one.ts)
    if payload.count(b":") != colons:
        return records.drop_since(begun)
    return records.end_message(begun, received, number)


def take_gateway(records: Records, gateway: Any, payload: bytes, received: int, number: int) -> bool:
    """As :func:`take_list`, of many devices; one that is not known keeps the message from being taken."""
    named = _gateway(payload)
    devices, begun, colons = gateway.devices, len(records.counts), len(named)
    is_known = True
    for device_no, ones in named.items():
        route = devices.get(device_no)
        if route is None:
            is_known = False
            if device_no not in gateway.strangers and len(device_no) <= LONGEST_DEVICE:
                records.missing.add((gateway.vendor_code, device_no))
            continue
        for one in ones:
            if not one.values:
                return records.drop_since(begun)
            colons += records.add(route, one.values, one.ts)
    if not is_known or payload.count(b":") != colons:
        return records.drop_since(begun)
    return records.end_message(begun, received, number)


def take_timed(records: Records, route: Any, payload: bytes, received: int, number: int) -> bool:
    """Take one record under a time of its own, or none."""
    one = _timed(payload)
    return _take(records, route, one.values, one.ts, payload.count(b":"), received, number)
