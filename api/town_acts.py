"""What towns and police stations did, through REST: in whose name, its recording, its end, its archive."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.agreements import Paged
from api.guard import Db, Lead, Options, Staff
from api.viewer import Viewer
from casework.delegation import acts, documents
from policy.clocks import legal_day
from store import Database

router = APIRouter(prefix="/api/v1", tags=["delegation"])
Noun = Annotated[Literal["inspection", "penalty"], Path()]
Ref = Annotated[str, Path(min_length=1, max_length=100)]


class ActFilter(Paged):
    """Which acts."""

    town: str | None = Field(None, max_length=12)
    regime: Literal["delegated", "empowered"] | None = None
    state: Literal["open", "closed", "to_archive", "without_video", "all"] = "all"


class VideoEntry(BaseModel, extra="forbid"):
    """Where the recording lies, its SHA-256 and how long it is."""

    video_ref: str = Field(max_length=200, examples=["recorder-3/2026-03-12/0930.mp4"])
    sha256: str = Field(max_length=64)
    seconds: int = Field(ge=1, le=10_000_000)


class DayEntry(BaseModel, extra="forbid"):
    """The day on which a case was closed, or its file archived."""

    day: dt.date


def find(db: Database, viewer: Viewer, noun: str, ref: str) -> dict[str, Any]:
    """One act of the viewer's areas."""
    with db.connection() as connection:
        held = acts.one(connection, noun, ref, viewer.areas)
    held.pop("act_id")
    return held


class TemplateEntry(BaseModel, extra="forbid"):
    """A version of a document's text; {authority}, {agent}, {number}, {unit} and others are filled in."""

    code: Literal["inspection_record", "order", "agreement"]
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=4000)
    from_day: dt.date


@router.get("/document-templates", summary="Every version of the templates that were put")
def api_templates(viewer: Staff, db: Db) -> list[dict[str, Any]]:
    with db.connection() as connection:
        return documents.templates(connection)


@router.post("/document-templates", status_code=201, summary="A new version of a template, from today or later on")
def api_template(body: TemplateEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    return {"code": body.code, "version": documents.put_template(
        db, body.code, body.title, body.body, body.from_day, legal_day(options.clock()), viewer.username)}


@router.get("/agreements/{agreement_no}/document", summary="The text of a delegation agreement")
def api_agreement_document(agreement_no: Annotated[str, Path(min_length=1, max_length=64)], viewer: Staff, db: Db,
                           options: Options) -> dict[str, Any]:
    with db.connection() as connection:
        return documents.of_agreement(connection, agreement_no, legal_day(options.clock()), viewer.areas)


@router.get("/town-acts/inspection/{ref}/document", summary="The record of a town's visit, or its order, as printed")
def api_document(ref: Ref, viewer: Staff, db: Db,
                 code: Literal["inspection_record", "order"] = "inspection_record") -> dict[str, Any]:
    with db.connection() as connection:
        return documents.of_act(connection, ref, code, viewer.areas)


@router.get("/town-acts", summary="Acts of towns and police stations, the newest first")
def api_all(wanted: Annotated[ActFilter, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    with db.connection() as connection:
        rows = acts.listed(connection, areas=viewer.areas, town=wanted.town, regime=wanted.regime, state=wanted.state,
                           before=wanted.before, limit=wanted.limit)
    after = cursors.after(rows, "act_id", wanted.limit)
    return {"acts": [{k: v for k, v in row.items() if k != "act_id"} for row in rows], "next": after}


@router.get("/town-acts/{noun}/{ref}", summary="One act: regime, agreement, who answers for it, recording, archive")
def api_one(noun: Noun, ref: Ref, viewer: Staff, db: Db) -> dict[str, Any]:
    return find(db, viewer, noun, ref)


@router.post("/town-acts/{noun}/{ref}/video", status_code=201, summary="Tie the recording of the process to an act")
def api_video(noun: Noun, ref: Ref, body: VideoEntry, viewer: Staff, db: Db) -> dict[str, Any]:
    find(db, viewer, noun, ref)
    acts.set_video(db, noun, ref, body.video_ref, body.sha256, body.seconds, viewer.username)
    return find(db, viewer, noun, ref)


@router.post("/town-acts/{noun}/{ref}/closing", status_code=201, summary="End a case; it needs its recording")
def api_close(noun: Noun, ref: Ref, body: DayEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    find(db, viewer, noun, ref)
    acts.close(db, noun, ref, body.day, viewer.username, options.clock())
    return find(db, viewer, noun, ref)


@router.post("/town-acts/{noun}/{ref}/archive", status_code=201, summary="Say that a closed case is in the archive")
def api_archive(noun: Noun, ref: Ref, body: DayEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    find(db, viewer, noun, ref)
    in_time = acts.archive(db, noun, ref, body.day, viewer.username, options.clock())
    return {**find(db, viewer, noun, ref), "in_time": in_time}
