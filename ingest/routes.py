"""Where a topic leads: the registered devices that clean telemetry may be stored for, remembered between batches.

The memory is good as long as the registry's revision, which every change of a vendor or a device moves, stays the same.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import orjson

from ingest.topics import Topic, parse_topic
from registry.vendor_limits import VendorLimits, of_row
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_MOST_TOPICS: Final = 1_000_000
#: Settings that say nothing about telemetry in JSON; a device with any other goes the general way.
_OTHER_FORMS: Final = frozenset({"gbt26875", "sparkplug", "offline_after_minutes"})


@dataclass(frozen=True, slots=True)
class Route:
    """An active device of an active vendor; ``vendor`` is the number of its vendor in :attr:`Routes.vendors`."""

    device_id: int
    unit_id: int
    vendor: int


@dataclass(frozen=True, slots=True)
class Gateway:
    """A topic whose payload names the devices: the known ones of its vendor by number."""

    vendor_code: str
    devices: dict[str, Route | None]


@dataclass(slots=True)
class Routes:
    """Topics and where they lead. A topic that leads nowhere, or asks for more than storing values, has None."""

    revision: int = -1
    topics: dict[bytes, Route | Gateway | None] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    vendors: dict[str, int] = field(default_factory=dict)
    #: How much each active vendor may send.
    limits: dict[str, VendorLimits] = field(default_factory=dict)

    def forget(self, revision: int) -> None:
        """Start over under another revision of the registry."""
        self.revision, self.topics, self.gateways, self.vendors, self.limits = revision, {}, {}, {}, {}

    def learn(self, connection: Connection, topics: Collection[bytes], usual: VendorLimits) -> None:
        """Ask the registry for topics that are not known yet; ``usual`` limits those who have none of their own."""
        if len(self.topics) > _MOST_TOPICS:
            self.forget(self.revision)
        asked = {topic: parsed for topic in topics if (parsed := _telemetry(topic)) is not None}
        for topic, parsed in asked.items():
            if parsed.device_no is None:
                self.topics[topic] = self.gateways.setdefault(parsed.vendor_code, Gateway(parsed.vendor_code, {}))
        singles = {topic: parsed for topic, parsed in asked.items() if parsed.device_no is not None}
        found = self._find(connection, [(one.vendor_code, one.device_no or "") for one in singles.values()])
        for topic, parsed in singles.items():
            self.topics[topic] = found.get((parsed.vendor_code, parsed.device_no or ""))
        for topic in topics:
            self.topics.setdefault(topic, None)
        vendors = {parsed.vendor_code for parsed in asked.values() if "\0" not in parsed.vendor_code}
        rows = connection.execute(_q["limits"], {"vendors": list(vendors - self.limits.keys())}).fetchall()
        self.limits.update((row["vendor_code"], of_row(row, usual)) for row in rows)

    def learn_devices(self, connection: Connection, missing: Collection[tuple[str, str]]) -> None:
        """Ask the registry for devices that gateways named, as (vendor, device number)."""
        found = self._find(connection, list(missing))
        for vendor, device_no in missing:
            self.gateways[vendor].devices[device_no] = found.get((vendor, device_no))

    def _find(self, connection: Connection, keys: list[tuple[str, str]]) -> dict[tuple[str, str], Route]:
        keys = [key for key in keys if "\0" not in key[0] + key[1]]
        if not keys:
            return {}
        rows = connection.execute(_q["routes"], {"vendors": [vendor for vendor, _ in keys],
                                                 "numbers": [number for _, number in keys]}).fetchall()
        return {(row["vendor_code"], row["device_no"]): Route(
            row["device_id"], row["unit_id"], self.vendors.setdefault(row["vendor_code"], len(self.vendors)))
            for row in rows if not orjson.loads(row["settings"]).keys() - _OTHER_FORMS}



def current_revision(connection: Connection) -> int:
    """The revision of the registry that this transaction sees."""
    row = connection.execute(_q["revision"]).fetchone()
    return int(row["revision"]) if row else 0


def _telemetry(topic: bytes) -> Topic | None:
    try:
        parsed = parse_topic(topic.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return parsed if isinstance(parsed, Topic) and parsed.form == "telemetry" and "\0" not in str(parsed) else None
