"""Simpler ways to choose whom to visit, with the officers of the same days and as many visits as the draw makes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sampling.frame import Maker
from sampling.population import Floats, Ints
from sampling.roster import Roster
from sampling.selection import Drawn
from sampling.staffing import Pair
from sampling.year import Course, Year

#: Name of each: (zh, en).
RIVALS = {"random": ("纯随机", "pure random"),
          "targeted": ("纯重点（评分高者先）", "pure targeted, highest score first"),
          "longest": ("最久未查者先", "last visit first, longest unvisited")}


@dataclass
class Rival:
    """One of ``RIVALS`` over a year, with a record of visits of its own.

    It keeps the longest interval of the rules between two visits of a unit and knows of no cap, ratio or duty.
    """

    name: str
    visits: Ints
    last: npt.NDArray[np.int64]
    made: int = 0

    @classmethod
    def beside(cls, name: str, year: Year) -> Rival:
        return cls(name, year.visits_of.copy(), year.last.copy())

    def step(self, course: Course, maker: Maker, many: int, chance: Floats, *, pairs: bool) -> tuple[Ints, list[Pair]]:
        """Visit ``many`` units on the day of ``maker``, or as many as can be staffed; ``chance`` orders equal ones."""
        day = maker.day.toordinal()
        at = self._chosen(maker, many, self._key(maker, chance, day), day)
        went: list[Pair] = []
        if pairs:
            names = maker.units.unit_no
            drawn = [Drawn(n, names[n], "", "", 0, None, 1.0) for n in at]
            found = course.staff(maker, drawn, hashlib.sha256(f"{course.seed}|{maker.day}".encode()).hexdigest())
            at = [n for n, pair in zip(at, found, strict=True) if pair is not None]
            went = [pair for pair in found if pair is not None]
        visited = np.array(at, dtype=np.int32)
        self.visits[visited] += 1
        self.last[visited] = day
        self.made += len(at)
        return visited, went

    def _key(self, maker: Maker, chance: Floats, day: int) -> Floats:
        """What units are taken by, the smallest first."""
        if self.name == "targeted":
            return chance - np.nan_to_num(np.round(maker.units.score * 100), nan=-1)
        if self.name == "longest":
            return chance - np.where(self.last == 0, 1e6, day - self.last)
        return chance

    def _chosen(self, maker: Maker, many: int, key: Floats, day: int) -> list[int]:
        interval = max(maker.parameters.exclusion_days.values())
        free = np.array([desk.free for desk in maker.desks], dtype=np.int64)[maker.at]
        pool = np.flatnonzero((free > 0) & ((self.last == 0) | (day - self.last >= interval)))
        order = pool[np.argsort(key[pool])]
        roster = Roster([o.load for o in maker.officers], [o.can_lead for o in maker.officers],
                        [desk.officers for desk in maker.desks])
        taken: list[int] = []
        full: set[int] = set()
        for n, desk in zip(order.tolist(), maker.at[order].tolist(), strict=True):
            if len(taken) == many or len(full) == len(maker.desks):
                break
            if desk in full:
                continue
            if roster.add(desk, 1):
                taken.append(n)
            else:
                full.add(desk)
        return taken
