"""Pages of reports: the figures of a period with their definitions, the rows behind one, what officers found."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api import guard, pages
from api.areas import choices
from api.guard import Db, Lead, Options, Staff
from api.reports import Code, ReportWanted, RowsWanted, period_of, read, read_rows
from casework.reports import lines, officers
from casework.reports.period import KINDS, Kind, Period
from casework.reports.report import period_words, scope
from policy.clocks import legal_day

router = APIRouter(include_in_schema=False)
_BACK: dict[Kind, int] = {"yearly": 6, "quarterly": 12, "monthly": 24}
#: Where a row of a figure stands; what is not here is shown with its unit.
_PLACES = {"inspection": "/inspections/{id}", "unit": "/units/{id}", "complaint": "/complaints/{ref}",
           "agreement": "/towns/{area}", "case": "/cases/{ref}", "major_hazard": "/major-hazards/{ref}"}


@router.get("/reports")
def page(request: Request, wanted: Annotated[ReportWanted, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    today = legal_day(options.clock())
    told = read(db, viewer, wanted, today)
    language = guard.language_of(request)
    return pages.render(
        request, "reports.html", told=told, wanted=wanted, kinds=KINDS, names=_names(wanted.kind, today),
        sections=list(lines.sections(told)), rules=period_words(told.period.last), areas=choices(db, viewer),
        link=lambda figure, **more: lines.rows_path(told, figure, **more), change=lines.change,
        courses={code: _course(line.now.months) for code, line in told.lines.items() if not line.figure.held},
        forms=lambda figure: lines.form_words(figure, told.period.last, language))


@router.get("/reports/rows/{code}")
def rows_page(request: Request, code: Code, wanted: Annotated[RowsWanted, Query()], viewer: Staff, db: Db,
              options: Options) -> Response:
    figure, period, found = read_rows(db, viewer, code, wanted, legal_day(options.clock()))
    return pages.render(
        request, "report_rows.html", figure=figure, period=period, found=found, place=_place,
        rule=period_words(period.last)[figure.period], areas={one["area_code"]: one for one in choices(db, viewer)},
        forms=lines.form_words(figure, period.last, guard.language_of(request)))


@router.get("/reports/officers")
def officers_page(request: Request, wanted: Annotated[ReportWanted, Query()], viewer: Lead, db: Db,
                  options: Options) -> Response:
    today = legal_day(options.clock())
    period = period_of(wanted, today)
    with db.connection() as connection:
        codes, _about = scope(connection, wanted.area or None, viewer.areas)
        found = officers.found(connection, period, codes)
    return pages.render(request, "report_officers.html", found=found, period=period, wanted=wanted,
                        names=_names(wanted.kind, today), kinds=KINDS, areas=choices(db, viewer))


def _names(kind: Kind, today: dt.date) -> list[str]:
    """The newest periods by name, the one under way first."""
    now = Period.of(kind, "", today=today)
    following = Period.of(kind, "", now.last + dt.timedelta(days=1), now.last + dt.timedelta(days=1), today=today)
    names = [Period.around(kind, following.first).name, now.name]
    while len(names) < _BACK[kind]:
        now = now.before(kind)
        names.append(now.name)
    return names


def _course(months: dict[dt.date, int]) -> list[dict[str, Any]]:
    """A figure's months as bars: heights from 0 to 100 of the highest."""
    top = max(months.values(), default=0)
    if len(months) < 2 or not top:
        return []
    first, last = min(months), max(months)
    every = [dt.date(first.year + (first.month - 1 + n) // 12, (first.month - 1 + n) % 12 + 1, 1)
             for n in range((last.year - first.year) * 12 + last.month - first.month + 1)]
    return [{"month": month, "value": months.get(month, 0), "height": round(100 * months.get(month, 0) / top, 1)}
            for month in every[-36:]]


def _place(row: dict[str, Any]) -> str | None:
    """The page of a row, where it has one."""
    form = _PLACES.get(row["noun"])
    return form.format(id=row["id"], ref=quote(str(row["ref"]), safe=""), area=row["area_code"]) if form else None
