"""Draws of several days with results, as rows of a database: for estimates."""

from __future__ import annotations

import datetime as dt

import pytest

from policy import calendar
from sampling import draw, freeze
from sampling.population import Situation
from store import Database
from tests.sampling.city import store

EVENING = dt.time(10)


def drawn_days(db: Database, held: Situation, first: dt.date, days: int, found: set[str]) -> list[dt.date]:
    """Freeze, draw and enter results on so many working days; units of ``found`` have a serious hazard each.

    The draws are the same each time: an interval that covers 95 times of 100 would else fail five.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sampling.entropy.secrets.token_bytes", lambda many: bytes(range(many)))
        return _drawn_days(db, held, first, days, found)


def _drawn_days(db: Database, held: Situation, first: dt.date, days: int, found: set[str]) -> list[dt.date]:
    store(db, held, scores_as_of=first - dt.timedelta(days=1))
    with db.connection() as connection:
        connection.execute("insert into inspection_items (item_code, valid_from, name_zh, severity) "
                           "values ('x', '2000-01-01', '甲', 'serious')")
    made, day = [], first
    while len(made) < days:
        if calendar().is_working_day(day):
            eve = dt.datetime.combine(day - dt.timedelta(days=1), EVENING, dt.UTC)
            freeze.run(db, day, eve)
            draw.run(db, day, eve.replace(hour=22))
            enter(db, day, found)
            made.append(day)
        day += dt.timedelta(days=1)
    return made


def enter(db: Database, day: dt.date, found: set[str]) -> None:
    """The results of a day's visits."""
    with db.connection() as connection:
        connection.execute("update inspections set status = 'done', inspected_on = planned_on, result = 'pass' "
                           "where planned_on = %s and status = 'planned'", [day])
        connection.execute(
            "insert into hazards (inspection_id, unit_id, item_code, severity, found_on, handling) "
            "select i.inspection_id, i.unit_id, 'x', 'serious', i.planned_on, 'recorded' "
            "from inspections i join units u using (unit_id) where i.planned_on = %s and u.unit_no = any(%s)",
            [day, sorted(found)])
