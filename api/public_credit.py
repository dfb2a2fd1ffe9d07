"""What anyone may see of credit: the lists, the decisions that are public, and promises. Never an internal class."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.guard import Db, Options
from policy.clocks import legal_day
from registry import unit_search
from registry.paging import pattern
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_OPEN: dict[str, Any] = {"tags": ["public"], "openapi_extra": {"security": []}}
_KINDS = ("serious", "general", "red", "penalty")


class PublicMeasure(BaseModel):
    """What a listing brings, with the law that allows it."""

    field: str
    measure: str
    basis: str


class PublicCredit(BaseModel):
    """A record as it is public: who, on which ground, from when, until when."""

    publicity_id: int
    kind: Literal["serious", "general", "red", "penalty"]
    name: str
    unit_no: str
    uscc: str | None
    area_zh: str
    area_en: str | None
    ref: str
    what: str = Field(description="the kinds of a decision, or the list")
    basis: str
    from_day: dt.date
    earliest_on: dt.date | None = Field(description="repair may be asked for from this day on")
    until_day: dt.date | None = Field(description="the publicity ends by itself after this day; null for the red list")
    objected: bool = Field(description="an objection to it is being handled")
    measures: list[PublicMeasure]


class PublicCredits(BaseModel):
    """A page, the newest first; ``next`` is what to ask for with ``before``."""

    rows: list[PublicCredit]
    next: int | None


class CreditFilter(BaseModel):
    """What narrows the public lists."""

    kind: Literal["serious", "general", "red", "penalty", "all"] = "all"
    q: str = Field("", max_length=100, description="part of the name, the whole credit code or unit number")
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=200)


class PublicPromise(BaseModel):
    """A promise (信用承诺) as it was published."""

    promise_id: int
    promise_no: str
    name: str
    unit_no: str
    kind: str
    promised_on: dt.date
    content: str
    broken_on: dt.date | None


class PublicPromises(BaseModel):
    """A page of promises."""

    rows: list[PublicPromise]
    next: int | None


class PromiseFilter(BaseModel):
    """What narrows the promises."""

    q: str = Field("", max_length=100)
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=200)


def read(db: Database, wanted: CreditFilter, today: dt.date) -> dict[str, Any]:
    """One page of what is public on a day."""
    kinds = list(_KINDS) if wanted.kind == "all" else [wanted.kind]
    with db.connection() as connection:
        rows = connection.execute(_SQL["search" if wanted.q.strip() else "page"], {
            "kinds": kinds, **_named(wanted.q), "day": today, "before": wanted.before, "limit": wanted.limit},
            prepare=False).fetchall()
    return {"rows": rows, "next": cursors.after(rows, "publicity_id", wanted.limit)}


def promises(db: Database, wanted: PromiseFilter) -> dict[str, Any]:
    """One page of published promises."""
    with db.connection() as connection:
        rows = connection.execute(_SQL["promises"], {**_named(wanted.q), "before": wanted.before,
                                                     "limit": wanted.limit}, prepare=False).fetchall()
    return {"rows": rows, "next": cursors.after(rows, "promise_id", wanted.limit)}


def _named(text: str) -> dict[str, Any]:
    return {"q": text.strip(), "text": pattern(text), "pieces": unit_search.pieces(text)}


@router.get("/api/v1/public/credit", response_model=PublicCredits, summary="Lists and decisions that are public",
            **_OPEN)
def api_credit(wanted: Annotated[CreditFilter, Query()], db: Db, options: Options) -> Any:
    return read(db, wanted, legal_day(options.clock()))


@router.get("/api/v1/public/credit/promises", response_model=PublicPromises, summary="Promises", **_OPEN)
def api_promises(wanted: Annotated[PromiseFilter, Query()], db: Db) -> Any:
    return promises(db, wanted)


@router.get("/public/credit", include_in_schema=False)
def page(request: Request, wanted: Annotated[CreditFilter, Query()], db: Db, options: Options) -> Response:
    return pages.render(request, "public_credit.html", wanted=wanted, **read(db, wanted, legal_day(options.clock())))


@router.get("/public/credit/promises", include_in_schema=False)
def promises_page(request: Request, wanted: Annotated[PromiseFilter, Query()], db: Db) -> Response:
    return pages.render(request, "public_promises.html", wanted=wanted, **promises(db, wanted))
