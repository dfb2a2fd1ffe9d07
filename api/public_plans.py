"""What anyone may see of plans: quotas by kind and area, items, rules with sources, results; never a class of units."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages, plan_plot, plans
from api.guard import Db, Options
from api.plans import Form, PlanNo
from api.refusals import Absent
from policy.clocks import legal_day
from sampling.parameters import Parameters
from sampling.plans import progress, record
from sampling.tickets import canonical
from store import Database

router = APIRouter()
_OPEN: dict[str, Any] = {"tags": ["public"], "openapi_extra": {"security": []}}


class PublicPlan(BaseModel):
    """A plan as published; ``public_digest`` is SHA-256 of what ``/content`` answers, byte by byte."""

    plan_no: str
    year: int
    month: int | None
    version: int
    as_of: dt.date
    reason: str | None
    public_digest: str
    published_at: dt.datetime


class PublicResult(BaseModel):
    """Visits of a month with one result."""

    month: int
    kind: str = Field(description="key or general units")
    result: str
    visits: int


class WholePublicPlan(PublicPlan):
    """A published plan with its content and what visits have found since."""

    content: dict[str, Any] = Field(description="rows by area and group, totals, shortages, items, rules with source")
    results: list[PublicResult]


def find(db: Database, plan_no: str) -> record.Plan:
    """A published plan; an unpublished one is as if it did not exist."""
    with db.connection() as connection:
        row = record.published(connection, plan_no)
    if row is None:
        raise Absent("refusal.no_plan", plan=plan_no)
    return row


def read(db: Database, plan_no: str, today: dt.date) -> dict[str, Any]:
    """A published plan with the results of its year, or of its month, up to ``today``."""
    plan = find(db, plan_no)
    until = min(today, dt.date(plan["year"], 12, 31))
    kinds = Parameters.on(max(until, dt.date(plan["year"], 1, 1))).counted_kinds
    with db.connection() as connection:
        found = progress.results(connection, plan["year"], until, kinds)
    shown = {name: plan[name] for name in PublicPlan.model_fields}
    return shown | {"content": plan["public_content"],
                    "results": [row for row in found if plan["month"] in (None, row["month"])]}


@router.get("/api/v1/public/plans", response_model=list[PublicPlan], summary="Published plans", **_OPEN)
def api_plans(db: Db) -> Any:
    with db.connection() as connection:
        return record.listed(connection, published=True)


@router.get("/api/v1/public/plans/{plan_no}", response_model=WholePublicPlan,
            summary="A published plan with results by month", **_OPEN)
def api_plan(plan_no: PlanNo, db: Db, options: Options) -> Any:
    return read(db, plan_no, legal_day(options.clock()))


@router.get("/api/v1/public/plans/{plan_no}/content", summary="The published bytes: their SHA-256 is the digest",
            responses={200: {"content": {"application/json": {}}}}, **_OPEN)
def api_content(plan_no: PlanNo, db: Db) -> Response:
    return Response(canonical(find(db, plan_no)["public_content"]), media_type="application/json")


@router.get("/api/v1/public/plans/{plan_no}/table", summary="A published plan as CSV or XLSX",
            responses={200: {"content": {media: {} for media in plans.MEDIA.values()}}}, **_OPEN)
def api_table(plan_no: PlanNo, db: Db, form: Form = "csv") -> Response:
    return plans.table(plan_no, find(db, plan_no)["public_content"], form)


@router.get("/public/plans", include_in_schema=False)
def page(request: Request, db: Db) -> Response:
    with db.connection() as connection:
        return pages.render(request, "public_plans.html", plans=record.listed(connection, published=True))


@router.get("/public/plans/{plan_no}", include_in_schema=False)
def plan_page(request: Request, plan_no: PlanNo, db: Db, options: Options) -> Response:
    answer = read(db, plan_no, legal_day(options.clock()))
    return pages.render(request, "public_plan.html", plan=answer, bars=plan_plot.bars(answer["content"]),
                        areas=by_area(answer["content"]), results=by_month(answer["results"]),
                        codes=sorted({row["result"] for row in answer["results"]}))


def by_area(content: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a published plan by area and group."""
    out: dict[str, dict[str, Any]] = {}
    for row in content["rows"]:
        out.setdefault(row["area"], {})[row["group"]] = row
    return dict(sorted(out.items()))


def by_month(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results with one entry a month: visits in all and by result."""
    out: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = out.setdefault(row["month"], {"month": row["month"], "visits": 0, "by": {}})
        one["visits"] += row["visits"]
        one["by"][row["result"]] = one["by"].get(row["result"], 0) + row["visits"]
    return [out[month] for month in sorted(out)]
