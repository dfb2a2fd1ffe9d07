"""Cities made from a seed, as plain values and as rows of a database."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

from policy import calendar
from sampling.bundle import seal, to_bytes
from sampling.frame import Header, build
from sampling.frames import View
from sampling.parameters import Parameters
from sampling.population import Officer, Situation, Unit
from sampling.tickets import GENESIS, canonical
from store import Database

MONDAY = dt.date(2026, 3, 2)
EVENING = dt.datetime(2026, 3, 1, 10, 0, tzinfo=dt.UTC)
MORNING = dt.datetime(2026, 3, 1, 22, 0, tzinfo=dt.UTC)
# Late in the year quotas press, so that every draw has several visits whatever the secret root of its chain is.
LATE = dt.date(2026, 12, 21)
LATE_EVENING = dt.datetime(2026, 12, 20, 10, 0, tzinfo=dt.UTC)
LATE_MORNING = dt.datetime(2026, 12, 20, 22, 0, tzinfo=dt.UTC)
LAST = dt.date(2026, 12, 30)
DISTRICT = "990101"
WITNESS = [{"source": "witness"}]


def town(number: int) -> str:
    return f"{DISTRICT}{number:03d}"


def tree(towns: int = 8) -> dict[str, str | None]:
    return {"990000": None, DISTRICT: "990000", **{town(t): DISTRICT for t in range(1, towns + 1)}}


def unit(number: int, **fields: Any) -> Unit:
    return replace(Unit(f"U{number:05d}", town(1), False, False, "B", 40.0), **fields)


def brigade(number: int, **fields: Any) -> Officer:
    return replace(Officer(f"O{number:03d}", "brigade", (DISTRICT,), True, True, 2), **fields)


def city(seed: int, *, units: int = 200, officers: int = 6, towns: int = 8, town_officers: int = 0,
         visited: float = 0.1, day: dt.date = MONDAY) -> Situation:
    """A district: a fifth of its units are key units, classes about 70/22/6/2, some units visited this year."""
    chance = random.Random(seed)
    made = []
    for number in range(units):
        risk_class = chance.choices("ABCD", [70, 22, 6, 2])[0]
        key = chance.random() < 0.2
        seen = chance.random() < visited
        made.append(Unit(
            f"U{number:05d}", town(chance.randint(1, towns)), key, chance.random() < (0.6 if key else 0.3), risk_class,
            min(100.0, max(0.0, chance.gauss({"A": 20, "B": 40, "C": 60, "D": 80}[risk_class], 8))), int(seen),
            dt.date(day.year, 1, 5) + dt.timedelta(days=chance.randint(0, 40)) if seen else None))
    staff = [brigade(n, can_lead=n % 2 == 0) for n in range(officers)]
    staff += [Officer(f"T{t:02d}{n}", "town", (town(t),), n == 0, True, 2)
              for t in range(1, towns + 1) for n in range(town_officers)]
    recusals = frozenset((chance.choice(staff).officer_no, one.unit_no) for one in made
                         if staff and chance.random() < 0.05)
    return Situation(day, made, staff, tree(towns), recusals, scores_as_of=day - dt.timedelta(days=1))


def odd_city(seed: int) -> Situation:
    """A small city with everything that can be odd: few officers, units without scores, names beyond ASCII.

    Its day may be near the end of the year, when quotas are pressing and strata are taken whole.
    """
    chance = random.Random(seed)
    day = chance.choice([MONDAY, dt.date(2026, 11, 2), dt.date(2026, 12, 21), dt.date(2026, 12, 30)])
    held = city(seed, units=chance.randint(1, 60), officers=chance.randint(0, 7), towns=chance.randint(1, 4),
                town_officers=chance.choice([0, 0, 1, 3]), visited=chance.random(), day=day)
    units = []
    for one in held.units:
        scored, planned = chance.random() < 0.8, one.last is not None and chance.random() < 0.1
        units.append(replace(one, unit_no=chance.choice(["", "消", "é|", "𝄞\"", "\\"]) + one.unit_no,
                             score=one.score if scored else None, risk_class=one.risk_class if scored else None,
                             planned=planned, last=day if planned else one.last))
    officers = [replace(one, load=chance.choice([0, 1, 2, 5]), certificate_valid=chance.random() < 0.9)
                for one in held.officers]
    return replace(held, units=units, officers=officers,
                   recusals=frozenset((chance.choice(officers).officer_no, one.unit_no) for one in units
                                      if officers and chance.random() < 0.2))


def frame_of(situation: Situation, *, tune: bool = True, previous: str = GENESIS, sequence: int = 1,
             parameters: Parameters | None = None) -> dict[str, Any]:
    header = Header(f"D{situation.day:%Y%m%d}", sequence, previous, "2026-03-01T10:00:00Z", "test", WITNESS)
    return build(situation, parameters or Parameters.on(situation.day), calendar(), header, tune=tune)


def rows_of(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The units of a frame as objects."""
    return list(View(frame).rows())


def bundle_of(situation: Situation, numbers: str = "3 17 42", **more: Any) -> dict[str, Any]:
    return seal(canonical(frame_of(situation, **more)), [{"source": "witness", "value": numbers}])


def bytes_of(situation: Situation, numbers: str = "3 17 42", **more: Any) -> bytes:
    return to_bytes(bundle_of(situation, numbers, **more))


def store(db: Database, situation: Situation, *, scores_as_of: dt.date | None = None) -> None:
    """The city as rows: areas, units, officers, recusals, scores, and an old visit for each unit that has one."""
    with db.connection() as connection, connection.cursor() as cursor:
        for area, parent in situation.parents.items():
            level = "city" if parent is None else "district" if len(area) == 6 else "town"
            cursor.execute("insert into areas (area_code, parent_code, level, name_zh) values (%s, %s, %s, %s)",
                           [area, parent, level, f"区域{area}"])
        cursor.executemany(
            "insert into units (unit_no, name, area_code, kind, is_key, is_crowded) "
            "values (%s, %s, %s, 'other', %s, %s)",
            [(u.unit_no, f"单位{u.unit_no}", u.area, u.is_key, u.is_crowded) for u in situation.units])
        cursor.executemany(
            "insert into officers (officer_no, name, body, area_codes, certificate_no, certificate_from, "
            "certificate_to, can_lead, daily_visits) values (%s, %s, %s, %s, %s, '2010-01-01', '2030-12-31', %s, %s)",
            [(o.officer_no, f"张{o.officer_no}", o.body, list(o.areas), f"C{o.officer_no}", o.can_lead, o.load)
             for o in situation.officers])
        cursor.executemany(
            "insert into officer_recusals select %s, unit_id, 'kin' from units where unit_no = %s",
            list(situation.recusals))
        if scores_as_of:
            cursor.execute("insert into score_runs (as_of, model, policy_version, units, started_at) "
                           "values (%s, 'scorecard', 'test', %s, now())", [scores_as_of, len(situation.units)])
            cursor.executemany(
                "insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions) "
                "select unit_id, %s, %s, 1, %s, %s, '[]' from units where unit_no = %s",
                [(scores_as_of, u.score, u.risk_class, u.risk_class, u.unit_no) for u in situation.units
                 if u.risk_class])
        cursor.executemany(
            "insert into inspections (inspection_no, unit_id, kind, inspected_on, status, result) "
            "select 'I-' || unit_no, unit_id, 'campaign', %s, 'done', 'pass' from units where unit_no = %s",
            [(u.last, u.unit_no) for u in situation.units if u.last])
