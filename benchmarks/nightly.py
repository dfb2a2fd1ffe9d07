"""The night's jobs on a district of 2,000, 20,000 and 100,000 units: time, memory, growth."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from typing import Any

import sampling.draw
import sampling.freeze
from benchmarks import district, servers, stages
from benchmarks.figures import Spread, growth, percentile
from benchmarks.options import Options
from benchmarks.report import SPREAD, Report, Table
from policy import calendar, rules
from sampling import verify
from scoring import nightly, rollup, score_unit
from scoring.card import Card
from store import Database

#: A Monday far from the ends of the year, with working days after it.
UNTIL = dt.date(2026, 3, 2)
_SIZES, _QUICK = (2_000, 20_000, 100_000), (50,)
_YEAR, _QUICK_YEAR = 2_000, 20
_PREVIEWS, _QUICK_PREVIEWS = 100, 5
_TITLES = {"rollup": "roll-up of one night", "score": "features and scores of all units",
           "freeze": "freeze of a frame", "draw": "draw from it", "verify": "verify its bundle"}
Samples = dict[str, list[Any]]


def run(options: Options) -> Report:
    """Measure every stage at every size, each size on a server of its own."""
    sizes, previews = (_QUICK, _QUICK_PREVIEWS) if options.quick else (options.units or _SIZES, _PREVIEWS)
    found: dict[int, dict[str, stages.Stage]] = {}
    for size in sizes:
        options.say(f"nightly: {size:,} units")
        with servers.folder() as folder, servers.database(folder / "home") as database:
            loaded = stages.run(database.pid, timed, district.load, database.dsn, size, UNTIL)
            options.say(f"nightly: {size:,} units loaded in {loaded.result:.0f} s")
            found[size] = {}
            for stage, function in _STAGES.items():
                found[size][stage] = stages.run(database.pid, function, database.dsn, options.runs)
                options.say(f"nightly: {size:,} units, {stage}: {found[size][stage].result}")
            found[size]["preview"] = stages.run(database.pid, preview, database.dsn, previews)
    options.say("nightly: a year of readings")
    with servers.folder() as folder, servers.database(folder / "home") as database:
        stages.run(database.pid, district.load_year, database.dsn, _QUICK_YEAR if options.quick else _YEAR, UNTIL)
        year = stages.run(database.pid, roll_up_year, database.dsn, options.runs)
    return _report(found, year)


def _warm() -> None:
    """Read the rules, as a process that runs all day did at its start."""
    rules().version(UNTIL)
    calendar().is_working_day(UNTIL)
    Card.on(UNTIL)
    rollup.Limits.on(UNTIL)


def timed(function: Callable[..., Any], *arguments: Any) -> float:
    """Seconds that a call took."""
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def roll_up(dsn: str, runs: int) -> Samples:
    """Seconds of the roll-up of the last night, which is computed anew each time."""
    _warm()
    night = UNTIL - dt.timedelta(days=1)
    seconds = []
    with Database(dsn) as db:
        for _ in range(runs):
            with db.connection() as connection:
                connection.execute("delete from unit_days where day = %s", [night])
            seconds.append(timed(rollup.run, db, UNTIL))
    return {"rollup": seconds}


def roll_up_year(dsn: str, runs: int) -> dict[str, Any]:
    """Seconds of the roll-up of every unit-day of a year."""
    _warm()
    seconds, rows = [], 0
    with Database(dsn) as db:
        for number in range(runs):
            if number:
                with db.connection() as connection:
                    connection.execute("truncate unit_days, dirty_unit_days")
                    rollup.mark_silent(connection, UNTIL - dt.timedelta(days=365), UNTIL - dt.timedelta(days=1))
            began = time.perf_counter()
            rows = rollup.run(db, UNTIL)["unit_days"]
            seconds.append(time.perf_counter() - began)
        readings = db.row("select count(*) as n from readings")
    return {"seconds": seconds, "unit_days": rows, "readings": readings["n"] if readings else 0}


def score(dsn: str, runs: int) -> Samples:
    """Seconds of the scores of all units, each time for a day that has none."""
    _warm()
    with Database(dsn) as db:
        return {"score": [timed(nightly.run, db, UNTIL + dt.timedelta(days=number)) for number in range(runs)]}


def preview(dsn: str, many: int) -> list[float]:
    """Seconds of the score of one unit, for units chosen at random."""
    _warm()
    with Database(dsn) as db, db.connection() as connection:
        units = [row["unit_id"] for row in connection.execute("select unit_id from units order by unit_id")]
        chosen = random.Random(1).sample(units, min(many, len(units)))
        score_unit(connection, chosen[0], UNTIL)
        return [timed(score_unit, connection, unit, UNTIL) for unit in chosen]


def draw(dsn: str, runs: int) -> Samples:
    """Seconds of freeze, draw and verification, each time for another working day; ``refused`` is what verify said."""
    _warm()
    found: Samples = {"freeze": [], "draw": [], "verify": [], "refused": []}
    day = UNTIL
    with Database(dsn) as db:
        for _ in range(runs):
            eve = rollup.midnight(day) - dt.timedelta(hours=6)
            found["freeze"].append(timed(sampling.freeze.run, db, day, eve))
            found["draw"].append(timed(sampling.draw.run, db, day, eve + dt.timedelta(hours=12)))
            row = db.row("select bundle, commitment from draws where draw_date = %s", [day])
            assert row is not None, "the draw stands"
            began = time.perf_counter()
            status, text = verify.check(bytes(row["bundle"]), row["commitment"])
            found["verify"].append(time.perf_counter() - began)
            if status:
                found["refused"].append(text)
            day = calendar().next(day)
    return found


_STAGES: dict[str, Callable[[str, int], Samples]] = {"rollup": roll_up, "score": score, "draw": draw}


def _report(found: dict[int, dict[str, stages.Stage]], year: stages.Stage) -> Report:
    sizes = list(found)
    seconds: dict[str, dict[int, list[float]]] = {
        name: {size: found[size][name if name in _STAGES else "draw"].result[name] for size in sizes}
        for name in _TITLES}
    seconds["preview"] = {size: found[size]["preview"].result for size in sizes}
    exponents = {name: growth({size: percentile(samples, .5) for size, samples in held.items()})
                 for name, held in seconds.items()}
    memory = {held: {size: [found[size][held].own_memory, found[size][held].server_memory] for size in sizes}
              for held in (*_STAGES, "preview")}
    return Report("nightly", [
        Table("the night's jobs, seconds", ["", *SPREAD, "us a unit", "to linear"],
              [*_jobs(seconds), _year(year.result)]),
        Table("the score of one unit, milliseconds", ["", "min", "p50", "p95", "max"], _single(seconds["preview"])),
        Table("growth: cost ~ units ^ k", ["", "k"],
              [[_TITLES.get(name, "score of one unit"), "-" if k is None else f"{k:.2f}"]
               for name, k in exponents.items()]),
        Table("peak memory, MB", ["", "process (RSS)", "database server (PSS)"],
              [*_memory(memory), _row("roll-up of a year", year.own_memory, year.server_memory)])],
        ["'to linear' is the median against that of the smallest size scaled by the number of units: 1.00 is exactly "
         "linear, more is worse.",
         *(f"verify did not accept the draw of {size:,} units: {text}"
           for size in sizes for text in sorted(set(found[size]["draw"].result["refused"]))),
         "A night is one legal day of three devices a unit. 'us a unit' of a year is of each unit-day."],
        {"sizes": sizes, "seconds": seconds, "growth": exponents, "memory": memory, "year": year.result})


def _jobs(seconds: dict[str, dict[int, list[float]]]) -> list[list[str]]:
    rows = []
    for name, title in _TITLES.items():
        spreads = {size: Spread.of(samples) for size, samples in seconds[name].items()}
        smallest = min(spreads)
        for size, told in spreads.items():
            linear = spreads[smallest].median * size / smallest
            rows.append([f"{title}, {size:,} units", *told.cells(), f"{told.median / size * 1e6:,.0f}",
                         f"{told.median / linear:.2f}"])
    return rows


def _year(result: dict[str, Any]) -> list[str]:
    told = Spread.of(result["seconds"])
    return [f"roll-up of a year: {result['unit_days']:,} unit-days, {result['readings']:,} readings", *told.cells(),
            f"{told.median / result['unit_days'] * 1e6:,.0f}", ""]


def _single(previews: dict[int, list[float]]) -> list[list[str]]:
    return [[f"score of one unit among {size:,}", *(f"{value * 1e3:.1f}" for value in (
        min(samples), percentile(samples, .5), percentile(samples, .95), max(samples)))]
        for size, samples in previews.items()]


def _memory(memory: dict[str, dict[int, list[int]]]) -> list[list[str]]:
    names = {"rollup": "roll-up of one night", "score": "features and scores", "draw": "freeze, draw and verify",
             "preview": "score of one unit"}
    return [_row(f"{names[held]}, {size:,} units", *taken)
            for held, sizes in memory.items() for size, taken in sizes.items()]


def _row(title: str, own: int, server: int) -> list[str]:
    return [title, f"{own / 2**20:,.0f}", f"{server / 2**20:,.0f}"]
