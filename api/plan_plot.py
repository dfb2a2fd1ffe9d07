"""The bars of a plan by month, as heights that a page draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sampling.parameters import GROUPS

# Room above the highest bar, in which the line of what officers can do may still be seen.
_HEADROOM = 1.25


def bars(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each month its visits by group as parts of the height (0 to 100, from the ground up), and what can be done.

    ``line`` is None where the officers can do so much more that it lies above the plot, or where it is not known.
    """
    groups = {one["group"]: [booked + months for booked, months in zip(one["booked"], one["months"], strict=True)]
              for one in content["totals"]["group"]}
    sums = [sum(groups[group][month] for group in GROUPS) for month in range(12)]
    pools = content.get("pools") or []
    can = [sum(pool["months"][month] for pool in pools) for month in range(12)] if pools else None
    top = max(sums) * _HEADROOM or 1.0
    out = []
    for month in range(12):
        ground, parts = 0.0, []
        for group in GROUPS:
            height = 100 * groups[group][month] / top
            parts.append({"group": group, "visits": groups[group][month], "y": 100 - ground - height, "height": height})
            ground += height
        possible = can[month] if can else None
        line = None if possible is None or possible > top or not sums[month] else 100 - 100 * possible / top
        out.append({"month": month + 1, "visits": sums[month], "parts": parts, "can": possible, "line": line,
                    "short": possible is not None and possible < sums[month]})
    return out
