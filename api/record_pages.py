"""Forms for one record of a register, for administrators: new ones, changes, officers' leave; and their REST twins."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from api import guard, pages, record_changes
from api.areas import choices
from api.clauses import in_chinese
from api.guard import Administrator, Db, Options
from api.i18n import say
from api.record_changes import NewNoun, Noun
from api.refusals import BadField
from api.viewer import Viewer
from policy.clocks import legal_day
from registry import officers, vendors
from registry.changing import RecordRefused
from registry.columns import TABLES, Column
from store import Database, HuoyanError

router = APIRouter()
Key = Annotated[list[str], Query(max_length=2, description="the record's key, such as the unit's number; for a device "
                                                           "its vendor code and its number")]
_HIDDEN = {"units": {"source"}}


class Made(BaseModel):
    """The key of the new record."""

    key: list[str]


class Changed(BaseModel):
    """False where nothing differed: then nothing was written."""

    changed: bool


async def _typed(request: Request) -> dict[str, str]:
    """The fields of a form as they were typed. It is async because it reads the form."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


Typed = Annotated[dict[str, str], Depends(_typed)]


def shown_columns(noun: NewNoun) -> list[Column]:
    """The columns that a form has."""
    return [column for column in TABLES[noun].columns if column.code not in _HIDDEN.get(noun, ())]


def _values(noun: NewNoun, typed: dict[str, str], without: tuple[str, ...] = ()) -> dict[str, Any]:
    # A box that is not ticked is not sent at all.
    return {column.code: column.code in typed if column.stored == "bool" else typed.get(column.code, "")
            for column in shown_columns(noun) if column.code not in without}


def _page(request: Request, db: Database, viewer: Viewer, noun: NewNoun, given: dict[str, Any], day: dt.date, *,
          key: list[str] | None = None, seen: str = "", refused: HuoyanError | None = None) -> Response:
    chinese = guard.language_of(request) == "zh"
    faults = {}
    if isinstance(refused, RecordRefused):
        faults = {code: in_chinese(reason) if chinese else reason for code, reason in refused.faults.items()}
    fields = [{"column": column, "value": given.get(column.code), "fault": faults.pop(column.code, None),
               "fixed": key is not None and column.code in TABLES[noun].key,
               "title": column.zh if chinese else column.code.replace("_", " "),
               "options": {code: word if chinese else code.replace("_", " ")
                           for code, word in column.options(day).items()} if column.options else None}
              for column in shown_columns(noun)]
    problem = None
    if refused is not None:
        # Faults of single fields stand beside them; only what is left needs a sentence above.
        stands = isinstance(refused, RecordRefused) and not faults
        problem = say(guard.language_of(request), "record.faults") if stands else pages.sentence(request, refused)
    with db.connection() as connection:
        known = [one.vendor_code for one in vendors.listing(connection)] if noun == "devices" else []
        leave = officers.leave_of(connection, key[0]) if noun == "officers" and key else []
    return pages.render(request, "record.html", refused.status if refused else 200, noun=noun, fields=fields, key=key,
                        seen=seen, problem=problem, areas=choices(db, viewer), vendors=known, leave=leave)


@router.get("/registers/{noun}/new", include_in_schema=False)
def new_page(request: Request, noun: NewNoun, viewer: Administrator, db: Db, options: Options,
             officer_no: Annotated[str, Query(max_length=32)] = "") -> Response:
    defaults = {column.code: column.show(column.default) for column in shown_columns(noun)}
    day = legal_day(options.clock())
    return _page(request, db, viewer, noun, {**defaults, **({"officer_no": officer_no} if officer_no else {})}, day)


@router.post("/registers/{noun}/new", include_in_schema=False)
def make(request: Request, noun: NewNoun, viewer: Administrator, db: Db, options: Options, typed: Typed) -> Response:
    day = legal_day(options.clock())
    try:
        key = record_changes.create(db, viewer, noun, _values(noun, typed), day)
    except HuoyanError as refused:
        return _page(request, db, viewer, noun, _as_typed(noun, typed), day, refused=refused)
    if noun == "leave":
        return pages.go_to(edit_address("officers", key[:1]))
    return pages.go_to(edit_address(noun, key) + "&saved=yes")


@router.get("/registers/{noun}/edit", include_in_schema=False)
def edit_page(request: Request, noun: Noun, viewer: Administrator, db: Db, options: Options, key: Key) -> Response:
    day = legal_day(options.clock())
    with db.connection() as connection:
        record = record_changes.find(connection, viewer, noun, key, day)
    given = {column.code: column.show(record[column.code]) for column in shown_columns(noun)}
    return _page(request, db, viewer, noun, given, day, key=key, seen=record_changes.mark(record))


@router.post("/registers/{noun}/edit", include_in_schema=False)
def change(request: Request, noun: Noun, viewer: Administrator, db: Db, options: Options, key: Key,
           typed: Typed) -> Response:
    day, seen = legal_day(options.clock()), typed.get("seen", "")
    try:
        record_changes.update(db, viewer, noun, key, _values(noun, typed, TABLES[noun].key), day, seen)
    except HuoyanError as refused:
        given = _as_typed(noun, typed) | dict(zip(TABLES[noun].key, key, strict=False))
        return _page(request, db, viewer, noun, given, day, key=key, seen=seen, refused=refused)
    return pages.go_to(edit_address(noun, key) + "&saved=yes")


@router.post("/registers/leave/end", include_in_schema=False)
def end_leave(viewer: Administrator, db: Db, options: Options, officer_no: Annotated[str, Form(max_length=32)],
              from_day: Annotated[str, Form(max_length=10)]) -> Response:
    begins = pages.day_or_none(from_day)
    if begins is None:
        raise BadField("refusal.day", text=from_day)
    record_changes.end_leave(db, viewer, officer_no, begins, legal_day(options.clock()))
    return pages.go_to(edit_address("officers", [officer_no]))


@router.post("/api/v1/registers/{noun}", response_model=Made, status_code=201, tags=["registers"],
             summary="A new record; its fields are the columns of the register's file")
def api_make(noun: NewNoun, viewer: Administrator, db: Db, options: Options,
             body: Annotated[dict[str, Any], Body(max_length=100)]) -> Any:
    return {"key": record_changes.create(db, viewer, noun, body, legal_day(options.clock()))}


@router.patch("/api/v1/registers/{noun}", response_model=Changed, tags=["registers"],
              summary="Change some fields of one record")
def api_change(noun: Noun, viewer: Administrator, db: Db, options: Options, key: Key,
               body: Annotated[dict[str, Any], Body(max_length=100)]) -> Any:
    return {"changed": record_changes.update(db, viewer, noun, key, body, legal_day(options.clock()))}


def edit_address(noun: Noun, key: list[str]) -> str:
    """The page of one record."""
    return pages.address(f"/registers/{noun}/edit", [("key", part) for part in key])


def _as_typed(noun: NewNoun, typed: dict[str, str]) -> dict[str, Any]:
    return {column.code: ("是" if column.code in typed else "否") if column.stored == "bool"
            else typed.get(column.code, "") for column in shown_columns(noun)}
