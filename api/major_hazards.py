"""Major fire hazards (重大火灾隐患) through REST: found, determined, listed (挂牌督办), accepted."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import enforcement
from api.case_steps import AnyStep, EvidenceEntry, MeetingEntry, NotedStep, OfficerNo
from api.enforcement import Clock, ListFilter, Meeting, Next, Step
from api.enforcement_cases import EvidenceList
from api.guard import Db, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.enforcement import evidence, major_hazard_forms, major_hazards
from casework.enforcement.major_hazards import STANDINGS
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/major-hazards", tags=["enforcement"])
HazardNo = Annotated[str, Path(min_length=1, max_length=64, examples=["Z20261201-0001"])]
Standing = Literal["found", "determined", "listed", "accepted", "not_major"]
Level = Literal["province", "city", "county"]
_DECIDING = ("determined", "not_major", "listed", "accepted")


class MajorHazardFilter(ListFilter):
    """What narrows the list of major hazards."""

    state: Literal["open", "found", "determined", "listed", "accepted", "not_major", "all"] = Field(
        "open", description="open: found, determined or listed")
    level: Level | None = None


class MajorHazardEntry(BaseModel, extra="forbid"):
    """What may be a major hazard, as found."""

    unit_no: str = Field(min_length=1, max_length=64)
    found_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    way: Literal["direct", "combined"] = Field(description="直接判定: any one element; 综合判定: at least three")
    elements: list[str] = Field(min_length=1, max_length=100, description="elements of GB 35181")
    officers: list[OfficerNo] = Field(max_length=20, description="at least two, certified that day")
    inspection_no: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=4000)
    evidence: list[EvidenceEntry] = Field([], max_length=50)


class Demonstrated(AnyStep):
    """专家论证: at least 7 experts; two thirds must consent to a determination. Adds 10 working days."""

    step: Literal["demonstrated"]
    experts: int = Field(ge=0, le=1000)
    consenting: int = Field(ge=0, le=1000)


class Determined(AnyStep):
    """判定: by a meeting of at least three."""

    step: Literal["determined"]
    collective: MeetingEntry | None = None


class NotMajor(NotedStep):
    """不判定为重大火灾隐患."""

    step: Literal["not_major"]


class NoticeServed(AnyStep):
    """重大火灾隐患整改通知书: within 3 working days of the determination."""

    step: Literal["notice_served"]
    correct_by: dt.date


class OpinionReported(AnyStep):
    """书面报告本级人民政府: within 7 working days of the inspection, 10 more after experts were heard."""

    step: Literal["opinion_reported"]
    report_no: str = Field(min_length=1, max_length=200)


class Listed(AnyStep):
    """挂牌督办: with its level and what must be met before it leaves the list."""

    step: Literal["listed"]
    level: Level
    conditions: list[str] = Field(min_length=1, max_length=50)
    listed_by: str = Field(min_length=1, max_length=200)


class Progress(NotedStep):
    """整改进展, 联合整治."""

    step: Literal["progress"]


class Accepted(NotedStep):
    """验收销案: by a meeting, once the closing conditions are met. There is no other way off the list."""

    step: Literal["accepted"]
    collective: MeetingEntry | None = None
    conditions_met: bool


HazardStep = Annotated[Demonstrated | Determined | NotMajor | NoticeServed | OpinionReported | Listed | Progress
                       | Accepted, Field(discriminator="step")]


class MajorHazardRow(BaseModel):
    """A major hazard in a list."""

    major_hazard_id: int
    major_hazard_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    way: str
    elements: list[str]
    found_on: dt.date
    standing: Standing
    level: Level | None
    ended_on: dt.date | None
    due_rule: str | None = Field(description="the rule of the period that ends next")
    due_at: dt.datetime | None
    late: bool


class MajorHazards(BaseModel):
    """A page of major hazards, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[MajorHazardRow]
    next: int | None


class MajorHazardWhole(BaseModel):
    """A major hazard with everything that belongs to it."""

    major_hazard_id: int
    major_hazard_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    is_key: bool
    area_code: str
    area_zh: str
    area_en: str | None
    inspection_id: int | None
    inspection_no: str | None
    way: str
    elements: list[str]
    officers: list[str]
    found_at: dt.datetime
    found_on: dt.date
    standing: Standing
    level: Level | None
    conditions: list[str] = Field(description="what must be met before it leaves the list")
    ended_on: dt.date | None
    entered_by: str
    entered_at: dt.datetime
    steps: list[Step]
    meetings: list[Meeting]
    clocks: list[Clock]
    next: list[Next]


