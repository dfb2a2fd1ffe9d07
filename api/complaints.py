"""Complaints through REST and as pages: taken down, checked, told, joined to the same fact, rewarded."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.cases import Moved, Number, moved, unit_of
from api.codes import Channel
from api.cursors import After, cut
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import NotYours
from api.viewer import Viewer
from casework import complainants, complaints, forms, rewards
from store import Database, Queries, cursors

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/complaints", tags=["casework"])


class ComplaintFilter(BaseModel):
    """What narrows the list."""

    state: Literal["open", "late", "untold", "all"] = Field(
        "open", description="open: not checked; late: not checked and past its clock; untold: checked, neither "
                            "told nor noted why not")
    channel: Channel = Field("", max_length=64)
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class Complainant(BaseModel, extra="forbid"):
    """Who complained: kept apart, read only by the brigade, cleared after retention.complainant_days."""

    name: str = Field(min_length=1, max_length=100)
    phone: str | None = Field(None, max_length=40)
    hidden: bool = Field(True, description="asks that nobody be told who it was")


class ComplaintEntry(BaseModel, extra="forbid"):
    """A complaint as taken down (举报投诉)."""

    unit_no: str = Field(max_length=64)
    received_at: Moment = Field(description="the intake, from which its clocks run; Asia/Shanghai without a zone")
    channel: str = Field(max_length=64, examples=["96119"], description="a code of the rule complaint.channels")
    kind: str = Field(max_length=64, examples=["blocked_exit"],
                      description="a code of the rule deadlines.complaint_check: 24 hours or 3 working days")
    anonymous: bool = True
    complainant: Complainant | None = Field(None, description="with anonymous false")
    note: str | None = Field(None, max_length=4000)
    complaint_no: str | None = Field(None, max_length=64, description="the next number of the day if left out")


class ComplaintTaken(Moved):
    """Its number and the moments by which it must be checked on site and its result told."""

    complaint_no: str
    check_by: dt.datetime
    tell_by: dt.datetime


class CheckEntry(BaseModel, extra="forbid"):
    """What the check of a complaint found (核查)."""

    checked_at: Moment
    verified: bool = Field(description="true: credit points are posted, and the score of the same night moves")
    inspection_no: str | None = Field(None, max_length=64, description="the visit of the check, of the same unit")
    note: str | None = Field(None, max_length=4000)


class Checked(Moved):
    """Whether the check was in time."""

    in_time: bool


class TellEntry(BaseModel, extra="forbid"):
    """The result told to whoever complained (told_at and how), or why that could not be (why_not)."""

    told_at: Moment | None = None
    how: str | None = Field(None, max_length=64, examples=["phone"],
                            description="a code of the rule complaint.tell_ways")
    why_not: str | None = Field(None, max_length=1000)


class Told(BaseModel):
    """Whether it was told in time; null where it could not be told."""

    in_time: bool | None


class JoinEntry(BaseModel, extra="forbid"):
    """The earlier complaint that tells the same fact."""

    first: str = Field(max_length=64, examples=["T20260312-0001"])


class RewardEntry(BaseModel, extra="forbid"):
    """The decision on the reward of a fact."""

    grant: bool
    reason: str | None = Field(None, max_length=1000, description="why it is refused")
    at: Moment | None = Field(None, description="when it was signed; now if left out")


class PaymentEntry(BaseModel, extra="forbid"):
    """A granted reward that was paid."""

    paid_on: dt.date


class Reward(BaseModel):
    """The reward of a fact, once for the fact."""

    state: Literal["granted", "paid", "refused"]
    band: str
    amount_yuan: float
    decided_on: dt.date
    decided_by: str
    paid_on: dt.date | None
    reason: str | None


class Complaint(BaseModel):
    """A complaint, without who made it."""

    complaint_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    received_at: dt.datetime
    channel: str
    kind: str
    anonymous: bool
    named: bool = Field(description="whether a name is on file, for the brigade to read")
    check_by: dt.datetime
    checked_at: dt.datetime | None
    verified: bool | None
    inspection_no: str | None
    tell_by: dt.datetime | None
    told_at: dt.datetime | None
    told_how: str | None
    untold_why: str | None
    same_fact_as: str | None = Field(description="the first complaint of the fact")
    reward: Reward | None
    note: str | None
    late: bool = Field(description="not checked and past its clock")


class Complaints(BaseModel):
    """A page of complaints; ``next`` is what to send as ``after`` for the next page."""

    rows: list[Complaint]
    next: str | None


def read(db: Database, viewer: Viewer, wanted: ComplaintFilter, now: dt.datetime) -> dict[str, Any]:
    """A page of complaints, the most urgent first."""
    at, number = cursors.read(wanted.after, dt.datetime, int)
    rows = _rows(db, wanted.state, {**viewer.scope, "now": now, "channel": wanted.channel or None, "at": at,
                                    "id": number, "limit": wanted.limit + 1})
    sorted_by = "check_by" if wanted.state in ("open", "late") else "received_at"
    return {"rows": rows, "next": cut(rows, wanted.limit, sorted_by, "complaint_id")}


def find(db: Database, viewer: Viewer, number: str, now: dt.datetime) -> dict[str, Any]:
    """One complaint within the viewer's areas."""
    unit_of(db, viewer, "complaint", number)
    row, = _rows(db, "one", {**viewer.scope, "now": now, "number": number})
    return row


