"""One unit: why it has its score, its days, its devices, its alarms and its record."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import names, next_score, pages
from api.guard import Db, Options, Staff
from api.ranking import Contribution, ScoreOverride, led_by
from api.record_pages import edit_address
from api.refusals import Absent
from api.viewer import LEADS, Viewer
from casework.record import credit_record
from policy import rules
from policy.clocks import legal_day
from scoring import override_record, raises, told
from scoring.card import PARTS
from scoring.explain import why_above
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()
_LIMIT = 200  # rows of each list of the record; a unit with more is rare and its oldest matter least

# What was just entered from the unit's page, so that it can say what the next score becomes.
Entered = Literal["complaint", "check", "penalty", "withdrawal", "fire"]
UnitId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class OverrideFields(BaseModel):
    """The fields of the forms of an override, as they were typed."""

    move: str = Field("", max_length=8, description="direction and classes, such as up-1")
    reason_code: str = Field("", max_length=64)
    reason: str = Field("", max_length=1000)
    until_day: str = Field("", max_length=10)


_NOTHING_TYPED = OverrideFields.model_validate({})


class Score(BaseModel):
    """The score of one day. The points of the contributions sum to the score."""

    as_of: dt.date
    score: float
    rank: int
    risk_class: str
    base_class: str = Field(description="the class by score alone, before direct conditions")
    direct: list[str]
    contributions: list[Contribution]
    override: ScoreOverride | None = Field(description="what moved the class, if anything did")
    noncompliance: float | None = Field(description="points: how likely a visit finds a substantive hazard")
    ignition: float | None = Field(description="points: alarms, electrical signals, fires")
    consequence: float | None = Field(description="points: what is at stake")
    probability: float | None = Field(description="that a visit finds a serious hazard, by the learned model; "
                                                  "null where the scorecard ruled")
    model: str | None = Field(description="what ruled: scorecard, or the number of a learned model")
    led_by: str | None = Field(description="which of the three lies furthest above the mean of the day's units")


class Above(BaseModel):
    """Why a unit stands above the one next below it in the ranking."""

    below_unit_id: int
    below_rank: int
    zh: str
    en: str


class Unit(BaseModel):
    """A unit as registered, with its newest score."""

    unit_id: int
    unit_no: str
    name: str
    uscc: str | None
    area_code: str
    area_zh: str
    area_en: str | None
    address: str | None
    kind: str
    is_key: bool = Field(description="消防安全重点单位")
    is_crowded: bool = Field(description="人员密集场所")
    is_high_hazard: bool = Field(description="火灾高危单位")
    floor_area_m2: float | None
    storeys: int | None
    height_m: float | None
    occupants: int | None
    sleeping: bool
    dangerous_goods: bool
    built_year: int | None
    status: str
    score: Score | None


class DayScore(BaseModel):
    """A score of the past, for the plot."""

    as_of: dt.date
    score: float
    risk_class: str
    rank: int


class Device(BaseModel):
    """A device of the unit and its last state."""

    device_id: int
    vendor_code: str
    device_no: str
    kind: str
    location: str | None
    status: str
    online: bool | None
    last_ts: dt.datetime | None
    offline_since: dt.datetime | None
    metric_values: dict[str, Any]
    conditions: dict[str, Any]


class CreditStanding(BaseModel):
    """消防信用积分: what the ledger comes to, its start included, and the rating that this earns."""

    balance: float = Field(examples=[94.0])
    rating: str = Field(description="code of the band of credit.bands")
    zh: str
    en: str


class Record(BaseModel):
    """What happened at the unit, newest first, 200 rows of each at most."""

    inspections: list[dict[str, Any]]
    hazards: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    penalties: list[dict[str, Any]]
    complaints: list[dict[str, Any]]
    findings: list[dict[str, Any]] = Field(description="off-site findings; only a substantiated one is a violation")
    fires: list[dict[str, Any]]
    credit: list[dict[str, Any]]
    credit_listings: list[dict[str, Any]]
    credit_standing: CreditStanding


def find(db: Database, viewer: Viewer, unit_id: int) -> dict[str, Any]:
    """The unit, if it lies in the viewer's areas; otherwise it is as if it did not exist."""
    row = db.row(_SQL["unit"], {**viewer.scope, "unit_id": unit_id})
    if row is None:
        raise Absent("refusal.no_unit", unit=unit_id)
    return row


