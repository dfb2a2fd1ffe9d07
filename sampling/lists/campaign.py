"""Campaigns (专项检查): a theme, a saved query over the register, so many visits on so many days, drawn by lot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from policy import rules as rule_book
from policy.clocks import legal_day
from sampling.errors import DrawError
from sampling.freeze import LOCK
from sampling.lists import crews, drawing, freezing, keeping
from sampling.lists.drawing import Planned
from sampling.lists.frame import ListSpec
from sampling.lists.rules import ListRules
from sampling.lists.selection import Selection
from store import Database, lock_for_transaction
from store.database import Connection

Row = dict[str, Any]
KIND = "campaign"


def create(db: Database, data: Mapping[str, Any], selection: Selection, now: dt.datetime, *, actor: str,
           areas: Collection[str] | None = None) -> Row:
    """Keep a campaign with its saved query; nothing is drawn yet. It says how many units the query holds of now."""
    form = keeping.list_form(data)
    with db.connection() as connection:
        number = keeping.store(connection, KIND, form, selection.as_json(), actor=actor, now=now, areas=areas)
        return {**keeping.one(connection, KIND, number),
                "objects": len(targets(connection, selection, legal_day(now), areas))}


def targets(connection: Connection, selection: Selection, day: dt.date,
            areas: Collection[str] | None = None) -> list[int]:
    """The units that a saved query holds of on a day."""
    found = selection.units(connection, day, freezing.scores_as_of(connection, day), areas)
    most = int(rule_book().value("draw.list.most_objects", day))
    if len(found) > most:
        raise DrawError(f"the query holds of {len(found)} units, a list takes {most}: narrow it",
                        zh=f"条件选出 {len(found)} 家单位，一份名单最多 {most} 家：请缩小范围")
    return found


def freeze(db: Database, list_no: str, now: dt.datetime, *, actor: str, areas: Collection[str] | None = None,
           entropy: Sequence[str] | None = None) -> Row:
    """Freeze the list of a campaign as its query gives it today; a frozen or drawn one is returned as it stands."""
    today = legal_day(now)
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        held = keeping.one(connection, KIND, list_no, areas)
        if held["draw_no"] and (held["draw_status"] == "drawn" or drawing.stale(connection, held["draw_no"]) is None):
            return drawing.told(connection, held["draw_no"])
        rules = ListRules.on(today, KIND)
        days = keeping.days_of(held, today)
        ids = targets(connection, Selection.of(held["selection"]), today, held["area_codes"])
        objects = [freezing.weighed(one, held["drawn_by"], rules)
                   for one in freezing.unit_objects(connection, ids, today, rules).values()]
        if not objects:
            raise DrawError(f"the query of {list_no} holds of no unit", zh=f"{list_no} 的条件没有选出任何单位")
        spec = ListSpec(
            kind=KIND, title=held["title"], day=today, days=days, size=held["visits"], order=held["drawn_by"],
            objects=objects, departments=[crews.own(connection, days)],
            parents=freezing.parents(connection), recusals=freezing.recusals(connection, objects),
            scores_as_of=freezing.scores_as_of(connection, today))
        return drawing.freeze_kept(connection, held, spec, rules, now, entropy, actor=actor)


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *, actor: str) -> Row:
    """Draw a frozen campaign: its visits wait from now on, and the daily draws of these days count on them."""
    planned = Planned(KIND, note=f"专项检查 {draw_no}")
    return drawing.draw(db, draw_no, now, given, lambda connection, object_no: planned, actor=actor)
