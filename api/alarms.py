"""Alarms and faults: what is open now, what was restored lately, and the verdict of the person who looked."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api import names, pages
from api.areas import choices
from api.codes import EventKind
from api.guard import Db, Options, Staff
from api.refusals import Absent, Conflict
from api.viewer import Viewer
from policy.clocks import legal_day
from registry import audit, unit_search
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()

# A case that restores itself is still someone's to judge: it stays in sight for a while.
_LATELY = dt.timedelta(hours=1)

Verdict = Literal["confirmed", "false", "test"]
AlarmId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class AlarmFilter(BaseModel):
    """What narrows the list."""

    state: Literal["now", "open", "restored", "all"] = Field(
        "now", description="now: open, or restored within the last hour; open; restored; all")
    sort: Literal["", "alarm", "fault"] = Field("", alias="class", description="alarms proper, or faults")
    kind: EventKind = Field("", max_length=64, description="kind of event, such as fire_alarm")
    area: str = Field("", max_length=12, description="an area code; all areas beneath it count")
    judged: bool | None = Field(None, description="with a verdict, or still without")
    by: Literal["", "nobody", "person", "rule"] = Field("", description="who judged it")
    q: str = Field("", max_length=100, description="part of the unit's name or number, or of the device's number")
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="alarms older than this alarm_id")
    limit: int = Field(50, ge=1, le=500)

    model_config = ConfigDict(populate_by_name=True)


class Alarm(BaseModel):
    """One case: it opens when the condition begins and is restored when it ends."""

    alarm_id: int
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    device_no: str
    device_kind: str
    vendor_code: str
    location: str | None
    kind: str = Field(examples=["fire_alarm"])
    point: str
    opened_at: dt.datetime
    stored_at: dt.datetime
    last_at: dt.datetime
    restored_at: dt.datetime | None
    verdict: Verdict | None
    verdict_by: str | None = Field(description="the person; null where a rule of policy judged")
    verdict_at: dt.datetime | None
    verdict_note: str | None
    verdict_rule: str | None = Field(description="verdicts.rule.* of policy; any person may judge otherwise")


class Alarms(BaseModel):
    """A page of alarms, open alarms proper before faults, then the newest first; and how many are open."""

    open_alarms: int
    open_faults: int
    unjudged: int = Field(description="open alarms proper without a verdict")
    alarms: list[Alarm]
    next: int | None = Field(description="ask with before=… for older ones")


class Judgement(BaseModel, extra="forbid"):
    """A verdict."""

    verdict: Verdict = Field(description="confirmed 真警, false 误报, test 测试")
    note: str = Field("", max_length=500)


def read(db: Database, viewer: Viewer, wanted: AlarmFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of alarms of the viewer's areas."""
    kinds = names.event_kinds(legal_day(now))
    parameters = {
        **viewer.scope, "alarm_kinds": kinds["alarm"], "fault_kinds": kinds["fault"],
        "pin": wanted.state in ("now", "open"),
        "open": {"open": True, "restored": False}.get(wanted.state),
        "restored_since": now - _LATELY if wanted.state == "now" else None,
        "kinds": kinds[wanted.sort] if wanted.sort else None, "kind": wanted.kind or None, "area": wanted.area or None,
        "judged": wanted.judged, "by": wanted.by or None,
        "before": wanted.before, "limit": wanted.limit}
    with db.connection() as connection:
        counts = connection.execute(_SQL["counts"], parameters).fetchone() or {}
        parameters |= unit_search.asked(connection, wanted.q, viewer.areas)
        # Not prepared: which index serves depends on the state that is asked for.
        alarms = connection.execute(_SQL["page"], parameters, prepare=False).fetchall()
    full = len(alarms) == wanted.limit
    return {**counts, "alarms": alarms, "next": alarms[-1]["alarm_id"] if full else None}


def judge(db: Database, viewer: Viewer, alarm_id: int, verdict: str, note: str, now: dt.datetime) -> dict[str, Any]:
    """Store a verdict with its trace; the schema marks the days it touches for the next roll-up."""
    with db.connection() as connection:
        found = connection.execute(_SQL["lock"], {**viewer.scope, "alarm_id": alarm_id}).fetchone()
        if found is None:
            raise Absent("refusal.no_alarm", alarm=alarm_id)
        # A person may say the same as a rule did: from then on it is that person's verdict.
        same = found["verdict"] == verdict and (found["verdict_note"] or "") == note.strip()
        if same and found["verdict_rule"] is None:
            raise Conflict("refusal.same_verdict", by=found["verdict_by"] or "")
        connection.execute(_SQL["judge"], {"alarm_id": alarm_id, "verdict": verdict, "by": viewer.username, "now": now,
                                           "note": note.strip() or None})
        audit.record(connection, viewer.username, "judge", "alarm", str(alarm_id),
                     {"verdict": found["verdict"], "note": found["verdict_note"]}
                     | ({"rule": found["verdict_rule"]} if found["verdict_rule"] else {}),
                     {"verdict": verdict, "note": note.strip() or None})
        return connection.execute(_SQL["one"], {**viewer.scope, "alarm_id": alarm_id}).fetchone() or {}


@router.get("/api/v1/alarms", response_model=Alarms, summary="Alarms and faults, the newest first", tags=["alarms"])
def api_alarms(wanted: Annotated[AlarmFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.get("/api/v1/alarms/{alarm_id}", response_model=Alarm, summary="One alarm", tags=["alarms"])
def api_alarm(alarm_id: AlarmId, viewer: Staff, db: Db) -> Any:
    found = db.row(_SQL["one"], {**viewer.scope, "alarm_id": alarm_id})
    if found is None:
        raise Absent("refusal.no_alarm", alarm=alarm_id)
    return found


@router.post("/api/v1/alarms/{alarm_id}/verdict", response_model=Alarm, summary="Say what an alarm was",
             tags=["alarms"])
def api_judge(alarm_id: AlarmId, body: Judgement, viewer: Staff, db: Db, options: Options) -> Any:
    return judge(db, viewer, alarm_id, body.verdict, body.note, options.clock())


@router.get("/alarms", include_in_schema=False)
def page(request: Request, wanted: Annotated[AlarmFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    answer = read(db, viewer, wanted, options.clock())
    if pages.wants_part(request):
        return pages.render(request, "alarm_rows.html", wanted=wanted, **answer)
    return pages.render(request, "alarms.html", wanted=wanted, areas=choices(db, viewer), **answer)


@router.get("/alarms/pulse", include_in_schema=False)
def pulse(request: Request, viewer: Staff, db: Db, options: Options) -> Response:
    """The small count in the header of every page."""
    answer = read(db, viewer, AlarmFilter.model_validate({"limit": 1}), options.clock())
    return pages.render(request, "alarm_pulse.html", **answer)


@router.post("/alarms/{alarm_id}/verdict", include_in_schema=False)
def page_judge(request: Request, alarm_id: AlarmId, viewer: Staff, db: Db, options: Options,
               verdict: Annotated[Verdict, Form()], note: Annotated[str, Form(max_length=500)] = "",
               back: Annotated[str, Form(max_length=2048)] = "/alarms") -> Response:
    alarm = judge(db, viewer, alarm_id, verdict, note, options.clock())
    if pages.wants_part(request):
        return pages.render(request, "alarm_row.html", alarm=alarm)
    return pages.go_to(pages.safe_next(back))
