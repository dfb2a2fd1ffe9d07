"""How good an order of visits is, against what the visits then found. Pure.

An order is judged as capacity sees it: the share of the positives met in the first quarter and half of the visits, how
many of the first k are positive and which share of the positives these are (k: what the capacity allows), and how many
days earlier positives are met when the calendar of visits that really took place is kept and its slots are given out in
the order judged (positive days are earlier). Ties are broken at random, many times over, and the mean is reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

NAMES = ("first_quarter", "first_half", "precision_k", "recall_k", "auc", "days_earlier", "own_first_half",
         "own_days_earlier", "own_auc")


@dataclass(frozen=True)
class Visits:
    """Visits of a window in the order in which they took place: when (day numbers), found what, by which team.

    ``capacity`` is the share of them that there is capacity for.
    """

    day: npt.NDArray[np.int64]
    positive: Flags
    team: npt.NDArray[np.intp]
    capacity: float = 0.1

    def __len__(self) -> int:
        return len(self.day)

    def sample(self, places: Places) -> Visits:
        places = np.sort(places)
        return Visits(self.day[places], self.positive[places], self.team[places], self.capacity)


@dataclass(frozen=True)
class Measured:
    """A measure with its bootstrap 95 % interval."""

    value: float
    low: float
    high: float


def order_of(priority: Floats, noise: Floats) -> Places:
    """Places from the highest priority to the lowest; ``noise`` breaks ties."""
    return np.lexsort((noise, -priority))


def measure(visits: Visits, order: Places) -> Floats:
    """The measures of :data:`NAMES` for one order without ties."""
    positive = visits.positive[order]
    count, found = len(positive), int(positive.sum())
    seen = np.concatenate(([0], np.cumsum(positive)))
    most = min(count, max(1, round(count * visits.capacity)))
    return np.array([seen[count // 4] / found, seen[count // 2] / found, seen[most] / most, seen[most] / found,
                     _auc(positive), float((visits.day[order][positive] - np.sort(visits.day)[positive]).mean()),
                     *_own_caseload(visits, order)])


def tied_share(priority: Floats) -> float:
    """Share of visits whose priority another visit has too."""
    _, counts = np.unique(priority, return_counts=True)
    return float(counts[counts > 1].sum() / len(priority)) if len(priority) else 0.0


def half_bounds(visits: Visits, priority: Floats) -> tuple[float, float]:
    """The worst and the best share of positives in the first half that any way of breaking ties could give."""
    sign = visits.positive.astype(np.float64)
    worst, best = (measure(visits, order_of(priority, noise))[1] for noise in (sign, -sign))
    return float(worst), float(best)


@dataclass(frozen=True)
class Draws:
    """The measures of :data:`NAMES` of an order, and those of bootstrap samples, one in each row."""

    value: Floats
    samples: Floats

    def measured(self) -> dict[str, Measured]:
        """Each measure with its interval."""
        low, high = np.nanpercentile(self.samples, [2.5, 97.5], axis=0)
        return {name: Measured(float(self.value[at]), float(low[at]), float(high[at]))
                for at, name in enumerate(NAMES)}

    @classmethod
    def mean(cls, parts: Sequence[Draws]) -> Draws:
        """The mean over windows, each of which counts the same."""
        return cls(np.mean([part.value for part in parts], axis=0), np.mean([part.samples for part in parts], axis=0))


def draws(visits: Visits, priority: Floats | None, rng: np.random.Generator, *, breaks: int, samples: int) -> Draws:
    """Every measure of an order of visits; ``priority`` None is a random order.

    ``breaks`` random breakings of ties are averaged (for a random order: so many shuffles); ``samples`` bootstrap
    samples of the visits give the interval, each with one breaking of ties.
    """
    size = len(visits)
    told = np.zeros(size) if priority is None else priority
    value = np.mean([measure(visits, order_of(told, rng.random(size))) for _ in range(breaks)], axis=0)
    found: list[Floats] = []
    while len(found) < samples:
        places = np.sort(rng.integers(0, size, size))
        sample = visits.sample(places)
        if sample.positive.any() and not sample.positive.all():
            found.append(measure(sample, order_of(told[places], rng.random(size))))
    return Draws(value, np.array(found))


def judge(visits: Visits, priority: Floats | None, rng: np.random.Generator, *, breaks: int, samples: int,
          ) -> dict[str, Measured]:
    """Every measure of an order of visits with its interval: see :func:`draws`."""
    return draws(visits, priority, rng, breaks=breaks, samples=samples).measured()


def judge_actual(visits: Visits, rng: np.random.Generator, *, samples: int) -> dict[str, Measured]:
    """The same for the order in which the visits really took place: without ties, and 0 days earlier by definition."""
    return judge(visits, -np.arange(len(visits), dtype=np.float64), rng, breaks=1, samples=samples)


def tenth_share(risky: Flags, priority: Floats | None, rng: np.random.Generator, *, breaks: int, samples: int,
                ) -> Measured:
    """Share of the truly risky units that stand in the first tenth of a ranking."""
    size = len(risky)
    told = np.zeros(size) if priority is None else priority
    tenth = max(1, round(size * 0.1))

    def share(places: Places) -> float:
        order = order_of(told[places], rng.random(len(places)))
        flags = risky[places]
        return float(flags[order[:tenth]].sum() / flags.sum()) if flags.any() else float("nan")

    everyone = np.arange(size)
    value = float(np.mean([share(everyone) for _ in range(breaks)]))
    low, high = np.nanpercentile([share(rng.integers(0, size, size)) for _ in range(samples)], [2.5, 97.5])
    return Measured(value, float(low), float(high))


def _auc(positive: Flags) -> float:
    """Chance that a positive stands before a negative (Mann-Whitney), of an order without ties."""
    before = np.cumsum(~positive)[positive].sum()
    pairs = int(positive.sum()) * int((~positive).sum())
    return 1.0 - float(before) / pairs


def _own_caseload(visits: Visits, order: Places) -> tuple[float, float, float]:
    """First-half share, days earlier and AUC when each team keeps its visits and slots and only their order changes."""
    met, days, before, pairs = 0, 0.0, 0.0, 0
    for team in np.unique(visits.team):
        mine = order[visits.team[order] == team]
        positive = visits.positive[mine]
        met += int(positive[: len(mine) // 2].sum())
        days += float((visits.day[mine] - np.sort(visits.day[mine]))[positive].sum())
        before += float(np.cumsum(~positive)[positive].sum())
        pairs += int(positive.sum()) * int((~positive).sum())
    found = int(visits.positive.sum())
    return met / found, days / found, 1.0 - before / pairs if pairs else float("nan")
