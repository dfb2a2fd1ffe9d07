"""What lies between a visit and its decision: each penalty's case and steps, seals, orders to stop, major hazards."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np

from simulators.city.areas import TOWN_CODES
from simulators.city.findings import CHINESE, FINES, Findings
from simulators.city.items import EQUIPMENT, ITEMS, Item
from simulators.city.model import SHANGHAI, Row
from simulators.city.officers import TEAMS, Roster

_ITEMS = {item.code: item for item in ITEMS}
_EXITS = ("M02", "S02", "S03", "S08")
#: From this fine on, and for every order to stop, a meeting decides.
_LARGE = 30_000
#: Steps that are filmed.
_FILMED = ("inquiry", "notice", "served")
_SEAL_DAYS = 29


@dataclass
class Proceedings:
    """Rows as a past led elsewhere is told: what stood before the last day, with the steps made until then."""

    cases: list[Row] = field(default_factory=list)
    measures: list[Row] = field(default_factory=list)
    major_hazards: list[Row] = field(default_factory=list)
    steps: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)


def lead(rng: np.random.Generator, units: Sequence[Row], inspections: Sequence[Row], findings: Findings,
         roster: Roster, until: dt.date) -> Proceedings:
    """The proceedings of all penalties and major hazards before ``until``."""
    led = Proceedings()
    areas = {unit["unit_no"]: unit["area_code"] for unit in units}
    visits = {row["inspection_no"]: row for row in inspections}
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for hazard in findings.hazards:
        found[hazard["inspection_no"]].append(_ITEMS[hazard["item_code"]])
    for number, penalty in enumerate(findings.penalties, 1):
        visit = visits[penalty["inspection_no"]]
        officers, reviewer = _handlers(visit, areas[penalty["unit_no"]], roster)
        items = _about(penalty, found[penalty["inspection_no"]])
        if penalty["kind"] == "seal":
            _seal(rng, led, penalty, items, officers, until)
        else:
            served = _case(rng, led, penalty, visit, items, officers, reviewer, until)
            if penalty["kind"] == "suspension" and served < until:
                _stop(rng, led, penalty, number, officers, served, until)
    _major_hazards(led, [hazard for hazard in findings.hazards if hazard["is_major"]], visits, areas, roster, until)
    # As they were entered: lists show the newest first by the order of entry.
    for rows, moment in ((led.cases, "filed_at"), (led.measures, "began_at"), (led.major_hazards, "found_at"),
                         (led.steps, "at")):
        rows.sort(key=itemgetter(moment))
    return led


def _handlers(visit: Row, area: str, roster: Roster) -> tuple[list[str], str]:
    """Who handles what a visit found, and who reviews it: the brigade's, since no town has the power to fine."""
    team = roster.teams[TEAMS[TOWN_CODES.index(area) % len(TEAMS)]]
    pair = [number for number, _ in visit["officers"]]
    brigade = [number for name in TEAMS for number in roster.teams[name]]
    if not set(pair) <= set(brigade):
        pair = team[:2]
    return pair, next(number for number in brigade if number not in pair)


def _about(penalty: Row, items: Sequence[Item]) -> list[Item]:
    """The items under the article of a penalty; the first of all where none is."""
    return [item for item in items if f"消防法第{CHINESE[item.article]}条" == penalty["article"]] or list(items[:1])


def _moment(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), SHANGHAI).astimezone(dt.UTC)


def _workday(day: dt.date, forward: int = 1) -> dt.date:
    """The day itself, or the next one that is no weekend (the one before where ``forward`` is negative)."""
    while day.weekday() > 4:
        day += dt.timedelta(days=forward)
    return day


def _make(led: Proceedings, noun: str, ref: str, officers: Sequence[str], until: dt.date,
          steps: Sequence[tuple[str, dt.date, int, Mapping[str, Any]]]) -> None:
    """Keep the steps that were made by then, each with its recording where it is filmed."""
    for step, day, hour, details in steps:
        if day >= until:
            continue
        at = _moment(day, hour, len(ref) % 60)
        led.steps.append({"noun": noun, "ref": ref, "step": step, "at": at, "officers": list(officers),
                          "details": dict(details)})
        if noun == "case" and step in _FILMED:
            uri = f"simulator://records/{ref}/{step}.mp4"
            digest = hashlib.sha256(uri.encode()).hexdigest()
            led.evidence.append({"noun": noun, "ref": ref, "step": step, "at": at, "kind": "video", "uri": uri,
                                 "sha256": digest, "seconds": 300 + int(digest[:4], 16) % 1500})


