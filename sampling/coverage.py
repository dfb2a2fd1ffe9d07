"""How often the intervals of :mod:`sampling.survey` hold the truth, in the quarters of :mod:`sampling.quarters`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import numpy as np

from policy import calendar
from sampling.frame import Days
from sampling.parameters import Parameters
from sampling.quarters import Case, Draws, Quarter, city
from sampling.survey import wilson

_PART = 50
#: Few visits and many, each looking for a rare kind of hazard and for a common one.
CASES: Final = (Case(320, (0.02, 0.30)), Case(3600, (0.02, 0.30)))


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the truth, in ``quarters`` quarters; means of truth, estimates and naive means."""

    units: int
    rate: float
    quarters: int
    visits: float
    truth: float
    told: float
    naive: float
    covered: int
    naive_covered: int
    wide: float

    @property
    def share(self) -> float:
        return self.covered / self.quarters

    @property
    def error(self) -> float:
        """The half-width of the share's own 95 % interval."""
        low, high = wilson(self.share, self.quarters)
        return (high - low) / 2


def simulate(cases: Sequence[Case], quarters: int, seed: int, day: dt.date, *, tune: bool = False,
             processes: int = 2) -> list[Coverage]:
    """The coverage of each rate of each case, by the rules of ``day``; the same for the same seed.

    ``tune`` draws in the order of tuned Pareto keys as a real draw does, which takes a second for each quarter;
    otherwise a systematic sample has the same probabilities.
    """
    jobs = [(case, part, seed, day, tune) for case in cases
            for part in (range(first, min(first + _PART, quarters)) for first in range(0, quarters, _PART))]
    with ProcessPoolExecutor(processes) as pool:
        done = list(pool.map(_some, jobs))
    return [_summed(case, k, [one for job, part in zip(jobs, done, strict=True) if job[0] is case for one in part])
            for case in cases for k in range(len(case.rates))]


def _some(job: tuple[Case, range, int, dt.date, bool]) -> list[Quarter]:
    case, numbers, seed, day, tune = job
    rules = Parameters.on(day)
    first = Days.on(day, calendar(), rules.buffer_days)
    made = []
    for number in numbers:
        rng = np.random.default_rng([seed, case.units, number])
        made.append(Draws(city(case, rng), rules, first, rng, tune=tune).quarter())
    return made


def _summed(case: Case, k: int, made: Sequence[Quarter]) -> Coverage:
    truth = [one.truth[k] for one in made]
    told, naive = [one.told[k] for one in made], [one.naive[k] for one in made]
    held, naively = (sum(each.low <= real <= each.high for each, real in zip(row, truth, strict=True))
                     for row in (told, naive))
    return Coverage(case.units, case.rates[k], len(made), fmean(one.visits for one in made), fmean(truth),
                    fmean(each.value for each in told), fmean(each.value for each in naive), held, naively,
                    fmean(each.high - each.low for each in told))
