"""MQTT topics of the contract: who speaks, through which device, in which form.

``huoyan/v1/VENDOR/DEVICE/FORM`` is the contract's own. Below ``huoyan/v1/VENDOR/DEVICE/`` ThingsBoard's topics are
taken too: they say nothing of who speaks, so the broker puts that prefix before them (``mount_point`` in Mosquitto,
``mountpoint`` in EMQX), and a device made for ThingsBoard needs no other firmware.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Everything under the roots is subscribed, so that a misspelled form is quarantined and not unseen.
FILTERS = ("huoyan/v1/#", "spBv1.0/#")
GATEWAY = "gateway"
FORMS = ("telemetry", "event", "gbt26875")
#: What may say that it burns, and nothing else does in mass: subscribed a second time, by a session of its own.
URGENT_FORMS: Final = ("event", "gbt26875")
URGENT_FILTERS: Final = tuple(f"huoyan/v1/+/+/{form}" for form in URGENT_FORMS)
#: Below a device's own topic, what the centre sends to it in GB/T 26875.3. Our own words: they come back to ingest,
#: which subscribes to everything, and are no telemetry.
DOWN: Final = "gbt26875/down"
#: What a topic carries that is none of the contract's, but lies below a vendor's own.
NO_FORM: Final = "other"
_ROOTS: Final = ("huoyan/v1/", "spBv1.0/")
#: No topic of the contract is longer; MQTT allows 65,535 bytes, which must fill neither memory nor quarantine.
LONGEST_TOPIC: Final = 400

#: ThingsBoard's topics of a device, which speak of the device itself, and the form they carry.
_OF_A_DEVICE: Final = {
    "v1/devices/me/telemetry": "telemetry", "v2/t": "telemetry", "v2/t/j": "telemetry",
    "v1/devices/me/attributes": "attributes", "v2/a": "attributes", "v2/a/j": "attributes",
}
#: ThingsBoard's topics of a gateway, whose payload names the devices.
_OF_A_GATEWAY: Final = {
    "v1/gateway/telemetry": "telemetry", "v1/gateway/attributes": "attributes", "v1/gateway/connect": "connect",
    "v1/gateway/disconnect": "disconnect",
}
_THINGSBOARD: Final = ("v1/", "v2/")


@dataclass(frozen=True, slots=True)
class Topic:
    """``device_no`` is None for a gateway: the payload then names the devices.

    ``is_thingsboard``: the payload keeps ThingsBoard's rules, which take more (see :mod:`ingest.jsonform`).
    """

    vendor_code: str
    device_no: str | None
    form: str
    is_thingsboard: bool = False


def parse_topic(topic: str) -> Topic | str:
    """The parts of a topic, or the reason why it is none of the contract's."""
    if len(topic) > LONGEST_TOPIC:
        return f"the topic has {len(topic)} characters; {LONGEST_TOPIC} are allowed"
    return _parse(topic)


def stray(topic: str) -> Topic | None:
    """Whose a wrong topic is: its beginning, which the broker ties to the login, says it though the rest does not.

    None where no vendor stands there.
    """
    for root in _ROOTS:
        if topic.startswith(root):
            vendor = topic[len(root):LONGEST_TOPIC].partition("/")[0]
            return Topic(vendor, None, NO_FORM) if vendor else None
    return None


def is_down(topic: str) -> bool:
    """Whether the topic is one on which the centre speaks to a device."""
    return topic.endswith(f"/{DOWN}") and topic.startswith("huoyan/v1/")


def is_urgent(topic: str) -> bool:
    """Whether one of :data:`URGENT_FILTERS` takes the topic."""
    parts = topic.split("/")
    return len(parts) == 5 and parts[4] in URGENT_FORMS and parts[0] == "huoyan" and parts[1] == "v1"


def down_topic(topic: str) -> str:
    """Where a device that speaks on ``topic`` (``…/gbt26875``) listens."""
    return topic.removesuffix("gbt26875") + DOWN


@lru_cache(maxsize=65536)
def _parse(topic: str) -> Topic | str:
    parts = topic.split("/")
    if len(parts) < 5 or parts[:2] != ["huoyan", "v1"]:
        return "the topic is not huoyan/v1/VENDOR/DEVICE/telemetry, /event or /gbt26875"
    vendor, device, form = parts[2], parts[3], "/".join(parts[4:])
    if not vendor or not device:
        return "the topic leaves the vendor or the device empty"
    if form.startswith(_THINGSBOARD):
        return _thingsboard(vendor, device, form)
    if form not in FORMS:
        return f"the topic ends in {form[:40]!r}; it must end in telemetry, event or gbt26875"
    if device == GATEWAY and form == "gbt26875":
        return "a gateway can't send gbt26875: publish each device's frames on that device's own topic"
    return Topic(vendor, None if device == GATEWAY else device, form)


def _thingsboard(vendor: str, device: str, form: str) -> Topic | str:
    if form in _OF_A_GATEWAY:
        return Topic(vendor, None, _OF_A_GATEWAY[form], is_thingsboard=True)
    if form in _OF_A_DEVICE:
        return Topic(vendor, device, _OF_A_DEVICE[form], is_thingsboard=True)
    return (f"{form[:40]!r} is a ThingsBoard topic that is not served: telemetry, attributes, connect and disconnect "
            "are taken; attribute requests, RPC and claims are not answered")
