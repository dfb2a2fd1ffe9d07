"""Vendors by REST: sign-up, keys and limits for administrators; counts, devices and trials for each vendor too."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api import vendor_forms as forms
from api import vendors
from api.cursors import Offset
from api.guard import Administrator, AdministratorOrVendor, Db, Options
from api.quarantine import readable
from api.refusals import BadField
from api.viewer import Viewer
from ingest import topics, trial
from policy import rules
from policy.clocks import legal_day
from registry import vendor_keys, vendor_limits
from registry import vendors as register
from registry.vendor_keys import NewKey
from store import Database

router = APIRouter()
Code = Annotated[str, Path(min_length=1, max_length=64, description="vendor code")]
KeyNo = Annotated[int, Path(ge=1, le=9999)]
_TRIAL_SHOWN = 500


def change(db: Database, viewer: Viewer, code: str, wanted: forms.VendorChange, now: dt.datetime) -> None:
    """Change a vendor's name, status or limits; only what is named."""
    fields = {name: value for name in ("name", "status") if (value := getattr(wanted, name)) is not None}
    usual = vendor_limits.of_policy(rules(), legal_day(now))
    with db.connection() as connection:
        if fields:
            register.update(connection, code, fields, actor=viewer.username, day=legal_day(now))
        if wanted.limits is not None:
            vendor_limits.change(connection, code, wanted.limits.model_dump(exclude_unset=True), usual,
                                 actor=viewer.username)
        register.get(connection, code)


def make_key(db: Database, viewer: Viewer, code: str, wanted: forms.NewKeyForm, now: dt.datetime) -> NewKey:
    """A new password key of a vendor; for the vendor itself too."""
    if wanted.end_others_at is not None and wanted.end_others_at.tzinfo is None:
        raise BadField("refusal.moment_zone")
    with db.connection() as connection:
        return vendor_keys.rotate(connection, vendors.own(viewer, code), end_others_at=wanted.end_others_at,
                                  note=wanted.note, actor=viewer.username, now=now)


def revoke_key(db: Database, viewer: Viewer, code: str, key_no: int, even_the_last: bool, now: dt.datetime) -> None:
    """End a key of a vendor for good; for the vendor itself too."""
    login = vendor_keys.login_of(vendors.own(viewer, code), key_no)
    with db.connection() as connection:
        vendor_keys.revoke(connection, login, even_the_last=even_the_last, actor=viewer.username, now=now)


def attempt(db: Database, viewer: Viewer, code: str, wanted: forms.TrialForm, now: dt.datetime,
            max_payload: int) -> dict[str, Any]:
    """Try a message on a topic of this vendor; nothing is stored and nothing is published."""
    vendors.own(viewer, code)
    if wanted.form not in topics.FORMS:
        raise BadField("refusal.trial_form", forms=", ".join(topics.FORMS))
    device = wanted.device.strip()
    if not device or any(sign in device for sign in "/+#") or not device.isprintable():
        raise BadField("refusal.trial_device")
    payload = wanted.payload.encode("utf-8", "surrogatepass")
    if wanted.encoding == "hex":
        try:
            payload = bytes.fromhex(wanted.payload)
        except ValueError:
            raise BadField("refusal.trial_hex") from None
    topic = f"huoyan/v1/{code}/{device}/{wanted.form}"
    with db.connection() as connection:
        register.get(connection, code)
        found = trial.attempt(connection, rules(), topic, payload, now=now, max_payload=max_payload)
    return {"topic": topic, "clean": found.is_clean, "heard": found.is_heard, "more": found.more,
            "rows": [asdict(row) for row in found.rows],
            "refusals": [{"reason_code": one.reason_code, "reason": one.reason,
                          "payload": readable(one.payload)[0][:_TRIAL_SHOWN]} for one in found.refusals[:_TRIAL_SHOWN]]}


@router.get("/api/v1/vendors", response_model=list[forms.VendorRow], summary="Every vendor", tags=["vendors"])
def api_vendors(viewer: Administrator, db: Db, options: Options) -> Any:
    return vendors.listing(db, options.clock())


@router.post("/api/v1/vendors", response_model=forms.MadeKey, status_code=201, tags=["vendors"],
             summary="Sign a vendor up: it gets a login at the broker, whose password is in this answer alone")
def api_sign_up(body: forms.SignUp, viewer: Administrator, db: Db, options: Options) -> Any:
    with db.connection() as connection:
        return vendor_keys.sign_up(connection, {"vendor_code": body.vendor_code, "name": body.name}, note=body.note,
                                   actor=viewer.username, now=options.clock())


