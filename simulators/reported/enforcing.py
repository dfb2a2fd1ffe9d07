"""Cases, penalties, measures, major hazards, licences, education and what towns hold, for one year."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from simulators.reported import places
from simulators.reported.model import ReportedDistrict, Row
from simulators.reported.targets import OWN_UNITS, Targets
from simulators.reported.visiting import any_day, moment

_EVENTS = ("training", "drill", "open_day", "campaign", "school")
_CLASSES = ("documents", "evidence", "procedure")


def fill(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int, towns: Sequence[str]) -> None:
    """Everything that is decided, held or taught in the year."""
    _own_cases(district, rng, targets, year)
    first = len(district.cases)
    for regime, procedure, count in (
            ("empowered", "ordinary", targets.empowered_ordinary), ("empowered", "simple", targets.empowered_simple),
            ("delegated", "ordinary", targets.delegated_ordinary), ("delegated", "simple", targets.delegated_simple)):
        for _ in range(count):
            _town_case(district, rng, year, regime, procedure, len(towns), targets.town_units)
    _reviews(district, rng, district.cases[first:], year)
    _measures(district, rng, "suspension", targets.units_stopped, year)
    _measures(district, rng, "seal", targets.units_sealed, year)
    _major_hazards(district, rng, targets, year)
    _licences(district, rng, targets.licences, year)
    _education(district, rng, targets, year, towns)


def hold(district: ReportedDistrict, targets: Targets, year: int, towns: Sequence[str]) -> None:
    """What holds at the end of the year: agreements, empowerments and fire posts."""
    for regime, count in (("delegated", targets.agreements), ("empowered", targets.empowered_towns)):
        district.agreements += [{
            "agreement_no": f"RA{regime[0].upper()}{year}-{place:03d}", "regime": regime, "town_code": towns[place],
            "principal_code": places.DISTRICT, "powers": ["inspect", "order", "warning", "fine"],
            "from_day": dt.date(year, 1, 1), "to_day": dt.date(year, 12, 31), "signed_on": dt.date(year, 1, 1)}
            for place in range(count)]
    # One agreement of the year before that has ended, and a post that was left: neither holds at the end.
    district.agreements.append({
        "agreement_no": f"RAO{year}", "regime": "delegated", "town_code": towns[0], "principal_code": places.DISTRICT,
        "powers": ["inspect"], "from_day": dt.date(year - 1, 1, 1), "to_day": dt.date(year - 1, 12, 31),
        "signed_on": dt.date(year - 1, 1, 1)})
    posts: list[Row] = [{
        "post_no": f"RP{place:05d}", "town_code": towns[place % len(towns)], "holder": f"岗位{place + 1}",
        "from_day": dt.date(year, 1, 1), "to_day": None} for place in range(targets.town_posts)]
    posts.append({"post_no": "RP-left", "town_code": towns[0], "holder": "离岗", "from_day": dt.date(year, 1, 1),
                  "to_day": dt.date(year, 6, 30)})
    district.posts += posts


def _case(rng: random.Random, year: int, number: str, unit: str, regime: str, procedure: str,
          officers: list[str]) -> Row:
    decided = any_day(rng, year)
    filed = max(decided - dt.timedelta(days=0 if procedure == "simple" else rng.randrange(10, 60)),
                dt.date(year, 1, 1) if regime != "own" else dt.date(year - 1, 1, 1))
    return {"case_no": number, "unit_no": unit, "party": "organisation", "regime": regime, "procedure": procedure,
            "article": "消防法第六十条", "facts": "消防设施未保持完好有效", "items": [places.item_codes()[1]],
            "officers": officers, "offence_on": filed, "life_safety": False, "filed_at": moment(filed, 10),
            "filed_on": filed, "standing": "decided", "decided_on": decided}


def _penalty(rng: random.Random, case: Row, number: str) -> Row:
    return {"case_no": number, "unit_no": case["unit_no"], "decided_on": case["decided_on"],
            "kind": "warning" if rng.random() < .2 else "fine", "amount_yuan": 5000.0 + 500 * rng.randrange(30),
            "article": case["article"], "entered_by": "simulator"}


def _own_cases(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int) -> None:
    """One decision a case, but that the last two are of one case with two parties, and one more was annulled."""
    parties = targets.penalties - (targets.penalties >= 2)
    case: Row | None = None
    for number in range(parties):
        case = _case(rng, year, f"RX{year}-{number:05d}", f"RK{rng.randrange(OWN_UNITS):06d}", "own",
                     "ordinary" if rng.random() < .6 else "simple", places.brigade()[:2])
        district.cases.append(case)
        district.penalties.append(_penalty(rng, case, case["case_no"]))
    if case is not None:
        if targets.penalties >= 2:
            district.penalties.append(_penalty(rng, case, f"{case['case_no']}-2"))
        annulled = _case(rng, year, f"RXW{year}", "RK000000", "own", "ordinary", places.brigade()[:2])
        district.cases.append(annulled)
        district.penalties.append({**_penalty(rng, annulled, annulled["case_no"]),
                                   "withdrawn_on": dt.date(year, 12, 31)})
    for number in range(targets.transfers):
        told = {**_case(rng, year, f"RXT{year}-{number:03d}", f"RK{rng.randrange(OWN_UNITS):06d}", "own", "ordinary",
                        places.brigade()[:2]), "standing": "transferred"}
        day = told.pop("decided_on")
        district.cases.append({**told, "decided_on": None})
        district.steps.append({"noun": "case", "ref": told["case_no"], "step": "transferred", "at": moment(day, 11)})


def _town_case(district: ReportedDistrict, rng: random.Random, year: int, regime: str, procedure: str, towns: int,
               units: int) -> None:
    unit = rng.randrange(units) if units else 0
    case = _case(rng, year, f"R{regime[0].upper()}{year}-{len(district.cases):06d}",
                 f"RU{unit:06d}" if units else "RK000001", regime, procedure, places.of_town(unit % towns))
    district.cases.append(case)
    district.penalties.append(_penalty(rng, case, case["case_no"]))


def _reviews(district: ReportedDistrict, rng: random.Random, cases: list[Row], year: int) -> None:
    """A fifth of the files of towns are read, in the quarter after their decision where that is in the year."""
    areas = {unit["unit_no"]: unit["area_code"] for unit in district.units}
    for number, case in enumerate(rng.sample(cases, len(cases) // 5)):
        defects = sorted({(rng.choice(_CLASSES), rng.choice(("form_blank", "time_missing", "not_signed")))
                          for _ in range(rng.choice((0, 0, 0, 1, 2)))})
        district.reviews.append({
            "review_no": f"RR{year}-{number:05d}", "noun": "case", "ref": case["case_no"],
            "area_code": areas[case["unit_no"]], "reviewed_on": min(case["decided_on"] + dt.timedelta(days=40),
                                                                 dt.date(year, 12, 31)),
            "reviewer": "法制员", "qualified": len(defects) < 2,
            "transferred_to": None if len(defects) < 2 else "纪检监察", "defects": defects})


def _measures(district: ReportedDistrict, rng: random.Random, kind: str, units: int, year: int) -> None:
    """Every third unit has two: what is counted is units."""
    for place, unit in enumerate(rng.sample(range(OWN_UNITS), units)):
        for again in range(1 + (place % 3 == 0)):
            day = any_day(rng, year)
            district.measures.append({
                "measure_no": f"RF{kind[:2].upper()}{year}-{place:05d}-{again}",
                "unit_no": f"RK{unit:06d}", "kind": kind,
                "path": "ordinary", "ground": "facilities", "scope": "全部", "officers": places.brigade()[:2],
                "began_at": moment(day, 10), "began_on": day, "until_on": day + dt.timedelta(days=30),
                "standing": "lifted", "ended_on": day + dt.timedelta(days=20)})


def _major_hazards(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int) -> None:
    """Notices of the year for the last of them; the first may rest on a notice of the year before."""
    total = max(targets.major_notices, targets.major_corrected)
    for number in range(total):
        found = dt.date(year, 1, 1) + dt.timedelta(days=rng.randrange(200))
        told_before = number < total - targets.major_notices
        accepted = number < targets.major_corrected
        ref = f"RM{year}-{number:04d}"
        day = dt.date(year - 1, 12, 1) if told_before else found
        district.major_hazards.append({
            "major_hazard_no": ref, "unit_no": f"RK{rng.randrange(OWN_UNITS):06d}", "way": "direct",
            "elements": ["6.2"], "officers": places.brigade()[:2], "found_at": moment(day, 10), "found_on": day,
            "standing": "accepted" if accepted else "determined", "level": None,
            "ended_on": found + dt.timedelta(days=90) if accepted else None})
        district.steps.append({"noun": "major_hazard", "ref": ref, "step": "notice_served", "at": moment(day, 16)})


def _licences(district: ReportedDistrict, rng: random.Random, count: int, year: int) -> None:
    for number in range(count + count // 50):
        granted = number < count
        district.licences.append({
            "licence_no": f"RL{year}-{number:05d}", "unit_no": f"RK{rng.randrange(OWN_UNITS):06d}", "kind": "opening",
            "route": "promise" if rng.random() < .7 else "ordinary", "decided_on": any_day(rng, year),
            "granted": granted, "e_licence_no": f"EL{year}{number:06d}" if granted else None})


def _education(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int,
               towns: Sequence[str]) -> None:
    left, number = targets.people_reached, 0
    while left:
        audience = min(left, rng.randrange(50, 1500))
        district.education.append({
            "event_no": f"RE{year}-{number:05d}", "area_code": towns[number % len(towns)],
            "held_on": any_day(rng, year), "kind": rng.choice(_EVENTS), "topic": "消防宣传", "audience": audience})
        left, number = left - audience, number + 1
    district.courses += [{"course_no": f"RW{year}-{place:04d}", "area_code": places.DISTRICT,
                          "held_on": any_day(rng, year), "topic": "执法文书制作", "attendees": 40}
                         for place in range(targets.drafting_courses)]
