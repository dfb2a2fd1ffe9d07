"""Towns: the state of each, training, guidance and supervision, through REST."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.agreements import Paged, see
from api.guard import Db, Lead, Options, Staff
from casework.delegation import guidance, supervision, town_state, training
from casework.errors import CaseworkError
from policy.clocks import legal_day
from registry import officers
from store import Database

router = APIRouter(prefix="/api/v1", tags=["delegation"])
Area = Annotated[str, Path(min_length=6, max_length=12)]
OfficerNo = Annotated[str, Path(min_length=1, max_length=32)]
Id = Annotated[int, Path(ge=1, le=2**62)]


class TrainingEntry(BaseModel, extra="forbid"):
    """An attendance; policy says how many hours make a day."""

    kind: Literal["pre_post", "special", "on_the_job"]
    held_on: dt.date
    hours: Decimal = Field(gt=0, le=24, examples=[8])
    topic: str = Field(min_length=1, max_length=200)


class PassEntry(BaseModel, extra="forbid"):
    """An assessment by the brigade."""

    assessed_on: dt.date
    passed: bool
    score: Decimal | None = Field(None, ge=0, le=100)
    assessed_by: str = Field(min_length=1, max_length=200)


class GuidanceEntry(BaseModel, extra="forbid"):
    """A visit of guidance (深入镇指导)."""

    visited_on: dt.date
    officers: list[str] = Field(min_length=1, max_length=20, description="officers of the brigade")
    note: str = Field(min_length=1, max_length=200)


class BudgetEntry(BaseModel, extra="forbid"):
    """A line of the year's budget."""

    year: int = Field(ge=2000, le=2100)
    amount_yuan: Decimal = Field(gt=0, le=Decimal(10**10))
    document: str = Field(min_length=1, max_length=200)


class AuxiliaryEntry(BaseModel, extra="forbid"):
    """Staff that helps and signs nothing (辅助执法人员)."""

    auxiliary_no: str = Field(min_length=1, max_length=32)
    name: str = Field(min_length=1, max_length=200)
    tasks: str = Field(min_length=1, max_length=200)
    from_day: dt.date
    to_day: dt.date | None = None


class ActionEntry(BaseModel, extra="forbid"):
    """What a joint meeting agreed on."""

    meeting: str = Field(min_length=1, max_length=200)
    held_on: dt.date
    area_code: str = Field(max_length=12)
    body: Literal["brigade", "town", "police_station"]
    task: str = Field(min_length=1, max_length=200)
    due_on: dt.date | None = None


class DoneEntry(BaseModel, extra="forbid"):
    """What came of an action, or what was decided on a fault."""

    day: dt.date
    result: str = Field(min_length=1, max_length=200)


class FaultEntry(BaseModel, extra="forbid"):
    """A fault of a town, an officer, or in one of its acts."""

    town_code: str = Field(max_length=12)
    officer_no: str | None = Field(None, max_length=32)
    noun: Literal["inspection", "penalty"] | None = None
    ref: str | None = Field(None, max_length=100)
    found_on: dt.date
    fault: str = Field(min_length=1, max_length=1000)


class DayEntry(BaseModel, extra="forbid"):
    """A day."""

    day: dt.date


def their_officer(db: Database, viewer: Any, officer_no: str) -> None:
    """An officer of the viewer's areas, or it is as if there were none."""
    with db.connection() as connection:
        held = officers.get(connection, officer_no)
    if viewer.areas is not None and not set(held.area_codes) & set(viewer.areas):
        see(viewer, held.area_codes[0])


@router.get("/towns", summary="Every town at a glance, with what is missing")
def api_towns(viewer: Staff, db: Db, options: Options, after: Annotated[str | None, Query(max_length=12)] = None,
              limit: Annotated[int, Query(ge=1, le=500)] = 200) -> dict[str, Any]:
    with db.connection() as connection:
        rows = town_state.towns(connection, options.clock(), areas=viewer.areas, after=after, limit=limit)
    return {"towns": rows, "next": cursors.after(rows, "town_code", limit)}


