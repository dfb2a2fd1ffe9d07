"""Replays of quarantine: asked for here, done by the scheduler, which holds the right to store telemetry."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Administrator, Db, Options
from api.refusals import Absent
from ingest import replay as replaying
from policy import rules
from registry import audit
from store import Database

router = APIRouter()
QuarantineId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class ReplayForm(BaseModel, extra="forbid"):
    """What to replay: nothing said is all that waits."""

    vendor: str = Field("", max_length=32, description="only what this vendor sent")
    reason: str = Field("", max_length=64, description="only this reason_code")
    ids: list[QuarantineId] = Field(default=[], max_length=replaying.MOST_PICKED,
                                    description="only these quarantine_ids")


class Replay(BaseModel):
    """One replay. A payload counts once for each time of receipt under which it waits."""

    run_id: int
    requested_at: dt.datetime
    requested_by: str
    vendor_code: str | None
    reason_code: str | None
    payload_ids: list[int] | None
    status: str = Field(examples=["waiting", "running", "done", "failed"])
    total: int
    tried: int
    stored: int
    refused: int
    cut: int = Field(description="left out: only their start was kept")
    old: int = Field(description="left out: they came before the telemetry that is kept")
    reasons: dict[str, int] = Field(description="why the refused ones were refused now")
    started_at: dt.datetime | None
    heard_at: dt.datetime | None = Field(description="when it last wrote down how far it is")
    finished_at: dt.datetime | None
    error: str | None


def ask(db: Database, actor: str, now: dt.datetime, form: ReplayForm) -> int:
    """Ask for a replay, with its trace; returns its number."""
    with db.connection() as connection:
        asked = replaying.request(connection, rules(), actor, now, vendor=form.vendor.strip() or None,
                                  reason=form.reason.strip() or None, ids=form.ids or None)
        audit.record(connection, actor, "replay", "quarantine", str(asked["run_id"]), None,
                     {"vendor": form.vendor or None, "reason": form.reason or None, "ids": form.ids or None,
                      "total": asked["total"], "cut": asked["cut"], "old": asked["old"]})
    return int(asked["run_id"])


def find(db: Database, run_id: int) -> dict[str, Any]:
    row = replaying.find(db, run_id)
    if row is None:
        raise Absent("refusal.no_replay", number=run_id)
    return row


@router.post("/api/v1/quarantine/replays", response_model=Replay, status_code=202, tags=["operations"],
             summary="Decode quarantined payloads again, after the cause is mended")
def api_ask(body: ReplayForm, viewer: Administrator, db: Db, options: Options) -> Any:
    return find(db, ask(db, viewer.username, options.clock(), body))


@router.get("/api/v1/quarantine/replays", response_model=list[Replay], summary="Replays, the latest first",
            tags=["operations"])
def api_recent(viewer: Administrator, db: Db, limit: Annotated[int, Query(ge=1, le=500)] = 20) -> Any:
    return replaying.recent(db, limit)


@router.get("/api/v1/quarantine/replays/{run_id}", response_model=Replay, summary="How far a replay is",
            tags=["operations"])
def api_one(run_id: Annotated[int, Path(ge=1, le=2**63 - 1)], viewer: Administrator, db: Db) -> Any:
    return find(db, run_id)


@router.get("/quarantine/replays", include_in_schema=False)
def part(request: Request, viewer: Administrator, db: Db) -> Response:
    """The list of replays on the quarantine page, asked for again while one is at work."""
    return pages.render(request, "quarantine_replays.html", replays=replaying.recent(db, 5))


@router.post("/quarantine/replays", include_in_schema=False)
def page_ask(request: Request, viewer: Administrator, db: Db, options: Options,
             vendor: Annotated[str, Form(max_length=32)] = "", reason: Annotated[str, Form(max_length=64)] = "",
             ids: Annotated[list[QuarantineId], Form(max_length=replaying.MOST_PICKED)] = []) -> Response:  # noqa: B006
    run = ask(db, viewer.username, options.clock(), ReplayForm(vendor=vendor, reason=reason, ids=ids))
    return pages.go_to(pages.address("/quarantine", [("vendor", vendor), ("reason", reason), ("asked", str(run))]))
