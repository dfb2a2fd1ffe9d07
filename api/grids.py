"""Grids of towns, what grid workers find there, and the yearly visits of police stations, through REST and on pages."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.agreements import Paged, see
from api.areas import choices
from api.cases import unit_of
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.towns import Area
from api.viewer import Viewer
from casework.delegation import grids, leads, stations
from casework.forms import moment, word
from policy.clocks import SHANGHAI, legal_day
from store import Database

router = APIRouter(tags=["delegation"])
LeadNo = Annotated[str, Path(min_length=1, max_length=64)]
GridCode = Annotated[str, Path(min_length=1, max_length=32)]
State = Literal["open", "late", "all", "found", "told", "closed", "passed_on", "accepted", "returned", "finished"]


class GridEntry(BaseModel, extra="forbid"):
    """A village (no village_code) or a grid of one."""

    grid_code: str = Field(min_length=1, max_length=32)
    town_code: str = Field(max_length=12)
    village_code: str | None = Field(None, min_length=1, max_length=32)
    name: str = Field(min_length=1, max_length=200)
    worker: str | None = Field(None, max_length=100)


class LayEntry(BaseModel, extra="forbid"):
    """A unit that lies in a grid."""

    unit_no: str = Field(max_length=64)


class TaskEntry(BaseModel, extra="forbid"):
    """An item of the patrol list."""

    task_code: str = Field(min_length=1, max_length=64, pattern=r"^[a-z0-9_.]+$")
    name: str = Field(min_length=1, max_length=200)
    from_day: dt.date
    to_day: dt.date | None = None


class LeadEntry(BaseModel, extra="forbid"):
    """What a grid worker found at a small place."""

    grid_code: str = Field(max_length=32)
    place_kind: str = Field(max_length=64, examples=["small_shop"])
    place: str = Field(min_length=1, max_length=200)
    unit_no: str | None = Field(None, max_length=64)
    task_codes: list[str] = Field(min_length=1, max_length=100)
    found_at: Moment = Field(description="Asia/Shanghai where it carries no zone")
    found_by: str = Field(min_length=1, max_length=100)
    signed: bool
    photo_ref: str = Field(min_length=1, max_length=200)
    photo_sha256: str = Field(max_length=64)
    note: str | None = Field(None, max_length=1000)


class StepEntry(BaseModel, extra="forbid"):
    """The next step of a lead."""

    step: Literal["told", "closed", "passed_on", "accepted", "returned", "finished"]
    at: Moment
    note: str | None = Field(None, max_length=1000)
    to: Literal["town", "brigade", "department"] | None = Field(None, description="with passed_on")
    photo_ref: str | None = Field(None, max_length=200)
    photo_sha256: str | None = Field(None, max_length=64)


class CopyEntry(BaseModel, extra="forbid"):
    """A copy of a lead to a department, or its receipt."""

    department: str = Field(min_length=1, max_length=200)
    day: dt.date
    done: bool = False


class LeadFilter(Paged):
    """Which leads."""

    town: str | None = Field(None, max_length=12)
    grid: str | None = Field(None, max_length=32)
    state: State = "open"


class QuotaEntry(BaseModel, extra="forbid"):
    """Fewest yearly visits of a police station to each unit of a kind."""

    unit_kind: str = Field(max_length=64)
    yearly: int = Field(ge=0, le=12)
    from_day: dt.date
    basis: str = Field(min_length=1, max_length=200)


def read(db: Database, viewer: Viewer, wanted: LeadFilter, now: dt.datetime) -> dict[str, Any]:
    """Leads of the viewer's areas."""
    with db.connection() as connection:
        rows = leads.listed(connection, now, areas=viewer.areas, town=wanted.town, grid=wanted.grid, state=wanted.state,
                            before=wanted.before, limit=wanted.limit)
    after = cursors.after(rows, "lead_id", wanted.limit)
    return {"leads": [{k: v for k, v in row.items() if k != "lead_id"} for row in rows], "next": after}


def find(db: Database, viewer: Viewer, number: str, now: dt.datetime) -> dict[str, Any]:
    """One lead with its steps and receipts."""
    with db.connection() as connection:
        held = leads.one(connection, number, now, viewer.areas)
    held.pop("lead_id")
    return held


def _grid(db: Database, viewer: Viewer, code: str) -> None:
    with db.connection() as connection:
        see(viewer, grids.one(connection, code)["town_code"])


@router.get("/api/v1/towns/{area_code}/grids", summary="Villages and grids of a town")
def api_tree(area_code: Area, viewer: Staff, db: Db) -> list[dict[str, Any]]:
    see(viewer, area_code)
    with db.connection() as connection:
        return grids.tree(connection, area_code)


