"""A simulated district of any size in a database, with the ninety days that a score looks back on.

Registers, record and alarm cases are a simulated city's, loaded by the doors that an operator's own history uses; the
readings of the last night are there in full. The eighty-nine days before it stand only as rolled-up unit-days, made by
one statement: to load their readings would take longer than everything that is measured.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from huoyan.embedded.loading import load_city
from scoring import rollup
from simulators.city import City, generate
from store import Database

DEVICES_A_UNIT = 3
_SEED = 7
_LOOK_BACK = 90

_UNIT_DAYS = """
insert into unit_days (unit_id, day, devices, devices_heard, readings, fault_hours, offline_hours, pressure_readings,
                       pressure_out, leakage_readings, leakage_over)
select unit_id, %(until)s::date - back, many, many, 2 * many, (unit_id + back) %% 7 / 3.0, (unit_id * back) %% 11 / 4.0,
       many, (unit_id + back) %% 13 / 12, many, (unit_id + back) %% 17 / 16
from (select unit_id, count(*) as many from devices where status = 'active' group by unit_id) carrying,
     generate_series(2, %(days)s) back
on conflict do nothing
"""


def load(dsn: str, units: int, until: dt.date) -> None:
    """Fill an empty database with ``units`` units and three times as many devices, as ``until`` begins."""
    city = generate(_SEED, units=units, devices=DEVICES_A_UNIT * units, until=until, days=_LOOK_BACK)
    with Database(dsn, name="benchmark") as db:
        _load(db, dataclasses.replace(city, days=1))
        with db.connection() as connection:
            # Cases of the whole ninety days have marked their days: those are made below, not rolled up.
            connection.execute("delete from dirty_unit_days where day < %s", [until - dt.timedelta(days=1)])
            connection.execute(_UNIT_DAYS, {"until": until, "days": _LOOK_BACK})
        rollup.run(db, until)
        settle(db)


def load_year(dsn: str, units: int, until: dt.date) -> None:
    """The district of the demo: every reading of a year."""
    with Database(dsn, name="benchmark") as db:
        _load(db, generate(_SEED, units=units, devices=DEVICES_A_UNIT * units, until=until))
        settle(db)


def settle(db: Database) -> None:
    """What autovacuum would have done a minute later."""
    with db.connection() as connection:
        connection.execute("analyze")


def _load(db: Database, city: City) -> None:
    midnight = rollup.midnight(city.until)
    load_city(db, city, midnight, lambda text, share: None)
