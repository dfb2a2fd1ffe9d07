"""A vendor's gateway with a memory: publishes QoS 1, keeps each message until its PUBACK, writes the ledger.

A process of its own, so that it can live in a network of its own. It speaks MQTT 5 itself: what it sent how often and
what was acknowledged is then known exactly, not as a library tells it. Commands come as lines on standard input
(``rate 500``, ``finish``); once a second a line ``sent acknowledged outstanding`` goes to standard output.
"""

from __future__ import annotations

import argparse
import select
import socket
import struct
import sys
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TextIO

from tests.soak.traffic import WINDOW, Traffic

IN_FLIGHT = 1000
_TICK = 0.005
_KEEPALIVE = 10
_PING_AFTER = 2.0
#: Without a word for so long the connection is given up; a broker that saves a long queue may be silent for seconds.
_SILENCE = 8.0
_CONNECT_SECONDS = 3.0
_FINISH_SECONDS = 180.0
_NO_SESSION_TIME = 3600


class Publisher:
    """One connection at a time, made again whenever it is lost; what is unacknowledged is then sent again."""

    def __init__(self, host: str, port: int, user: str, password: str, traffic: Traffic, ledger: TextIO,
                 rate: float) -> None:
        self._address, self._user, self._password = (host, port), user, password
        self._traffic, self._ledger, self.rate = traffic, ledger, rate
        self._order = traffic.order()
        self._outstanding: OrderedDict[int, tuple[int, str, bytes]] = OrderedDict()
        self._socket: socket.socket | None = None
        self._out, self._in = bytearray(), bytearray()
        self._last_id = 0
        self._heard = self._said = 0.0
        self.sent = self.acknowledged = 0
        self.is_finishing = False

    def run(self) -> bool:
        """Publish until told to finish; whether all was acknowledged in the end."""
        owed, before, told, finish_by = 0.0, time.monotonic(), 0.0, 0.0
        while True:
            now = time.monotonic()
            owed, before = min(owed + (now - before) * self.rate, max(self.rate / 5, 1.0)), now
            if self.is_finishing:
                finish_by = finish_by or now + _FINISH_SECONDS
                if (self.sent % WINDOW == 0 and not self._outstanding) or now > finish_by:
                    break
                # A whole window leaves, so that no alarm stays without its restore.
                owed = float(-self.sent % WINDOW)
            if self._socket is None and not self._connect():
                time.sleep(0.2)
                continue
            try:
                while owed >= 1 and len(self._outstanding) < IN_FLIGHT:
                    self._publish(next(self._order))
                    owed -= 1
                self._exchange(now)
            except OSError:
                self._drop()
            if now - told >= 1:
                told = now
                self._tell()
        self._tell()
        return not self._outstanding

    def _tell(self) -> None:
        if self._traffic.plain:
            # Plain numbers leave in order: the ledger of a long run need not name each.
            self._ledger.write(f"t {time.time_ns() // 1_000_000} {self.sent} {self.acknowledged}\n")
        self._ledger.flush()
        print(self.sent, self.acknowledged, len(self._outstanding), flush=True)

    def _connect(self) -> bool:
        try:
            connection = socket.create_connection(self._address, timeout=_CONNECT_SECONDS)
        except OSError:
            return False
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            body = (_text("MQTT") + b"\x05" + bytes([0b11000000]) + struct.pack("!H", _KEEPALIVE)
                    + b"\x05\x11" + struct.pack("!I", _NO_SESSION_TIME) + _text("soak-publisher") + _text(self._user)
                    + _text(self._password))
            connection.sendall(b"\x10" + _length(len(body)) + body)
            answer = connection.recv(4096)
        except OSError:
            connection.close()
            return False
        if len(answer) < 4 or answer[0] != 0x20 or answer[3] != 0:
            connection.close()
            if answer:
                raise SystemExit(f"the broker refuses the publisher: {answer.hex()}")
            return False
        connection.setblocking(False)
        self._socket, self._out, self._in = connection, bytearray(), bytearray()
        self._heard = self._said = time.monotonic()
        for packet_id, (number, topic, payload) in self._outstanding.items():
            self._put(packet_id, number, topic, payload, 0x3A)
        return True

    def _publish(self, number: int) -> None:
        self._last_id = self._last_id % 65535 + 1
        while self._last_id in self._outstanding:
            self._last_id = self._last_id % 65535 + 1
        topic, payload = self._traffic.message(number)
        self._outstanding[self._last_id] = number, topic, payload
        self.sent += 1
        self._put(self._last_id, number, topic, payload, 0x32)

    def _put(self, packet_id: int, number: int, topic: str, payload: bytes, first: int) -> None:
        # Written before it leaves: what is in no ledger was never sent.
        if not self._traffic.plain:
            self._ledger.write(f"s {number} {time.time_ns() // 1_000_000}\n")
        body = _text(topic) + struct.pack("!H", packet_id) + b"\x00" + payload
        self._out += bytes([first]) + _length(len(body)) + body

    def _exchange(self, now: float) -> None:
        connection = self._socket
        assert connection is not None
        if not self._out and now - self._said > _PING_AFTER:
            self._out += b"\xc0\x00"
        readable, writable, _ = select.select([connection], [connection] if self._out else [], [], _TICK)
        if writable:
            taken = connection.send(self._out)
            del self._out[:taken]
            self._said = now
        if readable:
            block = connection.recv(65536)
            if not block:
                raise OSError("the broker closed the connection")
            self._heard = now
            self._in += block
            self._read()
        elif now - self._heard > _SILENCE:
            raise OSError("the broker is silent")

    def _read(self) -> None:
        """Take the acknowledgements out of what has come; other packets of the broker need no answer."""
        block, place = self._in, 0
        moment = time.time_ns() // 1_000_000
        while len(block) - place >= 2:
            size = block[place + 1]
            if size > 127:
                raise OSError("a longer packet than any that a publisher is sent")
            if len(block) - place < 2 + size:
                break
            if block[place] == 0x40:
                packet_id = int.from_bytes(block[place + 2:place + 4], "big")
                code = block[place + 4] if size > 2 else 0
                held = self._outstanding.pop(packet_id, None)
                if held is not None and code < 128:
                    self.acknowledged += 1
                    if not self._traffic.plain:
                        self._ledger.write(f"a {held[0]} {moment} {code}\n")
                elif held is not None:
                    raise SystemExit(f"the broker refuses message {held[0]} with reason {code}")
            place += 2 + size
        del block[:place]

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("!H", len(raw)) + raw


def _length(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number % 128 | 0x80)
        number //= 128
    found.append(number)
    return bytes(found)


def _listen(publisher: Publisher) -> None:
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "rate":
            publisher.rate = float(rest[0])
        elif word == "finish":
            publisher.is_finishing = True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--start-ms", type=int, required=True)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--ledger", type=Path, required=True)
    options = parser.parse_args()
    with options.ledger.open("w", encoding="ascii") as ledger:
        publisher = Publisher(options.host, options.port, options.user, options.password,
                              Traffic(options.seed, options.start_ms, options.plain), ledger, options.rate)
        threading.Thread(target=_listen, args=(publisher,), daemon=True).start()
        return 0 if publisher.run() else 3


if __name__ == "__main__":
    sys.exit(main())
