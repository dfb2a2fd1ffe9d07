"""Why a day's split is what it is, in words and numbers; and the targeted share of each month."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Db, Options, Staff
from api.refusals import Absent
from api.viewer import Viewer
from policy.clocks import legal_day
from sampling import explaining, reading, tau_month
from store import Database

router = APIRouter()


class RatiosWanted(BaseModel):
    """Which day, and which unit if only one."""

    day: str = Field("", max_length=10, description="the day of the draw; today if left out")
    unit: str = Field("", max_length=64, description="a unit number: why this unit has its probability")


class ToldChapter(BaseModel):
    """One part of the story: sentences in Chinese and English, and the numbers in them."""

    code: str
    title: tuple[str, str]
    zh: list[str]
    en: list[str]
    numbers: dict[str, Any]


class Story(BaseModel):
    """Why a day's split is what it is."""

    day: dt.date
    frozen: bool = Field(description="of the frozen frame; otherwise as a freeze made now would set it")
    working_day: bool
    chapters: list[ToldChapter]


class Month(BaseModel):
    """The targeted share of a month, with the evidence by which it was decided."""

    month: dt.date
    tau: float
    results: int
    lift: float | None
    lift_lower: float | None
    bounds: dict[str, float]
    policy_version: str
    decided_by: str
    decided_at: dt.datetime


def tell(db: Database, viewer: Viewer, wanted: RatiosWanted, today: dt.date) -> explaining.Told:
    """The story asked for. It is of the whole city, as the split is; of a unit, only of one the viewer sees."""
    with db.connection() as connection:
        if wanted.unit:
            row = connection.execute("select area_code from units where unit_no = %s", [wanted.unit]).fetchone()
            if row is None or not viewer.sees(row["area_code"]):
                raise Absent("refusal.no_unit", unit=wanted.unit)
        return explaining.explain(connection, pages.day_or_none(wanted.day) or today, wanted.unit or None)


@router.get("/api/v1/ratios/explain", response_model=Story, tags=["draws"],
            summary="Why a day's split is what it is, or why a unit has its probability")
def api_explain(wanted: Annotated[RatiosWanted, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return tell(db, viewer, wanted, legal_day(options.clock())).as_dict()


@router.get("/api/v1/ratios/months", response_model=list[Month], tags=["draws"],
            summary="The targeted share of each month, the oldest first")
def api_months(viewer: Staff, db: Db) -> Any:
    with db.connection() as connection:
        return tau_month.history(connection)


@router.get("/ratios", include_in_schema=False)
def page(request: Request, wanted: Annotated[RatiosWanted, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    told = tell(db, viewer, wanted, legal_day(options.clock()))
    with db.connection() as connection:
        held = tau_month.history(connection)
        rows = reading.ratios(connection, told.day, viewer.areas)["rows"] if not wanted.unit else []
    return pages.render(request, "ratios.html", told=told, wanted=wanted, months=held, rows=rows)
