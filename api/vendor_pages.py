"""A vendor's own pages: what it sent and what was refused, devices, keys, a message to try. Administrators see all."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from api import pages, vendor_forms, vendor_routes, vendors
from api.cursors import Offset
from api.guard import Administrator, AdministratorOrVendor, Db, Options
from api.refusals import BadField
from api.vendor_routes import Code
from ingest import topics
from policy.clocks import SHANGHAI
from registry import vendor_keys, vendor_limits
from registry.vendor_keys import NewKey
from store import Database, HuoyanError

router = APIRouter()
_EVENTS = 12
_EXAMPLES = {"telemetry": '{"water_pressure": 0.52, "battery": 87}',
             "event": '{"type": "fire_alarm", "point": "3F corridor"}'}


@router.get("/vendors", include_in_schema=False)
def first(request: Request, viewer: AdministratorOrVendor, db: Db, options: Options) -> Response:
    if viewer.role == "vendor":
        return pages.go_to(f"/vendors/{viewer.vendor_code}")
    return _list(request, db, options.clock())


def _list(request: Request, db: Database, now: dt.datetime, refused: HuoyanError | None = None,
          **given: str) -> Response:
    return pages.render(request, "vendors.html", refused.status if refused else 200, rows=vendors.listing(db, now),
                        problem=pages.sentence(request, refused) if refused else None,
                        given={"vendor_code": "", "name": "", "note": "", **given})


@router.post("/vendors", include_in_schema=False)
def sign_up(request: Request, viewer: Administrator, db: Db, options: Options,
            vendor_code: Annotated[str, Form(max_length=64)] = "", name: Annotated[str, Form(max_length=200)] = "",
            note: Annotated[str, Form(max_length=200)] = "") -> Response:
    now = options.clock()
    try:
        with db.connection() as connection:
            made = vendor_keys.sign_up(connection, {"vendor_code": vendor_code.strip(), "name": name}, note=note,
                                       actor=viewer.username, now=now)
    except HuoyanError as refused:
        return _list(request, db, now, refused, vendor_code=vendor_code, name=name, note=note)
    return _keys(request, db, options, viewer, made.vendor_code, made=made)


@router.get("/vendors/{vendor_code}", include_in_schema=False)
def overview(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options) -> Response:
    now = options.clock()
    known = vendors.overview(db, viewer, vendor_code, now)
    return pages.render(request, "vendor.html", vendor=known, sent=vendors.sent(db, viewer, vendor_code, now),
                        events=vendors.events(db, viewer, vendor_code, now, _EVENTS))


@router.get("/vendors/{vendor_code}/devices", include_in_schema=False)
def devices(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options,
            q: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50,
            offset: Annotated[Offset, Query()] = 0) -> Response:
    known = vendors.overview(db, viewer, vendor_code, options.clock())
    return pages.render(request, "vendor_devices.html", vendor=known, q=q, limit=limit, offset=offset,
                        **vendors.devices(db, viewer, vendor_code, q=q, limit=limit, offset=offset))


@router.get("/vendors/{vendor_code}/keys", include_in_schema=False)
def keys(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options) -> Response:
    return _keys(request, db, options, viewer, vendor_code, done=request.query_params.get("done"))


def _keys(request: Request, db: Database, options: Options, viewer: AdministratorOrVendor, code: str, *,
          made: NewKey | None = None, refused: HuoyanError | None = None, done: str | None = None) -> Response:
    now = options.clock()
    known = vendors.overview(db, viewer, code, now)
    with db.connection() as connection:
        listed = vendor_keys.listing(connection, code, now=now)
    host, _, port = options.broker_address.rpartition(":")
    return pages.render(request, "vendor_keys.html", refused.status if refused else 200, vendor=known, keys=listed,
                        made=made, done=done, host=host or options.broker_address, port=port if host else "8883",
                        fields=vendor_limits.FIELDS, device=next(iter(vendors.numbers(db, code)), "DEVICE"),
                        problem=pages.sentence(request, refused) if refused else None)


@router.post("/vendors/{vendor_code}/keys", include_in_schema=False)
def make_key(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options,
             note: Annotated[str, Form(max_length=200)] = "",
             end_others_on: Annotated[str, Form(max_length=10)] = "") -> Response:
    vendors.own(viewer, vendor_code)
    try:
        day = pages.day_or_none(end_others_on)
        # With the day means: until its end in China.
        ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), SHANGHAI) if day else None
        made = vendor_routes.make_key(db, viewer, vendor_code, vendor_forms.NewKeyForm(note=note, end_others_at=ends),
                                      options.clock())
    except HuoyanError as refused:
        return _keys(request, db, options, viewer, vendor_code, refused=refused)
    # Shown with this very answer: an address to come back to would show it again.
    return _keys(request, db, options, viewer, vendor_code, made=made)


@router.post("/vendors/{vendor_code}/keys/{key_no}/revoke", include_in_schema=False)
def revoke(request: Request, vendor_code: Code, key_no: Annotated[int, Path(ge=1, le=9999)],
           viewer: AdministratorOrVendor, db: Db, options: Options,
           even_the_last: Annotated[bool, Form()] = False) -> Response:
    vendors.own(viewer, vendor_code)
    try:
        vendor_routes.revoke_key(db, viewer, vendor_code, key_no, even_the_last, options.clock())
    except HuoyanError as refused:
        return _keys(request, db, options, viewer, vendor_code, refused=refused)
    return pages.go_to(f"/vendors/{vendor_code}/keys?done=revoked")


@router.post("/vendors/{vendor_code}/status", include_in_schema=False)
def set_status(request: Request, vendor_code: Code, viewer: Administrator, db: Db, options: Options,
               status: Annotated[Literal["active", "suspended"], Form()]) -> Response:
    wanted = vendor_forms.VendorChange.model_validate({"status": status})
    vendor_routes.change(db, viewer, vendor_code, wanted, options.clock())
    return pages.go_to(f"/vendors/{vendor_code}/keys?done={status}")


@router.post("/vendors/{vendor_code}/limits", include_in_schema=False)
def set_limits(request: Request, vendor_code: Code, viewer: Administrator, db: Db, options: Options,
               messages_per_second: Annotated[str, Form(max_length=40)] = "",
               message_burst: Annotated[str, Form(max_length=40)] = "",
               bytes_per_second: Annotated[str, Form(max_length=40)] = "",
               byte_burst: Annotated[str, Form(max_length=40)] = "",
               payload_bytes: Annotated[str, Form(max_length=40)] = "") -> Response:
    typed = {"messages_per_second": messages_per_second, "message_burst": message_burst,
             "bytes_per_second": bytes_per_second, "byte_burst": byte_burst, "payload_bytes": payload_bytes}
    try:
        wanted = vendor_forms.VendorChange.model_validate(
            {"limits": {name: _number(text) for name, text in typed.items()}})
        vendor_routes.change(db, viewer, vendor_code, wanted, options.clock())
    except ValidationError:
        return _keys(request, db, options, viewer, vendor_code, refused=BadField("refusal.limit_number"))
    except HuoyanError as refused:
        return _keys(request, db, options, viewer, vendor_code, refused=refused)
    return pages.go_to(f"/vendors/{vendor_code}/keys?done=limits")


@router.get("/vendors/{vendor_code}/try", include_in_schema=False)
def trial(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options) -> Response:
    return _trial(request, db, options, viewer, vendor_code, {})


@router.post("/vendors/{vendor_code}/try", include_in_schema=False)
def attempt(request: Request, vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options,
            device: Annotated[str, Form(max_length=64)] = "", form: Annotated[str, Form(max_length=64)] = "",
            payload: Annotated[str, Form(max_length=vendor_forms.TRIAL_MOST)] = "",
            encoding: Annotated[Literal["text", "hex"], Form()] = "text") -> Response:
    vendors.own(viewer, vendor_code)
    given = {"device": device, "form": form, "payload": payload, "encoding": encoding}
    try:
        asked = vendor_forms.TrialForm(device=device, form=form, payload=payload, encoding=encoding)
        found = vendor_routes.attempt(db, viewer, vendor_code, asked, options.clock(), options.max_payload)
    except HuoyanError as refused:
        return _trial(request, db, options, viewer, vendor_code, given, refused=refused)
    return _trial(request, db, options, viewer, vendor_code, given, found=found)


def _trial(request: Request, db: Database, options: Options, viewer: AdministratorOrVendor, code: str,
           given: dict[str, str], *, found: dict[str, Any] | None = None,
           refused: HuoyanError | None = None) -> Response:
    known = vendors.overview(db, viewer, code, options.clock())
    numbers = vendors.numbers(db, code)
    first_form = {"device": numbers[0] if numbers else "", "form": "telemetry", "payload": _EXAMPLES["telemetry"],
                  "encoding": "text"}
    host, _, port = options.broker_address.rpartition(":")
    return pages.render(request, "vendor_try.html", refused.status if refused else 200, vendor=known,
                        numbers=numbers, given={**first_form, **given}, found=found, forms=topics.FORMS,
                        host=host or options.broker_address, port=port if host else "8883",
                        problem=pages.sentence(request, refused) if refused else None)


def _number(text: str) -> float | None:
    cleaned = text.strip().replace(",", "")
    if not cleaned:
        return None
    try:
        return float(cleaned)
    except ValueError:
        raise BadField("refusal.limit_number") from None
