"""Supervision of the process: findings of the detectors, officers' files, cases drawn for review; page and REST."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.codes import Detector
from api.guard import Db, Lead, Options
from api.refusals import Absent
from api.viewer import Viewer
from casework.supervision import findings, review_tasks
from casework.supervision.detectors import DETECTORS
from casework.supervision.findings import Wanted
from policy.clocks import legal_day
from sampling import review_sample
from store import Database

router = APIRouter()
_TAGS: list[Any] = ["supervision"]
Number = Annotated[int, Path(ge=1, le=2**62)]
Month = Annotated[str, Path(pattern=r"^\d{4}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
_KEPT = ("month", "draw_no", "commitment", "files", "size", "frozen_at", "seed", "drawn_at")


class FindingFilter(BaseModel):
    """Which findings; ``before`` is the ``next`` of the page before."""

    detector: Detector = Field(None, max_length=40)
    body: Literal["brigade", "town", "police_station"] | None = None
    officer: str | None = Field(None, max_length=32)
    state: Literal["open", "fault", "explained"] | None = None
    before: int | None = Field(None, ge=1, le=2**62)
    limit: int = Field(50, ge=1, le=200)


class Period(BaseModel):
    """From which day to which; this year so far if left out."""

    first: dt.date | None = None
    last: dt.date | None = None

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        last = self.last or today
        return self.first or last.replace(month=1, day=1), last


class DecisionEntry(BaseModel, extra="forbid"):
    """What a person makes of a finding."""

    decision: Literal["fault", "explained"]
    reason: str = Field(min_length=1, max_length=1000)


def read(db: Database, viewer: Viewer, wanted: FindingFilter) -> dict[str, Any]:
    """Findings of the viewer's areas."""
    with db.connection() as connection:
        rows = findings.listed(connection, Wanted(wanted.detector or None, wanted.body, wanted.officer, wanted.state),
                               viewer.areas, before=wanted.before, limit=wanted.limit)
    return {"findings": rows, "next": cursors.after(rows, "finding_id", wanted.limit)}


@router.get("/supervision", include_in_schema=False)
def page(request: Request, viewer: Lead, db: Db, options: Options,
         wanted: Annotated[FindingFilter, Query()]) -> Response:
    first, last = Period().days(legal_day(options.clock()))
    with db.connection() as connection:
        told = findings.glance(connection, first, last, viewer.areas)
        kept = review_sample.samples(connection, 12)
    counts = {name: {"found": 0, "faults": 0, "explained": 0} for name in DETECTORS}
    for row in told["findings"]:
        for key in counts[row["detector"]]:
            counts[row["detector"]][key] += row[key]
    marked = read(db, viewer, wanted)
    for row in marked["findings"]:
        row["facts"] |= {name: dt.datetime.fromisoformat(row["facts"][name]) for name in ("due_at", "done_at")
                         if row["facts"].get(name)}
    return pages.render(request, "supervision.html", **marked, wanted=wanted, counts=counts, told=told, samples=kept)


@router.post("/supervision/findings/{finding_id}", include_in_schema=False)
def page_decide(finding_id: Number, viewer: Lead, db: Db, options: Options,
                decision: Annotated[str, Form(max_length=12)],
                reason: Annotated[str, Form(max_length=1000)]) -> Response:
    findings.decide(db, finding_id, decision, reason, viewer.username, options.clock(), viewer.areas)
    return RedirectResponse("/supervision", status_code=303)


@router.get("/api/v1/supervision/findings", tags=_TAGS, summary="What the detectors marked, the newest first")
def api_findings(wanted: Annotated[FindingFilter, Query()], viewer: Lead, db: Db) -> dict[str, Any]:
    return read(db, viewer, wanted)


@router.post("/api/v1/supervision/findings/{finding_id}/decision", status_code=201, tags=_TAGS,
             summary="Call a finding a fault, or explained")
def api_decide(finding_id: Number, body: DecisionEntry, viewer: Lead, db: Db,
               options: Options) -> dict[str, Any]:
    findings.decide(db, finding_id, body.decision, body.reason, viewer.username, options.clock(), viewer.areas)
    return {"finding_id": finding_id, "decision": body.decision}


@router.get("/api/v1/supervision/officers", tags=_TAGS,
            summary="Findings by detector and body, and each officer's visits, penalties, findings and faults")
def api_officers(period: Annotated[Period, Query()], viewer: Lead, db: Db, options: Options,
                 officer: Annotated[str | None, Query(max_length=32)] = None) -> dict[str, Any]:
    first, last = period.days(legal_day(options.clock()))
    with db.connection() as connection:
        return findings.summary(connection, first, last, viewer.areas, officer=officer)


@router.get("/api/v1/review-samples", tags=_TAGS, summary="Cases drawn for review, by month")
def api_samples(viewer: Lead, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        return {"samples": review_sample.samples(connection)}


@router.get("/api/v1/review-tasks", tags=_TAGS, summary="Drawn cases with reviewer, period and review, those due first")
def api_tasks(viewer: Lead, db: Db, state: Annotated[Literal["open", "read", "all"], Query()] = "open",
              limit: Annotated[int, Query(ge=1, le=500)] = 50) -> dict[str, Any]:
    with db.connection() as connection:
        return {"tasks": review_tasks.listed(connection, areas=viewer.areas, state=state, limit=limit)}


@router.get("/api/v1/review-samples/{month}", tags=_TAGS, summary="A month's sample with the list it was drawn from")
def api_sample(month: Month, viewer: Lead, db: Db) -> dict[str, Any]:
    return _sample(db, month, viewer)


@router.get("/api/v1/public/review-samples/{month}", tags=["public"],
            summary="What a month's sample can be drawn again from: list, commitment, seed")
def api_public_sample(month: Month, db: Db) -> dict[str, Any]:
    held = _sample(db, month, None)
    # Numbers alone: no unit, no officer, no area.
    return {**{name: held[name] for name in _KEPT}, "frame": held["frame"],
            "cases": [row["case_no"] for row in held["cases"]]}


def _sample(db: Database, month: str, viewer: Viewer | None) -> dict[str, Any]:
    day = dt.date.fromisoformat(month + "-01")
    with db.connection() as connection:
        if not any(row["month"] == day for row in review_sample.samples(connection)):
            raise Absent("refusal.no_sample", month=month)
        return review_sample.one(connection, day, viewer.areas if viewer else None)
