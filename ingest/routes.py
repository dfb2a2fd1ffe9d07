"""Where a topic leads: the registered devices that clean telemetry may be stored for, remembered between batches.

The memory is good as long as the registry's revision, which every change of a vendor or a device moves, stays the same.
It is bounded by the registry, and by a number for what leads nowhere: names are invented faster than devices.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from ingest.topics import LONGEST_TOPIC, Topic, parse_topic
from registry.vendor_limits import VendorLimits, of_row
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MOST_NOWHERE: Final = 100_000
_MOST_STRANGERS: Final = 10_000
#: No device number is longer; the names in a gateway's payload can be.
LONGEST_DEVICE: Final = 64
#: The settings that change what telemetry in JSON means; a device with one of them goes the general way.
ODD_SETTINGS: Final = ("clock", "json")


@dataclass(frozen=True, slots=True)
class Route:
    """An active device of an active vendor; ``vendor`` is the number of its vendor in :attr:`Routes.vendors`."""

    device_id: int
    unit_id: int
    vendor: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """A topic whose payload names the devices: the known ones of its vendor by number, and names that are none."""

    vendor_code: str
    devices: dict[str, Route]
    strangers: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Routes:
    """Topics and where they lead; ``nowhere`` are those that lead nowhere, or ask for more than storing values."""

    revision: int = -1
    #: The legal day whose policy limits the vendors that have no limits of their own.
    day: dt.date = dt.date.min
    topics: dict[bytes, Route | Gateway] = field(default_factory=dict)
    nowhere: set[bytes] = field(default_factory=set)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    vendors: dict[str, int] = field(default_factory=dict)
    #: How much each active vendor may send.
    limits: dict[str, VendorLimits] = field(default_factory=dict)

    def keep_for(self, revision: int, day: dt.date) -> None:
        """Start over where the registry has moved to another revision, or a new day has begun."""
        if (self.revision, self.day) != (revision, day):
            self.revision, self.day = revision, day
            self.topics, self.nowhere, self.gateways, self.vendors, self.limits = {}, set(), {}, {}, {}

    def learn(self, connection: Connection, topics: Collection[bytes], usual: VendorLimits) -> None:
        """Ask the registry for topics that are not known yet; ``usual`` limits those who have none of their own."""
        asked = {topic: parsed for topic in topics if (parsed := _telemetry(topic)) is not None}
        vendors = {parsed.vendor_code for parsed in asked.values()} - self.limits.keys()
        rows = connection.execute(_q["limits"], {"vendors": list(vendors)}).fetchall()
        self.limits.update((row["vendor_code"], of_row(row, usual)) for row in rows)
        found = self._find(connection, [(one.vendor_code, one.device_no) for one in asked.values() if one.device_no])
        for topic, one in asked.items():
            route: Route | Gateway | None = None
            if one.device_no is not None:
                route = found.get((one.vendor_code, one.device_no))
            elif one.vendor_code in self.limits:
                route = self.gateways.setdefault(one.vendor_code, Gateway(one.vendor_code, {}))
            if route is not None:
                self.topics[topic] = route
        if len(self.nowhere) > _MOST_NOWHERE:
            self.nowhere.clear()
        self.nowhere.update(topic for topic in topics if topic not in self.topics)

    def learn_devices(self, connection: Connection, missing: Collection[tuple[str, str]]) -> None:
        """Ask the registry for devices that gateways named, as (vendor, device number)."""
        found = self._find(connection, missing)
        for vendor, device_no in missing:
            gateway, route = self.gateways[vendor], found.get((vendor, device_no))
            if route is not None:
                gateway.devices[device_no] = route
                continue
            if len(gateway.strangers) > _MOST_STRANGERS:
                gateway.strangers.clear()
            gateway.strangers.add(device_no)

    def _find(self, connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Route]:
        keys = [key for key in keys if "\0" not in key[1]]
        if not keys:
            return {}
        rows = connection.execute(_q["routes"], {
            "vendors": [vendor for vendor, _ in keys], "numbers": [number for _, number in keys],
            "odd": list(ODD_SETTINGS)}).fetchall()
        return {(row["vendor_code"], row["device_no"]): Route(
            row["device_id"], row["unit_id"], self.vendors.setdefault(row["vendor_code"], len(self.vendors)))
            for row in rows}


def is_worth_asking(topic: bytes) -> bool:
    """Whether a topic may lead somewhere; one that is too long is not remembered either."""
    return len(topic) <= LONGEST_TOPIC


def current_revision(connection: Connection) -> tuple[int, dt.datetime]:
    """The revision of the registry that this transaction sees, and when it began by the database's clock."""
    (row,) = connection.execute(_q["revision"]).fetchall()
    return row["revision"], row["now"]


def _telemetry(topic: bytes) -> Topic | None:
    try:
        parsed = parse_topic(topic.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return parsed if isinstance(parsed, Topic) and parsed.form == "telemetry" and b"\0" not in topic else None
