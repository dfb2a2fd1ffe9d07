"""The registers as lists: units, devices, officers, vendors, inspection items, areas."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Db, Member, Options
from api.record_pages import edit_address
from api.refusals import NotYours
from api.viewer import STAFF, Viewer
from policy.clocks import legal_day
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()

Noun = Literal["units", "devices", "officers", "vendors", "items", "areas"]
NOUNS: tuple[Noun, ...] = ("units", "devices", "officers", "vendors", "items", "areas")
VENDORS_SEE: tuple[Noun, ...] = ("devices",)


class RegisterFilter(BaseModel):
    """What narrows a list."""

    q: str = Field("", max_length=100, description="part of a name or number")
    kind: str = Field("", max_length=64, description="kind of unit or device")
    offline: bool | None = Field(None, description="devices: only those offline, or only those online")
    offset: int = Field(0, ge=0, le=10_000_000)
    limit: int = Field(50, ge=1, le=500)


class Register(BaseModel):
    """A page of a register; the fields of a row are those of its noun."""

    noun: Noun
    total: int
    rows: list[dict[str, Any]]
    next: int | None


def nouns_of(viewer: Viewer) -> tuple[Noun, ...]:
    """The registers an account may open: a vendor sees its own devices and nothing else."""
    return NOUNS if viewer.role in STAFF else VENDORS_SEE


def read(db: Database, viewer: Viewer, noun: Noun, wanted: RegisterFilter, day: Any) -> dict[str, Any]:
    """One page of a register within the viewer's areas, or within its vendor."""
    if noun not in nouns_of(viewer):
        raise NotYours()
    text = wanted.q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    vendor = viewer.vendor_code if viewer.role == "vendor" else None
    parameters = {"areas": None if vendor else viewer.areas, "vendor": vendor, "text": f"%{text}%" if text else None,
                  "kind": wanted.kind or None, "offline": wanted.offline, "day": day, "limit": wanted.limit,
                  "offset": wanted.offset}
    with db.connection() as connection:
        rows = connection.execute(_SQL[noun], parameters).fetchall()
    total = rows[0]["total"] if rows else 0
    for row in rows:
        del row["total"]
    reached = wanted.offset + len(rows)
    return {"noun": noun, "total": total, "rows": rows, "next": reached if reached < total else None}


@router.get("/api/v1/registers/{noun}", response_model=Register, summary="A register as a list", tags=["registers"])
def api_register(noun: Noun, wanted: Annotated[RegisterFilter, Query()], viewer: Member, db: Db,
                 options: Options) -> Any:
    return read(db, viewer, noun, wanted, legal_day(options.clock()))


@router.get("/registers", include_in_schema=False)
def first(viewer: Member) -> Response:
    return pages.go_to(f"/registers/{nouns_of(viewer)[0]}")


@router.get("/registers/{noun}", include_in_schema=False)
def page(request: Request, noun: Noun, wanted: Annotated[RegisterFilter, Query()], viewer: Member, db: Db,
         options: Options) -> Response:
    answer = read(db, viewer, noun, wanted, legal_day(options.clock()))
    template = "register_rows.html" if pages.wants_part(request) else "register.html"
    return pages.render(request, template, wanted=wanted, nouns=nouns_of(viewer),
                        may_edit=viewer.role == "administrator", edit=edit_address, **answer)
