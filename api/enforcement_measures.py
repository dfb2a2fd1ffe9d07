"""Seals (临时查封), orders to stop (责令三停) and forced executions through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import enforcement
from api.case_steps import AnyStep, EvidenceEntry, MeetingEntry, NotedStep, OfficerNo
from api.enforcement import Clock, ListFilter, Meeting, Next, Step
from api.enforcement_cases import EvidenceList
from api.guard import Db, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.enforcement import evidence, measure_forms, measures
from casework.enforcement.measures import STANDINGS
from scoring import raises
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/measures", tags=["enforcement"])
MeasureNo = Annotated[str, Path(min_length=1, max_length=64, examples=["F20261201-0001"])]
Kind = Literal["seal", "suspension", "forced_execution"]
Standing = Literal["standing", "lifted", "expired", "done"]
_DECIDING = ("confirmed", "extended", "lift_decided", "lifted")


class MeasureFilter(ListFilter):
    """What narrows the list of measures."""

    state: Literal["standing", "lifted", "expired", "done", "all"] = "standing"
    kind: Kind | None = None


class AnyMeasure(BaseModel, extra="forbid"):
    """What every measure has."""

    began_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    scope: str = Field(min_length=1, max_length=1000, description="what is sealed, stopped or carried out")
    officers: list[OfficerNo] = Field(max_length=20, description="at least two, certified that day")
    note: str | None = Field(None, max_length=4000)
    evidence: list[EvidenceEntry] = Field([], max_length=50)


class SealEntry(AnyMeasure):
    """临时查封: in one of five cases, for at most 30 days, after a meeting or, on the spot, with oral consent."""

    kind: Literal["seal"]
    unit_no: str = Field(min_length=1, max_length=64)
    path: Literal["ordinary", "emergency"] = "ordinary"
    ground: Literal["exits", "facilities", "dangerous_goods", "lining", "other_grave"]
    until_on: dt.date
    inspection_no: str | None = Field(None, max_length=64)
    inspected_at: Moment | None = Field(None, description="from when three working days run; the end of the "
                                                               "inspection named if left out")
    collective: MeetingEntry | None = Field(None, description="needed on the ordinary path")
    consent_by: str | None = Field(None, max_length=64, description="the officer number of the head who consented "
                                                               "orally; needed in an emergency")
    again_of: str | None = Field(None, max_length=64, description="the seal after which it is imposed again")


class SuspensionEntry(AnyMeasure):
    """责令停止施工、停止使用、停产停业: carries out the decision of a case."""

    kind: Literal["suspension"]
    case_no: str = Field(min_length=1, max_length=64)


class ForcedExecutionEntry(AnyMeasure):
    """强制执行: after a meeting, by day and on working days unless urgent."""

    kind: Literal["forced_execution"]
    unit_no: str = Field(min_length=1, max_length=64)
    case_no: str | None = Field(None, max_length=64)
    inspection_no: str | None = Field(None, max_length=64)
    collective: MeetingEntry | None = None
    urgent: bool = Field(False, description="with a note that says why")


MeasureEntry = Annotated[SealEntry | SuspensionEntry | ForcedExecutionEntry, Field(discriminator="kind")]


class Confirmed(AnyStep):
    """补办手续: the meeting on a seal on the spot, within 24 hours; one that did not agree lifts it at once."""

    step: Literal["confirmed"]
    collective: MeetingEntry


class Extended(NotedStep):
    """延长: once, for at most 30 days more, by the head, with written reasons (``note``)."""

    step: Literal["extended"]
    until_on: dt.date
    head: str = Field(min_length=1, max_length=200, description="the officer number of the head who approved it")


class LiftAsked(AnyStep):
    """申请解除查封, or to resume what was stopped."""

    step: Literal["lift_asked"]


class LiftInspected(AnyStep):
    """检查: within 3 working days of the request."""

    step: Literal["lift_inspected"]
    gone: bool = Field(description="whether the hazard is gone")


class LiftDecided(AnyStep):
    """决定: within 3 working days of that inspection."""

    step: Literal["lift_decided"]
    lifted: bool


class Lifted(NotedStep):
    """解除: of the body's own motion."""

    step: Literal["lifted"]


class Done(NotedStep):
    """执行完毕: of a forced execution."""

    step: Literal["done"]


MeasureStep = Annotated[Confirmed | Extended | LiftAsked | LiftInspected | LiftDecided | Lifted | Done,
                        Field(discriminator="step")]


class MeasureRow(BaseModel):
    """A measure in a list."""

    measure_id: int
    measure_no: str
    kind: Kind
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    path: str
    ground: str
    scope: str
    began_on: dt.date
    until_on: dt.date | None
    standing: Standing
    ended_on: dt.date | None
    due_rule: str | None = Field(description="the rule of the period that ends next")
    due_at: dt.datetime | None
    late: bool


