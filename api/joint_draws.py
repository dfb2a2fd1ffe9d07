"""Joint draws (部门联合): directories of the other departments, lists, freeze and draw; with their pages."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import list_draws, pages
from api.campaigns import FreezeEntry, ListNo, draw_of, listed
from api.cursors import Offset
from api.guard import Administrator, Db, Lead, Options, Staff
from api.list_draws import EntropyEntry, Told
from api.refusals import BadField, NotYours
from api.viewer import LEADS, Viewer
from policy.clocks import legal_day
from sampling.lists import directories, joint, keeping
from sampling.lists.selection import Selection
from store import Database, HuoyanError

router = APIRouter()
Noun = Literal["departments", "officers", "objects", "plan"]
_NOTHING = {"title": "", "item": "", "launching": "fire", "taking_part": (), "visits": "", "first_day": "",
            "last_day": "", "drawn_by": "chance"}


class JointEntry(BaseModel, extra="forbid"):
    """A joint draw: who launches and takes part, how many visits on which days."""

    title: str = Field(min_length=1, max_length=200)
    item: str | None = Field(None, max_length=100, description="as the yearly plan and the objects name it")
    launching: str = Field("fire", max_length=32)
    taking_part: list[str] = Field([], max_length=20, description="the plan of the year says who if left out")
    visits: int | None = Field(None, ge=1, description="the plan says, or all, if left out")
    first_day: dt.date
    last_day: dt.date
    drawn_by: Literal["chance", "weight"] = "chance"
    selection: dict[str, Any] = Field({}, description="where fire launches: what a unit must be, as in a campaign")


class Directory(BaseModel, extra="forbid"):
    """Rows of a directory of another department, with the fields of its columns."""

    rows: list[dict[str, Any]] = Field(max_length=5000)


class Taken(BaseModel):
    """What became of a file or of rows."""

    noun: str
    total: int
    stored: int
    rejected: list[dict[str, Any]] = Field(description="line, column, value and reason of each thing wrong")


def read(db: Database, viewer: Viewer, list_no: str) -> dict[str, Any]:
    """A joint draw of the viewer's areas, with its draw."""
    with db.connection() as connection:
        held = keeping.one(connection, joint.KIND, list_no, viewer.areas)
    held.pop("list_id")
    return {**held, "draw": list_draws.read(db, viewer, held["draw_no"]) if held["draw_no"] else None}


