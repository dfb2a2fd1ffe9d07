"""Two officers for each visit, by tickets of the same seed; none is left without while a legal pair could be found.

The visits are taken in their order. First it is settled which of them can be staffed at all, an earlier one before a
later. Then each in turn gets the first pair, in an order of preference, that leaves every later one staffable. Whether
visits can be staffed is a question of maximum flow (see :mod:`sampling.roster`), so the result depends on no algorithm.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sampling.population import Officer, Places
from sampling.roster import Roster
from sampling.selection import Drawn
from sampling.tickets import officer_ticket


@dataclass(frozen=True)
class Pair:
    """Who goes: the lead, and the second officer."""

    lead: str
    second: str


def staff(frame: Mapping[str, Any], seed: str, drawn: Sequence[Drawn]) -> tuple[list[Pair | None], dict[str, str]]:
    """A pair for each visit, in its order, or None; and for each unit without one the reason (a code)."""
    officers = [Officer(o["officer_no"], o["body"], tuple(o["areas"]), o["can_lead"], o["certificate_valid"], o["load"])
                for o in frame["officers"]]
    fitting = _fitting(frame, officers, drawn)
    loads = [officer.load for officer in officers]
    leads = [officer.can_lead for officer in officers]
    can = _staffable(loads, leads, fitting)
    pairs: list[Pair | None] = []
    together: dict[tuple[int, int], int] = {}
    given = [0] * len(officers)
    for v, visit in enumerate(drawn):
        if v not in can:
            pairs.append(None)
            continue
        later = [fitting[w] for w in range(v + 1, len(drawn)) if w in can]
        for first, second in _by_preference(fitting[v], officers, visit.unit_no, seed, loads, given, together):
            loads[first] -= 1
            loads[second] -= 1
            if _all_staffable(loads, leads, later):
                break
            loads[first] += 1
            loads[second] += 1
        given[first] += 1
        given[second] += 1
        couple = (min(first, second), max(first, second))
        together[couple] = together.get(couple, 0) + 1
        pairs.append(Pair(officers[first].officer_no, officers[second].officer_no))
    return pairs, {drawn[v].unit_no: _reason(fitting[v], officers) for v in range(len(drawn)) if v not in can}


def _fitting(frame: Mapping[str, Any], officers: Sequence[Officer], drawn: Sequence[Drawn]) -> list[tuple[int, ...]]:
    """For each visit the officers, by position, who may make it on this day, loads aside."""
    places = Places({row["area"]: row["parent"] for row in frame["areas"]})
    bodies: Mapping[str, Collection[str]] = frame["policy"]["parameters"]["bodies"]
    recused = {(officer, unit) for officer, unit in frame["recusals"]}
    units = {unit["unit_no"]: unit for unit in frame["units"]}
    out = []
    for visit in drawn:
        unit = units[visit.unit_no]
        kind = "key" if unit["key"] else "general"
        out.append(tuple(o for o, officer in enumerate(officers)
                         if officer.certificate_valid and officer.load > 0 and officer.body in bodies[kind]
                         and places.fits(officer, unit["area"]) and (officer.officer_no, visit.unit_no) not in recused))
    return out


def _staffable(loads: Sequence[int], leads: Sequence[bool], fitting: Sequence[tuple[int, ...]]) -> set[int]:
    """Which visits can all be staffed together, an earlier one before a later."""
    kinds = sorted(set(fitting))
    roster = Roster(loads, leads, kinds)
    return {v for v, team in enumerate(fitting) if roster.add(kinds.index(team), 1)}


def _all_staffable(loads: Sequence[int], leads: Sequence[bool], fitting: Sequence[tuple[int, ...]]) -> bool:
    many: dict[tuple[int, ...], int] = {}
    for team in fitting:
        many[team] = many.get(team, 0) + 1
    roster = Roster(loads, leads, list(many))
    return all(roster.add(kind, count) for kind, count in enumerate(many.values()))


def _by_preference(team: Sequence[int], officers: Sequence[Officer], unit_no: str, seed: str, loads: Sequence[int],
                   given: Sequence[int], together: Mapping[tuple[int, int], int]) -> Iterator[tuple[int, int]]:
    """Pairs (lead, second): least together today, then least visits given today, then the smallest tickets."""
    free = [o for o in team if loads[o] > 0]
    place = {o: (officer_ticket(seed, officers[o].officer_no, unit_no), o) for o in free}
    free.sort(key=lambda o: place[o])
    pairs = [(together.get((min(a, b), max(a, b)), 0), given[a] + given[b], i, j)
             for i, a in enumerate(free) for j, b in enumerate(free[i + 1:], i + 1)
             if officers[a].can_lead or officers[b].can_lead]
    heapq.heapify(pairs)
    while pairs:
        *_, i, j = heapq.heappop(pairs)
        first, second = free[i], free[j]
        # Of two who may lead, the smaller ticket leads.
        yield (first, second) if officers[first].can_lead else (second, first)


def _reason(team: Sequence[int], officers: Sequence[Officer]) -> str:
    if len(team) < 2:
        return "one_officer" if team else "no_officers"
    return "taken" if any(officers[o].can_lead for o in team) else "no_lead"
