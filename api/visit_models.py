"""The shapes in which visits are shown."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, Field

from api.codes import VisitKind
from api.cursors import After
from api.visit_entries import AnswerEntry, EvidenceEntry, SheetEntry


class InspectionFilter(BaseModel):
    """What narrows the list."""

    state: Literal["planned", "done", "other", "all"] = Field("planned", description="other: cancelled, not possible")
    q: str = Field("", max_length=100, description="part of the unit's name or number, or the first part of the "
                                                   "inspection's number")
    kind: VisitKind = Field("", max_length=64)
    mine: bool | None = Field(None, description="only those of the account's own officer")
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class Inspection(BaseModel):
    """A visit, planned or done."""

    inspection_id: int
    inspection_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_zh: str
    area_en: str | None
    kind: str
    arm: str | None
    draw_no: str | None
    planned_on: dt.date | None
    inspected_on: dt.date | None
    status: str
    result: str | None
    hazards: int
    officers: list[str]
    trigger: str = Field(description="what set the visit off: a code of the rule inspection.triggers")
    time_class: str | None = Field(description="working, off_hours, midnight or holiday, from the start time")


class Evidence(EvidenceEntry):
    """Evidence as stored."""

    evidence_id: int


class TeamMember(BaseModel):
    """An officer of a visit."""

    officer_no: str
    name: str
    role: Literal["lead", "member"]
    body: str


class OldAnswer(BaseModel):
    """An earlier hazard of the unit: what was found then."""

    hazard_id: int
    inspection_id: int
    inspection_no: str
    item_code: str
    name_zh: str | None
    name_en: str | None
    severity: str
    is_major: bool
    found_on: dt.date
    handling: str
    due_on: dt.date | None
    note: str | None
    evidence: list[Evidence]


class Compared(OldAnswer):
    """An earlier hazard with what this visit found of it."""

    corrected: bool
    new_note: str | None
    new_evidence: list[Evidence]


class Hazard(BaseModel):
    """A hazard of a visit."""

    hazard_id: int
    item_code: str
    item_version: dt.date | None = Field(description="since when the item holds as it was cited")
    name_zh: str | None
    name_en: str | None
    severity: str
    is_major: bool
    handling: str
    oral: bool
    due_on: dt.date | None
    corrected_on: dt.date | None
    note: str | None
    evidence: list[Evidence]


class Answer(AnswerEntry):
    """An item that was looked at."""

    item_version: dt.date
    name_zh: str | None
    name_en: str | None


class VisitOrder(BaseModel):
    """An order to correct that came of a visit."""

    order_no: str
    kind: str
    served_on: dt.date
    correct_by: dt.date
    recheck_by: dt.date
    asked_on: dt.date | None
    closed_on: dt.date | None


class InspectionRecord(BaseModel):
    """A visit whole: the record, its team, hazards and orders, and the old answers beside the new ones."""

    inspection_id: int
    inspection_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    unit_kind: str
    area_code: str
    area_zh: str
    area_en: str | None
    address: str | None
    is_key: bool
    is_crowded: bool
    is_high_hazard: bool
    kind: str
    trigger: str
    time_class: str | None
    arm: str | None
    draw_no: str | None
    draw_probability: float | None
    planned_on: dt.date | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    inspected_on: dt.date | None
    status: str
    result: str | None
    items_version: dt.date | None = Field(description="the version of the list of items that the visit went by")
    team_name: str | None
    note: str | None
    source: str = Field(description="how it came into this system: draw, manual or import")
    entered_by: str | None
    entered_at: dt.datetime
    sheet: SheetEntry
    team: list[TeamMember]
    hazards: list[Hazard]
    answers: list[Answer]
    orders: list[VisitOrder]
    evidence: list[Evidence] = Field(description="of the visit as a whole")
    compared: list[Compared] = Field(description="earlier hazards, old answer and new")
    open_hazards: list[OldAnswer] = Field(description="hazards of the unit that are ordered and not corrected")


class Inspections(BaseModel):
    """A page of visits."""

    total: int
    total_is_least: bool = Field(description="there are more than total: no list is counted to its end")
    inspections: list[Inspection]
    next: str | None = Field(description="what to send as after for the next page")


class Recorded(BaseModel):
    """What the entry left, and what it does to the next score."""

    inspection_id: int
    inspection_no: str
    orders: list[str]
    closed_orders: list[str]
    points: float = Field(description="credit points posted")
    score_before: float | None = Field(description="the newest score computed before the visit")
    next_score: float | None = Field(description="what the next night's run will give, all else unchanged")
    raised_to: str | None = Field(description="the class that the result raised the unit to at once, if it did")


class SourceCount(BaseModel):
    """Visits of one source."""

    trigger: str
    zh: str
    en: str
    visits: int
    hazards_found: int = Field(description="visits that found a hazard")


class SourceCounts(BaseModel):
    """Visits done from one day to another, by what set them off."""

    first: dt.date
    last: dt.date
    sources: list[SourceCount]