@router.get("/towns/digest", summary="What each town did in a quarter, delegated and empowered apart")
def api_digest(viewer: Staff, db: Db, options: Options,
               quarter: Annotated[str | None, Query(max_length=6)] = None) -> dict[str, Any]:
    name, first, last = guidance.named(quarter) if quarter else guidance.quarter(legal_day(options.clock()))
    with db.connection() as connection:
        return {"quarter": name, "first": first, "last": last,
                "towns": town_state.digest(connection, first, last, areas=viewer.areas)}


@router.get("/towns/penalties", summary="Penalties against the units of the account's areas, the brigade's among them")
def api_penalties(wanted: Annotated[Paged, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        rows = town_state.penalties(connection, areas=viewer.areas, before=wanted.before, limit=wanted.limit)
    after = cursors.after(rows, "penalty_id", wanted.limit)
    return {"penalties": [{k: v for k, v in row.items() if k != "penalty_id"} for row in rows], "next": after}


@router.get("/towns/guidance", summary="Visits of guidance in a quarter, and the towns that had none")
def api_guidance(viewer: Staff, db: Db, options: Options,
                 quarter: Annotated[str | None, Query(max_length=6)] = None) -> dict[str, Any]:
    name, first, last = guidance.named(quarter) if quarter else guidance.quarter(legal_day(options.clock()))
    with db.connection() as connection:
        return {"quarter": name, "visits": guidance.visits(connection, first, last, areas=viewer.areas),
                "towns_without": guidance.empty(connection, name, areas=viewer.areas)}


@router.get("/towns/budgets", summary="Towns without a line in the budget of a year")
def api_budgets(viewer: Staff, db: Db, options: Options,
                year: Annotated[int | None, Query(ge=2000, le=2100)] = None) -> dict[str, Any]:
    wanted = year or legal_day(options.clock()).year
    with db.connection() as connection:
        return {"year": wanted, "towns_without": supervision.without_budget(connection, wanted, viewer.areas)}


@router.get("/towns/officers", summary="Officers of towns: certificate, pass, training; what is missing")
def api_officers(viewer: Staff, db: Db, options: Options,
                 day: Annotated[dt.date | None, Query()] = None) -> list[dict[str, Any]]:
    with db.connection() as connection:
        return training.standing(connection, day or legal_day(options.clock()), areas=viewer.areas)


@router.get("/towns/officers/{officer_no}/training", summary="The training ledger of an officer in a year")
def api_ledger(officer_no: OfficerNo, viewer: Staff, db: Db, options: Options,
               year: Annotated[int | None, Query(ge=2000, le=2100)] = None) -> list[dict[str, Any]]:
    with db.connection() as connection:
        return training.ledger(connection, year or legal_day(options.clock()).year, areas=viewer.areas,
                               officer_no=officer_no)


@router.post("/towns/officers/{officer_no}/training", status_code=201, summary="Enter an attendance")
def api_train(officer_no: OfficerNo, body: TrainingEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    their_officer(db, viewer, officer_no)
    days = training.attend(db, officer_no, body.kind, body.held_on, body.hours, body.topic, viewer.username,
                           options.clock())
    return {"officer_no": officer_no, "year": body.held_on.year, "days": float(days)}


@router.post("/towns/officers/{officer_no}/assessments", status_code=201, summary="Enter an assessment")
def api_assess(officer_no: OfficerNo, body: PassEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    their_officer(db, viewer, officer_no)
    training.assess(db, officer_no, body.assessed_on, body.passed, body.score, body.assessed_by, viewer.username,
                    options.clock())
    return {"officer_no": officer_no, "passed": body.passed}


@router.get("/towns/{area_code}", summary="The whole state of a town")
def api_town(area_code: Area, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        return town_state.read(connection, area_code, options.clock(), viewer.areas)


@router.post("/towns/{area_code}/guidance", status_code=201, summary="Enter a visit of guidance")
def api_guide(area_code: Area, body: GuidanceEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, area_code)
    guidance.visit(db, area_code, body.visited_on, body.officers, body.note, viewer.username, options.clock())
    return {"town_code": area_code, "quarter": guidance.quarter(body.visited_on)[0]}


@router.post("/towns/{area_code}/budget", status_code=201, summary="A town's line in the budget of a year")
def api_budget(area_code: Area, body: BudgetEntry, viewer: Lead, db: Db) -> dict[str, Any]:
    see(viewer, area_code)
    supervision.set_budget(db, area_code, body.year, body.amount_yuan, body.document, viewer.username)
    return {"town_code": area_code, "year": body.year}


@router.post("/towns/{area_code}/auxiliaries", status_code=201, summary="Put down staff that helps and signs nothing")
def api_auxiliary(area_code: Area, body: AuxiliaryEntry, viewer: Lead, db: Db) -> dict[str, Any]:
    see(viewer, area_code)
    supervision.set_auxiliary(db, body.auxiliary_no, body.name, area_code, body.tasks, body.from_day, body.to_day,
                              viewer.username)
    return {"auxiliary_no": body.auxiliary_no}


@router.get("/meeting-actions", summary="What joint meetings agreed on, those due first")
def api_actions(viewer: Staff, db: Db, options: Options,
                state: Literal["open", "overdue", "all"] = "open") -> list[dict[str, Any]]:
    with db.connection() as connection:
        return supervision.actions(connection, legal_day(options.clock()), areas=viewer.areas, state=state)


@router.post("/meeting-actions", status_code=201, summary="Enter an action of a joint meeting")
def api_action(body: ActionEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, body.area_code)
    return {"action_id": supervision.agree(db, body.meeting, body.held_on, body.area_code, body.body, body.task,
                                           body.due_on, viewer.username, options.clock())}


@router.post("/meeting-actions/{action_id}/done", status_code=201, summary="Say what came of an action")
def api_action_done(action_id: Id, body: DoneEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        see(viewer, supervision.action(connection, action_id)["area_code"])
    return {"in_time": supervision.finish_action(db, action_id, body.day, body.result, viewer.username,
                                                 options.clock())}


@router.get("/fault-cases", summary="Cases of accountability, the newest first")
def api_faults(viewer: Lead, db: Db) -> list[dict[str, Any]]:
    with db.connection() as connection:
        return supervision.faults(connection, areas=viewer.areas)


@router.post("/fault-cases", status_code=201, summary="Open a case of accountability")
def api_fault(body: FaultEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, body.town_code)
    if body.officer_no:
        their_officer(db, viewer, body.officer_no)
    if (body.noun is None) != (body.ref is None):
        raise CaseworkError("an act is named by noun and ref", zh="请同时填写 noun 和 ref")
    about = (body.noun, body.ref) if body.noun and body.ref else None
    return {"fault_id": supervision.find_fault(db, body.town_code, body.officer_no, about, body.found_on, body.fault,
                                               viewer.username, options.clock())}


@router.post("/fault-cases/{fault_id}/decision", status_code=201, summary="Decide on a fault")
def api_decide(fault_id: Id, body: DoneEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        see(viewer, supervision.fault_case(connection, fault_id)["town_code"])
    supervision.move_fault(db, fault_id, "decide", body.day, body.result, viewer.username, options.clock())
    return {"fault_id": fault_id, "decided_on": body.day}


@router.post("/fault-cases/{fault_id}/closing", status_code=201, summary="Close a decided case")
def api_close(fault_id: Id, body: DayEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        see(viewer, supervision.fault_case(connection, fault_id)["town_code"])
    supervision.move_fault(db, fault_id, "close", body.day, None, viewer.username, options.clock())
    return {"fault_id": fault_id, "closed_on": body.day}
