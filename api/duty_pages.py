"""The page of duty checks: who is linked, ask them, see who answered and who did not."""

from __future__ import annotations

import datetime as dt
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, ValidationError

from api import answers, duty, pages
from api.areas import choices
from api.codes import KnownRequest
from api.cursors import Offset
from api.guard import Db, Lead, Options, Staff, language_of
from api.refusals import BadField, Refusal
from api.viewer import LEADS
from ingest.links.kinds import fields_of, kind_of
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from store.errors import HuoyanError

router = APIRouter()


class Shown(BaseModel):
    """What the page shows: the links or the requests, narrowed."""

    view: Literal["links", "requests"] = "links"
    q: str = Field("", max_length=100)
    area: str = Field("", max_length=12)
    unknown: bool | None = None
    kind: KnownRequest = Field("", max_length=40)
    state: Literal["", "open", duty.State] = ""
    offset: Offset = 0
    before: int | None = Field(None, ge=1, le=2**63 - 1)
    asked: int | None = Field(None, ge=0, le=100_000)


_FIRST = Shown.model_validate({})
_NOTHING = dict.fromkeys(("kind", "minutes", "system", "system_address", "address", "count", "start"), "")


def _show(request: Request, wanted: Shown, viewer: Staff, db: Db, options: Options, problem: str = "",
          given: dict[str, str] | None = None, status: int = 200) -> Response:
    now = options.clock()
    both = {"q": wanted.q, "area": wanted.area}
    linked = duty.links(db, viewer, duty.LinkFilter.model_validate(
        {**both, "unknown": wanted.unknown, "offset": wanted.offset}), now)
    requests = duty.requests(db, viewer, duty.RequestFilter.model_validate(
        {**both, "kind": wanted.kind, "state": wanted.state, "before": wanted.before}))
    kinds = {code: fields_of(kind_of(code)) for code in duty.kinds_for(viewer)} if viewer.role in LEADS else {}
    return pages.render(request, "duty_rows.html" if pages.wants_part(request) and not problem else "duty.html", status,
                        wanted=wanted, areas=choices(db, viewer), kinds=kinds, problem=problem,
                        given={**_NOTHING, **(given or {})}, linked=linked, made=requests,
                        minutes=rules().value("gbt26875.duty_minutes", legal_day(now)))


@router.get("/duty", include_in_schema=False)
def page(request: Request, wanted: Annotated[Shown, Query()], viewer: Staff, db: Db, options: Options) -> Response:
    return _show(request, wanted, viewer, db, options)


@router.get("/duty/{request_id}", include_in_schema=False)
def page_one(request: Request, request_id: duty.RequestId, viewer: Staff, db: Db) -> Response:
    found = duty.one_request(db, viewer, request_id)
    told = json.dumps(found["answer"], ensure_ascii=False, indent=1) if found["answer"] else ""
    return pages.render(request, "duty_request.html", asked=found, told=told)


@router.post("/duty", include_in_schema=False)
def page_send(request: Request, viewer: Lead, db: Db, options: Options, kind: Annotated[str, Form(max_length=40)],
              device: Annotated[list[int] | None, Form()] = None, minutes: Annotated[str, Form(max_length=10)] = "",
              system: Annotated[str, Form(max_length=10)] = "",
              system_address: Annotated[str, Form(max_length=10)] = "",
              address: Annotated[str, Form(max_length=20)] = "", count: Annotated[str, Form(max_length=10)] = "",
              start: Annotated[str, Form(max_length=40)] = "",
              confirm: Annotated[str, Form(max_length=64)] = "") -> Response:
    given = {"kind": kind, "minutes": minutes, "system": system, "system_address": system_address, "address": address,
             "count": count, "start": start}
    try:
        wanted = duty.Asking.model_validate({
            "kind": kind, "devices": sorted(set(device or [])), "confirm": confirm, "start": _moment(start),
            "address": address or None, "minutes": minutes or None, "system": system or None,
            "system_address": system_address or None, "count": count or None})
        made = duty.send(db, viewer, wanted, options.clock())
    except ValidationError as error:
        told = answers.field_sentence(language_of(request), error.errors())
        return _show(request, _FIRST, viewer, db, options, told, given, 422)
    except (Refusal, HuoyanError) as error:
        return _show(request, _FIRST, viewer, db, options, pages.sentence(request, error), given, error.status)
    return pages.go_to(f"/duty?view=requests&asked={len(made)}")


def _moment(text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise BadField("refusal.moment", text=text) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
