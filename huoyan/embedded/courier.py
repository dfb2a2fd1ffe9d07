"""Bring the inbox to ingest: in order, bounded, and again until it is acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import structlog
from amqtt.mqtt.publish import PublishPacket
from paho.mqtt.client import topic_matches_sub

from huoyan.embedded.inbox import Kept

if TYPE_CHECKING:
    from huoyan.embedded.broker import DurableBroker
    from huoyan.embedded.connection import DurableHandler

_PACKET_IDS = 65535

_log = structlog.get_logger("huoyan.broker")


class Courier:
    """Brings the inbox to one connection of ingest, in order, at most ``window`` messages ahead of its PUBACKs.

    The MQTT packet id of a message is its inbox number modulo 65535, not a counter: a PUBACK that ingest sends late,
    after a reconnect or a restart of the broker, then still names the message it was meant for.
    """

    def __init__(self, broker: DurableBroker, handler: DurableHandler) -> None:
        self._broker = broker
        self._handler = handler
        self._held: dict[int, Kept] = {}
        self._position = 0
        self._progress = time.monotonic()
        self.wake = asyncio.Event()

    async def deliver(self) -> None:
        """Send what waits, and what comes, until the connection ends."""
        try:
            while True:
                self.wake.clear()
                if not await self._send_some():
                    await self._wait()
        except (sqlite3.Error, OSError) as error:
            _log.error("delivery to ingest stopped", error=str(error))
            await self._handler.handle_connection_closed()

    def acknowledged(self, packet_id: int) -> None:
        message = self._held.pop(packet_id, None)
        if message is not None:
            self._broker.inbox.drop(message)
            self._progress = time.monotonic()
            self.wake.set()

    def rewind(self) -> None:
        """Look at the whole inbox again: a new subscription may want what an older one passed over."""
        self._position = 0
        self.wake.set()

    def pass_on(self, topic: str, payload: bytes) -> None:
        if self._wants(topic):
            self._handler.send_soon(PublishPacket.build(topic, payload, None, False, 0, False))

    async def _send_some(self) -> bool:
        """Send as much as the window has room for; False when there was nothing to do."""
        window = self._broker.options.window
        # Not for one free place at a time: that would be one query for each PUBACK.
        if len(self._held) > window * 3 // 4 or not self._broker.ingest_filters:
            return False
        messages = await self._broker.inbox.after(self._position, window - len(self._held))
        for message in messages:
            packet_id = packet_id_of(message.number)
            held = self._held.get(packet_id)
            if held is None and self._wants(message.topic):
                if not self._held:
                    self._progress = time.monotonic()
                self._held[packet_id] = message
                again = message.number <= self._broker.sent
                await self._handler.send(
                    PublishPacket.build(message.topic, message.payload, packet_id, again, 1, False))
            elif held is not None and held.number != message.number:
                # 65535 messages later and the first is still not acknowledged: wait for its packet id.
                return False
            self._position = message.number
            self._broker.sent = max(self._broker.sent, message.number)
        return bool(messages)

    async def _wait(self) -> None:
        with suppress(TimeoutError):
            # Not wait_for: until Python 3.12 it forgets that it was cancelled where it is woken at the same moment.
            async with asyncio.timeout(self._broker.options.patience):
                await self.wake.wait()
        if self._held and time.monotonic() - self._progress > self._broker.options.patience:
            _log.warning("ingest acknowledges nothing: its connection is closed", held=len(self._held))
            await self._handler.handle_connection_closed()

    def _wants(self, topic: str) -> bool:
        return matches_any(self._broker.ingest_filters, topic)


def packet_id_of(number: int) -> int:
    """The MQTT packet id (1..65535) of an inbox number."""
    return (number - 1) % _PACKET_IDS + 1


def matches_any(filters: Iterable[str], topic: str) -> bool:
    """Whether one of these MQTT topic filters matches ``topic``."""
    return any(topic_matches_sub(wanted, topic) for wanted in filters)
