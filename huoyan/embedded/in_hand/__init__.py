"""What the demo's brigade has in hand today: living matters, made through the people's own functions with their gates.

All of it is dated by working days before the day of the demo, so that it stands the same on any day of the year.
"""

from __future__ import annotations

import datetime as dt

from huoyan.embedded.in_hand import cases, credit, grid, ledgers, measures, referrals, requests, towns
from huoyan.embedded.in_hand.scene import Scene
from store import Database

__all__ = ["lay"]

# Cases come first: whether a person's case stands says whether all of this was laid before.
_PARTS = (cases.lay, measures.lay, grid.lay, towns.lay, referrals.lay, requests.lay, credit.lay, ledgers.lay)


def lay(db: Database, now: dt.datetime) -> bool:
    """Lay the matters in hand as of ``now``, unless a person has a case already; whether they were laid."""
    if db.row("select 1 as there from cases where entered_by <> 'simulator' limit 1"):
        return False
    scene = Scene.of(db, now)
    for part in _PARTS:
        part(scene)
    return True
