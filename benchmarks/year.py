"""A simulated year of a made city: the draw alone and beside its rivals, time and growth."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from benchmarks.figures import growth
from benchmarks.options import Options
from benchmarks.report import Report, Table
from policy import calendar
from sampling.parameters import Parameters
from sampling.years.course import DRAW, Plan
from sampling.years.course import run as simulate
from sampling.years.rivals import RIVALS
from sampling.years.variants import Variant
from sampling.years.world import Losses, made

_SIZES, _QUICK = (10_000, 100_000), (100,)
_FIRST, _LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
_COUNTS = ("days", "officers", "visits", "duties_missed", "cap_breaches")
_LIMIT, _LIMIT_AT = 180, 100_000
_TITLES = {"draw": "the draw", "all": "the draw, with pure random, pure targeted, last-visit-first beside it"}


def run(options: Options) -> Report:
    """One process; each size once, with five lost days and four in a hundred officers ill."""
    work, found = calendar(), {}
    for size in _QUICK if options.quick else (options.units or _SIZES):
        world = made(size, 1, _FIRST)
        days = work.between(_FIRST, _LAST)[: 10 if options.quick else None]
        plan = Plan(days, Losses(min(5, len(days) - 1), 0.04), work, 1)
        rules, held = Variant("", Parameters.on(_FIRST)), {}
        for name, rivals in (("draw", ()), ("all", tuple(RIVALS))):
            began, spent = time.perf_counter(), time.process_time()
            outcomes = simulate(world, rules, plan, 0, rivals=rivals)
            held[name] = {"seconds": time.perf_counter() - began, "processor": time.process_time() - spent}
            options.say(f"year: {size:,} units, {_TITLES[name]}: {held[name]['seconds']:.0f} s")
        ours = next(one for one in outcomes if one.policy == DRAW).figures
        held["year"] = {"days": len(days), "officers": len(world.staff),
                        **{key: ours[key] for key in ("visits", "duties_missed", "cap_breaches", "ratios_met")}}
        found[size] = held
    return _report(found)


def _report(found: dict[int, dict[str, Any]]) -> Report:
    rows = [[f"{title}, {size:,} units", f"{held[name]['seconds']:.1f}", f"{held[name]['processor']:.1f}",
             f"{held[name]['seconds'] / held['year']['days'] * 1000:.0f}"]
            for name, title in _TITLES.items() for size, held in found.items()]
    years = [[f"{size:,} units", *(f"{held['year'][key]:,}" for key in _COUNTS),
              f"{held['year']['ratios_met']:.0%}"]
             for size, held in found.items()]
    exponents = {name: growth({size: held[name]["processor"] for size, held in found.items()}) for name in _TITLES}
    return Report("year", [
        Table("a simulated year in one process", ["", "seconds", "processor, s", "ms a day"],
              [*rows, [f"limit at {_LIMIT_AT:,} units", f"{_LIMIT}", "", ""]]),
        Table("what came of it", ["", *(key.replace("_", " ") for key in _COUNTS), "ratios met"], years),
        Table("growth: processor time ~ units ^ k", ["", "k"],
              [[_TITLES[name], "-" if k is None else f"{k:.2f}"] for name, k in exponents.items()])],
        ["Districts of 5,000 units with ten officers each; above 20,000 units tickets are numbers of a generator.",
         "Repetitions and rules to try are shared out to the cores by huoyan simulate-year; here is one of them."],
        {"found": found, "growth": exponents})
