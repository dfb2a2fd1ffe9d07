"""Desks: areas whose units the same officers may visit, and how much of the day those officers can give each."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sampling.population import Officer, Places
from sampling.roster import Roster, most

# Parts of a visit that are granted where desks share officers who are short.
PARTS = 16
KINDS = ("general", "key")


@dataclass(frozen=True)
class Desk:
    """Areas of one kind (``key`` or ``general`` units) with the same fitting officers.

    ``officers``: all who fit, by position; ``staffed``: two or more of them, one of whom may lead, leave aside;
    ``free``: most whole visits that those who are there today can make, if they did nothing else.
    """

    name: str
    kind: str
    covers: tuple[str, ...]
    officers: tuple[int, ...]
    staffed: bool
    free: int


def desks(areas: Iterable[tuple[str, str]], officers: Sequence[Officer], places: Places,
          bodies: Mapping[str, Collection[str]]) -> list[Desk]:
    """The desks for these (area, kind) pairs, by name.

    A district whose officers serve all of its towns is one desk; a town with officers of its own is another. So the
    draw is made among as many units as officers can be shared over, and no more.
    """
    by_team: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    pairs = sorted(set(areas))
    teams = {kind: places.teams(((o, officer) for o, officer in enumerate(officers) if officer.certificate_valid
                                 and officer.body in bodies[kind]), (area for area, of in pairs if of == kind))
             for kind in KINDS}
    for area, kind in pairs:
        by_team.setdefault((kind, teams[kind][area]), []).append(area)
    names = _names(by_team, places)
    loads, leads = [o.load for o in officers], [o.can_lead for o in officers]
    found = []
    for (kind, team), covers in by_team.items():
        staffed = len(team) >= 2 and any(leads[o] for o in team)
        free = most(loads, leads, team, sum(loads[o] for o in team) // 2) if staffed else 0
        found.append(Desk(names[kind, team], kind, tuple(covers), team, staffed, free))
    return sorted(found, key=lambda desk: desk.name)


def shortage(desk: Desk) -> str | None:
    """Why nobody can be sent from this desk today, as the code that a frame carries, or None."""
    if len(desk.officers) < 2:
        return "one_officer" if desk.officers else "no_officers"
    if not desk.staffed:
        return "no_lead"
    return "away" if desk.free == 0 else None


def grants(row: Sequence[Desk], officers: Sequence[Officer], duties: Sequence[float],
           rest: Sequence[float]) -> list[float]:
    """Visits that each desk can have today, jointly staffable: duties first, the rest in proportion."""
    roster = Roster([o.load for o in officers], [o.can_lead for o in officers], [desk.officers for desk in row], PARTS)
    for wants in (duties, rest):
        _fill(roster, [math.ceil(want * PARTS) for want in wants])
    return [min(granted / PARTS, desk.free) for granted, desk in zip(roster.granted, row, strict=True)]


def _fill(roster: Roster, targets: Sequence[int]) -> None:
    """Raise all desks together, the one that has the smallest part of its target first, until nothing more fits."""
    given = [0] * len(targets)
    chunk = [math.ceil(target / 8) for target in targets]
    still = [d for d, target in enumerate(targets) if target]
    while still:
        desk = min(still, key=lambda d: (given[d] / targets[d], d))
        amount = min(chunk[desk], targets[desk] - given[desk])
        if roster.add(desk, amount):
            given[desk] += amount
        elif amount > 1:
            chunk[desk] = amount // 2
        else:
            still.remove(desk)
        if given[desk] == targets[desk]:
            still.remove(desk)


def _names(by_team: Mapping[tuple[str, tuple[int, ...]], list[str]],
           places: Places) -> dict[tuple[str, tuple[int, ...]], str]:
    """A desk's name is the lowest area that holds all of its areas, or the first of them and how many more."""
    wanted = {}
    for key, covers in by_team.items():
        shared = frozenset.intersection(*(places.line(area) for area in covers))
        deepest = max(shared, key=lambda area: (len(places.line(area)), area)) if shared else ""
        wanted[key] = f"{deepest}/{key[0]}"
    held = list(wanted.values())
    names = {}
    for key, covers in by_team.items():
        if len(covers) > 1 and (held.count(wanted[key]) > 1 or wanted[key].startswith("/")):
            names[key] = f"{covers[0]}+{len(covers) - 1}/{key[0]}"
        else:
            names[key] = wanted[key]
    return names
