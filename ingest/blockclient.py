"""A paho client that reads in blocks: paho keeps the session, PUBLISH and PUBACK pass beneath it.

Connecting, TLS, login, subscribing, keep-alive and reconnecting stay paho's. What is relied on of its internals is
listed in :data:`_INTERNALS` and held by a test; where a version of paho lacks any of it, :func:`why_not_in_blocks` says
so and the session uses paho's own path, which is several times slower and does the same.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import paho.mqtt
import structlog
from paho.mqtt.client import Client
from paho.mqtt.client import time_func as _time
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes

from ingest.packets import Packets, puback_block, split

_log = structlog.get_logger(__name__)
#: How much is read at once: a thousand small messages, and little enough not to hold up keep-alive.
BLOCK_BYTES: Final = 131_072
#: A broker writes message by message. Under load, reading each write at once would cost ten times what is in it, so a
#: read that comes soon after the last and brings little is followed by a pause in which more gathers.
_SOON: Final = 0.002
_LITTLE: Final = 32_768
_PAUSE: Final = 0.004
_MAJOR = "2."
#: Methods of paho and their parameters.
_INTERNALS: Final[dict[str, tuple[str, ...]]] = {
    "_packet_read": ("self",),
    "_packet_handle": ("self",),
    "_packet_queue": ("self", "command", "packet", "mid", "qos", "info"),
    "_sock_recv": ("self", "bufsize"),
    "reconnect": ("self",),
}
_FIELDS: Final = ("_in_packet", "_msgtime_mutex", "_last_bytes_received", "_sockpairW", "_out_packet")
_IN_PACKET: Final = {"command", "have_remaining", "remaining_count", "remaining_mult", "remaining_length", "packet",
                     "to_process", "pos"}

OnPackets = Callable[[Packets, int], None]


def why_not_in_blocks() -> str | None:
    """Why this version of paho can't be read in blocks; None where it can."""
    if not paho.mqtt.__version__.startswith(_MAJOR):
        return f"paho-mqtt {paho.mqtt.__version__} is not of the generation {_MAJOR}x"
    for name, parameters in _INTERNALS.items():
        method = getattr(Client, name, None)
        if method is None or tuple(inspect.signature(method).parameters)[:len(parameters)] != parameters:
            return f"paho-mqtt {paho.mqtt.__version__} has another {name}"
    return None


class BlockClient(Client):
    """As :class:`paho.mqtt.client.Client`, but PUBLISH packets go to ``on_packets(packets, bytes)`` block by block."""

    def __init__(self, *arguments: Any, on_packets: OnPackets, is_5: bool, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._on_packets, self._is_5 = on_packets, is_5
        self._parts: list[bytes] = []
        self._held = 0
        self._needed = 0
        self._last_read = 0.0

    @classmethod
    def lacks(cls, client: Client) -> str | None:
        """The internal that a client of this paho lacks, or None."""
        missing = [name for name in _FIELDS if not hasattr(client, name)]
        if not missing and set(client._in_packet) != _IN_PACKET:
            missing = ["_in_packet"]
        return missing[0] if missing else None

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; half a packet of the old connection must not be joined to the new one."""
        self._parts, self._held, self._needed = [], 0, 0
        return super().reconnect()

    def acknowledge(self, ids: Sequence[int]) -> None:
        """Queue the PUBACKs of QoS 1 messages, in order, as one write."""
        if ids:
            self._packet_queue(PacketTypes.PUBACK << 4, puback_block(list(ids)), 0, 0)

    def _packet_read(self) -> MQTTErrorCode:
        try:
            data = self._sock_recv(BLOCK_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            data = b""
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        now = _time()
        if now - self._last_read < _SOON and len(data) < _LITTLE:
            time.sleep(_PAUSE)
            now = _time()
        self._last_read = now
        with self._msgtime_mutex:
            self._last_bytes_received = now
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._needed:
            return MQTTErrorCode.MQTT_ERR_AGAIN  # joining the parts of a long packet each time would cost its square
        try:
            return self._take(self._parts[0] if len(self._parts) == 1 else b"".join(self._parts))
        except Exception as error:  # paho reads what a broker sends without looking: an error would end its thread
            _log.warning("a packet of the broker could not be read, connecting anew",
                         reason=f"{type(error).__name__}: {str(error)[:200]}")
            return MQTTErrorCode.MQTT_ERR_PROTOCOL

    def _take(self, data: bytes) -> MQTTErrorCode:
        packets = split(data, is_5=self._is_5)
        rest = data[packets.used:]
        self._parts, self._held, self._needed = [rest] if rest else [], len(rest), packets.needed
        if packets.ids:
            self._on_packets(packets, packets.used)
        for head, body in packets.others:
            result = self._hand_to_paho(head, body)
            if result != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return result
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _hand_to_paho(self, head: int, body: bytes) -> MQTTErrorCode:
        self._in_packet = {"command": head, "have_remaining": 1, "remaining_count": [], "remaining_mult": 1,
                           "remaining_length": len(body), "packet": bytearray(body), "to_process": 0, "pos": 0}
        try:
            return self._packet_handle()
        finally:
            self._in_packet = {"command": 0, "have_remaining": 0, "remaining_count": [], "remaining_mult": 1,
                               "remaining_length": 0, "packet": bytearray(), "to_process": 0, "pos": 0}
