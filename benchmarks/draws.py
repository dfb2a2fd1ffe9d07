"""The day's draw of a city of up to a million units: freeze, draw, verify; time, memory, growth."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import run as call
from typing import Any, TypeVar

import psycopg

import sampling.draw
import sampling.freeze
from benchmarks import servers, stages
from benchmarks.figures import growth
from benchmarks.options import Options
from benchmarks.report import Report, Table
from policy import calendar, rules
from sampling import reading, verify
from store import Database, Queries

q = Queries(__file__)

#: A Monday in autumn, when quotas press: some five thousand visits for a million units.
DAY = dt.date(2026, 11, 2)
_SIZES, _QUICK = (10_000, 100_000, 1_000_000), (1_000,)
_UNITS_AN_OFFICER = 500
_TITLES = {"freeze": "freeze: read, frame, commitment, stored", "draw": "draw: units, officers, bundle, visits planned",
           "verify": "huoyan verify of the bundle, on the standard library"}
# For a million units, in seconds and bytes.
_LIMITS = {"freeze": 20, "draw": 20, "verify": 20}
_MILLION = 1_000_000
_MOST_MEMORY = 2 * 10**9
T = TypeVar("T")


def run(options: Options) -> Report:
    """Measure each size on a server of its own, ``--runs`` days one after another."""
    sizes = _QUICK if options.quick else (options.units or _SIZES)
    found: dict[int, dict[str, Any]] = {}
    for size in sizes:
        with servers.folder() as folder, servers.database(folder / "home") as database:
            load(database.dsn, size)
            options.say(f"draws: {size:,} units made")
            days = calendar().between(DAY, DAY + dt.timedelta(days=60))[: options.runs]
            file = folder / "bundle.json"
            held: dict[str, Any] = {"freeze": [], "draw": [], "verify": [], "memory": {}}
            for day in days:
                for name, stage in (("freeze", freeze), ("draw", draw), ("verify", check)):
                    told = stages.run(database.pid, stage, database.dsn, day, str(file))
                    held[name].append(told.result["seconds"])
                    held["memory"][name] = max(told.own_memory, told.result.get("memory", 0),
                                               held["memory"].get(name, 0))
                    held.update(told.result.get("said", {}))
                    options.say(f"draws: {size:,} units, {name} of {day}: {told.result['seconds']:.1f} s")
            found[size] = held
    return _report(found)


def load(dsn: str, units: int) -> None:
    """Fill an empty database with the city; the same size is always the same city."""
    told = {"units": units, "officers": max(40, units // _UNITS_AN_OFFICER), "day": DAY}
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        connection.execute("set session_replication_role = replica")
        for name in ("areas", "units", "visits", "officers", "recusals", "score_run", "scores"):
            connection.execute(q[name], told)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")


def freeze(dsn: str, day: dt.date, file: str) -> dict[str, Any]:
    """The evening before, in a fresh process that has its rules read."""
    rules().version(day)
    with Database(dsn) as db:
        seconds, _ = _timed(lambda: sampling.freeze.run(db, day, dt.datetime.now(dt.UTC)))
    return {"seconds": seconds}


def draw(dsn: str, day: dt.date, file: str) -> dict[str, Any]:
    """The morning."""
    rules().version(day)
    with Database(dsn) as db:
        seconds, detail = _timed(lambda: sampling.draw.run(db, day, dt.datetime.now(dt.UTC)))
        with db.connection() as connection:
            content = reading.bundle_bytes(connection, day)
    Path(file).write_bytes(content)
    return {"seconds": seconds, "said": {"visits": detail["visits"], "bytes": len(content)}}


def check(dsn: str, day: dt.date, file: str) -> dict[str, Any]:
    """What a stranger does: the one file, run by Python without any library."""
    command = [sys.executable, "-I", "-S", "-c",
               "import resource, runpy, sys; sys.argv = sys.argv[1:]\n"
               "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
               "except SystemExit as end:\n"
               "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
               "    sys.exit(end.code)",
               verify.__file__, file]
    seconds, done = _timed(lambda: call(command, capture_output=True, text=True, check=True))
    return {"seconds": seconds, "memory": int(done.stdout.split()[-1]) * 1024}


def _timed(function: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    found = function()
    return time.perf_counter() - began, found


def _report(found: dict[int, dict[str, Any]]) -> Report:
    exponents = {name: growth({size: min(held[name]) for size, held in found.items()}) for name in _TITLES}
    whole = {size: min(map(sum, zip(held["freeze"], held["draw"], strict=True))) for size, held in found.items()}
    rows = [[f"{title}, {size:,} units", f"{min(held[name]):.2f}", f"{max(held[name]):.2f}",
             f"{min(held[name]) / size * 1e6:.1f}", f"{held['memory'][name] / 1e6:,.0f}"]
            for name, title in _TITLES.items() for size, held in found.items()]
    return Report("draws", [
        Table("seconds", ["", "least", "most", "us a unit", "peak of process, MB"], rows),
        Table("freeze and draw together, and what is asked of a million units", ["", "seconds", "verify, seconds"],
              [*([f"{size:,} units, {held['visits']:,} visits, bundle {held['bytes'] / 1e6:.1f} MB",
                  f"{whole[size]:.1f}", f"{min(held['verify']):.1f}"] for size, held in found.items()),
               [f"limit at {_MILLION:,} units, in {_MOST_MEMORY / 1e9:.0f} GB", f"{_LIMITS['draw']}",
                f"{_LIMITS['verify']}"]]),
        Table("growth: cost ~ units ^ k", ["", "k"],
              [[_TITLES[name], "-" if k is None else f"{k:.2f}"] for name, k in exponents.items()])],
        ["Twenty districts, one officer for each 500 units, each recused from one unit; each stage in a fresh process.",
         "Start of Python and of the libraries counts for verify only, which is run as a stranger runs it."],
        {"found": found, "growth": exponents})
