"""When which fault strikes, from a seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Seconds a killed process stays away, at least and at most: a supervisor starts it again at once or a moment later.
AWAY = (0.1, 2.0)


@dataclass(frozen=True)
class Fault:
    """``what`` happens ``at`` seconds after the start and is mended ``lasting`` seconds later."""

    at: float
    what: str
    lasting: float


def schedule(seed: int, counts: Mapping[str, int], gap: tuple[float, float],
             lasting: Mapping[str, tuple[float, float]] | None = None) -> list[Fault]:
    """``counts`` of each fault in random order, each ``gap`` (least, most) seconds after the last one was mended."""
    chance = random.Random(f"faults/{seed}/{sorted(counts.items())}")
    names = [name for name, count in sorted(counts.items()) for _ in range(count)]
    chance.shuffle(names)
    found: list[Fault] = []
    moment = 0.0
    for name in names:
        moment += chance.uniform(*gap)
        fault = Fault(moment, name, chance.uniform(*(lasting or {}).get(name, AWAY)))
        found.append(fault)
        moment += fault.lasting
    return found


def lasts(faults: Sequence[Fault]) -> float:
    """Seconds until the last one is mended."""
    return max((fault.at + fault.lasting for fault in faults), default=0.0)
