"""Visits: those planned, those done, and the entry of what was found, which moves the next score."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import next_score, pages, units
from api.guard import Db, Options, Staff
from api.refusals import Absent, BadField, NotYours
from api.viewer import LEADS, Viewer
from casework import planning, results
from casework.errors import CaseworkError
from casework.forms import NewVisit, ResultForm, new_visit, result_form
from policy.clocks import legal_day
from sampling.lists import reading as lists
from sampling.lists import replacement
from scoring import raises
from store import Database, HuoyanError, Queries

_SQL = Queries(__file__)
router = APIRouter()
_MOST_HAZARDS = 50  # rows of one page form; the API takes as many as policy allows
_MOST_OFFICERS = 500

_EMPTY_HAZARD: dict[str, Any] = {"item_code": "", "handling": "", "due_on": None, "is_major": False}
_EMPTY_FORM: dict[str, Any] = {"kind": "", "day": "", "started": "", "ended": "", "lead": "", "second": "",
                               "hazards": [], "corrected": [], "closed": False, "note": ""}

InspectionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_Texts = Annotated[list[str], Form(max_length=_MOST_HAZARDS)]


class InspectionFilter(BaseModel):
    """What narrows the list."""

    state: Literal["planned", "done", "other", "all"] = Field("planned", description="other: cancelled, not possible")
    q: str = Field("", max_length=100, description="part of the unit's name or number, or of the inspection's number")
    kind: str = Field("", max_length=64)
    mine: bool | None = Field(None, description="only those of the account's own officer")
    offset: int = Field(0, ge=0, le=10_000_000)
    limit: int = Field(50, ge=1, le=500)


class Inspection(BaseModel):
    """A visit, planned or done."""

    inspection_id: int
    inspection_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_zh: str
    area_en: str | None
    kind: str
    arm: str | None
    draw_no: str | None
    planned_on: dt.date | None
    inspected_on: dt.date | None
    status: str
    result: str | None
    hazards: int
    officers: list[str]


class Inspections(BaseModel):
    """A page of visits."""

    total: int
    inspections: list[Inspection]
    next: int | None


class Officer(BaseModel, extra="forbid"):
    """An officer of the visit; exactly one leads."""

    officer_no: str = Field(max_length=32)
    role: Literal["lead", "member"]


class HazardEntry(BaseModel, extra="forbid"):
    """A hazard found, by item of the catalogue."""

    item_code: str = Field(max_length=64)
    handling: Literal["corrected_on_spot", "ordered", "recorded"]
    due_on: dt.date | None = Field(None, description="with handling ordered: the day to correct by")
    severity: Literal["critical", "serious", "minor"] | None = Field(None, description="the catalogue's if left out")
    is_major: bool = Field(False, description="重大火灾隐患")
    note: str | None = Field(None, max_length=4000)


class ResultEntry(BaseModel, extra="forbid"):
    """What two officers bring back."""

    started_at: dt.datetime = Field(description="Asia/Shanghai where it carries no zone", examples=["2026-03-02T09:30"])
    ended_at: dt.datetime = Field(examples=["2026-03-02T10:40"])
    result: Literal["pass", "hazards_corrected", "hazards_ordered", "closed"]
    hazards: list[HazardEntry] = Field(default=[], max_length=500)
    officers: list[Officer] | None = Field(None, max_length=20, description="those planned if left out")
    corrected: list[int] = Field(default=[], max_length=500, description="hazard_id of earlier hazards now corrected")
    served_on: dt.date | None = Field(None, description="when a 限期改正 order was served")
    note: str | None = Field(None, max_length=4000)


class VisitEntry(BaseModel, extra="forbid"):
    """A visit that was not planned, with its result."""

    unit_no: str = Field(max_length=64)
    kind: str = Field(max_length=64, examples=["complaint"])
    result: ResultEntry


class Recorded(BaseModel):
    """What the entry left, and what it does to the next score."""

    inspection_id: int
    inspection_no: str
    orders: list[str]
    closed_orders: list[str]
    points: float = Field(description="credit points posted")
    score_before: float | None = Field(description="the newest score computed before the visit")
    next_score: float | None = Field(description="what the next night's run will give, all else unchanged")
    raised_to: str | None = Field(description="the class that the result raised the unit to at once, if it did")


def read(db: Database, viewer: Viewer, wanted: InspectionFilter) -> dict[str, Any]:
    """One page of visits within the viewer's areas."""
    text = wanted.q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    states = {"planned": ["planned"], "done": ["done"], "other": ["cancelled", "not_possible"],
              "all": ["planned", "done", "cancelled", "not_possible"]}[wanted.state]
    rows = db.rows(_SQL["page_planned" if wanted.state == "planned" else "page"], {
        **viewer.scope, "states": states, "text": f"%{text}%" if text else None, "kind": wanted.kind or None,
        "officer": viewer.officer_no if wanted.mine else None, "limit": wanted.limit, "offset": wanted.offset})
    total = rows[0]["total"] if rows else 0
    reached = wanted.offset + len(rows)
    return {"total": total, "inspections": rows, "next": reached if reached < total else None}


