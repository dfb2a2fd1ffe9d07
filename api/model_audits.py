"""Audits of what ranks: told against found by group of units, churn and drift, as they were kept."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Db, Lead
from api.refusals import Absent
from api.viewer import Viewer
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_LISTED = 12
# A plot is no wider than this gap either way: one group of few visits must not press the others flat.
_WIDEST_GAP = 0.3
_NARROWEST_GAP = 0.05


class AuditWanted(BaseModel):
    """Which audit; the one of the latest day if none is named."""

    audit: int | None = Field(None, ge=1, le=2**63 - 1)


class KeptAudit(BaseModel):
    """An audit that was made, by whom, of what."""

    audit_id: int
    as_of: dt.date
    model_no: str = Field(description="the model that was audited, or scorecard")
    outcome: str
    made_by: str
    made_at: dt.datetime


class WholeAudit(KeptAudit):
    """An audit with all it found; of districts, those this account sees."""

    policy_version: str
    content: dict[str, Any]


class Audits(BaseModel):
    """One audit, and which others there are."""

    audit: WholeAudit | None
    audits: list[KeptAudit]


def read(db: Database, viewer: Viewer, audit_id: int | None) -> dict[str, Any]:
    """One audit as this account may see it, null where there is none yet, and which there are."""
    audit = db.row(_SQL["one"], {"audit": audit_id})
    if audit is None and audit_id is not None:
        raise Absent("refusal.no_model_audit", number=audit_id)
    if audit:
        told = audit["content"]
        told["groups"] = [group for group in told["groups"] if group["by"] != "area" or viewer.sees(group["code"])]
        told["names"]["area"] = {code: name for code, name in told["names"]["area"].items() if viewer.sees(code)}
    return {"audit": audit, "audits": db.rows(_SQL["listed"], {"most": _LISTED})}


def reach(content: dict[str, Any]) -> float:
    """The gap that the plots reach to: what nine of ten intervals stay within."""
    ends = sorted(max(abs(gap["gap"]["low"]), abs(gap["gap"]["high"])) for group in content["groups"]
                  for gap in (group["all"]["whole"], group["all"]["low"]) if gap)
    return min(_WIDEST_GAP, max(_NARROWEST_GAP, ends[len(ends) * 9 // 10])) if ends else _NARROWEST_GAP


@router.get("/api/v1/model-audit", response_model=Audits, tags=["units"],
            summary="Fairness, churn and drift of what ranks: the latest audit, or the one named")
def api_audit(wanted: Annotated[AuditWanted, Query()], viewer: Lead, db: Db) -> Any:
    return read(db, viewer, wanted.audit)


@router.get("/model-audit", include_in_schema=False)
def page(request: Request, wanted: Annotated[AuditWanted, Query()], viewer: Lead, db: Db) -> Response:
    answer = read(db, viewer, wanted.audit)
    audit = answer["audit"]
    marked = [group for group in audit["content"]["groups"] if any(
        gap and gap["marked"] for part in (group["all"], group["random"])
        for gap in (part["whole"], part["low"]))] if audit else []
    return pages.render(request, "model_audit.html", marked=marked, **answer,
                        reach=reach(audit["content"]) if audit else _NARROWEST_GAP)
