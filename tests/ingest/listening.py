"""A listener on a real database, and devices that connect to it."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ingest.gbt26875 import Frame, FrameStream, frame_bytes
from ingest.gbt26875.times import tag_of
from ingest.links import ListenOptions, ListenService
from store import Database
from tests.ingest.conftest import register

REGISTER = """
    update devices set settings = '{"gbt26875": {"address": "64 00 00 00 00 00"}}' where device_no = 'T1';
    insert into devices (vendor_code, device_no, unit_id, kind, settings)
    select 'acme', n, unit_id, 'uitd', s::jsonb from (values
        ('T2', '{"gbt26875": {"address": 258}}'),
        ('SILENT', '{"gbt26875": {"address": "0A0B0C0D0E0F", "deny": false}}'))
        as d (n, s) cross join units where unit_no = 'U2';
"""
T1, T2 = bytes([0x64, 0, 0, 0, 0, 0]), (258).to_bytes(6, "little")
CENTRE = bytes([1, 0, 0, 0, 0, 0])


def until(found: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)
    return answer


@contextmanager
def listening(db: Database, **options: Any) -> Iterator[ListenService]:
    """A listener on ports of its own that knows the register; stopped at the end."""
    service = ListenService(db, ListenOptions(**{"host": "127.0.0.1", "tcp_port": -1, "udp_port": -1, **options}))
    failures: list[BaseException] = []

    def run() -> None:
        try:
            service.run()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        until(lambda: service.ready() or failures, what="the listener is ready")
        yield service
    finally:
        service.stop()
        thread.join(40)
    assert not thread.is_alive()
    assert not failures, failures


def city(db: Database) -> None:
    """The register of the tests, with what its transmission devices go by."""
    register(db)
    with db.connection() as connection:
        connection.execute(REGISTER)


def status(kind: int, word: int, *, point: int = 1, at: dt.datetime | None = None) -> bytes:
    """A data unit of type 1 or 2 with one object; without a moment its tag is zeros."""
    tag = tag_of(at) if at else bytes(6)
    if kind == 1:
        return bytes([1, 1, 1, point]) + word.to_bytes(2, "little") + tag
    return (bytes([2, 1, 1, 1, 42]) + point.to_bytes(2, "little") + bytes([1, 0]) + word.to_bytes(2, "little")
            + "一层走廊".encode("gb18030").ljust(31, b"\0") + tag)


def operation(flags: int, at: dt.datetime | None = None) -> bytes:
    """A data unit of type 24: the key of the transmission device."""
    return bytes([24, 1, flags, 1]) + (tag_of(at) if at else bytes(6))


class Panel:
    """A transmission device on a TCP link."""

    def __init__(self, port: int, source: bytes = T1, local: str = "127.0.0.1") -> None:
        self.source = source
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(local, 0))
        self._stream = FrameStream()
        self._got: list[Frame] = []

    def frame(self, unit: bytes, serial: int = 0, command: int = 2) -> bytes:
        return frame_bytes(serial=serial, command=command, unit=unit, source=self.source, destination=CENTRE,
                           sent=tag_of(dt.datetime.now(dt.UTC)))

    def send(self, unit: bytes, serial: int = 0, command: int = 2) -> bytes:
        raw = self.frame(unit, serial, command)
        self.socket.sendall(raw)
        return raw

    def hear(self, seconds: float = 10.0) -> Frame:
        """The next frame from the centre."""
        found = self.hear_any(seconds)
        assert found is not None, f"nothing came within {seconds:g} s"
        return found

    def hear_any(self, seconds: float) -> Frame | None:
        """The next frame from the centre, or None where none comes in time or the link is closed."""
        deadline = time.monotonic() + seconds
        while not self._got:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.socket.settimeout(left)
            try:
                data = self.socket.recv(4096)
            except TimeoutError:
                return None
            except ConnectionError:
                return None
            if not data:
                return None
            self._got += [one for one in self._stream.feed(data) if isinstance(one, Frame)]
        return self._got.pop(0)

    def is_closed(self, seconds: float = 5.0) -> bool:
        """Whether the centre closes the link in time."""
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(4096):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Panel:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()
