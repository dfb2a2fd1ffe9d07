"""What officers can do by desk and month, and what can't be met: said with its numbers while there is time to mend it.

An officer's visits are summed over the working days of a month on which the certificate holds and no leave is
registered. Of a desk no more is counted than its officers could staff day by day, in pairs with a lead; where desks
share officers they share them as in the daily draw: legal duties and visits planned already first, the rest in
proportion.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sampling.desks import Desk, desks, grants
from sampling.plans.targets import Row
from sampling.population import Officer, Places
from sampling.roster import most


@dataclass(frozen=True)
class Enrolled:
    """An officer as registered; ``leave`` are first and last days, and a certificate without an end is open."""

    officer_no: str
    body: str
    areas: tuple[str, ...]
    can_lead: bool
    daily_visits: int
    certified: bool = True
    certified_from: dt.date | None = None
    certified_to: dt.date | None = None
    leave: tuple[tuple[dt.date, dt.date], ...] = ()

    def holds(self, day: dt.date) -> bool:
        return (self.certified and (self.certified_from is None or self.certified_from <= day)
                and (self.certified_to is None or day <= self.certified_to))

    def away(self, day: dt.date) -> bool:
        return any(first <= day <= last for first, last in self.leave)

    def load(self, day: dt.date) -> int:
        return self.daily_visits if self.holds(day) and not self.away(day) else 0


@dataclass(frozen=True)
class Month:
    """One month of a desk. ``first`` are duties and visits planned already, ``rest`` what else the plan asks for;
    ``possible`` what its officers could do if they did nothing else, ``done`` what they can with the other desks to
    serve, ``behind`` what has piled up by the end of the month."""

    month: int
    first: int
    rest: int
    possible: int
    done: int
    behind: int

    @property
    def wanted(self) -> int:
        return self.first + self.rest


@dataclass(frozen=True)
class Cause:
    """Why officers are fewer: ``certificate`` ends on ``day`` (``count`` officers), ``leave`` of ``count`` officer days
    in all, ``uncertified`` officers, or nobody to send: ``no_officers``, ``one_officer``, ``no_lead``."""

    code: str
    count: int
    day: dt.date | None = None


@dataclass(frozen=True)
class Shortfall:
    """What a desk can't do by the end of the year. ``duties`` of it are legal ones, ``since`` the month from which it
    is never made up again, ``officer_days`` what would mend it (None: there is no pair to add days to), ``earlier``
    visits that months before have room for."""

    desk: str
    kind: str
    covers: tuple[str, ...]
    needs: int
    can: int
    short: int
    duties: int
    since: int
    officer_days: int | None
    earlier: int
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class DeskYear:
    """A desk over the months of the plan; ``officers`` and ``leads`` are those with a certificate at any time of it."""

    desk: str
    kind: str
    covers: tuple[str, ...]
    officers: int
    leads: int
    months: tuple[Month, ...]
    shortfall: Shortfall | None


@dataclass(frozen=True)
class Pool:
    """Desks that share officers, one with another, and the visits these officers could make in each month in all."""

    desks: tuple[str, ...]
    covers: tuple[str, ...]
    months: tuple[int, ...]


@dataclass(frozen=True)
class Year:
    """What officers can do over a plan: by desk, and by pool of officers."""

    desks: tuple[DeskYear, ...]
    pools: tuple[Pool, ...]


@dataclass
class _Owed:
    first: int = 0
    rest: int = 0
    course: list[Month] = field(default_factory=list)


def _kind(group: str) -> str:
    return "general" if group == "general" else "key"


def year(rows: Sequence[Row], officers: Sequence[Enrolled], places: Places, bodies: Mapping[str, Collection[str]],
         days: Sequence[dt.date], reserve: float) -> Year:
    """The desks of a plan, each with its months; ``days`` are the working days of the plan, ``reserve`` the share of
    the officers' visits that is kept for complaints, re-checks and cases."""
    able = [officer for officer in officers if any(officer.holds(day) for day in days)]
    staff = [Officer(o.officer_no, o.body, o.areas, o.can_lead, True, o.daily_visits) for o in able]
    needs = _needs(rows)
    found: list[DeskYear] = []
    pools: list[Pool] = []
    for mine in _sharing(desks({(one.area, _kind(one.group)) for one in rows if one.units}, staff, places, bodies)):
        owed, possible = _course(mine, able, needs, days, reserve)
        found += [_year(desk, held, able, officers, places, bodies, days)
                  for desk, held in zip(mine, owed, strict=True)]
        covers = sorted({area for desk in mine for area in desk.covers})
        pools.append(Pool(tuple(desk.name for desk in mine), tuple(covers), possible))
    return Year(tuple(sorted(found, key=lambda desk: desk.desk)), tuple(sorted(pools, key=lambda pool: pool.desks)))


def _needs(rows: Sequence[Row]) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """Visits by area, kind and month: duties and planned ones, and the others."""
    out: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for one in rows:
        held = out.setdefault((one.area, _kind(one.group)), [(0, 0)] * 12)
        for month in range(12):
            first, rest = held[month]
            duty = one.months[month] if one.group == "duty" else 0
            held[month] = first + one.booked[month] + duty, rest + one.months[month] - duty
    return out


