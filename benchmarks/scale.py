"""The risk run on a city of up to a million units: features, scores, training; time, memory, growth."""

from __future__ import annotations

import datetime as dt
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from unittest.mock import patch

from benchmarks import metropolis, servers, stages
from benchmarks.figures import growth
from benchmarks.options import Options
from benchmarks.report import Report, Table
from policy import rules
from scoring import cohorts, features, learning, nightly
from scoring.card import Card
from scoring.rollup import Limits
from store import Database

#: A Monday far from the ends of the year.
UNTIL = dt.date(2026, 3, 2)
_SIZES, _QUICK = (10_000, 100_000), (1_000,)
_TITLES = {"features": "features of all units", "scores": "scores with contributions, written",
           "cohorts": "past visits with what was known before each", "training": "training on them"}
# For a million units or visits, in seconds and bytes.
_LIMITS = {"features": 600, "scores": 60, "training": 300}
_MILLION = 1_000_000
_MOST_MEMORY = 4 * 2**30
T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Seconds, how many units or visits, and the most memory that the process had taken by its end."""

    seconds: float
    many: int
    memory: int


def run(options: Options) -> Report:
    """Measure each size once, on a server of its own."""
    sizes = _QUICK if options.quick else (options.units or _SIZES)
    parts: dict[str, dict[int, Part]] = {name: {} for name in _TITLES}
    server: dict[str, dict[int, int]] = {"night": {}, "month": {}}
    made: dict[int, dict[str, float]] = {}
    for size in sizes:
        with servers.folder() as folder, servers.database(folder / "home") as database:
            began = time.perf_counter()
            metropolis.load(database.dsn, size, UNTIL)
            made[size] = {"seconds": time.perf_counter() - began, **metropolis.weights(database.dsn)}
            options.say(f"scale: {size:,} units made in {made[size]['seconds']:.0f} s")
            for name, stage in (("night", night), ("month", month)):
                told = stages.run(database.pid, stage, database.dsn)
                server[name][size] = told.server_memory
                for part, taken in told.result.items():
                    parts[part][size] = taken
                    options.say(f"scale: {size:,} units, {_TITLES[part]}: {taken.seconds:.1f} s")
    return _report(parts, server, made)


def night(dsn: str) -> dict[str, Part]:
    """A nightly run of a day that has no scores yet; what of it were the features."""
    _warm()
    taken: dict[str, Part] = {}

    def watched(*given: Any) -> features.FeatureTable:
        began = time.perf_counter()
        table = load(*given)
        taken["features"] = Part(time.perf_counter() - began, len(table), _memory())
        return table

    load = features.load
    with Database(dsn) as db, patch.object(features, "load", watched):
        whole, units = _timed(lambda: nightly.run(db, UNTIL)["units"])
    return taken | {"scores": Part(whole - taken["features"].seconds, units, _memory())}


def month(dsn: str) -> dict[str, Part]:
    """The stretches that the month's model learns from, and what it takes to learn from them."""
    _warm()
    told, outcome = rules().value("model.cohorts", UNTIL), rules().value("model.monthly", UNTIL)["outcome"]

    def stretches() -> list[cohorts.Cohort]:
        with Database(dsn) as db, db.connection() as connection:
            before = cohorts.before(connection, UNTIL, days=told["days"], most=told["most"])
            return [cohort for cohort in cohorts.load_all(connection, before, outcome) if cohort]

    seconds, past = _timed(stretches)
    loaded = Part(seconds, sum(map(len, past)), _memory())
    seconds, trained = _timed(lambda: learning.train(past, UNTIL, outcome))
    return {"cohorts": loaded, "training": Part(seconds, trained.visits, _memory())}


def _warm() -> None:
    """Read the rules, as a process that runs all day did at its start."""
    rules().version(UNTIL)
    Card.on(UNTIL)
    Limits.on(UNTIL)


def _timed(function: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = function()
    return time.perf_counter() - began, found


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _report(parts: dict[str, dict[int, Part]], server: dict[str, dict[int, int]],
            made: dict[int, dict[str, float]]) -> Report:
    exponents = {name: growth({size: part.seconds for size, part in sizes.items()}) for name, sizes in parts.items()}
    return Report("scale", [
        Table("seconds, each measured once", ["", "seconds", "us each", "to linear", "limit", "peak of process, MB"],
              [_row(name, size, part, sizes) for name, sizes in parts.items() for size, part in sizes.items()]),
        Table("growth: cost ~ units ^ k", ["", "k"],
              [[_TITLES[name], "-" if k is None else f"{k:.2f}"] for name, k in exponents.items()]),
        Table("peak memory of the run with its database server, MB", ["", "process (RSS)", "server (PSS)", "limit"],
              [[f"{title}, {size:,} units", f"{parts[last][size].memory / 2**20:,.0f}", f"{held / 2**20:,.0f}",
                f"{_MOST_MEMORY / 2**20:,.0f}" if size == _MILLION else ""]
               for name, last, title in (("night", "scores", "nightly run"), ("month", "training", "training"))
               for size, held in server[name].items()]),
        Table("the city", ["", "made in, s", "roll-ups, GB", "database, GB", "bytes a unit-day"],
              [[f"{size:,} units", f"{told['seconds']:,.0f}", f"{told['unit_days'] / 1e9:.2f}",
                f"{told['database'] / 1e9:.2f}", f"{told['unit_day']:,.0f}"] for size, told in made.items()])],
        ["'to linear' is the cost of one against that at the smallest size: 1.00 is exactly linear, more is worse.",
         "Limits are of 1,000,000 units or visits on two cores. The peaks of a process are of all it did until then; "
         "the server's hold for the whole run, its shared buffers among them.",
         "The city is the same every time: five years of record, ninety days of roll-ups of every unit."],
        {"parts": {name: {size: vars(part) for size, part in sizes.items()} for name, sizes in parts.items()},
         "server_memory": server, "made": made, "growth": exponents})


def _row(name: str, size: int, part: Part, sizes: dict[int, Part]) -> list[str]:
    each = {many: told.seconds / told.many for many, told in sizes.items()}
    unit = "visits" if name in ("cohorts", "training") else "units"
    return [f"{_TITLES[name]}, {part.many:,} {unit}", f"{part.seconds:,.1f}", f"{each[size] * 1e6:,.0f}",
            f"{each[size] / each[min(each)]:.2f}", f"{_LIMITS[name]}" if size == _MILLION and name in _LIMITS else "",
            f"{part.memory / 2**20:,.0f}"]