def _rows(db: Database, which: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The complaints that a statement picks, in its order, as lists and pages show them."""
    with db.connection() as connection:
        ids = [row["complaint_id"] for row in connection.execute(_SQL[which], asked)]
        return connection.execute(_SQL["rows"], {"ids": ids, "now": asked["now"]}).fetchall()


def who(db: Database, viewer: Viewer, number: str) -> dict[str, Any]:
    """Who complained, for the brigade alone; each look is in the audit log."""
    if viewer.role != "brigade":
        raise NotYours("refusal.complainant")
    unit_of(db, viewer, "complaint", number)
    return complainants.read(db, number, viewer.username)


@router.get("", response_model=Complaints, summary="Complaints, the most urgent first")
def api_complaints(wanted: Annotated[ComplaintFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.post("", response_model=ComplaintTaken, status_code=201, summary="Take a complaint down")
def api_complain(body: ComplaintEntry, viewer: Staff, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "unit", body.unit_no)
    taken = complaints.register(db, complaints.complaint_form(body.model_dump()), viewer.username, now=now)
    return {"complaint_no": taken.complaint_no, "check_by": taken.check_by, "tell_by": taken.tell_by,
            **moved(db, unit_id, now)}


@router.get("/{complaint_no}", response_model=Complaint, summary="One complaint, without who made it")
def api_complaint(complaint_no: Number, viewer: Staff, db: Db, options: Options) -> Any:
    return find(db, viewer, complaint_no, options.clock())


@router.get("/{complaint_no}/complainant", response_model=Complainant,
            summary="Who complained: role brigade alone, and each look is in the audit log")
def api_who(complaint_no: Number, viewer: Staff, db: Db) -> Any:
    return who(db, viewer, complaint_no)


@router.post("/{complaint_no}/check", response_model=Checked, status_code=201,
             summary="Enter what the check of a complaint found")
def api_check(complaint_no: Number, body: CheckEntry, viewer: Staff, db: Db, options: Options) -> Any:
    now, unit_id = options.clock(), unit_of(db, viewer, "complaint", complaint_no)
    in_time = complaints.record_check(db, complaint_no, checked_at=forms.moment(body.checked_at, "checked_at"),
                                      verified=body.verified, inspection_no=body.inspection_no, note=body.note,
                                      actor=viewer.username, now=now)
    return {"in_time": in_time, **moved(db, unit_id, now)}


@router.post("/{complaint_no}/told", response_model=Told, status_code=201,
             summary="The result was told to whoever complained, or why that could not be")
def api_tell(complaint_no: Number, body: TellEntry, viewer: Staff, db: Db, options: Options) -> Any:
    unit_of(db, viewer, "complaint", complaint_no)
    told_at = None if body.told_at is None else forms.moment(body.told_at, "told_at")
    return {"in_time": complaints.tell(db, complaint_no, told_at=told_at, how=body.how, why_not=body.why_not,
                                       actor=viewer.username, now=options.clock())}


@router.post("/{complaint_no}/same-fact", response_model=Complaint, status_code=201,
             summary="Join a complaint to the first one of the same fact")
def api_join(complaint_no: Number, body: JoinEntry, viewer: Lead, db: Db, options: Options) -> Any:
    for number in (complaint_no, body.first):
        unit_of(db, viewer, "complaint", number)
    rewards.join(db, complaint_no, body.first, viewer.username, now=options.clock())
    return find(db, viewer, complaint_no, options.clock())


@router.post("/{complaint_no}/reward", response_model=Reward, status_code=201,
             summary="Grant or refuse the reward of a fact, once")
def api_reward(complaint_no: Number, body: RewardEntry, viewer: Lead, db: Db, options: Options) -> Any:
    unit_of(db, viewer, "complaint", complaint_no)
    decide(db, viewer, complaint_no, body.grant, body.reason, body.at, options.clock())
    return find(db, viewer, complaint_no, options.clock())["reward"]


@router.post("/{complaint_no}/reward/payment", response_model=Reward, status_code=201,
             summary="A granted reward was paid")
def api_pay(complaint_no: Number, body: PaymentEntry, viewer: Lead, db: Db, options: Options) -> Any:
    unit_of(db, viewer, "complaint", complaint_no)
    rewards.pay(db, complaint_no, body.paid_on, viewer.username, now=options.clock())
    return find(db, viewer, complaint_no, options.clock())["reward"]


def decide(db: Database, viewer: Viewer, number: str, grant: bool, reason: str | None, said: Any,
           now: dt.datetime) -> None:
    """Grant or refuse a reward; ``said`` is when it was signed, now if empty."""
    at = forms.moment(said, "at") if said else None
    if grant:
        rewards.grant(db, number, viewer.username, now=now, at=at)
    else:
        rewards.refuse(db, number, reason or "", viewer.username, now=now, at=at)
