"""Off-site findings (非现场监管线索): what waits for a decision, the evidence of each, and the decision of a person."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import names, next_score, units
from api.codes import FindingRule
from api.cursors import Offset
from api.guard import Db, Options, Staff
from api.refusals import Absent
from api.telemetry import Telemetry, limits
from api.viewer import Viewer
from casework import finding_decisions
from casework.finding_decisions import decision_form
from policy.clocks import legal_day
from registry import unit_search
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter(prefix="/api/v1/findings", tags=["findings"])
# Readings of an episode are shown from a day before it to a day after it, in so many buckets.
_AROUND = dt.timedelta(days=1)
_BUCKETS = 300
_MOST_DEVICES = 10

State = Literal["waiting", "open", "to_visit", "late", "substantiated", "dismissed", "lapsed", "all"]
Decision = Literal["substantiated", "dismissed", "to_visit"]
FindingId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class FindingFilter(BaseModel):
    """What narrows the list."""

    state: State = Field("waiting", description="waiting: open, or waiting for a visit; late: past the clock of either")
    rule: FindingRule = Field("", max_length=64, description="code of findings.rule.* of policy, such as system_off")
    area: str = Field("", max_length=12, description="an area code; all areas beneath it count")
    q: str = Field("", max_length=100, description="part of the unit's name or number, or of the finding's number")
    unit_id: int | None = Field(None, ge=1, le=2**63 - 1, description="the findings of one unit")
    offset: Offset = 0
    limit: int = Field(50, ge=1, le=500)


class Finding(BaseModel):
    """One finding. It counts as nothing until a person has decided; only ``substantiated`` is a violation."""

    finding_id: int
    finding_no: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    rule: str = Field(examples=["system_off"])
    subject: str = Field(description="what of the unit it is about: a device, a point, a day; empty: the unit")
    began_at: dt.datetime
    ended_at: dt.datetime | None = Field(description="null: it lasts")
    found_at: dt.datetime
    seen_at: dt.datetime
    decide_by: dt.datetime
    state: str
    late: bool = Field(description="open and past decide_by, or its visit was not made on its day")
    again_of: int | None = Field(description="the finding that this one follows")
    evidence: dict[str, Any] = Field(description="facts with units, the limit with its source, ids of what it rests on")
    decided_by: str | None
    decided_at: dt.datetime | None
    reason: str | None = Field(description="of the decision that stands")
    inspection_id: int | None = Field(description="the visit that was planned, or that found it so")
    inspection_status: str | None
    visit_on: dt.date | None


class Findings(BaseModel):
    """A page of findings: the most urgent first where they wait, otherwise the newest; and how many wait in all."""

    waiting: int
    late: int
    total: int
    findings: list[Finding]
    next: int | None


class Decided(BaseModel):
    """One decision; the newest stands."""

    decision_id: int
    decision: str
    reason: str
    decided_by: str
    decided_at: dt.datetime
    inspection_id: int | None
    inspection_no: str | None
    evidence: dict[str, Any] = Field(description="as it stood at the decision")


class Whole(Finding):
    """A finding with every decision, the cases it rests on, and what this account may decide now."""

    decisions: list[Decided]
    alarms: list[dict[str, Any]]
    may_decide: list[str]


class DecisionEntry(BaseModel, extra="forbid"):
    """A decision on a finding (处理决定)."""

    decision: Decision = Field(description="substantiated 属实, dismissed 不属实, to_visit 现场核查")
    reason: str = Field(min_length=1, max_length=1000)
    visit_on: dt.date | None = Field(None, description="plans a visit; needed with to_visit")
    officers: list[tuple[str, str]] = Field([], max_length=12, description="of that visit: officer_no, lead or member",
                                            examples=[[["O1", "lead"], ["O2", "member"]]])
    inspection_no: str | None = Field(None, max_length=64, description="the visit that found it so")
    after: int | None = Field(None, description="newest decision_id that was seen, 0 for none: refused where another "
                                                "has come since")


class Entered(BaseModel):
    """What the decision left, and what it does to the next score."""

    finding_id: int
    state: str
    inspection_no: str | None
    score_before: float | None
    next_score: float | None


def read(db: Database, viewer: Viewer, wanted: FindingFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of findings of the viewer's areas."""
    parameters = {**viewer.scope, "state": wanted.state, "rule": wanted.rule or None, "area": wanted.area or None,
                  "unit": wanted.unit_id, "now": now, "day": legal_day(now), "limit": wanted.limit,
                  "offset": wanted.offset, "finding": None}
    with db.connection() as connection:
        counts = connection.execute(_SQL["counts"], parameters).fetchone() or {}
        parameters |= unit_search.asked(connection, wanted.q, viewer.areas)
        # Not prepared: which index serves depends on the state that is asked for.
        rows = connection.execute(_SQL["page"], parameters, prepare=False).fetchall()
    total = rows[0].pop("total") if rows else 0
    for row in rows[1:]:
        del row["total"]
    reached = wanted.offset + len(rows)
    return {**counts, "total": total, "findings": rows, "next": reached if reached < total else None}


