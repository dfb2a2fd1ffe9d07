"""Interviews, checklists, the assessment of enforcement, enforcement by street, words of reports, through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit, cursors
from api.agreements import see
from api.case_steps import OfficerNo
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.delegation import street_enforcement
from casework.governance import assessment, checklists, interviews
from casework.reports import text_entry, texts
from casework.reports.period import Kind
from casework.reports.report import scope
from policy.clocks import legal_day
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1", tags=["governance"])
Checklist = Annotated[str, Path(max_length=32, pattern=r"^[a-z_]+$", examples=["street_shops"])]


class Span(BaseModel):
    """Some days, both included; the year until today if left out."""

    first: dt.date | None = None
    last: dt.date | None = None
    area: str | None = Field(None, max_length=12, description="with all beneath it")

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        last = self.last or max(today, self.first or today)
        return self.first or dt.date(last.year, 1, 1), last


class InterviewEntry(BaseModel, extra="forbid"):
    """约谈: a talk with minutes."""

    unit_no: str = Field(min_length=1, max_length=64)
    held_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    person: str = Field(min_length=1, max_length=100)
    role: Literal["responsible", "manager"]
    officers: list[OfficerNo] = Field(max_length=20)
    topic: str = Field(min_length=1, max_length=1000)
    minutes_uri: str | None = Field(None, max_length=1000)
    minutes_sha256: str | None = Field(None, max_length=64)
    promised: str | None = Field(None, max_length=1000)


class ChecklistEntry(BaseModel, extra="forbid"):
    """The answers of a list, true where a point is met."""

    inspection_no: str = Field(min_length=1, max_length=64)
    answers: dict[str, bool] = Field(max_length=100)


class TextFilter(BaseModel):
    """The sentences of which report."""

    kind: Kind = "yearly"
    period: str = Field(max_length=10, examples=["2026"])
    area: str | None = Field(None, max_length=12)


class TextEntry(BaseModel, extra="forbid"):
    """A sentence of a report with the figures it rests on."""

    kind: Kind = "yearly"
    period: str = Field(max_length=10)
    area_code: str | None = Field(None, max_length=12)
    section: Literal["problems", "plan"]
    body: str = Field(min_length=1, max_length=2000)
    figures: list[str] = Field(min_length=1, max_length=10)


class Paged(BaseModel):
    """A page, the newest first."""

    unit_no: str | None = Field(None, max_length=64)
    before: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(50, ge=1, le=500)


def districts() -> Any:
    """The statement that gives the districts of some areas."""
    return _SQL["districts"]


def visit_of(db: Database, viewer: Viewer, inspection_no: str) -> None:
    """A visit of the viewer's areas, or it is as if there were none."""
    if db.row(_SQL["visit"], {**viewer.scope, "number": inspection_no}) is None:
        raise Absent("refusal.no_inspection", inspection=inspection_no)


def assessed(db: Database, viewer: Viewer, wanted: Span, now: dt.datetime) -> dict[str, Any]:
    """Indicators and score of some days in the viewer's areas."""
    first, last = wanted.days(legal_day(now))
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        return {"first": first, "last": last, **assessment.assess(connection, first, last, as_of=now, areas=codes)}


def streets(db: Database, viewer: Viewer, wanted: Span, today: dt.date) -> dict[str, Any]:
    """Cases and fines by street."""
    first, last = wanted.days(today)
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        rows = street_enforcement.by_street(connection, first, last, areas=codes)
    return {"first": first, "last": last, "streets": rows, "cases": sum(row["cases"] for row in rows),
            "fine_yuan": sum(row["fine_yuan"] for row in rows)}


@router.get("/interviews", summary="Interviews (约谈), those entered last first")
def api_interviews(wanted: Annotated[Paged, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        rows = interviews.listed(connection, areas=viewer.areas, unit_no=wanted.unit_no, before=wanted.before,
                                 limit=wanted.limit)
    return {"interviews": rows, "next": cursors.after(rows, "interview_id", wanted.limit)}


@router.get("/interviews/count", summary="Interviews of some days by role")
def api_interviewed(wanted: Annotated[Span, Query()], viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    first, last = wanted.days(legal_day(options.clock()))
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        return {"first": first, "last": last, **interviews.counted(connection, first, last, codes)}


@router.post("/interviews", status_code=201, summary="Enter an interview with its minutes")
def api_interview(body: InterviewEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    credit.unit(db, viewer, body.unit_no)
    form = interviews.interview(body.model_dump())
    return {"interview_no": interviews.hold(db, form, viewer.username, now=options.clock())}


@router.get("/checklists/{checklist}", summary="Lists that were filled in at visits, and the points of the list")
def api_checklist(checklist: Checklist, wanted: Annotated[Paged, Query()], viewer: Staff, db: Db,
                  options: Options) -> dict[str, Any]:
    points = checklists.named(checklist, legal_day(options.clock()))
    with db.connection() as connection:
        rows = checklists.listed(connection, checklist, areas=viewer.areas, before=wanted.before, limit=wanted.limit)
    return {"list": points, "rows": rows, "next": cursors.after(rows, "inspection_id", wanted.limit)}


@router.get("/checklists/{checklist}/count", summary="What the visits of some days missed, point by point")
def api_counted(checklist: Checklist, wanted: Annotated[Span, Query()], viewer: Staff, db: Db,
                options: Options) -> dict[str, Any]:
    first, last = wanted.days(legal_day(options.clock()))
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        return checklists.counted(connection, checklist, first, last, codes)


@router.post("/checklists/{checklist}", status_code=201, summary="Fill in a list at a visit")
def api_fill_in(checklist: Checklist, body: ChecklistEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    visit_of(db, viewer, body.inspection_no)
    return {"failed": checklists.fill_in(db, body.inspection_no, checklist, body.answers, viewer.username,
                                         now=options.clock())}


@router.get("/assessment", summary="The rates of the three systems and the other indicators, and the score")
def api_assessment(wanted: Annotated[Span, Query()], viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    return assessed(db, viewer, wanted, options.clock())


@router.get("/street-enforcement", summary="Cases and fines by street")
def api_streets(wanted: Annotated[Span, Query()], viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return streets(db, viewer, wanted, legal_day(options.clock()))


@router.get("/report-texts", summary="What people wrote under problems and plan of a report")
def api_texts(wanted: Annotated[TextFilter, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        if wanted.area:
            scope(connection, wanted.area, viewer.areas)
        return texts.of(connection, wanted.kind, wanted.period, wanted.area or None)


@router.post("/report-texts", status_code=201, summary="Write a sentence into a report, resting on its figures")
def api_write(body: TextEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    may_write(viewer, body.area_code)
    return {"text_id": text_entry.write(db, body.model_dump(), viewer.username, now=options.clock(),
                                        areas=viewer.areas)}


@router.post("/report-texts/{text_id}/withdrawal", status_code=201, summary="Take a sentence out of its report")
def api_withdraw(text_id: Annotated[int, Path(ge=1, le=2**62)], viewer: Lead, db: Db,
                 options: Options) -> dict[str, Any]:
    text_entry.withdraw(db, text_id, viewer.username, now=options.clock(), areas=viewer.areas)
    return {"text_id": text_id}


def may_write(viewer: Viewer, area: str | None) -> None:
    """A report of all areas is written by who sees all of them."""
    if area is None and viewer.areas is not None:
        raise Absent("refusal.no_town", area="–")
    if area is not None:
        see(viewer, area)