def read(db: Database, viewer: Viewer, unit_id: int, day: dt.date) -> dict[str, Any]:
    """The unit with its newest score that is not of a day after ``day``."""
    unit = find(db, viewer, unit_id)
    unit["score"] = db.row(_SQL["score"], {"unit_id": unit_id, "day": day})
    if unit["score"]:
        unit["score"]["contributions"] = told.of_row(unit["score"], unit["score"]["headings"])
        unit["score"]["led_by"] = led_by(unit["score"], unit["score"]["means"])
    return unit


def above(db: Database, viewer: Viewer, unit: Mapping[str, Any]) -> dict[str, Any] | None:
    """Why the unit stands above the next one that the viewer sees; None without one, or where the reasons are gone."""
    score = unit["score"]
    below = score and db.row(_SQL["below"], {**viewer.scope, "as_of": score["as_of"], "rank": score["rank"]})
    reasons = told.of_row(below, below["headings"]) if below else []
    if not below or not reasons or not score["contributions"]:
        return None
    zh, en = why_above(score["contributions"], reasons, score["as_of"], name_above=unit["name"],
                       name_below=below["name"])
    return {"below_unit_id": below["unit_id"], "below_rank": below["rank"], "zh": zh, "en": en}


def three(score: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The three scores of a day, each beside the mean of the day's units and what it was on the day before."""
    if not score or score["noncompliance"] is None:
        return []
    means = score["means"] or {}
    found = []
    for code in PARTS:
        before = score[f"before_{code}"]
        found.append({"code": code, "points": score[code], "mean": means.get(code),
                      "moved": None if before is None else score[code] - before})
    return found


def devices(db: Database, unit_id: int) -> list[dict[str, Any]]:
    return db.rows(_SQL["devices"], {"unit_id": unit_id, "limit": _LIMIT})


def record(db: Database, unit_id: int, day: dt.date) -> dict[str, Any]:
    """Everything casework holds of the unit, and its credit as of ``day``."""
    parameters = {"unit_id": unit_id, "limit": _LIMIT}
    with db.connection() as connection:
        held: dict[str, Any] = {
            name: connection.execute(_SQL[name], parameters).fetchall()
            for name in ("inspections", "hazards", "orders", "penalties", "complaints", "findings", "fires", "credit",
                         "credit_listings")}
        credit = credit_record(connection, unit_id, day, limit=0)
    rating = credit["rating"]
    held["credit_standing"] = {"balance": credit["balance"], "rating": rating.code, "zh": rating.zh, "en": rating.en}
    return held


def waterfall(contributions: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The contributions as steps of a plot, what raises first, what lowers last, each with ``left`` and ``width``.

    The second value is where the plot ends: the next twenty points above its highest step.
    """
    ordered = sorted(contributions, key=lambda one: (one["points"] <= 0, -one["points"]))
    steps, at, top = [], 0.0, 1.0
    for one in ordered:
        left, reached = at, at + one["points"]
        steps.append({**one, "left": max(min(left, reached), 0.0), "width": abs(one["points"])})
        at, top = reached, max(top, reached)
    return steps, math.ceil(min(top, 100) / 20) * 20


@router.get("/api/v1/units/{unit_id}", response_model=Unit, summary="A unit with its newest score and why",
            tags=["units"])
def api_unit(unit_id: UnitId, viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, unit_id, legal_day(options.clock()))


@router.get("/api/v1/units/{unit_id}/above", response_model=Above | None, tags=["units"],
            summary="Why the unit stands above the next one in the ranking, in a line")
def api_above(unit_id: UnitId, viewer: Staff, db: Db, options: Options) -> Any:
    return above(db, viewer, read(db, viewer, unit_id, legal_day(options.clock())))


@router.get("/api/v1/units/{unit_id}/scores", response_model=list[DayScore], summary="Scores by day, oldest first",
            tags=["units"])
def api_scores(unit_id: UnitId, viewer: Staff, db: Db, options: Options,
               days: Annotated[int, Query(ge=1, le=3660)] = 400) -> Any:
    find(db, viewer, unit_id)
    day = legal_day(options.clock())
    return db.rows(_SQL["scores"], {"unit_id": unit_id, "since": day - dt.timedelta(days=days), "day": day})


@router.get("/api/v1/units/{unit_id}/devices", response_model=list[Device], summary="Devices with their last state",
            tags=["units"])
def api_devices(unit_id: UnitId, viewer: Staff, db: Db) -> Any:
    find(db, viewer, unit_id)
    return devices(db, unit_id)


@router.get("/api/v1/units/{unit_id}/record", response_model=Record, tags=["units"],
            summary="Inspections, hazards, orders, penalties, complaints, fires and credit")
def api_record(unit_id: UnitId, viewer: Staff, db: Db, options: Options) -> Any:
    find(db, viewer, unit_id)
    return record(db, unit_id, legal_day(options.clock()))


def _overriding(db: Database, viewer: Viewer, unit_id: int, day: dt.date) -> dict[str, Any]:
    """What the page says of overrides: those of the unit, and what this account may enter."""
    with db.connection() as connection:
        held = override_record.listed(connection, day, areas=viewer.areas, unit_id=unit_id, limit=5)
        first = override_record.first_day(connection, day)
        raised = raises.listed(connection, unit_id)
    standing = next((one for one in held if one["state"] in ("to_come", "in_force")), None)
    return {"standing": standing, "raises": raised, "overrides": held,
            "may_override": override_record.may(viewer.role, day),
            "may_move": standing is None or standing["withdrawn_by"] is not None, "first_day": first,
            "last_day": override_record.last_day(first), "reasons": rules().value("overrides.reasons", day),
            "most_classes": rules().value("overrides.most_classes", day)}


@router.get("/units/{unit_id}", include_in_schema=False)
def page(request: Request, unit_id: UnitId, viewer: Staff, db: Db, options: Options,
         entered: Entered | None = None, override: Literal["made", "withdrawn"] | None = None) -> Response:
    return show(request, db, viewer, unit_id, options.clock(), entered=entered, override_done=override)


def show(request: Request, db: Database, viewer: Viewer, unit_id: int, now: dt.datetime, *, status: int = 200,
         entered: Entered | None = None, override_done: str | None = None, given: OverrideFields | None = None,
         problem: str | None = None) -> Response:
    """The page of a unit, also where a form on it was refused."""
    day = legal_day(now)
    unit = read(db, viewer, unit_id, day)
    held = record(db, unit_id, day)
    measured = {row["code"] for row in db.rows(_SQL["metrics"], {"unit_id": unit_id})}
    metrics = [code for code in names.metrics(day) if code in measured]
    moved = next_score.after(db, unit_id, day, day) if entered or override_done else None
    steps, top = waterfall(unit["score"]["contributions"] if unit["score"] else [])
    return pages.render(request, "unit.html", status, unit=unit, steps=steps, top=top, three=three(unit["score"]),
                        above=above(db, viewer, unit), devices=devices(db, unit_id),
                        metrics=metrics, alarms=db.rows(_SQL["alarms"], {"unit_id": unit_id, "limit": 20}),
                        entered=entered, moved=moved, may_punish=viewer.role in LEADS, edit=edit_address,
                        given=given or _NOTHING_TYPED, problem=problem, override_done=override_done,
                        **_overriding(db, viewer, unit_id, day), **held)
