"""Small cities whose officers fall ill, are called away, lose their certificates and are recused; from a seed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from policy import calendar
from sampling.parameters import Parameters
from sampling.population import Officer, Population, Unit
from sampling.years.world import Losses, Member
from tests.sampling.city import DISTRICT, town, tree


@dataclass(frozen=True)
class City:
    """Everything a year begins with; ``there`` has a row for each working day and a column for each officer."""

    seed: int
    year: int
    units: list[Unit]
    towns: int
    staff: list[Member]
    recusals: frozenset[tuple[str, str]]
    days: Sequence[dt.date]
    there: np.ndarray
    losses: Losses
    rules: Parameters

    @property
    def is_whole(self) -> bool:
        """Whether its days are all of the year."""
        return list(self.days) == calendar().between(dt.date(self.year, 1, 1), dt.date(self.year, 12, 31))

    @property
    def parents(self) -> dict[str, str | None]:
        return tree(self.towns)

    @cached_property
    def population(self) -> Population:
        return Population.of(self.units, sorted(self.parents), dt.date(self.year, 1, 1))

    def officers(self, n: int) -> list[Officer]:
        """As they are on the ``n``-th working day."""
        return [member.on(self.days[n], there=bool(here))
                for member, here in zip(self.staff, self.there[n], strict=True)]


def city(seed: int) -> City:
    """A few hundred units and 3 to some 20 officers; from plenty of time to many days without a pair."""
    chance = random.Random(seed)
    year, towns = chance.choice([2023, 2024, 2025, 2026]), chance.randint(2, 5)
    first = dt.date(year, 1, 1)
    days = calendar().between(first, dt.date(year, 12, 31))
    units = []
    for number in range(chance.randint(120, 360)):
        risk_class = chance.choices([*"ABCD", None], [66, 22, 6, 2, 4])[0]
        key, seen = chance.random() < 0.25, chance.random() < 0.5
        score = chance.gauss({"A": 20, "B": 40, "C": 60, "D": 80}[risk_class], 8) if risk_class else None
        crowded = chance.random() < (0.6 if key else 0.3)
        units.append(Unit(f"U{number:05d}", town(chance.randint(1, towns)), key, crowded, risk_class,
                          None if score is None else min(100.0, max(0.0, score)), 0,
                          first - dt.timedelta(days=chance.randint(1, 700)) if seen else None))
    staff = [_brigade(chance, n, year) for n in range(chance.randint(3, 8))]
    for t in range(1, towns + 1):
        if chance.random() < 0.3:
            staff += [_member(chance, Officer(f"T{t:02d}{n}", "town", (town(t),), n == 0, True, 1), year)
                      for n in range(chance.randint(1, 3))]
    recusals = frozenset((chance.choice(staff).officer.officer_no, unit.unit_no)
                         for unit in units if chance.random() < 0.06)
    losses = Losses(chance.choice([0, 5, 15, 40]), chance.choice([0.0, 0.03, 0.1, 0.2, 0.4]), away=_away(chance, year))
    rng = np.random.default_rng([seed, 7])
    return City(seed, year, units, towns, staff, recusals, days, losses.draw(rng, days, len(staff)), losses,
                Parameters.on(days[0]))


def _brigade(chance: random.Random, n: int, year: int) -> Member:
    areas = (DISTRICT,) if chance.random() < 0.8 else (town(chance.randint(1, 2)),)
    return _member(chance, Officer(f"O{n:03d}", "brigade", areas, n % 3 != 2, True, chance.choice([1, 2, 2])), year)


def _member(chance: random.Random, officer: Officer, year: int) -> Member:
    """Some with a certificate that ends or begins within the year, and with leave."""
    middle = dt.date(year, 1, 1) + dt.timedelta(days=chance.randint(30, 330))
    lot = chance.random()
    valid = (dt.date.min, middle) if lot < 0.12 else (middle, dt.date.max) if lot < 0.2 else (dt.date.min, dt.date.max)
    start = dt.date(year, 1, 1) + dt.timedelta(days=chance.randint(0, 340))
    leave = ((start, start + dt.timedelta(days=chance.randint(2, 25))),) if chance.random() < 0.5 else ()
    return Member(officer, *valid, leave)


def _away(chance: random.Random, year: int) -> tuple[tuple[dt.date, dt.date, float], ...]:
    """Weeks without anybody, in every part of the year, and weeks with half of them."""
    out = []
    for share in (1.0, 0.5):
        for _ in range(chance.choice([0, 0, 1, 1, 2])):
            start = dt.date(year, 1, 1) + dt.timedelta(days=chance.randint(0, 355))
            out.append((start, start + dt.timedelta(days=chance.randint(5, 35)), share))
    return tuple(out)
