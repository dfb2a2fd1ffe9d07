"""Areas of high risk and area hazards, control rooms and the certificates of those on duty, through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit, cursors
from api.agreements import see
from api.guard import Db, Lead, Options, Staff
from api.viewer import Viewer
from casework.governance import areas, control_rooms
from policy.clocks import legal_day
from store import Database

router = APIRouter(prefix="/api/v1", tags=["governance"])
AreaNo = Annotated[str, Path(min_length=1, max_length=64, examples=["GF20261201-0001"])]
Id = Annotated[int, Path(ge=1, le=2**62)]
Kind = Literal["high_risk", "area_hazard"]


class RiskAreaFilter(BaseModel):
    """Which areas, as of which day."""

    day: dt.date | None = Field(None, description="today if left out; a past day gives the list of that day")
    kind: Kind | None = None
    state: Literal["listed", "all"] = Field("listed", description="all: with those that had ended by that day")
    after: str | None = Field(None, max_length=64)
    limit: int = Field(50, ge=1, le=500)


class RiskAreaEntry(BaseModel, extra="forbid"):
    """An area that is listed from a day on."""

    kind: Kind
    area_code: str = Field(max_length=12)
    name: str = Field(min_length=1, max_length=200)
    basis: str = Field(min_length=1, max_length=400, description="the document or finding that lists it")
    from_day: dt.date | None = Field(None, description="today if left out; never a past day")
    boundary: list[list[float]] | None = Field(None, max_length=500, description="corners [lon, lat]")
    unit_nos: list[str] = Field([], max_length=5000, description="needed for an area hazard")


class EndEntry(BaseModel, extra="forbid"):
    """The end of a place on a list."""

    on: dt.date = Field(description="the first day on which it is listed no more")
    reason: str = Field(min_length=1, max_length=1000)


class LastDay(BaseModel, extra="forbid"):
    """The last day on which something holds."""

    last: dt.date


class CoverageFilter(BaseModel):
    """Which control rooms, as of which day."""

    day: dt.date | None = None
    state: Literal["all", "short", "enough"] = "all"
    unit_no: str | None = Field(None, max_length=64)
    after: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(50, ge=1, le=500)


class StaffEntry(BaseModel, extra="forbid"):
    """Who is on duty in a control room."""

    unit_no: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=100)
    certificate_no: str | None = Field(None, max_length=64)
    certified_on: dt.date | None = None
    valid_to: dt.date | None = None
    from_day: dt.date | None = None


class CheckEntry(BaseModel, extra="forbid"):
    """What a look at a certificate came to."""

    unit_no: str = Field(min_length=1, max_length=64)
    certificate_no: str = Field(min_length=1, max_length=64)
    checked_on: dt.date | None = None
    outcome: Literal["valid", "expired", "false", "lent"]
    list_no: str | None = Field(None, max_length=64, description="the campaign in which it was checked")
    note: str | None = Field(None, max_length=4000)


class CheckFilter(BaseModel):
    """Which checks."""

    list_no: str | None = Field(None, max_length=64)
    before: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(50, ge=1, le=500)


def risk_areas(db: Database, viewer: Viewer, wanted: RiskAreaFilter, today: dt.date) -> dict[str, Any]:
    """Areas of the viewer's that were listed on a day."""
    day = wanted.day or today
    with db.connection() as connection:
        rows = areas.on(connection, day, kind=wanted.kind, areas=viewer.areas, state=wanted.state, after=wanted.after,
                        limit=wanted.limit)
    return {"day": day, "areas": rows, "next": cursors.after(rows, "risk_area_no", wanted.limit)}


def put_area(db: Database, viewer: Viewer, data: dict[str, Any], now: dt.datetime) -> str:
    """List an area of the viewer's."""
    form = areas.area_form(data, legal_day(now))
    see(viewer, form.area_code)
    return areas.put(db, form, viewer.username, now=now)


def end_area(db: Database, viewer: Viewer, number: str, on: dt.date, why: str, now: dt.datetime) -> None:
    """End an area of the viewer's."""
    with db.connection() as connection:
        areas.one(connection, number, viewer.areas)
    areas.end(db, number, on, why, viewer.username, now=now)


