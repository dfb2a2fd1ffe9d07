"""The hazard rate of all units, estimated from the drawn visits of a period; the city's of the last whole quarter is
public."""

from __future__ import annotations

import csv
import datetime as dt
import io
import threading
import time
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.areas import choices
from api.guard import Db, Options, Staff
from api.refusals import Absent
from api.viewer import Viewer
from policy.clocks import legal_day
from sampling import estimate_words
from sampling.estimates import Estimates, Figures, estimate
from sampling.period import Period
from store import Database

router = APIRouter()
_QUARTERS = 8
# A whole quarter changes only where a result is entered late; computing it takes seconds, and the public may ask often.
_KEPT_SECONDS = 600
_kept: dict[tuple[int, str], tuple[float, dict[str, Any] | None]] = {}
_computing = threading.Lock()


class EstimatesWanted(BaseModel):
    """Which draws, and of which units."""

    period: str = Field("", max_length=8, description="2026Q3 or 2026; this quarter if neither it nor days are given")
    first: str = Field("", max_length=10, description="first day of the draws; days go before the period")
    last: str = Field("", max_length=10, description="last day of the draws")
    by: Literal["area", "kind", "group"] = "area"
    area: str = Field("", max_length=12, description="only units of this area and of those beneath it")


class Interval(BaseModel):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class OneEstimate(BaseModel):
    """An estimate of all units."""

    value: Interval
    plain: float = Field(description="the Horvitz-Thompson form, for comparison")
    visits: int
    effective: float = Field(description="visits of equal weight that would tell as much")


class PartEstimates(BaseModel):
    """The figures of some units; null where there are too few results."""

    code: str
    units: float
    known: float
    outside: float
    visits: dict[str, int]
    found: dict[str, int]
    effective: float
    few: bool
    few_words: dict[str, str] | None
    substantive: OneEstimate | None = Field(description="rate of units with a serious or critical hazard")
    anything: OneEstimate | None = Field(description="rate of units with any hazard")
    hazards: OneEstimate | None = Field(description="hazards that a visit to every unit would find")
    still_open: OneEstimate | None = Field(description="hazards that stand on an average day of the period")
    naive: Interval | None = Field(description="plain share of visits that found a serious or critical hazard: biased")
    naive_anything: Interval | None


class EstimatesAnswer(BaseModel):
    """The estimates of a period for the units that this account sees."""

    first: dt.date
    last: dt.date
    period: str
    draws: int
    by: str
    city: PartEstimates
    parts: list[PartEstimates]
    names: dict[str, tuple[str, str]]
    words: dict[str, dict[str, str]]


class PublicEstimate(BaseModel):
    """The city-wide rate of the last whole quarter; null where too few results are in."""

    period: str
    units: float
    results: int
    rate: Interval


def read(db: Database, viewer: Viewer, wanted: EstimatesWanted, today: dt.date) -> Estimates:
    """The estimates asked for, of the viewer's areas."""
    if wanted.area and not viewer.sees(wanted.area):
        raise Absent("refusal.no_area", code=wanted.area)
    first, last = pages.day_or_none(wanted.first), pages.day_or_none(wanted.last)
    period = Period.of(today, None if first or last else wanted.period or None, first, last)
    with db.connection() as connection:
        return estimate(connection, period, wanted.by, area=wanted.area or None, areas=viewer.areas)


def answer(told: Estimates) -> dict[str, Any]:
    """As the API gives it."""
    def part(figures: Figures) -> dict[str, Any]:
        return {**asdict(figures), "few_words": estimate_words.few(figures, told.needs) if figures.few else None}

    return {"first": told.period.first, "last": told.period.last, "period": told.period.name, "draws": told.draws,
            "by": told.by, "city": part(told.city), "parts": [part(figures) for figures in told.parts],
            "names": told.names, "words": estimate_words.all_of(told)}


