"""What a simulated transmission device and the person on post answer."""

from __future__ import annotations

import datetime as dt

import pytest

from ingest.gbt26875 import Frame, find_frames, frame_bytes
from ingest.gbt26875.downstream import Outcome, outcome, read, set_clock
from ingest.gbt26875.downstream import duty_check as check
from simulators.fleet.post import is_manned, replies

NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)
CENTRE, DEVICE = bytes(6), bytes([7, 0, 0, 0, 0, 0])
TOPICS = [f"huoyan/v1/anning/AN-{number}/gbt26875" for number in range(60)]
MANNED, EMPTY = next(filter(is_manned, TOPICS)), next(one for one in TOPICS if not is_manned(one))


def frames(payload: bytes) -> Frame:
    (found,) = find_frames(payload)
    assert isinstance(found, Frame)
    return found


def test_a_duty_check_is_confirmed_at_once_and_answered_by_the_person_where_the_post_is_manned() -> None:
    request = check(5)
    raw = request.frame(9, NOW, centre=CENTRE, device=DEVICE)
    confirm, key = replies(f"{MANNED}/down", raw, NOW)
    assert (confirm.topic, confirm.after) == (MANNED, 0)
    assert outcome(request, 9, frames(confirm.payload)) is Outcome.CONFIRMED
    assert frames(confirm.payload).source == DEVICE
    assert outcome(request, 9, frames(key.payload)) is Outcome.ANSWERED
    assert 4 <= key.after < 25
    assert len(replies(f"{EMPTY}/down", raw, NOW)) == 1


def test_who_is_asked_in_hex_answers_in_hex() -> None:
    raw = set_clock(NOW).frame(3, NOW, centre=CENTRE, device=DEVICE)
    (confirm,) = replies(f"{MANNED}/down", raw.hex().upper().encode(), NOW)
    assert frames(bytes.fromhex(confirm.payload.decode())).command == 3


@pytest.mark.parametrize("code", ["read_status", "read_version", "read_clock"])
def test_readings_of_the_device_itself_are_answered(code: str) -> None:
    request = read(code)
    (found,) = replies(f"{MANNED}/down", request.frame(4, NOW, centre=CENTRE, device=DEVICE), NOW)
    assert outcome(request, 4, frames(found.payload)) is Outcome.ANSWERED


def test_what_it_does_not_know_is_denied() -> None:
    request = read("read_configuration")
    (found,) = replies(f"{MANNED}/down", request.frame(4, NOW, centre=CENTRE, device=DEVICE), NOW)
    assert outcome(request, 4, frames(found.payload)) is Outcome.DENIED


@pytest.mark.parametrize("payload", [b"", b"@@", b"zz", b"\xff" * 40, frame_bytes(command=3), frame_bytes(command=1),
                                     b"@@" + bytes(40)])
def test_what_is_no_request_is_not_answered(payload: bytes) -> None:
    assert replies(f"{MANNED}/down", payload, NOW) == []