@router.get("/api/v1/towns/{area_code}/without-grid", summary="Units of a town that lie in no grid")
def api_without(area_code: Area, viewer: Staff, db: Db, after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
                limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
    see(viewer, area_code)
    with db.connection() as connection:
        rows = grids.without(connection, area_code, after, limit)
    return {"units": rows, "next": cursors.after(rows, "unit_id", limit)}


@router.get("/api/v1/towns/{area_code}/patrol-items", summary="The patrol list of a town on a day")
def api_tasks(area_code: Area, viewer: Staff, db: Db, options: Options,
              day: Annotated[dt.date | None, Query()] = None) -> list[dict[str, Any]]:
    see(viewer, area_code)
    with db.connection() as connection:
        return grids.tasks(connection, area_code, day or legal_day(options.clock()))


@router.post("/api/v1/towns/{area_code}/patrol-items", status_code=201, summary="Put an item on the patrol list")
def api_task(area_code: Area, body: TaskEntry, viewer: Staff, db: Db) -> dict[str, Any]:
    see(viewer, area_code)
    grids.put_task(db, area_code, body.task_code, body.name, body.from_day, body.to_day, viewer.username)
    return body.model_dump()


@router.post("/api/v1/grids", status_code=201, summary="Put down a village or a grid")
def api_grid(body: GridEntry, viewer: Staff, db: Db) -> dict[str, Any]:
    see(viewer, body.town_code)
    grids.put(db, body.grid_code, body.town_code, body.village_code, body.name, body.worker, viewer.username)
    return body.model_dump()


@router.post("/api/v1/grids/{grid_code}/units", status_code=201, summary="Lay a unit into a grid; it lies in one")
def api_lay(grid_code: GridCode, body: LayEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    _grid(db, viewer, grid_code)
    laid = grids.lay(db, unit_of(db, viewer, "unit", body.unit_no), grid_code, legal_day(options.clock()),
                     viewer.username)
    return {"unit_no": body.unit_no, **(laid or {})}


@router.get("/api/v1/units/{unit_id}/grid", summary="The one grid of a unit, or null")
def api_grid_of(unit_id: Annotated[int, Path(ge=1, le=2**62)], viewer: Staff, db: Db) -> dict[str, Any] | None:
    with db.connection() as connection:
        held = grids.grid_of(connection, unit_id)
    if held is not None:
        see(viewer, held["town_code"])
    return held


@router.get("/api/v1/grid-leads", summary="Leads of grid workers, the newest first")
def api_leads(wanted: Annotated[LeadFilter, Query()], viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return read(db, viewer, wanted, options.clock())


@router.get("/api/v1/grid-leads/ends", summary="How leads ended, and the mean time in each state")
def api_ends(viewer: Staff, db: Db, options: Options, first: dt.date, last: dt.date) -> dict[str, Any]:
    with db.connection() as connection:
        return leads.ends(connection, dt.datetime.combine(first, dt.time(), SHANGHAI),
                          dt.datetime.combine(last, dt.time(), SHANGHAI) + dt.timedelta(days=1), options.clock(),
                          viewer.areas)


@router.post("/api/v1/grid-leads", status_code=201, summary="Enter what a grid worker found: a lead, no inspection")
def api_find(body: LeadEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    _grid(db, viewer, body.grid_code)
    unit_id = unit_of(db, viewer, "unit", body.unit_no) if body.unit_no else None
    number = leads.find(db, leads.LeadForm(
        body.grid_code, body.place_kind, body.place, tuple(body.task_codes), moment(body.found_at, "found_at"),
        body.found_by, body.signed, body.photo_ref, body.photo_sha256.lower(), unit_id, body.note), viewer.username,
        options.clock())
    return find(db, viewer, number, options.clock())


def enter(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> str:
    """A lead as the form of a page has it."""
    grid = word(data["grid_code"], "grid_code", 32)
    _grid(db, viewer, grid)
    unit_id = unit_of(db, viewer, "unit", data["unit_no"]) if data["unit_no"] else None
    return leads.find(db, leads.LeadForm(
        grid, word(data["place_kind"], "place_kind", 64), word(data["place"], "place"), tuple(data["task_codes"]),
        moment(data["found_at"], "found_at"), word(data["found_by"], "found_by", 100), data["signed"],
        word(data["photo_ref"], "photo_ref"), (data["lead_sha256"] or "").lower(), unit_id, data["note"]),
        viewer.username, now)


def take(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> None:
    """A step of a lead as the form of a page has it."""
    number = word(data["lead_no"], "lead_no", 64)
    find(db, viewer, number, now)
    photo = (data["photo_ref"], (data["lead_sha256"] or "").lower()) if data["photo_ref"] else None
    leads.step(db, number, word(data["step"], "step", 32), moment(data["at"], "at"), viewer.username, now,
               note=data["note"], to=data["to"], photo=photo)


@router.get("/api/v1/grid-leads/{lead_no}", summary="A lead with each step and its picture")
def api_lead(lead_no: LeadNo, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return find(db, viewer, lead_no, options.clock())


@router.post("/api/v1/grid-leads/{lead_no}/steps", status_code=201, summary="Take a lead one step on")
def api_step(lead_no: LeadNo, body: StepEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    find(db, viewer, lead_no, options.clock())
    photo = (body.photo_ref, (body.photo_sha256 or "").lower()) if body.photo_ref else None
    in_time = leads.step(db, lead_no, body.step, moment(body.at, "at"), viewer.username, options.clock(),
                         note=body.note, to=body.to, photo=photo)
    return {**find(db, viewer, lead_no, options.clock()), "in_time": in_time}


@router.post("/api/v1/grid-leads/{lead_no}/copies", status_code=201, summary="Copy a lead to a department")
def api_copy(lead_no: LeadNo, body: CopyEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    find(db, viewer, lead_no, options.clock())
    leads.copy(db, lead_no, body.department, body.day, viewer.username)
    return find(db, viewer, lead_no, options.clock())


@router.post("/api/v1/grid-leads/{lead_no}/receipts", status_code=201, summary="A department's receipt of its copy")
def api_receipt(lead_no: LeadNo, body: CopyEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    find(db, viewer, lead_no, options.clock())
    leads.answer_copy(db, lead_no, body.department, body.day, body.done, viewer.username)
    return find(db, viewer, lead_no, options.clock())


@router.get("/api/v1/stations/{area_code}/pace", summary="Yearly visits of police stations: asked, expected, done")
def api_pace(area_code: Area, viewer: Staff, db: Db, options: Options,
             day: Annotated[dt.date | None, Query()] = None) -> dict[str, Any]:
    see(viewer, area_code)
    with db.connection() as connection:
        return stations.pace(connection, area_code, day or legal_day(options.clock()))


@router.get("/api/v1/stations/{area_code}/missing", summary="Units that still wait for their visits of the year")
def api_missing(area_code: Area, viewer: Staff, db: Db, options: Options,
                day: Annotated[dt.date | None, Query()] = None,
                after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
                limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
    see(viewer, area_code)
    with db.connection() as connection:
        rows = stations.missing(connection, area_code, day or legal_day(options.clock()), after=after, limit=limit)
    return {"units": rows, "next": cursors.after(rows, "unit_id", limit)}


@router.post("/api/v1/stations/{area_code}/quotas", status_code=201, summary="Set the yearly visits to a kind of unit")
def api_quota(area_code: Area, body: QuotaEntry, viewer: Lead, db: Db) -> dict[str, Any]:
    see(viewer, area_code)
    stations.put(db, area_code, body.unit_kind, body.yearly, body.from_day, body.basis, viewer.username)
    return body.model_dump()


@router.get("/grid-leads", include_in_schema=False)
def leads_page(request: Request, wanted: Annotated[LeadFilter, Query()], viewer: Staff, db: Db,
               options: Options) -> Response:
    now = options.clock()
    year = dt.datetime(legal_day(now).year, 1, 1, tzinfo=SHANGHAI)
    with db.connection() as connection:
        ends = leads.ends(connection, year, now + dt.timedelta(days=1), now, viewer.areas)
    return pages.render(request, "grid_leads.html", wanted=wanted, ends=ends, **read(db, viewer, wanted, now))


@router.get("/stations", include_in_schema=False)
def stations_page(request: Request, viewer: Staff, db: Db, options: Options,
                  area: Annotated[str, Query(max_length=12)] = "",
                  pace: Literal["", "1"] = "",
                  after: Annotated[int | None, Query(ge=1, le=2**62)] = None) -> Response:
    """Who waits, at once; how far the year is counts all units of the area, and comes when it is asked for."""
    areas = choices(db, viewer)
    chosen = area or (str(areas[0]["area_code"]) if areas else "")
    see(viewer, chosen)
    day = legal_day(options.clock())
    with db.connection() as connection:
        paced = stations.pace(connection, chosen, day) if pace else None
        if paced and pages.wants_part(request):
            return pages.render(request, "station_pace.html", paced=paced)
        rows = stations.missing(connection, chosen, day, after=after, limit=50)
    return pages.render(request, "stations.html", areas=areas, chosen=chosen, paced=paced, rows=rows,
                        next=cursors.after(rows, "unit_id", 50))
