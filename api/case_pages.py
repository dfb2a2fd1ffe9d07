"""Complaints, penalties and fires entered from the page of their unit; the REST twins are in :mod:`api.cases`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cases, inspections, pages, units
from api.guard import Db, Options, Staff
from api.refusals import Absent, NotYours
from api.units import Entered, UnitId
from api.viewer import LEADS, Viewer
from casework import complaints, fires, forms, penalties
from policy.clocks import SHANGHAI, legal_day
from scoring import raises
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)
_VISITS = 30  # latest visits of the unit that an entry can be tied to
_ABOUT = {"check": "complaint", "withdrawal": "penalty"}  # what is entered about something on record


class CaseForm(BaseModel):
    """The fields of all five forms; each uses its own."""

    number: str = Field("", max_length=64, description="the complaint checked, or the case withdrawn")
    day: str = Field("", max_length=10)
    time: str = Field("", max_length=8)
    kind: str = Field("", max_length=64)
    channel: str = Field("", max_length=64)
    named: bool = False
    name: str = Field("", max_length=100, description="of whoever complained")
    phone: str = Field("", max_length=40)
    hidden: bool = False
    verified: bool = False
    article: str = Field("", max_length=200)
    amount: str = Field("", max_length=20)
    first: str = Field("", max_length=32)
    second: str = Field("", max_length=32)
    inspection: str = Field("", max_length=64)
    note: str = Field("", max_length=4000)


def _enter(db: Database, viewer: Viewer, unit: dict[str, Any], noun: Entered, form: CaseForm, now: dt.datetime) -> None:
    actor, unit_no = viewer.username, unit["unit_no"]
    moment = f"{form.day}T{form.time}"
    if noun == "complaint":
        complaint = {"unit_no": unit_no, "received_at": moment, "channel": form.channel, "kind": form.kind,
                     "anonymous": not form.named, "note": form.note, "complainant": {
                         "name": form.name, "phone": form.phone, "hidden": form.hidden} if form.name.strip() else None}
        complaints.register(db, complaints.complaint_form(complaint), actor, now=now)
    elif noun == "check":
        complaints.record_check(db, form.number, checked_at=forms.moment(moment, "checked_at"), verified=form.verified,
                                inspection_no=form.inspection or None, note=form.note, actor=actor, now=now)
    elif noun == "penalty":
        decision = {"unit_no": unit_no, "decided_on": form.day, "kind": form.kind, "article": form.article,
                    "officers": [number for number in (form.first, form.second) if number],
                    "amount_yuan": form.amount, "inspection_no": form.inspection}
        penalties.record_penalty(db, penalties.penalty_form(decision), actor, now=now)
        raises.run(db, now, [unit["unit_id"]])
    elif noun == "withdrawal":
        penalties.withdraw(db, form.number, forms.day(form.day, "withdrawn_on"), form.note, actor, now=now)
    else:
        fire = {"unit_no": unit_no, "occurred_at": moment, "procedure": form.kind, "note": form.note}
        fires.record_fire(db, fires.fire_form(fire), actor, now=now)


def _allow(db: Database, viewer: Viewer, unit: dict[str, Any], noun: Entered, number: str) -> None:
    """Decisions are the brigade's; what is entered about a case must be a case of this unit."""
    if noun in ("penalty", "withdrawal") and viewer.role not in LEADS:
        raise NotYours()
    if noun == "check" and cases.unit_of(db, viewer, "complaint", number) != unit["unit_id"]:
        raise Absent("refusal.no_complaint", number=number)
    if noun == "withdrawal" and cases.unit_of(db, viewer, "penalty", number) != unit["unit_id"]:
        raise Absent("refusal.no_case", number=number)


def _page(request: Request, db: Database, unit: dict[str, Any], noun: Entered, given: CaseForm, now: dt.datetime,
          status: int = 200, problem: str | None = None) -> Response:
    day = legal_day(now)
    held = units.record(db, unit["unit_id"], day)
    about = next((one for one in held["complaints" if noun == "check" else "penalties"]
                  if given.number in (one.get("complaint_no"), one.get("case_no"))), None) if noun in _ABOUT else None
    visits = [one for one in held["inspections"] if one["status"] == "done"][:_VISITS]
    officers = inspections.officers_for(db, unit["area_code"], day) if noun == "penalty" else []
    clock = now.astimezone(SHANGHAI).strftime("%H:%M")
    return pages.render(request, "case_entry.html", status, unit=unit, noun=noun, given=given, problem=problem,
                        day=day, clock=clock, visits=visits, officers=officers, about=about)


@router.get("/units/{unit_id}/enter/{noun}")
def entry_page(request: Request, unit_id: UnitId, noun: Entered, viewer: Staff, db: Db, options: Options,
               number: Annotated[str, Query(max_length=64)] = "") -> Response:
    unit = units.find(db, viewer, unit_id)
    _allow(db, viewer, unit, noun, number)
    return _page(request, db, unit, noun, CaseForm.model_validate({"number": number}), options.clock())


@router.post("/units/{unit_id}/enter/{noun}")
def enter(request: Request, unit_id: UnitId, noun: Entered, viewer: Staff, db: Db, options: Options,
          form: Annotated[CaseForm, Form()]) -> Response:
    unit = units.find(db, viewer, unit_id)
    _allow(db, viewer, unit, noun, form.number)
    now = options.clock()
    try:
        _enter(db, viewer, unit, noun, form, now)
    except HuoyanError as refused:
        return _page(request, db, unit, noun, form, now, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/units/{unit_id}?entered={noun}")
