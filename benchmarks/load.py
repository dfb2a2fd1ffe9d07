"""What is published: messages with known rows, as packets made beforehand, by a publisher that costs little."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.servers.mosquitto import Mosquitto

DEVICES = 500
VALUES = 3
_CODES = ("water_pressure", "battery", "temperature")
_LARGEST_ID = 65_535
_IN_FLIGHT = 20_000

REGISTER = """
insert into areas (area_code, level, name_zh) values ('990000', 'city', '示范市');
insert into areas (area_code, parent_code, level, name_zh) values ('990101', '990000', 'district', '火眼区');
insert into units (unit_no, name, area_code, kind)
select 'U' || n, '单位' || n, '990101', 'hotel' from generate_series(1, 100) n;
insert into vendors (vendor_code, name) values ('bench', '测量');
insert into devices (vendor_code, device_no, unit_id, kind)
select 'bench', 'D' || n, unit_id, 'water_pressure'
from generate_series(0, 499) n join units on unit_no = 'U' || (n % 100 + 1);
insert into devices (vendor_code, device_no, unit_id, kind)
select 'bench', 'watched', min(unit_id), 'water_pressure' from units;
"""


@dataclass(frozen=True)
class Load:
    """Messages and the rows they must come to, as columns: device number, milliseconds since 1970, value by metric."""

    topics: list[str]
    payloads: list[bytes]
    device: NDArray[np.int64]
    ts: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def messages(self) -> int:
        return len(self.topics)

    @property
    def rows(self) -> int:
        """Rows that must be stored."""
        return int(self.values.size)

    def wanted(self) -> list[tuple[str, str, int, float]]:
        """Device, metric, moment and value of every row, sorted."""
        return sorted((f"D{device}", code, int(ts), float(value))
                      for place, code in enumerate(_CODES)
                      for device, ts, value in zip(self.device.tolist(), self.ts.tolist(),
                                                   self.values[:, place].tolist(), strict=True))


def single(messages: int, moment: int) -> Load:
    """A message of three values each, of 500 devices in turn; another ``moment`` is another hour of the past."""
    device, ts, values = _rows(messages, moment)
    payloads = [json.dumps({"ts": at, "values": dict(zip(_CODES, row, strict=True))}).encode()
                for at, row in zip(ts.tolist(), values.tolist(), strict=True)]
    return Load([f"huoyan/v1/bench/D{one}/telemetry" for one in device.tolist()], payloads, device, ts, values)


def gateway(messages: int, moment: int, records: int = 34) -> Load:
    """Gateway messages of ``records`` records of three values each, about 100 values a message."""
    device, ts, values = _rows(messages * records, moment)
    payloads = []
    for start in range(0, len(ts), records):
        part = slice(start, start + records)
        payloads.append(json.dumps({
            f"D{one}": [{"ts": at, "values": dict(zip(_CODES, row, strict=True))}]
            for one, at, row in zip(device[part].tolist(), ts[part].tolist(), values[part].tolist(),
                                    strict=True)}).encode())
    return Load(["huoyan/v1/bench/gateway/telemetry"] * messages, payloads, device, ts, values)


def _rows(count: int, moment: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    number = np.arange(count)
    start = int(time.time() * 1000) - 3_600_000 * (moment + 1)
    values = np.stack([np.round(0.30 + (number % 100) / 1000, 3), 60.0 + number % 40,
                       np.round(18.0 + (number % 70) / 10, 1)], axis=1)
    return number % DEVICES, start + number // DEVICES, values


def packets(topics: list[str], payloads: list[bytes]) -> list[bytes]:
    """QoS 1 PUBLISH packets of MQTT 3.1.1, numbered from 1 on and round."""
    made = []
    for number, (topic, payload) in enumerate(zip(topics, payloads, strict=True)):
        name = topic.encode()
        body = (len(name).to_bytes(2, "big") + name + (number % _LARGEST_ID + 1).to_bytes(2, "big") + payload)
        made.append(b"\x32" + _length(len(body)) + body)
    return made


def _length(number: int) -> bytes:
    made = bytearray()
    while True:
        number, low = divmod(number, 128)
        made.append(low | (128 if number else 0))
        if not number:
            return bytes(made)


class Publisher:
    """A connection that sends packets made beforehand and counts the acknowledgements."""

    def __init__(self, broker: Mosquitto, client_id: str) -> None:
        self._socket = socket.create_connection((broker.host, broker.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = client_id.encode()
        body = b"\0\4MQTT\4\2\0\0" + len(name).to_bytes(2, "big") + name
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        if self._socket.recv(4)[3:] != b"\0":
            raise RuntimeError("the broker refused the publisher")
        self.acknowledged = 0
        self._sent = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        held = 0
        while data := self._socket.recv(65_536):
            held += len(data)
            self.acknowledged, held = self.acknowledged + held // 4, held % 4

    def send(self, made: list[bytes]) -> None:
        """Send packets, with a bounded number of them unacknowledged."""
        for start in range(0, len(made), 500):
            while self._sent - self.acknowledged > _IN_FLIGHT:
                time.sleep(0.002)
            part = made[start:start + 500]
            self._socket.sendall(b"".join(part))
            self._sent += len(part)

    def settle(self, patience: float = 120.0) -> None:
        """Wait until the broker has acknowledged everything."""
        deadline = time.monotonic() + patience
        while self.acknowledged < self._sent:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the broker acknowledged {self.acknowledged} of {self._sent} messages")
            time.sleep(0.01)

    def close(self) -> None:
        self._socket.sendall(b"\xe0\0")
        self._socket.close()


@contextmanager
def publisher(broker: Mosquitto, client_id: str = "benchmark-publisher") -> Iterator[Publisher]:
    """A :class:`Publisher`, closed at the end."""
    made = Publisher(broker, client_id)
    try:
        yield made
    finally:
        made.close()


def publish(broker: Mosquitto, load: Load) -> None:
    """Publish a load as fast as the broker takes it."""
    with publisher(broker) as sender:
        sender.send(packets(load.topics, load.payloads))
        sender.settle()


class Steady(threading.Thread):
    """Publishes devices' messages at a steady rate until it is stopped; ``behind`` is how late it was at most."""

    def __init__(self, broker: Mosquitto, rate: int, start_ms: int) -> None:
        super().__init__(daemon=True)
        self._broker, self._rate, self._start_ms = broker, rate, start_ms
        self._is_stopping = False
        self.sent = 0
        self.behind = 0.0
        self.failure: BaseException | None = None

    def stop(self) -> None:
        self._is_stopping = True
        self.join()
        if self.failure:
            raise self.failure

    def run(self) -> None:
        try:
            self._run()
        except BaseException as error:
            self.failure = error

    def _run(self) -> None:
        tick = 0.02
        topics = [f"huoyan/v1/bench/D{number}/telemetry" for number in range(DEVICES)]
        with publisher(self._broker, "benchmark-steady") as sender:
            began = time.perf_counter()
            ticks = 0
            while not self._is_stopping:
                ticks += 1
                wanted = int(ticks * tick * self._rate)
                numbers = range(self.sent, wanted)
                payloads = [b'{"ts":%d,"values":{"water_pressure":0.31,"battery":%d,"temperature":21.5}}'
                            % (self._start_ms + number // DEVICES, 60 + number % 40) for number in numbers]
                sender.send(packets([topics[number % DEVICES] for number in numbers], payloads))
                self.sent = wanted
                late = time.perf_counter() - began - ticks * tick
                self.behind = max(self.behind, late)
                time.sleep(max(0.0, -late))
            sender.settle()


def answer(found: Any) -> Any:
    """A value that must be there."""
    if found is None:
        raise RuntimeError("the database gave no answer")
    return found
