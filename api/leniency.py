"""What speaks for leniency and what is no penalty: self-checks (自查自除), soft measures; and reviews of fires."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import enforcement
from api.case_steps import EvidenceEntry, MeetingEntry, OfficerNo
from api.enforcement import ListFilter
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.enforcement import fire_reviews, self_checks, soft_measures
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1", tags=["enforcement"])
Soft = Literal["persuasion", "guidance", "admonition"]


class SelfCheckEntry(BaseModel, extra="forbid"):
    """A hazard that a unit found and reported itself."""

    unit_no: str = Field(min_length=1, max_length=64)
    item_code: str = Field(min_length=1, max_length=64)
    found_on: dt.date
    reported_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    corrected_on: dt.date | None = None
    note: str | None = Field(None, max_length=4000)
    evidence: list[EvidenceEntry] = Field([], max_length=50)


class CorrectionEntry(BaseModel, extra="forbid"):
    """When the unit has corrected what it reported."""

    corrected_on: dt.date


class SelfCheck(BaseModel):
    """What a unit reported of itself."""

    self_check_id: int
    unit_id: int
    unit_no: str
    unit_name: str
    item_code: str
    found_on: dt.date
    reported_at: dt.datetime
    corrected_on: dt.date | None
    evidence: list[EvidenceEntry]
    note: str | None
    entered_by: str


class SelfChecks(BaseModel):
    """A page of self-checks, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[SelfCheck]
    next: int | None


class SelfCheckFilter(BaseModel):
    """What narrows the list of self-checks."""

    unit_no: str = Field("", max_length=64)
    state: Literal["open", "corrected", "all"] = "all"
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=500)


class SoftMeasureEntry(BaseModel, extra="forbid"):
    """A measure that is no penalty."""

    unit_no: str = Field(min_length=1, max_length=64)
    kind: Soft = Field(description="persuasion 说服教育, guidance 劝导示范, admonition 警示告诫")
    taken_on: dt.date
    officers: list[OfficerNo] = Field(max_length=20)
    inspection_no: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=4000)


class SoftMeasure(BaseModel):
    """A soft measure in the list."""

    soft_measure_id: int
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    kind: Soft
    taken_on: dt.date
    officers: list[str]
    inspection_no: str | None
    note: str | None
    entered_by: str


class SoftMeasures(BaseModel):
    """A page of soft measures, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[SoftMeasure]
    next: int | None


class SoftCount(BaseModel):
    """How many soft measures of each kind were taken, apart from penalties."""

    first: dt.date
    last: dt.date
    persuasion: int
    guidance: int
    admonition: int


class Days(BaseModel):
    """A span of days, both included."""

    first: dt.date
    last: dt.date


class FireReviewEntry(BaseModel, extra="forbid"):
    """The decision on a re-examination of a fire (火灾认定复核)."""

    asked_on: dt.date
    decided_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    outcome: Literal["upheld", "changed", "sent_back"]
    collective: MeetingEntry | None = None
    note: str | None = Field(None, max_length=4000)


class FireReviewed(BaseModel):
    """Its number."""

    review_no: str


def _unit(db: Database, viewer: Viewer, unit_no: str) -> None:
    if db.row(_SQL["unit"], {**viewer.scope, "number": unit_no}) is None:
        raise Absent("refusal.no_unit", unit=unit_no)


def self_checks_page(db: Database, viewer: Viewer, wanted: SelfCheckFilter) -> dict[str, Any]:
    """A page of self-checks of the viewer's areas."""
    with db.connection() as connection:
        rows = connection.execute(_SQL["self_checks"], {**viewer.scope, **wanted.model_dump(),
                                                        "unit": wanted.unit_no or None}, prepare=False).fetchall()
    return enforcement.page(rows, wanted.limit, "self_check_id")


def correct(db: Database, viewer: Viewer, number: int, day: dt.date, now: dt.datetime) -> None:
    """Say when a unit of the viewer's areas has corrected what it reported."""
    if db.row(_SQL["self_check"], {**viewer.scope, "id": number}) is None:
        raise Absent("refusal.no_self_check", number=number)
    self_checks.correct(db, number, day, viewer.username, now=now)


def soft_page(db: Database, viewer: Viewer, before: int | None, limit: int) -> dict[str, Any]:
    """A page of soft measures of the viewer's areas."""
    wanted = SoftFilter.model_validate({"before": before, "limit": limit})
    with db.connection() as connection:
        rows = connection.execute(_SQL["soft_measures"], {**enforcement.scope(db, viewer, wanted, ()),
                                                          "kind": wanted.kind}, prepare=False).fetchall()
    return enforcement.page(rows, wanted.limit, "soft_measure_id")


