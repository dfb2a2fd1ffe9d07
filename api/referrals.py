"""Referrals from towns and stations to the brigade, through REST: sent, accepted, returned, passed on, closed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.agreements import Paged, see
from api.cases import unit_of
from api.guard import Db, Lead, Options, Staff
from api.refusals import BadField
from api.viewer import LEADS, Viewer
from casework.delegation import referrals
from casework.delegation.referrals import ReferralForm
from store import Database

router = APIRouter(prefix="/api/v1", tags=["delegation"])
Number = Annotated[str, Path(min_length=1, max_length=64)]


class ReferralFilter(Paged):
    """Which referrals; in: to be answered here, out: begun here and not accepted yet, owned: answered for here."""

    box: Literal["in", "out", "owned", "all"] = "all"
    town: str | None = Field(None, max_length=12, description="begun by this town")


class ReferralEntry(BaseModel, extra="forbid"):
    """A matter to pass on to the brigade (移送)."""

    reason: str = Field(max_length=64, description="a code of delegation.referral_reasons", examples=["unlicensed"])
    unit_no: str | None = Field(None, max_length=64)
    place: str | None = Field(None, max_length=400, description="where there is no unit of the register")
    from_code: str = Field(max_length=12, description="the town, or the station's area")
    from_body: Literal["town", "police_station"] = "town"
    to_code: str = Field(max_length=12, description="the brigade's area")
    found_on: dt.date
    item_codes: list[str] = Field([], max_length=200)
    note: str | None = Field(None, max_length=4000)
    send: bool = Field(True, description="false: only found yet; the clock of the written transfer runs from found_on")


class NoteEntry(BaseModel, extra="forbid"):
    """A word with a step."""

    note: str | None = Field(None, max_length=1000)


class ReasonEntry(BaseModel, extra="forbid"):
    """Why a referral is returned, or what became of it."""

    reason: str = Field(min_length=1, max_length=1000)


class PassEntry(ReasonEntry):
    """To which brigade an accepted referral is passed on."""

    to_code: str = Field(max_length=12)


def read(db: Database, viewer: Viewer, wanted: ReferralFilter) -> dict[str, Any]:
    """Referrals that concern the viewer's areas."""
    with db.connection() as connection:
        rows = referrals.listed(connection, areas=viewer.areas, box=wanted.box, from_code=wanted.town,
                                before=wanted.before, limit=wanted.limit)
    after = cursors.after(rows, "referral_id", wanted.limit)
    return {"referrals": [{k: v for k, v in row.items() if k != "referral_id"} for row in rows], "next": after}


def find(db: Database, viewer: Viewer, number: str) -> dict[str, Any]:
    """One referral with its chain."""
    with db.connection() as connection:
        held = referrals.one(connection, number, viewer.areas)
    held.pop("referral_id")
    return held


def answers(viewer: Viewer, held: dict[str, Any]) -> bool:
    """Whether this account answers a referral that was sent: a brigade of the area it was sent to."""
    return viewer.role in LEADS and viewer.sees(held["to_code"]) and held["state"] == "sent"


@router.get("/referrals", summary="Referrals, the newest first")
def api_all(wanted: Annotated[ReferralFilter, Query()], viewer: Staff, db: Db) -> dict[str, Any]:
    return read(db, viewer, wanted)


@router.post("/referrals", status_code=201, summary="Pass a matter on to the brigade, or say that it was found")
def api_make(body: ReferralEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, body.from_code)
    if body.unit_no is None and not body.place:
        raise BadField("refusal.unit_or_place")
    unit_id = unit_of(db, viewer, "unit", body.unit_no) if body.unit_no else None
    with db.connection() as connection:
        referrals.brigade_area(connection, body.to_code)
        number = referrals.create(connection, ReferralForm(
            body.reason, unit_id, body.place, body.from_code, body.from_body, body.to_code, body.found_on,
            tuple(body.item_codes), body.note, send=body.send), viewer.username, options.clock())
    return find(db, viewer, number)


@router.get("/referrals/{referral_no}", summary="A referral with its chain: one owner at any time")
def api_one(referral_no: Number, viewer: Staff, db: Db) -> dict[str, Any]:
    return find(db, viewer, referral_no)


@router.post("/referrals/{referral_no}/sending", status_code=201, summary="Send one that was found or returned")
def api_send(referral_no: Number, body: NoteEntry, viewer: Staff, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, find(db, viewer, referral_no)["from_code"])
    in_time = referrals.send(db, referral_no, body.note, viewer.username, options.clock())
    return {**find(db, viewer, referral_no), "in_time": in_time}


@router.post("/referrals/{referral_no}/acceptance", status_code=201, summary="Take a referral over")
def api_accept(referral_no: Number, body: NoteEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, find(db, viewer, referral_no)["to_code"])
    in_time = referrals.accept(db, referral_no, body.note, viewer.username, options.clock())
    return {**find(db, viewer, referral_no), "in_time": in_time}


@router.post("/referrals/{referral_no}/return", status_code=201, summary="Return a referral with the reason")
def api_return(referral_no: Number, body: ReasonEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, find(db, viewer, referral_no)["to_code"])
    referrals.give_back(db, referral_no, body.reason, viewer.username, options.clock())
    return find(db, viewer, referral_no)


@router.post("/referrals/{referral_no}/passing-on", status_code=201, summary="Pass an accepted one on to a brigade")
def api_pass_on(referral_no: Number, body: PassEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, find(db, viewer, referral_no)["owner_code"])
    referrals.pass_on(db, referral_no, body.to_code, body.reason, viewer.username, options.clock())
    return find(db, viewer, referral_no)


@router.post("/referrals/{referral_no}/closing", status_code=201, summary="Say what became of an accepted one")
def api_close(referral_no: Number, body: ReasonEntry, viewer: Lead, db: Db, options: Options) -> dict[str, Any]:
    see(viewer, find(db, viewer, referral_no)["owner_code"])
    referrals.close(db, referral_no, body.reason, viewer.username, options.clock())
    return find(db, viewer, referral_no)
