"""What of a plan is published: kinds and areas, rules and items; never a quota by risk class.

A class is internal (an A unit is not told so, and nobody else either). From the quota of a few units one could guess
their classes, so areas with fewer units of a kind than a rule says are counted with the area above them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sampling.parameters import GROUPS

Content = dict[str, Any]
_COPIED = ("format", "plan_no", "year", "month", "version", "reason", "as_of", "first_day", "basis", "policy_version",
           "rules", "how", "calendar", "items")


def public(content: Mapping[str, Any], digest: str, least_units: int) -> Content:
    """The published form of a plan; ``digest`` of the whole one binds it without telling it."""
    rows = [row for group in GROUPS for row in _rows(content, group, least_units)]
    shown = {row["area"] for row in rows}
    return {name: content[name] for name in _COPIED} | {
        "plan_digest": digest, "previous": content["previous"],
        "areas": {code: {"zh": area["zh"], "en": area["en"]} for code, area in content["areas"].items()
                  if code in shown},
        "rows": rows, "totals": {name: content["totals"][name] for name in ("all", "group", "kind")},
        "shortfalls": [_short(content, kind) for kind in ("key", "general")
                       if any(one["kind"] == kind for one in content["shortfalls"])]}


def _rows(content: Mapping[str, Any], group: str, least: int) -> list[Content]:
    """One group's rows by area, small ones counted with the area above."""
    held: dict[str, Content] = {}
    for row in content["rows"]:
        if row["group"] == group:
            _add(held, row["area"], row)
    areas = content["areas"]
    for depth in range(max((_depth(code, areas) for code in held), default=0), 0, -1):
        # All of one depth before those above, so that neighbours too small alone stand together where they can.
        for code in sorted(code for code in held if _depth(code, areas) == depth and held[code]["units"] < least):
            _add(held, areas[code]["parent"], held.pop(code))
    return [{"area": code, "group": group} | held[code] for code in sorted(_closed(held, least))]


def _closed(held: dict[str, Content], least: int) -> dict[str, Content]:
    """A rest too small to stand alone takes in the smallest other area: else it is what the total lacks."""
    while len(held) > 1 and (few := next((code for code in sorted(held) if held[code]["units"] < least), None)):
        other = min((code for code in held if code != few), key=lambda code: (held[code]["units"], code))
        _add(held, few, held.pop(other))
    return held


def _add(held: dict[str, Content], code: str, row: Mapping[str, Any]) -> None:
    one = held.setdefault(code, {"units": 0, "quota": 0, "done": 0, "booked": [0] * 12, "months": [0] * 12})
    for name in ("units", "quota", "done"):
        one[name] += row[name]
    for name in ("booked", "months"):
        one[name] = [had + more for had, more in zip(one[name], row[name], strict=True)]


def _depth(code: str, areas: Mapping[str, Any]) -> int:
    depth = 0
    while (over := areas.get(code, {}).get("parent")) is not None and depth < 10:
        code, depth = over, depth + 1
    return depth


def _short(content: Mapping[str, Any], kind: str) -> Content:
    told = [one for one in content["shortfalls"] if one["kind"] == kind]
    return {"kind": kind, "since": min(one["since"] for one in told)} | {
        name: sum(one[name] for one in told) for name in ("needs", "can", "short", "duties")}
