"""When each device was last heard: written at once while it costs little, every few seconds under load.

A process that dies takes at most the last seconds of it along. The readings themselves are stored by then, the silence
that counts as offline is minutes, and the next message makes it good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.arrivals import moment
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_EVERY: Final = 5.0
_FEW: Final = 64


@dataclass(slots=True)
class Heard:
    """Devices heard since the last flush: number to (unit, newest receipt, newest time of a value), microseconds."""

    _devices: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    _next: float = 0.0

    def add(self, device: NDArray[np.int64], unit: NDArray[np.int64], received: NDArray[np.int64],
            ts: NDArray[np.int64]) -> None:
        known = self._devices
        for number, of_unit, at, newest in zip(device.tolist(), unit.tolist(), received.tolist(), ts.tolist(),
                                               strict=True):
            before = known.get(number)
            if before is None:
                known[number] = of_unit, at, newest
            else:
                known[number] = of_unit, max(before[1], at), max(before[2], newest)

    def is_due(self, now: float) -> bool:
        """Whether to flush at ``now``, in seconds of any steady clock."""
        return 0 < len(self._devices) <= _FEW or (bool(self._devices) and now >= self._next)

    def take(self, now: float) -> Mapping[int, tuple[int, int, int]]:
        """What is to be flushed; the next flush is due a while after ``now``."""
        taken, self._devices = self._devices, {}
        self._next = now + _EVERY
        return taken

    def put_back(self, taken: Mapping[int, tuple[int, int, int]]) -> None:
        """After a flush that failed."""
        self._devices = {**taken, **self._devices}


def offline_among(connection: Connection, devices: Mapping[int, tuple[int, int, int]]) -> list[int]:
    """Those of the devices that are marked offline."""
    rows = connection.execute(_q["offline_among"], {"devices": list(devices)}).fetchall()
    return [row["device_id"] for row in rows]


def seconds_since_last(connection: Connection, now: dt.datetime) -> float | None:
    """How long ago any device was heard; None where none ever was."""
    row = connection.execute(_q["newest"]).fetchone()
    return (now - row["newest"]).total_seconds() if row and row["newest"] else None


def keep(connection: Connection, devices: Mapping[int, tuple[int, int, int]]) -> None:
    """Move the last times of devices forward; a device heard for the first time gets its row."""
    numbers = sorted(devices)
    connection.execute(_q["keep_heard"], {
        "devices": numbers, "last": [moment(devices[number][2]) for number in numbers],
        "heard": [moment(devices[number][1]) for number in numbers]})
