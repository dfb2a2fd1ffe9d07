"""The frames a simulated panel link sends are those of GB/T 26875.3."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from simulators.fleet import gbt26875
from simulators.fleet.gbt26875 import Frame

CHINA = ZoneInfo("Asia/Shanghai")
SENT = dt.datetime(2012, 9, 26, 9, 58, 32, tzinfo=CHINA)
HAPPENED = dt.datetime(2012, 9, 26, 9, 58, 2, tzinfo=CHINA)
DEVICE, CENTRE = 889, 88888


def test_a_public_fire_frame_of_type_2_is_made_byte_for_byte() -> None:
    data = bytearray(gbt26875.component_status([
        (1, 1, 40, gbt26875.component_place(10, 2), gbt26875.status_word({"fire_alarm"}, gbt26875.COMPONENT_BITS,
                                                                         normal=False),
         " " * 30, gbt26875.time_tag(HAPPENED))]))
    frame = Frame(1, DEVICE, CENTRE, gbt26875.time_tag(SENT), bytes(data)).encode()
    assert frame == bytes.fromhex(
        "404001000101203A091A090C790300000000385B0100000030000202010101280A00020002002020202020202020202020202020202020"
        "2020202020202020202020202000023A091A090C462323")


def test_a_public_status_frame_of_type_21_is_made_byte_for_byte() -> None:
    data = gbt26875.device_status(1 << gbt26875.DEVICE_BITS["mains_fault"], gbt26875.time_tag(HAPPENED))
    assert Frame(1, DEVICE, CENTRE, gbt26875.time_tag(SENT), data).encode() == bytes.fromhex(
        "404001000101203A091A090C790300000000385B010000000900021501"
        "08023A091A090C422323")


def test_a_public_status_frame_of_type_1_is_made_byte_for_byte() -> None:
    word = gbt26875.status_word({"mains_fault", "manual_mode"}, gbt26875.SYSTEM_BITS)
    assert word == 0x0901
    happened = dt.datetime(2017, 6, 22, 10, 12, 13, tzinfo=CHINA)
    sent = dt.datetime(2017, 6, 22, 14, 2, 13, tzinfo=CHINA)
    data = gbt26875.system_status([(203, 2, word, gbt26875.time_tag(happened))])
    assert Frame(1, 1, 0, gbt26875.time_tag(sent), data).encode() == bytes.fromhex(
        "4040010001010D020E1606110100000000000000000000000C00020101CB0201090D0C0A160611852323")


def test_a_public_confirm_frame_without_data_is_made_byte_for_byte() -> None:
    sent = dt.datetime(2012, 9, 26, 9, 58, 35, tzinfo=CHINA)
    frame = Frame(1, CENTRE, DEVICE, gbt26875.time_tag(sent), command=gbt26875.CONFIRM)
    assert frame.encode() == bytes.fromhex("404001000101233A091A090C385B01000000790300000000000003AB2323")


@given(st.integers(0, 0xFFFF), st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1), st.binary(max_size=1024),
       st.integers(946_684_800, 4_102_000_000).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC)))
def test_every_frame_has_the_layout_of_the_standard(serial: int, source: int, destination: int, data: bytes,
                                                    sent: dt.datetime) -> None:
    frame = Frame(serial, source, destination, gbt26875.time_tag(sent), data).encode()
    assert frame[:2] == b"@@"
    assert frame[-2:] == b"##"
    assert len(frame) == 30 + len(data)
    assert int.from_bytes(frame[2:4], "little") == serial
    assert int.from_bytes(frame[12:18], "little") == source
    assert int.from_bytes(frame[18:24], "little") == destination
    assert int.from_bytes(frame[24:26], "little") == len(data)
    assert frame[27:27 + len(data)] == data
    assert frame[-3] == sum(frame[2:-3]) % 256
    second, minute, hour, day, month, year = frame[6:12]
    assert dt.datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA) == sent


@given(st.text(max_size=40))
def test_a_description_fills_31_bytes_and_never_cuts_a_character(text: str) -> None:
    text = text.encode("gb18030", "ignore").decode("gb18030").replace("\0", "")
    described = gbt26875.description(text)
    assert len(described) == 31
    assert text.startswith(described.rstrip(b"\0").decode("gb18030"))


def test_a_bcd_clock_shows_the_digits_as_hex() -> None:
    assert gbt26875.bcd_time_tag(SENT).hex() == "325809260912"
