"""Notices before a listing, and the lists, through REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import credit, enforcement
from api.credit import Matter, MatterAfter, MatterFilter, Matters
from api.enforcement import ListFilter
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from casework.credit_record import listings, notices
from scoring import raises
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/credit", tags=["credit"])
NoticeNo = Annotated[str, Path(min_length=1, max_length=64, examples=["GZ20261201-0001"])]
ListingId = Annotated[int, Path(ge=1, le=2**63 - 1)]
ListName = Literal["general", "serious", "red"]
# A field that is named list hides the type of that name inside its model.
Words = list[str]


class NoticeEntry(BaseModel, extra="forbid"):
    """A notice of a listing to come (失信认定事先告知)."""

    unit_no: str = Field(min_length=1, max_length=64)
    list: Literal["general", "serious"]
    ground: str = Field(max_length=64, description="a code of credit.notice_grounds")
    facts: str = Field(min_length=1, max_length=4000)
    issued_at: Moment = Field(description="a moment; without a zone it is Asia/Shanghai")
    measures: Words | None = Field(None, max_length=20, description="fields; all of the list if left out")
    refs: Words = Field([], max_length=50, description="cases and documents the facts rest on")


class NoticeStep(BaseModel, extra="forbid"):
    """The next step of a notice."""

    step: Literal["served", "statement", "waived", "hearing_asked", "hearing_held", "views_answered", "dropped"]
    at: Moment
    note: str | None = Field(None, max_length=4000)
    how: str | None = Field(None, max_length=32, description="of served: direct, left, mail, electronic, public")
    accepted: bool | None = Field(None, description="of views_answered: whether the views were right")


class MeasureEntry(BaseModel, extra="forbid"):
    """A measure or benefit; one without a legal basis is refused."""

    field: str = Field(max_length=64)
    measure: str = Field(min_length=1, max_length=1000)
    basis: str | None = Field(None, max_length=200)


MeasureEntries = list[MeasureEntry]


class ListingEntry(BaseModel, extra="forbid"):
    """A listing: on a notice (discredit), or with a unit and a basis (red)."""

    listed_at: Moment
    notice_no: str | None = Field(None, max_length=64)
    list: Literal["red"] | None = None
    unit_no: str | None = Field(None, max_length=64)
    basis: str | None = Field(None, max_length=1000)
    measures: MeasureEntries | None = Field(None, max_length=20, description="those of policy if left out")


class ListingEnd(BaseModel, extra="forbid"):
    """The end of a place on the red list."""

    to_day: dt.date
    reason: str = Field(min_length=1, max_length=1000)


class Measure(BaseModel):
    """What a listing brings, with the law that allows it."""

    kind: Literal["punishment", "benefit"]
    field: str
    measure: str
    basis: str


Measures = list[Measure]


class Listing(BaseModel):
    """A unit's place on a list, with entry, exit and basis."""

    listing_id: int
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    list: ListName
    from_day: dt.date
    to_day: dt.date | None
    earliest_on: dt.date | None = Field(description="the first day on which repair may be asked for")
    until_on: dt.date | None = Field(description="after it the listing ends by itself")
    ended_why: str | None = Field(description="repaired, longest, replaced, objection, or the reason of a person")
    basis: str
    notice_no: str | None
    brought_in: bool = Field(description="true where it came in with a history, without a notice of ours")
    measures: Measures


class Listings(BaseModel):
    """A page of listings, the newest first."""

    rows: list[Listing]
    next: int | None


class ListingFilter(ListFilter):
    """What narrows the listings."""

    list: ListName | None = None
    state: Literal["open", "all"] = "open"


@router.get("/notices", response_model=Matters, summary="Notices of listings to come, the newest first")
def api_notices(wanted: Annotated[MatterFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return credit.listed(db, viewer, "notice", wanted, options.clock())


@router.post("/notices", response_model=Matter, status_code=201, summary="Issue a notice of a listing to come")
def api_issue(body: NoticeEntry, viewer: Lead, db: Db, options: Options) -> Any:
    credit.unit(db, viewer, body.unit_no)
    number = notices.issue(db, body.model_dump(), viewer.username, now=options.clock())
    return credit.whole(db, viewer, "notice", number)


@router.get("/notices/{notice_no}", response_model=Matter, summary="A notice with its steps and periods")
def api_notice(notice_no: NoticeNo, viewer: Staff, db: Db) -> Any:
    return credit.whole(db, viewer, "notice", notice_no)


@router.post("/notices/{notice_no}/steps", response_model=MatterAfter, status_code=201,
             summary="The next step of a notice")
def api_notice_step(notice_no: NoticeNo, body: NoticeStep, viewer: Lead, db: Db, options: Options) -> Any:
    credit.head(db, viewer, "notice", notice_no)
    in_time = notices.step(db, notice_no, body.model_dump(), viewer.username, now=options.clock())
    return {**credit.whole(db, viewer, "notice", notice_no), "in_time": in_time}


def read(db: Database, viewer: Viewer, wanted: ListingFilter) -> dict[str, Any]:
    """One page of listings of the viewer's areas."""
    asked = enforcement.scope(db, viewer, wanted, ())
    with db.connection() as connection:
        rows = connection.execute(_SQL["listings"], {
            **asked, "lists": [wanted.list] if wanted.list else ["general", "serious", "red"],
            "ended": wanted.state == "all"}, prepare=False).fetchall()
    return enforcement.page(rows, wanted.limit, "listing_id")


def one(db: Database, viewer: Viewer, listing_id: int) -> dict[str, Any]:
    """A listing within the viewer's areas."""
    row = db.row(_SQL["listing"], {**viewer.scope, "listing": listing_id})
    if row is None:
        raise Absent("refusal.no_credit_matter", number=listing_id)
    return row


@router.get("/listings", response_model=Listings, summary="Units on lists with entry, exit, basis and measures")
def api_listings(wanted: Annotated[ListingFilter, Query()], viewer: Staff, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.get("/listings/{listing_id}", response_model=Listing, summary="A listing")
def api_listing(listing_id: ListingId, viewer: Staff, db: Db) -> Any:
    return one(db, viewer, listing_id)


@router.post("/listings", response_model=Listing, status_code=201, summary="Put a unit on a list")
def api_list(body: ListingEntry, viewer: Lead, db: Db, options: Options) -> Any:
    if body.notice_no and body.list is None:
        credit.head(db, viewer, "notice", body.notice_no)
    elif body.unit_no:
        credit.unit(db, viewer, body.unit_no)
    data = body.model_dump(exclude_none=True)
    if body.measures is not None:
        data["measures"] = [each.model_dump() for each in body.measures]
    found = one(db, viewer, listings.list_unit(db, data, viewer.username, now=options.clock()))
    raises.run(db, options.clock(), [found["unit_id"]])
    return found


@router.post("/listings/{listing_id}/end", response_model=Listing, summary="End a place on the red list")
def api_end(listing_id: ListingId, body: ListingEnd, viewer: Lead, db: Db, options: Options) -> Any:
    one(db, viewer, listing_id)
    listings.end_red(db, listing_id, body.model_dump(), viewer.username, now=options.clock())
    return one(db, viewer, listing_id)
