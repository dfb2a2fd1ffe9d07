"""Register, scores and record, each read as columns, are laid beside each other unit by unit."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sampling.units import population
from store import Database

DAY = dt.date(2026, 6, 10)
ASKED = {"day": DAY, "year_start": dt.date(2026, 1, 1), "year_end": dt.date(2026, 12, 31),
         "kinds": ["draw", "campaign"], "as_of": dt.date(2026, 6, 9), "open_since": dt.date(2026, 5, 1)}
AREAS = ["990000", "990101", "990102"]


def read(db: Database, **asked: Any) -> dict[str, tuple[Any, ...]]:
    with db.connection() as connection:
        held = population(connection, AREAS, ASKED | asked)
    columns = (held.area, held.group, held.risk_class, np.nan_to_num(held.score, nan=-1), held.visits, held.ago,
               held.planned)
    return dict(zip(held.unit_no, zip(*(column.tolist() for column in columns), strict=True), strict=True))


def build(db: Database) -> None:
    with db.connection() as connection:
        connection.execute("""
            insert into areas values ('990000', null, 'city', '市'), ('990102', '990000', 'district', '乙'),
                ('990101', '990000', 'district', '甲');
            insert into units (unit_no, name, area_code, kind, is_key, is_crowded, status) values
                ('消9', '末', '990102', 'hotel', true, true, 'active'),
                ('U2', '二', '990101', 'hotel', true, false, 'active'),
                ('U1', '一', '990102', 'shop', false, true, 'active'),
                ('U3', '已关闭', '990101', 'shop', true, true, 'closed'),
                ('a0', '零', '990101', 'shop', false, false, 'active');
            insert into scores (unit_id, as_of, score, rank, risk_class, base_class, contributions)
            select unit_id, day, points, 1, class, class, '{}' from (values ('U2', date '2026-06-09', 40.125, 'B'),
                ('消9', '2026-06-09', 81.0, 'D'), ('U3', '2026-06-09', 90, 'D'), ('U1', '2026-06-08', 99, 'D'))
                s (number, day, points, class) join units on unit_no = number;
            insert into class_raises (unit_id, from_class, to_class, rule, event_kind, event_ref, from_day, until_day,
                                      raised_at)
            select unit_id, 'A', class, 'r', 'penalty', number, '2026-06-10', '2026-06-11', now() from (values
                ('U1', 'C'), ('消9', 'C'), ('U3', 'D')) r (number, class) join units on unit_no = number;
            insert into inspections (inspection_no, unit_id, kind, planned_on, inspected_on, status)
            select 'J' || n, unit_id, why, planned, done, state from (values
                (1, 'U2', 'draw', null, date '2026-06-01', 'done'), (2, 'U2', 'draw', null, '2025-12-30', 'done'),
                (3, 'U2', 'complaint', null, '2026-06-09', 'done'),
                (4, 'a0', 'draw', date '2026-06-10', null, 'planned'),
                (5, 'U1', 'draw', '2026-04-01', null, 'planned'), (6, 'U3', 'draw', null, '2026-06-01', 'done'))
                i (n, number, why, planned, done, state) join units on unit_no = number""")


def test_each_unit_has_its_own_scores_and_visits_in_the_order_of_the_numbers(db: Database) -> None:
    build(db)
    found = read(db)
    assert list(found) == ["U1", "U2", "a0", "消9"]
    assert found == {
        "U1": (2, 2, 2, -1.0, 0, -1, False), "U2": (1, 1, 1, 40.12, 1, 9, False), "a0": (1, 2, -1, -1.0, 1, 0, True),
        "消9": (2, 0, 3, 81.0, 0, -1, False)}


def test_without_scores_and_without_units_there_is_nothing_to_lay_beside(db: Database) -> None:
    build(db)
    assert {row[2:4] for number, row in read(db, as_of=None).items() if number != "U1"} <= {(-1, -1.0), (2, -1.0)}
    with db.connection() as connection:
        connection.execute("update units set status = 'closed'")
    assert read(db) == {}
