"""Complaints, penalties and orders through REST; pages show them with their unit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.guard import Db, Options, Staff
from api.refusals import Absent
from api.viewer import Viewer
from casework import complaints, forms, penalties
from policy.clocks import legal_day
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1", tags=["casework"])
Number = Annotated[str, Path(min_length=1, max_length=64)]


class CaseFilter(BaseModel):
    """What narrows a list of cases."""

    state: Literal["open", "late", "all"] = Field("open", description="late: open and past its day")
    offset: int = Field(0, ge=0, le=10_000_000)
    limit: int = Field(50, ge=1, le=500)


class Cases(BaseModel):
    """A page of cases; ``next`` is the offset of the next page."""

    rows: list[dict[str, Any]]
    next: int | None


class ComplaintEntry(BaseModel, extra="forbid"):
    """A complaint as taken down (举报投诉)."""

    unit_no: str = Field(max_length=64)
    received_at: dt.datetime
    channel: str = Field(max_length=64, examples=["96119"])
    kind: str = Field(max_length=64, examples=["blocked_exit"])
    anonymous: bool = True
    note: str | None = Field(None, max_length=4000)
    complaint_no: str | None = Field(None, max_length=64, description="the next number of the day if left out")


class ComplaintTaken(BaseModel):
    """Its number and the moment by which it must be checked on site."""

    complaint_no: str
    check_by: dt.datetime


class CheckEntry(BaseModel, extra="forbid"):
    """What the check of a complaint found (核查)."""

    checked_at: dt.datetime
    verified: bool
    inspection_no: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=4000)


class Checked(BaseModel):
    """Whether the check was in time."""

    in_time: bool


class PenaltyEntry(BaseModel, extra="forbid"):
    """A decision of punishment (行政处罚)."""

    unit_no: str = Field(max_length=64)
    decided_on: dt.date
    kind: str = Field(max_length=64, examples=["fine"])
    article: str = Field(max_length=200, examples=["60"])
    officers: list[str] = Field(max_length=20)
    amount_yuan: float | None = Field(None, ge=0, le=1e10)
    case_no: str | None = Field(None, max_length=64)
    inspection_no: str | None = Field(None, max_length=64)


class PenaltyEntered(BaseModel):
    """Its case number."""

    case_no: str


def _own(db: Database, viewer: Viewer, query: str, number: str, refusal: str) -> None:
    if db.row(_SQL[query], {**viewer.scope, "number": number}) is None:
        raise Absent(refusal, unit=number, number=number)


def _page(db: Database, viewer: Viewer, query: str, wanted: CaseFilter, now: dt.datetime) -> dict[str, Any]:
    rows = db.rows(_SQL[query], {**viewer.scope, "state": wanted.state, "now": now, "day": legal_day(now),
                                 "limit": wanted.limit, "offset": wanted.offset})
    return {"rows": rows, "next": wanted.offset + len(rows) if len(rows) == wanted.limit else None}


@router.get("/complaints", response_model=Cases, summary="Complaints, the most urgent first")
def api_complaints(wanted: Annotated[CaseFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return _page(db, viewer, "complaints", wanted, options.clock())


@router.get("/orders", response_model=Cases, summary="Orders to correct, the most urgent first")
def api_orders(wanted: Annotated[CaseFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return _page(db, viewer, "orders", wanted, options.clock())


@router.post("/complaints", response_model=ComplaintTaken, status_code=201, summary="Take a complaint down")
def api_complain(body: ComplaintEntry, viewer: Staff, db: Db, options: Options) -> Any:
    _own(db, viewer, "own_unit", body.unit_no, "refusal.no_unit")
    return complaints.register(db, complaints.complaint_form(body.model_dump()), viewer.username, now=options.clock())


@router.post("/complaints/{complaint_no}/check", response_model=Checked, status_code=201,
             summary="Enter what the check of a complaint found")
def api_check(complaint_no: Number, body: CheckEntry, viewer: Staff, db: Db, options: Options) -> Any:
    _own(db, viewer, "own_complaint", complaint_no, "refusal.no_complaint")
    checked_at = forms.moment(body.checked_at, "checked_at")
    in_time = complaints.record_check(db, complaint_no, checked_at=checked_at, verified=body.verified,
                                      inspection_no=body.inspection_no, note=body.note, actor=viewer.username,
                                      now=options.clock())
    return {"in_time": in_time}


@router.post("/penalties", response_model=PenaltyEntered, status_code=201, summary="Enter a penalty")
def api_penalty(body: PenaltyEntry, viewer: Staff, db: Db, options: Options) -> Any:
    _own(db, viewer, "own_unit", body.unit_no, "refusal.no_unit")
    form = penalties.penalty_form(body.model_dump())
    return {"case_no": penalties.record_penalty(db, form, viewer.username, now=options.clock())}
