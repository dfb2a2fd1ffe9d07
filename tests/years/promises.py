"""A simulated year held against what a draw promises, by rules written down here once more."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from policy import calendar
from sampling.desks import Desk
from sampling.frame import Maker
from sampling.parameters import CLASSES, GROUPS
from sampling.population import Officer, Unit
from sampling.quotas import effective
from sampling.year import Course, DayMade
from tests.years.city import City, city
from tests.years.sealed import SealedCourse


@dataclass
class Verdict:
    """``failures`` are broken promises. Duties missed where nobody was left for them are no failure, and are counted:
    ``impossible`` where no pair was ever free for them, ``late`` where only more days than the year's buffer were lost
    after the last free pair; ``short`` are ratios not met where officers were too few for the pace to the end."""

    seed: int
    units: int = 0
    duties: int = 0
    visits: int = 0
    days: int = 0
    lost: int = 0
    impossible: int = 0
    late: int = 0
    ratios: int = 0
    short: int = 0
    bundles: int = 0
    failures: list[str] = field(default_factory=list)


def simulated(seed: int, sealed: bool) -> Verdict:
    """As :func:`check`, from the seed alone."""
    return check(city(seed), sealed=sealed)


def check(city: City, *, sealed: bool = False) -> Verdict:
    """Simulate the city's year and hold it against every promise; a part of one not against those of a whole year."""
    course = (SealedCourse if sealed else Course)(
        city.population, dt.date(city.year, 1, 1), city.parents, city.rules, calendar(), seed=f"year {city.seed}",
        recusals=city.recusals)
    verdict = Verdict(city.seed, len(city.units), days=len(city.days))
    held = {unit.unit_no: unit for unit in city.units}
    visited: dict[str, list[dt.date]] = {}
    idle: dict[str, int] = {}
    there: list[dict[str, Officer]] = []
    for n, day in enumerate(city.days):
        officers = city.officers(n)
        made, maker = course.step(day, officers)
        by_number = {officer.officer_no: officer for officer in officers}
        there.append(by_number)
        verdict.lost += made.possible == 0
        verdict.visits += len(made.at)
        names = [course.year.population.unit_no[at] for at in made.at]
        for name in names:
            visited.setdefault(name, []).append(day)
        _pairs(city, verdict, made, names, held, by_number)
        _idle(city, made, names, held, by_number, n, idle, visited)
    _caps(city, verdict, visited, held)
    if city.is_whole:
        _duties(city, verdict, visited, held, idle, there)
        _ratios(city, verdict, course, maker)
    _chain(city, verdict, course)
    return verdict


def fits(officer: Officer, unit: Unit) -> bool:
    """By the codes of areas: the officer's own is the unit's or above it; a brigade's may be beneath it."""
    if unit.is_key and officer.body != "brigade":
        return False
    return any(unit.area.startswith(area) or (officer.body == "brigade" and area.startswith(unit.area))
               for area in officer.areas)


def _pairs(city: City, verdict: Verdict, made: DayMade, names: list[str], held: dict[str, Unit],
           officers: dict[str, Officer]) -> None:
    members = {member.officer.officer_no: member for member in city.staff}
    work: Counter[str] = Counter()
    for name, pair in zip(names, made.pairs, strict=True):
        where = f"seed {city.seed}, {made.day}, {name}"
        if pair.lead == pair.second:
            verdict.failures.append(f"{where}: {pair.lead} is sent twice")
        if not officers[pair.lead].can_lead:
            verdict.failures.append(f"{where}: {pair.lead} may not lead")
        for number in (pair.lead, pair.second):
            member = members[number]
            work[number] += 1
            if not member.valid_from <= made.day <= member.valid_to:
                verdict.failures.append(f"{where}: the certificate of {number} is not valid")
            if (number, name) in city.recusals:
                verdict.failures.append(f"{where}: {number} is recused")
            if not fits(member.officer, held[name]):
                verdict.failures.append(f"{where}: {number} has no business there")
    verdict.failures += [f"seed {city.seed}, {made.day}: {number} has {many} visits of {officers[number].load} possible"
                         for number, many in work.items() if many > officers[number].load]


def _team(city: City, unit: Unit, officers: dict[str, Officer]) -> list[Officer]:
    """Who may go to the unit on a day."""
    return [o for o in officers.values() if o.load > 0 and o.certificate_valid and fits(o, unit)
            and (o.officer_no, unit.unit_no) not in city.recusals]


