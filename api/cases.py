"""Penalties and fires through REST; pages show them with their unit."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from api import next_score
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework import fires, penalties
from policy.clocks import legal_day
from scoring import raises
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1", tags=["casework"])
Number = Annotated[str, Path(min_length=1, max_length=64)]


class Moved(BaseModel):
    """What an entry does to the score of its unit."""

    score_before: float | None = Field(description="the newest score")
    next_score: float | None = Field(description="what the next night's run will give, all else unchanged")


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
    occurred_at: Moment
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


def moved(db: Database, unit_id: int, now: dt.datetime) -> dict[str, Any]:
    """What the entry just made does to the score of its unit."""
    after = next_score.after(db, unit_id, legal_day(now), legal_day(now))
    return {"score_before": after.before, "next_score": after.score}


@router.post("/penalties", response_model=PenaltyEntered, status_code=201, summary="Enter a penalty")
def api_penalty(body: PenaltyEntry, viewer: Lead, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    number = penalties.record_penalty(db, penalties.penalty_form(body.model_dump()), viewer.username, now=now)
    raises.run(db, now, [unit_id])
    return {"case_no": number, **moved(db, unit_id, now)}


@router.post("/penalties/{case_no}/withdrawal", response_model=Moved, status_code=201, summary="Withdraw a penalty")
def api_withdraw(case_no: Number, body: WithdrawalEntry, viewer: Lead, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "penalty", case_no)
    penalties.withdraw(db, case_no, body.withdrawn_on, body.reason, viewer.username, now=now)
    return moved(db, unit_id, now)


@router.post("/fires", response_model=FireEntered, status_code=201, summary="Enter a fire")
def api_fire(body: FireEntry, viewer: Staff, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    number = fires.record_fire(db, fires.fire_form(body.model_dump()), viewer.username, now=now)
    return {"fire_no": number, **moved(db, unit_id, now)}
