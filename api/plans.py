"""Plans of a year and its months: what is asked for, what officers can do, what can't be met, and how far it is."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.guard import Db, Lead, Options, Staff
from api.refusals import NotYours
from api.viewer import Viewer
from policy.clocks import legal_day
from sampling.errors import PlanError
from sampling.parameters import Parameters
from sampling.plans import export, progress, record
from sampling.plans.viewing import sees_all, within
from store import Database, lock_for_transaction

router = APIRouter(prefix="/api/v1/plans", tags=["plans"])
PlanNo = Annotated[str, Path(max_length=32, pattern=r"^[YM][0-9]{4,6}-[0-9]{1,4}$")]
Form = Literal["csv", "xlsx"]
MEDIA = {"csv": "text/csv; charset=utf-8",
         "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_WRITERS = {"csv": export.as_csv, "xlsx": export.as_xlsx}


class Plan(BaseModel):
    """A version of a plan. ``digest`` is SHA-256 of its canonical JSON, ``previous`` that of the version before."""

    plan_no: str = Field(examples=["Y2027-1"])
    year: int
    month: int | None = Field(description="null: of the year")
    version: int
    status: Literal["draft", "adopted", "published"]
    as_of: dt.date
    digest: str
    public_digest: str
    previous: str
    reason: str | None = Field(description="why it was revised")
    made_by: str
    made_at: dt.datetime
    adopted_by: str | None
    adopted_at: dt.datetime | None
    published_by: str | None
    published_at: dt.datetime | None


class WholePlan(Plan):
    """A plan with its content, limited to the account's areas. Quotas by class are internal."""

    content: dict[str, Any] = Field(description="rows by area, group and class; totals, desks by month, pools of "
                                                "officers, shortfalls in numbers and words, items, rules")


class Progress(BaseModel):
    """A yearly plan beside what was visited by the end of ``day``."""

    plan_no: str
    day: dt.date
    all: dict[str, Any] = Field(description="units, quota, due by the day, done, waiting, behind, projected year end")
    group: list[dict[str, Any]]
    by_class: list[dict[str, Any]]
    area: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    lost: dict[str, int] = Field(description="planned visits that were not made, by group")


class PlanEntry(BaseModel, extra="forbid"):
    """A plan is drafted; a draft that stands is made again."""

    year: int = Field(ge=1900, le=2200)
    month: int | None = Field(None, ge=1, le=12, description="null: of the year")
    reason: str | None = Field(None, max_length=1000, description="needed where an adopted plan is revised")


def shown(plan: record.Plan, viewer: Viewer) -> record.Plan:
    """A plan as an account sees it."""
    return {**plan, "content": within(plan["content"], viewer.areas)}


def find(db: Database, plan_no: str) -> record.Plan:
    """A plan by its number, whole."""
    with db.connection() as connection:
        return record.get(connection, plan_no)


def make(db: Database, viewer: Viewer, entry: PlanEntry, now: dt.datetime) -> record.Plan:
    """Draft a plan. It is of every area, so the account must see all of them."""
    with db.connection() as connection:
        lock_for_transaction(connection, record.LOCK)
        made = record.draft(connection, entry.year, entry.month, now, actor=viewer.username, reason=entry.reason)
        # Raised inside: what was drafted goes with the transaction.
        _check(viewer, made)
    return made


def move(db: Database, viewer: Viewer, plan_no: str, verb: Literal["adopt", "publish"],
         now: dt.datetime) -> record.Plan:
    """Adopt or publish a plan, where the role may and the account sees every area of it."""
    _check(viewer, find(db, plan_no))
    return {"adopt": record.adopt, "publish": record.publish}[verb](db, plan_no, now, actor=viewer.username)


def may_move(viewer: Viewer, plan: record.Plan) -> bool:
    """Whether this account may adopt and publish the plan, and revise it."""
    return viewer.role in record.who() and sees_all(plan["content"], viewer.areas)


def measured(db: Database, viewer: Viewer, plan: record.Plan, day: dt.date) -> dict[str, Any]:
    """Progress of a yearly plan in the account's areas, to the end of ``day`` or of the plan's year."""
    if plan["month"] is not None:
        raise PlanError(f"{plan['plan_no']} is the plan of a month: progress is that of the year's plan",
                        zh=f"{plan['plan_no']} 是月度计划：进度按年度计划统计")
    until = min(day, dt.date(plan["year"], 12, 31))
    rules = Parameters.on(max(until, dt.date(plan["year"], 1, 1)))
    with db.connection() as connection:
        told = progress.progress(plan["content"], progress.counts(connection, plan["year"], until, rules), until,
                                 viewer.areas)
        lost = progress.lost(connection, plan["year"], until, rules, viewer.areas)
    return {"plan_no": plan["plan_no"], "lost": lost, **told, "by_class": told["class"]}


def table(plan_no: str, content: dict[str, Any], form: Form) -> Response:
    """A plan as a file."""
    return Response(_WRITERS[form](content), media_type=MEDIA[form],
                    headers={"content-disposition": f'attachment; filename="{plan_no}.{form}"'})


def _check(viewer: Viewer, plan: record.Plan) -> None:
    if not may_move(viewer, plan):
        raise NotYours("refusal.plan_areas")


@router.get("", response_model=list[Plan], summary="Plans with their versions, the newest first")
def api_plans(viewer: Staff, db: Db, year: Annotated[int | None, Query(ge=1900, le=2200)] = None) -> Any:
    with db.connection() as connection:
        return record.listed(connection, year)


@router.get("/{plan_no}", response_model=WholePlan, summary="A plan with rows, officers and shortages")
def api_plan(plan_no: PlanNo, viewer: Staff, db: Db) -> Any:
    return shown(find(db, plan_no), viewer)


@router.get("/{plan_no}/progress", response_model=Progress, summary="Plan against done, to any day")
def api_progress(plan_no: PlanNo, viewer: Staff, db: Db, options: Options, day: dt.date | None = None) -> Any:
    return measured(db, viewer, find(db, plan_no), day or legal_day(options.clock()))


@router.get("/{plan_no}/table", summary="A plan as CSV (rows) or XLSX (every part)",
            responses={200: {"content": {media: {} for media in MEDIA.values()}}})
def api_table(plan_no: PlanNo, viewer: Staff, db: Db, form: Form = "csv") -> Response:
    return table(plan_no, shown(find(db, plan_no), viewer)["content"], form)


@router.post("", response_model=WholePlan, status_code=201, summary="Draft a plan, or the draft that stands again")
def api_make(body: PlanEntry, viewer: Lead, db: Db, options: Options) -> Any:
    return make(db, viewer, body, options.clock())


@router.post("/{plan_no}/adoption", response_model=WholePlan, status_code=201,
             summary="Adopt a draft: it is never changed again")
def api_adopt(plan_no: PlanNo, viewer: Lead, db: Db, options: Options) -> Any:
    return move(db, viewer, plan_no, "adopt", options.clock())


@router.post("/{plan_no}/publication", response_model=WholePlan, status_code=201, summary="Publish an adopted plan")
def api_publish(plan_no: PlanNo, viewer: Lead, db: Db, options: Options) -> Any:
    return move(db, viewer, plan_no, "publish", options.clock())
