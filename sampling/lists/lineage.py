"""Where a visit of a list comes from: the draw whose list its object was drawn from, and the first draw of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sampling.lists.frame import OWN

Row = dict[str, Any]
#: A drawn draw by its number, its ``frame`` read, or None where there is none on record.
Fetch = Callable[[str], Row | None]


@dataclass(frozen=True)
class Lineage:
    """``drawn_from``: the draw whose list the object was drawn from (officers alone may have been drawn since);
    ``first``: the daily draw, campaign or joint draw from which all of it comes."""

    drawn_from: Row
    first: Row

    @property
    def departments(self) -> list[tuple[str, str | None]]:
        """Code and name of each department that takes part, the launching one first; of a daily draw only ours."""
        return [(row["department"], row["name"]) for row in self.first["frame"].get("departments", ())] or [(OWN, None)]

    @property
    def launching(self) -> str:
        """The department whose objects they are."""
        return self.departments[0][0]


def lineage(fetch: Fetch, draw: Row) -> Lineage | None:
    """The line of ``draw``; None where a draw that it names is not on record."""
    drawn_from, first = draw, draw
    while first["frame"].get("of"):
        before = fetch(first["frame"]["of"]["draw_no"])
        if before is None:
            return None
        if drawn_from is first and only_officers(first["frame"]):
            drawn_from = before
        first = before
    return Lineage(drawn_from, first)


def only_officers(frame: Mapping[str, Any]) -> bool:
    """Whether a frame draws officers anew for the same objects."""
    return frame.get("reason") is not None and frame["reason"]["officer"] is not None
