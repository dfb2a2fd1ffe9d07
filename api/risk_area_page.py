"""The page of one area of high risk, or of one hazard of an area: its units and what became of each."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import pages
from api.governance import AreaNo
from api.guard import Db, Options, Staff
from casework.governance import areas
from policy import rules
from policy.clocks import legal_day

router = APIRouter(include_in_schema=False)


@router.get("/risk-areas/{risk_area_no}")
def page(request: Request, risk_area_no: AreaNo, viewer: Staff, db: Db, options: Options) -> Response:
    with db.connection() as connection:
        one = areas.one(connection, risk_area_no, viewer.areas)
    return pages.render(request, "risk_area.html", one=one, kinds=_kinds(legal_day(options.clock())),
                        results=[(code, sum(unit["result"] == code for unit in one["units"])) for code in _RESULTS])


def _kinds(day: dt.date) -> dict[str, dict[str, str]]:
    return {kind["code"]: kind for kind in rules().value("governance.area_kinds", day)}


_RESULTS = ("not_inspected", "hazards_open", "treated", "none")
