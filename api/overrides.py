"""Overrides: who moved which unit up or down, why and until when, and whether that helped."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cases
from api.cursors import Offset
from api.guard import Db, Options, Staff
from api.viewer import Viewer
from policy.clocks import legal_day
from scoring import override_record, override_results
from scoring.override_record import State, override_form
from store import Database

router = APIRouter(prefix="/api/v1/overrides", tags=["units"])
OverrideId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Direction = Literal["up", "down"]


class OverrideFilter(BaseModel):
    """What narrows the list."""

    state: State = Field("standing", description="standing: in force or to come; ended: run out or withdrawn")
    direction: Literal["", "up", "down"] = ""
    unit_id: int | None = Field(None, ge=1, le=2**63 - 1, description="the overrides of one unit")
    offset: Offset = 0
    limit: int = Field(50, ge=1, le=500)


class Override(BaseModel):
    """One override. It moves the class of the scores from ``valid_from`` to ``until_day``; the score stays."""

    override_id: int
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    area_zh: str
    area_en: str | None
    direction: Direction
    classes: int
    reason_code: str = Field(examples=["seen_on_site"])
    reason: str
    valid_from: dt.date
    until_day: dt.date
    made_by: str
    made_at: dt.datetime
    withdrawn_by: str | None
    withdrawn_at: dt.datetime | None
    withdrawn_from: dt.date | None = Field(description="the first day that it no longer moves")
    withdrawal_reason: str | None
    state: str = Field(examples=["in_force"], description="to_come, in_force, ended or withdrawn")
    visits: int = Field(description="full visits of the unit while it held")
    found: int = Field(description="of these, those with a serious or critical finding")


class Overrides(BaseModel):
    """A page of overrides, the newest first."""

    total: int
    overrides: list[Override]
    next: int | None


class OverrideEntry(BaseModel, extra="forbid"):
    """A unit is moved (人工调整), from the next scores on."""

    unit_no: str = Field(max_length=64)
    direction: Direction
    classes: int = Field(1, description="at most overrides.most_classes of policy")
    reason_code: str = Field(max_length=64, description="one of overrides.reasons of policy", examples=["seen_on_site"])
    reason: str = Field(min_length=1, max_length=1000)
    until_day: dt.date = Field(description="the last day that it holds")


class WithdrawalEntry(BaseModel, extra="forbid"):
    """The override no longer holds from the next scores on (撤销)."""

    reason: str = Field(min_length=1, max_length=1000)


class Share(BaseModel):
    """A share, or a difference of two, with its 95 % interval."""

    value: float
    low: float
    high: float


class Judged(BaseModel):
    """What visits found at moved units, beside units of the same class that were not moved in the same stretch."""

    direction: Direction
    risk_class: str | None = Field(description="before the move; null: all classes, units beside weighed as the moved")
    units: int
    visits: int
    found: int
    beside_visits: int
    beside_found: int
    moved: Share | None
    beside: Share | None
    difference: Share | None = Field(description="moved minus beside")
    verdict: Literal["helped", "hurt", "unclear", "too_few"]


class Results(BaseModel):
    """Whether overrides helped, of visits from ``since`` to before ``until``."""

    since: dt.date
    until: dt.date
    least: int = Field(description="fewer visits than this are too few to say")
    made: dict[str, int] = Field(description="overrides that held in the stretch, by direction")
    lines: list[Judged]


def read(db: Database, viewer: Viewer, wanted: OverrideFilter, day: dt.date) -> dict[str, Any]:
    """One page of overrides of the viewer's areas."""
    with db.connection() as connection:
        rows = override_record.listed(connection, day, state=wanted.state, areas=viewer.areas, unit_id=wanted.unit_id,
                                      direction=wanted.direction or None, limit=wanted.limit, offset=wanted.offset)
    total, reached = rows[0]["total"] if rows else 0, wanted.offset + len(rows)
    return {"total": total, "overrides": rows, "next": reached if reached < total else None}


def results(db: Database, viewer: Viewer, day: dt.date) -> override_results.Results:
    """Whether the overrides of the viewer's areas helped."""
    with db.connection() as connection:
        return override_results.results(connection, day, viewer.areas)


def make(db: Database, viewer: Viewer, entry: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Move a unit that lies in the viewer's areas."""
    cases.unit_of(db, viewer, "unit", str(entry["unit_no"]))
    return override_record.make(db, entry["unit_no"], override_form(entry), viewer.username, role=viewer.role,
                                officer_no=viewer.officer_no, now=now)


def find(db: Database, viewer: Viewer, override_id: int, day: dt.date) -> dict[str, Any]:
    """One override of a unit that lies in the viewer's areas; otherwise it is as if it did not exist."""
    with db.connection() as connection:
        return override_record.one(connection, override_id, day, viewer.areas)


def withdraw(db: Database, viewer: Viewer, override_id: int, reason: str, now: dt.datetime) -> dict[str, Any]:
    """Withdraw an override of a unit that lies in the viewer's areas."""
    find(db, viewer, override_id, legal_day(now))
    return override_record.withdraw(db, override_id, reason, viewer.username, role=viewer.role,
                                    officer_no=viewer.officer_no, now=now)


@router.get("", response_model=Overrides, summary="Overrides, the newest first")
def api_overrides(wanted: Annotated[OverrideFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return read(db, viewer, wanted, legal_day(options.clock()))


@router.get("/results", response_model=Results, summary="Whether overrides helped, by what later visits found")
def api_results(viewer: Staff, db: Db, options: Options) -> Any:
    return results(db, viewer, legal_day(options.clock()))


@router.post("", response_model=Override, status_code=201, summary="Move a unit up or down from the next scores on")
def api_make(body: OverrideEntry, viewer: Staff, db: Db, options: Options) -> Any:
    return make(db, viewer, body.model_dump(), options.clock())


@router.post("/{override_id}/withdrawal", response_model=Override, status_code=201, summary="Withdraw an override")
def api_withdraw(override_id: OverrideId, body: WithdrawalEntry, viewer: Staff, db: Db, options: Options) -> Any:
    return withdraw(db, viewer, override_id, body.reason, options.clock())
