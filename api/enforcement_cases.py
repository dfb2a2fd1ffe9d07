"""Cases of penalty (行政处罚案件) through REST: filed, taken step by step, listed, read with all they hold."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import enforcement
from api.case_steps import EvidenceEntry, OfficerNo, StepEntry
from api.enforcement import DECIDING, Clock, ListFilter, Meeting, Next, Step
from api.guard import Db, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.enforcement import case_forms, case_record, cases, evidence
from casework.enforcement.cases import STANDINGS
from scoring import raises
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/cases", tags=["enforcement"])
CaseNo = Annotated[str, Path(min_length=1, max_length=64, examples=["A20261130-0001"])]
Standing = Literal["open", "decided", "closed", "archived", "dropped", "transferred"]


class CaseFilter(ListFilter):
    """What narrows the list of cases."""

    state: Literal["open", "decided", "closed", "archived", "dropped", "transferred", "late", "all"] = Field(
        "open", description="where they stand; late: a period of theirs has run out")


class CaseEntry(BaseModel, extra="forbid"):
    """A case as it is filed (立案)."""

    unit_no: str = Field(min_length=1, max_length=64)
    filed_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    party: Literal["organisation", "citizen"] = "organisation"
    regime: Literal["own", "delegated", "empowered"] = Field("own", description="as valid on the day of filing")
    procedure: Literal["simple", "ordinary"]
    article: str = Field(min_length=1, max_length=200, examples=["消防法 Art. 60"])
    facts: str = Field(min_length=1, max_length=4000)
    officers: list[OfficerNo] = Field(max_length=20, description="the handlers: at least two, certified that day")
    offence_on: dt.date | None = Field(None, description="when it ended; else the day of the inspection or filing")
    life_safety: bool = Field(False, description="it concerns life and health with harm done: five years, not two")
    items: list[str] = Field([], max_length=200, description="codes of the catalogue of inspections it is about")
    inspection_no: str | None = Field(None, max_length=64)


class CaseRow(BaseModel):
    """A case in a list."""

    case_id: int
    case_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    party: str
    regime: str
    procedure: str
    article: str
    filed_on: dt.date
    standing: Standing
    decided_on: dt.date | None
    closed_on: dt.date | None
    due_rule: str | None = Field(description="the rule of the period that ends next")
    due_at: dt.datetime | None
    late: bool


class Cases(BaseModel):
    """A page of cases, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[CaseRow]
    next: int | None


class Lenient(BaseModel):
    """A rule of policy that speaks for no or a lighter penalty, with the facts of the record behind it."""

    rule: str = Field(examples=["self_corrected"])
    zh: str
    en: str
    article: str
    facts: list[str]


class CaseWhole(BaseModel):
    """A case with everything that belongs to it."""

    case_id: int
    case_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    is_key: bool
    area_code: str
    area_zh: str
    area_en: str | None
    inspection_id: int | None
    inspection_no: str | None
    party: str
    regime: str
    procedure: str
    article: str
    facts: str
    items: list[str]
    officers: list[str]
    offence_on: dt.date
    life_safety: bool
    filed_at: dt.datetime
    filed_on: dt.date
    standing: Standing
    decided_on: dt.date | None
    closed_on: dt.date | None
    entered_by: str
    entered_at: dt.datetime
    steps: list[Step]
    meetings: list[Meeting]
    clocks: list[Clock]
    leniency: list[Lenient]
    missing_media: list[str] = Field(description="steps made that need a video and have none")
    fine_yuan: float
    added_yuan: float = Field(description="added for late payment until now (加处罚款)")
    paid_yuan: float
    owed_yuan: float
    next: list[Next]


class Stepped(CaseWhole):
    """The case after a step."""

    in_time: bool | None = Field(description="of the period that the step ended; null where it ended none")


class EvidenceList(BaseModel, extra="forbid"):
    """Evidence for a step that was entered before."""

    evidence: list[EvidenceEntry] = Field(min_length=1, max_length=50)


