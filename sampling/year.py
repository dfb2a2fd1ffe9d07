"""A year of draws in memory: the same frames and selections, day after day, without a database.

It answers what a year of these rules does before they are put in force: whether duties are met with these officers,
how far each class's ratio gets, what lost days cost.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from policy import WorkCalendar
from sampling.desks import Desk
from sampling.frame import Days, Header, Maker
from sampling.frames import View
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Ints, Lift, Officer, Places, Population, Situation, Unit
from sampling.profiles import ARMS
from sampling.roster import most
from sampling.selection import Drawn, Tickets, select
from sampling.staffing import Pair, pair_up
from sampling.tickets import GENESIS

#: Up to so many units the tickets of a simulated day are those of the protocol; beyond it numbers of the same law.
HASHED_TO = 20_000


@dataclass(frozen=True)
class DayMade:
    """What became of one day: units visited (positions), the arm of each (position in ``ARMS``), who went; the visits
    that the officers who were there could have made; duties open that morning; visits that nobody was found for; and
    by desk what it wanted and what it was granted."""

    day: dt.date
    at: Ints
    arms: Ints
    pairs: list[Pair]
    possible: int
    due: int
    unassigned: int
    wanted: float
    granted: float


@dataclass
class Year:
    """A simulated year: the population as it began, visits of each unit in it, the days one after another."""

    population: Population
    visits_of: Ints
    last: npt.NDArray[np.int64]
    classes: Ints
    days: list[DayMade] = field(default_factory=list)

    @cached_property
    def units(self) -> dict[str, Unit]:
        """The units by number, as they stand at the end."""
        held = self.population
        return {number: Unit(number, held.areas[held.area[n]], bool(held.group[n] < 2), bool(held.group[n] == 0),
                             None if held.risk_class[n] < 0 else CLASSES[held.risk_class[n]],
                             None if np.isnan(held.score[n]) else float(held.score[n]), int(self.visits_of[n]),
                             dt.date.fromordinal(int(self.last[n])) if self.last[n] else None)
                for n, number in enumerate(held.unit_no)}

    @property
    def visits(self) -> dict[dt.date, list[tuple[str, str]]]:
        """(unit, arm) of each visit, by day."""
        return {made.day: [(self.population.unit_no[at], ARMS[arm])
                           for at, arm in zip(made.at.tolist(), made.arms.tolist(), strict=True)]
                for made in self.days}

    @property
    def capacity(self) -> dict[dt.date, int]:
        """Visits that the officers of each day could have made."""
        return {made.day: made.possible for made in self.days}

    @property
    def unassigned(self) -> int:
        return sum(made.unassigned for made in self.days)

    def coverage(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(units, units visited at least once) by group and class."""
        kind = self.population.group * len(CLASSES) + self.classes
        most_ = len(GROUPS) * len(CLASSES)
        have = np.bincount(kind, minlength=most_).tolist()
        done = np.bincount(kind[self.visits_of > 0], minlength=most_).tolist()
        return {(group, c): (have[g * len(CLASSES) + k], done[g * len(CLASSES) + k])
                for g, group in enumerate(GROUPS) for k, c in enumerate(CLASSES)}


