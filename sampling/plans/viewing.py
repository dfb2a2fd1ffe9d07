"""A plan as one account may see it: the rows and desks of its areas, with totals of these alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sampling.plans.content import Content, totals
from sampling.plans.targets import Row


def within(content: Mapping[str, Any], areas: Collection[str] | None) -> Content:
    """The content limited to ``areas`` (None: everywhere).

    A desk shows where all of its areas do, since its numbers are of all of them. The salt shows to nobody who does not
    see the whole plan.
    """
    if areas is None:
        return dict(content)
    held = set(areas)
    rows = [row for row in content["rows"] if row["area"] in held]
    out = {name: value for name, value in content.items() if name not in ("salt", "carried")}
    return out | {
        "rows": rows, "totals": totals([_row(row) for row in rows]),
        "areas": {code: area for code, area in content["areas"].items() if code in held},
        "pools": [pool for pool in content["pools"] if held.issuperset(pool["covers"])],
        "desks": [desk for desk in content["desks"] if held.issuperset(desk["covers"])],
        "shortfalls": [told for told in content["shortfalls"] if held.issuperset(told["covers"])]}


def sees_all(content: Mapping[str, Any], areas: Collection[str] | None) -> bool:
    """Whether an account with these areas sees every row of the plan."""
    return areas is None or {row["area"] for row in content["rows"]} <= set(areas)


def _row(row: Mapping[str, Any]) -> Row:
    return Row(row["area"], row["group"], row["risk_class"], row["units"], row["ratio"], row["quota"], row["done"],
               tuple(row["booked"]), tuple(row["months"]))
