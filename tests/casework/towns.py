"""What a town needs before it may act: an agreement with a list, and officers who were trained and have passed."""

from __future__ import annotations

import datetime as dt

from casework.delegation import agreements
from store import Database
from tests.casework.city import DAY, moment

TOWN, BRIGADE = "990101001", "990101"
SIGNED = dt.date(2026, 1, 5)
ITEMS = ("exits.blocked", "signs.missing")


def delegate(db: Database, **fields: object) -> str:
    """The town of the small district may inspect and order from 2026-01-05 on for a year."""
    entry: dict[str, object] = {
        "regime": "delegated", "town_code": TOWN, "principal_code": BRIGADE, "powers": ["inspect", "order"],
        "item_codes": list(ITEMS), "signed_on": SIGNED} | fields
    return agreements.make(db, agreements.agreement_form(entry), "brigade", moment(DAY, 8))


def prepare(db: Database, *officers: str, on: dt.date = SIGNED) -> None:
    """Officers with their training before the post and their pass."""
    with db.connection() as connection:
        for officer in officers:
            connection.execute("insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)"
                               " values (%s, 'pre_post', %s, 8, 1, '岗前', 'test')", [officer, on])
            connection.execute("insert into officer_passes (officer_no, assessed_on, passed, assessed_by, made_by)"
                               " values (%s, %s, true, '大队', 'test')", [officer, on])
