"""What came over one connection in one read, by column: a message is made an object only where something is odd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.messages import Message
from ingest.packets import PERHAPS_REPEATED

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(slots=True)
class Arrivals:
    """Messages in order of arrival, see :class:`ingest.packets.Packets` for the columns.

    Message ``n`` was received ``n`` microseconds after ``received_us`` (microseconds since 1970 UTC), so that no two
    messages of a process share a time of receipt. ``session`` is the client id the broker knows us by and
    ``generation`` the connection: an acknowledgement goes back over the same one. ``sizes`` has the true size of each
    payload that was cut. ``number`` of a QoS 0 message is above 65535, that of a retried one stays.
    """

    topics: Sequence[bytes]
    payloads: list[bytes]
    heads: Sequence[int]
    ids: Sequence[int]
    received_us: int
    size: int
    session: str = ""
    generation: int = 0
    sizes: dict[int, int] = field(default_factory=dict)
    #: The batch was tried before, and may have been committed without our hearing so.
    is_retried: bool = False
    #: See :attr:`ingest.messages.Message.way`.
    way: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def message(self, at: int) -> Message:
        """The message at a place as an object of its own."""
        payload, head = self.payloads[at], self.heads[at]
        try:
            topic = self.topics[at].decode("utf-8")
        except UnicodeDecodeError:
            topic = "(a topic that is not UTF-8)"
        return Message(topic, payload, moment(self.received_us + at), self.sizes.get(at, len(payload)),
                       self.ids[at] or _unnumbered(self.received_us + at), self.generation,
                       redelivered=self.is_retried or bool(head & PERHAPS_REPEATED), session=self.session,
                       way=self.way)

    def messages(self) -> Iterator[Message]:
        """All messages, in order."""
        return map(self.message, range(len(self)))


def moment(microseconds: int) -> dt.datetime:
    """Microseconds since 1970 as a time in UTC."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)


def microseconds(time: dt.datetime) -> int:
    """A time as microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def _unnumbered(received_us: int) -> int:
    """A number for a QoS 0 message, which the broker gives none: known again only when the batch itself is retried."""
    return received_us << 16 | 0xFFFF