class Course:
    """A year under way: :meth:`step` draws the next day, and every drawn visit is made on its day.

    Plain Pareto odds are used in place of tuned ones: a year of tuning would take minutes, and which of two near-equal
    units comes first is not the question here. ``hashed`` says whether tickets are the protocol's or, for large cities,
    numbers of a generator with the same law: independent and uniform in [0, 2**53).
    """

    def __init__(self, population: Population, first: dt.date, parents: Mapping[str, str | None],
                 parameters: Parameters, work: WorkCalendar, *, seed: str = "0",
                 recusals: frozenset[tuple[str, str]] = frozenset(), lift: Lift | None = None,
                 hashed: bool | None = None) -> None:
        self.parameters, self.work, self.seed, self.lift = parameters, work, seed, lift
        self.parents, self.places, self.recusals = parents, Places(parents), recusals
        # Scores stay as they are all year.
        self._scores_as_of = None if np.isnan(population.score).all() else first - dt.timedelta(days=1)
        self.hashed = len(population) <= HASHED_TO if hashed is None else hashed
        self._recused: dict[str, set[str]] = {}
        for officer_no, unit_no in recusals:
            self._recused.setdefault(unit_no, set()).add(officer_no)
        last = np.where(population.ago < 0, 0, first.toordinal() - population.ago.astype(np.int64))
        classes = np.where(population.risk_class < 0, CLASSES.index(parameters.class_without_score),
                           population.risk_class).astype(np.int32)
        self.year = Year(population, population.visits.copy(), last, classes)

    def situation(self, day: dt.date, officers: Sequence[Officer]) -> Situation:
        """The eve of a day."""
        held = self.year
        ago = np.where(held.last == 0, -1, day.toordinal() - held.last).astype(np.int32)
        return Situation(day, replace(held.population, visits=held.visits_of, ago=ago,
                                      planned=np.zeros(len(ago), dtype=np.bool_)),
                         officers, self.parents, self.recusals, self._scores_as_of, self.lift)

    def step(self, day: dt.date, officers: Sequence[Officer]) -> tuple[DayMade, Maker]:
        """Draw a day with the officers as they are on it, and make its visits."""
        maker = Maker(self.situation(day, officers), self.parameters,
                      Days.on(day, self.work, self.parameters.buffer_days), tune=self.tuned, places=self.places)
        drawn, pairs, split = self.draw(maker)
        kept = [n for n, pair in enumerate(pairs) if pair is not None]
        at = np.array([drawn[n].at for n in kept], dtype=np.int32)
        made = DayMade(day, at, np.array([ARMS.index(drawn[n].arm) for n in kept], dtype=np.int32),
                       [pair for pair in pairs if pair is not None], possible(maker.desks, maker.officers),
                       int(np.count_nonzero(maker.turn == 0)), len(pairs) - len(kept), *split)
        self.year.visits_of[at] += 1
        self.year.last[at] = day.toordinal()
        self.year.days.append(made)
        return made, maker

    #: Whether odds are tuned, as a draw that is sealed has them.
    tuned = False

    def draw(self, maker: Maker) -> tuple[list[Drawn], list[Pair | None], tuple[float, float]]:
        """The visits of the day, a pair for each or None, and what the desks wanted and were granted in all."""
        outline, excluded = maker.outline(Header(f"S{maker.day:%Y%m%d}", 1, GENESIS, "", "", []))
        seed = hashlib.sha256(f"{self.seed}|{maker.day}".encode()).hexdigest()
        tickets = None if self.hashed else numbered(seed, len(maker.units))
        _, drawn = select(outline, seed, Held(maker, outline, excluded), tickets)
        desks = outline["desks"]
        return (drawn, self.staff(maker, drawn, seed),
                (sum(desk["wanted"] for desk in desks), sum(desk["capacity"] for desk in desks)))

    def staff(self, maker: Maker, visits: Sequence[Drawn], seed: str) -> list[Pair | None]:
        """A pair for each visit, as :func:`sampling.staffing.staff` finds it, from the desks of the day."""
        there = [tuple(o for o in desk.officers if maker.officers[o].load > 0) for desk in maker.desks]
        number = maker.officers
        teams = []
        for visit in visits:
            team, away = there[maker.at[visit.at]], self._recused.get(visit.unit_no)
            teams.append(tuple(o for o in team if number[o].officer_no not in away) if away else team)
        return pair_up(number, teams, [visit.unit_no for visit in visits], seed)


class Held(View):
    """A frame that never was JSON, as :class:`~sampling.frames.View` shows one that was."""

    def __init__(self, maker: Maker, outline: Mapping[str, object], excluded: Ints) -> None:
        units = maker.units
        self.frame = outline
        self.unit_no, self.areas = list(units.unit_no), list(units.areas)
        self.area, self.group, self.visits = units.area, units.group, units.visits
        self.risk_class, self.excluded, self.day = maker.classes, excluded, maker.day
        self.__dict__.update(score=units.score, turn=maker.turn, desk=maker.at, place=maker.place,
                             weights=maker.weights)


def numbered(seed: str, units: int) -> Tickets:
    """Tickets for a large city: one number in [0, 2**53) for each unit and arm, from a generator seeded by the day."""
    made: dict[str, npt.NDArray[np.uint64]] = {}

    def of(arm: str, at: Ints) -> npt.NDArray[np.uint64]:
        if arm not in made:
            key = int.from_bytes(hashlib.sha256(f"{seed}|{arm}".encode()).digest()[:16], "big")
            made[arm] = np.random.default_rng(key).integers(0, 1 << 53, size=units, dtype=np.uint64)
        found: npt.NDArray[np.uint64] = made[arm][at]
        return found

    return of


def possible(desks: Sequence[Desk], officers: Sequence[Officer]) -> int:
    """Visits that the officers of the day can make in all: desks that share officers count once."""
    groups: list[set[int]] = []
    for team in {frozenset(desk.officers) for desk in desks if desk.staffed}:
        joined = set(team)
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    loads, leads = [officer.load for officer in officers], [officer.can_lead for officer in officers]
    return sum(most(loads, leads, sorted(group), sum(loads[o] for o in group) // 2) for group in groups)


def simulate(units: Sequence[Unit], officers: Sequence[Officer], parents: Mapping[str, str | None], year: int,
             parameters: Parameters, work: WorkCalendar, *, seed: str = "0",
             present: Callable[[dt.date, Officer], bool] | None = None,
             recusals: frozenset[tuple[str, str]] = frozenset()) -> Year:
    """Draw every working day of ``year``; ``present`` says whether an officer is there on a day (default: always)."""
    first = dt.date(year, 1, 1)
    course = Course(Population.of(units, sorted(parents), first), first, parents, parameters, work, seed=seed,
                    recusals=recusals)
    for day in work.between(first, dt.date(year, 12, 31)):
        course.step(day, [officer if present is None or present(day, officer) else replace(officer, load=0)
                          for officer in officers])
    return course.year
