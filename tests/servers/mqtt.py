"""A small MQTT client for tests: waits instead of calling back."""

from __future__ import annotations

import queue
import time
from typing import Any

import paho.mqtt.client as paho

Message = paho.MQTTMessage


class Client:
    """One connection to a broker of :mod:`tests.servers`. ``manual`` leaves every PUBACK to the test."""

    def __init__(self, broker: Any, user: str | None, client_id: str, *, clean: bool = True, manual: bool = False,
                 password: str | None = None, subscribe: tuple[str, ...] = (), version: str | None = None) -> None:
        self._broker = broker
        self._five = (version or broker.protocol) == "5"
        self.paho = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id, manual_ack=manual,
                                protocol=paho.MQTTv5 if self._five else paho.MQTTv311,
                                clean_session=None if self._five else clean)
        self._clean = clean
        if user is not None:
            self.paho.username_pw_set(user, broker.password(user) if password is None else password)
        self.paho.reconnect_delay_set(1, 1)
        self.paho.max_inflight_messages_set(1000)
        self._subscribe = subscribe
        self.messages: queue.Queue[Message] = queue.Queue()
        self.answers: queue.Queue[str] = queue.Queue()
        self.granted: queue.Queue[list[Any]] = queue.Queue()
        self._acknowledged: set[int] = set()
        self.paho.on_connect = self._connected
        self.paho.on_message = lambda client, _, message: self.messages.put(message)
        self.paho.on_publish = lambda client, _, mid, reason, properties: self._acknowledged.add(mid)
        self.paho.on_subscribe = lambda client, _, mid, codes, properties: self.granted.put(codes)

    def _connected(self, client: paho.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        if not reason.is_failure and self._subscribe:
            client.subscribe([(wanted, 1) for wanted in self._subscribe])
        self.answers.put(str(reason))

    def connect(self, timeout: float = 10.0) -> str:
        """Connect and return the broker's answer, such as ``Success`` or ``Not authorized``."""
        five: dict[str, Any] = {}
        if self._five:
            properties = paho.Properties(paho.PacketTypes.CONNECT)  # type: ignore[attr-defined]
            properties.SessionExpiryInterval = 0 if self._clean else 3600
            five = {"clean_start": self._clean, "properties": properties}
        self.paho.connect(self._broker.host, self._broker.port, keepalive=30, **five)
        self.paho.loop_start()
        return self.answers.get(timeout=timeout)

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False,
                timeout: float = 10.0) -> bool:
        """Publish and wait; True when the broker has acknowledged."""
        return self.wait_for(self.send(topic, payload, qos=qos, retain=retain), timeout)

    def send(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> int:
        """Publish without waiting, also while there is no connection; returns what to ask :meth:`has` about."""
        return self.paho.publish(topic, payload, qos=qos, retain=retain).mid

    def has(self, sent: int) -> bool:
        """Whether the broker has acknowledged what :meth:`send` returned."""
        return sent in self._acknowledged

    def wait_for(self, sent: int, timeout: float = 10.0) -> bool:
        deadline = time.monotonic() + timeout
        while not self.has(sent) and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.has(sent)

    def take(self, count: int, timeout: float = 10.0) -> list[Message]:
        """The next ``count`` messages; fewer when they don't come in time."""
        found: list[Message] = []
        deadline = time.monotonic() + timeout
        while len(found) < count:
            try:
                found.append(self.messages.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        return found

    def ack(self, message: Message) -> None:
        self.paho.ack(message.mid, message.qos)

    def vanish(self) -> None:
        """Close the socket without a DISCONNECT, as a killed process does."""
        self.paho.on_message = None
        sock = self.paho.socket()
        self.paho._thread_terminate = True
        if sock is not None:
            sock.shutdown(2)
        self.paho.loop_stop()

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