@router.get("/api/v1/vendors/{vendor_code}", response_model=forms.Overview, tags=["vendors"],
            summary="A vendor: devices, limits, what is in quarantine")
def api_vendor(vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options) -> Any:
    return vendors.overview(db, viewer, vendor_code, options.clock())


@router.patch("/api/v1/vendors/{vendor_code}", status_code=204, tags=["vendors"],
              summary="Change a vendor's name, status or limits")
def api_change(vendor_code: Code, body: forms.VendorChange, viewer: Administrator, db: Db,
               options: Options) -> Response:
    change(db, viewer, vendor_code, body, options.clock())
    return Response(status_code=204)


@router.get("/api/v1/vendors/{vendor_code}/sent", response_model=forms.Sent, tags=["vendors"],
            summary="What a vendor sent: messages, values, events and refusals by day, by hour and by form")
def api_sent(vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options,
             days: Annotated[int, Query(ge=1, le=92)] = vendors.DAYS,
             hours: Annotated[int, Query(ge=1, le=168)] = vendors.HOURS) -> Any:
    return vendors.sent(db, viewer, vendor_code, options.clock(), days=days, hours=hours)


@router.get("/api/v1/vendors/{vendor_code}/devices", response_model=forms.VendorDevices, tags=["vendors"],
            summary="A vendor's devices with when they were heard and what they said last")
def api_devices(vendor_code: Code, viewer: AdministratorOrVendor, db: Db,
                q: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=200)] = 50,
                offset: Annotated[Offset, Query()] = 0) -> Any:
    return vendors.devices(db, viewer, vendor_code, q=q, limit=limit, offset=offset)


@router.get("/api/v1/vendors/{vendor_code}/events", response_model=list[forms.VendorEvent], tags=["vendors"],
            summary="Alarms, faults and other events of a vendor's devices in the last two days, as they were stored")
def api_events(vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options,
               limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Any:
    return vendors.events(db, viewer, vendor_code, options.clock(), limit)


@router.get("/api/v1/vendors/{vendor_code}/quarantine.csv", tags=["vendors"],
            summary="What of a vendor is in quarantine, as a file", responses={200: {"content": {"text/csv": {}}}})
def api_refused(vendor_code: Code, viewer: AdministratorOrVendor, db: Db,
                reason: Annotated[str, Query(max_length=64)] = "") -> Response:
    content = vendors.refused_file(db, viewer, vendor_code, reason or None)
    return Response(content.encode("utf-8", "replace"), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": 'attachment; filename="quarantine.csv"'})


@router.get("/api/v1/vendors/{vendor_code}/keys", response_model=list[forms.KeyRow], tags=["vendors"],
            summary="Keys of a vendor, the newest first; never a password")
def api_keys(vendor_code: Code, viewer: AdministratorOrVendor, db: Db, options: Options) -> Any:
    with db.connection() as connection:
        vendors.find(connection, viewer, vendor_code)
        return vendor_keys.listing(connection, vendor_code, now=options.clock())


@router.post("/api/v1/vendors/{vendor_code}/keys", response_model=forms.MadeKey, status_code=201, tags=["vendors"],
             summary="A new key beside those there are; its password is in this answer alone")
def api_make_key(vendor_code: Code, body: forms.NewKeyForm, viewer: AdministratorOrVendor, db: Db,
                 options: Options) -> Any:
    return make_key(db, viewer, vendor_code, body, options.clock())


@router.delete("/api/v1/vendors/{vendor_code}/keys/{key_no}", status_code=204, tags=["vendors"],
               summary="End a key for good; the last valid one only with even_the_last")
def api_revoke(vendor_code: Code, key_no: KeyNo, viewer: AdministratorOrVendor, db: Db, options: Options,
               even_the_last: bool = False) -> Response:
    revoke_key(db, viewer, vendor_code, key_no, even_the_last, options.clock())
    return Response(status_code=204)


@router.post("/api/v1/vendors/{vendor_code}/try", response_model=forms.TrialAnswer, tags=["vendors"],
             summary="What would become of a message: the very decoders, and nothing is stored")
def api_try(vendor_code: Code, body: forms.TrialForm, viewer: AdministratorOrVendor, db: Db, options: Options) -> Any:
    return attempt(db, viewer, vendor_code, body, options.clock(), options.max_payload)
