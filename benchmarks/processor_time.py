"""Processor time that processes have taken: what a call costs, however busy the machine is with other things."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def of(*pids: int) -> float:
    """Seconds of processor time of these processes and those they started; threads that have ended don't count."""
    taken, waiting = 0, list(pids)
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*"):
            with suppress(OSError, ValueError, IndexError):
                taken += int((task / "schedstat").read_text(encoding="ascii").split()[0])
                waiting.extend(int(child) for child in (task / "children").read_text(encoding="ascii").split())
    return taken / 1e9
