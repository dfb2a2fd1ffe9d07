"""What anyone may see of the draws: commitments, seeds, record hashes, and which units were visited with what result.

Class, score and probability of a unit are an internal reference for allocating supervision, so the frame and the bundle
are not here; what is here was published before or after the fact and can be compared with it.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import estimates, pages
from api.guard import Db, Options
from api.list_draws import DrawNo
from api.refusals import Absent
from policy.clocks import legal_day
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()


class PublicDraw(BaseModel):
    """A draw as published."""

    draw_no: str
    draw_date: dt.date
    kind: str = Field(description="daily, or the kind of list: replacement, campaign, joint ...")
    sequence: int
    status: str = Field(description="frozen: the commitment is out, the seed not yet known; drawn: both are")
    policy_version: str
    commitment: str
    previous: str
    frozen_at: dt.datetime
    seed: str | None
    entropy: list[dict[str, Any]] | None
    record_hash: str | None
    drawn_at: dt.datetime | None
    visits: int


class PublicVisit(BaseModel):
    """A drawn unit and the result of its visit, once it is entered."""

    unit_no: str
    name: str
    area_zh: str
    area_en: str | None
    inspected_on: dt.date | None
    result: str | None


class PublicDay(PublicDraw):
    """A draw with its results: visits whose result is entered. Planned ones are not announced."""

    results: list[PublicVisit]


@router.get("/api/v1/public/draws", response_model=list[PublicDraw], summary="Commitments, seeds and record hashes",
            tags=["public"], openapi_extra={"security": []})
def api_draws(db: Db, before: dt.date | None = None,
              below: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="before this sequence")] = None,
              limit: Annotated[int, Query(ge=1, le=366)] = 60) -> Any:
    return db.rows(_SQL["list"], {"before": before, "below": below, "limit": limit})


@router.get("/api/v1/public/draws/{day}", response_model=PublicDay, summary="A draw with its results", tags=["public"],
            openapi_extra={"security": []})
def api_draw(day: dt.date, db: Db) -> Any:
    return _one(db, day, None)


@router.get("/api/v1/public/lists/{draw_no}", response_model=PublicDay, summary="A list draw with its results",
            tags=["public"], openapi_extra={"security": []})
def api_list(draw_no: DrawNo, db: Db) -> Any:
    return _one(db, None, draw_no)


def _one(db: Database, day: dt.date | None, draw_no: str | None) -> dict[str, Any]:
    draw = db.row(_SQL["one"], {"day": day, "draw_no": draw_no})
    if draw is None:
        raise Absent("refusal.no_draw", day=day or draw_no)
    draw["results"] = db.rows(_SQL["results"], {"draw_no": draw["draw_no"]})
    return draw


@router.get("/public/draws", include_in_schema=False)
def page(request: Request, db: Db, options: Options, before: str = "",
         below: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> Response:
    draws = db.rows(_SQL["list"], {"before": pages.day_or_none(before), "below": below, "limit": 30})
    return pages.render(request, "public_draws.html", draws=draws,
                        rate=estimates.public(db, legal_day(options.clock())))


@router.get("/public/draws/{day}", include_in_schema=False)
def day_page(request: Request, day: dt.date, db: Db) -> Response:
    return pages.render(request, "public_draw.html", draw=api_draw(day, db))


@router.get("/public/lists/{draw_no}", include_in_schema=False)
def list_page(request: Request, draw_no: DrawNo, db: Db) -> Response:
    return pages.render(request, "public_draw.html", draw=api_list(draw_no, db))


@router.get("/public/verify", include_in_schema=False)
def verify_page(request: Request) -> Response:
    """The verifier in the reader's browser: the file is chosen there and stays there."""
    return pages.render(request, "public_verify.html")
