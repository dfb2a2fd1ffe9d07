"""Frames out of a TCP link, however the bytes are cut."""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.gbt26875 import BadBytes, Frame, FrameStream, TextBeat, find_frames, frame_bytes, payload_bytes
from ingest.gbt26875.frames import LONGEST_FRAME, byte_sum
from tests.ingest.fuzzing_gbt26875 import run as run_fuzzer

LINES = (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(encoding="utf-8").splitlines()
GOOD = [bytes.fromhex(one["hex"]) for one in map(json.loads, LINES) if one["checksum_ok"]]
HELLO = frame_bytes(unit=b"\x16")
junk = st.binary(max_size=40)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[first:last] for first, last in itertools.pairwise(places)]


@given(st.lists(st.one_of(st.sampled_from(GOOD), st.builds(lambda unit, serial: frame_bytes(unit=unit, serial=serial),
                                                           st.binary(max_size=1024), st.integers(0, 65535)))),
       st.lists(st.integers(0, 10_000), max_size=12))
def test_good_frames_come_out_whole_however_they_are_cut(frames: list[bytes], cuts: list[int]) -> None:
    stream = FrameStream()
    found = [one for piece in pieces(b"".join(frames), cuts) for one in stream.feed(piece)]
    assert [one.raw for one in found] == frames
    assert all(isinstance(one, Frame) for one in found)
    assert stream.held == 0


@given(st.lists(st.one_of(junk, st.just(b"@@"), st.just(b"##"), st.sampled_from(GOOD),
                          st.sampled_from(GOOD).map(lambda raw: raw[:-5])), max_size=8),
       st.lists(st.integers(0, 10_000), max_size=12))
def test_no_byte_is_lost_and_little_is_held(parts: list[bytes], cuts: list[int]) -> None:
    data, stream = b"".join(parts), FrameStream()
    told = b""
    for piece in pieces(data, cuts):
        told += b"".join(one.raw for one in stream.feed(piece))
        assert stream.held < LONGEST_FRAME
    assert told + b"".join(one.raw for one in stream.end()) == data
    assert stream.held == 0


@given(st.lists(st.one_of(st.sampled_from(GOOD), junk.filter(lambda one: b"@" not in one and one[:1] != b"T")),
                max_size=8), st.lists(st.integers(0, 10_000), max_size=12))
def test_a_link_and_a_payload_give_the_same_frames(parts: list[bytes], cuts: list[int]) -> None:
    data, stream = b"".join(parts), FrameStream()
    found = [one for piece in pieces(data, cuts) for one in stream.feed(piece)] + stream.end()
    assert [one for one in found if isinstance(one, Frame)] == [one for one in find_frames(data)
                                                                 if isinstance(one, Frame)]


def test_a_half_frame_waits_until_it_is_given_up() -> None:
    stream = FrameStream()
    assert stream.feed(GOOD[0][:40]) == []
    assert stream.held == 40
    (bad,) = stream.expire()
    assert isinstance(bad, BadBytes)
    assert (bad.raw, bad.reason_code, bad.head) == (GOOD[0][:40], "gbt_cut_short", GOOD[0][:27])
    assert stream.expire() == []
    (good,) = stream.feed(GOOD[1])
    assert good.raw == GOOD[1]


def test_frames_behind_a_damaged_length_are_found_when_it_is_given_up() -> None:
    damaged = bytearray(HELLO)
    damaged[24:26] = (1000).to_bytes(2, "little")
    stream = FrameStream()
    assert stream.feed(bytes(damaged) + GOOD[0] + GOOD[1][:20]) == []
    bad, good = stream.expire()
    assert isinstance(bad, BadBytes)
    assert (bad.raw, good.raw, stream.held) == (bytes(damaged), GOOD[0], 20)
    (last,) = stream.feed(GOOD[1][20:])
    assert last.raw == GOOD[1]


def test_frames_behind_a_damaged_length_are_found_once_its_bytes_are_there() -> None:
    damaged = bytearray(HELLO)
    damaged[24] = 60
    stream = FrameStream()
    assert stream.feed(bytes(damaged)) == []
    found = stream.feed(GOOD[0])
    assert [type(one) for one in found] == [BadBytes, Frame]
    assert found[0].reason_code == "gbt_end_mark"  # type: ignore[union-attr]