class MajorHazardStepped(MajorHazardWhole):
    """The major hazard after a step."""

    in_time: bool | None = Field(description="of the period that the step ended; null where it ended none")


def find(db: Database, viewer: Viewer, number: str) -> dict[str, Any]:
    """The head of a major hazard within the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL["head"], {**viewer.scope, "number": number})
    if row is None:
        raise Absent("refusal.no_major_hazard", number=number)
    return row


def read(db: Database, viewer: Viewer, wanted: MajorHazardFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of major hazards of the viewer's areas."""
    states = STANDINGS if wanted.state == "all" else (
        ("found", "determined", "listed") if wanted.state == "open" else (wanted.state,))
    with db.connection() as connection:
        return enforcement.listed(connection, _SQL, "of_unit" if wanted.unit_no else "page", {
            **enforcement.scope(db, viewer, wanted, states), "level": wanted.level, "now": now}, "major_hazard_id")


def whole(db: Database, viewer: Viewer, number: str, now: dt.datetime) -> dict[str, Any]:
    """A major hazard within the viewer's areas with all that belongs to it."""
    find(db, viewer, number)
    with db.connection() as connection:
        return major_hazards.whole(connection, number, now)


def enter(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> str:
    """Enter what was found at a unit of the viewer's areas."""
    form = major_hazard_forms.major_hazard_form(data)
    if db.row(_SQL["unit"], {**viewer.scope, "number": form.unit_no}) is None:
        raise Absent("refusal.no_unit", unit=form.unit_no)
    enforcement.allow(viewer, form.officers)
    return major_hazards.find(db, form, viewer.username, now=now)


def take(db: Database, viewer: Viewer, number: str, data: dict[str, Any], now: dt.datetime) -> bool | None:
    """Make a step in a major hazard of the viewer's areas."""
    head = find(db, viewer, number)
    form = major_hazard_forms.step_form(data)
    enforcement.allow(viewer, head["officers"], deciding=form.step in _DECIDING)
    return major_hazards.step(db, number, form, viewer.username, now=now)


def supply(db: Database, viewer: Viewer, major_hazard_no: str, step_id: int, files: Any) -> None:
    """Evidence for a step that was entered before."""
    enforcement.allow(viewer, find(db, viewer, major_hazard_no)["officers"])
    evidence.add(db, "major_hazard", major_hazard_no, step_id, evidence.evidence_list(files), viewer.username)


@router.get("", response_model=MajorHazards, summary="Major hazards, the newest first")
def api_hazards(wanted: Annotated[MajorHazardFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.post("", response_model=MajorHazardWhole, status_code=201, summary="Enter what may be a major hazard")
def api_enter(body: MajorHazardEntry, viewer: Staff, db: Db, options: Options) -> Any:
    number = enter(db, viewer, body.model_dump(), options.clock())
    return whole(db, viewer, number, options.clock())


@router.get("/{major_hazard_no}", response_model=MajorHazardWhole, summary="A major hazard with steps and periods")
def api_hazard(major_hazard_no: HazardNo, viewer: Staff, db: Db, options: Options) -> Any:
    return whole(db, viewer, major_hazard_no, options.clock())


@router.post("/{major_hazard_no}/steps", response_model=MajorHazardStepped, status_code=201,
             summary="Make the next step of a major hazard")
def api_step(major_hazard_no: HazardNo, body: HazardStep, viewer: Staff, db: Db, options: Options) -> Any:
    in_time = take(db, viewer, major_hazard_no, body.model_dump(), options.clock())
    return {**whole(db, viewer, major_hazard_no, options.clock()), "in_time": in_time}


@router.post("/{major_hazard_no}/steps/{step_id}/evidence", response_model=MajorHazardWhole, status_code=201,
             summary="Supply the evidence of a step of a major hazard")
def api_evidence(major_hazard_no: HazardNo, step_id: Annotated[int, Path(ge=1, le=2**63 - 1)], body: EvidenceList,
                 viewer: Staff, db: Db, options: Options) -> Any:
    supply(db, viewer, major_hazard_no, step_id, body.model_dump()["evidence"])
    return whole(db, viewer, major_hazard_no, options.clock())
