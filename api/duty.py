"""Duty checks (查岗) and everything else the centre asks over GB/T 26875.3: links now, requests, answers, silences."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api import cursors
from api.codes import KnownRequest
from api.cursors import Offset
from api.guard import Db, Lead, Options, Staff
from api.refusals import Absent, BadField, NotYours
from api.viewer import Viewer
from ingest.gbt26875.downstream import KINDS
from ingest.links import ask
from ingest.links.kinds import INITIALISE, fields_of, kind_of
from policy import rules
from registry import audit, unit_search
from store import Database, Queries

_SQL = Queries(__file__)
router = APIRouter()

_LATELY = dt.timedelta(days=30)
_MOST_AT_ONCE = 500
RequestId = Annotated[int, Path(ge=1, le=2**63 - 1)]
State = Literal["waiting", "sent", "confirmed", "answered", "denied", "unanswered", "unconfirmed", "not_sent",
                "interrupted"]


class LinkFilter(BaseModel):
    """What narrows the links."""

    q: str = Field("", max_length=100, description="part of a unit's name or number, device number, peer, address")
    area: str = Field("", max_length=12, description="an area code; all areas beneath it count")
    unknown: bool | None = Field(None, description="only links of no registered device, or only of registered ones")
    offset: Offset = 0
    limit: int = Field(100, ge=1, le=500)


class Link(BaseModel):
    """A TCP link that stands, a UDP sender heard lately, or a device that can be asked over MQTT."""

    listener: str = Field(description="the process that holds it")
    link: int
    transport: Literal["tcp", "udp", "mqtt"]
    port: int = Field(description="our port; 0 for MQTT")
    peer: str = Field(description="host and port; for MQTT how it writes frames: binary or hex")
    since: dt.datetime
    heard_at: dt.datetime
    address: str = Field(description="source address of its newest frame: six bytes in wire order, as hex")
    frames: int
    bad: int = Field(description="pieces of bytes that were no frame: wrong sums, noise")
    device_id: int | None = Field(description="null: no registered device goes by this address, peer or port")
    device_no: str | None
    vendor_code: str | None
    device_kind: str | None
    location: str | None
    unit_id: int | None
    unit_no: str | None
    unit_name: str | None
    area_code: str | None


class Links(BaseModel):
    """A page of links; how many listeners run and devices are linked; duty checks of the last 30 days."""

    listeners: int
    devices_linked: int
    open: int = Field(description="requests that are not over")
    answered: int = Field(description="duty checks answered in time")
    unanswered: int = Field(description="duty checks that nobody answered")
    links: list[Link]
    next: int | None


class RequestFilter(BaseModel):
    """What narrows the requests."""

    kind: KnownRequest = Field("", max_length=40, description="such as duty_check")
    state: Literal["", "open", State] = Field("", description="open: not over; unanswered: nobody on post")
    area: str = Field("", max_length=12)
    unit_id: int | None = Field(None, ge=1, le=2**63 - 1)
    q: str = Field("", max_length=100, description="part of a unit's name or number, or of a device's number")
    before: int | None = Field(None, ge=1, le=2**63 - 1, description="requests older than this request_id")
    limit: int = Field(50, ge=1, le=500)


class DeviceRequest(BaseModel):
    """What was asked of one device, and how it ended."""

    request_id: int
    device_id: int
    device_no: str
    vendor_code: str
    unit_id: int
    unit_no: str
    unit_name: str
    area_code: str
    kind: str = Field(examples=["duty_check"])
    parameters: dict[str, Any]
    asked_by: str
    asked_at: dt.datetime
    send_by: dt.datetime = Field(description="not sent by then, it is not sent at all")
    state: State
    sends: int
    sent_at: dt.datetime | None
    answer_by: dt.datetime | None
    confirmed_at: dt.datetime | None
    answered_at: dt.datetime | None = Field(description="null after answer_by: nobody answered")
    ended_at: dt.datetime | None
    answer: dict[str, Any] | None


class Step(BaseModel):
    """A line of a request's history."""

    at: dt.datetime
    step: str
    detail: dict[str, Any]


class DeviceRequestWithSteps(DeviceRequest):
    """A request with all that happened."""

    steps: list[Step]


class DeviceRequests(BaseModel):
    """A page of requests, the newest first."""

    requests: list[DeviceRequest]
    next: int | None = Field(description="ask with before=… for older ones")


class Asking(BaseModel, extra="forbid"):
    """What to ask, and of whom: devices by number, or every device of units that speaks GB/T 26875.3."""

    kind: str = Field(max_length=40, examples=["duty_check"])
    devices: list[Annotated[int, Field(ge=1, le=2**31 - 1)]] = Field(default_factory=list, max_length=_MOST_AT_ONCE)
    units: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] = Field(default_factory=list, max_length=_MOST_AT_ONCE)
    minutes: int | None = Field(None, description="duty_check: 1 to 255, within which the key must be pressed")
    system: int | None = Field(None, description="system type of a reading of a facility, 0 to 255")
    system_address: int | None = None
    address: str | None = Field(None, max_length=20, description="a component's four bytes, in hex as the device sends")
    count: int | None = Field(None, description="records to read, 1 to 102")
    start: dt.datetime | None = Field(None, description="records from this moment on, with a time zone")
    confirm: str = Field("", max_length=64, description="initialise: the device's number, typed again")


