"""Officers of the brigade and of the towns: certificates, leave, recusals, and how strict each one is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulators.city.areas import DISTRICT_CODE, TOWN_CODES
from simulators.city.model import Row
from simulators.city.names import GIVEN, SURNAMES, TOWNS

SKILLS = ("electrical", "water_systems", "alarm_systems", "chemical", "highrise", "fire_investigation")
TEAMS = ("大队监督一组", "大队监督二组", "大队监督三组", "大队监督四组")


@dataclass(frozen=True)
class Roster:
    """The officers, their teams and the strictness of each team and officer in log odds (0 is usual)."""

    officers: list[Row]
    leave: list[Row]
    recusals: list[Row]
    teams: dict[str, list[str]]
    strictness: dict[str, float]


def roster(rng: np.random.Generator, units: list[Row], until: dt.date) -> Roster:
    """About 40 officers for 2,000 units; a tenth of the certificates has run out or will within a month."""
    brigade = max(10, round(len(units) / 83))
    in_town = max(2, round(len(units) / 1000))
    officers: list[Row] = []
    teams: dict[str, list[str]] = {name: [] for name in (*TEAMS, *(f"{town[0]}消防所" for town in TOWNS))}
    strictness = {name: .45 * float(rng.normal()) for name in teams}
    posts = [(TEAMS[number % len(TEAMS)], "brigade", DISTRICT_CODE) for number in range(brigade)]
    posts += [(f"{TOWNS[town][0]}消防所", "town", TOWN_CODES[town])
              for town in range(len(TOWNS)) for _ in range(in_town)]
    for number, (team, body, area) in enumerate(posts, 1):
        officer = _officer(rng, number, body, area, until, first=len(teams[team]) == 0)
        if number == 1:
            # The head of the brigade (负责人), who consents to what is done on the spot.
            officer["skills"] = [*officer["skills"], "head"]
        teams[team].append(officer["officer_no"])
        strictness[officer["officer_no"]] = .25 * float(rng.normal())
        officers.append(officer)
    numbers = [officer["officer_no"] for officer in officers]
    _centre(strictness, teams)
    return Roster(officers, _leave(rng, numbers, until), _recusals(rng, numbers, units), teams, strictness)


def _centre(strictness: dict[str, float], teams: Mapping[str, list[str]]) -> None:
    """Make 0 what an officer of this city usually is: a record tells how strict one is beside the others, no more."""
    usual = [strictness[team] + strictness[number] for team, numbers in teams.items() for number in numbers]
    strictness.update({team: strictness[team] - sum(usual) / len(usual) for team in teams})


def _officer(rng: np.random.Generator, number: int, body: str, area: str, until: dt.date, *, first: bool) -> Row:
    issued = until - dt.timedelta(days=int(rng.integers(120, 1500)))
    ends = issued + dt.timedelta(days=5 * 365)
    # The first of each team keeps a valid certificate, so that no area is left without anyone to send.
    if not first and rng.random() < .10:
        ends = until + dt.timedelta(days=int(rng.integers(-21, 30)))
        issued = ends - dt.timedelta(days=5 * 365)
    given = GIVEN[int(rng.integers(len(GIVEN)))] + (GIVEN[int(rng.integers(len(GIVEN)))] if rng.random() < .7 else "")
    skills = sorted({SKILLS[int(index)] for index in rng.integers(len(SKILLS), size=2)})
    return {"officer_no": f"{'DD' if body == 'brigade' else 'ZJ'}{number:04d}",
            "name": SURNAMES[int(rng.integers(len(SURNAMES)))] + given, "body": body, "area_codes": [area],
            "certificate_no": f"{DISTRICT_CODE}{issued.year}{number:05d}", "certificate_from": issued,
            "certificate_to": ends, "can_lead": first or bool(rng.random() < .55), "skills": skills,
            "daily_visits": 3 if body == "brigade" else 2, "status": "active"}


def _leave(rng: np.random.Generator, numbers: list[str], until: dt.date) -> list[Row]:
    rows = []
    for number in numbers:
        start = until + dt.timedelta(days=int(rng.integers(-300, 90)))
        for _ in range(int(rng.integers(1, 4))):
            end = start + dt.timedelta(days=int(rng.integers(0, 9)))
            rows.append({"officer_no": number, "from_day": start, "to_day": end,
                         "reason": ("年休假", "培训", "病假", "借调")[int(rng.choice(4, p=(.55, .25, .15, .05)))]})
            start = end + dt.timedelta(days=int(rng.integers(30, 120)))
    # One person is away on the very day, so that a draw on the first day already has someone to leave out.
    if numbers:
        rows = [row for row in rows if row["officer_no"] != numbers[-1]]
        rows.append({"officer_no": numbers[-1], "from_day": until - dt.timedelta(days=2),
                     "to_day": until + dt.timedelta(days=5), "reason": "培训"})
    return rows


def _recusals(rng: np.random.Generator, numbers: list[str], units: list[Row]) -> list[Row]:
    rows, seen = [], set()
    for _ in range(max(4, len(units) // 80)):
        pair = (numbers[int(rng.integers(len(numbers)))], units[int(rng.integers(len(units)))]["unit_no"])
        if pair not in seen:
            seen.add(pair)
            rows.append({"officer_no": pair[0], "unit_no": pair[1],
                         "reason": ("近亲属任职", "本人曾任职", "近亲属持股")[int(rng.integers(3))]})
    return rows
