"""Requests for checks before opening, before an event and of a promise; orders, and the request to check them again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.cases import unit_of
from api.cursors import After, cut
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework import forms, order_clocks, visit_requests
from policy.clocks import legal_day
from store import Database, Queries, cursors

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1", tags=["casework"])
RequestNo = Annotated[str, Path(min_length=1, max_length=64)]
Kind = Literal["opening", "event", "promise"]


class RequestFilter(BaseModel):
    """What narrows the list."""

    state: Literal["open",
                   "all"] = Field("open", description="open: neither decided on nor withdrawn, and an event not handed "
                                                              "back")
    kind: Kind | None = None
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class RequestEntry(BaseModel, extra="forbid"):
    """A notice or application as it came in."""

    unit_no: str = Field(max_length=64)
    kind: Kind = Field(description="check within 10 working days (opening), 3 (event) or 20 (promise)")
    received_at: Moment = Field(description="Asia/Shanghai where it carries no zone")
    from_body: str = Field(max_length=200, examples=["某公安分局"], description="who gave notice or applied")
    document_no: str | None = Field(None, max_length=100)
    held_from: dt.date | None = Field(None, description="first day of the event; needed for kind event")
    held_to: dt.date | None = None
    note: str | None = Field(None, max_length=4000)


class RequestTaken(BaseModel):
    """Its number and when the check must be made."""

    request_no: str
    check_by: dt.datetime


class VisitMade(BaseModel, extra="forbid"):
    """The visit that was made for a request."""

    inspection_no: str = Field(max_length=64)


class DecisionDue(BaseModel):
    """When the decision is due; null where its kind has no period for one."""

    decide_by: dt.datetime | None


class RequestDecision(BaseModel, extra="forbid"):
    """What was decided after the check."""

    passed: bool
    decision_no: str | None = Field(None, max_length=100)
    decided_at: Moment | None = Field(None, description="now if left out; never ahead, and not before the visit ended")


class HandedBack(BaseModel, extra="forbid"):
    """When the record went back."""

    handed_back_at: Moment | None = Field(None, description="now if left out; never ahead, nor before the visit ended")


class InTime(BaseModel):
    """Whether it was in time; null where no clock ran."""

    in_time: bool | None


class Withdrawal(BaseModel, extra="forbid"):
    """Why a request was taken back."""

    reason: str = Field(min_length=1, max_length=1000)


class VisitRequest(BaseModel):
    """A request and what became of it."""

    request_no: str
    kind: Kind
    unit_id: int
    unit_no: str
    unit_name: str
    received_at: dt.datetime
    from_body: str
    document_no: str | None
    held_from: dt.date | None
    held_to: dt.date | None
    check_by: dt.datetime | None
    inspection_id: int | None
    inspection_no: str | None
    decide_by: dt.datetime | None
    decided_at: dt.datetime | None
    passed: bool | None
    decision_no: str | None
    handed_back_at: dt.datetime | None
    withdrawn_at: dt.datetime | None
    withdrawn_why: str | None
    note: str | None


class VisitRequests(BaseModel):
    """A page of requests; ``next`` is what to send as ``after`` for the next page."""

    rows: list[VisitRequest]
    next: str | None


class AskEntry(BaseModel, extra="forbid"):
    """The day on which the unit said that it was done."""

    asked_on: dt.date


class RecheckDue(BaseModel):
    """The last day for the re-inspection."""

    recheck_by: dt.date


class OrderFilter(BaseModel):
    """What narrows a list of orders."""

    state: Literal["open", "late",
                   "all"] = Field("open", description="late: open and past the day of its re-inspection")
    unit: str = Field("", max_length=64, description="a unit's number")
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class Order(BaseModel):
    """An order to correct with its days."""

    order_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    inspection_id: int
    kind: Literal["immediate", "time_limited"]
    served_on: dt.date
    correct_by: dt.date
    recheck_by: dt.date
    asked_on: dt.date | None
    closed_on: dt.date | None
    late: bool


class Orders(BaseModel):
    """A page of orders; ``next`` is what to send as ``after`` for the next page."""

    rows: list[Order]
    next: str | None


def find(db: Database, viewer: Viewer, number: str) -> dict[str, Any]:
    """One request within the viewer's areas."""
    row = db.row(_SQL["one"], {**viewer.scope, "number": number})
    if row is None:
        raise Absent("refusal.no_visit_request", number=number)
    return row


