"""Two officers for each visit, by tickets of the same seed; none is left without while a legal pair could be found.

The visits are taken in their order. First it is settled which of them can be staffed at all, an earlier one before a
later. Then each in turn gets the first pair, in an order of preference, that leaves every later one staffable. Whether
visits can be staffed is a question of maximum flow (see :mod:`sampling.roster`), so the result depends on no algorithm.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sampling.frames import View
from sampling.population import Officer, Places
from sampling.roster import Roster
from sampling.selection import Drawn
from sampling.tickets import officer_tickets, written

Team = tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """Who goes: the lead, and the second officer."""

    lead: str
    second: str


def staff(frame: Mapping[str, Any], seed: str, drawn: Sequence[Drawn],
          view: View | None = None) -> tuple[list[Pair | None], dict[str, str]]:
    """A pair for each visit, in its order, or None; and for each unit without one the reason (a code)."""
    officers = [Officer(o["officer_no"], o["body"], tuple(o["areas"]), o["can_lead"], o["certificate_valid"], o["load"])
                for o in frame["officers"]]
    view = view or View(frame)
    places = [(visit.unit_no, view.areas[view.area[visit.at]], "key" if view.group[visit.at] < 2 else "general")
              for visit in drawn]
    teams = _fitting(frame, officers, places)
    pairs = pair_up(officers, teams, [visit.unit_no for visit in drawn], seed)
    return pairs, {visit.unit_no: _reason(team, officers)
                   for visit, team, pair in zip(drawn, teams, pairs, strict=True) if pair is None}


def pair_up(officers: Sequence[Officer], teams: Sequence[Team], names: Sequence[str],
            seed: str) -> list[Pair | None]:
    """A pair for each visit, or None where no legal pair is left; ``teams``: who may make it, by position."""
    loads, leads = [officer.load for officer in officers], [officer.can_lead for officer in officers]
    kinds = {team: n for n, team in enumerate(sorted(set(teams)))}
    roster = Roster(loads, leads, list(kinds))
    kept = [roster.add(kinds[team], 1) for team in teams]
    choice = _Choice(officers, loads)
    pairs: list[Pair | None] = []
    for team, name, keeps in zip(teams, names, kept, strict=True):
        if not keeps:
            pairs.append(None)
            continue
        roster.withdraw(kinds[team])
        for first, second in choice.by_preference(team, name, seed):
            if roster.engage(first, second):
                break
        choice.give(first, second)
        pairs.append(Pair(officers[first].officer_no, officers[second].officer_no))
    return pairs


def _fitting(frame: Mapping[str, Any], officers: Sequence[Officer],
             visits: Sequence[tuple[str, str, str]]) -> list[Team]:
    """For each visit (unit, area, kind) the officers, by position, who may make it on this day."""
    places = Places({row["area"]: row["parent"] for row in frame["areas"]})
    bodies: Mapping[str, Collection[str]] = frame["policy"]["parameters"]["bodies"]
    known: dict[tuple[str, str], Team] = {}
    recused: dict[str, set[int]] = {}
    number = {officer.officer_no: o for o, officer in enumerate(officers)}
    for officer_no, unit_no in frame["recusals"]:
        recused.setdefault(unit_no, set()).add(number[officer_no])
    out = []
    for unit_no, area, kind in visits:
        if (area, kind) not in known:
            known[area, kind] = tuple(o for o, officer in enumerate(officers)
                                      if officer.certificate_valid and officer.load > 0
                                      and officer.body in bodies[kind] and places.fits(officer, area))
        away = recused.get(unit_no)
        out.append(tuple(o for o in known[area, kind] if o not in away) if away else known[area, kind])
    return out


class _Choice:
    """Who has been given what today, and which pair comes next."""

    def __init__(self, officers: Sequence[Officer], loads: Sequence[int]) -> None:
        self._officers, self._loads = officers, list(loads)
        self._written = written([officer.officer_no for officer in officers])
        self._given = [0] * len(officers)
        self._together: list[dict[int, int]] = [{} for _ in officers]

    def give(self, first: int, second: int) -> None:
        for one, other in ((first, second), (second, first)):
            self._loads[one] -= 1
            self._given[one] += 1
            self._together[one][other] = self._together[one].get(other, 0) + 1

    def by_preference(self, team: Team, unit_no: str, seed: str) -> Iterator[tuple[int, int]]:
        """Pairs (lead, second): least together today, then least visits given today, then the smallest tickets."""
        free = [o for o in team if self._loads[o] > 0]
        tickets = officer_tickets(seed, unit_no, [self._written[o] for o in free])
        free = [o for _, o in sorted(zip(tickets, free, strict=True))]
        for i, j in self._strangers(free):
            yield self._roles(free[i], free[j])
        place = {o: n for n, o in enumerate(free)}
        again = sorted((times, self._given[o] + self._given[other], i, place[other])
                       for i, o in enumerate(free) for other, times in self._together[o].items()
                       if place.get(other, -1) > i and self._legal(o, other))
        for *_, i, j in again:
            yield self._roles(free[i], free[j])

    def _strangers(self, free: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Pairs that have not gone together today, by their visits given and their places."""
        by_given: dict[int, list[int]] = {}
        for n, o in enumerate(free):
            by_given.setdefault(self._given[o], []).append(n)
        for whole in sorted({one + other for one in by_given for other in by_given}):
            for i, o in enumerate(free):
                others = by_given.get(whole - self._given[o], ())
                for j in others[bisect_right(others, i):]:
                    if free[j] not in self._together[o] and self._legal(o, free[j]):
                        yield i, j

    def _legal(self, one: int, other: int) -> bool:
        return self._officers[one].can_lead or self._officers[other].can_lead

    def _roles(self, first: int, second: int) -> tuple[int, int]:
        # Of two who may lead, the smaller ticket leads.
        return (first, second) if self._officers[first].can_lead else (second, first)


def _reason(team: Sequence[int], officers: Sequence[Officer]) -> str:
    if len(team) < 2:
        return "one_officer" if team else "no_officers"
    return "taken" if any(officers[o].can_lead for o in team) else "no_lead"
