"""What devices sent and could not be stored, with the reason: for the administrator, and for each vendor its own."""

from __future__ import annotations

import codecs
import datetime as dt
import string
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import AdministratorOrVendor, Db
from api.refusals import Absent
from api.viewer import Viewer
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_SHOWN_BYTES = 2048
_PRINTABLE = set(string.printable.encode())


class QuarantineFilter(BaseModel):
    """What narrows the list."""

    vendor: str = Field("", max_length=32, description="for the administrator: one vendor")
    reason: str = Field("", max_length=64, description="reason_code")
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="rows older than this quarantine_id")
    limit: int = Field(50, ge=1, le=500)


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
    shown: str = Field(description="the start of the payload: text where it is text, hex otherwise")
    form: str = Field(examples=["text", "hex"])


class Quarantine(BaseModel):
    """A page of the quarantine, the newest first, and how many there are by reason."""

    by_reason: dict[str, int]
    rows: list[Quarantined]
    next: int | None


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
    vendor = viewer.vendor_code if viewer.role == "vendor" else wanted.vendor or None
    parameters = {"vendor": vendor, "reason": wanted.reason or None, "before": wanted.before, "limit": wanted.limit}
    with db.connection() as connection:
        counts = connection.execute(_SQL["by_reason"], parameters).fetchall()
        rows = connection.execute(_SQL["page"], parameters).fetchall()
    for row in rows:
        row["shown"], row["form"] = readable(bytes(row.pop("payload")))
    return {"by_reason": {row["reason_code"]: row["count"] for row in counts}, "rows": rows,
            "next": rows[-1]["quarantine_id"] if len(rows) == wanted.limit else None}


@router.get("/api/v1/quarantine", response_model=Quarantine, summary="Payloads that could not be stored",
            tags=["operations"])
def api_quarantine(wanted: Annotated[QuarantineFilter, Query()], viewer: AdministratorOrVendor, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.get("/api/v1/quarantine/{quarantine_id}/payload", summary="The bytes of one payload, as they came",
            tags=["operations"], responses={200: {"content": {"application/octet-stream": {}}}})
def api_payload(quarantine_id: Annotated[int, Path(ge=1, le=2**63 - 1)], viewer: AdministratorOrVendor,
                db: Db) -> Response:
    vendor = viewer.vendor_code if viewer.role == "vendor" else None
    row = db.row(_SQL["payload"], {"id": quarantine_id, "vendor": vendor})
    if row is None:
        raise Absent("refusal.no_payload", number=quarantine_id)
    return Response(bytes(row["payload"]), media_type="application/octet-stream",
                    headers={"content-disposition": f'attachment; filename="quarantine-{quarantine_id}.bin"'})


@router.get("/quarantine", include_in_schema=False)
def page(request: Request, wanted: Annotated[QuarantineFilter, Query()], viewer: AdministratorOrVendor,
         db: Db) -> Response:
    vendors = [] if viewer.role == "vendor" else [row["vendor_code"] for row in db.rows(_SQL["vendors"])]
    return pages.render(request, "quarantine.html", wanted=wanted, vendors=vendors, **read(db, viewer, wanted))