def read(db: Database, viewer: Viewer, wanted: RequestFilter) -> dict[str, Any]:
    """A page of requests, newest first."""
    at, number = cursors.read(wanted.after, dt.datetime, str)
    rows = db.rows(_SQL["listed"], {**viewer.scope, "open": wanted.state == "open", "kind": wanted.kind, "at": at,
                                    "after_no": number, "limit": wanted.limit + 1})
    return {"rows": rows, "next": cut(rows, wanted.limit, "received_at", "request_no")}


@router.get("/visit-requests", response_model=VisitRequests, summary="Requests for checks, newest first")
def api_requests(wanted: Annotated[RequestFilter, Query()], viewer: Staff, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.post("/visit-requests", response_model=RequestTaken, status_code=201, summary="Take a request for a check down")
def api_request(body: RequestEntry, viewer: Staff, db: Db, options: Options) -> Any:
    unit_of(db, viewer, "unit", body.unit_no)
    number, due = visit_requests.register(db, visit_requests.request_form(body.model_dump()), viewer.username,
                                          now=options.clock())
    return {"request_no": number, "check_by": due}


@router.get("/visit-requests/{request_no}", response_model=VisitRequest, summary="One request")
def api_one(request_no: RequestNo, viewer: Staff, db: Db) -> Any:
    return find(db, viewer, request_no)


@router.post("/visit-requests/{request_no}/visit", response_model=DecisionDue, status_code=201,
             summary="The visit that was made for a request")
def api_visit(request_no: RequestNo, body: VisitMade, viewer: Staff, db: Db) -> Any:
    find(db, viewer, request_no)
    return {"decide_by": visit_requests.checked(db, request_no, body.inspection_no, viewer.username)}


@router.post("/visit-requests/{request_no}/decision", response_model=InTime, status_code=201,
             summary="Decide after the check")
def api_decide(request_no: RequestNo, body: RequestDecision, viewer: Lead, db: Db, options: Options) -> Any:
    find(db, viewer, request_no)
    at = None if body.decided_at is None else forms.moment(body.decided_at, "decided_at")
    return {"in_time": visit_requests.decide(db, request_no, body.passed, body.decision_no, viewer.username,
                                             now=options.clock(), at=at)}


@router.post("/visit-requests/{request_no}/handed-back", response_model=VisitRequest, status_code=201,
             summary="The record of the check went back to who gave notice")
def api_hand_back(request_no: RequestNo, viewer: Staff, db: Db, options: Options,
                  body: HandedBack | None = None) -> Any:
    find(db, viewer, request_no)
    at = None if body is None or body.handed_back_at is None else forms.moment(body.handed_back_at, "handed_back_at")
    visit_requests.hand_back(db, request_no, viewer.username, now=options.clock(), at=at)
    return find(db, viewer, request_no)


@router.post("/visit-requests/{request_no}/withdrawal", response_model=VisitRequest, status_code=201,
             summary="The request was taken back")
def api_withdraw(request_no: RequestNo, body: Withdrawal, viewer: Staff, db: Db, options: Options) -> Any:
    find(db, viewer, request_no)
    visit_requests.withdraw(db, request_no, body.reason, viewer.username, now=options.clock())
    return find(db, viewer, request_no)


@router.get("/orders", response_model=Orders, summary="Orders to correct, the most urgent first")
def api_orders(wanted: Annotated[OrderFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    asked = {**viewer.scope, "day": legal_day(options.clock()), "unit": wanted.unit or None, "limit": wanted.limit + 1}
    if wanted.state == "all":
        (number,) = cursors.read(wanted.after, int)
        rows = db.rows(_SQL["orders_all"], {**asked, "id": number})
        return {"rows": rows, "next": cut(rows, wanted.limit, "order_id")}
    at, number = cursors.read(wanted.after, dt.date, int)
    rows = db.rows(_SQL["orders_open"], {**asked, "late": wanted.state == "late", "at": at, "id": number})
    return {"rows": rows, "next": cut(rows, wanted.limit, "recheck_by", "order_id")}


@router.post("/orders/{order_no}/recheck-request", response_model=RecheckDue, status_code=201,
             summary="The unit says it is done and asks for the re-inspection")
def api_ask(order_no: RequestNo, body: AskEntry, viewer: Staff, db: Db, options: Options) -> Any:
    if db.row(_SQL["order"], {**viewer.scope, "number": order_no}) is None:
        raise Absent("refusal.no_order", number=order_no)
    return {"recheck_by": order_clocks.ask(db, order_no, body.asked_on, viewer.username, now=options.clock())}
