"""List draws (replacements, campaigns, joint draws): the records, their visits, whether they check, and replacing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import inspection_pages, inspections, pages
from api.codes import KnownListDraw
from api.guard import Db, Lead, Options, Staff
from api.inspections import InspectionId
from api.refusals import NotYours
from api.viewer import LEADS, Viewer
from policy.clocks import legal_day
from sampling import entropy
from sampling.lists import kinds, reading, replacement
from sampling.lists.replacement import Asked
from store import Database, HuoyanError

router = APIRouter()
DrawNo = Annotated[str, Path(pattern=r"^[A-Z][0-9]{8}-[0-9]{2,4}$")]


class ListDraw(BaseModel):
    """A list draw: its frame is frozen and published first, its seed opened afterwards."""

    draw_no: str = Field(examples=["R20261207-01"])
    draw_date: dt.date
    kind: str = Field(description="replacement, campaign, joint ...")
    title: str
    sequence: int = Field(description="its place in the one chain of daily and list draws")
    status: str = Field(description="frozen or drawn")
    policy_version: str
    commitment: str
    previous: str
    frozen_at: dt.datetime
    entropy: list[dict[str, Any]] | None
    seed: str | None
    record_hash: str | None
    drawn_at: dt.datetime | None
    list_no: str | None = Field(description="the campaign or joint draw that asked for it")
    of_draw: str | None = Field(description="the draw whose visit a replacement stands for")
    visits: int
    first_day: dt.date | None
    last_day: dt.date | None


class Told(BaseModel):
    """What a freeze or a draw of a list says of itself."""

    draw_no: str
    status: str
    commitment: str | None = None
    record_hash: str | None = None
    seed: str | None = None
    visits: int | None = None
    objects: int | None = None
    waits_for: list[str] = Field([], description="sources of entropy whose value must be given: witness, beacon")
    not_assigned: list[dict[str, str]] = Field([], description="drawn objects that no officers could be found for")
    note: str | None = None


class ReplacementEntry(BaseModel, extra="forbid"):
    """A drawn visit whose unit failed, one whose officer can't come, or all visits of an officer on a day."""

    reason_code: str = Field(max_length=64, description="of draw.replacement.reasons of policy", examples=["closed"])
    reason: str = Field(min_length=1, max_length=1000)
    inspection_no: str | None = Field(None, max_length=64)
    draw_no: str | None = Field(None, max_length=32, description="with object_no: a visit of a list, as where it is no "
                                                                 "inspection of ours")
    object_no: str | None = Field(None, max_length=64)
    officer_no: str | None = Field(None, max_length=32, description="who can't come; without a visit: all visits")
    department: str | None = Field(None, max_length=32, description="the officer's, of a joint draw; fire if left out")
    day: dt.date | None = Field(None, description="of the officer's visits; today if left out")
    entropy: list[str] = Field([], max_length=3, description="sources of the seed; policy says which if left out")


class EntropyEntry(BaseModel, extra="forbid"):
    """The values that the frame's sources still wait for."""

    witness: str | None = Field(None, max_length=500)
    beacon: str | None = Field(None, max_length=64)


class Check(BaseModel):
    """Whether a list draw agrees with the protocol and with the rows on record."""

    ok: bool
    problem: str | None = Field(description="the first thing that does not agree")


def read(db: Database, viewer: Viewer, draw_no: str) -> dict[str, Any]:
    """A list draw with the visits of the viewer's areas."""
    with db.connection() as connection:
        held = reading.one(connection, draw_no, viewer.areas)
        held.pop("draw_id")
        return held


def finish(db: Database, viewer: Viewer, draw_no: str, given: EntropyEntry, now: dt.datetime) -> dict[str, Any]:
    """Draw a frozen list; an account with areas of its own only one whose objects all lie in them."""
    _all_of(db, viewer, draw_no)
    values = {} if not given.witness else {"witness": entropy.witness(given.witness)}
    if given.beacon:
        values["beacon"] = entropy.beacon(given.beacon)
    return kinds.draw(db, draw_no, now, values, actor=viewer.username)


def _all_of(db: Database, viewer: Viewer, draw_no: str) -> None:
    with db.connection() as connection:
        areas = reading.areas_of(connection, draw_no)
    if viewer.areas is not None and not areas <= set(viewer.areas):
        raise NotYours("refusal.bundle_areas")


def replace(db: Database, viewer: Viewer, entry: ReplacementEntry, now: dt.datetime) -> list[dict[str, Any]]:
    """Replace what has failed among visits of the viewer's areas."""
    asked = Asked(entry.reason_code, entry.reason, entry.inspection_no, entry.officer_no, entry.day, entry.draw_no,
                  entry.object_no, entry.department)
    return replacement.run(db, asked, now, actor=viewer.username, areas=viewer.areas, entropy=entry.entropy or None)


@router.get("/api/v1/list-draws", response_model=list[ListDraw], summary="List draws, the newest first", tags=["draws"])
def api_lists(viewer: Staff, db: Db, kind: Annotated[KnownListDraw, Query(max_length=32)] = None,
              below: Annotated[int | None, Query(description="only records before this sequence")] = None,
              limit: Annotated[int, Query(ge=1, le=500)] = 60) -> Any:
    with db.connection() as connection:
        return reading.lists(connection, kind=kind, areas=viewer.areas, below=below, limit=limit)


@router.get("/api/v1/list-draws/{draw_no}", summary="A list draw: who was left out and why, its visits and teams",
            tags=["draws"])
def api_list(draw_no: DrawNo, viewer: Staff, db: Db) -> dict[str, Any]:
    return read(db, viewer, draw_no)


