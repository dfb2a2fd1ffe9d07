"""Packets out of blocks of bytes: whatever the cut, whatever the bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.packets import MalformedPacketError, Packets, puback_block, split


def length(number: int) -> bytes:
    made = bytearray()
    while True:
        number, low = divmod(number, 128)
        made.append(low | (128 if number else 0))
        if not number:
            return bytes(made)


def publish(topic: bytes, payload: bytes, *, number: int = 0, is_5: bool = True, properties: bytes = b"",
            bits: int = 0) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if number else b"")
    if is_5:
        body += length(len(properties)) + properties
    body += payload
    return bytes([0x30 | bits | (2 if number else 0)]) + length(len(body)) + body


def all_of(data: bytes, cuts: list[int], *, is_5: bool) -> Packets:
    """What comes of bytes that arrive in pieces."""
    whole, held = Packets(), b""
    for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True):
        held += data[start:stop]
        found = split(held, is_5=is_5)
        assert found.used <= len(held)
        for name in ("topics", "payloads", "heads", "ids", "others"):
            getattr(whole, name).extend(getattr(found, name))
        held = held[found.used:]
    assert held == b""
    return whole


messages = st.tuples(st.binary(max_size=40), st.binary(max_size=300), st.integers(0, 65535), st.sampled_from([0, 1, 8]),
                     st.binary(max_size=200))


@given(sent=st.lists(messages, max_size=12), is_5=st.booleans(), data=st.data())
def test_what_was_sent_comes_out_whatever_the_pieces_it_arrives_in(sent: list[tuple[bytes, bytes, int, int, bytes]],
                                                                  is_5: bool, data: st.DataObject) -> None:
    block = b"".join(publish(topic, payload, number=number, is_5=is_5, bits=bits, properties=properties)
                     for topic, payload, number, bits, properties in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(block)), max_size=6)))
    found = all_of(block, cuts, is_5=is_5)
    assert list(zip(found.topics, found.payloads, found.ids, strict=True)) == [
        (topic, payload, number) for topic, payload, number, _, _ in sent]
    assert [head & 9 for head in found.heads] == [bits for _, _, _, bits, _ in sent]


def test_every_other_packet_is_passed_on_as_it_is() -> None:
    connack, ping, qos2 = b"\x20\x03\0\0\0", b"\xd0\0", b"\x34\x08\0\1t\0\1\0xy"
    found = all_of(connack + publish(b"t", b"x", number=7) + ping + qos2, [], is_5=True)
    assert found.others == [(0x20, b"\0\0\0"), (0xD0, b""), (0x34, qos2[2:])]
    assert found.ids == [7]


def test_a_long_packet_says_how_much_of_it_is_still_to_come() -> None:
    whole = publish(b"t", bytes(100_000), number=1)
    found = split(whole[:5000], is_5=True)
    assert (found.used, found.needed, found.ids) == (0, len(whole), [])


@pytest.mark.parametrize("block", [
    b"\x32\x03\0\x09t",  # the topic is longer than the packet
    b"\x30\x04\0\1t\x7f",  # the properties are
    b"\x32\xff\xff\xff\xff\x7f",  # a length of five bytes
    b"\x32\x02\0\0",  # no room for the number
])
def test_a_packet_that_contradicts_itself_ends_the_connection(block: bytes) -> None:
    with pytest.raises(MalformedPacketError):
        split(block, is_5=True)


@given(st.binary(max_size=400), st.booleans())
def test_bytes_without_meaning_do_no_harm(block: bytes, is_5: bool) -> None:
    try:
        found = split(block, is_5=is_5)
    except MalformedPacketError:
        return
    assert found.used <= len(block)
    assert found.used + found.needed > len(block)


@given(st.lists(st.integers(1, 65535), max_size=50))
def test_acknowledgements_are_packets_of_four_bytes_in_order(ids: list[int]) -> None:
    assert puback_block(ids) == b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in ids)
