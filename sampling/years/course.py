"""One simulated year with the same hazards, officers and losses for the draw and its rivals, and what came of it."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from policy import WorkCalendar
from sampling.frame import Maker
from sampling.parameters import CLASSES, GROUPS
from sampling.population import Floats, Ints
from sampling.profiles import ARMS
from sampling.quotas import Quota
from sampling.staffing import Pair
from sampling.year import Course
from sampling.years.hazards import Finds, Hazards
from sampling.years.rivals import RIVALS, Rival
from sampling.years.variants import Variant
from sampling.years.world import Losses, World

#: The draw of the product beside its rivals.
DRAW = "draw"
POLICIES = {DRAW: ("本系统抽取", "the draw of this system")} | RIVALS


@dataclass(frozen=True)
class Plan:
    """What is simulated: the working days, the losses, the seed, whether rivals get pairs of officers too."""

    days: Sequence[dt.date]
    losses: Losses
    work: WorkCalendar
    seed: int
    pairs: bool = True


@dataclass(frozen=True)
class Outcome:
    """A year of one policy. Curves have a value for each working day; ``ratios`` a row for each group and class that
    has units: asked share, units, units visited."""

    policy: str
    figures: dict[str, float]
    found: list[float]
    duties: list[float]
    months: list[dict[str, int]]
    loads: list[int]
    ratios: list[dict[str, Any]]


@dataclass
class _Tally:
    """What is kept of one policy while the year runs."""

    finds: Finds
    loads: Counter[str] = field(default_factory=Counter)
    made: int = 0
    total: int = 0
    found: list[float] = field(default_factory=list)
    duties: list[float] = field(default_factory=list)
    months: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in range(12)])

    def add(self, day: dt.date, time: float, at: Ints, arms: Sequence[str], pairs: Sequence[Pair]) -> None:
        self.total += self.finds.visit(at, time)
        self.made += len(at)
        self.found.append(self.total)
        self.months[day.month - 1].update(arms)
        for pair in pairs:
            self.loads.update((pair.lead, pair.second))


def run(world: World, variant: Variant, plan: Plan, repetition: int, *, rivals: Sequence[str] = tuple(RIVALS),
        progress: Callable[[], None] = lambda: None) -> list[Outcome]:
    """One year: the draw by the rules of ``variant``, and beside it the rivals, which make as many visits each day."""
    first = plan.days[0]
    # The hazards and the losses of a repetition are the same for all rules and policies.
    hazards = Hazards.of(np.random.default_rng([plan.seed, repetition, 1]), world.standing, world.stay_days,
                         (plan.days[-1] - first).days + 1, world.spread)
    there = plan.losses.draw(np.random.default_rng([plan.seed, repetition, 2]), plan.days, len(world.staff))
    luck = np.random.default_rng([plan.seed, repetition, 3])
    course = Course(world.population, first, world.parents, variant.parameters, plan.work,
                    seed=f"{plan.seed}/{repetition}", recusals=world.recusals, lift=world.lift)
    others = [Rival.beside(name, course.year) for name in rivals]
    visited = {DRAW: course.year.visits_of} | {rival.name: rival.visits for rival in others}
    tallies = {name: _Tally(Finds(hazards)) for name in visited}
    duty = world.population.group == 0
    quotas: dict[tuple[str, str], Quota] = {}
    for n, day in enumerate(plan.days):
        officers = [member.on(day, there=bool(here)) for member, here in zip(world.staff, there[n], strict=True)]
        made, maker = course.step(day, officers)
        time, quotas = float((day - first).days), maker.quotas
        tallies[DRAW].add(day, time, made.at, [ARMS[arm] for arm in made.arms.tolist()], made.pairs)
        chance: Floats = luck.random(len(duty))
        for rival in others:
            at, pairs = rival.step(course, maker, len(made.at), chance, pairs=plan.pairs)
            tallies[rival.name].add(day, time, at, ["all"] * len(at), pairs)
        for name, tally in tallies.items():
            tally.duties.append(float(np.mean(visited[name][duty] > 0)) if duty.any() else 1.0)
        progress()
    possible = sum(made.possible for made in course.year.days)
    unassigned = {DRAW: course.year.unassigned}
    return [_outcome(name, tally, visited[name], course, maker, quotas, possible, unassigned.get(name, 0), plan, world)
            for name, tally in tallies.items()]


def _outcome(name: str, tally: _Tally, visits: Ints, course: Course, maker: Maker,
             quotas: dict[tuple[str, str], Quota], possible: int, unassigned: int, plan: Plan, world: World) -> Outcome:
    held, classes = world.population, course.year.classes
    cap = np.array([course.parameters.cap[c] for c in CLASSES])[classes]
    staffed = np.array([desk.staffed for desk in maker.desks], dtype=np.bool_)[maker.at]
    rows, met = [], 0
    for g, group in enumerate(GROUPS):
        for k, c in enumerate(CLASSES):
            which = (held.group == g) & (classes == k)
            units, done = int(np.count_nonzero(which)), int(np.count_nonzero(visits[which] > 0))
            if units:
                asked = quotas[group, c].ratio
                reachable = int(np.count_nonzero(which & staffed))
                met += done >= asked * reachable - 1
                rows.append({"group": group, "risk_class": c, "units": units, "visited": done, "asked": asked,
                             "reachable": reachable})
    delays = tally.finds.delays()
    came = np.count_nonzero(tally.finds.hazards.came >= 0)
    loads = [tally.loads[member.officer.officer_no] for member in world.staff] if name == DRAW or plan.pairs else []
    figures = {
        "visits": tally.made, "hazards": tally.total, "per_100": 100 * tally.total / max(1, tally.made),
        "units_with_hazard": tally.finds.units(), "duty_share": tally.duties[-1],
        "duties_missed": int(np.count_nonzero(visits[held.group == 0] == 0)),
        "ratios_met": met / max(1, len(rows)),
        "cap_breaches": int(np.sum(np.maximum(0, visits - np.maximum(cap, held.visits)))),
        "capacity_used": tally.made / max(1, possible), "unassigned": unassigned,
        "delay_mean": float(np.mean(delays)) if len(delays) else 0.0,
        "delay_median": float(np.median(delays)) if len(delays) else 0.0,
        "found_of_new": len(delays) / max(1, int(came)),
        "days_stood": tally.finds.days_stood((plan.days[-1] - plan.days[0]).days + 1) / max(1, len(held)),
        "load_min": float(min(loads, default=0)), "load_median": float(np.median(loads)) if loads else 0.0,
        "load_max": float(max(loads, default=0))}
    return Outcome(name, figures, tally.found, tally.duties, [dict(month) for month in tally.months], loads, rows)
