"""执法公示: every decision of a case that was made public, also what is no credit information; persons unnamed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.guard import Db, Options
from policy import rules
from policy.clocks import legal_day
from registry import unit_search
from registry.paging import pattern
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_OPEN: dict[str, Any] = {"tags": ["public"], "openapi_extra": {"security": []}}


class PublicPenaltyPart(BaseModel):
    """A kind of penalty of a decision."""

    kind: str
    amount_yuan: float | None


class PublicPenalty(BaseModel):
    """A decision as it was made public; of a person neither name nor unit is told."""

    publication_id: int
    case_no: str
    party: Literal["organisation", "citizen"]
    procedure: Literal["simple", "ordinary"]
    name: str | None
    unit_no: str | None
    uscc: str | None
    area_zh: str
    area_en: str | None
    article: str
    penalties: list[PublicPenaltyPart]
    decided_on: dt.date
    published_on: dt.date


class PublicPenalties(BaseModel):
    """A page, the last published first; ``next`` is what to ask for with ``before``."""

    rows: list[PublicPenalty]
    next: int | None


class PenaltyFilter(BaseModel):
    """What narrows the list; a person is found by no name."""

    q: str = Field("", max_length=100, description="part of the name, the whole credit code or unit number")
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    limit: int = Field(50, ge=1, le=200)


def read(db: Database, wanted: PenaltyFilter, today: dt.date) -> dict[str, Any]:
    """One page of the decisions that were made public and stand."""
    rule = rules().value("publication.penalties", today)
    with db.connection() as connection:
        rows = connection.execute(_SQL["page"], {
            "procedures": rule["procedures"], "parties": rule["parties"], "unnamed": rule["unnamed"],
            "since": today - dt.timedelta(days=rule["days"]), "q": wanted.q.strip(), "text": pattern(wanted.q),
            "pieces": unit_search.pieces(wanted.q), "before": wanted.before, "limit": wanted.limit},
            prepare=False).fetchall()
    return {"rows": rows, "next": cursors.after(rows, "publication_id", wanted.limit)}


@router.get("/api/v1/public/penalties", response_model=PublicPenalties, summary="Penalties as made public", **_OPEN)
def api_penalties(wanted: Annotated[PenaltyFilter, Query()], db: Db, options: Options) -> Any:
    return read(db, wanted, legal_day(options.clock()))


@router.get("/public/penalties", include_in_schema=False)
def page(request: Request, wanted: Annotated[PenaltyFilter, Query()], db: Db, options: Options) -> Response:
    return pages.render(request, "public_penalties.html", wanted=wanted,
                        **read(db, wanted, legal_day(options.clock())))
