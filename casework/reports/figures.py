"""What a figure is: its unit, its definition, its period rule, and the statement whose rows it adds up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from casework.errors import NotFound
from policy import rules
from store import Queries

STATEMENTS = Queries(__file__)


@dataclass(frozen=True)
class Figure:
    """One figure of policy; ``part`` and ``form`` narrow the rows of its statement, ``weight`` is what is added up of
    each and leaves out the rows where it is null; ``item`` is its place in a report of the field."""

    code: str
    zh: str
    en: str
    unit: str
    rows: str
    period: str
    definition_zh: str
    definition_en: str
    item: str = ""
    part: str | None = None
    form: str | None = None
    weight: str = "weight"
    split: bool = False
    under: str = ""

    @property
    def held(self) -> bool:
        """Whether it counts what holds on a day, and has no course over the months."""
        return self.period == "held_at_end"

    def takes(self, part: str | None, form: str | None) -> bool:
        """Whether rows of a part and form count."""
        return (self.part is None or self.part == part) and (self.form is None or self.form == form)


def defined(day: dt.date) -> dict[str, Figure]:
    """The figures as policy has them on a day, by code."""
    return {one["code"]: Figure(**one) for one in rules().value("reports.figures", day)}


def named(code: str, day: dt.date) -> Figure:
    """One figure; a sentence where there is none of that code."""
    found = defined(day).get(code)
    if found is None:
        raise NotFound(f"there is no figure {code[:40]!r}: see reports.figures in policy",
                       zh=f"没有指标“{code[:40]}”，见规则 reports.figures")
    return found
