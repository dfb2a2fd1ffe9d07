"""Ledgers of casework that were entered by REST alone: self-checks, soft measures, fire reviews, credit, grid leads."""

from __future__ import annotations

import datetime as dt
from typing import Any

from api import credit, grids, leniency
from api.credit import MatterFilter
from api.grids import LeadFilter
from api.ledger_fields import Act, Column, Field, Ledger, leads
from api.leniency import SelfCheckFilter
from api.viewer import Viewer
from casework import forms
from casework.credit_record import notices, objections, repairs
from casework.enforcement import fire_reviews, self_checks, soft_measures
from casework.errors import CaseworkError
from scoring import raises
from store import Database

At = int | str | None
Found = dict[str, Any]
_UNIT, _NOTE = Field("unit_no"), Field("note", "long", needed=False)
_AT = Field("at", "moment")
_LIMIT = 50


def _wanted(at: At) -> Found:
    return {"before": int(at) if at else None, "limit": _LIMIT}


def _self_checks(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return leniency.self_checks_page(db, viewer, SelfCheckFilter.model_validate(_wanted(at)))


def _self_check(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    form = self_checks.self_check(data)
    credit.unit(db, viewer, form.unit_no)
    self_checks.report(db, form, viewer.username, now=now)


def _correct(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = str(data["self_check_id"] or "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise CaseworkError("self_check_id must be a whole number", zh="自查编号应为整数")
    leniency.correct(db, viewer, int(number), forms.day(data["corrected_on"], "corrected_on"), now)


def _soft(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return leniency.soft_page(db, viewer, int(at) if at else None, _LIMIT)


def _take(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    form = soft_measures.soft_measure(data)
    credit.unit(db, viewer, form.unit_no)
    soft_measures.take(db, form, viewer.username, now=now)


def _fires(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return leniency.fire_reviews_page(db, viewer, int(at) if at else None, _LIMIT)


def _review(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    form = fire_reviews.fire_review(data)
    leniency.fire_of(db, viewer, form.fire_no)
    fire_reviews.decide(db, form, viewer.username, now=now)


def _notices(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return _matters(db, viewer, "notice", at, now)


def _repairs(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return _matters(db, viewer, "repair", at, now)


def _objections(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    return _matters(db, viewer, "objection", at, now)


def _matters(db: Database, viewer: Viewer, noun: credit.Noun, at: At, now: dt.datetime) -> Found:
    wanted = MatterFilter.model_validate({"state": "all", **_wanted(at)})
    return credit.listed(db, viewer, noun, wanted, now)


def _issue(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    credit.unit(db, viewer, forms.word(data["unit_no"], "unit_no", 64))
    notices.issue(db, data, viewer.username, now=now)


def _notice_step(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = _matter(db, viewer, "notice", data)
    if data["step"] != "views_answered":
        data.pop("accepted")
    notices.step(db, number, {name: value for name, value in data.items() if value is not None}, viewer.username,
                 now=now)


def _apply(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    credit.unit(db, viewer, forms.word(data["unit_no"], "unit_no", 64))
    repairs.apply(db, data, viewer.username, now=now)


def _repair_step(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = _matter(db, viewer, "repair", data)
    given = {name: value for name, value in data.items() if value not in (None, [])}
    repairs.step(db, number, given, viewer.username, now=now)
    if data["step"] == "approved":
        _raise(db, viewer, number, now)


def _object(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    credit.unit(db, viewer, forms.word(data["unit_no"], "unit_no", 64))
    objections.receive(db, data, viewer.username, now=now)


def _answer(db: Database, viewer: Viewer, data: Found, now: dt.datetime) -> None:
    number = _matter(db, viewer, "objection", data)
    objections.answer(db, number, data, viewer.username, now=now)
    if data["upheld"]:
        _raise(db, viewer, number, now)


def _matter(db: Database, viewer: Viewer, noun: credit.Noun, data: Found) -> str:
    number = forms.word(data.pop("matter_no"), "matter_no", 64)
    credit.head(db, viewer, noun, number)
    return number


def _raise(db: Database, viewer: Viewer, number: str, now: dt.datetime) -> None:
    """What corrects a record moves its unit's standing at once."""
    raises.run(db, now, [credit.whole(db, viewer, credit.noun_of(db, viewer, number), number)["unit_id"]])


def _leads(db: Database, viewer: Viewer, at: At, now: dt.datetime) -> Found:
    told = grids.read(db, viewer, LeadFilter.model_validate({"state": "all", **_wanted(at)}), now)
    return {"rows": told["leads"], "next": told["next"]}


_MATTER = (Column("matter_no", "link", path="/credit/matters/{}"), Column("unit", "unit"),
           Column("target", "choice", words="credit.target"), Column("ref"), Column("began_at", "moment"),
           Column("standing", "choice", words="credit.standing"), Column("due_at", "moment"))
_PHOTO = (Field("photo_uri", needed=False), Field("photo_sha256", needed=False))
ENTRIES = (
    Ledger("self-checks", "/api/v1/self-checks", (
        Column("self_check_id"), Column("unit", "unit"), Column("item_code"), Column("found_on", "day"),
        Column("reported_at", "moment"), Column("corrected_on", "day"), Column("note")), _self_checks, (
        Act("new", (_UNIT, Field("item_code"), Field("found_on", "day"), Field("reported_at", "moment"),
                    Field("corrected_on", "day", needed=False), _NOTE, *_PHOTO), _self_check),
        Act("correct", (Field("self_check_id"), Field("corrected_on", "day")), _correct))),
    Ledger("soft-measures", "/api/v1/soft-measures", (
        Column("unit", "unit"), Column("kind", "rule", "enforcement.soft_measures"), Column("taken_on", "day"),
        Column("officers", "list"), Column("inspection_no"), Column("note")), _soft, (
        Act("new", (_UNIT, Field("kind", "rule", rule="enforcement.soft_measures"), Field("taken_on", "day"),
                    Field("officers", "officers"), Field("inspection_no", needed=False), _NOTE), _take),)),
    Ledger("fire-reviews", "/api/v1/fire-reviews", (
        Column("review_no"), Column("fire_no"), Column("unit", "unit"), Column("asked_on", "day"),
        Column("decided_on", "day"), Column("outcome", "choice"), Column("note")), _fires, (
        leads("new", (Field("fire_no"), Field("asked_on", "day"), Field("decided_at", "moment"),
                      Field("outcome", "choice", ("upheld", "changed", "sent_back")), Field("held_at", "moment"),
                      Field("members", "officers"), Field("agreed", "tick"), Field("minutes_uri"),
                      Field("minutes_sha256"), _NOTE), _review),)),
    Ledger("credit-notices", "/api/v1/credit/notices", _MATTER, _notices, (
        leads("new", (_UNIT, Field("list", "choice", ("general", "serious")),
                      Field("ground", "rule", rule="credit.notice_grounds"), Field("facts", "long"),
                      Field("issued_at", "moment"), Field("refs", "lines", needed=False)), _issue),
        leads("step", (Field("matter_no"), Field("step", "choice", (
            "served", "statement", "waived", "hearing_asked", "hearing_held", "views_answered", "dropped")), _AT,
            Field("how", "choice", ("direct", "left", "mail", "electronic", "public"), needed=False),
            Field("accepted", "tick"), _NOTE), _notice_step))),
    Ledger("credit-repairs", "/api/v1/credit/repairs", _MATTER, _repairs, (
        leads("new", (_UNIT, Field("target", "choice", ("penalty", "listing")), Field("ref"),
                      Field("applied_at", "moment"), Field("papers", "lines", needed=False), _NOTE), _apply),
        leads("step", (Field("matter_no"), Field("step", "choice", (
            "incomplete", "supplied", "accepted", "public_notice", "notice_objection", "approved", "refused",
            "confirmed", "platform_ended", "withdrawn")), _AT, Field("papers", "lines", needed=False),
            Field("approved_by", needed=False), _NOTE), _repair_step))),
    Ledger("credit-objections", "/api/v1/credit/objections", _MATTER, _objections, (
        leads("new", (_UNIT, Field("target", "choice", ("penalty", "listing", "entry")), Field("ref"),
                      Field("received_at", "moment"), Field("text", "long")), _object),
        leads("answer", (Field("matter_no"), Field("answered_at", "moment"), Field("upheld", "tick"),
                         Field("reason", "long")), _answer))),
    Ledger("grid-lead-entry", "/api/v1/grid-leads", (
        Column("lead_no"), Column("place"), Column("grid_name"), Column("task_codes", "list"), Column("found_by"),
        Column("found_at", "moment"), Column("state", "choice", words="lead.state")), _leads, (
        Act("new", (Field("grid_code"), Field("place_kind"), Field("place"), Field("unit_no", needed=False),
                    Field("task_codes", "lines"), Field("found_at", "moment"), Field("found_by"),
                    Field("signed", "tick"), Field("photo_ref"), Field("lead_sha256"), _NOTE), grids.enter),
        Act("step", (Field("lead_no"), Field("step", "choice", (
            "told", "closed", "passed_on", "accepted", "returned", "finished")), _AT,
            Field("to", "choice", ("town", "brigade", "department"), needed=False), _NOTE,
            Field("photo_ref", needed=False), Field("lead_sha256", needed=False)), grids.take))),
)
