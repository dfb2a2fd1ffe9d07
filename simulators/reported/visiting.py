"""Visits, hazards, notices, complaints and fires of one year."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence

from simulators.reported import places
from simulators.reported.model import ReportedDistrict, Row
from simulators.reported.targets import ITEMS, OWN_UNITS, Targets

_ZONE = dt.timezone(dt.timedelta(hours=8))
_FORMS = ("draw", "draw", "draw", "duty", "campaign", "reinspection", "complaint", "opening")
_COMPLAINTS = ("facilities_broken", "blocked_exit", "other")
#: Visits of towns beyond the first to a unit: 份 is not 家.
_AGAIN = 0.06


def any_day(rng: random.Random, year: int) -> dt.date:
    """A day of the year."""
    first = dt.date(year, 1, 1)
    return first + dt.timedelta(days=rng.randrange((dt.date(year + 1, 1, 1) - first).days))


def moment(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    """A moment of a legal day."""
    return dt.datetime.combine(day, dt.time(hour, minute), _ZONE)


def fill(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int, towns: Sequence[str]) -> None:
    """Everything that comes of going out."""
    own = _own_visits(rng, targets, year)
    _hazards(district, rng, own, targets.hazards_found, targets.hazards_corrected - targets.carried, year)
    district.inspections += own
    _notices(district, rng, own, targets.notices, year)
    by_town = _town_visits(rng, targets, year, len(towns))
    _hazards(district, rng, by_town, targets.town_hazards_found,
             targets.town_hazards_corrected - targets.town_carried, year)
    district.inspections += by_town
    _carried(district, targets.carried, year, "RK", places.brigade()[:2])
    _carried(district, targets.town_carried, year, "RU", places.of_town(0))
    _complaints(district, rng, targets.complaints, year)
    _fires(district, rng, targets, year)


def _own_visits(rng: random.Random, targets: Targets, year: int) -> list[Row]:
    visits = []
    each, more = divmod(targets.officers_sent, targets.inspections) if targets.inspections else (0, 0)
    joint = set(rng.sample(range(targets.inspections), targets.joint_inspections))
    for number in range(targets.inspections):
        team = rng.sample(places.brigade(), each + (number < more))
        visits.append(_visit(rng, f"RJ{year}-{number:06d}", f"RK{rng.randrange(OWN_UNITS):06d}",
                             "joint" if number in joint else rng.choice(_FORMS), any_day(rng, year), team))
    return visits


def _town_visits(rng: random.Random, targets: Targets, year: int, towns: int) -> list[Row]:
    again = [rng.randrange(targets.town_units) for _ in range(int(_AGAIN * targets.town_units))]
    return [_visit(rng, f"RV{year}-{number:06d}", f"RU{unit:06d}", "campaign", any_day(rng, year),
                   places.of_town(unit % towns))
            for number, unit in enumerate([*range(targets.town_units), *again])]


def _visit(rng: random.Random, number: str, unit: str, kind: str, day: dt.date, team: Sequence[str]) -> Row:
    begun = moment(day, rng.randrange(9, 17), rng.randrange(60))
    return {"inspection_no": number, "unit_no": unit, "kind": kind, "started_at": begun,
            "ended_at": begun + dt.timedelta(minutes=rng.randrange(25, 120)), "inspected_on": day, "status": "done",
            "result": "pass", "source": "simulator", "entered_by": "simulator",
            "officers": [(officer, "lead" if place == 0 else "member") for place, officer in enumerate(team)]}


def _hazards(district: ReportedDistrict, rng: random.Random, visits: list[Row], found: int, corrected: int,
             year: int) -> None:
    """``found`` hazards over the visits, ``corrected`` of them within the year; a visit finds an item once."""
    room = [visit for visit in visits for _ in range(ITEMS)]
    # Few visits would fill up one by one: a plain draw of places in the catalogue of all of them is even.
    chosen = sorted(rng.sample(range(len(room)), found))
    closed = set(rng.sample(range(found), corrected))
    for place, index in enumerate(chosen):
        visit, item = room[index], index % ITEMS
        day = visit["inspected_on"]
        done = min(day + dt.timedelta(days=rng.choice((0, 0, 3, 9, 20))), dt.date(year, 12, 31))
        on_spot = place in closed and done == day
        visit["result"] = "hazards_corrected" if on_spot and visit["result"] == "pass" else "hazards_ordered"
        district.hazards.append({
            "inspection_no": visit["inspection_no"], "item_code": places.item_codes()[item],
            "severity": places.severity(item), "found_on": day,
            "handling": "corrected_on_spot" if on_spot else "ordered",
            "due_on": day if on_spot else day + dt.timedelta(days=30),
            "corrected_on": done if place in closed else None})


def _carried(district: ReportedDistrict, count: int, year: int, letters: str, team: Sequence[str]) -> None:
    """Hazards of the last days of the year before that were corrected in this one."""
    day = dt.date(year - 1, 12, 20)
    for place in range(0, count, ITEMS):
        number = f"RC{letters}{year}-{place:06d}"
        district.inspections.append({
            **_visit(random.Random(place), number, f"{letters}{place % 900:06d}", "campaign", day, team),
            "result": "hazards_ordered"})
        district.hazards += [{
            "inspection_no": number, "item_code": places.item_codes()[item], "severity": places.severity(item),
            "found_on": day, "handling": "ordered", "due_on": dt.date(year, 1, 19),
            "corrected_on": dt.date(year, 1, 10) + dt.timedelta(days=item)}
            for item in range(min(ITEMS, count - place))]


def _notices(district: ReportedDistrict, rng: random.Random, visits: list[Row], count: int, year: int) -> None:
    with_hazard = [visit for visit in visits if visit["result"] != "pass"] or visits
    for number in range(count):
        # Where there are more notices than visits with a hazard, a visit has several.
        visit = with_hazard[number % len(with_hazard)]
        day = visit["inspected_on"]
        immediate = rng.random() < .6
        last = day if immediate else day + dt.timedelta(days=30)
        district.orders.append({
            "order_no": f"RZ{year}-{number:06d}", "inspection_no": visit["inspection_no"],
            "kind": "immediate" if immediate else "time_limited", "served_on": day, "correct_by": last,
            "recheck_by": last + dt.timedelta(days=5), "closed_on": last + dt.timedelta(days=3),
            "created_by": "simulator"})


def _complaints(district: ReportedDistrict, rng: random.Random, count: int, year: int) -> None:
    """``count`` whose check ended in the year, some of them received the year before, and a few still open."""
    for number in range(count + count // 100):
        done = moment(any_day(rng, year), 15)
        received = done - dt.timedelta(hours=rng.choice((6, 20, 44)))
        is_open = number >= count
        if is_open:
            received = moment(dt.date(year, 12, 30), 20)
        district.complaints.append({
            "complaint_no": f"RT{year}-{number:06d}", "unit_no": f"RK{rng.randrange(OWN_UNITS):06d}",
            "received_at": received, "channel": "12345", "kind": rng.choice(_COMPLAINTS),
            "check_by": received + dt.timedelta(days=3), "checked_at": None if is_open else done,
            "verified": None if is_open else rng.random() < .6, "entered_by": "simulator"})


def _fires(district: ReportedDistrict, rng: random.Random, targets: Targets, year: int) -> None:
    told = (["ordinary"] * targets.fires_ordinary + ["simple"] * targets.fires_simple + ["minor"] * targets.fires_minor)
    for number, procedure in enumerate(told):
        # Half past midnight is another day in UTC: a report that counted those would lose the first of January.
        at = moment(any_day(rng, year), rng.choice((0, 3, 9, 14, 19, 23)), 30)
        district.fires.append({"fire_no": f"RH{year}-{number:05d}", "unit_no": f"RK{rng.randrange(OWN_UNITS):06d}",
                               "occurred_at": at, "procedure": procedure})