def find(db: Database, viewer: Viewer, inspection_id: int) -> dict[str, Any]:
    """One visit within the viewer's areas, with its team, hazards and orders."""
    with db.connection() as connection:
        visit = connection.execute(_SQL["one"], {**viewer.scope, "id": inspection_id}).fetchone()
        if visit is None:
            raise Absent("refusal.no_inspection", inspection=inspection_id)
        for name in ("team", "hazards", "orders"):
            visit[name] = connection.execute(_SQL[name], {"id": inspection_id}).fetchall()
        visit["open_hazards"] = connection.execute(_SQL["open_hazards"], {"unit_id": visit["unit_id"]}).fetchall()
    return visit


def may_enter(viewer: Viewer, visit: dict[str, Any]) -> bool:
    """谁检查、谁录入: an officer enters the visits it made, the brigade and the town any of theirs."""
    return viewer.role != "officer" or viewer.officer_no in [one["officer_no"] for one in visit["team"]]


def enter(db: Database, viewer: Viewer, visit: dict[str, Any] | NewVisit, form: ResultForm,
          now: dt.datetime) -> dict[str, Any]:
    """Hand a result to casework and say what it does to the next score."""
    if isinstance(visit, NewVisit):
        unit = db.row(_SQL["unit_by_number"], {**viewer.scope, "unit_no": visit.unit_no})
        if unit is None:
            raise Absent("refusal.no_unit", unit=visit.unit_no)
        if viewer.role == "officer" and viewer.officer_no not in [number for number, _ in form.officers or ()]:
            raise NotYours("refusal.not_your_visit")
        unit_id, target = int(unit["unit_id"]), visit
    else:
        if not may_enter(viewer, visit):
            raise NotYours("refusal.not_your_visit")
        unit_id, target = int(visit["unit_id"]), visit["inspection_no"]
    recorded = results.record_result(db, target, form, viewer.username, now=now, town_login=viewer.role == "town")
    raised = raises.run(db, now, [unit_id])
    moved = next_score.after(db, unit_id, legal_day(form.started_at), legal_day(now))
    return {"raised_to": max((one.to_class for one in raised), default=None),
            "inspection_id": recorded.inspection_id, "inspection_no": recorded.inspection_no,
            "orders": list(recorded.orders), "closed_orders": list(recorded.closed_orders), "points": recorded.points,
            "score_before": moved.before, "next_score": moved.score}


