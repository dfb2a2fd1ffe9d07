"""Pages of ledgers: a list, the forms that add to it, and what each of them refuses."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import pages
from api.areas import choices
from api.entry_ledgers import ENTRIES
from api.guard import Db, Options, Staff
from api.ledger_fields import Act, Ledger, typed, vocabulary
from api.ledgers import GOVERNANCE
from api.refusals import Absent, NotYours
from api.viewer import Viewer
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from store import Database, HuoyanError

router = APIRouter(include_in_schema=False)
LEDGERS = {ledger.key: ledger for ledger in (*GOVERNANCE, *ENTRIES)}
Key = Annotated[str, Path(max_length=32, pattern=r"^[a-z][a-z-]*$")]


def _ledger(viewer: Viewer, key: str) -> Ledger:
    held = LEDGERS.get(key)
    if held is None:
        raise Absent("refusal.page")
    if viewer.role not in held.roles:
        raise NotYours()
    return held


@router.get("/ledgers")
def first_page(viewer: Staff) -> Response:
    return pages.go_to(f"/ledgers/{next(iter(LEDGERS))}")


@router.get("/ledgers/{ledger}")
def page(request: Request, ledger: Key, viewer: Staff, db: Db, options: Options,
         at: Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9-]*$")] = "",
         made: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _show(request, _ledger(viewer, ledger), viewer, db, options.clock(), at=at, made=made)


@router.post("/ledgers/{ledger}/{act}")
async def enter(request: Request, ledger: Key, act: Key, viewer: Staff, db: Db, options: Options) -> Response:
    form = await request.form()
    held = _ledger(viewer, ledger)
    wanted = next((one for one in held.acts if one.key == act), None)
    if wanted is None:
        raise Absent("refusal.page")
    if viewer.role not in wanted.roles:
        raise NotYours()
    return await run_in_threadpool(_enter, request, held, wanted, viewer, db, options.clock(), form)


def _enter(request: Request, ledger: Ledger, act: Act, viewer: Viewer, db: Database, now: dt.datetime,
           form: Any) -> Response:
    try:
        act.take(db, viewer, typed(act.fields, form, legal_day(now)), now)
    except HuoyanError as refused:
        given = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        return _show(request, ledger, viewer, db, now, refused.status, pages.sentence(request, refused), act.key, given)
    return pages.go_to(f"/ledgers/{ledger.key}?made={act.key}")


def _show(request: Request, ledger: Ledger, viewer: Viewer, db: Database, now: dt.datetime, status: int = 200,
          problem: str | None = None, failed: str = "", given: dict[str, str] | None = None, *, at: str = "",
          made: str = "") -> Response:
    day = legal_day(now)
    # A key of another kind of list is no place in this one.
    place = at if ledger.key == "risk-areas" or at.isdigit() else ""
    found = {"facts": [], "matrix": None, "without": [], **ledger.read(db, viewer, place or None, now)}
    words = {column.rule: {one["code"]: one for one in vocabulary(column.rule, day)}
             for column in ledger.columns if column.kind == "rule"}
    options = {field.rule: vocabulary(field.rule, day) for act in ledger.acts for field in act.fields
               if field.kind == "rule"}
    points = {field.rule: rules().value("governance.checklists", day)[field.rule]["points"]
              for act in ledger.acts for field in act.fields if field.kind == "points"}
    return pages.render(
        request, "ledger.html", status, ledger=ledger, problem=problem, failed=failed, given=given or {}, made=made,
        tabs=[one for one in LEDGERS.values() if viewer.role in one.roles], words=words, vocabularies=options,
        points=points, acts=[one for one in ledger.acts if viewer.role in one.roles], areas=choices(db, viewer),
        moment=now.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M"), kinds=vocabulary("kinds.units", day),
        bodies=vocabulary("governance.bodies", day), at=at, **found)
