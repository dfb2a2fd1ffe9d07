"""A city of any size, made by the database itself: registers, five years of record, ninety days of roll-ups.

No row passes through Python, and nothing is drawn: every figure is a hash of a row's number, so that the same size is
always the same city. Its units differ in how bad they are by nature, so that there is something to learn.
"""

from __future__ import annotations

import datetime as dt

import psycopg

from store import Queries

q = Queries(__file__)

KINDS = ["hotel", "restaurant", "mall", "entertainment", "hospital", "nursing_home", "school", "office", "factory",
          "warehouse", "highrise_residential", "small_place", "other"]
_UNITS_A_DISTRICT = 25_000
_DAYS = 90
_RECORD = ("areas", "units", "devices", "visits", "hazards", "penalties", "complaints", "fires", "credit", "listings",
           "alarms", "events")


def load(dsn: str, units: int, until: dt.date) -> None:
    """Fill an empty database with ``units`` units, as ``until`` begins; a little more visits than units."""
    told = {"units": units, "visits": units * 11 // 10, "districts": -(-units // _UNITS_A_DISTRICT), "kinds": KINDS,
            "until": until}
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        # Neither foreign keys nor what ingest is told by triggers: rows fit each other, and nobody listens.
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute(q["roll"])
        connection.execute("insert into vendors (vendor_code, name) values ('bench', 'bench')")
        for name in _RECORD:
            connection.execute(q[name], told)
        connection.commit()
        # An empty table of this very transaction needs no log, and an index is built faster than it is kept up.
        connection.execute("truncate unit_days")
        connection.execute("alter table unit_days drop constraint unit_days_pkey")
        connection.execute("drop index unit_days_day")
        for back in range(_DAYS, 0, -1):
            connection.execute(q["unit_days"], told | {"back": back})
        connection.execute("alter table unit_days add primary key (unit_id, day)")
        connection.execute("create index unit_days_day on unit_days (day)")
        connection.commit()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")


def weights(dsn: str) -> dict[str, int]:
    """Bytes of the table of roll-ups with its indexes, of everything, and of one row of the former."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select pg_total_relation_size('unit_days'), pg_database_size(current_database()), "
                                 "pg_relation_size('unit_days') / greatest(count(*), 1) from unit_days").fetchone()
    assert row is not None, "a size has a row"
    return dict(zip(("unit_days", "database", "unit_day"), map(int, row), strict=True))
