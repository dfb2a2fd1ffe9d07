"""The audit log: every change a person made, for the administrator."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.guard import Administrator, Db
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()


class AuditFilter(BaseModel):
    """What narrows the log."""

    actor: str = Field("", max_length=64)
    entity: str = Field("", max_length=64)
    entity_id: str = Field("", max_length=128)
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="lines older than this audit_id")
    limit: int = Field(50, ge=1, le=500)


class AuditLine(BaseModel):
    """Who changed what, when, from what to what."""

    audit_id: int
    at: dt.datetime
    actor: str
    action: str
    entity: str
    entity_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditTrail(BaseModel):
    """A page of the log, the newest first."""

    lines: list[AuditLine]
    next: int | None


def read(db: Database, wanted: AuditFilter) -> dict[str, Any]:
    lines = db.rows(_SQL["page"], {"actor": wanted.actor or None, "entity": wanted.entity or None,
                                   "entity_id": wanted.entity_id or None, "before": wanted.before,
                                   "limit": wanted.limit})
    for line in lines:
        line["changes"] = changes(line["before"], line["after"])
    return {"lines": lines, "next": cursors.after(lines, "audit_id", wanted.limit)}


def changes(before: dict[str, Any] | None, after: dict[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """The fields that differ, as (field, before, after)."""
    old, new = before or {}, after or {}
    return [(key, old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]


@router.get("/api/v1/audit", response_model=AuditTrail, summary="The audit log, the newest first", tags=["operations"])
def api_audit(wanted: Annotated[AuditFilter, Query()], viewer: Administrator, db: Db) -> Any:
    return read(db, wanted)


@router.get("/audit", include_in_schema=False)
def page(request: Request, viewer: Administrator, db: Db, wanted: Annotated[AuditFilter, Query()]) -> Response:
    return pages.render(request, "audit.html", wanted=wanted, **read(db, wanted))