@router.get("/api/v1/inspections", response_model=Inspections, summary="Visits, planned or done", tags=["inspections"])
def api_inspections(wanted: Annotated[InspectionFilter, Query()], viewer: Staff, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.get("/api/v1/inspections/{inspection_id}", summary="A visit with its team, hazards and orders",
            tags=["inspections"])
def api_inspection(inspection_id: InspectionId, viewer: Staff, db: Db) -> dict[str, Any]:
    return find(db, viewer, inspection_id)


@router.post("/api/v1/inspections/{inspection_id}/result", response_model=Recorded, status_code=201,
             summary="Enter the result of a planned visit", tags=["inspections"])
def api_result(inspection_id: InspectionId, body: ResultEntry, viewer: Staff, db: Db, options: Options) -> Any:
    visit = find(db, viewer, inspection_id)
    return enter(db, viewer, visit, result_form(body.model_dump(exclude_unset=True)), options.clock())


@router.post("/api/v1/inspections", response_model=Recorded, status_code=201,
             summary="Enter a visit that was not planned", tags=["inspections"])
def api_new(body: VisitEntry, viewer: Staff, db: Db, options: Options) -> Any:
    visit = new_visit({"unit_no": body.unit_no, "kind": body.kind})
    return enter(db, viewer, visit, result_form(body.result.model_dump(exclude_unset=True)), options.clock())


@router.get("/inspections", include_in_schema=False)
def page(request: Request, wanted: Annotated[InspectionFilter, Query()], viewer: Staff, db: Db) -> Response:
    template = "inspection_rows.html" if pages.wants_part(request) else "inspections.html"
    return pages.render(request, template, wanted=wanted, **read(db, viewer, wanted))


@router.get("/inspections/new", include_in_schema=False)
def new_page(request: Request, viewer: Staff, db: Db, options: Options,
             unit_id: Annotated[int, Query(ge=1, le=2**63 - 1)]) -> Response:
    unit = units.find(db, viewer, unit_id)
    return _entry_page(request, db, options.clock(), unit, None)


@router.get("/inspections/{inspection_id}", include_in_schema=False)
def one_page(request: Request, inspection_id: InspectionId, viewer: Staff, db: Db, options: Options) -> Response:
    visit = find(db, viewer, inspection_id)
    if visit["status"] == "planned" and may_enter(viewer, visit):
        return entry_page(request, db, viewer, options.clock(), visit)
    moved = None
    if visit["status"] == "done" and visit["inspected_on"]:
        moved = next_score.after(db, visit["unit_id"], visit["inspected_on"], legal_day(options.clock()))
    with db.connection() as connection:
        listed = lists.of_inspection(connection, inspection_id)
    return pages.render(request, "inspection.html", visit=visit, moved=moved, listed=listed)


def entry_page(request: Request, db: Database, viewer: Viewer, now: dt.datetime, visit: dict[str, Any],
               status: int = 200, problem: str | None = None) -> Response:
    """The page on which the result of a planned visit is entered, or the visit replaced by a new draw."""
    return _entry_page(request, db, now, visit, visit, status, problem, leads=viewer.role in LEADS)


def officers_for(db: Database, area_code: str, day: dt.date) -> list[dict[str, Any]]:
    """Officers who may act in an area on a day, for a form to choose from."""
    return db.rows(_SQL["officers"], {"area": area_code, "day": day, "limit": _MOST_OFFICERS})


def _entry_page(request: Request, db: Database, now: dt.datetime, unit: dict[str, Any], visit: dict[str, Any] | None,
                status: int = 200, problem: str | None = None, given: dict[str, Any] | None = None,
                leads: bool = False) -> Response:
    day = legal_day(now)
    officers = officers_for(db, unit["area_code"], day)
    with db.connection() as connection:
        items = connection.execute(_SQL["items"], {"day": day}).fetchall()
        hazards = (visit or {}).get("open_hazards")
        if hazards is None:
            hazards = connection.execute(_SQL["open_hazards"], {"unit_id": unit["unit_id"]}).fetchall()
    return pages.render(request, "inspection_entry.html", status, unit=unit, visit=visit, officers=officers,
                        items=items, open_hazards=hazards, problem=problem, given=_EMPTY_FORM | (given or {}), day=day,
                        empty_hazard=_EMPTY_HAZARD, reasons=replacement.reasons(day) if leads else [])


@router.post("/inspections/{inspection_id}", include_in_schema=False)
@router.post("/inspections/new", include_in_schema=False)
def enter_page(request: Request, viewer: Staff, db: Db, options: Options, inspection_id: int | None = None,
               unit_id: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
               kind: Annotated[str, Form(max_length=64)] = "", day: Annotated[str, Form(max_length=10)] = "",
               started: Annotated[str, Form(max_length=8)] = "", ended: Annotated[str, Form(max_length=8)] = "",
               lead: Annotated[str, Form(max_length=32)] = "", second: Annotated[str, Form(max_length=32)] = "",
               item_code: _Texts = [], handling: _Texts = [], due_on: _Texts = [], major: _Texts = [],  # noqa: B006
               corrected: Annotated[list[int], Form(max_length=500)] = [],  # noqa: B006
               closed: Annotated[bool, Form()] = False, note: Annotated[str, Form(max_length=4000)] = "") -> Response:
    visit = None if inspection_id is None else find(db, viewer, inspection_id)
    if visit is None and unit_id is None:
        raise BadField("refusal.unit_needed")
    unit = visit or units.find(db, viewer, unit_id or 0)
    hazards = [{"item_code": item, "handling": how, "due_on": due or None, "is_major": is_major == "yes"}
               for item, how, due, is_major in zip(item_code, handling, due_on, major, strict=False) if item]
    data = {"started_at": f"{day}T{started}", "ended_at": f"{day}T{ended}", "hazards": hazards,
            "result": "closed" if closed else fitting_result([str(one["handling"]) for one in hazards]),
            "officers": [[number, role] for number, role in ((lead, "lead"), (second, "member")) if number] or None,
            "corrected": corrected, "note": note}
    try:
        target = visit or new_visit({"unit_no": unit["unit_no"], "kind": kind})
        recorded = enter(db, viewer, target, result_form(data), options.clock())
    except HuoyanError as refused:
        given = data | {"day": day, "started": started, "ended": ended, "lead": lead, "second": second, "kind": kind,
                        "closed": closed}
        return _entry_page(request, db, options.clock(), unit, visit, refused.status, pages.sentence(request, refused),
                           given)
    return pages.go_to(f"/inspections/{recorded['inspection_id']}")


class Excuse(BaseModel, extra="forbid"):
    """Why a planned visit was not made."""

    reason: str = Field(min_length=1, max_length=1000)


def let_go(db: Database, viewer: Viewer, inspection_id: int, reason: str) -> None:
    """Write down that a planned visit could not be made; it stays on record as such."""
    visit = find(db, viewer, inspection_id)
    if not may_enter(viewer, visit):
        raise NotYours("refusal.not_your_visit")
    planning.not_possible(db, visit["inspection_no"], reason, viewer.username)


@router.post("/api/v1/inspections/{inspection_id}/not-possible", status_code=204, tags=["inspections"],
             summary="Say that a planned visit could not be made")
def api_let_go(inspection_id: InspectionId, body: Excuse, viewer: Staff, db: Db) -> Response:
    let_go(db, viewer, inspection_id, body.reason)
    return Response(status_code=204)


@router.post("/inspections/{inspection_id}/not-possible", include_in_schema=False)
def let_go_page(request: Request, inspection_id: InspectionId, viewer: Staff, db: Db, options: Options,
                reason: Annotated[str, Form(max_length=1000)] = "") -> Response:
    try:
        let_go(db, viewer, inspection_id, reason)
    except CaseworkError as refused:
        visit = find(db, viewer, inspection_id)
        return _entry_page(request, db, options.clock(), visit, visit, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/inspections/{inspection_id}")


def fitting_result(handlings: list[str]) -> str:
    """The result that the form's hazards amount to; casework checks it again."""
    if "ordered" in handlings:
        return "hazards_ordered"
    return "hazards_corrected" if "corrected_on_spot" in handlings else "pass"
