"""The objects of a replacement: what a first draw has left, with its weights, or just those whose officers changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import orjson

from sampling.errors import DrawError
from sampling.lists import freezing
from sampling.lists.frame import OWN, ListObject
from sampling.lists.lineage import Lineage
from sampling.lists.pool import peers
from sampling.lists.rules import ListRules
from sampling.tickets import PROTOCOL
from store import Queries
from store.database import Connection

q = Queries(__file__)

Row = dict[str, Any]


def beside(connection: Connection, line: Lineage, visit: Row, day: dt.date, rules: ListRules) -> list[ListObject]:
    """The objects that stood beside the replaced one where it was drawn, with the weights that they had there."""
    origin = line.drawn_from
    result = orjson.loads(origin["bundle"])["result"]
    taken = {row["unit_no"] for row in connection.execute(q["drawn_that_day"], [visit["planned_on"]])}
    if origin["kind"] == "daily":
        weights = daily_weights(origin, visit["object_no"], visit["arm"])
        missed = {row["unit_no"] for row in result["unassigned"]}
        found = freezing.unit_objects(connection, freezing.unit_ids(connection, weights).values(), day, rules)
    else:
        weights = list_weights(origin["frame"])
        missed = {row["object_no"] for row in (*result["unassigned"], *result["visits"])}
        missed |= {row["object_no"] for row in connection.execute(q["drawn_of_list"], [line.first["draw_id"]])}
        found = _listed(connection, line, weights, day, rules)
    number = visit["object_no"]
    return [replace(one, weight=weights[name], out="replaced" if name == number else
                    "drawn" if name in missed or one.unit_no in taken else one.out) for name, one in found.items()]


def same(connection: Connection, line: Lineage, numbers: Collection[str], day: dt.date,
         rules: ListRules) -> list[ListObject]:
    """The objects of visits whose officers are drawn anew: nothing keeps them out."""
    if line.first["kind"] == "daily":
        found = freezing.unit_objects(connection, freezing.unit_ids(connection, numbers).values(), day, rules)
    else:
        found = _listed(connection, line, numbers, day, rules)
    return [replace(one, planned=False, visits=0, last=None, out=None) for one in found.values()]


def daily_weights(draw: Row, unit_no: str, arm: str | None) -> dict[str, float]:
    """The weights of a daily draw's stratum in the arm that took a unit."""
    if draw["frame"].get("protocol") != PROTOCOL:
        raise DrawError(f"{draw['draw_no']} was drawn by an earlier version, whose frame can't be drawn from: "
                        f"plan the visit by hand",
                        zh=f"{draw['draw_no']} 由早期版本抽取，无法据其名单更换：请手工安排")
    return peers(draw["frame"], unit_no, arm or "")


def list_weights(frame: Mapping[str, Any]) -> dict[str, float]:
    """The weights of the objects of a list that could be drawn."""
    return {one["object_no"]: one["weight"] for one in frame["objects"] if one["excluded"] is None}


def _listed(connection: Connection, line: Lineage, numbers: Collection[str], day: dt.date,
            rules: ListRules) -> dict[str, ListObject]:
    """Objects of a list as they are now: units of ours by the register, others by their department's directory."""
    wanted = set(numbers)
    rows = [one for one in line.drawn_from["frame"]["objects"] if one["object_no"] in wanted]
    ids = freezing.unit_ids(connection, [one["unit_no"] for one in rows if one["unit_no"]])
    ours = freezing.unit_objects(connection, ids.values(), day, rules)
    theirs = line.launching != OWN
    gone = {row["object_no"] for row in connection.execute(
        q["gone"], {"department": line.launching, "objects": sorted(wanted)})} if theirs else set()
    found = {}
    for row in rows:
        number = row["object_no"]
        one = ours.get(row["unit_no"]) or ListObject(number, number, row["area"], row["key"], row["class"])
        # Whose list it is, says the class and whether the object is still there.
        found[number] = replace(one, object_no=number, risk_class=row["class"],
                                out="closed" if number in gone else one.out) if theirs else one
    return found
