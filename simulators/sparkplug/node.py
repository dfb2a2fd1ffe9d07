"""The messages of one edge node in the order of its session. Pure: the time is passed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from simulators.sparkplug.encoding import Metric, asks_for_rebirth, payload

_REBIRTH: Final = "Node Control/Rebirth"
_ROUND: Final = 256


@dataclass(frozen=True)
class Outgoing:
    """A message to publish."""

    topic: str
    payload: bytes


@dataclass
class EdgeNode:
    """``devices``: the metrics of each device by name, with datatype and present value; '' is the node itself.

    ``uses_aliases``: data goes under the numbers that the births gave, without name and datatype.
    """

    group: str
    edge: str
    devices: Mapping[str, Mapping[str, Metric]]
    uses_aliases: bool = True
    session: int = -1
    seq: int = 0
    _now: dict[str, dict[str, Metric]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        alias = 0
        for device in ("", *(name for name in self.devices if name)):
            self._now[device] = {}
            for name, metric in self.devices.get(device, {}).items():
                self._now[device][name] = replace(metric, name=name, alias=alias if self.uses_aliases else None)
                alias += 1

    def connect(self) -> Outgoing:
        """The will of the next session, to hand to the broker with the connection."""
        self.session = (self.session + 1) % _ROUND
        return Outgoing(self._topic("NDEATH"), payload([self._session_number()], None, None))

    def births(self, now_ms: int) -> list[Outgoing]:
        """The births of the node and its devices; also the answer to a request for them."""
        self.seq = 0
        controls = [self._session_number(now_ms), Metric(_REBIRTH, "Boolean", False, at=now_ms)]
        node = payload([*controls, *self._all("", now_ms)], now_ms, self._next())
        return [Outgoing(self._topic("NBIRTH"), node),
                *(self.device_birth(device, now_ms) for device in self._now if device)]

    def device_birth(self, device: str, now_ms: int) -> Outgoing:
        """The birth of one device."""
        return Outgoing(self._topic("DBIRTH", device), payload(self._all(device, now_ms), now_ms, self._next()))

    def data(self, device: str, values: Mapping[str, Any], now_ms: int, **more: Any) -> Outgoing:
        """New values of a device ('' for the node) by name; ``more`` are fields of each metric."""
        told = []
        for name, value in values.items():
            declared = self._now[device][name] = replace(self._now[device][name], value=value)
            metric = replace(declared, **{"at": now_ms, **more})
            told.append(replace(metric, name=None, hides_datatype=True) if self.uses_aliases else metric)
        return Outgoing(self._topic("DDATA" if device else "NDATA", device), payload(told, now_ms, self._next()))

    def device_death(self, device: str, now_ms: int) -> Outgoing:
        """The end of one device."""
        return Outgoing(self._topic("DDEATH", device), payload([], now_ms, self._next()))

    def is_asked_for_births(self, topic: str, command: bytes) -> bool:
        """Whether a message asks this node to tell its births again."""
        return topic == self._topic("NCMD") and asks_for_rebirth(command)

    @property
    def commands(self) -> list[str]:
        """What to subscribe to."""
        return [self._topic("NCMD"), f"{self._topic('DCMD')}/#"]

    def _all(self, device: str, now_ms: int) -> list[Metric]:
        return [replace(metric, at=now_ms) for metric in self._now[device].values()]

    def _session_number(self, at: int | None = None) -> Metric:
        return Metric("bdSeq", "Int64", self.session, at=at)

    def _next(self) -> int:
        number, self.seq = self.seq, (self.seq + 1) % _ROUND
        return number

    def _topic(self, kind: str, device: str = "") -> str:
        return f"spBv1.0/{self.group}/{kind}/{self.edge}" + (f"/{device}" if device else "")
