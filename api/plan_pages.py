"""Pages of plans: the year with its months, officers and shortages; drafting, adopting and publishing."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from pydantic import BaseModel

from api import pages, plan_plot, plans
from api.guard import Db, Lead, Options, Staff
from api.plans import PlanEntry, PlanNo
from api.viewer import Viewer
from policy.clocks import legal_day
from sampling.plans import record
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)


class PlanFields(BaseModel):
    """The form of a draft, as typed."""

    year: int
    month: str = ""
    reason: str = ""


@router.get("/plans")
def page(request: Request, viewer: Staff, db: Db, options: Options) -> Response:
    today = legal_day(options.clock())
    with db.connection() as connection:
        held = next((plan for year in (today.year, today.year + 1)
                     if (plan := record.in_force(connection, year) or record.newest(connection, year))), None)
    return _page(request, db, viewer, held, today)


@router.get("/plans/{plan_no}")
def plan_page(request: Request, plan_no: PlanNo, viewer: Staff, db: Db, options: Options) -> Response:
    return _page(request, db, viewer, plans.find(db, plan_no), legal_day(options.clock()))


@router.post("/plans")
def make(request: Request, viewer: Lead, db: Db, options: Options, form: Annotated[PlanFields, Form()]) -> Response:
    month = int(form.month) if form.month.isascii() and form.month.isdigit() and 1 <= int(form.month) <= 12 else None
    try:
        made = plans.make(db, viewer, PlanEntry.model_construct(
            year=form.year, month=month, reason=form.reason.strip()[:1000] or None), options.clock())
    except HuoyanError as refused:
        with db.connection() as connection:
            held = record.newest(connection, form.year, month)
        return _page(request, db, viewer, held, legal_day(options.clock()), status=refused.status,
                     problem=pages.sentence(request, refused))
    return pages.go_to(f"/plans/{made['plan_no']}")


@router.post("/plans/{plan_no}/adopt")
def adopt(request: Request, plan_no: PlanNo, viewer: Lead, db: Db, options: Options) -> Response:
    plans.move(db, viewer, plan_no, "adopt", options.clock())
    return pages.go_to(f"/plans/{plan_no}")


@router.post("/plans/{plan_no}/publish")
def publish(request: Request, plan_no: PlanNo, viewer: Lead, db: Db, options: Options) -> Response:
    plans.move(db, viewer, plan_no, "publish", options.clock())
    return pages.go_to(f"/plans/{plan_no}")


def _page(request: Request, db: Database, viewer: Viewer, plan: record.Plan | None, today: dt.date, *,
          status: int = 200, problem: str | None = None) -> Response:
    with db.connection() as connection:
        others = record.listed(connection)
    answer: dict[str, Any] = {"plan": None, "may_move": False, "told": None, "bars": []}
    if plan:
        held = plans.shown(plan, viewer)
        answer = {"plan": held, "may_move": plans.may_move(viewer, plan), "bars": plan_plot.bars(held["content"]),
                  "told": plans.measured(db, viewer, plan, today) if plan["month"] is None else None}
    return pages.render(request, "plan.html", status, others=others, problem=problem, this_year=today.year,
                        this_month=today.month, may_make=viewer.role in record.who(), **answer)
