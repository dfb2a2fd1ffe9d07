"""Rules and policies compared over repeated years: means with intervals, and differences on the same hazards."""

from __future__ import annotations

import datetime as dt
import math
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from scipy.special import stdtrit

from sampling.years.course import DRAW, Outcome, Plan, run
from sampling.years.rivals import RIVALS
from sampling.years.variants import Variant
from sampling.years.world import World

#: Below so many units x years one process is as fast as several, which each have to begin first.
_WORTH = 20_000


@dataclass(frozen=True)
class Estimate:
    """A mean over the repetitions with a 95 % interval; without a second repetition there is none."""

    value: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        mean, many = sum(values) / len(values), len(values)
        if many < 2:
            return cls(mean, None, None)
        wide = float(stdtrit(many - 1, 0.975)) * float(np.std(values, ddof=1)) / math.sqrt(many)
        return cls(mean, mean - wide, mean + wide)


@dataclass(frozen=True)
class Side:
    """What one policy did by one set of rules: each figure, its difference from the draw by the rules in force, mean
    curves by working day, and what the first repetition looked like."""

    variant: str
    policy: str
    figures: dict[str, Estimate]
    difference: dict[str, Estimate]
    found: list[float]
    duties: list[float]
    first: Outcome


@dataclass(frozen=True)
class Comparison:
    """All that was simulated, the draw by the rules in force first."""

    first: dt.date
    last: dt.date
    days: list[dt.date]
    units: int
    officers: int
    repetitions: int
    seed: int
    variants: list[Variant]
    losses: tuple[str, str]
    told: tuple[str, str]
    sides: list[Side]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        told["variants"] = [{"name": one.name, "changes": list(one.changes)} for one in self.variants]
        told["days"] = [day.isoformat() for day in self.days]
        return told | {"first": self.first.isoformat(), "last": self.last.isoformat()}


def compare(world: World, variants: Sequence[Variant], plan: Plan, repetitions: int, *,
            rivals: Sequence[str] = tuple(RIVALS), processes: int | None = None,
            progress: Callable[[int, int], None] = lambda done, of: None) -> Comparison:
    """Simulate every variant ``repetitions`` times; rivals stand beside the first."""
    began = time.monotonic()
    jobs = [(v, repetition) for repetition in range(repetitions) for v in range(len(variants))]
    whole = len(jobs) * len(plan.days)
    asked = [(variants[v], plan, repetition, tuple(rivals) if v == 0 else ()) for v, repetition in jobs]
    many = min(processes or os.cpu_count() or 1, len(jobs))
    if many > 1 and (processes or len(world.population) * len(jobs) >= _WORTH):
        found = _shared(world, asked, many, lambda done: progress(done, whole))
    else:
        found = _alone(world, asked, lambda done: progress(done, whole))
    by = {(v, outcome.policy, repetition): outcome
          for (v, repetition), outcomes in zip(jobs, found, strict=True) for outcome in outcomes}
    base = [by[0, DRAW, repetition] for repetition in range(repetitions)]
    sides = []
    for v, policy in [(0, name) for name in (DRAW, *rivals)] + [(v, DRAW) for v in range(1, len(variants))]:
        runs = [by[v, policy, repetition] for repetition in range(repetitions)]
        names = base[0].figures
        sides.append(Side(
            variants[v].name, policy, {name: Estimate.of([one.figures[name] for one in runs]) for name in names},
            {name: Estimate.of([one.figures[name] - held.figures[name] for one, held in zip(runs, base, strict=True)])
             for name in names},
            np.mean([one.found for one in runs], axis=0).tolist(),
            np.mean([one.duties for one in runs], axis=0).tolist(), runs[0]))
    return Comparison(plan.days[0], plan.days[-1], list(plan.days), len(world.population), len(world.staff),
                      repetitions, plan.seed, list(variants), plan.losses.words(), world.told, sides,
                      time.monotonic() - began)


_Job = tuple[Variant, Plan, int, tuple[str, ...]]


def _alone(world: World, asked: Sequence[_Job], progress: Callable[[int], None]) -> list[list[Outcome]]:
    done = 0

    def told() -> None:
        nonlocal done
        done += 1
        progress(done)

    return [run(world, variant, plan, repetition, rivals=rivals, progress=told)
            for variant, plan, repetition, rivals in asked]


def _shared(world: World, asked: Sequence[_Job], many: int, progress: Callable[[int], None]) -> list[list[Outcome]]:
    context = get_context("spawn")
    counter = context.Value("l", 0)
    with ProcessPoolExecutor(many, context, _begin, (world, counter)) as pool:
        waiting = [pool.submit(_job, one) for one in asked]
        try:
            while wait(waiting, timeout=0.5).not_done:
                progress(counter.value)
                # A mistake in one is told at once, and not after all the others.
                for one in waiting:
                    if one.done():
                        one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [one.result() for one in waiting]


_SHARED: dict[str, Any] = {}


def _begin(world: World, counter: Any) -> None:
    _SHARED.update(world=world, counter=counter)


def _job(asked: _Job) -> list[Outcome]:
    variant, plan, repetition, rivals = asked

    def told() -> None:
        with _SHARED["counter"].get_lock():
            _SHARED["counter"].value += 1

    return run(_SHARED["world"], variant, plan, repetition, rivals=rivals, progress=told)
