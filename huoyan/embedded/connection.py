"""One client of the embedded broker: who may connect, and a PUBACK only for what is on the disk.

The overrides lean on inner parts of the amqtt version that :mod:`huoyan.embedded.broker` checks for.
"""

from __future__ import annotations

import asyncio
import sqlite3
import struct
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from amqtt.adapters import BufferReader, ReaderAdapter, WriterAdapter
from amqtt.broker import BrokerContext
from amqtt.codecs_amqtt import read_or_raise
from amqtt.errors import MQTTError, NoDataError
from amqtt.mqtt.connack import UNACCEPTABLE_PROTOCOL_VERSION, ConnackPacket
from amqtt.mqtt.packet import CONNECT
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.mqtt.puback import PubackPacket
from amqtt.mqtt.pubcomp import PubcompPacket
from amqtt.mqtt.publish import PublishPacket
from amqtt.mqtt.pubrec import PubrecPacket
from amqtt.mqtt.pubrel import PubrelPacket
from amqtt.plugins.manager import PluginManager
from amqtt.session import IncomingApplicationMessage, Session

from huoyan.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from huoyan.embedded.broker import DurableBroker
    from huoyan.embedded.courier import Courier

_CONNECT_SECONDS = 10.0
_LARGEST_PACKET = 1 << 20
_LARGEST_CONNECT = 1 << 17
_MQTT_3_1_1 = 4
# Publishes of one connection that may wait for the disk; past that its socket is not read, and TCP slows the sender.
_UNANSWERED = 500

_log = structlog.get_logger("huoyan.broker")


class DurableHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """amqtt's talk with one client, except that a publish is on the disk before it is acknowledged."""

    broker: ClassVar[DurableBroker]
    courier: Courier | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._unanswered = 0
        self._room = asyncio.Event()
        self._room.set()
        self._half_received: set[int] = set()
        self._sending: set[asyncio.Task[None]] = set()

    @classmethod
    async def init_from_connect(cls, reader: ReaderAdapter, writer: WriterAdapter,
                                plugins_manager: PluginManager[BrokerContext],
                                loop: asyncio.AbstractEventLoop | None = None) -> tuple[DurableHandler, Session]:
        """Refuse a stranger here: further on amqtt has already taken the session of that client id from its owner."""
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                packet = await _connect_packet(reader)
        except TimeoutError:
            packet = b""
        if not packet:
            await writer.close()
            raise MQTTError("no CONNECT came")
        if _protocol_level(packet) != _MQTT_3_1_1:
            # amqtt would take the properties of MQTT 5 for a client id and wait for the rest.
            _log.warning("connection refused", reason="only MQTT 3.1.1 is spoken here")
            await ConnackPacket.build(0, UNACCEPTABLE_PROTOCOL_VERSION).to_stream(writer)
            await writer.close()
            raise MQTTError("not MQTT 3.1.1")
        try:
            handler, session = await super().init_from_connect(BufferReader(packet), writer, plugins_manager, loop)
        except (struct.error, ValueError) as error:
            await writer.close()
            raise MQTTError(f"a CONNECT out of form: {error}") from None
        refused = await cls.broker.refusal(session)
        if refused is not None:
            code, reason = refused
            _log.warning("connection refused", reason=reason)
            await ConnackPacket.build(0, code).to_stream(writer)
            await writer.close()
            raise MQTTError(reason)
        # MQTT 3.1.1, 3.1.2.10: a client is given up after one and a half times its keep-alive.
        session.keep_alive += (session.keep_alive + 1) // 2
        return handler, session

    def attach(self, session: Session, reader: ReaderAdapter, writer: WriterAdapter) -> None:
        super().attach(session, _PacedReader(reader, self._room), writer)

    def handle_read_timeout(self) -> None:
        if self._reader_task is not None:
            self._reader_task.cancel()

    async def handle_publish(self, publish_packet: PublishPacket) -> None:
        self._unanswered += 1
        if self._unanswered >= _UNANSWERED:
            self._room.clear()
        try:
            await self._receive(publish_packet)
        except (EmbeddedError, sqlite3.Error) as error:
            # Not on the disk, so not acknowledged: the device keeps it and sends it again when it reconnects.
            _log.error("a message was not taken", error=str(error))
            await self.handle_connection_closed()
        finally:
            self._unanswered -= 1
            if self._unanswered < _UNANSWERED:
                self._room.set()

    async def handle_puback(self, puback: PubackPacket) -> None:
        if self.courier is None:
            await super().handle_puback(puback)
        elif puback.variable_header is not None:
            self.courier.acknowledged(puback.variable_header.packet_id)

    async def handle_pubrel(self, pubrel: PubrelPacket) -> None:
        self._half_received.discard(pubrel.packet_id)
        await self.send(PubcompPacket.build(pubrel.packet_id))

    async def send(self, packet: Any) -> None:
        await self._send_packet(packet)

    def send_soon(self, packet: Any) -> None:
        """Send without waiting; past a bound nothing is sent, as QoS 0 allows."""
        if len(self._sending) < _UNANSWERED:
            task = asyncio.create_task(self._send_packet(packet))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if not task.cancelled():
            task.exception()

    async def _receive(self, packet: PublishPacket) -> None:
        topic, qos, broker, session = packet.topic_name, packet.qos, self.broker, self.session
        if session is None:
            return
        if not topic or topic.startswith("$") or "\0" in topic or "+" in topic or "#" in topic:
            _log.warning("connection closed: the topic can't be published to", client=session.client_id, topic=topic)
            await self.handle_connection_closed()
            return
        packet_id = packet.variable_header.packet_id if packet.variable_header else None
        if not broker.doorman.may_publish(session.username, topic):
            # MQTT 3.1.1 knows no refusal of a publish: it is acknowledged and goes nowhere, as Mosquitto does.
            _log.warning("publish refused", client=session.client_id, user=session.username, topic=topic)
        elif qos == 2 and packet_id in self._half_received:
            _log.debug("publish repeated", client=session.client_id)
        else:
            await self._hand_over(packet, topic, bytes(packet.data or b""), qos, packet_id, session)
        if qos == 1:
            await self.send(PubackPacket.build(packet_id))
        elif qos == 2 and packet_id is not None:
            self._half_received.add(packet_id)
            await self.send(PubrecPacket.build(packet_id))

    async def _hand_over(self, packet: PublishPacket, topic: str, payload: bytes, qos: int, packet_id: int | None,
                         session: Session) -> None:
        broker = self.broker
        if broker.is_for_ingest(topic):
            if qos == 0:
                broker.pass_on(topic, payload)
            else:
                await broker.keep(topic, payload)
        if broker.subscriptions or packet.retain_flag:
            message = IncomingApplicationMessage(packet_id, topic, qos, payload, packet.retain_flag)
            message.publish_packet = packet
            await session.delivered_message_queue.put(message)


class _PacedReader(ReaderAdapter):  # type: ignore[misc]
    """Reads no faster than messages reach the disk, and no packet larger than any device needs."""

    def __init__(self, reader: ReaderAdapter, room: asyncio.Event) -> None:
        self._reader = reader
        self._room = room

    async def read(self, n: int = -1) -> bytes:
        if n > _LARGEST_PACKET:
            raise OSError(f"a packet of more than {_LARGEST_PACKET} bytes")
        if not self._room.is_set():
            await self._room.wait()
        return bytes(await self._reader.read(n))

    def feed_eof(self) -> None:
        self._reader.feed_eof()


async def _connect_packet(reader: ReaderAdapter) -> bytes:
    """The bytes of the CONNECT that opens a connection; nothing where something else came."""
    try:
        head = bytearray(await read_or_raise(reader, 2))
        if head[0] != CONNECT << 4:
            return b""
        while head[-1] & 0x80 and len(head) < 5:
            head += await read_or_raise(reader, 1)
        length = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(head[1:]))
        if head[-1] & 0x80 or not 0 < length <= _LARGEST_CONNECT:
            return b""
        return bytes(head + await read_or_raise(reader, length))
    except NoDataError:
        return b""


def _protocol_level(packet: bytes) -> int | None:
    """The protocol level of a CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5."""
    start = next(place for place, byte in enumerate(packet[1:], 2) if not byte & 0x80)
    name_end = start + 2 + int.from_bytes(packet[start:start + 2], "big")
    return packet[name_end] if name_end < len(packet) else None
