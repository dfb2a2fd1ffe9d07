"""The demo's towns: a delegation agreement for each year of the record, filed in time, and officers trained for it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from casework.delegation import agreements, training
from policy import calendar
from policy.clocks import SHANGHAI, legal_day
from registry import items
from store import Database

_ACTOR = "simulator"
_NOTE = "模拟数据"
_POWERS = ("inspect", "order")
#: Working days before its first day that an agreement is renewed: on the day itself it would be late.
_AHEAD = 5
_TOWNS = """
    select t.area_code, t.parent_code, array_agg(o.officer_no order by o.officer_no) as officers
    from areas t join officers o on o.body = 'town' and o.status = 'active' and t.area_code = any(o.area_codes)
    where t.level = 'town' and t.parent_code is not null
    group by t.area_code order by t.area_code"""


def sign(db: Database, now: dt.datetime, days: int) -> int:
    """Sign what was in force over the last ``days`` and is now; nothing where any agreement stands. How many."""
    if db.row("select 1 as there from agreements limit 1"):
        return 0
    today = legal_day(now)
    signed = 0
    for town in db.rows(_TOWNS):
        day = today - dt.timedelta(days=days + 30)
        for officer in town["officers"]:
            training.attend(db, officer, "pre_post", day, Decimal(8), "岗前培训", _ACTOR, now)
            training.assess(db, officer, day, True, Decimal(90), "消防救援大队", _ACTOR, now)
        signed_on = day
        while day <= today:
            day = _sign_one(db, town["area_code"], town["parent_code"], signed_on, day, now)
            signed_on = calendar().before(day, _AHEAD)
            signed += 1
    return signed


def _sign_one(db: Database, town: str, principal: str, signed_on: dt.date, day: dt.date, now: dt.datetime) -> dt.date:
    """One agreement of a year from ``day`` on, filed at once; the day after its last."""
    with db.connection() as connection:
        codes = [item.item_code for item in items.on(connection, day)]
    at = min(now, dt.datetime.combine(signed_on, dt.time(18), SHANGHAI))
    number = agreements.make(db, agreements.agreement_form({
        "regime": "delegated", "town_code": town, "principal_code": principal, "powers": list(_POWERS),
        "item_codes": codes, "signed_on": signed_on, "from_day": day, "note": _NOTE}), _ACTOR, at)
    filed = min(legal_day(now), calendar().next(signed_on))
    for body in agreements.FILED_WITH:
        agreements.file(db, number, body, filed, None, _ACTOR, now)
    with db.connection() as connection:
        last: dt.date = agreements.one(connection, number, day)["to_day"]
    return last + dt.timedelta(days=1)
