"""A passive host: the messages of a batch opened by what their edge nodes told before. In the writer's transaction.

A message is stored as soon as it can be read, whatever its number in the sequence. What no birth names yet waits in the
database, and is stored when the birth comes, under the time at which it was received.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ingest.jsonvalues import JsonSettings
from ingest.messages import DeviceContent, EventReport, Message, Problem
from ingest.opening import Opened
from ingest.sparkplug import memory, rebirths
from ingest.sparkplug.births import Birth
from ingest.sparkplug.conditions import Flag, Sample, follow
from ingest.sparkplug.contents import Circumstances, Contents, read
from ingest.sparkplug.limits import SparkplugRules, sparkplug_rules
from ingest.sparkplug.memory import Edge, EdgeName, KnownBirths, Registered, Waiting
from ingest.sparkplug.payload import Decoded, Told, again, decode
from ingest.sparkplug.rebirths import Publish
from ingest.sparkplug.sessions import Sessions
from ingest.sparkplug.topics import Address, SparkplugTopic, parse_sparkplug
from ingest.topics import Topic, stray
from ingest.vocabulary import Vocabulary
from policy import RuleBook
from policy.clocks import legal_day
from store.database import Connection

_FORM = "sparkplug"


class Host:
    """One for each writer. It remembers what births declare, and nothing that another process needs."""

    def __init__(self, book: RuleBook) -> None:
        self._book = book
        self._known = KnownBirths()

    def open_messages(self, connection: Connection, messages: Sequence[Message],
                      words: Vocabulary) -> tuple[list[Opened], list[Publish]]:
        """Open messages on topics that begin with ``spBv1.0/``, and those that waited for a birth among them.

        The requests are to be published once the transaction is committed.
        """
        if not messages:
            return [], []
        parsed = [(message, parse_sparkplug(message.topic)) for message in messages]
        opened = [Opened(message, stray(message.topic), problems=[Problem("topic", topic)])
                  for message, topic in parsed if isinstance(topic, str)]
        spoken = [(message, topic) for message, topic in parsed if isinstance(topic, SparkplugTopic)]
        vendors = memory.active_vendors(connection, {topic.address.vendor for _, topic in spoken})
        # Strangers get no session: the judge refuses them whole.
        opened += [Opened(message, Topic(topic.address.vendor, None, _FORM))
                   for message, topic in spoken if topic.address.vendor not in vendors]
        spoken = [one for one in spoken if one[1].address.vendor in vendors]
        if not spoken:
            return opened, []
        rules = sparkplug_rules(self._book, legal_day(messages[-1].received_at))
        batch = _Batch(connection, spoken, self._known, rules, words)
        for message, topic in spoken:
            opened += batch.take(message, topic)
        return opened, batch.finish(max(message.received_at for message, _ in spoken))


class _Batch:
    def __init__(self, connection: Connection, spoken: list[tuple[Message, SparkplugTopic]], known: KnownBirths,
                 rules: SparkplugRules, words: Vocabulary) -> None:
        self._connection, self._rules, self._words = connection, rules, words
        addresses = {topic.address for _, topic in spoken}
        names = {(address.vendor, address.edge) for address in addresses}
        self._edges: Mapping[EdgeName, Edge] = memory.lock_edges(connection, names, rules.most_edges)
        places = {(self._edges[one.vendor, one.edge].edge_id, one.device) for one in addresses
                  if (one.vendor, one.edge) in self._edges}
        self._registered: Mapping[Address, Registered] = memory.registered(connection, addresses)
        self._sessions = Sessions(connection, self._edges.values(), places, known, rules, words.limits)
        self._flags = memory.conditions_of(connection, places)
        self._changed: dict[tuple[int, str, str], Flag] = {}

    def take(self, message: Message, topic: SparkplugTopic) -> list[Opened]:
        """What one message comes to, and what waited for it."""
        address, rules = topic.address, self._rules
        edge = self._edges.get((address.vendor, address.edge))
        if edge is None:
            return [self._refused(message, topic, "too_many",
                                  f"the vendor {address.vendor} has more than {rules.most_edges} edge nodes")]
        if message.is_cut:
            return [self._refused(message, topic, "too_large",
                                  f"the payload has {message.payload_bytes} bytes; {len(message.payload)} are allowed, "
                                  "the rest was not kept")]
        try:
            decoded = decode(message.payload, self._words.limits, self._rules.most_unpacked)
        except Exception as error:  # a decoder's own mistake must not stop the messages behind this one
            decoded = Decoded(problem=_decoder(error))
        if decoded.problem is not None:
            return [self._refused(message, topic, decoded.problem.reason_code, decoded.problem.reason)]
        if topic.kind == "BIRTH":
            return self._birth(edge, address, message, decoded)
        if topic.kind == "DATA":
            return [self._data(edge, address, message, decoded)]
        if address.device:
            self._sessions.count(edge, decoded, message)
            self._sessions.device_death(edge, address.device, message.received_at)
        else:
            self._sessions.node_death(edge, decoded, message.received_at)
        return [Opened(message, Topic(address.vendor, None, _FORM))]

    def _birth(self, edge: Edge, address: Address, message: Message, decoded: Decoded) -> list[Opened]:
        if address.device and message.packet_id and not self._sessions.is_born(edge, "", message.received_at):
            rebirths.want(edge, rebirths.birth_of(""), message.received_at, self._rules)
        birth, has_room = self._sessions.birth(edge, address.device, decoded, message)
        if address.device:
            self._sessions.count(edge, decoded, message)
        opened = [self._waited(edge, address, one, birth) for one in memory.take_waiting(
            self._connection, (edge.edge_id, address.device))]
        contents = self._read(address, message, decoded, [birth], is_birth=True)
        if not has_room:
            contents.problems.append(Problem("too_many", f"the edge node {address.edge} has more than "
                                                         f"{self._rules.most_devices} devices"))
        if contents.unresolved:
            contents.problems.append(Problem("datatype", "a birth must declare the datatype of each metric",
                                             *_alone(address, contents.unresolved, decoded)))
        self._sessions.heard([birth])
        return [*opened, self._opened(edge, address, message, decoded, contents, is_birth=True)]

    def _data(self, edge: Edge, address: Address, message: Message, decoded: Decoded) -> Opened:
        is_replay = message.packet_id == 0
        births = self._sessions.births(edge, address.device, message.received_at)
        contents = self._read(address, message, decoded, births, is_birth=False)
        if not is_replay:
            self._sessions.count(edge, decoded, message)
            if contents.unresolved or not self._sessions.is_born(edge, address.device, message.received_at):
                rebirths.want(edge, rebirths.birth_of(address.device), message.received_at, self._rules)
        if contents.unresolved:
            self._unresolved(edge, address, message, decoded, contents, births, may_wait=not is_replay)
        self._sessions.heard(births[:1])
        return self._opened(edge, address, message, decoded, contents, is_birth=False)

    def _waited(self, edge: Edge, address: Address, waiting: Waiting, birth: Birth) -> Opened:
        """Metrics that waited for a birth. If the one that has come is an earlier one, read late, they wait on."""
        message = Message(waiting.topic, waiting.payload, waiting.received_at, packet_id=waiting.packet_id,
                          session=waiting.session)
        decoded = decode(message.payload, self._words.limits, self._rules.most_unpacked)
        births = self._sessions.births(edge, address.device, message.received_at)
        contents = self._read(address, message, decoded, births, is_birth=False)
        if contents.unresolved:
            self._unresolved(edge, address, message, decoded, contents, births,
                             may_wait=not births and birth.received_at <= message.received_at)
        return self._opened(edge, address, message, decoded, contents, is_birth=False)

    def _read(self, address: Address, message: Message, decoded: Decoded, births: Sequence[Birth], *,
              is_birth: bool) -> Contents:
        found = self._registered.get(address)
        own = JsonSettings.of(found.settings if found else {})
        under = Circumstances(message.received_at, address.topic("DATA"), is_birth, births, own, self._words,
                              self._rules)
        try:
            contents = read(decoded, under)
        except Exception as error:  # as above
            contents = Contents(problems=[_decoder(error)])
        if decoded.remainder is not None:
            contents.problems.append(decoded.remainder)
        return contents

    def _unresolved(self, edge: Edge, address: Address, message: Message, decoded: Decoded, contents: Contents,
                    births: Sequence[Birth], *, may_wait: bool) -> None:
        """Let what no birth names wait for one, or refuse it where none can come any more."""
        payload, topic = _alone(address, contents.unresolved, decoded)
        if may_wait:
            messages, size = memory.waiting_room(self._connection, edge)
            if messages < self._rules.waiting_messages and size + len(payload) <= self._rules.waiting_bytes:
                key = hashlib.sha256(f"{topic}\n{message.session}\n{message.packet_id}\n".encode() + payload).digest()
                memory.add_waiting(self._connection, (edge.edge_id, address.device), Waiting(
                    message.received_at, topic, payload, message.packet_id, message.session), key)
                return
        who = f"the device {address.device}" if address.device else f"the edge node {address.edge}"
        aliases = ", ".join(str(told.alias) for told in contents.unresolved[:5])
        if births:
            code, reason = "alias", f"no birth of {who} names what came under the alias {aliases}"
        else:
            code, reason = "no_birth", f"it came before the birth of {who} that names its aliases"
        contents.problems.append(Problem(code, reason, payload, topic))

    def _opened(self, edge: Edge, address: Address, message: Message, decoded: Decoded, contents: Contents, *,
                is_birth: bool) -> Opened:
        found = self._registered.get(address)
        number: str | None = found.device_no if found else address.device or address.edge
        if not address.device and contents.is_empty and (found is None or found.is_elsewhere):
            number = None  # an edge node that says nothing of itself need not be registered
        elif found is not None and found.is_elsewhere:
            return Opened(message, Topic(address.vendor, None, _FORM), problems=[Problem(
                "unknown_device", f"the device {found.device_no!r} is set to be another's than the edge node's "
                                  f"{address.edge!r}")])
        if (found is None or not found.is_active) and not is_birth and contents.named:
            # It will be refused whole. Aliases change with the next birth: what waits in quarantine goes by names.
            message = replace(message, payload=again(contents.named, decoded.at))
        events = [event for sample in contents.samples for event in self._events(edge, address, message, sample,
                                                                                 is_birth=is_birth)]
        opened = Opened(message, Topic(address.vendor, number, _FORM), problems=contents.problems)
        if number is not None:
            opened.contents = {number: DeviceContent(contents.records, events, _FORM)}
        return opened

    def _events(self, edge: Edge, address: Address, message: Message, sample: Sample, *,
                is_birth: bool) -> list[EventReport]:
        key = edge.edge_id, address.device, sample.name
        step = follow(self._flags.get(key), sample, message.received_at, is_birth=is_birth,
                      is_replay=message.packet_id == 0)
        if step.flag is not None and step.flag != self._flags.get(key):
            self._flags[key] = self._changed[key] = step.flag
        detail = {"metric": sample.name, **({} if sample.quality is None else {"quality": sample.quality})}
        return [EventReport(sample.kind, sample.point, active, time, detail) for active, time in step.events]

    def _refused(self, message: Message, topic: SparkplugTopic, code: str, reason: str) -> Opened:
        found = self._registered.get(topic.address)
        # A device whose payload was refused has still been heard; one that has died has not.
        number = found.device_no if found and not found.is_elsewhere and topic.kind != "DEATH" else None
        return Opened(message, Topic(topic.address.vendor, number, _FORM), problems=[Problem(code, reason)])

    def finish(self, now: dt.datetime) -> list[Publish]:
        """Write back what was learnt, and ask the edge nodes whose time has come."""
        memory.keep_conditions(self._connection, self._changed)
        return self._sessions.finish(now)


def _alone(address: Address, metrics: Sequence[Told], decoded: Decoded) -> tuple[bytes, str]:
    """Some metrics of a message as a message of their own: its payload and topic."""
    return again([(told, told.name, told.datatype, "", 0) for told in metrics], decoded.at), address.topic("DATA")


def _decoder(error: Exception) -> Problem:
    return Problem("decoder", f"the decoder failed on it: {type(error).__name__}: {str(error)[:200]}")
