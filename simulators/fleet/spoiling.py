"""Messages that are wrong on purpose: clocks that lie, and bytes that mean nothing."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import orjson

from simulators.city.model import SHANGHAI
from simulators.fleet import dialects, gbt26875
from simulators.fleet.behaviour import DeviceState
from simulators.fleet.dialects import Wire
from simulators.fleet.faults import GARBAGE

_DAY_MS = 86_400_000


def wrong_clock(rng: random.Random, state: DeviceState, now_ms: int, how: str) -> Wire:
    """A report with a time that is zero, ahead, years off, or BCD taken for a number."""
    values, now = state.measure(), dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC)
    wrong_ms = {"zero": 0, "ahead": now_ms + rng.randint(1, 40 * 24) * 3_600_000,
                "years_off": now_ms - rng.randint(3, 20) * 365 * _DAY_MS,
                "bcd": int(now.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"))}[how]
    if dialects.uses_frames(state.device):
        tag = gbt26875.NO_CLOCK if how == "zero" else gbt26875.bcd_time_tag(now) if how == "bcd" else (
            gbt26875.time_tag(dt.datetime.fromtimestamp(wrong_ms / 1000, dt.UTC)))
        return dialects.frame_telemetry(state, now_ms, values, tag)
    body = {"ts": wrong_ms, "values": values}
    return Wire(dialects.topic(state.device, "telemetry"), orjson.dumps(body), "telemetry")


def garbage(rng: random.Random, state: DeviceState, now_ms: int) -> Wire:
    """Something that can't be stored, or not as it stands."""
    device = state.device
    values = state.measure()
    if dialects.uses_frames(device) and rng.random() < .7:
        frame = bytearray(dialects.frame_telemetry(state, now_ms, values).payload)
        broken = rng.randrange(len(frame))
        frame[broken] ^= 0x01 << rng.randrange(4)
        return Wire(dialects.topic(device, "gbt26875"), bytes(frame), "gbt26875")
    how = rng.choice(GARBAGE)
    metric = next(iter(values))
    good: Any = {"ts": now_ms, "values": values}
    payload = {
        "bytes": rng.randbytes(rng.randint(1, 200)), "cut": orjson.dumps(good)[:-rng.randint(1, 12)],
        "text": b"AT+CSQ OK", "list": b"[1,2,3]", "empty": b"",
        "unknown_metric": orjson.dumps({"ts": now_ms, "values": {"no_such_quantity": 1}}),
        "unknown_device": orjson.dumps(good),
        "wrong_type": orjson.dumps({"ts": now_ms, "values": {metric: "N/A"}}),
        "out_of_range": orjson.dumps({"ts": now_ms, "values": {metric: 9_999_999}}),
    }[how]
    place = f"huoyan/v1/{device.vendor}/NO-SUCH-DEVICE/telemetry" if how == "unknown_device" else (
        dialects.topic(device, "telemetry"))
    return Wire(place, payload, "telemetry")
