"""One vendor's MQTT connection: QoS 1, a message is kept until its PUBACK and sent again after a reconnect.

What the centre asks of the vendor's transmission devices is answered (see :mod:`simulators.fleet.post`).
"""

from __future__ import annotations

import datetime as dt
import heapq
import queue
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.errors import SimulatorError
from simulators.fleet.message import Message
from simulators.fleet.post import replies

PROTOCOLS = {"5": mqtt.MQTTv5, "3.1.1": mqtt.MQTTv311}
_CONNECT_SECONDS = 15.0
_IN_FLIGHT = 400
_MOST_ASKED = 1000
_REFUSED = 128
"""MQTT 5 reason codes from here on say that the broker did not take the message."""


@dataclass(frozen=True)
class Sent:
    """A message that went out at ``sent_ms`` and waits for its PUBACK."""

    message: Message
    sent_ms: int


class VendorSession:
    """Publishes for one vendor. All methods are for one thread; the network thread only fills queues."""

    def __init__(self, vendor: str, host: str, port: int, *, protocol: str, password: str | None,
                 client_id: str) -> None:
        self.vendor, self._address = vendor, f"{host}:{port}"
        self._host, self._port, self._version = host, port, PROTOCOLS[protocol]
        self._waiting: dict[int, Sent] = {}
        self._acks: queue.SimpleQueue[tuple[int, int, bool]] = queue.SimpleQueue()
        self._answer: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
        self._asked: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self._replies: list[tuple[float, str, bytes]] = []
        self.reconnects, self.refused = -1, 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=self._version,
                                   clean_session=None if protocol == "5" else False)
        if password is not None:
            self._client.username_pw_set(vendor, password)
        self._client.max_inflight_messages_set(_IN_FLIGHT)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message

    def open(self) -> None:
        """Connect; SimulatorError says why that is not possible."""
        properties = None
        if self._version == mqtt.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = 3600
        try:
            self._client.connect(self._host, self._port, keepalive=30, properties=properties)
        except (OSError, ValueError) as error:
            raise SimulatorError(f"the MQTT broker at {self._address} can't be reached: {error}") from None
        self._client.loop_start()
        try:
            reason = self._answer.get(timeout=_CONNECT_SECONDS)
        except queue.Empty:
            self.close()
            raise SimulatorError(f"the MQTT broker at {self._address} does not answer: is it one?") from None
        if reason.is_failure:
            self.close()
            raise SimulatorError(f"the MQTT broker at {self._address} refuses the login {self.vendor}: {reason}")

    @property
    def unacknowledged(self) -> int:
        """Messages without a PUBACK so far."""
        return len(self._waiting)

    def publish(self, message: Message) -> None:
        """Hand a message to the client, which keeps it until the PUBACK; never blocks for the network."""
        info = self._client.publish(message.topic, message.payload, qos=1)
        self._waiting[info.mid] = Sent(message, time.time_ns() // 1_000_000)

    def acknowledged(self) -> list[tuple[Sent, int]]:
        """Messages whose PUBACK has come since the last call, with its time in ms.

        A PUBACK can be queued before :meth:`publish` has returned. Both are called by one thread, so it is read after.
        """
        found = []
        with suppress(queue.Empty):
            while True:
                mid, at_ms, taken = self._acks.get_nowait()
                sent = self._waiting.pop(mid, None)
                if sent is None:
                    continue
                if taken:
                    found.append((sent, at_ms))
                else:
                    self.refused += 1
        return found

    def answer(self) -> None:
        """Publish what is due of the devices' answers to the centre."""
        now = time.monotonic()
        with suppress(queue.Empty):
            while True:
                for one in replies(*self._asked.get_nowait(), dt.datetime.now(dt.UTC)):
                    heapq.heappush(self._replies, (now + one.after, one.topic, one.payload))
        while self._replies and self._replies[0][0] <= now:
            _, topic, payload = heapq.heappop(self._replies)
            self._client.publish(topic, payload, qos=1)

    def cut(self) -> None:
        """Break the connection as a lost network does; the client connects again and repeats what is unacknowledged."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Leave in order."""
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._asked.qsize() < _MOST_ASKED:
            self._asked.put((message.topic, bytes(message.payload)))

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        if not reason.is_failure:
            self.reconnects += 1
            client.subscribe(f"huoyan/v1/{self.vendor}/+/gbt26875/down", qos=0)
        if self.reconnects <= 0:
            self._answer.put(reason)

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        # Called under the client's own lock: to take one of ours here while publish() waits for it would deadlock.
        self._acks.put((mid, time.time_ns() // 1_000_000, reason.value < _REFUSED))
