"""The sessions of edge nodes as messages move them: births, deaths, numbers in turn. In the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Final

from ingest.messages import Message
from ingest.sparkplug import memory, rebirths
from ingest.sparkplug.births import Birth, candidates, declare, is_in_force
from ingest.sparkplug.limits import SparkplugRules
from ingest.sparkplug.memory import Edge, KnownBirths, Place
from ingest.sparkplug.payload import Decoded
from ingest.sparkplug.rebirths import Publish
from ingest.sparkplug.sequence import born, is_soon_after, took
from ingest.vocabulary import Limits
from store.database import Connection

#: A time beyond the year 9999 is no time.
_LATEST_MS: Final = 253_402_300_799_999
#: So many requests without an answer, over half a minute by policy's times, say that nobody is there.
_UNANSWERED: Final = 3


class Sessions:
    """The locked edge nodes of one batch, with the births of the places it speaks of."""

    def __init__(self, connection: Connection, edges: Iterable[Edge], places: Collection[Place], known: KnownBirths,
                 rules: SparkplugRules, limits: Limits) -> None:
        self._connection, self._known, self._rules, self._limits = connection, known, rules, limits
        self.edges = {edge.edge_id: edge for edge in edges}
        self._births = memory.births_of(connection, {*places, *((number, "") for number in self.edges)},
                                        rules.births_kept)
        self._revived: set[int] = set()

    def births(self, edge: Edge, device: str, at: dt.datetime) -> list[Birth]:
        """The births by which a message received ``at`` may be read, the likeliest first."""
        deaths = [edge.died_at] if edge.died_at is not None else []
        found = candidates(self._births[edge.edge_id, device], at, deaths)
        self._known.fill(self._connection, found)
        return found

    def is_born(self, edge: Edge, device: str, at: dt.datetime) -> bool:
        """Whether a birth is in force for a message received ``at``."""
        before = [birth for birth in self._births[edge.edge_id, device] if birth.received_at <= at]
        return bool(before) and is_in_force(max(before, key=lambda birth: birth.received_at), at)

    def heard(self, births: Iterable[Birth]) -> None:
        """Something was read by these births: a device whose session is over is not alive for it."""
        self._revived |= {birth.birth_id for birth in births if birth.is_dead}

    def birth(self, edge: Edge, device: str, decoded: Decoded, message: Message) -> tuple[Birth, bool]:
        """A birth, and whether there was room to follow it."""
        at, told = message.received_at, decoded.at if decoded.at <= _LATEST_MS else 0
        place = (edge.edge_id, device)
        births = self._births[place]
        before = max((birth for birth in births if birth.received_at <= at), key=lambda one: one.received_at,
                     default=None)
        if before is not None:
            self._known.fill(self._connection, [before])
        is_new = device == "" or bool(births) or memory.has_room(self._connection, edge, self._rules.most_devices)
        repeated = [birth for birth in births if told and birth.told_at == told]
        if repeated and message.redelivered:
            self._known.fill(self._connection, repeated[:1])
            return repeated[0], True
        birth = Birth(0, at, told, declarations=declare(decoded.metrics, told, before, self._limits))
        if device and edge.died_at is not None and edge.died_at > at and (
                edge.born_at is None or edge.born_at <= edge.died_at):
            birth.ended_at, birth.is_dead = edge.died_at, True  # the death of its node was read first
        elif device and edge.born_at is not None and at < edge.born_at and not (told and told >= edge.born_told):
            birth.ended_at = edge.born_at  # the next birth of its node was read first
        if not is_new:
            return birth, False
        if device == "" and (edge.born_at is None or at >= edge.born_at):
            self._node_birth(edge, decoded, birth, at, told or rebirths.milliseconds(at))
        elif device:
            rebirths.came(edge, rebirths.birth_of(device))
        memory.add_birth(self._connection, place, birth, self._rules.births_kept)
        births.append(birth)
        return birth, True

    def _node_birth(self, edge: Edge, decoded: Decoded, birth: Birth, at: dt.datetime, stamp: int) -> None:
        number = decoded.session_number
        if edge.stray_at is not None and edge.stray_at > at and edge.stray_bd_seq == number:
            # Its death was read first.
            birth.ended_at, birth.is_dead, edge.died_at = edge.stray_at, True, edge.stray_at
        elif edge.died_at is not None and edge.died_at > at:
            edge.died_at = None  # that of another session, as is known now
        # Encoders that leave a zero out leave it out here.
        edge.bd_seq, edge.born_at, edge.born_told, edge.born_seq = number, at, stamp, decoded.seq or 0
        edge.recent = [(seq, told) for seq, told in edge.recent if belongs(seq, told, edge)]
        edge.order = born(edge.born_seq, [seq for seq, _ in edge.recent])
        edge.newest = edge.stuck = max([stamp, *(told for _, told in edge.recent)])
        rebirths.born(edge)
        memory.end_devices(self._connection, edge, at, birth.told_at)
        for (number_, device), births in self._births.items():
            if number_ == edge.edge_id and device:
                for one in births:
                    is_after = one.told_at and birth.told_at and one.told_at >= birth.told_at
                    if one.ended_at is None and one.received_at < at and not is_after:
                        one.ended_at = at

    def node_death(self, edge: Edge, decoded: Decoded, at: dt.datetime) -> None:
        """The will of an edge node: it counts for the session whose number it has, and for no other."""
        number = decoded.session_number
        is_its_own = number is None or edge.bd_seq is None or number == edge.bd_seq
        if edge.born_at is not None and at < edge.born_at:
            return
        if not is_its_own or edge.bd_seq is None:
            edge.stray_bd_seq, edge.stray_at = number, at
        if not is_its_own:
            rebirths.want(edge, rebirths.LIFE, at, self._rules)
            return
        _end(edge, at)
        self._die(edge, None, at)

    def device_death(self, edge: Edge, device: str, at: dt.datetime) -> None:
        """The end of one device's session."""
        self._die(edge, device, at)

    def _die(self, edge: Edge, device: str | None, at: dt.datetime) -> None:
        memory.die(self._connection, edge, device, at)
        for (number, name), births in self._births.items():
            if number == edge.edge_id and device in (None, name) and births:
                newest = max(births, key=lambda birth: birth.received_at)
                if not newest.is_dead and newest.received_at <= at:
                    newest.ended_at, newest.is_dead = newest.ended_at or at, True

    def count(self, edge: Edge, decoded: Decoded, message: Message) -> None:
        """A message's number in the sequence, which says whether one is missing; and that its node is alive."""
        if edge.stray_at is not None and message.received_at > edge.stray_at:
            rebirths.came(edge, rebirths.LIFE)
        if decoded.seq is None:
            return
        stamp = decoded.at if 0 < decoded.at <= _LATEST_MS else rebirths.milliseconds(message.received_at)
        edge.remember(decoded.seq, stamp)
        edge.newest = max(edge.newest, stamp)
        before = edge.order
        if before is None or not belongs(decoded.seq, stamp, edge):
            return
        if before.has_gap and decoded.seq == before.turn and stamp > edge.stuck:
            return  # the same number a whole round later: the missing one has not come
        edge.order = took(before, decoded.seq)
        has_moved = edge.order.turn != before.turn
        if has_moved:
            # What was missing has come, even if another number is missing now: among several processes one always is.
            rebirths.came(edge, rebirths.GAP)
        if edge.order.has_gap:
            if has_moved or not before.has_gap:
                edge.stuck = edge.newest
            rebirths.want(edge, rebirths.GAP, message.received_at, self._rules)

    def finish(self, now: dt.datetime) -> list[Publish]:
        """Write everything back; returns the requests to the edge nodes whose time has come."""
        memory.unsettle(self._connection, self._revived)
        return ask_due(self._connection, self.edges.values(), now, self._rules)


