"""Addresses of devices and centres: six bytes, which platforms print in several ways. Pure."""

from __future__ import annotations

import ipaddress

from ingest.gbt26875.settings import DeviceSettings


def address_text(address: bytes, settings: DeviceSettings, order: str) -> str:
    """An address as the device's platform prints it: hex of the six bytes in wire order, or the number they make."""
    return str(address_number(address, order)) if settings.address_text == "decimal" else address.hex().upper()


def address_number(address: bytes, order: str) -> int:
    """An address as a number; ``order`` is little or big."""
    return int.from_bytes(address, "big" if order == "big" else "little")


def as_endpoint(address: bytes) -> str | None:
    """The IPv4 address that some devices put where the centre's belongs, before two bytes of port; None if it is none.

    Only private addresses are told from numbers with some certainty.
    """
    host = ipaddress.IPv4Address(address[:4])
    return str(host) if host.is_private and address[0] and any(address[4:]) else None

