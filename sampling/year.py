"""A year of draws in memory: the same frames and selections, day after day, without a database.

It answers what a year of these rules does before they are put in force: whether duties are met with these officers,
how far each class's ratio gets, what lost days cost.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from policy import WorkCalendar
from sampling.frame import Header, build
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Officer, Situation, Unit
from sampling.selection import select
from sampling.staffing import staff
from sampling.tickets import GENESIS


@dataclass
class Year:
    """What happened: visits by day, units by number at the end, visits drawn that nobody could be found for."""

    units: dict[str, Unit]
    visits: dict[dt.date, list[tuple[str, str]]] = field(default_factory=dict)
    unassigned: int = 0
    capacity: dict[dt.date, int] = field(default_factory=dict)

    def coverage(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(units, units visited at least once) by group and class."""
        out = {(group, c): (0, 0) for group in GROUPS for c in CLASSES}
        for unit in self.units.values():
            key = unit.group, unit.risk_class or "B"
            have, done = out[key]
            out[key] = have + 1, done + (unit.visits > 0)
        return out


def simulate(units: Sequence[Unit], officers: Sequence[Officer], parents: Mapping[str, str | None], year: int,
             parameters: Parameters, work: WorkCalendar, *, seed: str = "0",
             present: Callable[[dt.date, Officer], bool] | None = None) -> Year:
    """Draw every working day of ``year``; ``present`` says whether an officer is there on a day (default: always).

    Every drawn visit is made on its day. Plain Pareto odds are used in place of tuned ones: a year of tuning would take
    minutes, and which of two near-equal units comes first is not the question here.
    """
    result = Year({unit.unit_no: unit for unit in units})
    for day in work.between(dt.date(year, 1, 1), dt.date(year, 12, 31)):
        there = [officer if present is None or present(day, officer) else replace(officer, load=0)
                 for officer in officers]
        frame = build(Situation(day, list(result.units.values()), there, parents), parameters, work,
                      Header(f"S{day:%Y%m%d}", 1, GENESIS, "", "", []), tune=False)
        day_seed = hashlib.sha256(f"{seed}|{day}".encode()).hexdigest()
        _, drawn = select(frame, day_seed)
        pairs, reasons = staff(frame, day_seed, drawn)
        result.unassigned += len(reasons)
        result.capacity[day] = sum(desk["free"] for desk in frame["desks"])
        made = [visit for visit, pair in zip(drawn, pairs, strict=True) if pair is not None]
        result.visits[day] = [(visit.unit_no, visit.arm) for visit in made]
        for visit in made:
            unit = result.units[visit.unit_no]
            result.units[visit.unit_no] = replace(unit, visits=unit.visits + 1, last=day)
    return result
