"""Unit-days that telemetry has touched, and that the night rolls up again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from policy.clocks import legal_day
from store import Queries
from store.database import Connection

_q = Queries(__file__)
_ONE_DAY = dt.timedelta(days=1)

#: Unit and legal day.
UnitDay = tuple[int, dt.date]


def mark_unit_days(connection: Connection, touched: Collection[UnitDay], today: dt.date) -> None:
    """Mark unit-days to be rolled up again."""
    for name, chosen in (("mark_days", sorted(one for one in touched if one[1] >= today)),
                         ("mark_late_days", sorted(one for one in touched if one[1] < today))):
        if chosen:
            connection.execute(_q[name], {"units": [unit for unit, _ in chosen], "days": [day for _, day in chosen]})


def days_between(since: dt.datetime, until: dt.datetime | None, today: dt.date) -> Iterator[dt.date]:
    """The legal days of a stretch of time, both ends included; one without an end reaches to ``today``."""
    day, last = legal_day(since), today if until is None else legal_day(until)
    while day <= last:
        yield day
        day += _ONE_DAY