def _case(rng: np.random.Generator, led: Proceedings, penalty: Row, visit: Row, items: Sequence[Item],
          officers: list[str], reviewer: str, until: dt.date) -> dt.date:
    """The case of a penalty, as far as it came before ``until``; the day on which its decision was served."""
    number, decided, kind, fine = penalty["case_no"], penalty["decided_on"], penalty["kind"], penalty["amount_yuan"]
    span = (decided - visit["inspected_on"]).days
    first = visit["inspected_on"] + dt.timedelta(days=1)
    filed = max(first, _workday(decided - dt.timedelta(days=min(span, 5 + int(rng.integers(30)))), -1))
    # A right to be heard runs for five working days where the fine is large or business is stopped.
    notice = max(filed, _workday(decided - dt.timedelta(days=9), -1))
    served = _workday(decided + dt.timedelta(days=1 + int(rng.integers(3))))
    published = _workday(decided + dt.timedelta(days=2 + int(rng.integers(4))))
    paid = _workday(served + dt.timedelta(days=1 + int(rng.integers(11)))) if fine else served
    closed = _workday(max(paid, published) + dt.timedelta(days=1 + int(rng.integers(4))))
    archived = _workday(closed + dt.timedelta(days=3 + int(rng.integers(20))))
    told: list[Row] = [] if kind == "fine" else [{"kind": kind, "amount_yuan": None}]
    told += [{"kind": "fine", "amount_yuan": fine}] if fine else []
    heard = kind == "suspension" or (fine or 0) >= 10_000
    meets = kind == "suspension" or (fine or 0) >= _LARGE
    standing = "archived" if archived < until else "closed" if closed < until else "decided"
    led.cases.append({
        "case_no": number, "unit_no": penalty["unit_no"], "inspection_no": penalty["inspection_no"],
        "party": "organisation", "regime": "own", "procedure": "ordinary", "article": penalty["article"],
        "facts": "；".join(item.zh for item in items),
        "items": [item.code for item in items], "officers": officers, "offence_on": visit["inspected_on"],
        "life_safety": False, "filed_at": _moment(filed, 9), "filed_on": filed, "standing": standing,
        "decided_on": decided, "closed_on": closed if closed < until else None})
    _make(led, "case", number, officers, until, [step for step in (
        ("filed", filed, 9, {}), ("inquiry", filed, 10, {}),
        ("notice", notice, 11, {"penalties": told, "public_told": True}),
        ("hearing_waived", notice, 12, {}) if heard else None,
        ("legal_review", decided, 8, {"reviewer": reviewer, "agreed": True}),
        ("collective", decided, 10, {"agreed": True, "members": [*officers, reviewer]}) if meets else None,
        ("decision", decided, 15, {"penalties": told, "circumstance": _circumstance(penalty), "decisions": [number]}),
        ("served", served, 16, {"how": "direct"}), ("published", published, 10, {}),
        ("paid", paid, 11, {"amount_yuan": fine}) if fine else None, ("closed", closed, 14, {}),
        ("archived", archived, 15, {"archive_ref": f"DA{number[-6:-1]}"})) if step is not None])
    return served


def _circumstance(penalty: Row) -> str | None:
    """How grave, by where in its range the fine lies; not said where that is near a border."""
    low, high = next((span for article, span in FINES.items()
                      if penalty["article"] == f"消防法第{CHINESE[article]}条"), (0, 0))
    if penalty["kind"] != "fine" or not high:
        return None
    share = (penalty["amount_yuan"] - low) / (high - low)
    return "light" if share < .29 else "ordinary" if .31 < share < .69 else "heavy" if share > .71 else None


