"""Frames as datagrams: each holds whole frames, raw or as hex, and is answered to the address it came from."""

from __future__ import annotations

import asyncio
import socket
from collections import OrderedDict
from typing import Final

from ingest.errors import IngestError
from ingest.gbt26875.frames import SHORT_BEAT, BadBytes, find_frames, payload_bytes
from ingest.gbt26875.stream import TEXT_KEEPALIVES, Found, TextBeat, short_beat
from ingest.links.peer import UdpPeer
from ingest.links.reception import Reception

_LONGEST: Final = 65_535
#: So many datagrams are read before the links get their turn again.
_AT_ONCE: Final = 64
_RECEIVE_BUFFER: Final = 4 << 20


class Datagrams:
    """The UDP port. While too much waits to be stored it reads nothing: what the system's buffer can't hold is lost,
    unconfirmed, and sent again by its device."""

    def __init__(self, reception: Reception, host: str, port: int) -> None:
        self._reception = reception
        try:
            family, _, _, _, where = socket.getaddrinfo(host, max(port, 0), type=socket.SOCK_DGRAM,
                                                        flags=socket.AI_PASSIVE)[0]
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._socket.setblocking(False)
            self._socket.bind(where)
        except OSError as error:
            raise IngestError(f"UDP port {port} on {host} can't be used: {error.strerror}") from None
        self.port: int = self._socket.getsockname()[1]
        self._peers: OrderedDict[tuple[str, int], UdpPeer] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_reading = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._read_on()

    def __len__(self) -> int:
        return len(self._peers)

    def _read_on(self) -> None:
        if self._loop is not None and not self._is_reading:
            self._loop.add_reader(self._socket.fileno(), self._read)
            self._is_reading = True

    def _read(self) -> None:
        intake = self._reception.intake
        for _ in range(_AT_ONCE):
            if intake is not None and intake.is_full:
                self._rest()
                return
            try:
                data, where = self._socket.recvfrom(_LONGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an earlier reply came back as unreachable
            self._take(data, (where[0], where[1]))

    def _rest(self) -> None:
        if self._loop is not None and self._is_reading:
            self._loop.remove_reader(self._socket.fileno())
            self._is_reading = False

    def _take(self, data: bytes, where: tuple[str, int]) -> None:
        peer = self._peers.get(where)
        if peer is None:
            if len(self._peers) >= self._reception.options.udp_peers:
                self._peers.popitem(last=False)[1].close("udp_peers")
            peer = self._peers[where] = UdpPeer(self._reception, self._socket, where, self.port)
        self._peers.move_to_end(where)
        if peer.is_paused:
            self._reception.metrics.dropped.labels("udp_window").inc()
            return
        self._reception.take(peer, _found(data), self._reception.now())

    def sweep(self, now: float) -> None:
        """Forget who was silent for too long, and read on when there is room again."""
        limit = now - self._reception.options.idle_seconds
        while self._peers:
            where, peer = next(iter(self._peers.items()))
            if peer.heard >= limit:
                break
            del self._peers[where]
            peer.close("idle")
        intake = self._reception.intake
        if intake is None or intake.has_room:
            self._read_on()

    def rest(self) -> None:
        """Take nothing more in; what is confirmed can still be sent."""
        self._rest()
        self._loop = None

    def close(self) -> None:
        self.rest()
        self._socket.close()


def _found(data: bytes) -> list[Found]:
    for text, answer in TEXT_KEEPALIVES.items():
        if data.startswith(text):
            return [TextBeat(data, answer)]
    found: list[Found] = [short_beat(one) if isinstance(one, BadBytes) and one.reason_code == SHORT_BEAT else one
                          for one in find_frames(payload_bytes(data))]
    return found or [BadBytes(data, "empty", "the datagram is empty")]
