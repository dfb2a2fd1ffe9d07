"""What the fleet says, before any broker: reproducible, each vendor for itself, and true to its ledger."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from policy import rules
from simulators.city import generate
from simulators.errors import SimulatorError
from simulators.fleet import FAULT_LEVELS, FleetDevice, Message, Traffic, read_devices, read_logins
from simulators.fleet.dialects import ALIASES, uses_frames

START = int(dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC).timestamp() * 1000)
DEVICES = [FleetDevice(vendor, f"{vendor}-{kind}-{number}", kind)
           for vendor in ("anning", "tianshui", "xunjie", "hongyan")
           for kind in ("uitd", "smoke", "water_pressure", "water_level", "electrical", "gas") for number in range(3)]


def _messages(faults: str, count: int, *, seed: int = 4, devices: list[FleetDevice] = DEVICES, step_ms: int = 50,
              events_per_minute: float = 200.0) -> list[Message]:
    traffic = Traffic(devices, seed, FAULT_LEVELS[faults], start_ms=START, events_per_minute=events_per_minute)
    return [message for turn in range(count) for message in traffic.next(START + turn * step_ms)]


def _frames(payload: bytes) -> list[bytes]:
    data = payload if payload.startswith(b"@@") else bytes.fromhex(payload.decode())
    frames = []
    while data:
        length = 30 + int.from_bytes(data[24:26], "little")
        frames.append(data[:length])
        data = data[length:]
    return frames


def test_the_same_seed_says_the_same_and_another_seed_something_else() -> None:
    first, again, other = (_messages("high", 3000, seed=seed) for seed in (4, 4, 5))
    assert first == again
    assert first != other


def test_without_faults_every_message_is_to_be_stored_but_those_without_a_time() -> None:
    messages = _messages("none", 4000)
    assert {message.fault for message in messages} == {None, "no_time"}
    assert all(message.expect == "stored" for message in messages if message.fault is None)
    assert all(message.readings or message.events or message.form == "gbt26875" for message in messages
               if message.expect == "stored")


def test_high_faults_bring_every_kind_of_trouble_and_low_faults_little() -> None:
    counts = collections.Counter(message.fault for message in _messages("high", 8000))
    assert {"duplicate", "late", "garbage", "clock", "storm"} <= set(counts)
    low = collections.Counter(message.fault for message in _messages("low", 8000))
    assert sum(count for fault, count in low.items() if fault not in (None, "no_time")) < .04 * 8000


def test_each_vendor_speaks_only_under_its_own_topics() -> None:
    for message in _messages("high", 4000):
        assert message.topic.split("/")[:3] == ["huoyan", "v1", message.vendor]
        assert message.topic.split("/")[4] == message.form


def test_no_two_reports_of_a_device_share_a_moment_unless_they_are_the_same_report() -> None:
    seen: dict[tuple[str, str, int | None], float] = {}
    for message in _messages("high", 12_000, step_ms=1):
        if message.expect == "stored" and message.fault != "duplicate":
            for device, metric, ts, value in message.readings:
                assert (device, metric, ts) not in seen
                seen[device, metric, ts] = value
    assert len(seen) > 8000


def test_a_duplicate_is_the_same_bytes_as_the_message_before_it() -> None:
    messages = _messages("high", 4000)
    twins = [(before, after) for before, after in itertools.pairwise(messages)
             if after.fault == "duplicate"]
    assert twins
    for before, after in twins:
        assert (before.topic, before.payload, before.readings) == (after.topic, after.payload, after.readings)
        assert before.key != after.key


def test_the_record_of_a_json_message_is_what_its_bytes_say() -> None:
    back = {key: (metric, factor) for metric, (key, factor, _) in ALIASES.items()}
    checked = 0
    for message in _messages("high", 4000):
        if message.form != "telemetry" or message.expect != "stored":
            continue
        body, told = orjson.loads(message.payload), []
        device = message.topic.split("/")[3]
        parts = list(body.items()) if device == "gateway" else [(device, body if isinstance(body, list) else [body])]
        for number, records in parts:
            for record in records:
                values = record.get("values") or {key: value for key, value in record.items() if key != "ts"}
                ts = record["ts"] if isinstance(record["ts"], int) else int(
                    dt.datetime.fromisoformat(record["ts"]).timestamp() * 1000)
                for key, value in values.items():
                    metric, factor = back[key] if device == "gateway" else (key, 1.0)
                    told.append((number, metric, ts, round(value * factor, 6)))
        assert told == list(message.readings)
        checked += 1
    assert checked > 1500


def test_the_keys_and_factors_are_those_of_the_catalogue() -> None:
    catalogue = {metric["code"]: metric for metric in rules().value("metrics.catalogue", dt.date(2026, 3, 2))}
    for metric, (key, factor, _) in ALIASES.items():
        known = {metric: 1} | {alias["key"]: alias["factor"] for alias in catalogue[metric]["aliases"]}
        assert known[key] == factor


def test_frames_go_out_as_bytes_by_one_vendor_and_as_hex_text_by_another_with_right_sums() -> None:
    forms = collections.Counter()
    for message in _messages("none", 4000):
        if message.form == "gbt26875":
            forms[message.vendor, message.payload.startswith(b"@@")] += 1
            for frame in _frames(message.payload):
                assert frame[-3] == sum(frame[2:-3]) % 256
                assert frame[27] in (1, 2, 3, 21)
    assert set(forms) == {("hongyan", True), ("xunjie", False)}


def test_a_condition_that_began_is_restored_later_under_the_same_name() -> None:
    open_conditions: set[tuple[str, str, str | None]] = set()
    restored = 0
    for message in _messages("none", 40_000, step_ms=1000, events_per_minute=1.0):
        if message.form != "event":
            continue
        for device, kind, point, active, _ in message.events:
            if active:
                assert (device, kind, point) not in open_conditions
                open_conditions.add((device, kind, point))
            else:
                open_conditions.remove((device, kind, point))
                restored += 1
    assert restored > 100


def test_what_was_open_in_the_history_is_restored_as_it_was_reported() -> None:
    devices = [FleetDevice("hongyan", "00000000000A", "uitd", open=(("shielded", "2-33"),))]
    messages = _messages("none", 2000, devices=devices, step_ms=15_000, events_per_minute=0)
    restores = [event for message in messages for event in message.events]
    assert [(kind, point, active) for _, kind, point, active, _ in restores] == [("shielded", "2-33", False)]
    assert any(message.form == "event" for message in messages)


def test_a_silent_device_says_nothing_and_comes_back() -> None:
    devices = [FleetDevice("anning", "A", "electrical", "offline"), FleetDevice("anning", "B", "electrical")]
    messages = _messages("none", 3000, devices=devices, step_ms=15_000, events_per_minute=0)
    first = next(message.key for message in messages if message.topic.split("/")[3] == "A")
    assert first > 50


def test_a_device_that_is_ill_shows_it_and_a_healthy_one_stays_in_its_range() -> None:
    ill = [dataclasses.replace(device, health=health) for device, health in (
        (DEVICES[6], "pressure_low"), (DEVICES[12], "leakage_over"))]
    low = [reading for message in _messages("none", 30, devices=ill[:1], events_per_minute=0)
           for reading in message.readings if reading[1] == "water_pressure"]
    assert min(value for *_, value in low) < .1
    over = [reading for message in _messages("none", 30, devices=ill[1:], events_per_minute=0)
            for reading in message.readings if reading[1] == "residual_current"]
    assert max(value for *_, value in over) > 300
    values = [reading[3] for message in _messages("none", 20, devices=DEVICES[6:7], events_per_minute=0)
              for reading in message.readings if reading[1] == "water_pressure"]
    assert all(.2 < value < .6 for value in values)


def test_mains_devices_take_more_turns_than_battery_devices() -> None:
    counts = collections.Counter(message.topic.split("/")[3].split("-")[1]
                                 for message in _messages("none", 20_000, events_per_minute=0, devices=[
                                     device for device in DEVICES if device.vendor == "anning"]))
    assert counts["uitd"] > counts["electrical"] > counts["gas"] > counts["smoke"] > 0


def test_a_storm_is_dozens_of_conditions_of_one_panel_at_once() -> None:
    storms = [message for message in _messages("high", 20_000) if message.fault == "storm"]
    assert len(storms) >= 20
    assert all(message.expect == "stored" for message in storms)


def test_unknown_vendors_speak_too() -> None:
    devices = [FleetDevice(f"vendor{number}", f"D{number}", "uitd") for number in range(12)]
    assert {uses_frames(device) for device in devices} == {True, False}
    assert _messages("high", 500, devices=devices)


def test_the_devices_of_a_city_can_be_read_back(tmp_path: Path) -> None:
    rows = generate(3, units=40, devices=90, until=dt.date(2026, 3, 2), days=30).fleet_devices()
    path = tmp_path / "devices.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    devices = read_devices(path)
    assert [(device.vendor, device.device_no) for device in devices] == [(row["vendor"], row["device_no"])
                                                                         for row in rows]
    assert Traffic(devices, 1, FAULT_LEVELS["high"], start_ms=START).next(START)


GOOD = {"vendor": "anning", "device_no": "A1", "kind": "smoke"}


@pytest.mark.parametrize(("read", "text", "says"), [
    (read_devices, "[", "is not JSON"),
    (read_devices, "{}", "holds no devices"),
    (read_devices, "[]", "holds no devices"),
    (read_devices, "[1]", "device 1: an object"),
    (read_devices, json.dumps([GOOD, {**GOOD, "kind": "toaster"}]), "device 2: 'toaster' is not a kind"),
    (read_devices, json.dumps([{**GOOD, "device_no": "a/b"}]), "can't be a device number"),
    (read_devices, json.dumps([{**GOOD, "vendor": "A B"}]), "is not a vendor code"),
    (read_devices, json.dumps([GOOD, GOOD]), "anning/A1 is there twice"),
    (read_devices, json.dumps([{**GOOD, "open": "x"}]), "open is a list"),
    (read_logins, "[]", "holds no logins"),
    (read_logins, '{"anning": 5}', "holds no logins"),
])
def test_a_file_that_can_t_be_used_is_named_in_one_sentence(tmp_path: Path, read: Callable[[Path], object], text: str,
                                                             says: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SimulatorError, match=says) as told:
        read(path)
    assert "\n" not in str(told.value)
    with pytest.raises(SimulatorError, match="can't be read"):
        read(tmp_path / "missing.json")
