"""Reports of the record through REST: figures, the rows behind each, files, and what only reports count."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import guard, pages
from api.guard import Db, Lead, Options, Staff
from api.refusals import NotYours
from api.viewer import Viewer
from casework.reports import docx_file, ledgers, officers, rows, xlsx_file
from casework.reports.figures import Figure, named
from casework.reports.period import Kind, Period
from casework.reports.report import Report, report, scope
from policy.clocks import legal_day
from store import Database

router = APIRouter(prefix="/api/v1", tags=["reports"])
Code = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
_FILES = {"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
          "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class ReportWanted(BaseModel):
    """Which report; days go before a name, and without either it is the newest period that has ended."""

    kind: Kind = "yearly"
    period: str = Field("", max_length=10, examples=["2024", "2024Q3", "2024-07"])
    first: str = Field("", max_length=10)
    last: str = Field("", max_length=10)
    area: str = Field("", max_length=12, description="code of an area, with all beneath it")
    as_of: str = Field("", max_length=10, description="corrections of a cohort are counted up to this day; today")


class RowsWanted(BaseModel):
    """Which rows of a figure: its period and area, and one part or month of it."""

    first: dt.date
    last: dt.date
    area: str = Field("", max_length=12)
    as_of: dt.date | None = None
    form: str = Field("", max_length=40)
    month: dt.date | None = Field(None, description="the first day of a month")
    after: str = Field("", max_length=160, description="the next of the page before")
    limit: int = Field(50, ge=1, le=1000)


class FigureRow(BaseModel):
    """A row that a figure adds up; ``weight`` is what it adds."""

    noun: str
    id: int | None
    ref: str
    unit_id: int | None
    unit_no: str | None
    day: dt.date
    weight: int
    area_code: str | None
    part: str | None
    form: str | None


class FigureRows(BaseModel):
    """A page of rows, newest first."""

    code: str
    unit: str
    rows: list[FigureRow]
    next: str | None = Field(description="send it as after for the page behind; null at the end")


class FigureAnswer(BaseModel):
    """One figure with its definition, its period rule and what it was before."""

    code: str
    item: str
    zh: str
    en: str
    unit: str
    period: str
    rule: dict[str, str]
    definition_zh: str
    definition_en: str
    value: int
    row_count: int
    before: int | None
    year_ago: int
    change: float | None
    forms: dict[str, int]
    by_month: dict[str, int]


class RelationAnswer(BaseModel):
    """A relation between figures, and what is missing to it."""

    code: str
    zh: str
    en: str
    left: str
    op: str
    times: int
    right: list[str]
    formula: str
    holds: bool
    difference: int
    share: float | None
    look: bool


class ReportAnswer(BaseModel):
    """A report as its page shows it."""

    kind: str
    title: str
    first: dt.date
    last: dt.date
    period: str
    as_of: dt.date
    so_far: dict[str, str] | None = Field(
        description="of a period that has not ended: up to when it and the year before are counted, zh and en")
    area: dict[str, Any] | None
    figures: list[FigureAnswer]
    relations: list[RelationAnswer]
    sections: list[dict[str, Any]]
    sentences: dict[str, list[dict[str, str]]]
    towns: list[dict[str, Any]]


class OfficerFigures(BaseModel):
    """What one officer's visits of a period found."""

    officer_no: str
    name: str
    body: str
    visits: int
    visits_with_hazard: int
    hazards: int
    share: float | None
    penalties: int
    marked: int = Field(description="acts that a detector marked and nobody explained")


class Entered(BaseModel):
    """The number of what was entered."""

    number: str


def period_of(wanted: ReportWanted, today: dt.date) -> Period:
    """The period asked for."""
    first, last = pages.day_or_none(wanted.first), pages.day_or_none(wanted.last)
    return Period.of(wanted.kind, "" if first or last else wanted.period, first, last, today=today)


def read(db: Database, viewer: Viewer, wanted: ReportWanted, today: dt.date) -> Report:
    """The report asked for, of the viewer's areas."""
    with db.connection() as connection:
        return report(connection, wanted.kind, period_of(wanted, today), area=wanted.area or None, areas=viewer.areas,
                      as_of=pages.day_or_none(wanted.as_of) or today, today=today)


def read_rows(db: Database, viewer: Viewer, code: str, wanted: RowsWanted, today: dt.date) -> tuple[
        Figure, Period, rows.Page]:
    """A page of rows of one figure, of the viewer's areas."""
    period = Period.of("yearly", "", wanted.first, wanted.last, today=today)
    figure = named(code, period.last)
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        found = rows.rows(connection, figure, period, codes, wanted.as_of or today, after=wanted.after or None,
                          limit=wanted.limit, form=wanted.form or None, month=wanted.month)
    return figure, period, found


@router.get("/reports", response_model=ReportAnswer, summary="The report of a year, a quarter or a month")
def api_report(wanted: Annotated[ReportWanted, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, legal_day(options.clock())).as_dict()


@router.get("/reports/file/{form}", summary="The same report as a DOCX or XLSX file",
            responses={200: {"content": {kind: {} for kind in _FILES.values()}}})
def api_file(form: Literal["docx", "xlsx"], request: Request, wanted: Annotated[ReportWanted, Query()], viewer: Staff,
             db: Db, options: Options) -> Response:
    told = read(db, viewer, wanted, legal_day(options.clock()))
    language = guard.language_of(request) if "lang" in request.query_params else "zh"
    write = docx_file.write if form == "docx" else xlsx_file.write
    content = write(told, language, str(request.base_url).rstrip("/"))
    name = f"{told.kind}-{told.period.name or told.period.first.isoformat()}.{form}"
    return Response(content, media_type=_FILES[form], headers={"content-disposition": f'attachment; filename="{name}"'})


@router.get("/reports/figures/{code}/rows", response_model=FigureRows, summary="The rows that a figure adds up")
def api_rows(code: Code, wanted: Annotated[RowsWanted, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    figure, _period, found = read_rows(db, viewer, code, wanted, legal_day(options.clock()))
    return {"code": figure.code, "unit": figure.unit, "rows": found.rows, "next": found.after}


@router.get("/reports/officers", response_model=list[OfficerFigures],
            summary="What the visits of each officer found in a period, by body")
def api_officers(wanted: Annotated[ReportWanted, Query()], viewer: Lead, db: Db, options: Options) -> Any:
    period = period_of(wanted, legal_day(options.clock()))
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        return officers.found(connection, period, codes)


@router.post("/report-ledgers/{ledger}", response_model=Entered, status_code=201,
             summary="Enter a licence, an education event, a course, a town post or the review of a case file")
def api_enter(ledger: Literal["licences", "education", "courses", "posts", "reviews"],
              entry: Annotated[dict[str, Any], Body(max_length=20, examples=[{"course_no": "K-1", "area_code": "990101",
                               "held_on": "2026-03-02", "topic": "执法文书制作", "attendees": 30}])],
              viewer: Lead, db: Db, options: Options) -> Any:
    with db.connection() as connection:
        area = ledgers.area_of(connection, ledger, entry)
    if not viewer.sees(area):
        raise NotYours()
    return {"number": ledgers.enter(db, ledger, entry, viewer.username, today=legal_day(options.clock()))}
