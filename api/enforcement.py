"""What the lists of cases, measures and major hazards share: their filter, their rows of steps, who may enter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from api import cursors
from api.areas import choices
from api.case_steps import Sha256
from api.refusals import NotYours
from api.viewer import LEADS, Viewer
from store import Database, Queries
from store.database import Connection

_SQL = Queries(__file__)

#: Steps that decide: not for a login of an officer.
DECIDING = ("decision", "no_penalty", "legal_review", "collective", "transferred", "dropped", "decision_withdrawn",
            "payment_deferred")


class ListFilter(BaseModel):
    """What narrows a list."""

    unit_no: str = Field("", max_length=64, description="the number of a unit")
    area: str = Field("", max_length=12, description="an area code; all areas beneath it count")
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="the next of the page before")
    limit: int = Field(50, ge=1, le=500)


class Evidence(BaseModel):
    """A file of a step."""

    evidence_id: int
    kind: str
    uri: str
    sha256: Sha256
    seconds: int | None
    entered_by: str


class Step(BaseModel):
    """One step as it was made; ``details`` holds the fields that only this step has."""

    step_id: int
    step: str
    at: dt.datetime
    officers: list[str]
    note: str | None
    details: dict[str, Any]
    entered_by: str
    entered_at: dt.datetime
    evidence: list[Evidence]


class Meeting(BaseModel):
    """A collective decision (集体议案)."""

    collective_id: int
    trigger: str
    held_at: dt.datetime
    members: list[str]
    agreed: bool
    minutes_uri: str
    minutes_sha256: str
    filing_receipt: str | None
    entered_by: str
    entered_at: dt.datetime


class Clock(BaseModel):
    """A period that runs (neither done nor dropped), or ran; in time where ``done_at`` is not after ``due_at``."""

    rule: str = Field(examples=["deadlines.penalty_decided"])
    zh: str
    en: str
    article: str
    started_at: dt.datetime
    soon_at: dt.datetime
    due_at: dt.datetime
    done_at: dt.datetime | None
    dropped_at: dt.datetime | None
    dropped_why: str | None


class Next(BaseModel):
    """A step that fits where the thing stands, and the sentence with which it would be refused now, if any."""

    step: str
    refusal: str | None
    refusal_zh: str | None


def scope(db: Database, viewer: Viewer, wanted: ListFilter, standings: Sequence[str]) -> dict[str, Any]:
    """The parameters of a list: the areas it covers, one by one, so that each is read by its index."""
    beneath = {"area": wanted.area, **viewer.scope}
    found = db.rows(_SQL["beneath"], beneath) if wanted.area else choices(db, viewer)
    unit = db.row(_SQL["unit"], {"number": wanted.unit_no, **viewer.scope}) if wanted.unit_no else None
    return {"codes": [row["area_code"] for row in found], "standings": list(standings), "before": wanted.before,
            "limit": wanted.limit, "unit": (unit or {"unit_id": 0})["unit_id"] if wanted.unit_no else None}


def listed(connection: Connection, queries: Queries, query: str, asked: dict[str, Any], key: str) -> dict[str, Any]:
    """A page of the records whose identities ``query`` picks, dressed by the query ``rows``."""
    # Not prepared: which index serves depends on what is asked for.
    picked = connection.execute(queries[query], asked, prepare=False).fetchall()
    rows = connection.execute(queries["rows"], {"ids": [row[key] for row in picked], "now": asked["now"]}).fetchall()
    return page(rows, asked["limit"], key)


def page(rows: list[dict[str, Any]], limit: int, key: str) -> dict[str, Any]:
    """A page with the key to ask for what follows."""
    return {"rows": rows, "next": cursors.after(rows, key, limit)}


def may_enter(viewer: Viewer, officers: Sequence[str], *, regime: str = "own", deciding: bool = False) -> bool:
    """Whether an account may enter something: brigades; officers what they handle; towns what is theirs by regime."""
    if viewer.role in LEADS:
        return True
    if viewer.role == "officer":
        return not deciding and viewer.officer_no in officers
    return viewer.role == "town" and regime != "own"


def allow(viewer: Viewer, officers: Sequence[str], *, regime: str = "own", deciding: bool = False) -> None:
    """:func:`may_enter`, or a refusal."""
    if not may_enter(viewer, officers, regime=regime, deciding=deciding):
        raise NotYours()
