"""Quarters drawn from a made-up city whose truth is known, by the numeric core of the frame: quotas, shares, strata,
probabilities, Pareto order.

The officers suffice. A city has the classes of real ones, units of equal class differ in risk, and some were visited
earlier in the year, risky ones more often. What stands at a unit is fixed for the quarter; a rare and a common kind of
hazard are looked for at the same visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampling.counterfactual import Between
from sampling.frame import Days, sum_
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.profiles import ARMS
from sampling.quotas import Counted, quotas, targeted_weight
from sampling.share import kept_random, needed, stretched, tau
from sampling.strata import Step, Stratum, quantised, rounded, stratum, total_probability
from sampling.survey import Known, Results, rate, wilson

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_DAYS = 62
_SHARES = (0.70, 0.22, 0.06, 0.02)
_GROUP_SHARES = (0.08, 0.12, 0.80)
# How much more likely a hazard is by class, before units of one class are told apart.
_RISK = (0.6, 1.3, 2.8, 5.0)
_CLOSED = 0.03
# Group, class, and whether visited this year.
_CELLS = len(GROUPS) * len(CLASSES) * 2
_DESKS = ("general", "key")


@dataclass(frozen=True)
class City:
    """Units by group and class, what stands at each (a column for each kind of hazard), and visits made already."""

    group: Whole
    risk_class: Whole
    stands: npt.NDArray[np.bool_]
    visits: Whole
    last: Whole


@dataclass(frozen=True)
class Case:
    """So many units of which a rare and a common kind of hazard are looked for."""

    units: int
    rates: tuple[float, ...]


@dataclass(frozen=True)
class Quarter:
    """One simulated quarter: for each rate the truth, the estimate with its interval, the naive one, and visits."""

    truth: tuple[float, ...]
    told: tuple[Between, ...]
    naive: tuple[Between, ...]
    visits: int


def city(case: Case, rng: np.random.Generator) -> City:
    """A city of its own for each quarter."""
    group = rng.choice(3, case.units, p=_GROUP_SHARES)
    risk_class = rng.choice(4, case.units, p=_SHARES)
    risk = np.array(_RISK)[risk_class] * rng.lognormal(0, 0.5, case.units)
    stands = []
    for aim in case.rates:
        chance = np.minimum(0.95, aim * risk / risk.mean())
        stands.append(rng.random(case.units) < chance * aim / chance.mean())
    # A first quarter has been: of each group about a quarter of its yearly ratio was visited, riskier units more.
    seen = rng.random(case.units) < np.minimum(0.6, np.array([0.25, 0.2, 0.05])[group] * risk / 1.2)
    last = np.where(seen, -rng.integers(1, 90, case.units), -9999)
    return City(group, risk_class, np.array(stands), seen.astype(np.int64), last)


class Draws:
    """The draws of a quarter, day by day; ``last`` counts calendar days from its first."""

    def __init__(self, held: City, rules: Parameters, first: Days, rng: np.random.Generator, *,
                 tune: bool = False) -> None:
        self.city, self.rules, self.first, self.rng, self.tune = held, rules, first, rng, tune
        self.visits, self.last = held.visits.copy(), held.last.copy()
        self.told = held.visits > 0
        self.cap = np.array([rules.cap[c] for c in CLASSES])[held.risk_class]
        self.rest = np.array([rules.exclusion_days[c] for c in CLASSES])[held.risk_class]
        self.weight = [targeted_weight(c, None, rules) for c in CLASSES]

    def quarter(self) -> Quarter:
        """Draws each working day, visits what was drawn, and estimates from the record."""
        days, visited, chances, sizes = [], [], [], []
        drawable, known, found = [], [], []
        for n in range(_DAYS):
            out = self._excluded(n)
            p, drawn = self.day(n, out)
            informed = out & self.told
            sizes.append(float(p.sum()))
            drawable.append(int((p > 0).sum() + (out & ~self.told).sum()))
            known.append(int(informed.sum()))
            found.append(self.city.stands[:, informed].sum(axis=1))
            open_ = drawn[self.rng.random(len(drawn)) >= _CLOSED]
            self.visits[drawn] += 1
            self.last[drawn] = _calendar(n)
            self.told[drawn] = False
            self.told[open_] = True
            days += [n] * len(open_)
            visited += open_.tolist()
            chances += p[open_].tolist()
        share = np.array(sizes) / sum(sizes)
        results = Results(np.array(days), share[days], np.array(chances))
        told, naive = [], []
        for k, stands in enumerate(self.city.stands):
            of = Known(float(share @ drawable), float(share @ known), float(share @ [day[k] for day in found]))
            told.append(rate(results, stands[visited], of).value)
            mean = float(stands[visited].mean())
            naive.append(Between(mean, *wilson(mean, len(visited))))
        return Quarter(tuple(self.city.stands.mean(axis=1).tolist()), tuple(told), tuple(naive), len(visited))

    def _excluded(self, n: int) -> npt.NDArray[np.bool_]:
        return (self.visits >= self.cap) | (_calendar(n) - self.last < self.rest)

    def day(self, n: int, out: npt.NDArray[np.bool_]) -> tuple[Floats, Whole]:
        """Each unit's probability of a visit on the day, and the units drawn."""
        held = self.city
        cell = (held.group * 4 + held.risk_class) * 2 + (self.visits > 0)
        cell_of = np.where(out, -1, cell)
        many = np.bincount(cell, minlength=_CELLS)
        free = np.bincount(cell_of[~out], minlength=_CELLS)
        left = self.first.left - n
        days = Days(left, self.first.year, left - min(self.rules.buffer_days, left // 2))
        made = strata(many, free, self.rules, self.weight, days, tune=self.tune)
        chance = np.zeros(_CELLS + 1)
        for at in range(_CELLS):
            parts = [(one, step) for one, steps in made.values() if (step := steps.get(at)) is not None]
            chance[at] = total_probability(parts) if parts and free[at] else 0.0
        uniform = quantised(float(self.rng.random()))
        taken = [self._taken(one, steps, cell_of, uniform) for one, steps in made.values()]
        drawn = np.unique(np.concatenate(taken)) if taken else np.array([], dtype=np.int64)
        return chance[cell_of], drawn

    def _taken(self, one: Stratum, steps: Mapping[int, Step], cell_of: Whole, uniform: float) -> Whole:
        """The units of a stratum that are taken, each with exactly the probability of its step."""
        size = rounded(one.start, one.expected, uniform)
        if size == 0:
            return np.array([], dtype=np.int64)
        upper = size > int(one.expected)
        odds, chance = np.zeros(_CELLS + 1), np.zeros(_CELLS + 1)
        for at, step in steps.items():
            odds[at], chance[at] = (step.odds_high, step.high) if upper else (step.odds_low, step.low)
        members = np.flatnonzero(chance[cell_of] > 0)
        p = chance[cell_of[members]]
        if not self.tune:
            return _systematic(members, p, self.rng)
        certain, rest, p = members[p == 1], members[p < 1], p[p < 1]
        u = self.rng.random(len(rest))
        least = np.argsort(u / (1 - u) / odds[cell_of[rest]])[:size - len(certain)]
        return np.concatenate([certain, rest[least]])


def _systematic(members: Whole, p: Floats, rng: np.random.Generator) -> Whole:
    """A sample of fixed size from units in random order, one at each whole step of the sum of their probabilities."""
    order = rng.permutation(len(members))
    reached = np.concatenate([[0.0], np.cumsum(p[order])])
    # Sums of doubles end a hair beside the whole number that they are.
    reached *= np.round(reached[-1]) / reached[-1]
    uniform = rng.random()
    return np.asarray(members[order[np.floor(reached[1:] - uniform) > np.floor(reached[:-1] - uniform)]])


def _calendar(n: int) -> int:
    return n // 5 * 7 + n % 5


def strata(many: Whole, free: Whole, rules: Parameters, weight: list[float],
           days: Days, *, tune: bool = False) -> dict[tuple[str, str], tuple[Stratum, dict[int, Step]]]:
    """The strata of the two desks, key units and general ones, with the step of each cell.

    ``many`` units are in each cell, ``free`` of them could be drawn.
    """
    counted = {(group, c): Counted(int(many[at] + many[at + 1]), float(many[at + 1]), int(free[at]))
               for g, group in enumerate(GROUPS) for k, c in enumerate(CLASSES) for at in [(g * 4 + k) * 2]}
    asked = quotas(counted, rules, days.spread, days.year)
    weights: dict[tuple[str, str], dict[int, float]] = {}
    for g, group in enumerate(GROUPS):
        for k, c in enumerate(CLASSES):
            for again in (0, 1):
                at = (g * 4 + k) * 2 + again
                if not free[at]:
                    continue
                turn = group + ("-again" if again else "")
                quota = asked[group, c]
                if group == "duty" and not again:
                    weights.setdefault(("duty", turn), {})[at] = rules.weight_duty[c]
                else:
                    weights.setdefault(("random", turn), {})[at] = quota.again if again else quota.first
                weights.setdefault(("targeted", turn), {})[at] = weight[k]
    return _sized(weights, free, many, rules, days, tune)


def _sized(weights: Mapping[tuple[str, str], Mapping[int, float]], free: Whole, many: Whole, rules: Parameters,
           days: Days, tune: bool) -> dict[tuple[str, str], tuple[Stratum, dict[int, Step]]]:
    masses = {key: sum_({str(at): each * int(free[at]) for at, each in sorted(row.items(), key=lambda pair: pair[1])})
              * (rules.again_factor if key[0] == "targeted" and key[1].endswith("-again") else 1.0)
              for key, row in weights.items()}
    paces = {(desk, arm): sum(each for key, each in masses.items() if key[0] == arm and _desk(key[1]) == desk)
             for desk in _DESKS for arm in ("random", "targeted")}
    pace = sum(paces[desk, "random"] for desk in _DESKS)
    earned = tau(None, rules.tau)
    visits = needed(int(many.sum()), rules.precision, days.year)
    stretch = stretched(rules.stretch, visits, pace)
    share = kept_random(earned, stretch * pace / (1 - earned), visits, rules.tau["floor"])
    made: dict[tuple[str, str], tuple[Stratum, dict[int, Step]]] = {}
    start = 0.0
    for desk, arm in ((desk, arm) for desk in _DESKS for arm in ARMS):
        beyond = stretch * paces[desk, "random"] / (1 - share)
        for key in (key for key in weights if key[0] == arm and _desk(key[1]) == desk):
            row = weights[key]
            units = sum(int(free[at]) for at in row)
            if arm == "duty":
                size = min(int(many[:2 * len(CLASSES):2].sum()) / days.spread, units)
            else:
                size = min(units, (share if arm == "targeted" else 1 - share) * beyond * masses[key] / paces[desk, arm])
            levels: dict[float, int] = {}
            for at, each in row.items():
                levels[each] = levels.get(each, 0) + int(free[at])
            rising = sorted(levels)
            held = stratum("/".join(key), desk, arm, key[1], quantised(size), start, rising,
                           [levels[each] for each in rising], tune=tune)
            by_weight = {step.weight: step for step in held.steps}
            made[key] = held, {at: by_weight[each] for at, each in row.items()}
            start += held.expected
    return made


def _desk(turn: str) -> str:
    return "general" if turn.startswith("general") else "key"
