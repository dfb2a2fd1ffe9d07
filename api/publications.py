"""公示队列: results of visits that wait to be made public; the page and its REST twin."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.cursors import After, cut
from api.guard import Db, Lead, Options, Staff
from api.moments import Moment
from api.refusals import Absent
from api.viewer import Viewer
from api.wording import local
from casework import forms, publications
from store import Database, HuoyanError, Queries, cursors

_SQL = Queries(__file__)
router = APIRouter()
Number = Annotated[str, Path(min_length=1, max_length=64)]


class PublicationFilter(BaseModel):
    """What narrows the queue."""

    state: Literal["waiting", "late", "untold", "published", "withheld"] = Field(
        "waiting", description="waiting: not public yet; late: past its clock; untold: public, unit not told")
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class Publication(BaseModel):
    """A result on its way to the public."""

    inspection_id: int
    inspection_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    kind: str
    inspected_on: dt.date
    result: str | None
    publish_by: dt.datetime | None
    late: bool
    decided_at: dt.datetime | None
    decided_by: str | None
    withheld_why: str | None
    published_at: dt.datetime | None
    published_by: str | None
    place: str | None
    told_at: dt.datetime | None
    told_how: str | None


class Publications(BaseModel):
    """A page of the queue; ``next`` is what to send as ``after`` for the next page."""

    rows: list[Publication]
    next: str | None


class PublicationDecision(BaseModel, extra="forbid"):
    """Whether a result is to be made public."""

    publish: bool
    reason: str | None = Field(None, max_length=1000, description="why it is kept back")
    at: Moment | None = Field(None, description="when it was signed; now if left out")


class Place(BaseModel, extra="forbid"):
    """Where it was made public."""

    place: str = Field(max_length=64, examples=["platform"], description="a code of the rule publication.places")
    at: Moment | None = Field(None, description="when it was made public; now if left out")


class ToldEntry(BaseModel, extra="forbid"):
    """When and how the unit was told its result."""

    told_at: Moment
    how: str = Field(max_length=64, examples=["visit"], description="a code of the rule complaint.tell_ways")


def read(db: Database, viewer: Viewer, wanted: PublicationFilter, now: dt.datetime) -> dict[str, Any]:
    """A page of the queue, the most urgent first."""
    at, number = cursors.read(wanted.after, dt.datetime, int)
    picked = db.rows(_SQL[wanted.state], {**viewer.scope, "now": now, "at": at, "id": number,
                                          "limit": wanted.limit + 1})
    keys = ("publish_by", "clock_id") if wanted.state == "late" else ("queued_at", "inspection_id")
    after = cut(picked, wanted.limit, *keys)
    return {"rows": _rows(db, picked, now), "next": after}


def find(db: Database, viewer: Viewer, number: str, now: dt.datetime) -> dict[str, Any]:
    """One result of the queue within the viewer's areas."""
    rows = _rows(db, db.rows(_SQL["one"], {**viewer.scope, "number": number}), now)
    if not rows:
        raise Absent("refusal.no_publication", number=number)
    return rows[0]


def _rows(db: Database, picked: list[dict[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Results that were picked, with all that is shown of them."""
    return db.rows(_SQL["rows"], {"ids": [row["inspection_id"] for row in picked], "now": now})


@router.get("/api/v1/publications", response_model=Publications, tags=["casework"],
            summary="Results that wait to be made public, the most urgent first")
def api_publications(wanted: Annotated[PublicationFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.get("/api/v1/publications/{inspection_no}", response_model=Publication, tags=["casework"],
            summary="One result of the queue")
def api_publication(inspection_no: Number, viewer: Staff, db: Db, options: Options) -> Any:
    return find(db, viewer, inspection_no, options.clock())


@router.post("/api/v1/publications/{inspection_no}/decision", response_model=Publication, status_code=201,
             tags=["casework"], summary="Approve a result for the public, or keep it back with a reason")
def api_decide(inspection_no: Number, body: PublicationDecision, viewer: Lead, db: Db, options: Options) -> Any:
    find(db, viewer, inspection_no, options.clock())
    publications.decide(db, inspection_no, body.publish, body.reason, viewer.username, now=options.clock(),
                        at=_at(body.at))
    return find(db, viewer, inspection_no, options.clock())


@router.post("/api/v1/publications/{inspection_no}/publication", response_model=Publication, status_code=201,
             tags=["casework"], summary="A result was made public; refused before the decision")
def api_publish(inspection_no: Number, body: Place, viewer: Lead, db: Db, options: Options) -> Any:
    find(db, viewer, inspection_no, options.clock())
    publications.publish(db, inspection_no, body.place, viewer.username, now=options.clock(), at=_at(body.at))
    return find(db, viewer, inspection_no, options.clock())


@router.post("/api/v1/publications/{inspection_no}/told", response_model=Publication, status_code=201,
             tags=["casework"], summary="The unit was told its result")
def api_tell(inspection_no: Number, body: ToldEntry, viewer: Staff, db: Db, options: Options) -> Any:
    find(db, viewer, inspection_no, options.clock())
    publications.tell(db, inspection_no, body.how, forms.moment(body.told_at, "told_at"), viewer.username,
                      now=options.clock())
    return find(db, viewer, inspection_no, options.clock())


@router.get("/publications", include_in_schema=False)
def page(request: Request, wanted: Annotated[PublicationFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    return _page(request, viewer, db, wanted, options.clock())


@router.post("/publications/{inspection_no}", include_in_schema=False)
def act(request: Request, inspection_no: Number, viewer: Lead, db: Db, options: Options,
        step: Annotated[Literal["decide", "withhold", "publish", "tell"], Form()],
        choice: Annotated[str, Form(max_length=1000)] = "",
        at: Annotated[str, Form(max_length=32)] = "") -> Response:
    now = options.clock()
    find(db, viewer, inspection_no, now)
    try:
        if step == "publish":
            publications.publish(db, inspection_no, choice, viewer.username, now=now, at=_at(at))
        elif step == "tell":
            publications.tell(db, inspection_no, choice, _at(at) or now, viewer.username, now=now)
        else:
            publications.decide(db, inspection_no, step == "decide", choice, viewer.username, now=now, at=_at(at))
    except HuoyanError as refused:
        return _page(request, viewer, db, PublicationFilter.model_validate({}), now, refused.status,
                     pages.sentence(request, refused))
    return pages.go_to("/publications?state=untold" if step == "publish" else "/publications")


def _at(said: Any) -> dt.datetime | None:
    """A moment that was said, or none."""
    return forms.moment(said, "at") if said else None


def _page(request: Request, viewer: Viewer, db: Database, wanted: PublicationFilter, now: dt.datetime,
          status: int = 200, problem: str | None = None) -> Response:
    return pages.render(request, "publications.html", status, wanted=wanted, problem=problem,
                        may=viewer.role in ("administrator", "brigade"), moment=local(now, "%Y-%m-%dT%H:%M"),
                        **read(db, viewer, wanted, now))
