"""The draw of a day for those who carry it out: visits, officers, probabilities, and whether it checks."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import draw_check, pages
from api.areas import choices
from api.guard import Db, Lead, Options, Staff
from api.refusals import Absent, Conflict, NotYours
from api.viewer import Viewer
from policy import calendar
from policy.clocks import legal_day
from sampling import reading
from sampling.bundle import joined
from sampling.lists import reading as lists
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()


class Draw(BaseModel):
    """A draw: frozen the evening before, drawn in the morning."""

    draw_no: str
    draw_date: dt.date
    sequence: int
    status: str
    policy_version: str
    commitment: str = Field(description="SHA-256 of the frozen frame, published before the seed was known")
    previous: str = Field(description="record hash of the draw before")
    frozen_at: dt.datetime
    entropy: list[dict[str, Any]] | None
    seed: str | None
    record_hash: str | None
    drawn_at: dt.datetime | None
    visits: int


class Visit(BaseModel):
    """One drawn visit."""

    position: int
    unit_id: int
    unit_no: str
    unit_name: str
    kind: str
    area_zh: str
    area_en: str | None
    arm: str = Field(description="duty, random or targeted")
    stratum: str
    probability: float
    lead_officer: str
    lead_name: str
    second_officer: str
    second_name: str
    inspection_id: int | None
    status: str | None
    result: str | None


class DrawnDay(Draw):
    """A draw with the visits of the account's areas."""

    list_of_visits: list[Visit]
    strata: list[dict[str, Any]] = Field(description="by stratum: units in the frame, expected and drawn visits")
    excluded: list[dict[str, Any]] = Field(description="units left out, by reason")
    taken: list[dict[str, Any]] = Field(description="visits that campaigns and joint draws took from the day")
    replaced: list[dict[str, Any]] = Field(description="visits that were replaced, each with the draw that did it")


class Check(BaseModel):
    """Whether the published bundle agrees with itself, step by step."""

    ok: bool
    problem: str | None = Field(description="the first thing that does not agree")


def find(db: Database, day: dt.date) -> dict[str, Any]:
    """The draw of a day, without its frame."""
    row = db.row(_SQL["one"], {"day": day})
    if row is None:
        raise Absent("refusal.no_draw", day=day)
    return row


def read(db: Database, viewer: Viewer, day: dt.date) -> dict[str, Any]:
    """The draw of a day with the visits, strata and exclusions of the viewer's areas."""
    draw = find(db, day)
    parameters = {**viewer.scope, "draw_id": draw.pop("draw_id")}
    with db.connection() as connection:
        draw["list_of_visits"] = connection.execute(_SQL["visits"], parameters).fetchall()
        draw["strata"] = connection.execute(_SQL["strata"], parameters).fetchall()
        draw["excluded"] = connection.execute(_SQL["excluded"], parameters).fetchall()
        draw["taken"] = reading.taken(connection, day, viewer.areas)
        draw["replaced"] = lists.replacements(connection, draw["draw_no"], viewer.areas)
    return draw


def bundle(db: Database, viewer: Viewer, day: dt.date) -> bytes:
    """The bundle's bytes. It names every unit of the frame, so the account must see all of their areas."""
    draw = find(db, day)
    outside = db.row(_SQL["outside"], {**viewer.scope, "draw_id": draw["draw_id"]})
    if outside and outside["outside"]:
        raise NotYours("refusal.bundle_areas")
    row = db.row(_SQL["bundle"], {"day": day})
    if row is None or row["bundle"] is None:
        raise Conflict("refusal.not_drawn", day=day)
    return joined(bytes(row["frame"]), bytes(row["bundle"]))


@router.get("/api/v1/draws", response_model=list[Draw], summary="Draws, the latest first", tags=["draws"])
def api_draws(viewer: Staff, db: Db, before: dt.date | None = None,
              limit: Annotated[int, Query(ge=1, le=366)] = 60) -> Any:
    return db.rows(_SQL["list"], {"before": before, "limit": limit})


@router.get("/api/v1/draws/{day}", response_model=DrawnDay, summary="The draw of a day with its visits", tags=["draws"])
def api_draw(day: dt.date, viewer: Staff, db: Db) -> Any:
    return read(db, viewer, day)


@router.get("/api/v1/draws/{day}/bundle", summary="The bundle: everything huoyan verify needs", tags=["draws"],
            responses={200: {"content": {"application/json": {}}}})
def api_bundle(day: dt.date, viewer: Lead, db: Db) -> Response:
    name = find(db, day)["draw_no"]
    return Response(bundle(db, viewer, day), media_type="application/json",
                    headers={"content-disposition": f'attachment; filename="{name}.json"'})


@router.get("/api/v1/draws/{day}/check", response_model=Check, summary="Check the draw on the server", tags=["draws"])
def api_check(day: dt.date, viewer: Staff, db: Db) -> Any:
    return draw_check.check(db, day)


@router.get("/draws", include_in_schema=False)
def page(request: Request, viewer: Staff, db: Db, options: Options) -> Response:
    today = legal_day(options.clock())
    row = db.row(_SQL["one"], {"day": today})
    return _page(request, db, viewer, today, today, read(db, viewer, today) if row else None)


@router.get("/draws/{day}", include_in_schema=False)
def day_page(request: Request, day: dt.date, viewer: Staff, db: Db, options: Options) -> Response:
    return _page(request, db, viewer, day, legal_day(options.clock()), read(db, viewer, day))


@router.get("/draws/{day}/check", include_in_schema=False)
def check_page(request: Request, day: dt.date, viewer: Staff, db: Db) -> Response:
    return pages.render(request, "draw_check.html", check=draw_check.check(db, day))


def _page(request: Request, db: Database, viewer: Viewer, day: dt.date, today: dt.date,
          draw: dict[str, Any] | None) -> Response:
    work = calendar()
    frame = draw_check.frame_facts(db, viewer, day) if draw else {}
    return pages.render(request, "draw.html", draw=draw, day=day, working_day=work.is_working_day(day),
                        next_day=work.next(today), others=db.rows(_SQL["list"], {"before": None, "limit": 30}),
                        frame=frame, places={area["area_code"]: area for area in choices(db, viewer)},
                        may_download=viewer.role in ("administrator", "brigade"))
