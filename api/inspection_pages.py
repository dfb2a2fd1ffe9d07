"""The pages of visits: the list, the form on which a result is entered, the record, and its printable form."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import inspections, next_score, pages, units
from api.guard import Db, Options, Staff
from api.inspections import InspectionId
from api.refusals import Absent, BadField
from api.viewer import LEADS, Viewer
from api.visit_models import InspectionFilter
from casework.errors import CaseworkError
from casework.forms import new_visit, result_form
from casework.sheets import FIELDS, mandatory
from policy.clocks import legal_day
from sampling.lists import reading as lists
from sampling.lists import replacement
from store import Database, HuoyanError, Queries

_SQL = Queries(__file__)
router = APIRouter(include_in_schema=False)
_MOST_HAZARDS = 50  # rows of one page form; the API takes as many as policy allows

_EMPTY_HAZARD: dict[str, Any] = {"item_code": "", "handling": "", "due_on": None, "is_major": False, "oral": False,
                                 "note": ""}
Texts = Annotated[list[str], Field(max_length=_MOST_HAZARDS)]


class VisitForm(BaseModel):
    """The fields of the form as they are typed; what belongs together stands at the same place of its lists."""

    unit_id: int | None = Field(None, ge=1, le=2**63 - 1)
    kind: str = Field("", max_length=64)
    day: str = Field("", max_length=10)
    started: str = Field("", max_length=8)
    ended: str = Field("", max_length=8)
    lead: str = Field("", max_length=32)
    second: str = Field("", max_length=32)
    trigger: str = Field("", max_length=32)
    item_code: Texts = []
    handling: Texts = []
    due_on: Texts = []
    major: Texts = []
    oral: Texts = []
    hazard_note: Texts = []
    corrected: list[int] = Field([], max_length=500)
    old: list[int] = Field([], max_length=500)
    old_note: list[str] = Field([], max_length=500)
    evidence_uri: Texts = []
    evidence_sha256: Texts = []
    evidence_kind: Texts = []
    evidence_seconds: Texts = []
    evidence_of: Texts = []
    responsible_person: str = Field("", max_length=200)
    responsible_phone: str = Field("", max_length=200)
    manager: str = Field("", max_length=200)
    manager_phone: str = Field("", max_length=200)
    accompanied_by: str = Field("", max_length=200)
    floor_area_m2: str = Field("", max_length=20)
    storeys: str = Field("", max_length=20)
    storeys_below: str = Field("", max_length=20)
    height_m: str = Field("", max_length=20)
    signed_by: str = Field("", max_length=200)
    oral_order: str = Field("", max_length=4000)
    closed: bool = False
    note: str = Field("", max_length=4000)

    def at(self, name: str, place: int) -> str:
        """What stands at a place of a list; rows of a form that was written by hand may be shorter."""
        values = getattr(self, name)
        return str(values[place]) if place < len(values) else ""

    def hazards(self) -> list[dict[str, Any]]:
        """The rows of hazards that name an item."""
        return [{"item_code": item, "handling": self.at("handling", n), "due_on": self.at("due_on", n) or None,
                 "is_major": self.at("major", n) == "yes", "oral": self.at("oral", n) == "yes",
                 "note": self.at("hazard_note", n) or None} for n, item in enumerate(self.item_code) if item]

    def evidence(self) -> list[dict[str, Any]]:
        """The rows of evidence that name a file, with the old hazard (its number) that each is about, if any."""
        return [{"uri": uri, "sha256": self.at("evidence_sha256", n), "kind": self.at("evidence_kind", n) or "photo",
                 "seconds": self.at("evidence_seconds", n) or None, "of": self.at("evidence_of", n)}
                for n, uri in enumerate(self.evidence_uri) if uri.strip()]

    def result(self, kind: str) -> dict[str, Any]:
        """The result as the API takes it."""
        hazards, shown = self.hazards(), self.evidence()
        bare = [(one["of"], {name: one[name] for name in one if name != "of"}) for one in shown]
        about = {number: [one for of, one in bare if of == str(number)] for number in {*self.old, *self.corrected}}
        notes = {number: self.at("old_note", n) or None for n, number in enumerate(self.old)}
        rechecks = [{"hazard_id": number, "corrected": number in self.corrected, "note": notes.get(number),
                     "evidence": about[number]} for number in sorted(about)
                    if number in self.corrected or notes.get(number) or kind == "reinspection"]
        return {"started_at": f"{self.day}T{self.started}", "ended_at": f"{self.day}T{self.ended}", "hazards": hazards,
                "result": "closed" if self.closed else fitting_result([str(one["handling"]) for one in hazards]),
                "officers": [[number, role] for number, role in ((self.lead, "lead"), (self.second, "member"))
                             if number] or None,
                "rechecks": rechecks, "note": self.note, "trigger": self.trigger or None,
                "evidence": [one for of, one in bare if not of],
                "sheet": {name: getattr(self, name) for name in FIELDS}}


_NOTHING_TYPED = VisitForm.model_validate({})


@router.get("/inspections")
def page(request: Request, wanted: Annotated[InspectionFilter, Query()], viewer: Staff, db: Db) -> Response:
    template = "inspection_rows.html" if pages.wants_part(request) else "inspections.html"
    return pages.render(request, template, wanted=wanted, **inspections.read(db, viewer, wanted))


@router.get("/inspections/new")
def new_page(request: Request, viewer: Staff, db: Db, options: Options,
             unit_id: Annotated[int, Query(ge=1, le=2**63 - 1)],
             kind: Annotated[str, Query(max_length=64)] = "") -> Response:
    unit = units.find(db, viewer, unit_id)
    return _entry_page(request, db, options.clock(), unit, None, given=_typed({"kind": kind}, _last(db, unit_id)))


@router.get("/inspections/{inspection_id}")
def one_page(request: Request, inspection_id: InspectionId, viewer: Staff, db: Db, options: Options) -> Response:
    visit = inspections.find(db, viewer, inspection_id)
    if visit["status"] == "planned" and inspections.may_enter(viewer, visit):
        return entry_page(request, db, viewer, options.clock(), visit)
    moved = None
    if visit["status"] == "done" and visit["inspected_on"]:
        moved = next_score.after(db, visit["unit_id"], visit["inspected_on"], legal_day(options.clock()))
    with db.connection() as connection:
        listed = lists.of_inspection(connection, inspection_id)
    return pages.render(request, "inspection.html", visit=visit, moved=moved, listed=listed)


@router.get("/inspections/{inspection_id}/record")
def record_page(request: Request, inspection_id: InspectionId, viewer: Staff, db: Db) -> Response:
    visit = inspections.find(db, viewer, inspection_id)
    if visit["status"] != "done":
        raise Absent("refusal.no_visit_record", inspection=visit["inspection_no"])
    return pages.render(request, "inspection_record.html", visit=visit)


@router.get("/inspections/by-number/{number}")
def by_number(number: Annotated[str, inspections.Number], viewer: Staff, db: Db) -> Response:
    row = db.row(_SQL["by_number"], {**viewer.scope, "number": number})
    if row is None:
        raise Absent("refusal.no_inspection", inspection=number)
    return pages.go_to(f"/inspections/{row['inspection_id']}")


def entry_page(request: Request, db: Database, viewer: Viewer, now: dt.datetime, visit: dict[str, Any],
               status: int = 200, problem: str | None = None) -> Response:
    """The page on which the result of a planned visit is entered, or the visit replaced by a new draw."""
    given = _typed(_last(db, visit["unit_id"]))
    return _entry_page(request, db, now, visit, visit, status, problem, given, leads=viewer.role in LEADS)


def _last(db: Database, unit_id: int) -> dict[str, str]:
    """The facts of the unit's latest record, for the form to offer; who signs and what is ordered is of the day."""
    row = db.row(_SQL["last_sheet"], {"unit": unit_id})
    return {name: str(value) for name, value in (row or {}).items() if value is not None}


