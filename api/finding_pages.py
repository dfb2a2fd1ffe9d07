"""Pages of off-site findings: the list, and one finding with its evidence, its time line and the form to decide."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import findings, inspections, next_score, pages
from api.areas import choices
from api.findings import FindingFilter, FindingId
from api.guard import Db, Options, Staff
from api.viewer import Viewer
from casework.finding_decisions import last_visit_day
from policy.clocks import SHANGHAI, legal_day
from store import Database, HuoyanError, Queries

_SQL = Queries(findings.__file__)
router = APIRouter(include_in_schema=False)
_ONE_DAY = dt.timedelta(days=1)
_MOST_TICKS = 6


class DecideForm(BaseModel):
    """The fields of the form, as they were typed."""

    decision: str = Field("", max_length=32)
    reason: str = Field("", max_length=1000)
    visit_on: str = Field("", max_length=10)
    lead: str = Field("", max_length=32)
    second: str = Field("", max_length=32)
    inspection: str = Field("", max_length=64)
    after: int = 0


def time_line(finding: dict[str, Any], now: dt.datetime) -> dict[str, Any] | None:
    """What the finding rests on as bars over its days: places in per cent of the time shown, and where days begin.

    None where there is nothing to draw: readings have a plot of their own.
    """
    spans = [(alarm["kind"], alarm["point"] or alarm["device_no"], alarm["opened_at"], alarm["restored_at"],
              alarm["verdict"]) for alarm in finding["alarms"]]
    if not spans:
        spans = [(point["kind"], point["point"], _moment(point["began"]), _moment(point["ended"]), None)
                 for point in finding["evidence"].get("points", [])]
    if not spans:
        return None
    since = min(finding["began_at"], *(began for _, _, began, _, _ in spans))
    until = max(since + dt.timedelta(hours=1), *(ended or finding["seen_at"] for _, _, _, ended, _ in spans))
    room = (until - since) / 25
    since, until = since - room, min(until + room, max(now, until))
    whole = until - since
    bars = [{"kind": kind, "point": point, "verdict": verdict, "lasting": ended is None, "began": began, "ended": ended,
             "left": 100 * ((began - since) / whole),
             "width": max(100 * (((ended or until) - began) / whole), .6)}
            for kind, point, began, ended, verdict in spans]
    first = since.astimezone(SHANGHAI).date() + _ONE_DAY
    days = [first + n * _ONE_DAY for n in range((until.astimezone(SHANGHAI).date() - first).days + 1)]
    every = -(-len(days) // _MOST_TICKS)
    ticks = [{"day": day, "left": 100 * ((dt.datetime.combine(day, dt.time(), SHANGHAI) - since) / whole)}
             for day in days[::every or 1]]
    return {"bars": bars, "ticks": ticks, "since": since, "until": until}


def _moment(text: str | None) -> Any:
    return None if text is None else dt.datetime.fromisoformat(text)


def _page(request: Request, db: Database, viewer: Viewer, finding: dict[str, Any], now: dt.datetime, status: int = 200,
          problem: str | None = None, given: DecideForm | None = None, done: bool = False) -> Response:
    day = legal_day(now)
    may = finding["may_decide"]
    officers = inspections.officers_for(db, finding["area_code"], day) if may else []
    since = legal_day(finding["began_at"])
    visits = db.rows(_SQL["visits"], {"unit": finding["unit_id"], "since": since}) if may else []
    following = findings.read(db, viewer, FindingFilter.model_validate({"limit": 2}), now)["findings"]
    other = next((one["finding_id"] for one in following if one["finding_id"] != finding["finding_id"]), None)
    moved = next_score.after(db, finding["unit_id"], day, day) if done else None
    return pages.render(request, "finding.html", status, finding=finding, line=time_line(finding, now),
                        officers=officers, visits=visits, given=given or DecideForm.model_validate({}),
                        problem=problem, done=done,
                        day=day, last_day=last_visit_day(day), other=other, moved=moved)


@router.get("/findings")
def page(request: Request, wanted: Annotated[FindingFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    answer = findings.read(db, viewer, wanted, options.clock())
    if pages.wants_part(request):
        return pages.render(request, "finding_rows.html", wanted=wanted, **answer)
    return pages.render(request, "findings.html", wanted=wanted, areas=choices(db, viewer), **answer)


@router.get("/findings/{finding_id}")
def one_page(request: Request, finding_id: FindingId, viewer: Staff, db: Db, options: Options,
             decided: bool = False) -> Response:
    now = options.clock()
    return _page(request, db, viewer, findings.find(db, viewer, finding_id, now), now, done=decided)


@router.post("/findings/{finding_id}")
def decide(request: Request, finding_id: FindingId, viewer: Staff, db: Db, options: Options,
           form: Annotated[DecideForm, Form()]) -> Response:
    now = options.clock()
    entry = {"decision": form.decision, "reason": form.reason, "inspection_no": form.inspection, "after": form.after,
             # A day that stands in the form is meant only where a visit can be.
             "visit_on": form.visit_on if form.decision != "dismissed" else None,
             "officers": [[number, role] for number, role in ((form.lead, "lead"), (form.second, "member")) if number]}
    try:
        findings.decide(db, viewer, finding_id, entry, now)
    except HuoyanError as refused:
        return _page(request, db, viewer, findings.find(db, viewer, finding_id, now), now, refused.status,
                     pages.sentence(request, refused), form)
    return pages.go_to(f"/findings/{finding_id}?decided=true")