def make(db: Database, viewer: Viewer, entry: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Keep a joint draw."""
    held = joint.create(db, entry, Selection.of(entry.get("selection") or {}), now, actor=viewer.username,
                        areas=viewer.areas)
    held.pop("list_id")
    return held


def take(db: Database, viewer: Viewer, noun: str, upload: UploadFile, now: dt.datetime) -> directories.Taken:
    """Read an uploaded file; directories are of everyone, so only an account that sees every area may."""
    if viewer.areas is not None:
        raise NotYours("refusal.import_areas")
    name = Path(upload.filename or "").name
    suffix = Path(name).suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise BadField("refusal.import_form", name=name[:80] or "–")
    with tempfile.TemporaryDirectory(prefix="huoyan-joint-") as folder:
        path = Path(folder) / (f"upload{suffix}" if not name.isprintable() or len(name) > 100 else name)
        with path.open("wb") as file:
            shutil.copyfileobj(upload.file, file)
        return directories.take_file(db, noun, path, actor=viewer.username, now=now)


@router.get("/api/v1/joint-draws", summary="Joint draws, the newest first", tags=["draws"])
def api_all(viewer: Staff, db: Db, limit: Annotated[int, Query(ge=1, le=500)] = 50,
            offset: Annotated[Offset, Query()] = 0) -> dict[str, Any]:
    return listed(db, viewer, joint.KIND, limit, offset)


@router.get("/api/v1/joint-draws/{list_no}", summary="A joint draw with its departments and its draw", tags=["draws"])
def api_one(list_no: ListNo, viewer: Staff, db: Db) -> dict[str, Any]:
    return read(db, viewer, list_no)


@router.post("/api/v1/joint-draws", status_code=201, summary="Make a joint draw; nothing is drawn yet", tags=["draws"])
def api_make(body: JointEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    return make(db, viewer, body.model_dump(), options.clock())


@router.post("/api/v1/joint-draws/{list_no}/freeze", response_model=Told, summary="Freeze its list", tags=["draws"])
def api_freeze(list_no: ListNo, body: FreezeEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return joint.freeze(db, list_no, options.clock(), actor=viewer.username, areas=viewer.areas,
                        entropy=body.entropy or None)


@router.post("/api/v1/joint-draws/{list_no}/draw", response_model=Told, summary="Draw its frozen list", tags=["draws"])
def api_draw(list_no: ListNo, body: EntropyEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return list_draws.finish(db, viewer, draw_of(db, viewer, joint.KIND, list_no), body, options.clock())


@router.get("/api/v1/joint/departments", summary="Departments of joint draws, and the yearly plan", tags=["draws"])
def api_departments(viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        return {"departments": joint.departments(connection), "plan": joint.plans(connection)}


@router.post("/api/v1/joint/{noun}/rows", response_model=Taken, summary="Rows of a directory of another department",
             tags=["draws"])
def api_rows(noun: Noun, body: Directory, viewer: Administrator, db: Db, options: Options) -> Any:
    if viewer.areas is not None:
        raise NotYours("refusal.import_areas")
    return asdict(directories.take_rows(db, noun, body.rows, actor=viewer.username, now=options.clock()))


@router.post("/api/v1/joint/{noun}/file", response_model=Taken, summary="A directory of another department as a file",
             tags=["draws"])
def api_file(noun: Noun, viewer: Administrator, db: Db, options: Options, file: Annotated[UploadFile, File()]) -> Any:
    return asdict(take(db, viewer, noun, file, options.clock()))


@router.get("/joint-draws", include_in_schema=False)
def page(request: Request, viewer: Staff, db: Db, options: Options,
         offset: Annotated[Offset, Query()] = 0) -> Response:
    return _page(request, db, viewer, options.clock(), offset)


def _page(request: Request, db: Database, viewer: Viewer, now: dt.datetime, offset: int = 0, status: int = 200,
          problem: str | None = None, given: dict[str, Any] | None = None,
          report: directories.Taken | None = None) -> Response:
    with db.connection() as connection:
        departments, plan = joint.departments(connection), joint.plans(connection)
    return pages.render(request, "joint_draws.html", status, **listed(db, viewer, joint.KIND, 30, offset),
                        offset=offset, problem=problem, given=given or _NOTHING, report=report,
                        departments=departments, plan=plan, leads=viewer.role in LEADS,
                        imports=viewer.role == "administrator" and viewer.areas is None,
                        nouns=list(directories.NOUNS), day=legal_day(now))


@router.post("/joint-draws", include_in_schema=False)
def make_page(request: Request, viewer: Lead, db: Db, options: Options,
              title: Annotated[str, Form(max_length=200)] = "",
              item: Annotated[str, Form(max_length=100)] = "", launching: Annotated[str, Form(max_length=32)] = "fire",
              taking_part: Annotated[list[str] | None, Form(max_length=20)] = None,
              visits: Annotated[str, Form(max_length=8)] = "", first_day: Annotated[str, Form(max_length=10)] = "",
              last_day: Annotated[str, Form(max_length=10)] = "",
              drawn_by: Annotated[str, Form(max_length=8)] = "chance") -> Response:
    given = {"title": title, "item": item, "launching": launching, "taking_part": taking_part or [], "visits": visits,
             "first_day": first_day, "last_day": last_day, "drawn_by": drawn_by}
    try:
        made = make(db, viewer, given, options.clock())
    except HuoyanError as refused:
        return _page(request, db, viewer, options.clock(), 0, refused.status, pages.sentence(request, refused), given)
    return pages.go_to(f"/joint-draws/{made['list_no']}")


@router.post("/joint-draws/import", include_in_schema=False)
def import_page(request: Request, viewer: Administrator, db: Db, options: Options, noun: Annotated[Noun, Form()],
                file: Annotated[UploadFile, File()]) -> Response:
    try:
        report = take(db, viewer, noun, file, options.clock())
    except HuoyanError as refused:
        return _page(request, db, viewer, options.clock(), 0, refused.status, pages.sentence(request, refused))
    return _page(request, db, viewer, options.clock(), report=report)


@router.get("/joint-draws/{list_no}", include_in_schema=False)
def one_page(request: Request, list_no: ListNo, viewer: Staff, db: Db, options: Options) -> Response:
    return _show(request, db, viewer, list_no, options.clock())


def _show(request: Request, db: Database, viewer: Viewer, list_no: str, now: dt.datetime, status: int = 200,
          problem: str | None = None) -> Response:
    held = read(db, viewer, list_no)
    return pages.render(request, "campaign.html", status, held={**held, "units": None}, draw=held["draw"],
                        problem=problem, base="joint-draws", leads=viewer.role in LEADS,
                        reasons=list_draws.reasons(held["draw"], viewer, now))


@router.post("/joint-draws/{list_no}/freeze", include_in_schema=False)
def freeze_page(request: Request, list_no: ListNo, viewer: Lead, db: Db, options: Options) -> Response:
    try:
        joint.freeze(db, list_no, options.clock(), actor=viewer.username, areas=viewer.areas)
    except HuoyanError as refused:
        return _show(request, db, viewer, list_no, options.clock(), refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/joint-draws/{list_no}")