def fire_of(db: Database, viewer: Viewer, fire_no: str) -> None:
    """A fire of the viewer's areas, or it is as if there were none."""
    if db.row(_SQL["fire"], {**viewer.scope, "number": fire_no}) is None:
        raise Absent("refusal.no_fire", number=fire_no)


def fire_reviews_page(db: Database, viewer: Viewer, before: int | None, limit: int) -> dict[str, Any]:
    """A page of decisions on re-examinations of fires, those entered last first."""
    rows = db.rows(_SQL["fire_reviews"], {**viewer.scope, "before": before, "limit": limit})
    return enforcement.page(rows, limit, "fire_review_id")


@router.get("/self-checks", response_model=SelfChecks, summary="What units found and reported themselves")
def api_self_checks(wanted: Annotated[SelfCheckFilter, Query()], viewer: Staff, db: Db) -> Any:
    return self_checks_page(db, viewer, wanted)


@router.post("/self-checks", response_model=SelfCheck, status_code=201, summary="Enter what a unit reported of itself")
def api_self_check(body: SelfCheckEntry, viewer: Staff, db: Db, options: Options) -> Any:
    form = self_checks.self_check(body.model_dump())
    _unit(db, viewer, form.unit_no)
    number = self_checks.report(db, form, viewer.username, now=options.clock())
    return db.row(_SQL["self_check"], {**viewer.scope, "id": number})


@router.post("/self-checks/{self_check_id}/correction", response_model=SelfCheck, status_code=201,
             summary="Say when a unit has corrected what it reported")
def api_correct(self_check_id: Annotated[int, Path(ge=1, le=2**63 - 1)], body: CorrectionEntry, viewer: Staff, db: Db,
                options: Options) -> Any:
    correct(db, viewer, self_check_id, body.corrected_on, options.clock())
    return db.row(_SQL["self_check"], {**viewer.scope, "id": self_check_id})


class SoftFilter(ListFilter):
    """What narrows the list of soft measures."""

    kind: Soft | None = None


@router.get("/soft-measures", response_model=SoftMeasures, summary="Measures that are no penalties")
def api_soft(wanted: Annotated[SoftFilter, Query()], viewer: Staff, db: Db) -> Any:
    with db.connection() as connection:
        rows = connection.execute(_SQL["soft_measures"], {**enforcement.scope(db, viewer, wanted, ()),
                                                          "kind": wanted.kind}, prepare=False).fetchall()
    return enforcement.page(rows, wanted.limit, "soft_measure_id")


@router.get("/soft-measures/count", response_model=SoftCount, summary="Soft measures of some days by kind")
def api_soft_count(days: Annotated[Days, Query()], viewer: Staff, db: Db) -> Any:
    rows = db.rows(_SQL["soft_count"], {**viewer.scope, **days.model_dump()})
    counts = dict.fromkeys(("persuasion", "guidance", "admonition"), 0) | {row["kind"]: row["n"] for row in rows}
    return {**days.model_dump(), **counts}


@router.post("/soft-measures", response_model=SoftMeasure, status_code=201, summary="Enter a soft measure")
def api_take(body: SoftMeasureEntry, viewer: Staff, db: Db, options: Options) -> Any:
    form = soft_measures.soft_measure(body.model_dump())
    _unit(db, viewer, form.unit_no)
    number = soft_measures.take(db, form, viewer.username, now=options.clock())
    return db.row(_SQL["soft_measure"], {"id": number})


@router.get("/fire-reviews", summary="Decisions on re-examinations of fires, those entered last first")
def api_reviews(viewer: Staff, db: Db, before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
                limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
    return fire_reviews_page(db, viewer, before, limit)


@router.post("/fires/{fire_no}/reviews", response_model=FireReviewed, status_code=201,
             summary="Enter the decision on a re-examination of a fire")
def api_review(fire_no: Annotated[str, Path(min_length=1, max_length=64)], body: FireReviewEntry, viewer: Lead, db: Db,
               options: Options) -> Any:
    fire_of(db, viewer, fire_no)
    form = fire_reviews.fire_review({"fire_no": fire_no, **body.model_dump()})
    return {"review_no": fire_reviews.decide(db, form, viewer.username, now=options.clock())}