def _typed(*parts: dict[str, Any]) -> VisitForm:
    return VisitForm.model_validate({name: value for part in parts for name, value in part.items()})


def _entry_page(request: Request, db: Database, now: dt.datetime, unit: dict[str, Any], visit: dict[str, Any] | None,
                status: int = 200, problem: str | None = None, given: VisitForm = _NOTHING_TYPED,
                leads: bool = False) -> Response:
    day = legal_day(now)
    hazards = visit["open_hazards"] if visit else inspections.open_hazards(db, unit["unit_id"])
    return pages.render(request, "inspection_entry.html", status, unit=unit, visit=visit, open_hazards=hazards,
                        officers=inspections.officers_for(db, unit["area_code"], day), problem=problem,
                        items=inspections.items_of(db, day), given=given, day=day, empty_hazard=_EMPTY_HAZARD,
                        needed=mandatory(visit["kind"] if visit else given.kind, day),
                        reasons=replacement.reasons(day) if leads else [])


@router.post("/inspections/{inspection_id}")
@router.post("/inspections/new")
def enter_page(request: Request, viewer: Staff, db: Db, options: Options, form: Annotated[VisitForm, Form()],
               inspection_id: int | None = None) -> Response:
    visit = None if inspection_id is None else inspections.find(db, viewer, inspection_id)
    if visit is None and form.unit_id is None:
        raise BadField("refusal.unit_needed")
    unit = visit or units.find(db, viewer, form.unit_id or 0)
    try:
        target = visit or new_visit({"unit_no": unit["unit_no"], "kind": form.kind})
        data = form.result(visit["kind"] if visit else form.kind)
        recorded = inspections.enter(db, viewer, target, result_form(data), options.clock())
    except HuoyanError as refused:
        return _entry_page(request, db, options.clock(), unit, visit, refused.status, pages.sentence(request, refused),
                           form)
    return pages.go_to(f"/inspections/{recorded['inspection_id']}")


@router.post("/inspections/{inspection_id}/not-possible")
def let_go_page(request: Request, inspection_id: InspectionId, viewer: Staff, db: Db, options: Options,
                reason: Annotated[str, Form(max_length=1000)] = "") -> Response:
    try:
        inspections.let_go(db, viewer, inspection_id, reason)
    except CaseworkError as refused:
        visit = inspections.find(db, viewer, inspection_id)
        return _entry_page(request, db, options.clock(), visit, visit, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/inspections/{inspection_id}")


def fitting_result(handlings: list[str]) -> str:
    """The result that the form's hazards amount to; casework checks it again."""
    if "ordered" in handlings:
        return "hazards_ordered"
    return "hazards_corrected" if "corrected_on_spot" in handlings else "pass"
