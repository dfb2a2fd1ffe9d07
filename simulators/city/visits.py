"""Three years of inspections: who was visited, why, by whom, and with what probability.

Units are not visited at random. Crowded key units are seen every year, other units by a thin random draw and by a
targeted one that follows what the brigade knew then (size, old findings, complaints), besides campaigns, complaint
checks and the towns' own rounds. For drawn visits the probability with which the unit was drawn is on the record.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from simulators.city.areas import TOWN_CODES
from simulators.city.findings import Findings, inspect
from simulators.city.latents import QUARTER_DAYS, Floats, Ints, Latents
from simulators.city.model import SHANGHAI, Row
from simulators.city.names import TOWNS
from simulators.city.officers import TEAMS, Roster

YEARS = 3
QUARTERS = 12
_RANDOM = {"key": .20, "general": .030}
"""Chance to be drawn at random in a quarter: 80 % and about 12 % a year."""
_TARGETED = .045
"""Mean chance of a unit in a quarter to be drawn by what was known of it."""
_DAILY = .040
_CAMPAIGNS = (("entertainment", "hotel"), ("factory", "warehouse"), ("restaurant", "mall"),
              ("nursing_home", "school", "kindergarten"))


@dataclass
class Record:
    """What the years left behind, in order of time."""

    inspections: list[Row] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


@dataclass(frozen=True)
class _Visit:
    unit: int
    day: dt.date
    kind: str
    arm: str | None = None
    draw_no: str | None = None
    probability: float | None = None


def weekday(day: dt.date) -> dt.date:
    """The day itself or the next one that is no Saturday or Sunday."""
    return day + dt.timedelta(days=(0, 0, 0, 0, 0, 2, 1)[day.weekday()])


def visits(rng: np.random.Generator, units: list[Row], latents: Latents, roster: Roster, complaints: list[Row],
           unit_index: dict[str, int]) -> Record:
    """Inspections of the three years before ``latents.until`` with everything found and ordered."""
    record = Record()
    checks = _complaint_checks(complaints, unit_index, latents.until)
    known = np.zeros(len(units))
    # Each crowded key unit has its quarter of every year; each year the order is another.
    turns = [rng.permutation(len(units)) % 4 for _ in range(YEARS)]
    for quarter in range(QUARTERS - 1, -1, -1):
        first = latents.until - dt.timedelta(days=(quarter + 1) * QUARTER_DAYS)
        planned = _drawn(rng, units, known, latents, quarter, turns[quarter // 4], first)
        planned += _campaign(rng, units, quarter, first) + _daily(rng, units, first)
        planned += [_Visit(unit, day, "complaint") for unit, day in checks[quarter]]
        planned.sort(key=lambda visit: (visit.day, visit.unit, visit.kind))
        known *= .80
        for visit in planned:
            if visit.day >= latents.until:
                continue
            serious = _carry_out(rng, record, visit, units[visit.unit], latents, roster)
            known[visit.unit] += 1.0 * serious + (.5 if visit.kind == "complaint" else 0.0)
    record.inspections.sort(key=lambda row: (row["inspected_on"] or row["planned_on"], row["inspection_no"]))
    return record


def _drawn(rng: np.random.Generator, units: list[Row], known: Floats, latents: Latents, quarter: int,
           turn: Ints, first: dt.date) -> list[_Visit]:
    key = np.array([unit["is_key"] for unit in units], dtype=bool)
    crowded = np.array([unit["is_crowded"] for unit in units], dtype=bool)
    duty = key & crowded
    size = np.log(np.array([unit["floor_area_m2"] for unit in units]))
    looks = .9 * known + .25 * (size - size.mean()) + .35 * crowded + .30 * latents.exposure
    weight = np.exp(np.clip(.9 * looks, -3, 2.2))
    targeted = np.where(duty, 0.0, np.minimum(.5, _TARGETED * weight / weight.mean()))
    random = np.where(duty, 0.0, np.where(key, _RANDOM["key"], _RANDOM["general"]))
    by_chance, by_target = rng.random(len(units)) < random, rng.random(len(units)) < targeted
    whole = 1 - (1 - random) * (1 - targeted)
    draw_no = f"H{first.year}Q{(first.month - 1) // 3 + 1}-{QUARTERS - quarter:02d}"
    found = []
    for unit in np.flatnonzero(duty & (turn == quarter % 4)).tolist():
        found.append(_Visit(unit, _day(rng, first), "draw", "duty", draw_no, 1.0))
    for unit in np.flatnonzero(by_chance | by_target).tolist():
        found.append(_Visit(unit, _day(rng, first), "draw", "random" if by_chance[unit] else "targeted", draw_no,
                            round(float(whole[unit]), 9)))
    return found


def _day(rng: np.random.Generator, first: dt.date) -> dt.date:
    return weekday(first + dt.timedelta(days=int(rng.integers(0, QUARTER_DAYS))))


def _campaign(rng: np.random.Generator, units: list[Row], quarter: int, first: dt.date) -> list[_Visit]:
    kinds = _CAMPAIGNS[quarter % len(_CAMPAIGNS)]
    return [_Visit(index, weekday(first + dt.timedelta(days=30 + int(rng.integers(0, 20)))), "campaign")
            for index, unit in enumerate(units) if unit["kind"] in kinds and rng.random() < .10]


def _daily(rng: np.random.Generator, units: list[Row], first: dt.date) -> list[_Visit]:
    """The towns' own rounds: never a key unit."""
    return [_Visit(index, _day(rng, first), "daily")
            for index, unit in enumerate(units) if not unit["is_key"] and rng.random() < _DAILY]


