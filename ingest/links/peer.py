"""One sender of frames: a TCP link, or a UDP address. Thousands are held, so each is a few hundred bytes."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
from typing import TYPE_CHECKING, Final, cast

from ingest.gbt26875.stream import FrameStream
from ingest.links.identity import Known
from ingest.links.readdress import origin

if TYPE_CHECKING:
    from ingest.links.reception import Reception

#: What one read takes at most. Small, because a link that is told to wait has read this much beyond its window.
READ_BYTES: Final = 4096
# Replies are 30 bytes: who leaves this many bytes of them unread does not read at all.
_UNREAD_BYTES: Final = 32_768
_USER_TIMEOUT_MS: Final = 30_000
_KEEPALIVE: Final = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 20), (socket.TCP_KEEPCNT, 3))
# Every link reads into it: a read and its use follow each other without a pause in one thread.
_BUFFER: Final = memoryview(bytearray(READ_BYTES))


class Peer:
    """What is known of a sender. Times are of the steady clock, but for ``since`` and ``heard_at``."""

    __slots__ = ("address", "bad", "centre", "clock_asked", "frames", "half_since", "heard", "heard_at", "host",
                 "is_ended", "is_paused", "is_told", "known", "next_at", "number", "port", "reception", "serial",
                 "shown", "since", "stream", "unstored")

    transport_name = ""

    def __init__(self, reception: Reception, host: str, remote_port: int, port: int) -> None:
        self.reception = reception
        self.host, self.port = host, port
        self.shown = f"[{host}]:{remote_port}" if ":" in host else f"{host}:{remote_port}"
        self.stream = FrameStream()
        self.since = self.heard_at = self.next_at = dt.datetime.now(dt.UTC)
        self.heard = reception.now()
        self.number = reception.next_number()
        self.half_since = self.clock_asked = 0.0
        self.frames = self.bad = self.unstored = self.serial = 0
        self.known: Known | None = None
        #: The addresses in its newest frame, as it writes them: its own, and ours.
        self.address = self.centre = bytes(6)
        self.is_paused = self.is_ended = self.is_told = False

    def topic(self, raw: bytes) -> str:
        """Where quarantine says a frame of no registered device came from."""
        return origin(self.transport_name, self.port, self.host, raw)

    @property
    def is_open(self) -> bool:
        """Whether something can be sent to it."""
        raise NotImplementedError

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        """Read no more from it for now; what comes as a datagram is dropped, to be sent again."""
        self.is_paused = True

    def resume(self) -> None:
        """Read from it again."""
        self.is_paused = False

    def close(self, reason: str) -> None:
        """End it from our side."""

    def settle(self) -> None:
        """End a link whose device has said its last, once everything of it is stored and answered."""


class Link(Peer, asyncio.BufferedProtocol):
    """A TCP link."""

    __slots__ = ("_transport",)

    transport_name = "tcp"

    def __init__(self, reception: Reception, port: int) -> None:
        self._transport: asyncio.Transport | None = None
        self.reception = reception
        self.port = port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        where = transport.get_extra_info("peername")
        if not where:
            self._transport.abort()  # gone before it was taken
            return
        super().__init__(self.reception, where[0].removeprefix("::ffff:"), where[1], self.port)
        refusal = self.reception.admit(self)
        if refusal is not None:
            self._transport.abort()
            return
        connected = transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (*_KEEPALIVE, (socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS), (socket.TCP_NODELAY, 1)):
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
        self._transport.set_write_buffer_limits(high=_UNREAD_BYTES)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        self.reception.received(self, bytes(_BUFFER[:nbytes]))

    def eof_received(self) -> bool:
        self.is_ended = True
        self.reception.ended(self)
        return self.unstored > 0  # kept open for writing until what it sent is confirmed

    def pause_writing(self) -> None:
        self.reception.metrics.closed.labels("unread").inc()
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        known = hasattr(self, "number")
        self._transport = None
        if known:
            self.reception.lost(self)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def pause(self) -> None:
        if self._transport is not None and not self.is_paused and not self._transport.is_closing():
            self.is_paused = True
            if self._transport.is_reading():
                self._transport.pause_reading()

    def resume(self) -> None:
        if self.is_paused:
            self.is_paused = False
            if self._transport is not None and not self._transport.is_closing() and not self.is_ended:
                self._transport.resume_reading()

    def close(self, reason: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self.reception.metrics.closed.labels(reason).inc()
            self._transport.close()

    def settle(self) -> None:
        if self.is_ended and self.unstored <= 0 and self._transport is not None:
            self._transport.close()


class UdpPeer(Peer):
    """A sender of datagrams, remembered while it is heard now and then."""

    __slots__ = ("_socket", "_where")

    transport_name = "udp"

    def __init__(self, reception: Reception, udp: socket.socket, where: tuple[str, int], port: int) -> None:
        super().__init__(reception, where[0].removeprefix("::ffff:"), where[1], port)
        self._socket: socket.socket | None = udp
        self._where = where

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def send(self, data: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.sendto(data, self._where)
            except OSError:
                # No room or no way there: as if it were lost on the way, the device sends again.
                self.reception.metrics.dropped.labels("udp_send").inc()

    def close(self, reason: str) -> None:
        if self._socket is not None:
            self._socket = None
            self.reception.lost(self)
