"""The credit account of a unit, yearly evaluations, foreign records, promises and permits through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit, cursors
from api.codes import Grade
from api.guard import Db, Lead, Options, Staff
from api.refusals import Absent
from casework.credit_record import account, evaluations, told
from policy.clocks import legal_day
from store import Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/credit", tags=["credit"])
UnitNo = Annotated[str, Path(min_length=1, max_length=64)]
PromiseNo = Annotated[str, Path(min_length=1, max_length=64)]
Rows = list[dict[str, Any]]


class LedgerEntry(BaseModel):
    """An entry of the ledger with its event and article; ``balance`` is what stood after it."""

    entry_id: int
    occurred_on: dt.date
    points: float
    balance: float
    event_kind: str
    event_zh: str
    event_en: str
    event_ref: str
    article: str
    entered_at: dt.datetime


class Account(BaseModel):
    """A unit's credit: ``balance`` = ``start`` + ``points``, and ``points`` is the sum of every entry."""

    unit_id: int
    unit_no: str
    unit_name: str
    uscc: str | None
    area_code: str
    day: dt.date
    start: float
    points: float
    balance: float
    rating: dict[str, str]
    entry_count: int
    entries: list[LedgerEntry] = Field(description="the newest 100")
    listings: Rows
    public: Rows
    matters: Rows = Field(description="notices, objections and repairs with the period that ends next")
    foreign: Rows
    promises: Rows
    permits: Rows
    evaluations: Rows
    serious_grounds: list[str]


class Evaluation(BaseModel):
    """The yearly evaluation of a unit with the inputs that its grade rests on."""

    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    year: int
    as_of: dt.date
    grade: str
    inputs: dict[str, Any]
    measures: str
    policy_version: str


class Evaluations(BaseModel):
    """A page of evaluations by unit; ``next`` is what to ask for with ``after``."""

    rows: list[Evaluation]
    next: int | None


class EvaluationFilter(BaseModel):
    """What narrows the evaluations."""

    year: int = Field(ge=2000, le=2200)
    grade: Grade = Field("", max_length=32)
    after: int = Field(0, ge=0, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=500)


class EvaluationRun(BaseModel, extra="forbid"):
    """Which year to evaluate."""

    year: int = Field(ge=2000, le=2200)


class EvaluationDone(BaseModel):
    """How many units were evaluated now; 0 where the snapshot of the year stood."""

    year: int
    evaluated: int


class ForeignEntry(BaseModel, extra="forbid"):
    """What another body told of a unit."""

    unit_no: str = Field(min_length=1, max_length=64)
    source_body: str = Field(min_length=1, max_length=200)
    source_ref: str = Field(min_length=1, max_length=100)
    memorandum: str | None = Field(None, max_length=200)
    bearing: Literal["good", "discredit", "neutral"]
    occurred_on: dt.date
    content: str = Field(min_length=1, max_length=4000)


class PromiseEntry(BaseModel, extra="forbid"):
    """A promise (信用承诺)."""

    unit_no: str = Field(min_length=1, max_length=64)
    kind: str = Field(max_length=64, description="a code of credit.promise_kinds")
    promised_on: dt.date
    content: str = Field(min_length=1, max_length=4000)
    published: bool = True


class Broken(BaseModel, extra="forbid"):
    """That a promise was broken."""

    broken_on: dt.date
    reason: str = Field(min_length=1, max_length=1000)


class PermitEntry(BaseModel, extra="forbid"):
    """A permit (行政许可)."""

    unit_no: str = Field(min_length=1, max_length=64)
    permit_no: str = Field(min_length=1, max_length=64)
    kind: str = Field(max_length=64, description="a code of credit.permit_kinds")
    decided_on: dt.date
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    content: str = Field(min_length=1, max_length=1000)


@router.get("/units/{unit_no}", response_model=Account, summary="A unit's credit: the ledger adds up")
def api_account(unit_no: UnitNo, viewer: Staff, db: Db, options: Options) -> Any:
    of = credit.unit(db, viewer, unit_no)
    with db.connection() as connection:
        return account.of(connection, of, legal_day(options.clock()))


@router.get("/evaluations", response_model=Evaluations, summary="Yearly evaluations")
def api_evaluations(wanted: Annotated[EvaluationFilter, Query()], viewer: Staff, db: Db) -> Any:
    rows = db.rows(_SQL["evaluations"], {**viewer.scope, **wanted.model_dump()})
    return {"rows": rows, "next": cursors.after(rows, "unit_id", wanted.limit)}


@router.post("/evaluations", response_model=EvaluationDone, status_code=201, summary="Evaluate a year that has ended")
def api_evaluate(body: EvaluationRun, viewer: Lead, db: Db, options: Options) -> Any:
    return {"year": body.year, "evaluated": evaluations.evaluate(db, body.year, now=options.clock())}


@router.post("/foreign", response_model=Account, status_code=201,
             summary="Store what another body told, with its source")
def api_foreign(body: ForeignEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    told.bring_in(db, body.model_dump(), viewer.username, now=options.clock())
    return api_account(body.unit_no, viewer, db, options)


@router.post("/promises", response_model=Account, status_code=201, summary="Enter a promise and publish it")
def api_promise(body: PromiseEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    told.promise(db, body.model_dump(), viewer.username, now=options.clock())
    return api_account(body.unit_no, viewer, db, options)


@router.post("/promises/{promise_no}/broken", response_model=Account, status_code=201,
             summary="Put on record that a promise was broken")
def api_broken(promise_no: PromiseNo, body: Broken, viewer: Lead, db: Db, options: Options) -> Any:
    row = db.row(_SQL["promise_unit"], {**viewer.scope, "number": promise_no})
    if row is None:
        raise Absent("refusal.no_credit_matter", number=promise_no)
    told.break_promise(db, promise_no, body.model_dump(), viewer.username, now=options.clock())
    return api_account(row["unit_no"], viewer, db, options)


@router.post("/permits", response_model=Account, status_code=201, summary="Enter a permit")
def api_permit(body: PermitEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    told.permit(db, body.model_dump(), viewer.username, now=options.clock())
    return api_account(body.unit_no, viewer, db, options)
