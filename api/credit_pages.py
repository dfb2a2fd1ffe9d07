"""Pages of credit: what is being handled, and the account of a unit with its ledger and its way to repair."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api import credit, guard, pages, units
from api.areas import choices
from api.credit import MatterFilter, Noun
from api.guard import Db, Options, Staff
from api.units import UnitId
from casework.credit_record import account, guide
from policy import rules
from policy.clocks import legal_day

router = APIRouter(include_in_schema=False)
MatterNo = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/credit")
def page(request: Request, wanted: Annotated[MatterFilter, Query()], viewer: Staff, db: Db,
         options: Options) -> Response:
    noun = request.query_params.get("noun")
    of: Noun = "repair" if noun == "repair" else "objection" if noun == "objection" else "notice"
    return pages.render(request, "credit.html", wanted=wanted, noun=of, areas=choices(db, viewer),
                        **credit.listed(db, viewer, of, wanted, options.clock()))


@router.get("/credit/matters/{matter_no}")
def matter_page(request: Request, matter_no: MatterNo, viewer: Staff, db: Db, options: Options) -> Response:
    noun = credit.noun_of(db, viewer, matter_no)
    papers = rules().value("credit.repair_papers", legal_day(options.clock()))
    words = "zh" if guard.language_of(request) == "zh" else "en"
    return pages.render(request, "credit_matter.html", matter=credit.whole(db, viewer, noun, matter_no),
                        papers={one["code"]: one[words] for one in papers})


@router.get("/credit/units/{unit_id}")
def unit_page(request: Request, unit_id: UnitId, viewer: Staff, db: Db, options: Options) -> Response:
    of, day = units.find(db, viewer, unit_id), legal_day(options.clock())
    with db.connection() as connection:
        held = account.of(connection, of, day)
        way = guide.of(connection, of, day)
    on = next((one for one in held["listings"] if one["to_day"] is None and one["from_day"] <= day), None)
    return pages.render(request, "credit_unit.html", account=held, guide=way, held=on)