class Asked(BaseModel):
    """The requests that were made."""

    requests: list[int]


def links(db: Database, viewer: Viewer, wanted: LinkFilter, now: dt.datetime) -> dict[str, Any]:
    """One page of links of the viewer's areas, and the counts above it."""
    parameters = {**viewer.scope, "since": now - _LATELY, "area": wanted.area or None, "unknown": wanted.unknown,
                  "limit": wanted.limit, "offset": wanted.offset}
    with db.connection() as connection:
        counts = connection.execute(_SQL["summary"], parameters).fetchone() or {}
        text = unit_search.asked(connection, wanted.q, viewer.areas)
        found = connection.execute(_SQL["links"], {**parameters, **text}, prepare=False).fetchall()
    full = len(found) == wanted.limit
    return {**counts, "links": found, "next": wanted.offset + len(found) if full else None}


def requests(db: Database, viewer: Viewer, wanted: RequestFilter, request_id: int | None = None) -> dict[str, Any]:
    """One page of requests of the viewer's areas."""
    with db.connection() as connection:
        found = connection.execute(_SQL["requests"], {
            **viewer.scope, "area": wanted.area or None, "request": request_id, "kind": wanted.kind or None,
            "state": wanted.state if wanted.state not in ("", "open") else None,
            "open": True if wanted.state == "open" else None, "unit": wanted.unit_id,
            **unit_search.asked(connection, wanted.q, viewer.areas), "before": wanted.before, "limit": wanted.limit},
            prepare=False).fetchall()
    return {"requests": found, "next": cursors.after(found, "request_id", wanted.limit)}


def one_request(db: Database, viewer: Viewer, request_id: int) -> dict[str, Any]:
    """A request of the viewer's areas with its history."""
    found = requests(db, viewer, RequestFilter.model_validate({"limit": 1}), request_id)["requests"]
    if not found:
        raise Absent("refusal.no_request", number=request_id)
    return {**found[0], "steps": db.rows(_SQL["steps"], {"request": request_id})}


def send(db: Database, viewer: Viewer, wanted: Asking, now: dt.datetime) -> list[int]:
    """Make the requests, with their trace; the listeners send them when this has committed."""
    kind = kind_of(wanted.kind)
    if kind.code == INITIALISE and viewer.role != "administrator":
        raise NotYours("refusal.initialise")
    if not wanted.devices and not wanted.units:
        raise BadField("refusal.ask_nobody")
    fields = {name: getattr(wanted, name) for name in fields_of(kind)}
    with db.connection() as connection:
        chosen = connection.execute(_SQL["devices"], {**viewer.scope, "devices": wanted.devices,
                                                      "units": wanted.units}).fetchall()
        numbers = [row["device_id"] for row in chosen]
        if not chosen or not set(wanted.devices) <= set(numbers):
            raise Absent("refusal.no_device_to_ask")
        if len(numbers) > _MOST_AT_ONCE:
            raise BadField("refusal.ask_many", most=_MOST_AT_ONCE)
        if kind.code == INITIALISE and (len(chosen) != 1 or wanted.confirm != chosen[0]["device_no"]):
            raise BadField("refusal.initialise_confirm")
        made = ask(connection, numbers, kind.code, fields, actor=viewer.username, now=now, book=rules())
        for row in chosen:
            audit.record(connection, viewer.username, "ask", "device", f"{row['vendor_code']}/{row['device_no']}", None,
                         {"kind": kind.code, **fields})
        return made


def kinds_for(viewer: Viewer) -> list[str]:
    """What an account may ask."""
    return [code for code in KINDS if code != INITIALISE or viewer.role == "administrator"]


@router.get("/api/v1/links", response_model=Links, summary="Devices linked over GB/T 26875.3 now", tags=["duty"])
def api_links(wanted: Annotated[LinkFilter, Query()], viewer: Staff, db: Db, options: Options) -> Any:
    return links(db, viewer, wanted, options.clock())


@router.get("/api/v1/device-requests", response_model=DeviceRequests,
            summary="What was asked of devices: duty checks, clocks, readings", tags=["duty"])
def api_requests(wanted: Annotated[RequestFilter, Query()], viewer: Staff, db: Db) -> Any:
    return requests(db, viewer, wanted)


@router.get("/api/v1/device-requests/{request_id}", response_model=DeviceRequestWithSteps,
            summary="One request with its history", tags=["duty"])
def api_request(request_id: RequestId, viewer: Staff, db: Db) -> Any:
    return one_request(db, viewer, request_id)


@router.post("/api/v1/device-requests", response_model=Asked, status_code=201,
             summary="Ask devices: duty check, clock setting, readings", tags=["duty"])
def api_send(body: Asking, viewer: Lead, db: Db, options: Options) -> Any:
    return {"requests": send(db, viewer, body, options.clock())}
