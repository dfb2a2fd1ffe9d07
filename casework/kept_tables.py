"""What cases, measures and the like of the past are stored as: columns, numbers, and the rows that follow from one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.staging import Column, Values
from policy.clocks import SHANGHAI

Key = str | tuple[Any, ...]


def midnights(days: Sequence[dt.date | None]) -> list[dt.datetime | None]:
    """The moments with which days begin in Asia/Shanghai."""
    begun = {day: None if day is None else dt.datetime.combine(day, dt.time(), SHANGHAI) for day in set(days)}
    return [begun[day] for day in days]


def _as_told(values: Values) -> Values:
    return values


def _owned(values: Values) -> Values:
    """A referral of the past is the receiver's, from the day on which what it is about was found."""
    towards = values["to_code"]
    return {**values, "owner_code": towards, "owner_body": ["brigade"] * len(towards),
            "made_at": midnights(values["found_on"])}


def _noticed(values: Values) -> Values:
    """The notice of rectification of a major hazard: reports count it, and what stands goes on from it."""
    numbers = values["major_hazard_no"]
    days = values.get("notice_on") or [None] * len(numbers)
    return {"noun": ["major_hazard"] * len(numbers), "ref": numbers, "step": ["notice_served"] * len(numbers),
            "at": midnights(days)}


def _referred(values: Values) -> Values:
    """The step that brought a referral where it stands."""
    return {**values, "step": values["state"], "at": midnights(values["found_on"]), "reason": values.get("outcome") or
            [None] * len(values["state"])}


@dataclass(frozen=True)
class Following:
    """Rows of another table, one with each that is new, where it has an ``at``."""

    table: str
    columns: tuple[Column, ...]
    by: str
    of: Callable[[Values], Values]


@dataclass(frozen=True)
class Table:
    """One kind of record: a row of it in a sentence, where it is stored, the constraint by which it is known, its key
    as it comes in, its day, and its columns.

    ``by`` is the column that has who brought it in, ``numbered`` that of an identity which what follows it needs, and
    ``beside`` a day that is stored with what follows it.
    """

    noun: str
    name: str
    unique: str
    key: tuple[str, ...]
    day: str
    columns: tuple[Column, ...]
    by: str = ""
    unit: bool = True
    area: bool = False
    visit: bool = False
    numbered: str = ""
    beside: str = ""
    derived: tuple[Column, ...] = ()
    derive: Callable[[Values], Values] = field(default=_as_told)
    following: Following | None = None

    @property
    def stored(self) -> tuple[str, ...]:
        """The columns of a row as it is stored: what is looked up, what came in, and by whom."""
        looked = {self.numbered: True, "unit_id": self.unit, "area_code": self.area, "inspection_id": self.visit,
                  **{one.name: True for one in (*self.columns, *self.derived)}, self.by: True}
        return tuple(name for name, has in looked.items() if name and has)


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from words such as ``case_no offence_on:date``; a word without a type is text."""
    return tuple(Column(name, kind or "text") for name, _, kind in (word.partition(":") for word in text.split()))


TABLES = {
    "cases": Table("a case", "cases", "cases_case_no_key", ("case_no",), "filed_on", (
        *_columns("case_no party regime procedure article facts officers:text[] offence_on:date life_safety:bool "
                  "filed_at:timestamptz filed_on:date standing decided_on:date closed_on:date"),
        Column("items", "text[]", [])), by="entered_by", area=True, visit=True),
    "measures": Table("a measure", "measures", "measures_measure_no_key", ("measure_no",), "began_on", _columns(
        "measure_no kind path ground scope officers:text[] began_at:timestamptz began_on:date until_on:date standing "
        "ended_on:date"), by="entered_by", area=True),
    "major_hazards": Table("a major hazard", "major_hazards", "major_hazards_major_hazard_no_key", (
        "major_hazard_no",), "found_on", _columns(
        "major_hazard_no way elements:text[] officers:text[] found_at:timestamptz found_on:date standing level "
        "ended_on:date"), by="entered_by", area=True, beside="notice_on", following=Following(
            "enforcement_steps", _columns("noun ref step at:timestamptz"), "entered_by", _noticed)),
    "agreements": Table("an agreement", "agreements", "agreements_agreement_no_key", ("agreement_no",),
        "from_day", _columns(
        "agreement_no regime town_code principal_code powers:text[] from_day:date to_day:date signed_on:date"),
        by="made_by", unit=False),
    "credit_entries": Table("a credit entry", "credit_entries", "credit_event_once", ("event_kind", "event_ref"),
        "occurred_on", _columns("occurred_on:date points:numeric event_kind event_ref article")),
    "listings": Table("a credit listing", "credit_listings", "credit_listings_pkey", ("unit_no", "list", "from_day"),
        "from_day", _columns("list from_day:date to_day:date basis")),
    "training": Table("a training day", "training_days", "trained_once", ("officer_no", "held_on", "topic"),
        "held_on", (*_columns("officer_no kind held_on:date days:numeric topic"), Column("hours", "numeric", digits=1)),
        by="made_by", unit=False),
    "guidance": Table("a visit of guidance", "guidance_visits", "guided_once_a_day", ("town_code", "visited_on"),
        "visited_on", _columns("town_code visited_on:date officers:text[] note"), by="made_by", unit=False),
    "referrals": Table("a referral", "referrals", "referrals_referral_no_key", ("referral_no",), "found_on", (
        *_columns("referral_no reason from_code from_body to_code found_on:date state outcome note"),
        Column("item_codes", "text[]", [])), by="made_by", numbered="referral_id",
        derived=_columns("owner_code owner_body made_at:timestamptz"), derive=_owned, following=Following(
            "referral_steps", _columns("step from_code to_code at:timestamptz reason"), "made_by", _referred))}
"""By what files and loads call them."""


def columns(name: str) -> tuple[Column, ...]:
    """The columns of a kind of record, as its rows come in."""
    table = TABLES[name]
    return (*map(Column, (*(("unit_no",) if table.unit else ()), *(("inspection_no",) if table.visit else ()))),
            *table.columns, *((Column(table.beside, "date"),) if table.beside else ()))
