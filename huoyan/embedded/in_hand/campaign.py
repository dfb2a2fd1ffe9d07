"""A campaign over crowded places, drawn by lot for the week after the day's own draw."""

from __future__ import annotations

import datetime as dt

from huoyan.embedded.in_hand.scene import DISTRICT, DUTY
from policy import calendar
from policy.clocks import legal_day
from registry.areas import subtree
from sampling import entropy
from sampling.lists import campaign
from sampling.lists.selection import Selection
from store import Database

_DAYS, _VISITS, _SHARE = 5, 12, 5


def lay(db: Database, draw_day: dt.date, now: dt.datetime) -> bool:
    """Keep the campaign, freeze its list and draw it, unless there is any; whether it was drawn."""
    if db.row("select 1 as there from draw_lists limit 1"):
        return False
    first = calendar().next(draw_day)
    selection = Selection(is_crowded=True)
    with db.connection() as connection:
        # The draw's day may lie in the next year, whose chain is another.
        entropy.new_year(connection, legal_day(now).year)
        areas = subtree(connection, [DISTRICT])
        objects = len(campaign.targets(connection, selection, draw_day, areas))
    if not objects:
        return False
    held = campaign.create(db, {
        "title": "人员密集场所安全疏散专项检查", "theme": "theme", "visits": max(1, min(_VISITS, objects // _SHARE)),
        "first_day": first, "last_day": calendar().add(first, _DAYS - 1), "drawn_by": "weight"}, selection, now,
        actor=DUTY, areas=areas)
    frozen = campaign.freeze(db, held["list_no"], now, actor=DUTY)
    campaign.draw(db, frozen["draw_no"], now, None, actor=DUTY)
    return True