def belongs(seq: int, stamp: int, edge: Edge) -> bool:
    """Whether a number belongs to the session of the node's last birth. Within the birth's own millisecond the numbers
    tell: those of the session before lie anywhere."""
    if stamp != edge.born_told:
        return stamp > edge.born_told
    return is_soon_after(edge.born_seq, seq)


def ask_due(connection: Connection, edges: Iterable[Edge], now: dt.datetime,
            rules: SparkplugRules) -> list[Publish]:
    """Ask the edge nodes whose time has come for a rebirth, and write all back.

    One that was asked because of a will of another session, and does not answer, is dead since that will: some encoders
    number their wills wrongly.
    """
    asked, kept = [], list(edges)
    for edge in kept:
        if edge.rebirth_due is None or edge.rebirth_due > now:
            continue
        if edge.rebirth_for == rebirths.LIFE and edge.requests >= _UNANSWERED and edge.stray_at is not None:
            memory.die(connection, edge, None, edge.stray_at)
            _end(edge, edge.stray_at)
        else:
            asked.append(rebirths.ask(edge, now, rules))
    memory.keep_edges(connection, kept)
    return asked


def _end(edge: Edge, at: dt.datetime) -> None:
    if edge.died_at is None or edge.born_at is None or edge.died_at < edge.born_at:
        edge.died_at = at
    edge.order = None
    rebirths.born(edge)
