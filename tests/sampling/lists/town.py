"""A town with a draw of its day, for the tests of list draws."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sampling import draw, freeze
from sampling.bundle import joined
from store import Database
from tests.sampling.city import LATE as MONDAY
from tests.sampling.city import LATE_EVENING as EVENING
from tests.sampling.city import LATE_MORNING as MORNING
from tests.sampling.city import city, store

NOON = dt.datetime.combine(MONDAY, dt.time(4, 0), dt.UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + dt.timedelta(days=n) for n in (1, 2, 3))


def drawn_town(db: Database, **city_of: Any) -> list[dict[str, Any]]:
    """A hundred and twenty units, officers with room to spare, and the drawn visits of Monday in their order."""
    fields: dict[str, Any] = {"units": 120, "officers": 10, "day": MONDAY} | city_of
    store(db, city(21, **fields), scores_as_of=MONDAY - dt.timedelta(days=1))
    freeze.run(db, MONDAY, EVENING)
    draw.run(db, MONDAY, MORNING)
    return visits(db)


def visits(db: Database) -> list[dict[str, Any]]:
    """All visits that draws have planned, with their officers, the lead first."""
    return db.rows("""select i.inspection_id, i.inspection_no, i.kind, i.arm, i.draw_no, i.draw_probability,
        i.planned_on, i.status, i.note, u.unit_no, u.area_code,
        array(select officer_no from inspection_officers o where o.inspection_id = i.inspection_id order by role)
        as officers
        from inspections i join units u using (unit_id) where i.draw_no is not null order by i.inspection_id""")


def replaceable(db: Database) -> dict[str, Any]:
    """A drawn visit of Monday beside whose unit many others could have been drawn, whatever the seed was."""
    row = db.row("""select i.inspection_no from draw_visits v join inspections i using (inspection_id)
        order by (select coalesce(sum(g.units), 0) from draw_groups g where g.draw_id = v.draw_id
                  and g.stratum = v.stratum and g.reason = '') desc, v.position limit 1""")
    assert row is not None
    return next(visit for visit in visits(db) if visit["inspection_no"] == row["inspection_no"])


def bundle(db: Database, draw_no: str) -> bytes:
    row = db.row("select frame, bundle from draws where draw_no = %s", [draw_no])
    assert row is not None
    return joined(bytes(row["frame"]), bytes(row["bundle"]))
