"""The registers as lists: units, devices, officers, vendors, inspection items, areas."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.codes import RegisterKind
from api.cursors import After, cut
from api.guard import Db, Member, Options
from api.record_pages import edit_address
from api.refusals import NotYours
from api.viewer import STAFF, Viewer
from policy.clocks import legal_day
from registry import unit_search
from registry.paging import pattern
from store import Database, Queries, cursors

_SQL = Queries(__file__)
router = APIRouter()

Noun = Literal["units", "devices", "officers", "vendors", "items", "areas"]
NOUNS: tuple[Noun, ...] = ("units", "devices", "officers", "vendors", "items", "areas")
VENDORS_SEE: tuple[Noun, ...] = ("devices",)
#: What a register is sorted by.
_KEYS: dict[Noun, dict[str, type]] = {
    "units": {"unit_no": str}, "devices": {"vendor_code": str, "device_no": str}, "officers": {"officer_no": str},
    "vendors": {"vendor_code": str}, "items": {"item_code": str, "valid_from": dt.date}, "areas": {"area_code": str}}
# Long ones: a page is not made of all rows to know how many there are. Both are looked for by names of units.
_COUNTED_APART: tuple[Noun, ...] = ("units", "devices")


class RegisterFilter(BaseModel):
    """What narrows a list."""

    q: str = Field("", max_length=100, description="part of a name or number")
    kind: RegisterKind = Field("", max_length=64, description="kind of unit or device")
    offline: bool | None = Field(None, description="devices: only those offline, or only those online")
    after: After = ""
    limit: int = Field(50, ge=1, le=500)


class Register(BaseModel):
    """A page of a register; the fields of a row are those of its noun."""

    noun: Noun
    total: int
    rows: list[dict[str, Any]]
    next: str | None = Field(description="what to send as after for the next page")


def nouns_of(viewer: Viewer) -> tuple[Noun, ...]:
    """The registers an account may open: a vendor sees its own devices and nothing else."""
    return NOUNS if viewer.role in STAFF else VENDORS_SEE


def read(db: Database, viewer: Viewer, noun: Noun, wanted: RegisterFilter, day: Any) -> dict[str, Any]:
    """One page of a register within the viewer's areas, or within its vendor."""
    if noun not in nouns_of(viewer):
        raise NotYours()
    vendor = viewer.vendor_code if viewer.role == "vendor" else None
    areas = None if vendor else viewer.areas
    key, second = (*cursors.read(wanted.after, *_KEYS[noun].values()), None)[:2]
    asked = {"areas": areas, "vendor": vendor, "kind": wanted.kind or None, "offline": wanted.offline, "day": day,
             "key": key, "second": second, "limit": wanted.limit + 1}
    with db.connection() as connection:
        asked |= (unit_search.asked(connection, wanted.q, areas, codes=noun == "units") if noun in _COUNTED_APART
                  else {"text": pattern(wanted.q)})
        # Not prepared: the plan must fit what this request looks for.
        rows = connection.execute(_SQL[noun], asked, prepare=False).fetchall()
        after = cut(rows, wanted.limit, *_KEYS[noun])
        if after is None and not wanted.after:
            total = len(rows)
        elif noun in _COUNTED_APART:
            total = (connection.execute(_SQL[f"{noun}_counted"], asked, prepare=False).fetchone() or {})["total"]
        else:
            total = rows[0]["total"] if rows else 0
    for row in rows:
        row.pop("total", None)
    return {"noun": noun, "total": total, "rows": rows, "next": after}


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