def find(db: Database, viewer: Viewer, case_no: str) -> dict[str, Any]:
    """The head of a case within the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL["head"], {**viewer.scope, "number": case_no})
    if row is None:
        raise Absent("refusal.no_case", number=case_no)
    return row


def read(db: Database, viewer: Viewer, wanted: CaseFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of cases of the viewer's areas."""
    states = STANDINGS if wanted.state in ("all", "late") else (wanted.state,)
    query = "late" if wanted.state == "late" else "of_unit" if wanted.unit_no else "page"
    with db.connection() as connection:
        return enforcement.listed(connection, _SQL, query, {**enforcement.scope(db, viewer, wanted, states),
                                                            "now": now}, "case_id")


def whole(db: Database, viewer: Viewer, case_no: str, now: dt.datetime) -> dict[str, Any]:
    """A case within the viewer's areas with all that belongs to it."""
    find(db, viewer, case_no)
    with db.connection() as connection:
        return case_record.whole(connection, case_no, now)


def file(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> str:
    """File a case against a unit of the viewer's areas."""
    form = case_forms.case_form(data)
    if db.row(_SQL["unit"], {**viewer.scope, "number": form.unit_no}) is None:
        raise Absent("refusal.no_unit", unit=form.unit_no)
    enforcement.allow(viewer, form.officers, regime=form.regime)
    return cases.file(db, form, viewer.username, now=now)


def take(db: Database, viewer: Viewer, case_no: str, data: dict[str, Any], now: dt.datetime) -> bool | None:
    """Make a step in a case of the viewer's areas; a decision moves the unit's standing at once."""
    head = find(db, viewer, case_no)
    form = case_forms.step_form(data)
    enforcement.allow(viewer, head["officers"], regime=head["regime"], deciding=form.step in DECIDING)
    in_time = cases.step(db, case_no, form, viewer.username, now=now)
    if form.step in ("decision", "decision_withdrawn"):
        raises.run(db, now, [head["unit_id"]])
    return in_time


def supply(db: Database, viewer: Viewer, case_no: str, step_id: int, files: Any) -> None:
    """Evidence for a step that was entered before."""
    head = find(db, viewer, case_no)
    enforcement.allow(viewer, head["officers"], regime=head["regime"])
    evidence.add(db, "case", case_no, step_id, evidence.evidence_list(files), viewer.username)


@router.get("", response_model=Cases, summary="Cases, the newest first")
def api_cases(wanted: Annotated[CaseFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.post("", response_model=CaseWhole, status_code=201, summary="File a case")
def api_file(body: CaseEntry, viewer: Staff, db: Db, options: Options) -> Any:
    number = file(db, viewer, body.model_dump(), options.clock())
    return whole(db, viewer, number, options.clock())


@router.get("/{case_no}", response_model=CaseWhole, summary="A case with steps, periods, leniency and what comes next")
def api_case(case_no: CaseNo, viewer: Staff, db: Db, options: Options) -> Any:
    return whole(db, viewer, case_no, options.clock())


@router.post("/{case_no}/steps", response_model=Stepped, status_code=201, summary="Make the next step of a case")
def api_step(case_no: CaseNo, body: StepEntry, viewer: Staff, db: Db, options: Options) -> Any:
    in_time = take(db, viewer, case_no, body.model_dump(), options.clock())
    return {**whole(db, viewer, case_no, options.clock()), "in_time": in_time}


@router.post("/{case_no}/steps/{step_id}/evidence", response_model=CaseWhole, status_code=201,
             summary="Supply the evidence of a step")
def api_evidence(case_no: CaseNo, step_id: Annotated[int, Path(ge=1, le=2**63 - 1)], body: EvidenceList, viewer: Staff,
                 db: Db, options: Options) -> Any:
    supply(db, viewer, case_no, step_id, body.model_dump()["evidence"])
    return whole(db, viewer, case_no, options.clock())


