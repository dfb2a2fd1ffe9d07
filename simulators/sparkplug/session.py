"""An edge node's MQTT connection: births after each connect, its will, and an answer to a request for a rebirth."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from simulators.errors import SimulatorError
from simulators.sparkplug.node import EdgeNode, Outgoing

PROTOCOLS = {"5": mqtt.MQTTv5, "3.1.1": mqtt.MQTTv311}
_CONNECT_SECONDS = 15.0


class EdgeSession:
    """Publishes for one edge node. ``rebirths`` counts the requests that were answered.

    Sparkplug has births and data go out at QoS 0, which the broker may lose; ``qos`` 1 departs from it.
    """

    def __init__(self, node: EdgeNode, host: str, port: int, *, password: str | None = None, protocol: str = "5",
                 tls_ca: str | None = None, qos: int = 0) -> None:
        self._node, self._host, self._port, self._qos = node, host, port, qos
        # The node's numbers are given and published as one step, whichever thread does it.
        self._lock = threading.Lock()
        self._answer: queue.SimpleQueue[ReasonCode] = queue.SimpleQueue()
        self.rebirths = 0
        version = PROTOCOLS[protocol]
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"{node.group}-{node.edge}", protocol=version,
                                   clean_session=None if version == mqtt.MQTTv5 else True)
        if password is not None:
            self._client.username_pw_set(node.group, password)
        if tls_ca is not None:
            self._client.tls_set(ca_certs=tls_ca)
        self._client.reconnect_delay_set(1, 10)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect

    def open(self) -> None:
        """Connect and tell the births; SimulatorError says why that is not possible."""
        self._set_will()
        try:
            self._client.connect(self._host, self._port, keepalive=10)
        except (OSError, ValueError) as error:
            raise SimulatorError(f"the MQTT broker at {self._host}:{self._port} can't be reached: {error}") from None
        self._client.loop_start()
        try:
            reason = self._answer.get(timeout=_CONNECT_SECONDS)
        except queue.Empty:
            self.close()
            raise SimulatorError(f"the MQTT broker at {self._host}:{self._port} does not answer: is it one?") from None
        if reason.is_failure:
            self.close()
            raise SimulatorError(f"the MQTT broker at {self._host}:{self._port} refuses the login {self._node.group}: "
                                 f"{reason}")

    def send(self, make: Callable[[EdgeNode, int], Outgoing | list[Outgoing]]) -> None:
        """Publish what ``make`` gives for the node and the time in milliseconds."""
        with self._lock:
            made = make(self._node, time.time_ns() // 1_000_000)
            for one in made if isinstance(made, list) else [made]:
                self._client.publish(one.topic, one.payload, qos=self._qos)

    def cut(self) -> None:
        """Break the connection as a lost network does: the broker publishes the will, the client connects again."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Say the death oneself, since a goodbye keeps the broker from it, and leave."""
        if self._client.is_connected():
            death = self._will
            self._client.publish(death.topic, death.payload, qos=1).wait_for_publish(5)
        self._client.disconnect()
        self._client.loop_stop()

    def _set_will(self) -> None:
        self._will = self._node.connect()
        self._client.will_set(self._will.topic, self._will.payload, qos=1)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: mqtt.ConnectFlags, reason: ReasonCode,
                    _properties: Properties | None) -> None:
        if not reason.is_failure:
            client.subscribe([(topic, 1) for topic in self._node.commands])
            self.send(lambda node, now: node.births(now))
        self._answer.put(reason)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self._node.is_asked_for_births(message.topic, bytes(message.payload)):
            self.send(lambda node, now: node.births(now))
            self.rebirths += 1

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode,
                       _properties: Properties | None) -> None:
        if reason.is_failure:
            self._set_will()
