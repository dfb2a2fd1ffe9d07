"""Campaigns (专项检查): made from a saved query over the register, frozen, drawn; with their pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import list_draws, pages
from api.areas import choices
from api.cursors import Offset
from api.guard import Db, Lead, Options, Staff
from api.list_draws import EntropyEntry, Told
from api.refusals import Conflict
from api.viewer import LEADS, Viewer
from policy import rules
from policy.clocks import legal_day
from sampling.lists import campaign, keeping
from sampling.lists.selection import Selection
from store import Database, HuoyanError

router = APIRouter()
ListNo = Annotated[str, Path(pattern=r"^[A-Z]{2}[0-9]{8}-[0-9]{2,4}$")]
#: The fields of a selection that the form of the page offers; the API takes all of them.
_WORDS = ("kinds", "classes", "areas", "items", "unit_nos")
_TICKS = ("is_key", "is_crowded", "is_high_hazard", "sleeping", "dangerous_goods", "open_hazards", "findings")
_NUMBERS = ("floor_area_from", "floor_area_to", "height_from", "occupants_from", "built_before", "alarms",
            "not_visited_since")


class CampaignEntry(BaseModel, extra="forbid"):
    """A campaign: what it is, how many visits on which days, and which units are its targets."""

    title: str = Field(min_length=1, max_length=200)
    theme: str = Field("theme", max_length=64, description="one of draw.list.themes of policy", examples=["season"])
    visits: int | None = Field(None, ge=1, description="all objects of the list if left out")
    first_day: dt.date
    last_day: dt.date
    drawn_by: Literal["chance", "weight"] = Field("chance", description="weight: by risk class, the heavier first")
    selection: dict[str, Any] = Field({}, description="what a unit must be; see huoyan campaign create",
                                      examples=[{"kinds": ["mall", "hotel"], "is_crowded": True}])


class FreezeEntry(BaseModel, extra="forbid"):
    """Which sources the seed will have."""

    entropy: list[str] = Field([], max_length=3, description="chain, witness, beacon:NETWORK:ROUND; policy if empty")


def read(db: Database, viewer: Viewer, list_no: str, day: dt.date) -> dict[str, Any]:
    """A campaign of the viewer's areas with how many units its query holds of today, and its draw."""
    with db.connection() as connection:
        held = keeping.one(connection, campaign.KIND, list_no, viewer.areas)
        held["units"] = len(campaign.targets(connection, Selection.of(held["selection"]), day, held["area_codes"]))
    held.pop("list_id")
    return {**held, "draw": list_draws.read(db, viewer, held["draw_no"]) if held["draw_no"] else None}


def listed(db: Database, viewer: Viewer, kind: str, limit: int, offset: int) -> dict[str, Any]:
    """Lists of one kind of the viewer's areas, the newest first."""
    with db.connection() as connection:
        rows = keeping.every(connection, kind, viewer.areas, limit, offset)
    total, reached = rows[0]["total"] if rows else 0, offset + len(rows)
    return {"total": total, "lists": [{k: v for k, v in row.items() if k not in ("list_id", "total")} for row in rows],
            "next": reached if reached < total else None}


