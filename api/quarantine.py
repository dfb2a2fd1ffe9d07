"""What devices sent and could not be stored, with the reason: for the administrator, and for each vendor its own."""

from __future__ import annotations

import codecs
import datetime as dt
import string
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages
from api.guard import AdministratorOrVendor, Db
from api.refusals import Absent
from api.viewer import Viewer
from ingest import quarantine as kept
from ingest import replay as replaying
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_SHOWN_BYTES = 2048
_SUMMARY_DAYS = 20
_REPLAYS = 5
_PRINTABLE = set(string.printable.encode())


class QuarantineFilter(BaseModel):
    """What narrows the list."""

    vendor: str = Field("", max_length=32, description="for the administrator: one vendor")
    reason: str = Field("", max_length=64, description="reason_code")
    waiting: bool = Field(False, description="only what was not replayed yet")
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="rows older than this quarantine_id")
    limit: int = Field(50, ge=1, le=500)


class Count(BaseModel):
    """How much of one vendor was refused for one reason."""

    vendor_code: str | None
    reason_code: str
    payloads: int = Field(description="in quarantine now")
    times: int = Field(description="with repetitions of the same bytes")
    waiting: int = Field(description="of the payloads, not replayed yet")
    cut: int = Field(description="of those, cut to their start: they can never be replayed")
    bytes: int
    summarised: int = Field(description="let go for want of room or for their age; the summary has them by day")
    summarised_times: int
    summarised_bytes: int
    oldest: dt.datetime | None
    newest: dt.datetime | None
    example: str


class Quarantined(BaseModel):
    """One payload that could not be stored."""

    quarantine_id: int
    received_at: dt.datetime
    topic: str
    vendor_code: str | None
    reason_code: str
    reason: str
    payload_bytes: int
    times: int = Field(description="how often the same bytes came")
    replayed_at: dt.datetime | None
    is_cut: bool = Field(description="only the start of it was kept, so it can never be replayed")
    became: str | None = Field(description="reasons for which a replay refused parts of it, or all of it, again")
    shown: str = Field(description="the start of the payload: text where it is text, hex otherwise")
    form: str = Field(examples=["text", "hex"])


class Quarantine(BaseModel):
    """A page of the quarantine, the newest first, and how many there are by reason, and by vendor and reason."""

    by_reason: dict[str, int]
    counts: list[Count]
    rows: list[Quarantined]
    next: int | None


class LetGo(BaseModel):
    """What was let go of one vendor, reason and legal day of receipt."""

    vendor_code: str | None
    reason_code: str
    day: dt.date
    payloads: int
    times: int
    bytes: int
    first_at: dt.datetime
    last_at: dt.datetime
    example_topic: str
    example_reason: str
    example_digest: str
    shown: str = Field(description="the first 256 bytes of one of them")


def readable(payload: bytes) -> tuple[str, str]:
    """The start of a payload as (text, form): text where every byte can be shown, hex otherwise."""
    start = payload[:_SHOWN_BYTES]
    try:
        # The cut may fall within a letter: what is left of it there is no sign of bytes.
        text = codecs.getincrementaldecoder("utf-8")().decode(start, len(payload) <= _SHOWN_BYTES)
    except UnicodeDecodeError:
        return start.hex(" "), "hex"
    return (text, "text") if text.isprintable() or set(start) <= _PRINTABLE else (start.hex(" "), "hex")


def read(db: Database, viewer: Viewer, wanted: QuarantineFilter) -> dict[str, Any]:
    """One page; a vendor's account sees its own payloads, whatever it asks for."""
    vendor = own(viewer, wanted.vendor)
    counts = kept.counts(db, vendor=vendor)
    by_reason: dict[str, int] = {}
    for row in sorted(counts, key=lambda row: (-row["payloads"], row["reason_code"])):
        by_reason[row["reason_code"]] = by_reason.get(row["reason_code"], 0) + row["payloads"]
    rows = db.rows(_SQL["page"], {"vendor": vendor, "reason": wanted.reason or None, "waiting": wanted.waiting,
                                  "before": wanted.before, "limit": wanted.limit})
    for row in rows:
        row["shown"], row["form"] = readable(bytes(row.pop("payload")))
    return {"by_reason": by_reason, "counts": counts, "rows": rows,
            "next": cursors.after(rows, "quarantine_id", wanted.limit)}


def own(viewer: Viewer, vendor: str) -> str | None:
    """The vendor a viewer may ask for: its own, or for an administrator any, or None for all."""
    return viewer.vendor_code if viewer.role == "vendor" else vendor or None


def let_go(db: Database, vendor: str | None, reason: str | None, limit: int) -> list[dict[str, Any]]:
    """The summary, with its examples as text."""
    rows = kept.summary(db, vendor=vendor, reason=reason, limit=limit)
    for row in rows:
        row["shown"] = readable(bytes(row.pop("example_payload")))[0]
    return rows


@router.get("/api/v1/quarantine", response_model=Quarantine, summary="Payloads that could not be stored",
            tags=["operations"])
def api_quarantine(wanted: Annotated[QuarantineFilter, Query()], viewer: AdministratorOrVendor, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.get("/api/v1/quarantine/summary", response_model=list[LetGo], tags=["operations"],
            summary="What quarantine let go, by day, vendor and reason")
def api_summary(viewer: AdministratorOrVendor, db: Db, vendor: Annotated[str, Query(max_length=32)] = "",
                reason: Annotated[str, Query(max_length=64)] = "",
                limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Any:
    return let_go(db, own(viewer, vendor), reason or None, limit)


@router.get("/api/v1/quarantine/{quarantine_id}/payload", summary="The bytes of one payload, as they came",
            tags=["operations"], responses={200: {"content": {"application/octet-stream": {}}}})
def api_payload(quarantine_id: Annotated[int, Path(ge=1, le=2**63 - 1)], viewer: AdministratorOrVendor,
                db: Db) -> Response:
    row = db.row(_SQL["payload"], {"id": quarantine_id, "vendor": own(viewer, "")})
    if row is None:
        raise Absent("refusal.no_payload", number=quarantine_id)
    return Response(bytes(row["payload"]), media_type="application/octet-stream",
                    headers={"content-disposition": f'attachment; filename="quarantine-{quarantine_id}.bin"'})


@router.get("/quarantine", include_in_schema=False)
def page(request: Request, wanted: Annotated[QuarantineFilter, Query()], viewer: AdministratorOrVendor,
         db: Db) -> Response:
    is_admin = viewer.role == "administrator"
    vendors = [row["vendor_code"] for row in db.rows(_SQL["vendors"])] if is_admin else []
    return pages.render(
        request, "quarantine.html", wanted=wanted, vendors=vendors, is_admin=is_admin,
        letgo=let_go(db, own(viewer, wanted.vendor), wanted.reason or None, _SUMMARY_DAYS),
        replays=replaying.recent(db, _REPLAYS) if is_admin else [],
        asked=request.query_params.get("asked", "")[:20], **read(db, viewer, wanted))
