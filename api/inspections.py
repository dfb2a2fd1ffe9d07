"""Visits: those planned, those done, and the entry of what was found, which moves the next score."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api import next_score
from api.cursors import cut
from api.guard import Db, Options, Staff
from api.refusals import Absent, BadField, NotYours
from api.viewer import Viewer
from api.visit_entries import Excuse, ResultEntry, VisitEntry
from api.visit_models import InspectionFilter, InspectionRecord, Inspections, Recorded, SourceCounts
from casework import planning, results
from casework.forms import NewVisit, ResultForm, new_visit, result_form
from casework.sheets import FIELDS, trigger_of
from policy import rules
from policy.clocks import legal_day
from registry import unit_search
from registry.paging import beginning
from scoring import raises
from store import Database, Queries, cursors
from store.database import Connection

_SQL = Queries(__file__)
router = APIRouter(tags=["inspections"])
_MOST_OFFICERS = 500
_LOOKED, _LOOKED_FOR_TEXT = 4_000, 1_000  # visits of a state that a count looks at: a city has a million
_LONGEST_PERIOD = 366  # days of one count by source

InspectionId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Number = Path(min_length=1, max_length=64)


def read(db: Database, viewer: Viewer, wanted: InspectionFilter) -> dict[str, Any]:
    """One page of visits within the viewer's areas."""
    states = {"planned": ["planned"], "done": ["done"], "other": ["cancelled", "not_possible"],
              "all": ["planned", "done", "cancelled", "not_possible"]}[wanted.state]
    with db.connection() as connection:
        asked = {**viewer.scope, "states": states, "kind": wanted.kind or None, "limit": wanted.limit + 1,
                 "officer": viewer.officer_no if wanted.mine else None,
                 **unit_search.asked(connection, wanted.q, viewer.areas), **_numbered(connection, viewer, wanted.q)}
        found = asked["units"] is not None and asked["numbered"] is not None
        name, keys = ("page_found", ("place", "inspection_id")) if found else (
            "page_planned" if wanted.state == "planned" else "page", ("sorted_on", "inspection_id"))
        first, number = cursors.read(wanted.after, int if found else dt.date, int)
        picked = connection.execute(_SQL[name], {**asked, "on": first, "place": first, "id": number}).fetchall()
        after = cut(picked, wanted.limit, *keys)
        total, least = _total(connection, asked, picked, whole=after is None and not wanted.after, found=found)
        rows = connection.execute(_SQL["rows"], {"ids": [row["inspection_id"] for row in picked]}).fetchall()
    for row in rows:
        row["trigger"] = row.pop("trigger_code") or trigger_of(row["kind"], row["inspected_on"] or row["planned_on"]
                                                               or dt.date.max)
    return {"total": total, "total_is_least": least, "inspections": rows, "next": after}


def _numbered(connection: Connection, viewer: Viewer, text: str) -> dict[str, Any]:
    """The visits whose own number begins with a text, None where they are too many to go by."""
    begins = beginning(text)
    if begins is None:
        return {"begins": None, "numbered": None}
    rows = connection.execute(_SQL["numbered"], {**viewer.scope, "begins": begins,
                                                 "limit": unit_search.MOST + 1}).fetchall()
    return {"begins": begins, "numbered": None if len(rows) > unit_search.MOST else [row["inspection_id"]
                                                                                     for row in rows]}


def _total(connection: Connection, asked: dict[str, Any], picked: list[dict[str, Any]], *, whole: bool,
           found: bool) -> tuple[int, bool]:
    """How many there are, and whether there are more: known where all are on the page, else as far as was looked."""
    if whole:
        return len(picked), False
    if found:
        return int(picked[0]["total"]) if picked else 0, False
    look = _LOOKED_FOR_TEXT if asked["text"] else _LOOKED
    counted = connection.execute(_SQL["counted"], {**asked, "most": look}).fetchone() or {"looked": 0, "total": 0}
    return max(int(counted["total"]), len(picked)), counted["looked"] >= look


def find(db: Database, viewer: Viewer, inspection_id: int) -> dict[str, Any]:
    """One visit within the viewer's areas, with its team, hazards and orders."""
    with db.connection() as connection:
        visit = connection.execute(_SQL["one"], {**viewer.scope, "id": inspection_id}).fetchone()
        if visit is None:
            raise Absent("refusal.no_inspection", inspection=inspection_id)
        for name in ("team", "hazards", "orders", "answers", "evidence", "compared"):
            visit[name] = connection.execute(_SQL[name], {"id": inspection_id}).fetchall()
    visit["open_hazards"] = open_hazards(db, visit["unit_id"])
    visit["sheet"] = {name: visit.pop(name) for name in FIELDS}
    visit["trigger"] = visit.pop("trigger_code") or trigger_of(visit["kind"], visit["inspected_on"]
                                                               or visit["planned_on"] or dt.date.max)
    return visit


def open_hazards(db: Database, unit_id: int) -> list[dict[str, Any]]:
    """Hazards of a unit that are ordered and not yet found corrected, with the old answer and its evidence."""
    return db.rows(_SQL["open_hazards"], {"unit_id": unit_id})


def officers_for(db: Database, area_code: str, day: dt.date) -> list[dict[str, Any]]:
    """Officers who may act in an area on a day, for a form to choose from."""
    return db.rows(_SQL["officers"], {"area": area_code, "day": day, "limit": _MOST_OFFICERS})


