"""Objections to credit records through REST."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit
from api.credit import Matter, MatterAfter, MatterFilter, Matters
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from casework.credit_record import objections
from scoring import raises

router = APIRouter(prefix="/api/v1/credit/objections", tags=["credit"])
ObjectionNo = Annotated[str, Path(min_length=1, max_length=64, examples=["YY20261201-0001"])]


class ObjectionEntry(BaseModel, extra="forbid"):
    """An objection (信用异议)."""

    unit_no: str = Field(min_length=1, max_length=64)
    target: Literal["penalty", "listing", "entry"]
    ref: str | int = Field(description="the case number, the listing_id, or the entry_id of the ledger")
    received_at: Moment
    text: str = Field(min_length=1, max_length=4000)


class ObjectionAnswer(BaseModel, extra="forbid"):
    """The answer; ``upheld`` corrects the record at once."""

    answered_at: Moment
    upheld: bool
    reason: str = Field(min_length=1, max_length=1000)


@router.get("", response_model=Matters, summary="Objections, the newest first")
def api_objections(wanted: Annotated[MatterFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return credit.listed(db, viewer, "objection", wanted, options.clock())


@router.post("", response_model=Matter, status_code=201, summary="Take an objection")
def api_object(body: ObjectionEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    number = objections.receive(db, body.model_dump(), viewer.username, now=options.clock())
    return credit.whole(db, viewer, "objection", number)


@router.get("/{objection_no}", response_model=Matter, summary="An objection with its steps and period")
def api_objection(objection_no: ObjectionNo, viewer: Staff, db: Db) -> Any:
    return credit.whole(db, viewer, "objection", objection_no)


@router.post("/{objection_no}/answer", response_model=MatterAfter, status_code=201, summary="Answer an objection")
def api_answer(objection_no: ObjectionNo, body: ObjectionAnswer, viewer: Lead, db: Db, options: Options) -> Any:
    credit.head(db, viewer, "objection", objection_no)
    in_time = objections.answer(db, objection_no, body.model_dump(), viewer.username, now=options.clock())
    found = credit.whole(db, viewer, "objection", objection_no)
    if body.upheld:
        raises.run(db, options.clock(), [found["unit_id"]])
    return {**found, "in_time": in_time}
