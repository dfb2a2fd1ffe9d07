"""What the routes about vendors take and give."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

TRIAL_MOST = 200_000


class VendorRow(BaseModel):
    """A vendor in the list; messages and refused pieces are of the last 24 hours."""

    vendor_code: str
    name: str
    status: str = Field(examples=["active", "suspended"])
    devices: int
    valid_keys: int
    messages: int
    refused: int


class SignUp(BaseModel, extra="forbid"):
    """A new vendor."""

    vendor_code: str = Field(max_length=64, examples=["acme"])
    name: str = Field(max_length=200, examples=["示例厂商"])
    note: str = Field("", max_length=200, description="what its first key is for")


class MadeKey(BaseModel):
    """A key just made. The password is in this answer and never again in any other."""

    vendor_code: str
    key_no: int
    login: str = Field(description="user name at the broker", examples=["acme.k2"])
    kind: str
    password: str | None


class NewKeyForm(BaseModel, extra="forbid"):
    """A new password key beside those there are."""

    note: str = Field("", max_length=200)
    end_others_at: dt.datetime | None = Field(None, description="gives every other valid key this end")


class KeyRow(BaseModel):
    """A key as it stands; its secret is nowhere."""

    vendor_code: str
    key_no: int
    login: str
    kind: str = Field(examples=["password", "certificate"])
    state: str = Field(examples=["valid", "ending", "ended", "expired", "revoked"])
    certificate_serial: str | None
    certificate_ends_at: dt.datetime | None
    note: str
    created_at: dt.datetime
    created_by: str
    ends_at: dt.datetime | None
    revoked_at: dt.datetime | None
    revoked_by: str | None


class Limits(BaseModel, extra="forbid"):
    """How much telemetry a vendor may send; null where policy's limit holds. Alarms and events have no limit."""

    messages_per_second: float | None = None
    message_burst: float | None = None
    bytes_per_second: float | None = None
    byte_burst: float | None = None
    payload_bytes: int | None = None


class VendorChange(BaseModel, extra="forbid"):
    """What changes of a vendor; a limit that is not named stays, null goes back to policy's."""

    name: str | None = Field(None, max_length=200)
    status: Literal["active", "suspended"] | None = None
    limits: Limits | None = None


class VendorState(BaseModel):
    """How the active devices of a vendor stand."""

    devices: int
    online: int
    offline: int
    unheard: int = Field(description="never heard")
    last_heard: dt.datetime | None


class Overview(BaseModel):
    """A vendor with its devices, its limits and what of it is in quarantine, by reason."""

    vendor_code: str
    name: str
    status: str
    state: VendorState
    limits: dict[str, float | int | None] = Field(description="what holds: its own, or policy's")
    own_limits: dict[str, float | int | None]
    quarantine: list[dict[str, Any]]


class Counts(BaseModel):
    """What was sent: ``readings`` are values and states taken in, ``refused`` pieces that went to quarantine."""

    messages: int
    bytes: int
    readings: int
    events: int
    refused: int


class DayCounts(Counts):
    """A legal day."""

    day: dt.date
    forms: dict[str, Counts]


class HourCounts(Counts):
    """An hour, by its beginning."""

    hour: dt.datetime
    forms: dict[str, Counts]


class FormCounts(Counts):
    """A form over all the days asked for."""

    form: str


class Sent(BaseModel):
    """What a vendor sent, the newest first; days and hours without a message are there with zeros."""

    days: list[DayCounts]
    hours: list[HourCounts]
    forms: list[FormCounts]


class VendorDevice(BaseModel):
    """A device of a vendor: when it was heard and what it said last, by metric as [value, time]."""

    device_no: str
    kind: str
    location: str | None
    status: str
    unit_name: str
    online: bool | None
    last_ts: dt.datetime | None
    last_received_at: dt.datetime | None
    values: dict[str, Any]


class VendorDevices(BaseModel):
    """A page of a vendor's devices."""

    total: int
    rows: list[VendorDevice]
    next: int | None


class VendorEvent(BaseModel):
    """An event that was stored. ``ts`` is the time it stands under, ``device_ts`` what the device said."""

    device_no: str
    kind: str = Field(examples=["fire_alarm"])
    point: str
    active: bool = Field(description="false: it was restored")
    ts: dt.datetime
    device_ts: dt.datetime | None
    received_at: dt.datetime


class TrialForm(BaseModel, extra="forbid"):
    """A message to try. ``device`` is a number or ``gateway``."""

    device: str = Field(max_length=64, examples=["P-0007"])
    form: str = Field("telemetry", max_length=64, examples=["telemetry", "event", "gbt26875"])
    payload: str = Field(max_length=TRIAL_MOST, examples=['{"water_pressure": 0.52}'])
    encoding: Literal["text", "hex"] = "text"


class TrialRow(BaseModel):
    """Something that would be stored. ``note``: receipt, repeated, contradiction, if_held, or empty."""

    device_no: str
    what: str = Field(examples=["reading", "state", "event", "restore"])
    name: str
    text: str
    unit: str
    ts: dt.datetime
    note: str


class TrialRefusal(BaseModel):
    """Something that would go to quarantine."""

    reason_code: str
    reason: str
    payload: str = Field(description="the piece that would wait there, as text or hex, cut")


class TrialAnswer(BaseModel):
    """What would become of the message; nothing was stored."""

    topic: str
    clean: bool
    heard: bool = Field(description="a device of it would count as heard")
    rows: list[TrialRow]
    more: int = Field(description="rows that were left off")
    refusals: list[TrialRefusal]
