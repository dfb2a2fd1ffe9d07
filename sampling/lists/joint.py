"""Joint draws (部门联合): the department that launches draws the objects, each that takes part its own two officers.

One visit, one bundle. The fire department may launch (from its own register, by a saved query) or take part (in the
list of another department). Visits at units that we know become inspections with our officers.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policy.clocks import legal_day
from sampling.errors import DrawError
from sampling.freeze import LOCK
from sampling.lists import campaign, crews, drawing, freezing, keeping
from sampling.lists.drawing import Planned
from sampling.lists.frame import OWN, ListObject, ListSpec
from sampling.lists.rules import ListRules
from sampling.lists.selection import Selection
from store import Database, Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]
KIND = "joint"


def create(db: Database, data: Mapping[str, Any], selection: Selection, now: dt.datetime, *, actor: str,
           areas: Collection[str] | None = None) -> Row:
    """Keep a joint draw. ``launching`` and ``taking_part`` name departments, ``item`` what is inspected.

    Where the plan of the year has a line for item and launching department, it says who takes part, and the number of
    visits or the share of the list, unless the form says so itself.
    """
    form = keeping.list_form(data)
    launching = str(data.get("launching") or OWN).strip()
    item = str(data.get("item") or "").strip() or None
    with db.connection() as connection:
        line = connection.execute(q["plan"], {"year": form.first_day.year, "item": item,
                                              "launching": launching}).fetchone()
        taking_part = [str(code).strip() for code in data.get("taking_part") or ()] or (
            line["taking_part"] if line else [])
        share = None if form.visits is not None or line is None else line["share"]
        if form.visits is None and line is not None and line["visits"] is not None:
            form = replace(form, visits=line["visits"])
        departments = list(dict.fromkeys([launching, *taking_part]))
        known = {row["department"]: row for row in connection.execute(q["departments"])}
        for code in departments:
            if code not in known:
                raise DrawError(f"there is no department {code[:40]!r}: import it with huoyan joint import departments",
                                zh=f"没有部门 {code[:40]}：请先导入部门名录")
        if OWN not in departments or len(departments) < 2:
            raise DrawError(f"a joint draw needs two departments or more, {OWN} among them: {', '.join(departments)}",
                            zh="联合抽查至少两个部门，其中应有消防")
        told = {"item": item, "share": share, **({"query": selection.as_json()} if launching == OWN else {})}
        number = keeping.store(connection, KIND, form, told, actor=actor, now=now, areas=areas,
                               departments=departments)
        return keeping.one(connection, KIND, number)


def freeze(db: Database, list_no: str, now: dt.datetime, *, actor: str, areas: Collection[str] | None = None,
           entropy: Sequence[str] | None = None) -> Row:
    """Freeze the list of a joint draw with the officers of each department; one that stands is returned."""
    today = legal_day(now)
    with db.connection() as connection:
        lock_for_transaction(connection, LOCK)
        held = keeping.one(connection, KIND, list_no, areas)
        if held["draw_no"] and (held["draw_status"] == "drawn" or drawing.stale(connection, held["draw_no"]) is None):
            return drawing.told(connection, held["draw_no"])
        launches = held["departments"][0] == OWN
        rules = ListRules.on(today, KIND if launches else f"{KIND}_taking_part")
        days = keeping.days_of(held, today)
        objects = _objects(connection, held, today, rules)
        if not objects:
            raise DrawError(f"the list of {list_no} is empty: {held['departments'][0]} has no objects for it",
                            zh=f"{list_no} 的名单为空：发起部门没有相应的对象")
        share = held["selection"].get("share")
        size = held["visits"] if share is None else math.ceil(share * len(objects))
        names = {row["department"]: row["name_zh"] for row in connection.execute(q["departments"])}
        spec = ListSpec(
            kind=KIND, title=held["title"], day=today, days=days, size=size, order=held["drawn_by"], objects=objects,
            departments=[crews.own(connection, days) if code == OWN else
                         crews.crew(connection, code, names[code], days) for code in held["departments"]],
            parents=freezing.parents(connection), recusals=freezing.recusals(connection, objects),
            scores_as_of=freezing.scores_as_of(connection, today) if launches else None)
        return drawing.freeze_kept(connection, held, spec, rules, now, entropy, actor=actor)


def draw(db: Database, draw_no: str, now: dt.datetime, given: Mapping[str, str] | None, *, actor: str) -> Row:
    """Draw a frozen joint list; visits at units of ours wait in the inspections, with our officers."""
    planned = Planned(KIND, note=f"部门联合抽查 {draw_no}")
    return drawing.draw(db, draw_no, now, given, lambda connection, object_no: planned, actor=actor)


def departments(connection: Connection) -> list[Row]:
    """Departments with how many officers and objects each has."""
    return connection.execute(q["departments"]).fetchall()


def plans(connection: Connection) -> list[Row]:
    """The yearly plan, newest year first."""
    return connection.execute(q["plans"]).fetchall()


def _objects(connection: Connection, held: Row, today: dt.date,
             rules: ListRules) -> list[ListObject]:
    """The objects of the list; those that are units of ours are known by number or credit code."""
    if held["departments"][0] == OWN:
        query = Selection.of(held["selection"].get("query") or {})
        ids = campaign.targets(connection, query, today, held["area_codes"])
        found = list(freezing.unit_objects(connection, ids, today, rules).values())
        return [freezing.weighed(one, held["drawn_by"], rules) for one in found]
    rows = connection.execute(q["objects"], {"department": held["departments"][0],
                                             "item": held["selection"].get("item")}).fetchall()
    ours = freezing.unit_objects(connection, [row["unit_id"] for row in rows if row["unit_id"]], today, rules)
    made = []
    for row in rows:
        # The list is the launching department's, and so is the class: ours is an internal reference.
        c = row["risk_class"] or rules.class_without_score
        one = ours.get(row["unit_no"]) or ListObject(row["object_no"], row["name"], row["area_code"], False, c)
        named = replace(one, object_no=row["object_no"], risk_class=c)
        made.append(freezing.weighed(named, held["drawn_by"], rules))
    return made
