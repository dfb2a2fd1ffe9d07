"""The devices of a fleet and the vendors' logins, from JSON files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from simulators.errors import SimulatorError

_KINDS = frozenset({"uitd", "smoke", "water_pressure", "water_level", "electrical", "gas"})
_VENDOR = re.compile(r"[a-z0-9][a-z0-9_-]{1,31}")
_DEVICE = re.compile(r"[^\s/+#\x00]{1,64}")
_LIMIT_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class FleetDevice:
    """One device as its history left it: ``health`` is ``ok``, ``offline`` or a condition of its readings; ``open`` are
    the conditions (kind, point) it has reported and not restored."""

    vendor: str
    device_no: str
    kind: str
    health: str = "ok"
    open: tuple[tuple[str, str], ...] = ()


def read_devices(path: Path) -> list[FleetDevice]:
    """Devices from a JSON list of {"vendor", "device_no", "kind", "health"?, "open"?}.

    SimulatorError names what is wrong.
    """
    rows = _json(path)
    if not isinstance(rows, list) or not rows:
        raise SimulatorError(f"{path} holds no devices: a list such as [{{\"vendor\": \"anning\", \"device_no\": "
                             f"\"AN-1\", \"kind\": \"smoke\"}}] is needed")
    devices, seen = [], set()
    for number, row in enumerate(rows, 1):
        device = _device(path, number, row)
        if (device.vendor, device.device_no) in seen:
            raise SimulatorError(f"{path}, device {number}: {device.vendor}/{device.device_no} is there twice")
        seen.add((device.vendor, device.device_no))
        devices.append(device)
    return devices


def _device(path: Path, number: int, row: Any) -> FleetDevice:
    if not isinstance(row, dict):
        raise SimulatorError(f"{path}, device {number}: an object with vendor, device_no and kind is needed")
    vendor, device_no, kind = (row.get(key) for key in ("vendor", "device_no", "kind"))
    if not isinstance(vendor, str) or not _VENDOR.fullmatch(vendor):
        raise SimulatorError(f"{path}, device {number}: {vendor!r} is not a vendor code such as anning")
    if not isinstance(device_no, str) or not _DEVICE.fullmatch(device_no) or device_no == "gateway":
        raise SimulatorError(f"{path}, device {number}: {device_no!r} can't be a device number in an MQTT topic")
    if kind not in _KINDS:
        raise SimulatorError(f"{path}, device {number}: {kind!r} is not a kind of device: say one of "
                             f"{', '.join(sorted(_KINDS))}")
    return FleetDevice(vendor, device_no, kind, str(row.get("health", "ok")),
                       _open(path, number, row.get("open", [])))


def _open(path: Path, number: int, listed: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(listed, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(word, str) for word in pair)
            for pair in listed):
        raise SimulatorError(f"{path}, device {number}: open is a list of [kind, point]")
    return tuple((kind, point) for kind, point in listed)


def read_logins(path: Path) -> dict[str, str]:
    """Passwords by vendor from a JSON object; the user name at the broker is the vendor's code."""
    logins = _json(path)
    if not isinstance(logins, dict) or not all(isinstance(word, str) for word in logins.values()):
        raise SimulatorError(f"{path} holds no logins: an object such as {{\"anning\": \"password\"}} is needed")
    return logins


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            raise SimulatorError(f"{path} is larger than {_LIMIT_BYTES // 1024 // 1024} MB")
        return orjson.loads(path.read_bytes())
    except OSError as error:
        raise SimulatorError(f"{path} can't be read: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise SimulatorError(f"{path} is not JSON: {error}") from None
