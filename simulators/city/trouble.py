"""Days that a Poisson clock does not make: a detector that alarms all day, and a fire alarm that nobody ends."""

from __future__ import annotations

import numpy as np

from simulators.city.latents import Floats, Ints, Latents

DAY = 86_400
CHATTER_YEAR = .22
"""Days a panel and year on which a detector of its alarms again and again (steam, dust, a wet base)."""
UNATTENDED_YEAR = .06
"""Alarms a panel and year that were real, were put out by the staff, and stood at the panel for hours."""


def chatter(rng: np.random.Generator, carriers: Ints, units: Ints, latents: Latents, start: int,
            stop: int) -> tuple[Ints, Ints, Ints]:
    """Device, begin and end of alarms of a minute or a few, 8 to 16 in the daytime of one day, at badly kept panels."""
    days = _days(rng, CHATTER_YEAR, .45, .25, units, latents, start, stop)
    devices, begins, ends = [], [], []
    for place, morning in days:
        count = int(rng.integers(8, 17))
        # From the morning on, half an hour apart on the average and never less than five minutes: all in one day.
        at = morning + 8 * 3600 + np.cumsum(300 + rng.exponential(1200, count)).astype(np.int64)
        at = at[at < morning + DAY - 3600]
        devices += [int(carriers[place])] * len(at)
        begins += at.tolist()
        ends += (at + rng.integers(40, 270, len(at))).tolist()
    return _columns(devices), _columns(begins), _columns(ends)


def unattended(rng: np.random.Generator, carriers: Ints, units: Ints, latents: Latents, start: int,
               stop: int) -> tuple[Ints, Ints, Ints]:
    """Device, begin and end of real alarms of 4 to 20 hours, where nobody is at the panel."""
    days = _days(rng, UNATTENDED_YEAR, .10, .70, units, latents, start, stop)
    devices = [int(carriers[place]) for place, _ in days]
    begins = [morning + int(rng.integers(0, DAY)) for _, morning in days]
    return (_columns(devices), _columns(begins),
            _columns([begin + int(rng.integers(4 * 3600, 20 * 3600)) for begin in begins]))


def _days(rng: np.random.Generator, per_year: float, equipment: float, management: float, units: Ints,
          latents: Latents, start: int, stop: int) -> list[tuple[int, int]]:
    """(carrier, second at which its day begins) of every such day; rates follow the hidden state of now."""
    effect: Floats = equipment * latents.equipment[0][units] + management * latents.management[0][units]
    rate = per_year * np.exp(effect - (equipment + management)**2 / 3)
    whole = max(1, (stop - start) // DAY)
    found = np.repeat(np.arange(len(units)), rng.poisson(rate * whole / 365))
    # ``start`` is a midnight, so whole days from it on are legal days.
    return [(int(place), start + int(rng.integers(0, whole)) * DAY) for place in found]


def _columns(values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)
