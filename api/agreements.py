"""Agreements of delegation and empowerment, their lists, filings and ends, and the three duty lists, through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.guard import Db, Lead, Options, Staff
from api.refusals import Absent
from api.viewer import LEADS, Viewer
from casework.delegation import agreements, duty_lists
from policy.clocks import legal_day
from store import Database

router = APIRouter(prefix="/api/v1", tags=["delegation"])
Number = Annotated[str, Path(min_length=1, max_length=64)]
_Codes = Annotated[list[str], Field(max_length=500)]


class AgreementEntry(BaseModel, extra="forbid"):
    """A signed agreement (委托协议) or empowerment (赋权)."""

    regime: Literal["delegated", "empowered"]
    town_code: str = Field(max_length=12, examples=["990101001"])
    principal_code: str = Field(max_length=12, description="the brigade's area", examples=["990101"])
    powers: list[str] = Field(max_length=10, description="codes of delegation.powers", examples=[["inspect", "order"]])
    item_codes: _Codes = Field(description="items of the catalogue: the first version of the list")
    signed_on: dt.date
    from_day: dt.date | None = Field(None, description="the day it was signed if left out")
    to_day: dt.date | None = Field(None, description="its last day; one year if left out")
    agreement_no: str | None = Field(None, max_length=64, description="the next number of the day if left out")
    note: str | None = Field(None, max_length=4000)


class ScopeEntry(BaseModel, extra="forbid"):
    """A new version of an agreement's list of items; the whole list."""

    from_day: dt.date
    item_codes: _Codes


class FilingEntry(BaseModel, extra="forbid"):
    """A filing (备案): there are two."""

    filed_with: Literal["government", "brigade"]
    filed_on: dt.date
    receipt: str | None = Field(None, max_length=200)


class EndEntry(BaseModel, extra="forbid"):
    """The end of an agreement before its term (解除)."""

    ended_on: dt.date = Field(description="the first day on which it holds no more")
    reason: str = Field(min_length=1, max_length=1000)


class DutyEntry(BaseModel, extra="forbid"):
    """An item on one of the three duty lists."""

    area_code: str = Field(max_length=12, description="a town, or a brigade's area for all its towns")
    item_code: str = Field(max_length=64)
    list: Literal["basic", "assist", "taken_back"]
    from_day: dt.date
    basis: str = Field(max_length=200)


class Paged(BaseModel):
    """What narrows a list; ``before`` is the ``next`` of the page before."""

    before: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(50, ge=1, le=200)


class AgreementFilter(Paged):
    """Which agreements."""

    town: str | None = Field(None, max_length=12)
    day: dt.date | None = Field(None, description="as they stood on a day; today if left out")


def see(viewer: Viewer, area_code: str) -> None:
    """An area outside the account's own is as if it did not exist."""
    if not viewer.sees(area_code):
        raise Absent("refusal.no_town", area=area_code)


def find(db: Database, viewer: Viewer, number: str, day: dt.date) -> dict[str, Any]:
    """An agreement of the viewer's areas with every version of its list."""
    with db.connection() as connection:
        held = agreements.one(connection, number, day, viewer.areas)
    held.pop("agreement_id")
    return held


def lead_of(db: Database, viewer: Viewer, number: str, day: dt.date) -> None:
    """Only the brigade that delegates changes an agreement."""
    see(viewer, find(db, viewer, number, day)["principal_code"])


def make(db: Database, viewer: Viewer, entry: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Enter an agreement; whoever is no brigade is refused, with a line in the audit log."""
    if viewer.role not in LEADS:
        agreements.refuse_subdelegation(db, viewer.username, entry)
    see(viewer, entry["principal_code"])
    see(viewer, entry["town_code"])
    number = agreements.make(db, agreements.agreement_form(entry), viewer.username, now)
    return find(db, viewer, number, legal_day(now))


@router.get("/agreements", summary="Agreements of towns, the newest first")
def api_all(wanted: Annotated[AgreementFilter, Query()], viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        rows = agreements.listed(connection, wanted.day or legal_day(options.clock()), areas=viewer.areas,
                                 town=wanted.town, before=wanted.before, limit=wanted.limit)
    after = cursors.after(rows, "agreement_id", wanted.limit)
    return {"agreements": [{k: v for k, v in row.items() if k != "agreement_id"} for row in rows], "next": after}


@router.post("/agreements", status_code=201, summary="Enter a signed agreement; a town is refused (no sub-delegation)")
def api_make(body: AgreementEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return make(db, viewer, body.model_dump(), options.clock())


@router.get("/agreements/{agreement_no}", summary="An agreement with every version of its list")
def api_one(agreement_no: Number, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    return find(db, viewer, agreement_no, legal_day(options.clock()))


@router.post("/agreements/{agreement_no}/scopes", status_code=201, summary="A new version of the list, from a day on")
def api_scope(agreement_no: Number, body: ScopeEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    lead_of(db, viewer, agreement_no, legal_day(options.clock()))
    return {"version": agreements.set_scope(db, agreement_no, body.from_day, body.item_codes, viewer.username)}


@router.post("/agreements/{agreement_no}/filings", status_code=201, summary="Say that an agreement was filed")
def api_file(agreement_no: Number, body: FilingEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    now = options.clock()
    find(db, viewer, agreement_no, legal_day(now))
    return {"in_time": agreements.file(db, agreement_no, body.filed_with, body.filed_on, body.receipt, viewer.username,
                                       now)}


@router.post("/agreements/{agreement_no}/termination", status_code=201, summary="End an agreement, with the reason")
def api_end(agreement_no: Number, body: EndEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    now = options.clock()
    lead_of(db, viewer, agreement_no, legal_day(now))
    agreements.terminate(db, agreement_no, body.ended_on, body.reason, viewer.username, now)
    return find(db, viewer, agreement_no, legal_day(now))


@router.get("/duty-lists/{area_code}", summary="The duty list of each item in an area on a day")
def api_duties(area_code: str, viewer: Staff, db: Db, options: Options,
               day: Annotated[dt.date | None, Query()] = None) -> list[dict[str, Any]]:
    see(viewer, area_code)
    with db.connection() as connection:
        return duty_lists.on(connection, [area_code], day or legal_day(options.clock()))


@router.post("/duty-lists", status_code=201, summary="Put an item on a duty list from a day on")
def api_duty(body: DutyEntry, viewer: Lead, db: Db) -> dict[str, Any]:
    see(viewer, body.area_code)
    duty_lists.put(db, body.area_code, body.item_code, body.list, body.from_day, body.basis, viewer.username)
    return body.model_dump()
