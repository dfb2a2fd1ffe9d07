"""MQTT packets in a block of bytes: PUBLISH is read here, a thousand at a time; every other packet is passed on. Pure.

The client library takes a packet apart byte by byte, which costs several times what storing its content costs. The
layout is that of MQTT 3.1.1 section 3.3 and MQTT 5 section 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

#: The most a remaining length can say (MQTT 5 section 1.5.5), and with it the longest packet.
LONGEST_PACKET: Final = 268_435_455
#: Packet numbers have two bytes (MQTT 5 section 2.2.1).
LARGEST_PACKET_ID: Final = 65_535
#: Bits of a PUBLISH's first byte that say it may have been delivered before: duplicate, or retained.
PERHAPS_REPEATED: Final = 8 | 1
_PUBLISH, _QOS1, _QOS2 = 3, 2, 4
_SHORTEST_HEAD = 2
_MOST_LENGTH_BYTES = 4


class MalformedPacketError(ValueError):
    """Bytes that are no MQTT packet: nothing behind them can be read, the connection must be given up."""


@dataclass(slots=True)
class Packets:
    """What a block holds, PUBLISH packets by column.

    ``heads`` are the first bytes of each PUBLISH (bits: retain 1, QoS 1 is 2, duplicate 8); ``ids`` the packet numbers,
    0 with QoS 0; ``others`` all other packets as (first byte, body); ``used`` the bytes of whole packets; ``needed``
    how many bytes the packet behind them has at least.
    """

    topics: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    others: list[tuple[int, bytes]] = field(default_factory=list)
    used: int = 0
    needed: int = _SHORTEST_HEAD


def split(data: bytes, *, is_5: bool) -> Packets:
    """Take apart the whole packets at the start of ``data``; :class:`MalformedPacketError` where they are none."""
    found = Packets()
    topic_of, payload_of = found.topics.append, found.payloads.append
    head_of, id_of = found.heads.append, found.ids.append
    at, end = 0, len(data)
    try:
        while end - at >= _SHORTEST_HEAD:
            head, length, body = data[at], data[at + 1], at + 2
            if length > 127:
                read = _length(data, at + 1, end)
                if read is None:
                    found.needed = end - at + 1
                    break
                length, body = read
            stop = body + length
            if stop > end:
                found.needed = stop - at
                break
            if head >> 4 == _PUBLISH and not head & _QOS2:
                payload_at = body + 2 + (data[body] << 8 | data[body + 1])
                topic = data[body + 2:payload_at]
                number = 0
                if head & _QOS1:
                    number = data[payload_at] << 8 | data[payload_at + 1]
                    payload_at += 2
                if is_5:
                    properties = data[payload_at]
                    payload_at += 1 + properties
                    if properties > 127:
                        payload_at = _behind_properties(data, payload_at - 1 - properties, end)
                if payload_at > stop:
                    raise MalformedPacketError("a PUBLISH packet is shorter than its own header says")
                topic_of(topic)
                payload_of(data[payload_at:stop])
                head_of(head)
                id_of(number)
            else:
                found.others.append((head, data[body:stop]))
            at = stop
    except IndexError:
        raise MalformedPacketError("a PUBLISH packet ends within its header") from None
    found.used = at
    return found


def puback_block(ids: list[int]) -> bytes:
    """The PUBACK packets for ``ids``, in order: success, without properties, which both versions write alike."""
    block = np.empty(len(ids), dtype=[("head", ">u2"), ("id", ">u2")])
    block["head"] = 0x4002
    block["id"] = ids
    return block.tobytes()


def _length(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A length of variable size and where the next byte stands; None where the block ends within it."""
    length = 0
    for place in range(_MOST_LENGTH_BYTES):
        if at + place >= end:
            return None
        byte = data[at + place]
        length |= (byte & 127) << 7 * place
        if byte < 128:
            return length, at + place + 1
    raise MalformedPacketError("the length of a packet has more than four bytes")


def _behind_properties(data: bytes, at: int, end: int) -> int:
    read = _length(data, at, end)
    if read is None:
        raise MalformedPacketError("a PUBLISH packet ends within its properties")
    return read[1] + read[0]
