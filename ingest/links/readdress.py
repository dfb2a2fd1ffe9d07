"""Frames that waited in quarantine because nobody went by their address: whose they are now. Pure."""

from __future__ import annotations

from typing import Final

from ingest.links.identity import Directory, Known

#: How quarantine names the origin of a frame of no registered device: ``gbt26875/tcp/PORT/PEER/ADDRESS``.
ROOT: Final = "gbt26875/"


def origin(transport: str, port: int, host: str, raw: bytes) -> str:
    """Where quarantine says that bytes of no registered device came from."""
    return f"{ROOT}{transport}/{port}/{host}/{raw[12:18].hex() if len(raw) >= 18 else ''}"


def device_topic(topic: str, directory: Directory) -> str | None:
    """The topic of the device that an origin belongs to now; None where there is still none."""
    parts = topic.split("/")
    if len(parts) != 5 or not parts[2].isdecimal():
        return None
    try:
        source = bytes.fromhex(parts[4])
    except ValueError:
        return None
    found = directory.find(source or bytes(6), parts[3], int(parts[2]))
    return found.topic if isinstance(found, Known) else None
