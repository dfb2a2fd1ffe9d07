"""MQTT topics of the contract: who speaks, through which device, in which form."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

#: Everything under the contract's root is subscribed, so that a misspelled form is quarantined and not unseen.
FILTER = "huoyan/v1/#"
GATEWAY = "gateway"
FORMS = ("telemetry", "event", "gbt26875")


@dataclass(frozen=True, slots=True)
class Topic:
    """``device_no`` is None for a gateway: the payload then names the devices."""

    vendor_code: str
    device_no: str | None
    form: str


@lru_cache(maxsize=65536)
def parse_topic(topic: str) -> Topic | str:
    """The parts of a topic, or the reason why it is none of the contract's."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[:2] != ["huoyan", "v1"]:
        return "the topic is not huoyan/v1/VENDOR/DEVICE/telemetry, /event or /gbt26875"
    vendor, device, form = parts[2:]
    if not vendor or not device:
        return "the topic leaves the vendor or the device empty"
    if form not in FORMS:
        return f"the topic ends in {form[:40]!r}; it must end in telemetry, event or gbt26875"
    if device == GATEWAY:
        if form == "gbt26875":
            return "a gateway can't send gbt26875: publish each device's frames on that device's own topic"
        return Topic(vendor, None, form)
    return Topic(vendor, device, form)