@router.get("/api/v1/list-draws/{draw_no}/bundle", summary="The bundle: everything huoyan verify needs", tags=["draws"],
            responses={200: {"content": {"application/json": {}}}})
def api_bundle(draw_no: DrawNo, viewer: Lead, db: Db) -> Response:
    _all_of(db, viewer, draw_no)
    with db.connection() as connection:
        content = reading.bundle_bytes(connection, draw_no)
    return Response(content, media_type="application/json",
                    headers={"content-disposition": f'attachment; filename="{draw_no}.json"'})


@router.get("/api/v1/list-draws/{draw_no}/check", response_model=Check, summary="Check a list draw on the server",
            tags=["draws"])
def api_check(draw_no: DrawNo, viewer: Staff, db: Db) -> Any:
    problem = reading.check(db, draw_no, viewer.areas)
    return {"ok": problem is None, "problem": problem}


@router.post("/api/v1/list-draws/{draw_no}/draw", response_model=Told, summary="Draw a frozen list", tags=["draws"])
def api_finish(draw_no: DrawNo, body: EntropyEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return finish(db, viewer, draw_no, body, options.clock())


@router.post("/api/v1/replacements", response_model=list[Told], status_code=201,
             summary="Replace a drawn unit or officer by a new draw with a reason", tags=["draws"])
def api_replace(body: ReplacementEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return replace(db, viewer, body, options.clock())


@router.get("/list-draws", include_in_schema=False)
def page(request: Request, viewer: Staff, db: Db, kind: Annotated[KnownListDraw, Query(max_length=32)] = "",
         below: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None) -> Response:
    with db.connection() as connection:
        rows = reading.lists(connection, kind=kind or None, areas=viewer.areas, below=below, limit=40)
    return pages.render(request, "list_draws.html", rows=rows, kind=kind, more=len(rows) == 40)


@router.get("/list-draws/{draw_no}", include_in_schema=False)
def one_page(request: Request, draw_no: DrawNo, viewer: Staff, db: Db, options: Options) -> Response:
    return show(request, read(db, viewer, draw_no), viewer, options.clock())


def show(request: Request, held: dict[str, Any], viewer: Viewer, now: dt.datetime, status: int = 200,
         problem: str | None = None) -> Response:
    """The page of one list draw."""
    return pages.render(request, "list_draw.html", status, draw=held, problem=problem, leads=viewer.role in LEADS,
                        reasons=reasons(held, viewer, now))


def reasons(held: dict[str, Any] | None, viewer: Viewer, now: dt.datetime) -> list[dict[str, str]]:
    """The reasons for which the viewer may have a visit of several departments replaced on the page of its list; one
    of ours alone is replaced on its own page."""
    joint = held is not None and len(held["departments"]) + len(held["standing"]) > 1
    return replacement.reasons(legal_day(now)) if joint and viewer.role in LEADS else []


@router.get("/list-draws/{draw_no}/check", include_in_schema=False)
def check_page(request: Request, draw_no: DrawNo, viewer: Staff, db: Db) -> Response:
    problem = reading.check(db, draw_no, viewer.areas)
    return pages.render(request, "draw_check.html", check={"ok": problem is None, "problem": problem})


@router.post("/list-draws/{draw_no}/draw", include_in_schema=False)
def finish_page(request: Request, draw_no: DrawNo, viewer: Lead, db: Db, options: Options,
                witness: Annotated[str, Form(max_length=500)] = "",
                beacon: Annotated[str, Form(max_length=64)] = "") -> Response:
    try:
        finish(db, viewer, draw_no, EntropyEntry(witness=witness, beacon=beacon), options.clock())
    except HuoyanError as refused:
        return show(request, read(db, viewer, draw_no), viewer, options.clock(), refused.status,
                    pages.sentence(request, refused))
    return pages.go_to(f"/list-draws/{draw_no}")


@router.post("/list-draws/{draw_no}/replacement", include_in_schema=False)
def replace_listed_page(request: Request, draw_no: DrawNo, viewer: Lead, db: Db, options: Options,
                        object_no: Annotated[str, Form(max_length=64)] = "",
                        reason_code: Annotated[str, Form(max_length=64)] = "",
                        officer: Annotated[str, Form(max_length=65, description="department/number")] = "",
                        reason: Annotated[str, Form(max_length=1000)] = "") -> Response:
    department, _, officer_no = officer.partition("/")
    asked = Asked(reason_code, reason, None, officer_no or None, None, draw_no, object_no, department or None)
    held = read(db, viewer, draw_no)
    try:
        told = replacement.run(db, asked, options.clock(), actor=viewer.username, areas=viewer.areas)
    except HuoyanError as refused:
        return show(request, held, viewer, options.clock(), refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/list-draws/{told[0]['draw_no']}")


@router.post("/inspections/{inspection_id}/replacement", include_in_schema=False)
def replace_page(request: Request, inspection_id: InspectionId, viewer: Lead, db: Db, options: Options,
                 reason_code: Annotated[str, Form(max_length=64)] = "",
                 officer: Annotated[str, Form(max_length=32)] = "",
                 whole_day: Annotated[bool, Form()] = False,
                 reason: Annotated[str, Form(max_length=1000)] = "") -> Response:
    visit = inspections.find(db, viewer, inspection_id)
    of_day = whole_day and bool(officer)
    asked = Asked(reason_code, reason, None if of_day else visit["inspection_no"], officer or None,
                  visit["planned_on"] if of_day else None)
    try:
        told = replacement.run(db, asked, options.clock(), actor=viewer.username, areas=viewer.areas)
    except HuoyanError as refused:
        return inspection_pages.entry_page(request, db, viewer, options.clock(), visit, refused.status,
                                      pages.sentence(request, refused))
    return pages.go_to(f"/list-draws/{told[0]['draw_no']}")