def _complaint_checks(complaints: list[Row], unit_index: dict[str, int],
                      until: dt.date) -> defaultdict[int, list[tuple[int, dt.date]]]:
    found: defaultdict[int, list[tuple[int, dt.date]]] = defaultdict(list)
    for complaint in complaints:
        if complaint["checked_at"] is not None:
            day = complaint["checked_at"].astimezone(SHANGHAI).date()
            quarter = (until - day).days // QUARTER_DAYS
            if 0 <= quarter < QUARTERS:
                found[quarter].append((unit_index[complaint["unit_no"]], day))
    return found


def _carry_out(rng: np.random.Generator, record: Record, visit: _Visit, unit: Row, latents: Latents,
               roster: Roster) -> bool:
    """Write one inspection and what it led to; says whether a critical or serious hazard was found."""
    team, pair = crew(rng, visit.kind, unit, roster)
    number = f"JC{visit.day:%Y%m%d}{len(record.inspections) + 1:06d}"
    start = dt.datetime.combine(visit.day, dt.time(9), SHANGHAI) + dt.timedelta(minutes=int(rng.integers(0, 480)))
    done = rng.random() > .015 or visit.kind == "complaint"
    row: Row = {
        "inspection_no": number, "unit_no": unit["unit_no"], "kind": visit.kind, "arm": visit.arm,
        "draw_no": visit.draw_no, "draw_probability": visit.probability, "planned_on": visit.day,
        "started_at": start.astimezone(dt.UTC) if done else None,
        "ended_at": (start + dt.timedelta(minutes=int(rng.integers(25, 150)))).astimezone(dt.UTC) if done else None,
        "inspected_on": visit.day if done else None, "status": "done" if done else "not_possible",
        "result": "pass" if done else None, "team": team, "note": None if done else "停业或无人在场",
        "source": "simulator", "entered_by": pair[0][0], "officers": pair}
    record.inspections.append(row)
    if not done:
        return False
    strict = roster.strictness[team] + sum(roster.strictness[officer] for officer, _ in pair) / 2
    quarter, index = latents.quarter(visit.day), visit.unit
    outcome = inspect(rng, row, unit, latents, quarter, index, strict, record.findings)
    row["result"] = outcome.result
    for number_again, (day, passed) in enumerate(outcome.rechecks, 1):
        if day < latents.until:
            record.inspections.append(_recheck(rng, row, unit, roster, number_again, day, passed=passed))
    return outcome.serious


def crew(rng: np.random.Generator, kind: str, unit: Row, roster: Roster) -> tuple[str, list[tuple[str, str]]]:
    """A team and two of its officers, the first in the lead; towns do the daily rounds, brigade groups their beats."""
    town = TOWN_CODES.index(unit["area_code"])
    team = f"{TOWNS[town][0]}消防所" if kind == "daily" else TEAMS[(town + (rng.random() < .2)) % len(TEAMS)]
    members = roster.teams[team]
    first, second = rng.choice(len(members), size=2, replace=False).tolist()
    return team, [(members[first], "lead"), (members[second], "member")]


def _recheck(rng: np.random.Generator, row: Row, unit: Row, roster: Roster, number: int, day: dt.date, *,
             passed: bool) -> Row:
    team, pair = crew(rng, row["kind"], unit, roster)
    start = dt.datetime.combine(day, dt.time(9, 30), SHANGHAI) + dt.timedelta(minutes=int(rng.integers(0, 400)))
    return {
        "inspection_no": f"{row['inspection_no']}-F{number}", "unit_no": unit["unit_no"], "kind": "reinspection",
        "arm": None, "draw_no": None, "draw_probability": None, "planned_on": day,
        "started_at": start.astimezone(dt.UTC),
        "ended_at": (start + dt.timedelta(minutes=int(rng.integers(15, 60)))).astimezone(dt.UTC), "inspected_on": day,
        "status": "done", "result": "pass" if passed else "hazards_ordered", "team": team,
        "note": f"复查 {row['inspection_no']}", "source": "simulator", "entered_by": pair[0][0], "officers": pair}
