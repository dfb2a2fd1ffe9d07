"""What message number ``n`` of a seed is, and what must come of it. Pure: publisher and judge ask the same functions.

Each number says all about its message, so a ledger need only hold numbers. A value or a name in each message leads from
what is stored back to the number.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

VENDOR = "acme"
DEVICES = 200
GATEWAY_DEVICES = 5
#: Numbers are dealt out in blocks; within a block each place has its kind, by the seed.
BLOCK = 100
#: Messages of so many neighbouring numbers leave in any order.
WINDOW = 200
_RESTORED_AFTER_MS = 60_000
#: The register that the messages speak of: 200 devices of one vendor, one of another, none of the name ``D-unknown``.
REGISTER = """
insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
insert into areas (area_code, parent_code, level, name_zh) values ('990101', '990000', 'district', '火眼区');
insert into units (unit_no, name, area_code, kind)
select 'U' || n, '单位' || n, '990101', 'hotel' from generate_series(0, 49) n;
insert into vendors (vendor_code, name) values ('acme', '甲'), ('other', '乙');
insert into devices (vendor_code, device_no, unit_id, kind)
select 'acme', 'D' || n, unit_id, 'uitd' from generate_series(0, 199) n join units on unit_no = 'U' || (n % 50);
"""


class Kind(Enum):
    """``REPEAT`` is byte for byte an earlier or later READING: a device that sends again what it is not sure of."""

    READING = "reading"
    TIMELESS = "timeless reading"
    GATEWAY = "gateway"
    ALARM = "alarm"
    RESTORE = "restore"
    TIMELESS_ALARM = "timeless alarm"
    REPEAT = "repetition"
    BAD_JSON = "not JSON"
    BAD_METRIC = "unknown metric"
    BAD_DEVICE = "unknown device"
    BAD_EVENT = "unknown event type"


#: The reason that each malformed message must be quarantined for.
REASONS = {Kind.BAD_JSON: "json", Kind.BAD_METRIC: "unknown_metric", Kind.BAD_DEVICE: "unknown_device",
           Kind.BAD_EVENT: "event_type"}
_SHARES = {Kind.READING: 50, Kind.TIMELESS: 15, Kind.GATEWAY: 5, Kind.ALARM: 8, Kind.RESTORE: 8,
           Kind.TIMELESS_ALARM: 2, Kind.REPEAT: 8, Kind.BAD_JSON: 1, Kind.BAD_METRIC: 1, Kind.BAD_DEVICE: 1,
           Kind.BAD_EVENT: 1}
#: Metric, and its value in message n, of a reading beside ``event_count``, which is n itself.
_BATTERY = 100
_PRESSURES = 600


@dataclass(frozen=True)
class Traffic:
    """All messages of one run. ``start_ms`` is the device time of message 0; ``plain`` makes every message a READING.

    A message with a time of its own has ``start_ms + n``: so no two of them contradict each other.
    """

    seed: int
    start_ms: int
    plain: bool = False

    def kind(self, n: int) -> Kind:
        return Kind.READING if self.plain else _places(self.seed)[n % BLOCK]

    def partner(self, n: int) -> int:
        """The ALARM that a RESTORE ends, or the READING that a REPEAT repeats: of the same block, before or after."""
        wanted = {Kind.RESTORE: Kind.ALARM, Kind.REPEAT: Kind.READING}[self.kind(n)]
        places = _places(self.seed)
        rank = [place for place in range(BLOCK) if places[place] is self.kind(n)].index(n % BLOCK)
        return n - n % BLOCK + [place for place in range(BLOCK) if places[place] is wanted][rank]

    def device(self, n: int) -> str:
        return f"D{(n * 7919 + self.seed) % DEVICES}"

    def gateway_devices(self, n: int) -> list[str]:
        first = (n * 7919 + self.seed) % DEVICES
        return [f"D{(first + step) % DEVICES}" for step in range(GATEWAY_DEVICES)]

    def ts(self, n: int) -> int:
        return self.start_ms + n

    def values(self, n: int) -> dict[str, float]:
        """The readings of a READING."""
        return {"event_count": n, "battery": n % _BATTERY, "water_pressure": n % _PRESSURES / 100}

    def event(self, n: int) -> tuple[str, str]:
        """Kind and point of the event in an ALARM or TIMELESS_ALARM."""
        return ("fault" if n % 4 == 0 else "fire_alarm"), f"p{n}"

    def message(self, n: int) -> tuple[str, bytes]:
        """Topic and payload."""
        kind = self.kind(n)
        if kind is Kind.READING:
            values = self.values(n)
            return (f"huoyan/v1/{VENDOR}/{self.device(n)}/telemetry",
                    b'{"ts":%d,"values":{"event_count":%d,"battery":%d,"water_pressure":%.2f}}' % (
                        self.ts(n), n, values["battery"], values["water_pressure"]))
        if kind is Kind.REPEAT:
            return self.message(self.partner(n))
        form, body = self._body(n, kind)
        device = "gateway" if kind is Kind.GATEWAY else "D-unknown" if kind is Kind.BAD_DEVICE else self.device(
            self.partner(n) if kind is Kind.RESTORE else n)
        payload = b'{"soak-%d": ' % n if kind is Kind.BAD_JSON else json.dumps(body).encode()
        return f"huoyan/v1/{VENDOR}/{device}/{form}", payload

    def _body(self, n: int, kind: Kind) -> tuple[str, object]:  # noqa: PLR0911  a table of kinds
        match kind:
            case Kind.TIMELESS:
                return "telemetry", {"event_count": n}
            case Kind.GATEWAY:
                return "telemetry", {device: [{"ts": self.ts(n), "values": {"event_count": n}}]
                                     for device in self.gateway_devices(n)}
            case Kind.ALARM:
                name, point = self.event(n)
                return "event", {"type": name, "point": point, "ts": self.ts(n), "active": True}
            case Kind.RESTORE:
                alarm = self.partner(n)
                name, point = self.event(alarm)
                return "event", {"type": name, "point": point, "ts": self.restored_at(alarm), "active": False}
            case Kind.TIMELESS_ALARM:
                name, point = self.event(n)
                return "event", {"type": name, "point": point}
            case Kind.BAD_EVENT:
                return "event", {"type": f"soak-{n}"}
            case _:
                return "telemetry", {f"soak-{n}": 1}

    def restored_at(self, alarm: int) -> int:
        """The device time at which the alarm of message ``alarm`` ends."""
        return self.ts(alarm) + _RESTORED_AFTER_MS

    def order(self) -> Iterator[int]:
        """Numbers in the order they leave, without end: windows are shuffled, as networks and queues do."""
        start = 0
        while True:
            window = list(range(start, start + WINDOW))
            if not self.plain:
                random.Random(f"{self.seed}/{start}").shuffle(window)
            yield from window
            start += WINDOW


@lru_cache(maxsize=8)
def _places(seed: int) -> tuple[Kind, ...]:
    places = [kind for kind, share in _SHARES.items() for _ in range(share)]
    random.Random(f"places/{seed}").shuffle(places)
    return tuple(places)
