"""The list of complaints and the page of one: what is due, who was told, the same fact, the reward."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import complaints, pages
from api.cases import Number
from api.complaints import ComplaintFilter
from api.guard import Db, Options, Staff
from api.refusals import NotYours
from api.viewer import LEADS, Viewer
from casework import complaints as register
from casework import forms, rewards
from policy.clocks import SHANGHAI, legal_day
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)


class StepForm(BaseModel):
    """One step of a complaint, as typed."""

    step: Literal["told", "untold", "same", "grant", "refuse", "paid"]
    day: str = Field("", max_length=10)
    time: str = Field("", max_length=8)
    at: str = Field("", max_length=32, description="when a decision was signed")
    choice: str = Field("", max_length=1000, description="how, why not, or the first complaint")


@router.get("/complaints")
def page(request: Request, wanted: Annotated[ComplaintFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    return pages.render(request, "complaints.html", wanted=wanted,
                        **complaints.read(db, viewer, wanted, options.clock()))


@router.get("/complaints/{complaint_no}")
def one_page(request: Request, complaint_no: Number, viewer: Staff, db: Db, options: Options) -> Response:
    return _page(request, db, viewer, complaint_no, options.clock())


@router.post("/complaints/{complaint_no}/complainant")
def who(request: Request, complaint_no: Number, viewer: Staff, db: Db, options: Options) -> Response:
    return _page(request, db, viewer, complaint_no, options.clock(), who=complaints.who(db, viewer, complaint_no))


@router.post("/complaints/{complaint_no}")
def act(request: Request, complaint_no: Number, viewer: Staff, db: Db, options: Options,
        form: Annotated[StepForm, Form()]) -> Response:
    now = options.clock()
    complaints.find(db, viewer, complaint_no, now)
    if form.step not in ("told", "untold") and viewer.role not in LEADS:
        raise NotYours()
    try:
        _step(db, viewer, complaint_no, form, now)
    except HuoyanError as refused:
        return _page(request, db, viewer, complaint_no, now, refused.status, pages.sentence(request, refused))
    return pages.go_to(f"/complaints/{complaint_no}")


def _step(db: Database, viewer: Viewer, number: str, form: StepForm, now: dt.datetime) -> None:
    if form.step == "told":
        register.tell(db, number, told_at=forms.moment(f"{form.day}T{form.time}", "told_at"), how=form.choice,
                      why_not=None,
                      actor=viewer.username, now=now)
    elif form.step == "untold":
        register.tell(db, number, told_at=None, how=None, why_not=form.choice, actor=viewer.username, now=now)
    elif form.step == "same":
        complaints.find(db, viewer, form.choice, now)
        rewards.join(db, number, form.choice, viewer.username, now=now)
    elif form.step == "paid":
        rewards.pay(db, number, forms.day(form.day, "paid_on"), viewer.username, now=now)
    else:
        complaints.decide(db, viewer, number, form.step == "grant", form.choice, form.at, now)


def _page(request: Request, db: Database, viewer: Viewer, number: str, now: dt.datetime, status: int = 200,
          problem: str | None = None, who: dict[str, Any] | None = None) -> Response:
    return pages.render(request, "complaint.html", status, one=complaints.find(db, viewer, number, now),
                        problem=problem,
                        who=who, leads=viewer.role in LEADS, reads=viewer.role == "brigade", day=legal_day(now),
                        clock=now.astimezone(SHANGHAI).strftime("%H:%M"))
