"""From a committed frame and a seed to the day's visits: sizes, tickets, Pareto order. A pure function of the two."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sampling.frames import View
from sampling.population import Floats, Ints
from sampling.profiles import ARMS, TURNS
from sampling.strata import rounded
from sampling.tickets import sizes_uniform, unit_tickets, written

# The tickets of units, by their positions, in one arm.
Tickets = Callable[[str, Ints], np.ndarray[Any, np.dtype[np.uint64]]]


@dataclass(frozen=True)
class Drawn:
    """One unit that an arm took, ``at`` its position in the frame.

    ``key`` None: it was certain (probability 1) and no key was looked at.
    """

    at: int
    unit_no: str
    arm: str
    stratum: str
    ticket: int
    key: float | None
    probability: float
    also: tuple[str, ...] = ()


def sizes(frame: Mapping[str, Any], seed: str) -> list[int]:
    """How many units each stratum takes, in the order of the frame's strata."""
    uniform = sizes_uniform(seed)
    start = 0.0
    out = []
    for held in frame["strata"]:
        out.append(rounded(start, held["expected"], uniform))
        start += held["expected"]
    return out


def select(frame: Mapping[str, Any], seed: str, view: View | None = None,
           tickets: Tickets | None = None) -> tuple[list[int], list[Drawn]]:
    """The sizes and the units drawn, in the order of visits: duties, then the random arm, then the targeted arm.

    Each arm has tickets of its own, so the arms are independent. A unit that two arms take is visited once, under the
    earlier arm; the later arm's place is not filled again, since that would change the probabilities of the others.
    ``tickets`` are the protocol's; only a simulation has others of the same law.
    """
    view = view or View(frame)
    taken = sizes(frame, seed)
    members = _Members(view, tickets or _of_protocol(seed, view))
    drawn: dict[int, Drawn] = {}
    for arm in ARMS:
        for held, size in zip(frame["strata"], taken, strict=True):
            if held["arm"] != arm or size == 0:
                continue
            for at, ticket, key in members.taken(held, size):
                if at in drawn:
                    drawn[at] = replace(drawn[at], also=(*drawn[at].also, arm))
                else:
                    drawn[at] = Drawn(at, view.unit_no[at], arm, held["stratum"], ticket, key, members.total(at))
    return taken, list(drawn.values())


class _Members:
    """The units of each stratum, with the step that each has there."""

    def __init__(self, view: View, tickets: Tickets) -> None:
        frame = view.frame
        self._view, self._tickets = view, tickets
        self._weights = view.weights
        self._totals = [row["p_total"] for row in frame["profiles"]]
        self._desks = {desk["desk"]: d for d, desk in enumerate(frame["desks"])}
        # One run of positions for each desk and turn, in the order of the units' numbers.
        pool = np.flatnonzero(view.excluded == 0)
        where = (view.desk * len(TURNS) + view.turn)[pool]
        order = np.argsort(where, kind="stable")
        self._pool = pool[order]
        self._edges = np.searchsorted(where[order], np.arange(len(frame["desks"]) * len(TURNS) + 1))

    def total(self, at: int) -> float:
        return float(self._totals[self._view.place[at]])

    def taken(self, held: Mapping[str, Any], size: int) -> list[tuple[int, int, float | None]]:
        """Position, ticket and key of the units of one stratum that are taken: the certain ones by number, then those
        with the smallest keys."""
        chance, odds = ("high", "odds_high") if size > math.floor(held["expected"]) else ("low", "odds_low")
        units, step = self._of(held)
        chances = np.array([one[chance] for one in held["steps"]], dtype=np.float64)[step]
        certain = units[chances == 1]
        numbers = self._tickets(held["arm"], certain).tolist()
        out: list[tuple[int, int, float | None]] = [
            (at, number, None) for at, number in zip(certain.tolist(), numbers, strict=True)]
        left = size - len(out)
        open_ = (chances > 0) & (chances < 1)
        others = units[open_]
        if left > 0 and len(others):
            tickets = self._tickets(held["arm"], others)
            u = tickets / 9007199254740992.0
            keys = (u / (1 - u)) / np.array([one[odds] for one in held["steps"]], dtype=np.float64)[step[open_]]
            for n in _smallest(keys, left):
                out.append((int(others[n]), int(tickets[n]), float(keys[n])))
        return out

    def _of(self, held: Mapping[str, Any]) -> tuple[Ints, Ints]:
        """The positions of a stratum's units, and the step of each."""
        where = self._desks[held["desk"]] * len(TURNS) + TURNS.index(held["group"])
        units = self._pool[self._edges[where]:self._edges[where + 1]]
        steps = {one["weight"]: k for k, one in enumerate(held["steps"])}
        place = self._view.place[units]
        of_profile = {p: steps[self._weights[p][held["arm"]]] for p in np.unique(place).tolist()}
        table = np.zeros(len(self._weights), dtype=np.int32)
        table[list(of_profile)] = list(of_profile.values())
        return units.astype(np.int32), table[place]


def _of_protocol(seed: str, view: View) -> Tickets:
    # Both arms ask for nearly all units: what a number is in JSON is written once.
    numbers = written(view.unit_no)
    return lambda arm, units: unit_tickets(seed, arm, map(numbers.__getitem__, units.tolist()))


def _smallest(keys: Floats, many: int) -> list[int]:
    """Positions of the smallest keys, rising; equal ones in the order in which they stand."""
    last = np.partition(keys, many - 1)[many - 1] if many < len(keys) else np.inf
    near = np.flatnonzero(keys <= last)
    found: list[int] = near[np.argsort(keys[near], kind="stable")][:many].tolist()
    return found