def items_of(db: Database, day: dt.date) -> list[dict[str, Any]]:
    """The catalogue of a day, for a form to choose from."""
    return db.rows(_SQL["items"], {"day": day})


def sources(db: Database, viewer: Viewer, first: dt.date, last: dt.date) -> dict[str, Any]:
    """Visits done in a period by what set them off; every source is there, those without a visit with nought."""
    if not 0 <= (last - first).days < _LONGEST_PERIOD:
        raise BadField("refusal.period", days=_LONGEST_PERIOD)
    named = {entry["code"]: {"trigger": entry["code"], "zh": entry["zh"], "en": entry["en"], "visits": 0,
                             "hazards_found": 0} for entry in rules().value("inspection.triggers", last)}
    for row in db.rows(_SQL["sources"], {**viewer.scope, "first": first, "last": last}):
        found = named.setdefault(row["trigger_code"] or trigger_of(row["kind"], last), {
            "trigger": row["trigger_code"], "zh": row["trigger_code"], "en": row["trigger_code"], "visits": 0,
            "hazards_found": 0})
        found["visits"] += row["visits"]
        found["hazards_found"] += row["hazards_found"]
    return {"first": first, "last": last, "sources": list(named.values())}


def may_enter(viewer: Viewer, visit: dict[str, Any]) -> bool:
    """谁检查、谁录入: an officer enters the visits it made, the brigade and the town any of theirs."""
    return viewer.role != "officer" or viewer.officer_no in [one["officer_no"] for one in visit["team"]]


def enter(db: Database, viewer: Viewer, visit: dict[str, Any] | NewVisit, form: ResultForm,
          now: dt.datetime) -> dict[str, Any]:
    """Hand a result to casework and say what it does to the next score."""
    if isinstance(visit, NewVisit):
        unit = db.row(_SQL["unit_by_number"], {**viewer.scope, "unit_no": visit.unit_no})
        if unit is None:
            raise Absent("refusal.no_unit", unit=visit.unit_no)
        if viewer.role == "officer" and viewer.officer_no not in [number for number, _ in form.officers or ()]:
            raise NotYours("refusal.not_your_visit")
        unit_id, target = int(unit["unit_id"]), visit
    else:
        if not may_enter(viewer, visit):
            raise NotYours("refusal.not_your_visit")
        unit_id, target = int(visit["unit_id"]), visit["inspection_no"]
    recorded = results.record_result(db, target, form, viewer.username, now=now, town_login=viewer.role == "town")
    raised = raises.run(db, now, [unit_id])
    moved = next_score.after(db, unit_id, legal_day(form.started_at), legal_day(now))
    return {"raised_to": max((one.to_class for one in raised), default=None),
            "inspection_id": recorded.inspection_id, "inspection_no": recorded.inspection_no,
            "orders": list(recorded.orders), "closed_orders": list(recorded.closed_orders), "points": recorded.points,
            "score_before": moved.before, "next_score": moved.score}


@router.get("/api/v1/inspections", response_model=Inspections, summary="Visits, planned or done")
def api_inspections(wanted: Annotated[InspectionFilter, Query()], viewer: Staff, db: Db) -> Any:
    return read(db, viewer, wanted)


@router.get("/api/v1/inspections/sources", response_model=SourceCounts,
            summary="Visits done in a period by what set them off")
def api_sources(viewer: Staff, db: Db, first: dt.date, last: dt.date) -> Any:
    return sources(db, viewer, first, last)


@router.get("/api/v1/inspections/{inspection_id}", response_model=InspectionRecord,
            summary="A visit with its record, team, hazards and orders, old answers beside new ones")
def api_inspection(inspection_id: InspectionId, viewer: Staff, db: Db) -> Any:
    return find(db, viewer, inspection_id)


@router.post("/api/v1/inspections/{inspection_id}/result", response_model=Recorded, status_code=201,
             summary="Enter the result of a planned visit")
def api_result(inspection_id: InspectionId, body: ResultEntry, viewer: Staff, db: Db, options: Options) -> Any:
    visit = find(db, viewer, inspection_id)
    return enter(db, viewer, visit, result_form(body.model_dump(exclude_unset=True)), options.clock())


@router.post("/api/v1/inspections", response_model=Recorded, status_code=201,
             summary="Enter a visit that was not planned")
def api_new(body: VisitEntry, viewer: Staff, db: Db, options: Options) -> Any:
    visit = new_visit({"unit_no": body.unit_no, "kind": body.kind})
    return enter(db, viewer, visit, result_form(body.result.model_dump(exclude_unset=True)), options.clock())


def let_go(db: Database, viewer: Viewer, inspection_id: int, reason: str) -> None:
    """Write down that a planned visit could not be made; it stays on record as such."""
    visit = find(db, viewer, inspection_id)
    if not may_enter(viewer, visit):
        raise NotYours("refusal.not_your_visit")
    planning.not_possible(db, visit["inspection_no"], reason, viewer.username)


@router.post("/api/v1/inspections/{inspection_id}/not-possible", status_code=204,
             summary="Say that a planned visit could not be made")
def api_let_go(inspection_id: InspectionId, body: Excuse, viewer: Staff, db: Db) -> Response:
    let_go(db, viewer, inspection_id, body.reason)
    return Response(status_code=204)
