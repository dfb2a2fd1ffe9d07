"""What the routes of credit share: notices, objections and repairs in lists and whole, within the viewer's areas."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, cast

from pydantic import BaseModel, Field

from api import enforcement
from api.enforcement import Clock, ListFilter
from api.refusals import Absent
from api.viewer import Viewer
from casework.credit_record import matters
from store import Database, Queries

_SQL = Queries(__file__)

Noun = Literal["notice", "objection", "repair"]
#: The standings in which someone still has to act.
OPEN: dict[str, tuple[str, ...]] = {
    "notice": ("issued", "served"), "objection": ("open",),
    "repair": ("applied", "incomplete", "accepted", "noticed")}
CLOSED: dict[str, tuple[str, ...]] = {
    "notice": ("listed", "dropped"), "objection": ("upheld", "rejected"),
    "repair": ("approved", "confirmed", "refused", "withdrawn")}


class MatterFilter(ListFilter):
    """What narrows a list of notices, objections or repairs."""

    state: Literal["open", "closed", "late", "all"] = Field("open", description="late: a period has run out")


class MatterRow(BaseModel):
    """A notice, an objection or a repair in a list."""

    matter_id: int
    matter_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    target: str = Field(description="the list of a notice; penalty, listing or entry of the others")
    ref: str = Field(description="the ground of a notice; what the others are about")
    began_at: dt.datetime
    standing: str
    closed_on: dt.date | None
    due_rule: str | None
    due_at: dt.datetime | None
    late: bool


class Matters(BaseModel):
    """A page, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[MatterRow]
    next: int | None


class MatterStep(BaseModel):
    """One step as it was made."""

    step_id: int
    step: str
    at: dt.datetime
    note: str | None
    details: dict[str, Any]
    entered_by: str
    entered_at: dt.datetime


class Matter(BaseModel):
    """A notice, an objection or a repair with its steps and periods."""

    matter_id: int
    matter_no: str
    noun: Noun
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    target: str
    ref: str
    details: dict[str, Any]
    began_at: dt.datetime
    standing: str
    closed_on: dt.date | None
    entered_by: str
    entered_at: dt.datetime
    steps: list[MatterStep]
    clocks: list[Clock]


class MatterAfter(Matter):
    """The matter after a step."""

    in_time: bool | None = Field(description="of the period that the step ended; null where it ended none")


def unit(db: Database, viewer: Viewer, unit_no: str) -> dict[str, Any]:
    """A unit by its number within the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL["unit"], {**viewer.scope, "number": unit_no})
    if row is None:
        raise Absent("refusal.no_unit", unit=unit_no)
    return row


def listed(db: Database, viewer: Viewer, noun: Noun, wanted: MatterFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of notices, objections or repairs of the viewer's areas."""
    states = {"open": OPEN[noun], "closed": CLOSED[noun]}.get(wanted.state, OPEN[noun] + CLOSED[noun])
    query = "late" if wanted.state == "late" else "of_unit" if wanted.unit_no else "page"
    with db.connection() as connection:
        # Not prepared: which index serves depends on what is asked for.
        rows = connection.execute(_SQL[query], {**enforcement.scope(db, viewer, wanted, states), "now": now,
                                                "noun": noun, "clocks": f"credit_{noun}"}, prepare=False).fetchall()
    return enforcement.page(rows, wanted.limit, "matter_id")


def whole(db: Database, viewer: Viewer, noun: Noun, matter_no: str) -> dict[str, Any]:
    """A matter within the viewer's areas with its steps and periods."""
    head(db, viewer, noun, matter_no)
    with db.connection() as connection:
        return matters.whole(connection, matter_no)


def noun_of(db: Database, viewer: Viewer, matter_no: str) -> Noun:
    """What a number within the viewer's areas is of."""
    row = db.row(_SQL["noun_of"], {**viewer.scope, "number": matter_no})
    if row is None:
        raise Absent("refusal.no_credit_matter", number=matter_no)
    return cast(Noun, row["noun"])


def head(db: Database, viewer: Viewer, noun: Noun, matter_no: str) -> None:
    """Refuse a matter that does not exist for this viewer."""
    if db.row(_SQL["head"], {**viewer.scope, "noun": noun, "number": matter_no}) is None:
        raise Absent("refusal.no_credit_matter", number=matter_no)
