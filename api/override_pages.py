"""Pages of overrides: the list with what later visits say, and the forms on the page of a unit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from api import overrides, pages, units
from api.guard import Db, Options, Staff
from api.overrides import OverrideFilter, OverrideId
from api.refusals import Absent
from api.units import OverrideFields, UnitId
from policy.clocks import legal_day
from store import HuoyanError

router = APIRouter(include_in_schema=False)


@router.get("/overrides")
def page(request: Request, wanted: Annotated[OverrideFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    day = legal_day(options.clock())
    answer = overrides.read(db, viewer, wanted, day)
    if pages.wants_part(request):
        return pages.render(request, "override_rows.html", wanted=wanted, **answer)
    return pages.render(request, "overrides.html", wanted=wanted, results=overrides.results(db, viewer, day), **answer)


@router.post("/units/{unit_id}/override")
def move(request: Request, unit_id: UnitId, viewer: Staff, db: Db, options: Options,
         form: Annotated[OverrideFields, Form()]) -> Response:
    now = options.clock()
    direction, _, classes = form.move.partition("-")
    entry = {"unit_no": units.find(db, viewer, unit_id)["unit_no"], "direction": direction,
             "classes": int(classes) if classes.isascii() and classes.isdigit() else 1,
             "reason_code": form.reason_code, "reason": form.reason, "until_day": form.until_day}
    try:
        overrides.make(db, viewer, entry, now)
    except HuoyanError as refused:
        return units.show(request, db, viewer, unit_id, now, status=refused.status, given=form,
                          problem=pages.sentence(request, refused))
    return pages.go_to(f"/units/{unit_id}?override=made#h-override")


@router.post("/units/{unit_id}/override/{override_id}/withdrawal")
def withdraw(request: Request, unit_id: UnitId, override_id: OverrideId, viewer: Staff, db: Db, options: Options,
             form: Annotated[OverrideFields, Form()]) -> Response:
    now = options.clock()
    if overrides.find(db, viewer, override_id, legal_day(now))["unit_id"] != unit_id:
        raise Absent("refusal.no_unit", unit=unit_id)
    try:
        overrides.withdraw(db, viewer, override_id, form.reason, now)
    except HuoyanError as refused:
        return units.show(request, db, viewer, unit_id, now, status=refused.status, given=form,
                          problem=pages.sentence(request, refused))
    return pages.go_to(f"/units/{unit_id}?override=withdrawn#h-override")
