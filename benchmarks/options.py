"""What a person may choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _silent(line: str) -> None:
    pass


@dataclass(frozen=True)
class Options:
    """``quick`` runs everything at a tiny size, to see that it works; its figures mean nothing.

    ``seeds`` are those of the simulated cities of ``evaluate``; ``history`` is the file of its real record. ``units``
    are the sizes of ``nightly`` and ``scale``, where not their own. ``say`` gets a line at a time on what is under way.
    """

    runs: int = 3
    quick: bool = False
    seeds: tuple[int, ...] = (101, 102, 103)
    history: Path | None = None
    units: tuple[int, ...] = ()
    say: Callable[[str], None] = _silent