def _sharing(row: Sequence[Desk]) -> list[list[Desk]]:
    """Desks put together that share officers, directly or through others: what one does costs the others."""
    pools: list[tuple[set[int], list[Desk]]] = []
    for desk in row:
        team, mine, apart = set(desk.officers), [desk], []
        for officers, held in pools:
            if officers & team:
                team, mine = officers | team, held + mine
            else:
                apart.append((officers, held))
        pools = [*apart, (team, mine)]
    return [sorted(mine, key=lambda desk: desk.name) for _, mine in pools]


def _course(mine: Sequence[Desk], able: Sequence[Enrolled], needs: Mapping[tuple[str, str], list[tuple[int, int]]],
            days: Sequence[dt.date], reserve: float) -> tuple[list[_Owed], tuple[int, ...]]:
    """The months of desks that share officers, and what these officers could do in each in all."""
    people = sorted({o for desk in mine for o in desk.officers})
    place = {o: n for n, o in enumerate(people)}
    leads = [able[o].can_lead for o in people]
    local = [replace(desk, officers=tuple(place[o] for o in desk.officers)) for desk in mine]
    owed, possible = [_Owed() for _ in mine], [0] * 12
    for month in sorted({day.month for day in days}):
        present = Counter(tuple(able[o].load(day) for o in people) for day in days if day.month == month)
        loads = [_kept(reserve, sum(there[o] * count for there, count in present.items())) for o in range(len(people))]
        free = [_kept(reserve, _most(present, leads, desk.officers)) if desk.staffed else 0 for desk in local]
        possible[month - 1] = _kept(reserve, _most(present, leads, range(len(people))))
        wants = [(sum(needs[area, desk.kind][month - 1][0] for area in desk.covers),
                  sum(needs[area, desk.kind][month - 1][1] for area in desk.covers)) for desk in mine]
        for held, (first, rest) in zip(owed, wants, strict=True):
            held.first += first
            held.rest += rest
        capped = [min(held.first, free[d]) for d, held in enumerate(owed)]
        beyond = [min(held.rest, free[d] - capped[d]) for d, held in enumerate(owed)]
        given = grants([replace(desk, free=free[d]) for d, desk in enumerate(local)],
                       [Officer("", "", (), leads[n], True, load) for n, load in enumerate(loads)], capped, beyond)
        for d, held in enumerate(owed):
            done = math.floor(given[d])
            met = min(held.first, done)
            held.first -= met
            held.rest -= done - met
            held.course.append(Month(month, *wants[d], free[d], done, held.first + held.rest))
    return owed, tuple(possible)


def _most(present: Mapping[tuple[int, ...], int], leads: Sequence[bool], team: Sequence[int]) -> int:
    """Visits that a team alone could staff over some days: day by day, in pairs with a lead."""
    return sum(most(there, leads, team, sum(there[o] for o in team) // 2) * count for there, count in present.items())


def _kept(reserve: float, visits: int) -> int:
    return math.floor(round((1 - reserve) * visits, 6))


def _year(desk: Desk, held: _Owed, able: Sequence[Enrolled], everyone: Sequence[Enrolled], places: Places,
          bodies: Mapping[str, Collection[str]], days: Sequence[dt.date]) -> DeskYear:
    team = [able[o] for o in desk.officers]
    course = tuple(held.course)
    short = held.first + held.rest
    told = None
    if short:
        since = next(m.month for n, m in enumerate(course) if all(later.behind for later in course[n:]))
        before = [m for m in course if m.month < since]
        seats = sum(officer.daily_visits for officer in team)
        told = Shortfall(
            desk.name, desk.kind, desk.covers, sum(m.wanted for m in course), sum(m.done for m in course), short,
            held.first, since, math.ceil(2 * short * len(team) / seats) if desk.staffed and seats else None,
            min(short, sum(m.possible - m.done for m in before)),
            _causes(desk, team, everyone, places, bodies, days))
    return DeskYear(desk.name, desk.kind, desk.covers, len(team), sum(o.can_lead for o in team), course, told)


def _causes(desk: Desk, team: Sequence[Enrolled], everyone: Sequence[Enrolled], places: Places,
            bodies: Mapping[str, Collection[str]], days: Sequence[dt.date]) -> tuple[Cause, ...]:
    found = []
    if not desk.staffed:
        found.append(Cause("no_officers" if not team else "one_officer" if len(team) < 2 else "no_lead", len(team)))
    ends = Counter(o.certified_to for o in team if o.certified_to is not None and o.certified_to < days[-1])
    found += [Cause("certificate", count, day) for day, count in sorted(ends.items())]
    away = sum(officer.holds(day) and officer.away(day) for officer in team for day in days)
    if away:
        found.append(Cause("leave", away))
    none = sum(officer not in team and officer.body in bodies[desk.kind] and not any(map(officer.holds, days))
               and any(places.fits(_plain(officer), area) for area in desk.covers) for officer in everyone)
    if none:
        found.append(Cause("uncertified", none))
    return tuple(found)


def _plain(officer: Enrolled) -> Officer:
    return Officer(officer.officer_no, officer.body, officer.areas, officer.can_lead, False, 0)