def _idle(city: City, made: DayMade, names: list[str], held: dict[str, Unit], officers: dict[str, Officer], n: int,
          idle: dict[str, int], visited: dict[str, list[dt.date]]) -> None:
    """Note the last day on which a pair was free, or on a visit that was no duty, that could have made an open one."""
    spare = {number: officer.load for number, officer in officers.items()}
    for name, pair in zip(names, made.pairs, strict=True):
        if held[name].group == "duty" and visited[name][0] == made.day:
            spare[pair.lead] -= 1
            spare[pair.second] -= 1
    for name, unit in held.items():
        if unit.group == "duty" and name not in visited:
            team = [o for o in _team(city, unit, officers) if spare[o.officer_no] > 0]
            if len(team) >= 2 and any(o.can_lead for o in team):
                idle[name] = n


def _caps(city: City, verdict: Verdict, visited: dict[str, list[dt.date]], held: dict[str, Unit]) -> None:
    for name, days in visited.items():
        c = held[name].risk_class or city.rules.class_without_score
        if len(days) > city.rules.cap[c]:
            verdict.failures.append(f"seed {city.seed}: {name} of class {c} has {len(days)} visits, the cap is "
                                    f"{city.rules.cap[c]}")
        before = held[name].last
        for day in days:
            if before is not None and (day - before).days < city.rules.exclusion_days[c]:
                verdict.failures.append(f"seed {city.seed}: {name} is visited {(day - before).days} days after a visit")
            before = day


def _duties(city: City, verdict: Verdict, visited: dict[str, list[dt.date]], held: dict[str, Unit],
            idle: dict[str, int], there: list[dict[str, Officer]]) -> None:
    for name, unit in held.items():
        if unit.group != "duty":
            continue
        verdict.duties += 1
        if name in visited:
            continue
        n = idle.get(name)
        if n is None:
            verdict.impossible += 1
            continue
        # Days after the last free pair on which nobody could go, against the days that the rules keep in hand.
        left = len(city.days) - n
        lost = sum(not (len(team) >= 2 and any(o.can_lead for o in team))
                   for team in (_team(city, unit, officers) for officers in there[n + 1:]))
        if lost > min(city.rules.buffer_days, left // 2):
            verdict.late += 1
        else:
            verdict.failures.append(f"seed {city.seed}: crowded key unit {name} is not visited, a pair was free on "
                                    f"{city.days[n]} and {lost} days were lost after it")


def _ratios(city: City, verdict: Verdict, course: Course, maker: Maker) -> None:
    staffed = np.array([desk.staffed for desk in maker.desks])[maker.at]
    year, last = course.year, course.year.days[-1]
    for g, group in enumerate(GROUPS):
        which = [(year.population.group == g) & (year.classes == k) & staffed for k in range(len(CLASSES))]
        units = {c: int(np.count_nonzero(which[k])) for k, c in enumerate(CLASSES)}
        asked = effective(city.rules.ratio[group], units, city.rules.total[group])
        for k, c in enumerate(CLASSES):
            done = int(np.count_nonzero(year.visits_of[which[k]] > 0))
            verdict.ratios += units[c] > 0
            if done >= asked[c] * units[c] - 1:
                continue
            if last.granted < last.wanted or any(_short(desk) for desk in maker.desks):
                verdict.short += 1
            else:
                verdict.failures.append(f"seed {city.seed}: {done} of {units[c]} units {group}/{c} are visited, "
                                        f"{asked[c]:.1%} is asked, and officers are not short")


def _short(desk: Desk) -> bool:
    return desk.staffed and desk.free == 0


def _chain(city: City, verdict: Verdict, course: Course) -> None:
    if [made.day for made in course.year.days] != list(city.days):
        verdict.failures.append(f"seed {city.seed}: the days drawn are not the working days")
    if isinstance(course, SealedCourse):
        verdict.bundles = len(course.bundles)
        verdict.failures += [f"seed {city.seed}: {text}" for text in course.disagreements()]


def digest(verdicts: list[Verdict]) -> str:
    """One short number that tells two results apart."""
    return hashlib.sha256(repr(verdicts).encode()).hexdigest()[:12]
