"""The first page of the day: what burns, what is planned, what is late, and whether the machine is well."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import names, pages
from api.guard import Db, Member, Options, Staff
from api.navigation import home
from api.viewer import LEADS, Viewer
from policy import calendar
from policy.clocks import SHANGHAI, legal_day
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_HISTORY_DAYS = 30
_LIST = 8


class Summary(BaseModel):
    """Today at a glance, within the account's areas."""

    day: dt.date
    working_day: bool
    units: int
    devices: int
    devices_offline: int
    devices_never_heard: int
    open_alarms: int
    open_faults: int
    unjudged: int
    by_class: dict[str, int]
    as_of: dt.date | None = Field(description="day of the scores")
    planned_today: int
    done_today: int
    findings_waiting: int = Field(description="off-site findings that wait for a decision or a visit")
    findings_late: int = Field(description="of them, those past the clock of their decision or the day of their visit")
    late_orders: int
    late_complaints: int


class Trends(BaseModel):
    """What the dashboard plots."""

    alarm_days: list[dict[str, Any]] = Field(description="cases opened by day: alarms, faults, false alarms")
    score_bins: list[dict[str, Any]] = Field(description="units by score, in steps of five points, by class")
    hit_months: list[dict[str, Any]] = Field(description="visits done and visits with hazards, by month and arm")


def read(db: Database, viewer: Viewer, now: dt.datetime) -> dict[str, Any]:
    """The numbers of today for one account."""
    day = legal_day(now)
    kinds = names.event_kinds(day)
    parameters = {**viewer.scope, "day": day, "now": now, "alarm_kinds": kinds["alarm"], "fault_kinds": kinds["fault"]}
    found: dict[str, Any] = {"day": day, "working_day": calendar().is_working_day(day)}
    with db.connection() as connection:
        for name in ("units", "devices", "alarms", "classes", "visits", "findings", "late"):
            found.update(connection.execute(_SQL[name], parameters).fetchone() or {})
    found["by_class"] = {letter: found.pop(letter.lower()) for letter in "DCBA"}
    return found


@router.get("/api/v1/summary", response_model=Summary, summary="Today at a glance", tags=["dashboard"])
def api_summary(viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, options.clock())


@router.get("/api/v1/summary/trends", response_model=Trends, summary="What the dashboard plots", tags=["dashboard"])
def api_trends(viewer: Staff, db: Db, options: Options) -> Any:
    now = options.clock()
    day = legal_day(now)
    kinds = names.event_kinds(day)
    since = day - dt.timedelta(days=_HISTORY_DAYS - 1)
    parameters = {**viewer.scope, "day": day, "since": since,
                  "since_moment": dt.datetime.combine(since, dt.time(), SHANGHAI),
                  "alarm_kinds": kinds["alarm"], "fault_kinds": kinds["fault"]}
    with db.connection() as connection:
        return {name: connection.execute(_SQL[name], parameters).fetchall()
                for name in ("alarm_days", "score_bins", "hit_months")}


@router.get("/", include_in_schema=False)
def page(request: Request, viewer: Member, db: Db, options: Options) -> Response:
    if viewer.role == "vendor":
        return pages.go_to(home(viewer))
    now = options.clock()
    day = legal_day(now)
    parameters = {**viewer.scope, "day": day, "limit": _LIST, "alarm_kinds": names.event_kinds(day)["alarm"]}
    with db.connection() as connection:
        lists = {name: connection.execute(_SQL[name], parameters).fetchall()
                 for name in ("open_now", "riskiest", "today_visits", "late_orders_list")}
        lists["next_visits"] = [] if lists["today_visits"] else connection.execute(
            _SQL["next_visits"], parameters).fetchall()
        lists["jobs"] = connection.execute(_SQL["jobs"]).fetchall() if viewer.role in LEADS else []
    return pages.render(request, "dashboard.html", **read(db, viewer, now), **lists)
