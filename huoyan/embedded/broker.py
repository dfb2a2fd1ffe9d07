"""The embedded MQTT 3.1.1 broker: amqtt, with an inbox on disk between a device's PUBACK and ingest's.

amqtt keeps everything in memory and acknowledges before anyone has the message. Here a QoS 1 or QoS 2 publish for
ingest is on the disk before it is acknowledged, and stays there until ingest has acknowledged it in turn, over any
number of restarts of either side. docs/decisions/0002-embedded-broker.md says what was measured and why this way.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import amqtt.broker
import structlog
from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig
from amqtt.errors import BrokerError
from amqtt.mqtt.connack import IDENTIFIER_REJECTED, NOT_AUTHORIZED
from amqtt.session import Session

from huoyan import logs
from huoyan.embedded.connection import DurableHandler
from huoyan.embedded.courier import Courier, matches_any
from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.inbox import Inbox
from huoyan.embedded.logins import Doorman
from huoyan.embedded.processes import require_free_port

# The overrides below lean on amqtt's inner parts: another version needs them read, and the tests run, again.
AMQTT_VERSION = "0.12.1"

_REFUSED = 0x80

_log = structlog.get_logger("huoyan.broker")


@dataclass(frozen=True)
class BrokerOptions:
    """What the broker is told. ``window`` is how many messages ingest may hold unacknowledged; ``patience`` (seconds)
    is how long it may hold them all without acknowledging one before its connection is closed, to start afresh.
    """

    port: int
    inbox: Path
    logins: Path
    ingest_user: str = "ingest"
    ingest_client: str = "huoyan-ingest"
    filters: tuple[str, ...] = ("huoyan/v1/#", "spBv1.0/#")
    window: int = 1000
    patience: float = 120.0
    inbox_limit: int = 1 << 30
    host: str = "127.0.0.1"

    def write(self, path: Path) -> None:
        """Write the file that ``--config`` names."""
        path.write_text(json.dumps(asdict(self), indent=1, default=str) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> BrokerOptions:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{**found, "inbox": Path(found["inbox"]), "logins": Path(found["logins"]),
                          "filters": tuple(found.get("filters", cls.filters))})
        except OSError as error:
            raise EmbeddedError(f"the broker's settings {path} can't be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EmbeddedError(f"the broker's settings {path} are not in their form: {error}") from None


class DurableBroker(Broker):  # type: ignore[misc]
    """amqtt's broker, except that ingest's session is fed from the inbox and nobody gets in unchecked."""

    def __init__(self, options: BrokerOptions, inbox: Inbox, doorman: Doorman) -> None:
        super().__init__(BrokerConfig(
            listeners={"default": ListenerConfig(bind=f"{options.host}:{options.port}", max_connections=2000)},
            # An empty table: no plugin of amqtt's decides anything here.
            plugins={}))
        self.options = options
        self.inbox = inbox
        self.doorman = doorman
        self.ingest_filters: set[str] = set()
        self.couriers: set[Courier] = set()
        # Numbers up to here may have been sent before, by this process or by one before it.
        self.sent = inbox.newest
        DurableHandler.broker = self
        # amqtt offers no other way to name the class that speaks to clients.
        amqtt.broker.BrokerProtocolHandler = DurableHandler

    def is_ingest(self, session: Session) -> bool:
        return bool(session.client_id == self.options.ingest_client)

    def is_for_ingest(self, topic: str) -> bool:
        return matches_any(self.options.filters, topic)

    async def keep(self, topic: str, payload: bytes) -> None:
        """Put a message on the disk for ingest; it may be acknowledged when this returns."""
        await self.inbox.keep(topic, payload)
        self.nudge()

    def nudge(self) -> None:
        for courier in self.couriers:
            courier.wake.set()

    def pass_on(self, topic: str, payload: bytes) -> None:
        """Give a QoS 0 message to ingest if it is here: nobody was promised anything."""
        for courier in self.couriers:
            courier.pass_on(topic, payload)

    async def refusal(self, session: Session) -> tuple[int, str] | None:
        """Why a client may not connect: the MQTT return code and a sentence; None where it may."""
        who = f"client {session.client_id!r}, user {session.username!r}"
        if not await self.doorman.admits(session.username, session.password):
            return NOT_AUTHORIZED, f"{who}: wrong name or password"
        if self.is_ingest(session) and session.username != self.options.ingest_user:
            return NOT_AUTHORIZED, f"{who}: this client id belongs to {self.options.ingest_user}"
        known, _ = self._sessions.get(session.client_id, (None, None))
        if known is not None and known.username != session.username:
            # Else a vendor could take over another's session, with its subscriptions.
            return IDENTIFIER_REJECTED, f"{who}: the client id is in use by another user"
        if session.will_flag and not self.doorman.may_publish(session.username, session.will_topic or ""):
            return NOT_AUTHORIZED, f"{who}: may not leave a will for {session.will_topic}"
        return None

    async def add_subscription(self, subscription: tuple[str, int], session: Session) -> int:
        """Ingest's subscriptions are served from the inbox: amqtt's own delivery must not know of them."""
        wanted, qos = subscription
        if not self.is_ingest(session):
            return int(await super().add_subscription(subscription, session))
        if qos == 0 or not self.doorman.may_subscribe(session.username, wanted):
            _log.warning("subscription refused", client=session.client_id, filter=wanted, qos=qos)
            return _REFUSED
        self.ingest_filters.add(wanted)
        for courier in self.couriers:
            courier.rewind()
        return 1

    def _del_subscription(self, a_filter: str, session: Session) -> int:
        if self.is_ingest(session) and a_filter in self.ingest_filters:
            self.ingest_filters.discard(a_filter)
            return 1
        return int(super()._del_subscription(a_filter, session))

    async def _authenticate(self, session: Session, _: ListenerConfig) -> bool:
        # Refused clients never come this far: see DurableHandler.init_from_connect.
        return True

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        if action == Action.PUBLISH:
            return self.doorman.may_publish(session.username, topic)
        return self.doorman.may_subscribe(session.username, topic)

    async def _publish_retained_messages_for_subscription(self, subscription: tuple[str, int],
                                                          session: Session) -> None:
        # On a reconnect amqtt hands every retained message of every client's subscriptions to whoever connects.
        if any(other.client_id == session.client_id for other, _ in self._subscriptions.get(subscription[0], ())):
            await super()._publish_retained_messages_for_subscription(subscription, session)

    async def _broadcast_message(self, session: Session | None, topic: str | None, data: bytes | bytearray | None,
                                 force_qos: int | None = None) -> None:
        # Only a will comes with a QoS of its own; publishes were given to ingest where they were received.
        if force_qos is not None and topic is not None and self.is_for_ingest(topic):
            if force_qos == 0:
                self.pass_on(topic, bytes(data or b""))
            else:
                await self.keep(topic, bytes(data or b""))
        await super()._broadcast_message(session, topic, data, force_qos)

    async def _client_message_loop(self, client_session: Session, handler: DurableHandler) -> None:
        if not self.is_ingest(client_session):
            await super()._client_message_loop(client_session, handler)
            return
        if client_session.clean_session:
            self.ingest_filters.clear()
        courier = Courier(self, handler)
        handler.courier = courier
        self.couriers.add(courier)
        delivering = asyncio.create_task(courier.deliver())
        _log.info("ingest is here", waiting=self.inbox.waiting)
        try:
            await super()._client_message_loop(client_session, handler)
        finally:
            self.couriers.discard(courier)
            delivering.cancel()
            await asyncio.gather(delivering, return_exceptions=True)
            _log.info("ingest went away", waiting=self.inbox.waiting)


async def serve(options: BrokerOptions) -> None:
    """Run the broker until SIGTERM or SIGINT."""
    require_free_port(options.port, "the MQTT broker", "stop that program or choose another port", options.host)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    inbox = Inbox(options.inbox, options.inbox_limit)
    try:
        broker = DurableBroker(options, inbox, Doorman(options.logins))
        try:
            await broker.start()
        except BrokerError as error:
            raise EmbeddedError(f"the MQTT broker can't listen on port {options.port}: {error}") from None
        _log.info("broker listens", port=options.port, waiting=inbox.waiting)
        await stopping.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await broker.shutdown()
    finally:
        inbox.close()


def check_version() -> None:
    """Refuse another amqtt than the one whose inner parts are overridden here."""
    found = importlib.metadata.version("amqtt")
    if found != AMQTT_VERSION:
        raise EmbeddedError(f"the embedded broker needs amqtt {AMQTT_VERSION}, this machine has {found}: "
                            "pip install 'huoyan[embedded]' again, or use another broker")


def main() -> None:
    """``python -m huoyan.embedded.broker --config FILE``."""
    parser = argparse.ArgumentParser(prog="python -m huoyan.embedded.broker")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--log-level", default="info")
    arguments = parser.parse_args()
    logs.configure("console", arguments.log_level)
    # A connection that closes without a word (a port check) is an error to amqtt, and none to anyone else.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    try:
        check_version()
        asyncio.run(serve(BrokerOptions.read(arguments.config)))
    except EmbeddedError as error:
        print(f"huoyan: {error}", file=sys.stderr)
        # Not sys.exit: a thread of amqtt's must not keep a broker alive that can't serve.
        sys.stderr.flush()
        os._exit(2)


if __name__ == "__main__":
    main()
