"""Runs of the nightly jobs: which ran for which date, how long they took, what they said."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api import pages
from api.codes import JobName
from api.cursors import Offset
from api.guard import Db, Lead
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()


class JobFilter(BaseModel):
    """What narrows the list."""

    job: JobName = Field("", max_length=64)
    status: Literal["", "running", "done", "failed", "skipped"] = ""
    offset: Offset = 0
    limit: int = Field(50, ge=1, le=500)


class JobRun(BaseModel):
    """A job and its logical date; each has one row however often it was tried."""

    model_config = ConfigDict(json_schema_extra={"example": {
        "job": "draw", "logical_date": "2026-03-02", "status": "done", "attempt": 1,
        "started_at": "2026-03-01T22:00:00Z", "finished_at": "2026-03-01T22:00:04Z", "seconds": 4.1,
        "runner": "host:1", "detail": {"visits": 24}, "error": None}})

    job: str
    logical_date: dt.date
    status: str
    attempt: int
    started_at: dt.datetime
    finished_at: dt.datetime | None
    seconds: float | None
    runner: str
    detail: dict[str, Any]
    error: str | None


class JobRuns(BaseModel):
    """A page of runs, the latest first."""

    runs: list[JobRun]
    next: int | None


def read(db: Database, wanted: JobFilter) -> dict[str, Any]:
    runs = db.rows(_SQL["page"], {"job": wanted.job or None, "status": wanted.status or None, "limit": wanted.limit,
                                  "offset": wanted.offset})
    return {"runs": runs, "next": wanted.offset + len(runs) if len(runs) == wanted.limit else None}


@router.get("/api/v1/jobs", response_model=JobRuns, summary="Job runs, the latest first", tags=["operations"])
def api_jobs(wanted: Annotated[JobFilter, Query()], viewer: Lead, db: Db) -> Any:
    return read(db, wanted)


@router.get("/jobs", include_in_schema=False)
def page(request: Request, wanted: Annotated[JobFilter, Query()], viewer: Lead, db: Db) -> Response:
    latest = db.rows(_SQL["latest"])
    return pages.render(request, "jobs.html", wanted=wanted, latest=latest, **read(db, wanted))