def coverage(db: Database, viewer: Viewer, wanted: CoverageFilter, today: dt.date) -> dict[str, Any]:
    """Control rooms of the viewer's areas."""
    day = wanted.day or today
    with db.connection() as connection:
        rows = control_rooms.coverage(connection, day, areas=viewer.areas, state=wanted.state, unit_no=wanted.unit_no,
                                      after=wanted.after, limit=wanted.limit)
    return {"day": day, "units": rows, "next": cursors.after(rows, "unit_id", wanted.limit)}


@router.get("/risk-areas", summary="Areas of high risk and area hazards as they were listed on a day")
def api_areas(wanted: Annotated[RiskAreaFilter, Query()], viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return risk_areas(db, viewer, wanted, legal_day(options.clock()))


@router.post("/risk-areas", status_code=201, summary="List an area")
def api_put_area(body: RiskAreaEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    number = put_area(db, viewer, body.model_dump(), options.clock())
    with db.connection() as connection:
        return areas.one(connection, number, viewer.areas)


@router.get("/risk-areas/{risk_area_no}", summary="An area with its units and what became of each")
def api_area(risk_area_no: AreaNo, viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        return areas.one(connection, risk_area_no, viewer.areas)


@router.post("/risk-areas/{risk_area_no}/end", status_code=201, summary="Take an area off the list")
def api_end_area(risk_area_no: AreaNo, body: EndEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    end_area(db, viewer, risk_area_no, body.on, body.reason, options.clock())
    with db.connection() as connection:
        return areas.one(connection, risk_area_no, viewer.areas)


@router.get("/control-rooms", summary="Control rooms: on duty, certified, and whether that is the share that is asked")
def api_coverage(wanted: Annotated[CoverageFilter, Query()], viewer: Staff, db: Db,
                 options: Options) -> dict[str, Any]:
    return coverage(db, viewer, wanted, legal_day(options.clock()))


@router.get("/control-rooms/{unit_no}/staff", summary="Who is on duty in a unit's control room on a day")
def api_staff(unit_no: Annotated[str, Path(min_length=1, max_length=64)], viewer: Staff, db: Db, options: Options,
              day: Annotated[dt.date | None, Query()] = None) -> list[dict[str, Any]]:
    unit = credit.unit(db, viewer, unit_no)
    with db.connection() as connection:
        return control_rooms.on_duty(connection, unit["unit_id"], day or legal_day(options.clock()))


@router.post("/control-rooms/staff", status_code=201, summary="Put down who is on duty")
def api_put_staff(body: StaffEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    credit.unit(db, viewer, body.unit_no)
    return {"staff_id": control_rooms.put(db, body.model_dump(), viewer.username, now=options.clock())}


@router.post("/control-rooms/staff/{staff_id}/leave", status_code=201, summary="Say when somebody left")
def api_leave(staff_id: Id, body: LastDay, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        credit.unit(db, viewer, control_rooms.staff(connection, staff_id)["unit_no"])
    control_rooms.leave(db, staff_id, body.last, viewer.username, now=options.clock())
    return {"staff_id": staff_id, "to_day": body.last}


@router.get("/certificate-checks", summary="Checks of certificates, the newest first")
def api_checks(wanted: Annotated[CheckFilter, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        rows = control_rooms.checks(connection, list_no=wanted.list_no, areas=viewer.areas, before=wanted.before,
                                    limit=wanted.limit)
    return {"checks": rows, "next": cursors.after(rows, "check_id", wanted.limit)}


@router.get("/certificate-checks/count", summary="Checks of a campaign by outcome")
def api_checked(list_no: Annotated[str, Query(max_length=64)], viewer: Staff, db: Db) -> dict[str, int]:
    with db.connection() as connection:
        return control_rooms.counted(connection, list_no, viewer.areas)


@router.post("/certificate-checks", status_code=201, summary="Enter the check of a certificate")
def api_check(body: CheckEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    credit.unit(db, viewer, body.unit_no)
    return {"check_id": control_rooms.check(db, body.model_dump(), viewer.username, now=options.clock())}
