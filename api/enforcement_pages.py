"""Pages of cases, measures and major hazards: the lists, one with its steps and the form of the next, and a new one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import (
    enforcement,
    enforcement_cases,
    enforcement_fields,
    enforcement_measures,
    inspections,
    major_hazards,
    pages,
    units,
)
from api.areas import choices
from api.enforcement import DECIDING, ListFilter
from api.enforcement_cases import CaseFilter
from api.enforcement_fields import EntryForm
from api.enforcement_measures import MeasureFilter
from api.guard import Db, Options, Staff
from api.major_hazards import MajorHazardFilter
from api.refusals import Absent
from api.viewer import LEADS, Viewer
from policy.clocks import SHANGHAI, legal_day
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Noun:
    """One of the three kinds of things: its pages, and the functions that its REST routes use too."""

    noun: str
    path: str
    number: str
    states: tuple[str, ...]
    read: Callable[..., dict[str, Any]]
    whole: Callable[..., dict[str, Any]]
    enter: Callable[..., Any]
    take: Callable[..., bool | None]
    supply: Callable[..., None]


CASE = Noun("case", "/cases", "case_no", ("open", "late", "decided", "closed", "archived", "dropped", "transferred",
            "all"), enforcement_cases.read, enforcement_cases.whole, enforcement_cases.file, enforcement_cases.take,
            enforcement_cases.supply)
MEASURE = Noun("measure", "/measures", "measure_no", ("standing", "lifted", "expired", "done", "all"),
               enforcement_measures.read, enforcement_measures.whole, enforcement_measures.impose,
               enforcement_measures.take, enforcement_measures.supply)
HAZARD = Noun("major_hazard", "/major-hazards", "major_hazard_no", ("open", "found", "determined", "listed", "accepted",
              "not_major", "all"), major_hazards.read, major_hazards.whole, major_hazards.enter, major_hazards.take,
              major_hazards.supply)
NOUNS = {"cases": CASE, "measures": MEASURE, "major-hazards": HAZARD}
Which = Literal["cases", "measures", "major-hazards"]


def _list(request: Request, noun: Noun, wanted: ListFilter, viewer: Viewer, db: Database, now: dt.datetime) -> Response:
    answer = noun.read(db, viewer, wanted, now)
    if pages.wants_part(request):
        return pages.render(request, "enforcement_rows.html", noun=noun, wanted=wanted, **answer)
    return pages.render(request, "enforcement_list.html", noun=noun, wanted=wanted, areas=choices(db, viewer), **answer)


@router.get("/cases")
def cases_page(request: Request, wanted: Annotated[CaseFilter, Query()], viewer: Staff, db: Db,
               options: Options) -> Response:
    return _list(request, CASE, wanted, viewer, db, options.clock())


@router.get("/measures")
def measures_page(request: Request, wanted: Annotated[MeasureFilter, Query()], viewer: Staff, db: Db,
                  options: Options) -> Response:
    return _list(request, MEASURE, wanted, viewer, db, options.clock())


@router.get("/major-hazards")
def hazards_page(request: Request, wanted: Annotated[MajorHazardFilter, Query()], viewer: Staff, db: Db,
                 options: Options) -> Response:
    return _list(request, HAZARD, wanted, viewer, db, options.clock())


@router.get("/units/{unit_id}/begin/{which}")
def new_page(request: Request, unit_id: units.UnitId, which: Which, viewer: Staff, db: Db,
             options: Options) -> Response:
    return _new(request, NOUNS[which], units.find(db, viewer, unit_id), EntryForm(), db, options.clock())


@router.post("/units/{unit_id}/begin/{which}")
async def begin(request: Request, unit_id: units.UnitId, which: Which, viewer: Staff, db: Db,
                options: Options) -> Response:
    form = enforcement_fields.typed(await request.form())
    return await run_in_threadpool(_begin, request, unit_id, NOUNS[which], viewer, db, options.clock(), form)


@router.get("/cases/{case_no}")
@router.get("/measures/{measure_no}")
@router.get("/major-hazards/{major_hazard_no}")
def one_page(request: Request, viewer: Staff, db: Db, options: Options,
             step: Annotated[str, Query(max_length=40)] = "",
             made: Annotated[str, Query(max_length=40)] = "") -> Response:
    return _one(request, *_asked(request), viewer, db, options.clock(), EntryForm(step=step), made=made)


@router.post("/cases/{case_no}")
@router.post("/measures/{measure_no}")
@router.post("/major-hazards/{major_hazard_no}")
async def make_step(request: Request, viewer: Staff, db: Db, options: Options) -> Response:
    form = enforcement_fields.typed(await request.form())
    return await run_in_threadpool(_step, request, *_asked(request), viewer, db, options.clock(), form)


@router.post("/cases/{case_no}/evidence")
@router.post("/measures/{measure_no}/evidence")
@router.post("/major-hazards/{major_hazard_no}/evidence")
async def supply_evidence(request: Request, viewer: Staff, db: Db, options: Options) -> Response:
    form = enforcement_fields.typed(await request.form())
    return await run_in_threadpool(_supply, request, *_asked(request), viewer, db, options.clock(), form)


def _asked(request: Request) -> tuple[Noun, str]:
    """The kind of thing and its number, from the address."""
    (number,) = request.path_params.values()
    return NOUNS[request.url.path.split("/")[1]], str(number)[:64]


def _begin(request: Request, unit_id: int, noun: Noun, viewer: Viewer, db: Database, now: dt.datetime,
           form: EntryForm) -> Response:
    unit = units.find(db, viewer, unit_id)
    data = enforcement_fields.new_of(noun.noun, replace(form, unit_no=unit["unit_no"]))
    if data.get("kind") == "suspension":
        data.pop("unit_no", None)
    try:
        entered = noun.enter(db, viewer, data, now)
    except HuoyanError as refused:
        return _new(request, noun, unit, form, db, now, refused.status, pages.sentence(request, refused))
    number = entered[0] if isinstance(entered, tuple) else entered
    return pages.go_to(f"{noun.path}/{number}?made=new")


def _step(request: Request, noun: Noun, number: str, viewer: Viewer, db: Database, now: dt.datetime,
          form: EntryForm) -> Response:
    try:
        noun.take(db, viewer, number, enforcement_fields.step_of(form), now)
    except Absent:
        raise
    except HuoyanError as refused:
        return _one(request, noun, number, viewer, db, now, form, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"{noun.path}/{number}?made={form.step}")


def _supply(request: Request, noun: Noun, number: str, viewer: Viewer, db: Database, now: dt.datetime,
            form: EntryForm) -> Response:
    """Evidence for a step that was entered before; refused, the form keeps what was typed."""
    try:
        noun.supply(db, viewer, number, enforcement_fields.step_id_of(form), enforcement_fields.evidence_of(form))
    except Absent:
        raise
    except HuoyanError as refused:
        return _one(request, noun, number, viewer, db, now, form, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"{noun.path}/{number}?made=evidence")


def _new(request: Request, noun: Noun, unit: dict[str, Any], form: EntryForm, db: Database, now: dt.datetime,
         status: int = 200, problem: str | None = None) -> Response:
    return pages.render(request, "enforcement_new.html", status, noun=noun, unit=unit, given=form, problem=problem,
                        fields=enforcement_fields, asked=enforcement_fields.NEW[noun.noun], moment=_moment(now),
                        officers=inspections.officers_for(db, unit["area_code"], legal_day(now)))


def _one(request: Request, noun: Noun, number: str, viewer: Viewer, db: Database, now: dt.datetime, form: EntryForm,
         status: int = 200, problem: str | None = None, made: str = "") -> Response:
    thing = noun.whole(db, viewer, number, now)
    regime = thing.get("regime", "own")
    may = [one for one in thing["next"] if enforcement.may_enter(
        viewer, thing["officers"], regime=regime,
        deciding=one["step"] in (*DECIDING, "determined", "not_major", "listed", "accepted", "confirmed", "extended",
                                 "lift_decided", "lifted"))]
    may_supply = enforcement.may_enter(viewer, thing["officers"], regime=regime)
    chosen = next((one for one in may if one["step"] == form.step), None)
    officers = inspections.officers_for(db, thing["area_code"], legal_day(now)) if chosen else []
    return pages.render(request, "enforcement_one.html", status, noun=noun, thing=thing, may=may, chosen=chosen,
                        given=form, problem=problem, made=made, fields=enforcement_fields, officers=officers,
                        number=thing[noun.number], may_supply=may_supply, moment=_moment(now),
                        leads=viewer.role in LEADS,
                        asked=enforcement_fields.STEPS.get(form.step, ()))


def _moment(now: dt.datetime) -> str:
    return now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")