def public(db: Database, today: dt.date) -> dict[str, Any] | None:
    """The city-wide rate of the last whole quarter, or None where there is none. Kept for some minutes."""
    period = Period.of(today).before()
    with _computing:
        held = _kept.get((id(db), period.name))
        if held is None or time.monotonic() - held[0] > _KEPT_SECONDS:
            with db.connection() as connection:
                city = estimate(connection, period).city
            told = None if city.substantive is None else {
                "period": period.name, "units": city.units, "results": city.visits["done"],
                "rate": asdict(city.substantive.value)}
            _kept.clear()
            held = _kept[id(db), period.name] = time.monotonic(), told
    return held[1]


_HEAD = ("code", "name", "units", "drawn", "results", "closed", "waiting", "effective", "rate_substantive", "low",
         "high", "naive_substantive", "rate_any", "any_low", "any_high", "hazards", "hazards_low", "hazards_high",
         "open", "open_low", "open_high", "hazards_found", "note")


def table(told: Estimates, name: Any) -> str:
    """The figures as CSV."""
    file = io.StringIO()
    # A spreadsheet takes UTF-8 only where the file says so at its start.
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(_HEAD)
    for figures in (told.city, *told.parts):
        cells: list[Any] = []
        for one in (figures.substantive, figures.anything, figures.hazards, figures.still_open):
            cells += [""] * 3 if one is None else [f"{each:.6g}" for each in (one.value.value, one.value.low,
                                                                               one.value.high)]
        naive = "" if figures.naive is None else f"{figures.naive.value:.6g}"
        writer.writerow([figures.code, name(figures.code), f"{figures.units:.1f}", figures.visits["drawn"],
                         figures.visits["done"], figures.visits["closed"], figures.visits["waiting"],
                         f"{figures.effective:.1f}", *cells[:3], naive, *cells[3:], figures.found["hazards"],
                         estimate_words.few(figures, told.needs)["zh"] if figures.few else ""])
    return file.getvalue()


@router.get("/api/v1/estimates", response_model=EstimatesAnswer, tags=["draws"],
            summary="Rate of units with a hazard and hazards in all, estimated from the drawn visits of a period")
def api_estimates(wanted: Annotated[EstimatesWanted, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return answer(read(db, viewer, wanted, legal_day(options.clock())))


@router.get("/api/v1/estimates.csv", tags=["draws"], summary="The estimates of a period as a file",
            responses={200: {"content": {"text/csv": {}}}})
def api_file(wanted: Annotated[EstimatesWanted, Query()], viewer: Staff, db: Db, options: Options) -> Response:
    told = read(db, viewer, wanted, legal_day(options.clock()))
    name = f"estimates-{told.period.name or told.period.first.isoformat()}.csv"
    content = table(told, lambda code: told.names.get(code, (code or "全部",))[0])
    return Response(content.encode(), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="{name}"'})


@router.get("/api/v1/public/estimates", response_model=PublicEstimate | None, tags=["public"],
            summary="The city-wide hazard rate of the last whole quarter", openapi_extra={"security": []})
def api_public(db: Db, options: Options) -> Any:
    return public(db, legal_day(options.clock()))


@router.get("/estimates", include_in_schema=False)
def page(request: Request, wanted: Annotated[EstimatesWanted, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    today = legal_day(options.clock())
    told = read(db, viewer, wanted, today)
    quarters = [Period.of(today)]
    while len(quarters) < _QUARTERS:
        quarters.append(quarters[-1].before())
    return pages.render(request, "estimates.html", told=told, words=estimate_words.all_of(told), wanted=wanted,
                        reach=reach(told), few=lambda figures: estimate_words.few(figures, told.needs),
                        names=[one.name for one in quarters], years=sorted({one.first.year for one in quarters})[::-1],
                        areas=choices(db, viewer))


def reach(told: Estimates) -> float:
    """The rate that the plot reaches to: a round one, not below what nine of ten marks stay within."""
    ends = sorted(mark for figures in (told.city, *told.parts) if figures.substantive
                  for mark in (figures.substantive.value.high, figures.naive.value if figures.naive else 0.0))
    most = max([ends[len(ends) * 9 // 10] if len(ends) > 10 else ends[-1]] if ends else [0.1])
    return next(step for step in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step >= min(most, 1.0))