class Measures(BaseModel):
    """A page of measures, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[MeasureRow]
    next: int | None


class MeasureWhole(BaseModel):
    """A measure with everything that belongs to it."""

    measure_id: int
    measure_no: str
    kind: Kind
    unit_id: int
    unit_no: str
    unit_name: str
    is_key: bool
    area_code: str
    area_zh: str
    area_en: str | None
    inspection_id: int | None
    inspection_no: str | None
    case_no: str | None
    again_of: str | None
    path: str
    ground: str
    scope: str
    officers: list[str]
    began_at: dt.datetime
    began_on: dt.date
    until_on: dt.date | None
    standing: Standing
    ended_on: dt.date | None
    entered_by: str
    entered_at: dt.datetime
    steps: list[Step]
    meetings: list[Meeting]
    clocks: list[Clock]
    next: list[Next]


class MeasureStepped(MeasureWhole):
    """The measure after a step."""

    in_time: bool | None = Field(description="of the period that the step ended; null where it ended none")


def find(db: Database, viewer: Viewer, measure_no: str) -> dict[str, Any]:
    """The head of a measure within the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL["head"], {**viewer.scope, "number": measure_no})
    if row is None:
        raise Absent("refusal.no_measure", number=measure_no)
    return row


def read(db: Database, viewer: Viewer, wanted: MeasureFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of measures of the viewer's areas."""
    states = STANDINGS if wanted.state == "all" else (wanted.state,)
    with db.connection() as connection:
        return enforcement.listed(connection, _SQL, "of_unit" if wanted.unit_no else "page", {
            **enforcement.scope(db, viewer, wanted, states), "kind": wanted.kind, "now": now}, "measure_id")


def whole(db: Database, viewer: Viewer, measure_no: str, now: dt.datetime) -> dict[str, Any]:
    """A measure within the viewer's areas with all that belongs to it."""
    find(db, viewer, measure_no)
    with db.connection() as connection:
        return measures.whole(connection, measure_no, now)


def impose(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> tuple[str, bool | None]:
    """Impose a measure on a unit of the viewer's areas."""
    form = measure_forms.measure_form(data)
    row = db.row(_SQL["unit"], {**viewer.scope, "number": form.unit_no, "case": form.case_no})
    if row is None:
        raise Absent("refusal.no_unit", unit=form.unit_no or form.case_no)
    enforcement.allow(viewer, form.officers)
    done = measures.impose(db, form, viewer.username, now=now)
    if form.kind == "seal":
        raises.run(db, now, [row["unit_id"]])
    return done


def take(db: Database, viewer: Viewer, measure_no: str, data: dict[str, Any], now: dt.datetime) -> bool | None:
    """Make a step in a measure of the viewer's areas."""
    head = find(db, viewer, measure_no)
    form = measure_forms.step_form(data)
    enforcement.allow(viewer, head["officers"], deciding=form.step in _DECIDING)
    return measures.step(db, measure_no, form, viewer.username, now=now)


def supply(db: Database, viewer: Viewer, measure_no: str, step_id: int, files: Any) -> None:
    """Evidence for a step that was entered before."""
    enforcement.allow(viewer, find(db, viewer, measure_no)["officers"])
    evidence.add(db, "measure", measure_no, step_id, evidence.evidence_list(files), viewer.username)


@router.get("", response_model=Measures, summary="Seals, orders to stop and forced executions, the newest first")
def api_measures(wanted: Annotated[MeasureFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.post("", response_model=MeasureStepped, status_code=201, summary="Impose a measure")
def api_impose(body: MeasureEntry, viewer: Staff, db: Db, options: Options) -> Any:
    number, in_time = impose(db, viewer, body.model_dump(), options.clock())
    return {**whole(db, viewer, number, options.clock()), "in_time": in_time}


@router.get("/{measure_no}", response_model=MeasureWhole, summary="A measure with steps, periods and what comes next")
def api_measure(measure_no: MeasureNo, viewer: Staff, db: Db, options: Options) -> Any:
    return whole(db, viewer, measure_no, options.clock())


@router.post("/{measure_no}/steps", response_model=MeasureStepped, status_code=201,
             summary="Make the next step of a measure")
def api_step(measure_no: MeasureNo, body: MeasureStep, viewer: Staff, db: Db, options: Options) -> Any:
    in_time = take(db, viewer, measure_no, body.model_dump(), options.clock())
    return {**whole(db, viewer, measure_no, options.clock()), "in_time": in_time}


@router.post("/{measure_no}/steps/{step_id}/evidence", response_model=MeasureWhole, status_code=201,
             summary="Supply the evidence of a step of a measure")
def api_evidence(measure_no: MeasureNo, step_id: Annotated[int, Path(ge=1, le=2**63 - 1)], body: EvidenceList,
                 viewer: Staff, db: Db, options: Options) -> Any:
    supply(db, viewer, measure_no, step_id, body.model_dump()["evidence"])
    return whole(db, viewer, measure_no, options.clock())
