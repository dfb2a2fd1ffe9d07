"""Which devices of the simulated district are on TCP links of GB/T 26875.3 instead of the vendor's MQTT."""

from __future__ import annotations

from typing import Any

from simulators.city import City
from simulators.fleet import FleetDevice
from simulators.fleet.dialects import address, uses_frames

#: Enough for a page that shows something, and for a post that nobody answers from.
_LINKS = 12


def wire(city: City) -> list[dict[str, Any]]:
    """Give a few transmission devices the address they go by, in their settings; returns them as the fleet has them."""
    chosen = [row for row in city.fleet_devices() if row["health"] == "ok" and not row["open"] and uses_frames(
        FleetDevice(row["vendor"], row["device_no"], row["kind"]))][:_LINKS]
    wired = {(row["vendor"], row["device_no"]) for row in chosen}
    for device in city.devices:
        vendor, number = device["vendor_code"], device["device_no"]
        if (vendor, number) in wired:
            device["settings"] = {"gbt26875": {"address": address(FleetDevice(vendor, number, device["kind"]))}}
    return chosen
