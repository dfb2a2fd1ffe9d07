"""Which device a frame comes from: by its source address, by the peer that sent it, or by the port it came to. Pure.

``devices.settings -> 'gbt26875'`` says what a device goes by; all that it names must fit:

- ``address``: the source address in its frames, as six bytes of hex in wire order (``"64 00 00 00 00 00"``), or as the
  number that its maker prints (little-endian in the frame, unless ``source_order`` says big). The other byte order is
  taken too where no other device claims it. An address of zeros names nobody.
- ``peer``: the IP address, or network, that it connects from.
- ``listener``: the port of ours that it connects to.

A device that goes by its peer alone speaks for itself whatever addresses its frames hold.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.gbt26875 import DeviceSettings, GbtPolicy

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[ :-]?){5}[0-9A-Fa-f]{2}\Z")
_DECIMAL = re.compile(r"[0-9]{1,15}\Z")
_MOST_REMEMBERED: Final = 200_000
_NOBODY: Final = bytes(6)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Known:
    """A registered device as the listener needs it."""

    device_id: int
    topic: str
    is_active: bool
    settings: DeviceSettings


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a frame belongs to no device."""

    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What one device goes by. ``addresses``: its own writings first, then the other byte orders of them."""

    device: Known
    addresses: tuple[frozenset[bytes], frozenset[bytes]] | None
    peer: Network | None
    port: int | None


def claim_of(device_id: int, vendor_code: str, device_no: str, is_active: bool, settings: Mapping[str, Any],
             policy: GbtPolicy) -> Claim | None:
    """What a device goes by on a link, or None where its settings name nothing usable."""
    own = settings.get("gbt26875")
    if not isinstance(own, Mapping):
        return None
    meant = policy.settings_of(settings)
    addresses, peer = addresses_of(own.get("address"), meant.source_order), _peer(own.get("peer"))
    port = own.get("listener")
    port = port if isinstance(port, int) and not isinstance(port, bool) and 1 <= port <= 65535 else None
    named = {"address": addresses, "peer": peer, "listener": port}
    # A claim that can't be read narrows nothing: rather nobody than anybody.
    if any(own.get(name) not in (None, "") and value is None for name, value in named.items()):
        return None
    if not any(value is not None for value in named.values()):
        return None
    return Claim(Known(device_id, f"huoyan/v1/{vendor_code}/{device_no}/gbt26875", is_active, meant), addresses, peer,
                 port)


def addresses_of(written: Any, order: str = "little") -> tuple[frozenset[bytes], frozenset[bytes]] | None:
    """The wire bytes that a written address stands for, and those of the other byte order.

    ``order`` is that of the device's source address, where the address is written as a number.
    """
    if isinstance(written, bool) or not isinstance(written, int | str):
        return None
    text = str(written).strip()
    exact: set[bytes] = set()
    if isinstance(written, str) and _HEX.match(text):
        exact.add(bytes.fromhex(re.sub("[ :-]", "", text)))
    if _DECIMAL.match(text) and int(text) < 1 << 48:
        exact.add(int(text).to_bytes(6, "big" if order == "big" else "little"))
    exact.discard(_NOBODY)
    if not exact:
        return None
    return frozenset(exact), frozenset(one[::-1] for one in exact)


def _peer(written: Any) -> Network | None:
    try:
        return ipaddress.ip_network(written, strict=False) if isinstance(written, str) and written else None
    except ValueError:
        return None


@dataclass
class Directory:
    """Everything that registered devices go by, at one moment. Replaced whole when the register changes."""

    claims: Iterable[Claim] = ()
    _by_address: dict[bytes, list[Claim]] = field(default_factory=dict)
    _by_turned: dict[bytes, list[Claim]] = field(default_factory=dict)
    _by_host: dict[str, list[Claim]] = field(default_factory=dict)
    _by_network: list[Claim] = field(default_factory=list)
    _by_port: dict[int, list[Claim]] = field(default_factory=dict)
    _found: dict[tuple[bytes, str, int], Known | Unknown] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for claim in self.claims:
            if claim.addresses:
                for one in claim.addresses[0]:
                    self._by_address.setdefault(one, []).append(claim)
                for one in claim.addresses[1]:
                    self._by_turned.setdefault(one, []).append(claim)
            elif claim.peer is not None:
                if claim.peer.num_addresses == 1:
                    self._by_host.setdefault(str(claim.peer.network_address), []).append(claim)
                else:
                    self._by_network.append(claim)
            elif claim.port is not None:
                self._by_port.setdefault(claim.port, []).append(claim)
        self.claims = ()

    def find(self, source: bytes, host: str, port: int) -> Known | Unknown:
        """The device behind a frame with this source address from ``host`` to our ``port``; or why there is none."""
        key = (source, host, port)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            found = self._found[key] = self._look_up(source, host, port)
        return found

    def _look_up(self, source: bytes, host: str, port: int) -> Known | Unknown:
        try:
            peer = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return Unknown(f"the peer {host[:64]!r} has no IP address")
        # Who is known by its peer speaks for nobody else: it is asked before any address.
        for chosen in (self._by_host.get(str(peer), []), [one for one in self._by_network if _is_in(peer, one.peer)]):
            fitting = [one for one in chosen if one.port in (None, port)]
            if fitting:
                return _only(fitting, f"the peer {host}")
        elsewhere = False
        if source != _NOBODY:
            for table in (self._by_address, self._by_turned):
                named = table.get(source, [])
                fitting = [one for one in named if one.port in (None, port) and _is_in(peer, one.peer)]
                elsewhere = elsewhere or bool(named)
                if fitting:
                    # The narrower claim wins: one that also names a peer is meant to be told apart by it.
                    return _only([one for one in fitting if one.peer] or fitting, f"the address {source.hex(' ')}")
        fitting = self._by_port.get(port, [])
        if fitting:
            return _only(fitting, f"the port {port}")
        if elsewhere:
            return Unknown(f"the device with the address {source.hex(' ')} may not send from {host} to port {port}: "
                           "its settings name another peer or listener")
        return Unknown(f"no device goes by the address {source.hex(' ')}, the peer {host} or the port {port}: say what "
                       "it goes by in the device's settings, gbt26875.address, peer or listener")


def _is_in(peer: ipaddress.IPv4Address | ipaddress.IPv6Address, network: Network | None) -> bool:
    return network is None or peer in network


def _only(claims: list[Claim], what: str) -> Known | Unknown:
    active = [one for one in claims if one.device.is_active] or claims
    if len({one.device.device_id for one in active}) > 1:
        return Unknown(f"{len(active)} devices go by {what}: their settings must tell them apart")
    return active[0].device
