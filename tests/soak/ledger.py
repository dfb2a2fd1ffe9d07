"""The publisher's ledger: what was sent, how often, and what the broker acknowledged. Numbers only.

One line for each sending (``s n ms``) and each acknowledgement (``a n ms code``), in the order they happened; ``code``
is the reason code of MQTT 5, 0 or 16 (nobody subscribed). Times are milliseconds since 1970. A long run of plain
messages has one line a second instead (``t ms sent acknowledged``): they leave in order, so the totals say it all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Entry:
    """One message: how often it left, and when it was first acknowledged (None: never)."""

    attempts: int = 0
    acked_ms: int | None = None
    code: int = 0


@dataclass
class Ledger:
    """All messages of a run by number."""

    entries: dict[int, Entry] = field(default_factory=dict)

    @classmethod
    def read(cls, lines: Iterable[str]) -> Ledger:
        ledger = cls()
        entries = ledger.entries
        for line in lines:
            if not line.endswith("\n"):
                break  # half a line of a publisher that was killed
            what, number, *rest = line.split()
            entry = entries.get(int(number))
            if entry is None:
                entry = entries[int(number)] = Entry()
            if what == "s":
                entry.attempts += 1
            elif entry.acked_ms is None:
                entry.acked_ms, entry.code = int(rest[0]), int(rest[1])
        return ledger

    @classmethod
    def load(cls, path: Path) -> Ledger:
        with path.open(encoding="ascii") as file:
            return cls.read(file)

    @staticmethod
    def totals(path: Path) -> tuple[int, int]:
        """Sent and acknowledged, of a plain run."""
        last = path.read_text(encoding="ascii").splitlines()[-1].split()
        return int(last[2]), int(last[3])

    @property
    def acknowledged(self) -> int:
        return sum(entry.acked_ms is not None for entry in self.entries.values())

    @property
    def unheard(self) -> int:
        """Messages acknowledged though the broker had no subscriber for them."""
        return sum(entry.acked_ms is not None and entry.code == 16 for entry in self.entries.values())

    @property
    def sent_again(self) -> int:
        """Sendings beyond the first of a message: the device had not heard the acknowledgement."""
        return sum(entry.attempts - 1 for entry in self.entries.values())