def make(db: Database, viewer: Viewer, entry: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Keep a campaign over units of the viewer's areas."""
    held = campaign.create(db, entry, Selection.of(entry["selection"]), now, actor=viewer.username, areas=viewer.areas)
    held.pop("list_id")
    return held


def draw_of(db: Database, viewer: Viewer, kind: str, list_no: str) -> str:
    """The newest draw of a list; a sentence where it is not frozen yet."""
    with db.connection() as connection:
        held = keeping.one(connection, kind, list_no, viewer.areas)
    if held["draw_no"] is None:
        raise Conflict("refusal.not_frozen", number=list_no)
    return str(held["draw_no"])


@router.get("/api/v1/campaigns", summary="Campaigns, the newest first", tags=["draws"])
def api_all(viewer: Staff, db: Db, limit: Annotated[int, Query(ge=1, le=500)] = 50,
            offset: Annotated[Offset, Query()] = 0) -> dict[str, Any]:
    return listed(db, viewer, campaign.KIND, limit, offset)


@router.get("/api/v1/campaigns/{list_no}", summary="A campaign with its saved query and its draw", tags=["draws"])
def api_one(list_no: ListNo, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return read(db, viewer, list_no, legal_day(options.clock()))


@router.post("/api/v1/campaigns", status_code=201, summary="Make a campaign; nothing is drawn yet", tags=["draws"])
def api_make(body: CampaignEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    return make(db, viewer, body.model_dump(), options.clock())


@router.post("/api/v1/campaigns/{list_no}/freeze", response_model=Told, summary="Freeze its list", tags=["draws"])
def api_freeze(list_no: ListNo, body: FreezeEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return campaign.freeze(db, list_no, options.clock(), actor=viewer.username, areas=viewer.areas,
                           entropy=body.entropy or None)


@router.post("/api/v1/campaigns/{list_no}/draw", response_model=Told, summary="Draw its frozen list", tags=["draws"])
def api_draw(list_no: ListNo, body: EntropyEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return list_draws.finish(db, viewer, draw_of(db, viewer, campaign.KIND, list_no), body, options.clock())


@router.get("/campaigns", include_in_schema=False)
def page(request: Request, viewer: Staff, db: Db, options: Options,
         offset: Annotated[Offset, Query()] = 0) -> Response:
    return _page(request, db, viewer, options.clock(), offset)


def _page(request: Request, db: Database, viewer: Viewer, now: dt.datetime, offset: int = 0, status: int = 200,
          problem: str | None = None, given: dict[str, Any] | None = None) -> Response:
    return pages.render(request, "campaigns.html", status, **listed(db, viewer, campaign.KIND, 30, offset),
                        offset=offset, problem=problem, given=given or _FIRST.model_dump(),
                        leads=viewer.role in LEADS, areas=choices(db, viewer),
                        ticks=_TICKS, numbers=_NUMBERS, day=legal_day(now),
                        themes=rules().value("draw.list.themes", legal_day(now)))


class CampaignFields(BaseModel):
    """The fields of the form on the page."""

    title: str = Field("", max_length=200)
    theme: str = Field("", max_length=64)
    visits: str = Field("", max_length=8)
    first_day: str = Field("", max_length=10)
    last_day: str = Field("", max_length=10)
    drawn_by: str = Field("chance", max_length=8)
    areas: list[str] = Field([], max_length=200)
    kinds: list[str] = Field([], max_length=100)
    classes: list[str] = Field([], max_length=4)
    items: str = Field("", max_length=2000)
    unit_nos: str = Field("", max_length=100_000)
    is_key: bool = False
    is_crowded: bool = False
    is_high_hazard: bool = False
    sleeping: bool = False
    dangerous_goods: bool = False
    open_hazards: bool = False
    findings: bool = False
    floor_area_from: str = Field("", max_length=12)
    floor_area_to: str = Field("", max_length=12)
    height_from: str = Field("", max_length=12)
    occupants_from: str = Field("", max_length=12)
    built_before: str = Field("", max_length=12)
    alarms: str = Field("", max_length=12)
    not_visited_since: str = Field("", max_length=12)


_FIRST = CampaignFields.model_validate({})


@router.post("/campaigns", include_in_schema=False)
def make_page(request: Request, viewer: Lead, db: Db, options: Options,
              form: Annotated[CampaignFields, Form()]) -> Response:
    given = form.model_dump()
    given["areas"] = [area for area in form.areas if area]
    entry = {**given, "selection": {name: given[name] for name in (*_WORDS, *_TICKS, *_NUMBERS) if given.get(name)}}
    try:
        made = make(db, viewer, entry, options.clock())
    except HuoyanError as refused:
        return _page(request, db, viewer, options.clock(), 0, refused.status, pages.sentence(request, refused), given)
    return pages.go_to(f"/campaigns/{made['list_no']}")


@router.get("/campaigns/{list_no}", include_in_schema=False)
def one_page(request: Request, list_no: ListNo, viewer: Staff, db: Db, options: Options) -> Response:
    return _show(request, db, viewer, list_no, options.clock())


def _show(request: Request, db: Database, viewer: Viewer, list_no: str, now: dt.datetime, status: int = 200,
          problem: str | None = None) -> Response:
    held = read(db, viewer, list_no, legal_day(now))
    return pages.render(request, "campaign.html", status, held=held, draw=held["draw"], problem=problem,
                        base="campaigns", leads=viewer.role in LEADS, reasons=[])


@router.post("/campaigns/{list_no}/freeze", include_in_schema=False)
def freeze_page(request: Request, list_no: ListNo, viewer: Lead, db: Db, options: Options) -> Response:
    try:
        campaign.freeze(db, list_no, options.clock(), actor=viewer.username, areas=viewer.areas)
    except HuoyanError as refused:
        return _show(request, db, viewer, list_no, options.clock(), refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/campaigns/{list_no}")
