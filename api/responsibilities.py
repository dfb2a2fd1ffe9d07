"""Who answers for which units, and who sits in the group that coordinates delegated enforcement, through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.agreements import see
from api.governance import LastDay
from api.guard import Db, Lead, Options, Staff
from casework.governance import coordination, responsibility
from policy.clocks import legal_day

router = APIRouter(prefix="/api/v1", tags=["governance"])
Id = Annotated[int, Path(ge=1, le=2**62)]
Day = Annotated[dt.date | None, Query(description="today if left out")]


class ResponsibilityEntry(BaseModel, extra="forbid"):
    """A body that answers for the units of an area and all beneath it."""

    area_code: str = Field(max_length=12)
    unit_kind: str | None = Field(None, max_length=64, description="every kind if left out")
    is_key: bool | None = Field(None, description="key units or the others; both if left out")
    body: Literal["brigade", "town", "police_station", "department"]
    department: str | None = Field(None, max_length=200, description="with a department: which")
    from_day: dt.date | None = None
    basis: str = Field(min_length=1, max_length=400)


class MemberEntry(BaseModel, extra="forbid"):
    """A member of the coordination group for one of its offices."""

    area_code: str = Field(max_length=12)
    office: str = Field(max_length=32, description="a code of governance.offices")
    name: str = Field(min_length=1, max_length=100)
    post: str = Field(min_length=1, max_length=100)
    from_day: dt.date | None = None


@router.get("/responsibilities", summary="Which body answers for which units on a day")
def api_all(viewer: Staff, db: Db, options: Options, day: Day = None) -> dict[str, Any]:
    with db.connection() as connection:
        return {"responsibilities": responsibility.on(connection, day or legal_day(options.clock()), viewer.areas)}


@router.get("/responsibilities/matrix", summary="Units by kind and body, and how many nobody answers for")
def api_matrix(viewer: Staff, db: Db, options: Options, day: Day = None) -> dict[str, Any]:
    with db.connection() as connection:
        return responsibility.matrix(connection, day or legal_day(options.clock()), viewer.areas)


@router.get("/responsibilities/without", summary="Units that nobody answers for")
def api_without(viewer: Staff, db: Db, options: Options, day: Day = None,
                after: Annotated[int | None, Query(ge=1, le=2**62)] = None,
                limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
    with db.connection() as connection:
        rows = responsibility.without(connection, day or legal_day(options.clock()), areas=viewer.areas, after=after,
                                      limit=limit)
    return {"units": rows, "next": cursors.after(rows, "unit_id", limit)}


@router.post("/responsibilities", status_code=201, summary="Give units to a body")
def api_put(body: ResponsibilityEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, body.area_code)
    return {"responsibility_id": responsibility.put(db, body.model_dump(), viewer.username, now=options.clock())}


@router.post("/responsibilities/{responsibility_id}/end", status_code=201, summary="Say until when a body answers")
def api_end(responsibility_id: Id, body: LastDay, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        see(viewer, responsibility.one(connection, responsibility_id)["area_code"])
    responsibility.end(db, responsibility_id, body.last, viewer.username, now=options.clock())
    return {"responsibility_id": responsibility_id, "to_day": body.last}


@router.get("/coordination-members", summary="The offices of the coordination group with their members on a day")
def api_roster(area_code: Annotated[str, Query(max_length=12)], viewer: Staff, db: Db, options: Options,
               day: Day = None) -> list[dict[str, Any]]:
    see(viewer, area_code)
    with db.connection() as connection:
        return coordination.roster(connection, area_code, day or legal_day(options.clock()), viewer.areas)


@router.post("/coordination-members", status_code=201, summary="Put down a member")
def api_member(body: MemberEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, body.area_code)
    return {"member_id": coordination.put(db, body.model_dump(), viewer.username, now=options.clock())}


@router.post("/coordination-members/{member_id}/end", status_code=201, summary="Say until when a member sits")
def api_member_end(member_id: Id, body: LastDay, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        see(viewer, coordination.one(connection, member_id)["area_code"])
    coordination.end(db, member_id, body.last, viewer.username, now=options.clock())
    return {"member_id": member_id, "to_day": body.last}
