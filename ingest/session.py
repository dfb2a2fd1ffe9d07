"""The session with the MQTT broker: persistent, QoS 1, acknowledged by hand and in order.

What keeps messages from being lost: the client id is fixed and the session outlives the connection, so the broker
keeps what is not acknowledged; nothing is acknowledged before :meth:`Session.acknowledge` is called for it; and an
acknowledgement never crosses into a later connection, where the same packet number may belong to another message.
Several processes share the work by a shared subscription (MQTT 5 section 4.8.2), each in a session of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from ingest.arrivals import Arrivals
from ingest.blockclient import BlockClient, why_not_in_blocks
from ingest.errors import IngestError
from ingest.inbox import Inbox
from ingest.metrics import IngestMetrics
from ingest.packets import Packets
from ingest.topics import FILTERS

_log = structlog.get_logger(__name__)
_KEEPALIVE = 30
#: How long the broker keeps the session of an absent ingest: the longest MQTT 5 can say is "for ever".
_SESSION_EXPIRY = 0xFFFFFFFF
# Short, and paho takes fractions: what a broker has not saved when it is killed is safe only with whoever was connected
# to it, and Mosquitto forgets shared subscriptions with every start.
_SHORTEST_RECONNECT_WAIT, _LONGEST_RECONNECT_WAIT = 0.25, 2
_FAR_AHEAD_US = 60_000_000
#: CONNACK reasons that no waiting mends (numbers of MQTT 5; paho translates those of 3.1.1).
_HOPELESS = {0x84: "does not speak MQTT {protocol}: set HUOYAN_MQTT_PROTOCOL to the version it has",
             0x85: "refuses the client id {client_id}",
             0x86: "refuses the login of {user}: check the user name and password",
             0x87: "does not let {user} connect: check the login and the broker's access list",
             0x8A: "has banned the client {client_id}"}


@dataclass(frozen=True)
class SessionOptions:
    """Where the broker is and who we are there.

    ``protocol`` is "5" or "3.1.1"; ``share`` names the group whose members share one subscription, empty for a
    subscription of our own; ``in_blocks`` reads beneath paho where its version allows. ``topics`` are the filters that
    are subscribed; ``way`` marks what comes by this session, see :mod:`ingest.echoes`. ``leaves``: the session's
    subscriptions are given up, and only what the broker still holds for it is taken. ``former_shares`` are groups that
    the session may have been in.
    """

    host: str
    port: int
    user: str
    password: str
    tls_ca: str
    protocol: str
    client_id: str
    receive_maximum: int
    max_payload: int
    share: str = ""
    in_blocks: bool = True
    tls_cert: str = ""
    tls_key: str = ""
    topics: tuple[str, ...] = FILTERS
    way: int = 0
    leaves: bool = False
    former_shares: tuple[str, ...] = ()

    @property
    def filters(self) -> tuple[str, ...]:
        """What is subscribed."""
        return self._within(self.share)

    @property
    def former_filters(self) -> list[str]:
        """What the session may still have subscribed of a time when it was alone, or in another group."""
        return [one for share in ("", *self.former_shares) if share != self.share for one in self._within(share)]

    def _within(self, share: str) -> tuple[str, ...]:
        return tuple(f"$share/{share}/{one}" if share else one for one in self.topics)


class Session:
    """Puts each message into the inbox; acknowledges what it is told to.

    ``failure`` is set where the broker refuses us for good; ``was_present`` says whether the broker knew the session
    when we last connected; ``last_heard`` when something last came (seconds of the steady clock).
    """

    def __init__(self, options: SessionOptions, inbox: Inbox, metrics: IngestMetrics) -> None:
        self._options, self._inbox, self._metrics = options, inbox, metrics
        # Guards the generation: an acknowledgement is queued either before a connection ends or not at all.
        self._lock = threading.Lock()
        self._generation = 0
        self._is_accepting = True
        self._has_overflowed = False
        self._was_connected = False
        self._newest_us = 0
        self._leaves = options.leaves
        self.is_subscribed = False
        self.was_present = False
        self.last_heard = 0.0
        self.failure: IngestError | None = None
        self._client = self._new_client()

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        options = self._options
        properties = None
        if options.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _SESSION_EXPIRY
            properties.ReceiveMaximum = min(options.receive_maximum, 65535)
            self._client.connect_async(options.host, options.port, _KEEPALIVE, clean_start=False,
                                       properties=properties)
        else:
            self._client.connect_async(options.host, options.port, _KEEPALIVE)
        self._client.loop_start()

    def acknowledge(self, batch: Iterable[Arrivals]) -> None:
        """Acknowledge arrivals in the order given, over the connection each came by. For after their commit only."""
        with self._lock:
            ids = [number for one in batch if one.generation == self._generation for number in one.ids if number]
            if isinstance(self._client, BlockClient):
                self._client.acknowledge(ids)
            else:
                for number in ids:
                    self._client.ack(number, 1)

    def publish(self, topic: str, payload: bytes, qos: int = 1, expires: int = 0) -> None:
        """Publish a message of ours; while there is no connection it is dropped.

        ``expires``: after so many seconds the broker need not deliver it any more, where the protocol can say so.
        """
        if not self.is_subscribed:
            return
        properties = None
        if expires and self._options.protocol == "5":
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.MessageExpiryInterval = expires
        self._client.publish(topic, payload, qos, properties=properties)

    @property
    def is_running(self) -> bool:
        """Whether the network thread lives, which connects again whatever happens."""
        # paho forgets its thread when that ends.
        return getattr(self._client, "_thread", self) is not None

    @property
    def needs_restart(self) -> bool:
        """Whether messages were left with the broker for want of room, and a new connection must ask for them again."""
        return self._has_overflowed

    def restart(self) -> None:
        """Connect anew: the broker sends again what was not acknowledged."""
        self.stop()
        self._has_overflowed = False
        # A client of its own for each start: one that is started twice loses a pair of sockets each time.
        self._client = self._new_client()
        self.start()

    def stop_accepting(self) -> None:
        """Leave what comes from now on unacknowledged with the broker."""
        self._is_accepting = False

    def stop(self) -> None:
        """Send what is still to be acknowledged, say goodbye, and end the network thread; the session stays."""
        self._client.disconnect()
        self._end_network()

    def _end_network(self) -> None:
        self._client.loop_stop()
        # paho closes the pair of sockets by which it wakes its thread only when the client is collected.
        close = getattr(self._client, "_reset_sockets", None)
        if close is not None:
            close(sockpair_only=True)

    def leave(self) -> None:
        """Give up the subscriptions: from now on only what the broker holds already comes, see :attr:`is_left`."""
        self._leaves = True
        self.is_subscribed = False
        self._give_up(self._client)

    @property
    def is_left(self) -> bool:
        """Whether the broker has confirmed that nothing new will come by this session."""
        return self._leaves and self.is_subscribed

    def end(self) -> None:
        """As :meth:`stop`, and have the broker forget the session: for one that holds nothing any more."""
        if self._options.protocol == "5":
            properties = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = 0
            self._client.disconnect(properties=properties)
            self._end_network()
            return
        self.stop()
        # Before MQTT 5 only a clean start ends a session.
        last = Client(CallbackAPIVersion.VERSION2, client_id=self._options.client_id, clean_session=True,
                      protocol=MQTTv311)
        self._identify(last)
        last.on_connect = lambda client, *_: client.disconnect()
        with suppress(OSError):
            last.connect(self._options.host, self._options.port, _KEEPALIVE)
            last.loop_forever(retry_first_connection=False)

    def _new_client(self) -> Client:
        options = self._options
        is_5 = options.protocol == "5"
        kept: dict[str, Any] = {"client_id": options.client_id, "clean_session": None if is_5 else False,
                "protocol": MQTTv5 if is_5 else MQTTv311, "manual_ack": True}
        reason = why_not_in_blocks() if options.in_blocks else "it is switched off"
        client: Client
        if reason is None:
            client = BlockClient(CallbackAPIVersion.VERSION2, on_packets=self._on_packets, is_5=is_5, **kept)
            reason = BlockClient.lacks(client)
        if reason is not None:
            _log.warning("messages are read one by one, which is slower", reason=reason)
            client = Client(CallbackAPIVersion.VERSION2, **kept)
        self._identify(client)
        client.reconnect_delay_set(_SHORTEST_RECONNECT_WAIT, _LONGEST_RECONNECT_WAIT)  # type: ignore[arg-type]
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_unsubscribe
        client.on_message = self._on_message
        return client

    def _identify(self, client: Client) -> None:
        """Login and certificates."""
        options = self._options
        if options.user:
            client.username_pw_set(options.user, options.password or None)
        if options.tls_ca:
            try:
                client.tls_set(ca_certs=options.tls_ca, certfile=options.tls_cert or None,
                               keyfile=options.tls_key or None)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                names = ", ".join(one for one in (options.tls_ca, options.tls_cert, options.tls_key) if one)
                raise IngestError(f"the files for TLS to the broker ({names}) can't be used: {error}") from None

    def _on_pre_connect(self, client: Client, userdata: Any) -> None:
        self._next_generation()

    def _on_connect(self, client: Client, userdata: Any, flags: ConnectFlags, reason: ReasonCode,
                    properties: Properties | None) -> None:
        options = self._options
        if reason.is_failure:
            hopeless = _HOPELESS.get(reason.value)
            _log.warning("the broker refused the connection", host=options.host, port=options.port, reason=str(reason))
            if hopeless and not self._was_connected:
                told = hopeless.format(protocol=options.protocol, client_id=options.client_id,
                                       user=options.user or "a client without a user name")
                self.failure = IngestError(f"the broker at {options.host}:{options.port} {told}")
            return
        self._was_connected = True
        self.was_present = flags.session_present
        self.last_heard = time.monotonic()
        _log.info("connected to the broker", host=options.host, port=options.port, client_id=options.client_id,
                  session="resumed" if flags.session_present else "new")
        if self._leaves:
            self._give_up(client)
        else:
            self._subscribe(client)

    def _subscribe(self, client: Client) -> None:
        options = self._options
        if options.protocol == "5":
            # Retained messages are sent once, when the subscription is new, and not again with every connection. What
            # we publish ourselves need not come back; of a shared subscription that can't be asked (MQTT 5, 3.8.3.1).
            client.subscribe([(one, SubscribeOptions(qos=1, noLocal=not options.share,
                                                     retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB))
                              for one in options.filters])
        else:
            client.subscribe([(one, 1) for one in options.filters])
        # Kept, they would bring all a second time.
        if options.former_filters:
            client.unsubscribe(options.former_filters)

    def _give_up(self, client: Client) -> None:
        client.unsubscribe([*self._options.filters, *self._options.former_filters])

    def _on_connect_fail(self, client: Client, userdata: Any) -> None:
        _log.warning("the broker does not answer, trying again", host=self._options.host, port=self._options.port)

    def _on_disconnect(self, client: Client, userdata: Any, flags: DisconnectFlags, reason: ReasonCode,
                       properties: Properties | None) -> None:
        self._next_generation()
        if reason.is_failure:
            _log.warning("the connection to the broker was lost, trying again", reason=str(reason))

    def _on_subscribe(self, client: Client, userdata: Any, packet_id: int, reasons: list[ReasonCode],
                      properties: Properties | None) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self.failure = IngestError(
                f"the broker at {self._options.host}:{self._options.port} does not let "
                f"{self._options.user or 'a client without a user name'} subscribe to "
                f"{' and '.join(self._options.filters)}: {refused[0]}")
            return
        self.is_subscribed = True

    def _on_unsubscribe(self, client: Client, userdata: Any, packet_id: int, reasons: list[ReasonCode],
                        properties: Properties | None) -> None:
        if self._leaves:
            self.is_subscribed = True

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        """One message by paho's own path."""
        head = message.dup << 3 | message.qos << 1 | message.retain
        # paho keeps the bytes of the topic, and its property fails where they are no UTF-8
        topic: bytes = message._topic
        self._on_packets(Packets([topic], [bytes(message.payload)], [head], [message.mid if message.qos else 0]),
                         len(message.payload) + len(topic))

    def _on_packets(self, packets: Packets, size: int) -> None:
        """On the network thread: take them in or leave them with the broker, never wait."""
        if not self._is_accepting or self._has_overflowed:
            return
        # A clock set back a little must not give two messages one time of receipt; one that was far ahead must not
        # keep us there.
        received_us = time.time_ns() // 1000
        if self._newest_us - received_us < _FAR_AHEAD_US:
            received_us = max(received_us, self._newest_us + 1)
        self._newest_us = received_us + len(packets.ids) - 1
        self.last_heard = time.monotonic()
        arrivals = Arrivals(packets.topics, packets.payloads, packets.heads, packets.ids, received_us, size,
                            self._options.client_id, self._generation, way=self._options.way)
        most = self._options.max_payload
        if size > most and max(map(len, packets.payloads)) > most:
            for at, payload in enumerate(packets.payloads):
                if len(payload) > most:
                    arrivals.sizes[at] = len(payload)
                    packets.payloads[at] = payload[:most]
            arrivals.size = sum(map(len, packets.payloads))
        if self._inbox.put(arrivals):
            return
        self._metrics.dropped.inc(packets.ids.count(0))
        if any(packets.ids):
            self._has_overflowed = True

    def _next_generation(self) -> None:
        with self._lock:
            self._generation += 1
        self.is_subscribed = False
