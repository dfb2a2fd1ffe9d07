"""What is due, by body and state: the page, its REST twin, the same as CSV, and the way from a clock to its thing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.areas import choices
from api.guard import Db, Options, Staff
from api.i18n import say
from api.refusals import Absent
from api.viewer import Viewer
from api.wording import until
from casework import due
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry.areas import subtree
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_MOST_ROWS = 5000  # of one CSV file

#: Where the thing stands that a clock runs for; what is not here is shown with its unit.
LINKS = {"order": "/deadlines/order/{ref}", "inspection": "/inspections/by-number/{ref}",
         "complaint": "/complaints/{ref}",
         "request": "/visit-requests/{ref}", "credit_notice": "/credit/matters/{ref}",
         "credit_repair": "/credit/matters/{ref}", "credit_objection": "/credit/matters/{ref}"}

State = Literal["open", "late", "due_soon", "running", "done_in_time", "done_late", "dropped", "all"]


class DeadlineFilter(BaseModel):
    """What narrows the list."""

    state: State = Field("open", description="open: late, due_soon and running together; all: the newest first")
    body: Literal["brigade", "town", "police_station"] | None = Field(None, description="who has to act")
    area: str = Field("", max_length=12, description="code of an area, with all beneath it")
    noun: str = Field("", max_length=32,
                      description="what the clock runs for: order, inspection, complaint, request ...")
    rule: str = Field("", max_length=64, examples=["deadlines.recheck"])
    unit_id: int | None = Field(None, ge=1, le=2**63 - 1)
    after: str = Field("", max_length=200, description="the next of the page before")
    limit: int = Field(50, ge=1, le=500)


class Deadline(BaseModel):
    """A clock: its rule, what it runs for, who has to act, from when to when, and how it stands."""

    clock_id: int
    rule: str
    title_zh: str
    title_en: str
    source: str = Field(description="document and article that set the period")
    noun: str
    ref: str = Field(description="number of what it runs for")
    link: str | None = Field(description="page of what it runs for")
    unit_id: int | None
    unit_no: str | None
    unit_name: str | None
    area_code: str
    body: str
    started_at: dt.datetime
    due_at: dt.datetime
    done_at: dt.datetime | None
    dropped_at: dt.datetime | None
    dropped_why: str | None
    state: Literal["late", "due_soon", "running", "done_in_time", "done_late", "dropped"]
    provisional: bool = Field(description="counted in working days of a year whose holidays are not announced: it is "
                                          "reckoned again in the night after the notice is known")


class BodyCount(BaseModel):
    """How many clocks of a body are in a state; those that ended are of the last thirty days."""

    body: str
    state: str
    clocks: int


class Deadlines(BaseModel):
    """A page of clocks, late ones first; ``next`` is what to send as ``after`` for the next page."""

    counts: list[BodyCount]
    rows: list[Deadline]
    next: str | None


def read(db: Database, viewer: Viewer, wanted: DeadlineFilter, now: dt.datetime) -> dict[str, Any]:
    """A page of clocks within the viewer's areas, with the counts of all of them."""
    with db.connection() as connection:
        areas = viewer.areas
        if wanted.area:
            below = subtree(connection, [wanted.area])
            areas = below if areas is None else [code for code in below if code in set(areas)]
        rows, after = due.listed(connection, due.Wanted(
            wanted.state, wanted.body, areas, wanted.noun or None, wanted.rule or None, wanted.unit_id,
            wanted.after or None, wanted.limit), now)
        counts = due.counts(connection, areas, now)
    return {"counts": counts, "rows": [_dressed(row, legal_day(now)) for row in rows], "next": after}


def _dressed(row: dict[str, Any], day: dt.date) -> dict[str, Any]:
    known = row["rule"] in rules()
    rule = rules().rule(row["rule"], day) if known else None
    link = LINKS.get(row["noun"])
    return {**row, "title_zh": rule.zh if rule else row["rule"], "title_en": rule.en if rule else row["rule"],
            "source": f"{rule.source} {rule.article}".strip() if rule else "",
            "link": link.format(ref=quote(row["ref"], safe="")) if link else
                    f"/units/{row['unit_id']}" if row["unit_id"] else None}


@router.get("/api/v1/deadlines", response_model=Deadlines, tags=["casework"],
            summary="What is due, by body, area, state, what it runs for and unit")
def api_deadlines(wanted: Annotated[DeadlineFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.get("/api/v1/deadlines.csv", tags=["casework"], summary="The same as a CSV file of at most 5,000 lines",
            response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def api_csv(wanted: Annotated[DeadlineFilter, Query()], viewer: Staff, db: Db, options: Options) -> Response:
    found = read(db, viewer, wanted.model_copy(update={"limit": _MOST_ROWS}), options.clock())
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["状态", "时限", "依据", "事项", "编号", "单位编号", "单位", "区域", "责任主体", "起算", "到期",
                     "完成", "备注"])
    for row in found["rows"]:
        writer.writerow([_plain(value) for value in (
            row["state"], row["title_zh"], row["source"], row["noun"], row["ref"], row["unit_no"], row["unit_name"],
            row["area_code"], row["body"], row["started_at"], until(row["due_at"]), row["done_at"],
            say("zh", "deadlines.provisional") if row["provisional"] else "")])
    # The mark tells a spreadsheet that the file is UTF-8.
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": 'attachment; filename="deadlines.csv"'})


def _plain(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    text = "" if value is None else str(value)
    # A spreadsheet would run a name that begins so as a formula.
    return f"'{text}" if text[:1] in "=+-@" else text


@router.get("/deadlines", include_in_schema=False)
def page(request: Request, wanted: Annotated[DeadlineFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    template = "deadline_rows.html" if pages.wants_part(request) else "deadlines.html"
    with db.connection() as connection:
        known = due.rules_running(connection)
    return pages.render(request, template, wanted=wanted, areas=choices(db, viewer), rules=known,
                        **read(db, viewer, wanted, options.clock()))


@router.get("/deadlines/order/{order_no}", include_in_schema=False)
def order(order_no: Annotated[str, Path(min_length=1, max_length=100)], viewer: Staff, db: Db) -> Response:
    row = db.row(_SQL["order"], {**viewer.scope, "number": order_no})
    if row is None:
        raise Absent("refusal.no_order", number=order_no)
    return pages.go_to(f"/inspections/{row['inspection_id']}")
