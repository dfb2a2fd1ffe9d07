"""Complaints, penalties, fires and orders through REST; pages show them with their unit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import next_score
from api.guard import Db, Lead, Options, Staff
from api.refusals import Absent
from api.viewer import Viewer
from casework import complaints, fires, forms, penalties
from policy.clocks import legal_day
from scoring import raises
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


class Moved(BaseModel):
    """What an entry does to the score of its unit."""

    score_before: float | None = Field(description="the newest score")
    next_score: float | None = Field(description="what the next night's run will give, all else unchanged")


class ComplaintTaken(Moved):
    """Its number and the moment by which it must be checked on site."""

    complaint_no: str
    check_by: dt.datetime


class CheckEntry(BaseModel, extra="forbid"):
    """What the check of a complaint found (核查)."""

    checked_at: dt.datetime
    verified: bool
    inspection_no: str | None = Field(None, max_length=64)
    note: str | None = Field(None, max_length=4000)


class Checked(Moved):
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


class PenaltyEntered(Moved):
    """Its case number."""

    case_no: str


class WithdrawalEntry(BaseModel, extra="forbid"):
    """A decision that was changed or annulled (撤销): it stays on record, its points are given back."""

    withdrawn_on: dt.date
    reason: str = Field(min_length=1, max_length=1000)


class FireEntry(BaseModel, extra="forbid"):
    """A fire at a unit (火灾)."""

    unit_no: str = Field(max_length=64)
    occurred_at: dt.datetime
    procedure: str = Field(max_length=64, examples=["simple"])
    note: str | None = Field(None, max_length=4000)
    fire_no: str | None = Field(None, max_length=64, description="the next number of the day if left out")


class FireEntered(Moved):
    """Its number."""

    fire_no: str


def unit_of(db: Database, viewer: Viewer, noun: Literal["unit", "complaint", "penalty"], number: str) -> int:
    """The unit behind a number, if it lies in the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL[f"unit_of_{noun}"], {**viewer.scope, "number": number})
    if row is None:
        absent = {"unit": "refusal.no_unit", "complaint": "refusal.no_complaint", "penalty": "refusal.no_case"}
        raise Absent(absent[noun], unit=number, number=number)
    return int(row["unit_id"])


def _moved(db: Database, unit_id: int, now: dt.datetime) -> dict[str, Any]:
    moved = next_score.after(db, unit_id, legal_day(now), legal_day(now))
    return {"score_before": moved.before, "next_score": moved.score}


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
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    taken = complaints.register(db, complaints.complaint_form(body.model_dump()), viewer.username, now=now)
    return {"complaint_no": taken.complaint_no, "check_by": taken.check_by, **_moved(db, unit_id, now)}


@router.post("/complaints/{complaint_no}/check", response_model=Checked, status_code=201,
             summary="Enter what the check of a complaint found")
def api_check(complaint_no: Number, body: CheckEntry, viewer: Staff, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "complaint", complaint_no)
    checked_at = forms.moment(body.checked_at, "checked_at")
    in_time = complaints.record_check(db, complaint_no, checked_at=checked_at, verified=body.verified,
                                      inspection_no=body.inspection_no, note=body.note, actor=viewer.username,
                                      now=now)
    return {"in_time": in_time, **_moved(db, unit_id, now)}


@router.post("/penalties", response_model=PenaltyEntered, status_code=201, summary="Enter a penalty")
def api_penalty(body: PenaltyEntry, viewer: Lead, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    number = penalties.record_penalty(db, penalties.penalty_form(body.model_dump()), viewer.username, now=now)
    raises.run(db, now, [unit_id])
    return {"case_no": number, **_moved(db, unit_id, now)}


@router.post("/penalties/{case_no}/withdrawal", response_model=Moved, status_code=201, summary="Withdraw a penalty")
def api_withdraw(case_no: Number, body: WithdrawalEntry, viewer: Lead, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "penalty", case_no)
    penalties.withdraw(db, case_no, body.withdrawn_on, body.reason, viewer.username, now=now)
    return _moved(db, unit_id, now)


@router.post("/fires", response_model=FireEntered, status_code=201, summary="Enter a fire")
def api_fire(body: FireEntry, viewer: Staff, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    number = fires.record_fire(db, fires.fire_form(body.model_dump()), viewer.username, now=now)
    return {"fire_no": number, **_moved(db, unit_id, now)}
