"""What a centre sends and how it answers, and what the device's frames mean for it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gbt26875 import BadUnit, DeviceSettings, Frame, find_frames, frame_bytes
from ingest.gbt26875.answers import answer, deny, heartbeat, reply
from ingest.gbt26875.downstream import (
    BY_TYPE,
    KINDS,
    Asked,
    Outcome,
    Request,
    RequestError,
    duty_check,
    initialise,
    is_duty_answer,
    outcome,
    read,
    read_request,
    set_clock,
)
from ingest.gbt26875.frames import LONGEST_UNIT, BadBytes
from ingest.gbt26875.tables import TYPES
from ingest.gbt26875.times import tag_of, time_of

LINES = (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(encoding="utf-8").splitlines()
PUBLIC = [bytes.fromhex(json.loads(line)["hex"]) for line in LINES]
CHINA = dt.timezone(dt.timedelta(hours=8))
SENT = dt.datetime(2012, 9, 26, 9, 58, 32, tzinfo=CHINA)
DEVICE, CENTRE = bytes.fromhex("790300000000"), bytes.fromhex("385b01000000")
TAG = tag_of(dt.datetime(2012, 9, 26, 9, 58, 35, tzinfo=CHINA))
PLAIN = DeviceSettings()
address = st.binary(min_size=4, max_size=4)
tag = st.integers(0, 3_000_000_000).map(lambda seconds: tag_of(dt.datetime(2000, 1, 1, tzinfo=CHINA)
                                                               + dt.timedelta(seconds=seconds)))


def one(raw: bytes | None) -> Frame:
    assert raw is not None
    (frame,) = find_frames(raw)
    assert isinstance(frame, Frame), frame
    return frame


def asked(kind_code: str) -> st.SearchStrategy[Asked]:
    fields = KINDS[kind_code].fields
    byte = st.integers(0, 255)
    parts = {"system": byte, "system_address": byte, "component": address, "records": st.integers(1, 102), "since": tag,
             "minutes": st.integers(1, 255), "time": tag}
    return st.fixed_dictionaries({name: parts[name] for name in fields}).map(lambda told: Asked(**told))


def test_the_public_duty_check_is_made_byte_for_byte() -> None:
    assert duty_check(10).frame(1, SENT, centre=CENTRE, device=DEVICE) == PUBLIC[6]


def test_the_public_confirm_is_made_byte_for_byte() -> None:
    assert answer(one(PUBLIC[0]), TAG, PLAIN) == PUBLIC[1]


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_is_one_type_of_the_standard_within_its_bounds(code: str) -> None:
    kind = KINDS[code]
    assert kind.type in TYPES
    assert 2 + kind.most * kind.size <= LONGEST_UNIT
    assert kind.command == (1 if kind.type >= 89 else 4)
    assert kind.answer is None or kind.answer in TYPES
    assert kind.name.zh
    assert BY_TYPE[kind.type] is kind


@pytest.mark.parametrize(("code", "size", "most"), [
    ("read_system_status", 2, 102), ("read_component_status", 6, 22), ("read_component_value", 6, 63),
    ("read_facility_operations", 9, 1), ("read_facility_version", 2, 1), ("read_system_configuration", 2, 3),
    ("read_component_configuration", 6, 26), ("read_facility_clock", 2, 1), ("read_status", 1, 1),
    ("read_operations", 7, 1), ("read_version", 1, 1), ("read_configuration", 1, 1), ("read_clock", 1, 1)])
def test_requests_have_the_sizes_of_the_table_and_no_more_objects(code: str, size: int, most: int) -> None:
    object_ = Asked(1, 2, b"\x01\0\x02\0", records=1, since=TAG)
    request = read(code, [object_] * most)
    assert request.unit[:2] == bytes([request.kind.type, most])
    assert len(request.unit) == 2 + most * size
    with pytest.raises(RequestError, match=f"takes 1 to {most} objects"):
        read(code, [object_] * (most + 1))


@given(st.data())
def test_what_is_asked_is_read_back(data: st.DataObject) -> None:
    kind = KINDS[data.draw(st.sampled_from([code for code in KINDS if code.startswith("read")]))]
    objects = data.draw(st.lists(asked(kind.code), min_size=1, max_size=kind.most))
    request = read(kind.code, objects)
    frame = one(request.frame(7, SENT, centre=CENTRE, device=DEVICE))
    assert (frame.command, frame.serial, frame.source, frame.destination) == (kind.command, 7, CENTRE, DEVICE)
    assert read_request(frame.unit) == objects


@given(st.binary(max_size=1024))
def test_no_request_breaks_its_reader(unit: bytes) -> None:
    found = read_request(unit)
    assert isinstance(found, BadUnit) or len(found) <= 255


def test_a_clock_is_set_in_the_time_of_china() -> None:
    request = set_clock(dt.datetime(2026, 12, 31, 17, 0, 9, tzinfo=dt.UTC))
    assert time_of(request.unit[2:]) == dt.datetime(2027, 1, 1, 1, 0, 9, tzinfo=CHINA)
    assert initialise().unit == bytes([89, 1, 0])


@pytest.mark.parametrize(("make", "reason"), [
    (lambda: duty_check(0), "the time limit in minutes must be a whole number from 1 to 255, not 0"),
    (lambda: duty_check(256), "from 1 to 255"), (lambda: duty_check(True), "from 1 to 255"),
    (lambda: set_clock(dt.datetime(2026, 1, 1)), "say its time zone"),  # noqa: DTZ001  that is the point
    (lambda: set_clock(dt.datetime(1999, 1, 1, tzinfo=CHINA)), "2000 to 2099"),
    (lambda: read("nosuch"), "is nothing that can be read from a device; say one of read_system_status"),
    (lambda: read("set_clock"), "is nothing that can be read"), (lambda: read("read_system_status"), "takes 1 to 102"),
    (lambda: read("read_system_status", [Asked(256, 0)]), "the system type must be a whole number from 0 to 255"),
    (lambda: read("read_component_status", [Asked(1, 1, b"abc")]), "the component address must be 4 bytes"),
    (lambda: read("read_operations", [Asked(records=103, since=TAG)]), "the number of records must be"),
])
def test_what_can_not_be_asked_is_refused_in_one_sentence(make: object, reason: str) -> None:
    with pytest.raises(RequestError) as refused:
        make()  # type: ignore[operator]
    assert reason in str(refused.value)
    assert refused.value.status == 422


def from_device(command: int, unit: bytes = b"", serial: int = 7) -> Frame:
    return one(frame_bytes(serial=serial, command=command, unit=unit, source=DEVICE, destination=CENTRE))


@pytest.mark.parametrize(("request_", "frame", "found"), [
    (duty_check(5), from_device(3), Outcome.CONFIRMED), (duty_check(5), from_device(6), Outcome.DENIED),
    (duty_check(5), from_device(3, serial=8), None), (duty_check(5), from_device(2), None),
    (duty_check(5), from_device(2, bytes([24, 1, 0x20, 1]) + TAG, serial=900), Outcome.ANSWERED),
    (duty_check(5), from_device(2, bytes([24, 2, 0x01, 1]) + TAG + b"\x20\x01" + TAG, serial=900), Outcome.ANSWERED),
    (duty_check(5), from_device(2, bytes([24, 1, 0x10, 1]) + TAG), None),
    (read("read_status"), from_device(5, bytes([21, 1, 8]) + TAG), Outcome.ANSWERED),
    (read("read_status"), from_device(5, bytes([25, 1, 8, 8])), None),
    (read("read_status"), from_device(5, bytes([21, 1, 8]) + TAG, serial=9), None),
    (read("read_status"), from_device(6), Outcome.DENIED),
])
def test_a_frame_means_something_for_the_request_whose_serial_it_repeats(request_: Request, frame: Frame,
                                                                       found: Outcome | None) -> None:
    assert outcome(request_, 7, frame) is found


def test_the_public_duty_answer_is_one() -> None:
    assert is_duty_answer(one(PUBLIC[3]))
    assert outcome(duty_check(5), 900, one(PUBLIC[3])) is Outcome.ANSWERED
    assert outcome(read("read_status"), 900, one(PUBLIC[3])) is None


@pytest.mark.parametrize("raw", [raw for raw in PUBLIC if isinstance(find_frames(raw)[0], Frame)])
def test_an_answer_swaps_the_addresses_and_repeats_serial_and_versions(raw: bytes) -> None:
    frame = one(raw)
    told = answer(frame, TAG, PLAIN)
    if frame.command != 2:
        assert told is None
        return
    back = one(told)
    assert (back.source, back.destination, back.serial) == (frame.destination, frame.source, frame.serial)
    assert (back.main_version, back.user_version, back.sent) == (frame.main_version, frame.user_version, TAG)
    assert (back.command, back.unit) == (3, b"\x17" if frame.unit == b"\x16" else b"")


def test_a_request_for_the_time_is_answered_by_the_time() -> None:
    asks = DeviceSettings.of({"gbt26875": {"time_request": [161]}})
    frame = from_device(2, bytes([161, 1, 0]))
    back = one(answer(frame, TAG, asks))
    assert (back.command, back.serial, back.unit) == (1, 7, bytes([90, 1]) + TAG)
    assert one(answer(frame, TAG, PLAIN)).command == 3


@pytest.mark.parametrize(("command", "reply_"), [(0, 6), (7, 6), (127, 6), (128, 3), (254, 3), (1, None), (3, None),
                                                 (4, None), (5, None), (6, None)])
def test_commands_of_a_vendor_are_confirmed_and_reserved_ones_denied(command: int, reply_: int | None) -> None:
    back = answer(from_device(command), TAG, PLAIN)
    assert (None if back is None else one(back).command) == reply_


def test_a_damaged_frame_is_denied_unless_the_device_loops_on_denials() -> None:
    (bad,) = find_frames(PUBLIC[10])
    assert isinstance(bad, BadBytes)
    back = one(deny(bad.head, TAG, PLAIN))
    assert (back.command, back.unit, back.destination) == (6, b"", PUBLIC[10][12:18])
    assert deny(bad.head, TAG, DeviceSettings.of({"gbt26875": {"deny": False}})) is None
    assert deny(bad.head[:-1], TAG) is None
    assert deny(b"", TAG) is None


def test_a_heartbeat_is_a_packet_without_data() -> None:
    frame = one(heartbeat(9, PUBLIC[15][6:12], source=bytes(6), destination=PUBLIC[15][18:24]))
    assert (frame.serial, frame.command, frame.unit, len(frame.raw)) == (9, 2, b"", 30)
    assert one(reply(frame.raw, 3, TAG)).command == 3
