"""Sparkplug's topics: ``spBv1.0/GROUP/TYPE/EDGE`` and ``spBv1.0/GROUP/TYPE/EDGE/DEVICE``. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ingest.texts import storable
from ingest.topics import LONGEST_TOPIC

ROOT: Final = "spBv1.0/"
#: What the host subscribes to.
FILTER: Final = "spBv1.0/#"

_OF_A_NODE: Final = frozenset({"NBIRTH", "NDATA", "NDEATH"})
_OF_A_DEVICE: Final = frozenset({"DBIRTH", "DDATA", "DDEATH"})
#: What is said to edge nodes and not by them.
_COMMANDS: Final = frozenset({"NCMD", "DCMD"})
_LONGEST_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Address:
    """Who speaks: ``vendor`` is the group; ``device`` is empty for the edge node itself."""

    vendor: str
    edge: str
    device: str

    def topic(self, kind: str) -> str:
        """The topic of this address for messages of the kind ``BIRTH``, ``DATA`` or ``DEATH``."""
        parts = [f"{ROOT}{self.vendor}", f"{'D' if self.device else 'N'}{kind}", self.edge]
        return "/".join([*parts, self.device] if self.device else parts)


@dataclass(frozen=True, slots=True)
class SparkplugTopic:
    """``kind`` is ``BIRTH``, ``DATA`` or ``DEATH``, of the node or of one device."""

    address: Address
    kind: str


@lru_cache(maxsize=65536)
def parse_sparkplug(topic: str) -> SparkplugTopic | str | None:  # noqa: PLR0911  one line a reason
    """The parts of a topic, or the reason why it is none of Sparkplug's; None for what is not said to a host.

    The state of other hosts and commands to edge nodes, ours among them, come along with the subscription.
    """
    if len(topic) > LONGEST_TOPIC:
        return f"the topic has {len(topic)} characters; {LONGEST_TOPIC} are allowed"
    parts = topic.removeprefix(ROOT).split("/")
    if parts[0] == "STATE" and len(parts) == 2:
        return None
    if len(parts) not in (3, 4) or not topic.startswith(ROOT):
        return "the topic is not spBv1.0/GROUP/TYPE/EDGE or spBv1.0/GROUP/TYPE/EDGE/DEVICE"
    vendor, kind, edge, device = *parts, *([""] if len(parts) == 3 else [])
    if kind in _COMMANDS:
        return None
    if kind not in _OF_A_NODE | _OF_A_DEVICE:
        return f"{kind[:40]!r} is no type of message of an edge node: NBIRTH, NDATA, NDEATH, DBIRTH, DDATA, DDEATH are"
    if not all(parts):
        return "the topic leaves the group, the edge node or the device empty"
    if (kind in _OF_A_DEVICE) != (len(parts) == 4):
        return f"a topic of {kind} {'names a device' if kind in _OF_A_DEVICE else 'ends with the edge node'}"
    if any(len(part) > _LONGEST_NAME or not storable(part) for part in parts):
        return f"a name in the topic has more than {_LONGEST_NAME} characters or can't be stored"
    return SparkplugTopic(Address(vendor, edge, device), kind[1:])
