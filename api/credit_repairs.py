"""Repairs (信用修复) and their guide through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit
from api.credit import Matter, MatterAfter, MatterFilter, Matters
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from casework.credit_record import guide, repairs
from policy.clocks import legal_day
from scoring import raises

router = APIRouter(prefix="/api/v1/credit", tags=["credit"])
RepairNo = Annotated[str, Path(min_length=1, max_length=64, examples=["XF20271201-0001"])]
UnitNo = Annotated[str, Path(min_length=1, max_length=64)]


class RepairEntry(BaseModel, extra="forbid"):
    """An application for repair."""

    unit_no: str = Field(min_length=1, max_length=64)
    target: Literal["penalty", "listing"]
    ref: str | int = Field(description="the case number of the decision, or the listing_id")
    applied_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    papers: list[str] = Field([], max_length=20, description="codes of credit.repair_papers that came with it")
    note: str | None = Field(None, max_length=4000)


class RepairStep(BaseModel, extra="forbid"):
    """The next step of a repair."""

    step: Literal["incomplete", "supplied", "accepted", "public_notice", "notice_objection", "approved", "refused",
                  "confirmed", "platform_ended", "withdrawn"]
    at: Moment
    note: str | None = Field(None, max_length=4000)
    papers: list[str] | None = Field(None, max_length=20, description="of supplied")
    approved_by: str | None = Field(None, max_length=100, description="of approved: the head who decided")


class Paper(BaseModel):
    """A paper of an application."""

    code: str
    zh: str
    en: str


class GuideEntry(BaseModel):
    """One public record of the unit, with its own dates."""

    target: Literal["penalty", "listing"]
    ref: str
    what: str
    basis: str
    decided_on: dt.date
    earliest_on: dt.date = Field(description="the first day on which repair may be asked for")
    until_on: dt.date = Field(description="after it the publicity ends by itself")
    may_apply: bool
    days_to_wait: int
    refusal: str | None = Field(description="what stands against it besides the day, as things are now")
    refusal_zh: str | None
    running: str | None = Field(description="the repair that is being handled")
    papers: list[Paper]


class GuideStep(BaseModel):
    """A step of the procedure with its period."""

    zh: str
    en: str


class Guide(BaseModel):
    """The way to repair for one unit."""

    unit_no: str
    unit_name: str
    day: dt.date
    entries: list[GuideEntry]
    steps: list[GuideStep]


@router.get("/repairs", response_model=Matters, summary="Applications for repair, the newest first")
def api_repairs(wanted: Annotated[MatterFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return credit.listed(db, viewer, "repair", wanted, options.clock())


@router.post("/repairs", response_model=Matter, status_code=201, summary="Take an application for repair")
def api_apply(body: RepairEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    number = repairs.apply(db, body.model_dump(), viewer.username, now=options.clock())
    return credit.whole(db, viewer, "repair", number)


@router.get("/repairs/{repair_no}", response_model=Matter, summary="A repair with its steps and periods")
def api_repair(repair_no: RepairNo, viewer: Staff, db: Db) -> Any:
    return credit.whole(db, viewer, "repair", repair_no)


@router.post("/repairs/{repair_no}/steps", response_model=MatterAfter, status_code=201,
             summary="The next step of a repair")
def api_repair_step(repair_no: RepairNo, body: RepairStep, viewer: Lead, db: Db, options: Options) -> Any:
    credit.head(db, viewer, "repair", repair_no)
    in_time = repairs.step(db, repair_no, body.model_dump(), viewer.username, now=options.clock())
    found = credit.whole(db, viewer, "repair", repair_no)
    if body.step == "approved":
        raises.run(db, options.clock(), [found["unit_id"]])
    return {**found, "in_time": in_time}


@router.get("/units/{unit_no}/guide", response_model=Guide, summary="The way to repair, with the unit's own dates")
def api_guide(unit_no: UnitNo, viewer: Staff, db: Db, options: Options) -> Any:
    of = credit.unit(db, viewer, unit_no)
    with db.connection() as connection:
        return guide.of(connection, of, legal_day(options.clock()))
