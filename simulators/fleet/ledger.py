"""The ledger: one JSON line for each publish that the broker acknowledged, and only for those."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from simulators.errors import SimulatorError
from simulators.fleet.message import Message


class Ledger:
    """Appends to a file; what :meth:`write` was given is on disk after :meth:`close` (flushed after each batch).

    A line has key, vendor, topic, form, fault, expect, readings ([device_no, metric, ts_ms, value]), events
    ([device_no, kind, point, active, ts_ms]), sent_ms and acked_ms. A duplicate is a line of its own with the same
    readings: they must be in the tables once.
    """

    def __init__(self, path: Path | None) -> None:
        self.lines = 0
        try:
            self._file = path.open("ab") if path is not None else None
        except OSError as error:
            raise SimulatorError(f"the ledger {path} can't be written: {error.strerror}") from None

    def write(self, message: Message, sent_ms: int, acked_ms: int) -> None:
        """Record that the broker acknowledged ``message``."""
        self.lines += 1
        if self._file is None:
            return
        self._file.write(orjson.dumps({
            "key": message.key, "vendor": message.vendor, "topic": message.topic, "form": message.form,
            "fault": message.fault, "expect": message.expect, "readings": message.readings, "events": message.events,
            "sent_ms": sent_ms, "acked_ms": acked_ms}, option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        """Hand everything to the operating system, so that a reader or a killed process loses nothing of it."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Flush to the disk and close."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


def read_ledger(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a ledger; a last line that a killed process left half-written is passed over."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield orjson.loads(line)