@pytest.mark.parametrize("length", [0x3031, 1025, 65535])
def test_a_length_no_frame_has_is_refused_at_once(length: int) -> None:
    damaged = bytearray(HELLO)
    damaged[24:26] = length.to_bytes(2, "little")
    found = FrameStream().feed(bytes(damaged) + HELLO)
    assert [one.reason_code if isinstance(one, BadBytes) else "good" for one in found] == ["gbt_length", "good"]


def test_the_longest_unit_the_standard_allows_is_taken() -> None:
    raw = frame_bytes(unit=bytes(range(256)) * 4)
    assert len(raw) == LONGEST_FRAME
    assert [one.raw for one in FrameStream().feed(raw)] == [raw]


def test_a_wrong_sum_tells_whom_to_deny() -> None:
    wrong = GOOD[0][:-3] + b"\x00" + GOOD[0][-2:]
    (bad, good) = FrameStream().feed(wrong + GOOD[1])
    assert isinstance(bad, BadBytes)
    assert (bad.reason_code, bad.head, good.raw) == ("gbt_checksum", GOOD[0][:27], GOOD[1])


@pytest.mark.parametrize("cuts", [[], [1], [2], [1, 2, 3]])
def test_a_text_keepalive_is_no_frame_and_wants_its_answer(cuts: list[int]) -> None:
    stream = FrameStream()
    found = [one for piece in pieces(b"TD" + HELLO, cuts) for one in stream.feed(piece)]
    assert [one.answer if isinstance(one, TextBeat) else one.raw for one in found] == [b"OK!", HELLO]
    (long,) = FrameStream().feed(b"TD" * 500)
    assert isinstance(long, BadBytes)
    (other,) = FrameStream({}).feed(b"TD")
    assert isinstance(other, BadBytes)


def test_many_false_starts_take_time_in_proportion_and_no_memory() -> None:
    # Each start claims a frame that ends in an end mark, so that each costs a sum.
    piece = (b"@@" + bytes(22) + (30).to_bytes(2, "little") + bytes(4)).ljust(58, b"\x01") + b"##"
    taken = []
    for many in (500, 4000):
        stream, began = FrameStream(), time.process_time()
        for _ in range(many):
            stream.feed(piece)
            assert stream.held < LONGEST_FRAME
        taken.append(time.process_time() - began)
    assert taken[1] < 60 * max(taken[0], 0.01)


@given(st.binary(max_size=1200))
def test_the_sum_is_that_of_the_bytes(data: bytes) -> None:
    assert byte_sum(data) == sum(data) % 256


@pytest.mark.parametrize("payload", [
    b'{"msg": {"type": 1, "value": "%s", "dev_id": 99}}', b'[{"value": "%s"}, {"value": "0102"}, {"x": null}]',
    b' {"a": [[["%s"]]], "b": "@"}'])
def test_hex_inside_the_json_of_an_operator_cloud_is_found(payload: bytes) -> None:
    assert payload_bytes(payload.replace(b"%s", HELLO.hex().encode())) == HELLO


@pytest.mark.parametrize("payload", [b'{"value": "zz"}', b"{broken", b"[" * 100 + b"]" * 100, b'{"value": "0102"}'])
def test_json_without_frames_stays_what_it_is(payload: bytes) -> None:
    assert payload_bytes(payload) == payload
    assert isinstance(find_frames(payload_bytes(payload))[0], BadBytes)


def test_two_pushes_in_one_envelope_keep_their_order() -> None:
    data = json.dumps({"list": [{"value": raw.hex()} for raw in GOOD[:3]]}).encode()
    assert [one.raw for one in find_frames(payload_bytes(data))] == GOOD[:3]


def test_a_round_of_the_fuzzer_finds_nothing() -> None:
    done = run_fuzzer(5_000, 20261122)
    assert done.inputs == 5_000
    assert done.frames > 1_500
    assert done.refused_units > 300