def find(db: Database, viewer: Viewer, finding_id: int, now: dt.datetime) -> dict[str, Any]:
    """One finding within the viewer's areas with its decisions and the cases it rests on."""
    parameters = {**viewer.scope, "state": "all", "rule": None, "area": None, "text": None, "units": None, "unit": None,
                  "now": now, "day": legal_day(now), "limit": 1, "offset": 0, "finding": finding_id}
    with db.connection() as connection:
        found = connection.execute(_SQL["page"], parameters, prepare=False).fetchone()
        if found is None:
            raise Absent("refusal.no_finding", finding=finding_id)
        del found["total"]
        found["decisions"] = connection.execute(_SQL["decisions"], {"finding": finding_id}).fetchall()
        found["alarms"] = connection.execute(_SQL["alarms"], {"alarms": found["evidence"].get("alarms", [])}).fetchall()
    found["may_decide"] = finding_decisions.open_to(viewer.role, found["state"], legal_day(now))
    return found


def decide(db: Database, viewer: Viewer, finding_id: int, entry: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Hand a decision to casework and say what it does to the next score."""
    found = find(db, viewer, finding_id, now)
    done = finding_decisions.decide(db, found["finding_no"], decision_form(entry), viewer.username, role=viewer.role,
                                    now=now)
    moved = next_score.after(db, done.unit_id, legal_day(now), legal_day(now))
    return {"finding_id": finding_id, "state": done.decision, "inspection_no": done.inspection_no,
            "score_before": moved.before, "next_score": moved.score}


def window(finding: dict[str, Any], now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The time that a plot of the finding shows."""
    return finding["began_at"] - _AROUND, min((finding["ended_at"] or finding["seen_at"]) + _AROUND, now)


@router.get("", response_model=Findings, summary="Off-site findings, the most urgent first")
def api_findings(wanted: Annotated[FindingFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, options.clock())


@router.get("/{finding_id}", response_model=Whole, summary="A finding with its evidence and decisions")
def api_finding(finding_id: FindingId, viewer: Staff, db: Db, options: Options) -> Any:
    return find(db, viewer, finding_id, options.clock())


@router.post("/{finding_id}/decision", response_model=Entered, status_code=201, summary="Decide on a finding")
def api_decide(finding_id: FindingId, body: DecisionEntry, viewer: Staff, db: Db, options: Options) -> Any:
    return decide(db, viewer, finding_id, body.model_dump(), options.clock())


@router.get("/{finding_id}/telemetry", response_model=Telemetry,
            summary="Readings of the metric that a finding is about, from a day before to a day after")
def api_telemetry(finding_id: FindingId, viewer: Staff, db: Db, options: Options) -> Any:
    now = options.clock()
    found = find(db, viewer, finding_id, now)
    metric, day = found["evidence"].get("metric"), legal_day(now)
    known = names.metric_of(metric, day) if metric else None
    if known is None:
        raise Absent("refusal.no_finding_metric", finding=found["finding_no"])
    since, until = window(found, now)
    seconds = max(60, int((until - since).total_seconds() / _BUCKETS))
    rows = db.rows(_SQL["series"], {
        "devices": [one["device_id"] for one in found["evidence"].get("devices", [])][:_MOST_DEVICES], "metric": metric,
        "since": since, "until": until, "width": dt.timedelta(seconds=seconds)})
    series: dict[int, dict[str, Any]] = {}
    for row in rows:
        one = series.setdefault(row["device_id"], {**{name: row[name] for name in (
            "device_id", "device_no", "location", "low", "high")}, "points": []})
        one["points"].append((row["bucket"], row["mean"], row["least"], row["most"]))
    low, high = limits(metric, units.find(db, viewer, found["unit_id"]), day)
    return {"metric": metric, "zh": known["zh"], "en": known["en"], "unit": known.get("unit", ""), "low": low,
            "high": high, "since": since, "until": until, "bucket_seconds": seconds, "series": list(series.values())}
