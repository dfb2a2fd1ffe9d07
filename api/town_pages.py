"""Pages of towns: all of them at a glance, the whole state of one, and the box of referrals."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import cursors, pages, referrals
from api.agreements import make, see
from api.guard import Db, Lead, Options, Staff
from api.referrals import Number, ReferralFilter
from api.refusals import NotYours
from api.town_acts import Ref
from api.towns import Area
from api.viewer import LEADS, Viewer
from casework import forms
from casework.delegation import acts, documents, guidance, town_state, training
from casework.delegation import referrals as referring
from policy.clocks import legal_day
from registry import items, officers
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)


class TownFields(BaseModel):
    """The fields of the three forms on a town's page; each uses its own."""

    form: str = Field("", max_length=12)
    regime: str = Field("delegated", max_length=12)
    powers: list[str] = Field([], max_length=10)
    item_codes: list[str] = Field([], max_length=500)
    signed_on: str = Field("", max_length=10)
    to_day: str = Field("", max_length=10)
    officer_no: str = Field("", max_length=32)
    kind: str = Field("", max_length=32)
    day: str = Field("", max_length=10)
    hours: str = Field("", max_length=6)
    words: str = Field("", max_length=200)


@router.get("/towns")
def towns_page(request: Request, viewer: Staff, db: Db, options: Options,
               after: Annotated[str | None, Query(max_length=12)] = None) -> Response:
    with db.connection() as connection:
        rows = town_state.towns(connection, options.clock(), areas=viewer.areas, after=after, limit=200)
    return pages.render(request, "towns.html", towns=rows, next=cursors.after(rows, "town_code", 200))


@router.get("/towns/{area_code}")
def town_page(request: Request, area_code: Area, viewer: Staff, db: Db, options: Options) -> Response:
    return _town(request, db, viewer, area_code, options.clock())


def _town(request: Request, db: Database, viewer: Viewer, area_code: str, now: dt.datetime, status: int = 200,
          problem: str | None = None, given: TownFields | None = None) -> Response:
    with db.connection() as connection:
        state = town_state.read(connection, area_code, now, viewer.areas)
        leads = viewer.role in LEADS and viewer.sees(state["town"]["principal_code"])
        catalogue = items.on(connection, legal_day(now)) if leads else []
        brigade = [one for one in officers.listing(connection, areas=[state["town"]["principal_code"]])
                   if one.body == "brigade"] if leads else []
    return pages.render(request, "town.html", status, **{**state, "catalogue": catalogue, "brigade": brigade,
                        "leads": leads, "problem": problem, "given": given or TownFields.model_validate({})})


@router.post("/towns/{area_code}")
def change_town(request: Request, area_code: Area, viewer: Lead, db: Db, options: Options,
                form: Annotated[TownFields, Form()]) -> Response:
    see(viewer, area_code)
    now = options.clock()
    try:
        _enter(db, viewer, area_code, form, now)
    except HuoyanError as refused:
        return _town(request, db, viewer, area_code, now, refused.status, pages.sentence(request, refused), form)
    return pages.go_to(f"/towns/{area_code}")


def _enter(db: Database, viewer: Viewer, area_code: str, form: TownFields, now: dt.datetime) -> None:
    if form.form == "agreement":
        with db.connection() as connection:
            principal = town_state.read(connection, area_code, now, viewer.areas)["town"]["principal_code"]
        make(db, viewer, {"regime": form.regime, "town_code": area_code, "principal_code": principal,
                          "powers": form.powers, "item_codes": form.item_codes, "signed_on": form.signed_on,
                          "to_day": form.to_day}, now)
    elif form.form == "guidance":
        guidance.visit(db, area_code, forms.day(form.day, "visited_on"), [form.officer_no], form.words,
                       viewer.username, now)
    elif form.form == "training":
        training.attend(db, form.officer_no, form.kind, forms.day(form.day, "held_on"), _hours(form.hours), form.words,
                        viewer.username, now)
    else:
        training.assess(db, form.officer_no, forms.day(form.day, "assessed_on"), True, None, form.words,
                        viewer.username, now)


def _hours(text: str) -> Decimal:
    return Decimal(text) if text.isascii() and text.replace(".", "", 1).isdigit() else Decimal(0)


@router.get("/town-acts/inspection/{ref}/document")
def document_page(request: Request, ref: Ref, viewer: Staff, db: Db,
                  code: Literal["inspection_record", "order"] = "inspection_record") -> Response:
    with db.connection() as connection:
        act = acts.one(connection, "inspection", ref, viewer.areas)
        document = documents.of_act(connection, ref, code, viewer.areas)
    return pages.render(request, "town_document.html", act=act, document=document)


@router.get("/referrals")
def referrals_page(request: Request, wanted: Annotated[ReferralFilter, Query()], viewer: Staff, db: Db) -> Response:
    return _referrals(request, db, viewer, wanted)


def _referrals(request: Request, db: Database, viewer: Viewer, wanted: ReferralFilter, status: int = 200,
               problem: str | None = None) -> Response:
    answer = referrals.read(db, viewer, wanted)
    may: dict[str, str] = {row["referral_no"]: _may(viewer, row) for row in answer["referrals"]}
    return pages.render(request, "referrals.html", status, wanted=wanted, may=may, problem=problem, **answer)


def _may(viewer: Viewer, row: dict[str, Any]) -> str:
    """Which step this account can take next: answer, close, send or none."""
    if referrals.answers(viewer, row):
        return "answer"
    if viewer.role in LEADS and row["state"] == "accepted" and viewer.sees(row["owner_code"]):
        return "close"
    return "send" if row["state"] in ("found", "returned") and viewer.sees(row["from_code"]) else ""


@router.post("/referrals/{referral_no}/{step}")
def step(request: Request, referral_no: Number, step: str, viewer: Staff, db: Db, options: Options,
         note: Annotated[str, Form(max_length=1000)] = "") -> Response:
    now, wanted = options.clock(), ReferralFilter.model_validate({"box": "all"})
    may = _may(viewer, referrals.find(db, viewer, referral_no))
    if may != {"acceptance": "answer", "return": "answer", "closing": "close", "sending": "send"}.get(step):
        raise NotYours()
    try:
        if step == "acceptance":
            referring.accept(db, referral_no, note or None, viewer.username, now)
        elif step == "return":
            referring.give_back(db, referral_no, note, viewer.username, now)
        elif step == "closing":
            referring.close(db, referral_no, note, viewer.username, now)
        else:
            referring.send(db, referral_no, note or None, viewer.username, now)
    except HuoyanError as refused:
        return _referrals(request, db, viewer, wanted, refused.status, pages.sentence(request, refused))
    return pages.go_to("/referrals")
