"""Every kind of list draw by its name: what a frozen list is drawn with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Protocol

from sampling.errors import DrawError
from sampling.lists import campaign, joint, replacement
from store import Database, Queries

q = Queries(__file__)


class Drawing(Protocol):
    """Draws a frozen list of one kind; a drawn one is returned as it stands."""

    def __call__(self, db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *,
                 actor: str) -> dict[str, Any]: ...


KINDS: dict[str, Drawing] = {replacement.KIND: replacement.draw, campaign.KIND: campaign.draw,
                            joint.KIND: joint.draw}


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *,
         actor: str) -> dict[str, Any]:
    """Draw a frozen list of whatever kind it is."""
    row = db.row(q["kind"], [draw_no])
    if row is None or row["kind"] not in KINDS:
        raise DrawError(f"there is no list draw {draw_no}", zh=f"没有名单抽取 {draw_no}")
    return KINDS[row["kind"]](db, draw_no, now, given, actor=actor)