def _seal(rng: np.random.Generator, led: Proceedings, penalty: Row, items: Sequence[Item], officers: list[str],
          until: dt.date) -> None:
    """A seal has the number of its entry among the decisions, and is lifted on request or runs out."""
    number, began = penalty["case_no"], penalty["decided_on"]
    last = began + dt.timedelta(days=_SEAL_DAYS)
    asked = _workday(began + dt.timedelta(days=6 + int(rng.integers(14))))
    lifted = _workday(asked + dt.timedelta(days=2)) if rng.random() < .7 else None
    ended = lifted or last
    standing = "standing" if ended >= until else "lifted" if lifted else "expired"
    item = items[0]
    ground = "exits" if item.code in _EXITS else "facilities" if item.side == EQUIPMENT else "other_grave"
    led.measures.append({
        "measure_no": number, "unit_no": penalty["unit_no"], "kind": "seal", "path": "ordinary", "ground": ground,
        "scope": f"存在“{item.zh}”的部位", "officers": officers, "began_at": _moment(began, 15), "began_on": began,
        "until_on": last, "standing": standing, "ended_on": None if standing == "standing" else ended})
    _make(led, "measure", number, officers, until, [("imposed", began, 15, {"until_on": str(last)}), *(
        (("lift_asked", asked, 9, {}), ("lift_inspected", lifted, 10, {"gone": True}),
         ("lift_decided", lifted, 16, {"lifted": True})) if lifted else (("expired", last, 23, {}),))])


def _stop(rng: np.random.Generator, led: Proceedings, penalty: Row, place: int, officers: list[str], served: dt.date,
          until: dt.date) -> None:
    """The order to stop that a decision holds, until the unit is let go on."""
    number = f"火消停字〔{served.year}〕{place:05d}号"
    asked = _workday(served + dt.timedelta(days=10 + int(rng.integers(50))))
    lifted = _workday(asked + dt.timedelta(days=4))
    standing = "lifted" if lifted < until else "standing"
    led.measures.append({
        "measure_no": number, "unit_no": penalty["unit_no"], "kind": "suspension", "path": "ordinary", "ground": "",
        "scope": "责令停产停业", "officers": officers, "began_at": _moment(served, 17), "began_on": served,
        "standing": standing, "ended_on": lifted if standing == "lifted" else None})
    _make(led, "measure", number, officers, until, (
        ("imposed", served, 17, {}), ("lift_asked", asked, 9, {}), ("lift_inspected", lifted, 10, {"gone": True}),
        ("lift_decided", lifted, 16, {"lifted": True})))


def _major_hazards(led: Proceedings, hazards: Sequence[Row], visits: Mapping[str, Row], areas: Mapping[str, str],
                   roster: Roster, until: dt.date) -> None:
    """What was determined a major hazard, told to the unit, reported and listed, and accepted once corrected.

    No more are accepted in a year than notices were served in it: acceptance waits where the correction came later.
    """
    served: Counter[int] = Counter()
    accepted: Counter[int] = Counter()
    for place, hazard in enumerate(hazards, 1):
        found = hazard["found_on"]
        determined, notice, listed = (_workday(found + dt.timedelta(days=days)) for days in (4, 5, 14))
        served[notice.year] += notice < until
        done = _workday(hazard["corrected_on"] + dt.timedelta(days=3)) if hazard["corrected_on"] else until
        done = max(done, listed + dt.timedelta(days=1))
        ends = done < until and accepted[done.year] < served[done.year]
        if ends:
            accepted[done.year] += 1
        ref, item = f"ZD{found:%Y%m%d}-{place:03d}", _ITEMS[hazard["item_code"]]
        officers, _ = _handlers(visits[hazard["inspection_no"]], areas[hazard["unit_no"]], roster)
        standing = ("accepted" if ends else "listed" if listed < until else
                    "determined" if determined < until else "found")
        led.major_hazards.append({
            "major_hazard_no": ref, "unit_no": hazard["unit_no"], "way": "direct", "elements": [item.zh],
            "officers": officers, "found_at": _moment(found, 11), "found_on": found, "standing": standing,
            "level": "county" if standing in ("listed", "accepted") else None, "ended_on": done if ends else None})
        _make(led, "major_hazard", ref, officers, until, [
            ("found", found, 11, {}), ("determined", determined, 10, {}),
            ("notice_served", notice, 16, {"correct_by": str(hazard["due_on"])}),
            ("opinion_reported", notice, 17, {"report_no": f"火消报〔{notice.year}〕{place:02d}号"}),
            ("listed", listed, 15, {"level": "county", "listed_by": "区人民政府",
                                    "conditions": ["隐患整改完毕并经复查合格"]}),
            *([("accepted", done, 15, {"conditions_met": True})] if ends else [])])
