"""A batch of Sparkplug messages through the host and the writer, in one transaction, as the ingest process does it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import pytest

from ingest.messages import Message
from ingest.sparkplug import Publish
from ingest.sparkplug.ticking import tick
from ingest.stored import Stored
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import rules
from simulators.sparkplug import EdgeNode, Metric, Outgoing
from store import Database
from tests.ingest.conftest import NOW

NOW_MS = int(NOW.timestamp() * 1000)
SECOND = dt.timedelta(seconds=1)
#: The writer takes Sparkplug messages to the host; until it does, what goes through it can't be tested.
needs_the_writer = pytest.mark.skipif("publishes" not in {one.name for one in fields(Stored)},
                                      reason="the writer does not route Sparkplug messages to their host yet")
DEVICES = {"P1": {"Inputs/Pressure": Metric(None, "Float", 0.5), "battery": Metric(None, "UInt8", 90),
                  "fire_alarm": Metric(None, "Boolean", False)},
           "S1": {"fire_alarm": Metric(None, "Boolean", False), "mode": Metric(None, "String", "day")}}


def node(group: str = "acme", edge: str = "E1", **more: Any) -> EdgeNode:
    """An edge node with two registered devices, connected."""
    made = EdgeNode(group, edge, more.pop("devices", DEVICES), **more)
    made.connect()
    return made


class Ingest:
    """One ingest process: each batch is received a second after the one before, its messages a millisecond apart."""

    def __init__(self, db: Database, book: Any = None) -> None:
        self.db, self.at = db, NOW
        self.published: list[Publish] = []
        self._number = 0
        self._book = book or rules()
        self._store = BatchStore(Writer(db, self._book))

    @property
    def ms(self) -> int:
        """The present moment in milliseconds."""
        return int(self.at.timestamp() * 1000)

    def store(self, *messages: Outgoing | list[Outgoing] | tuple[str, bytes], **more: Any) -> Stored:
        """Store a batch."""
        flat = [one for part in messages for one in (part if isinstance(part, list) else [part])]
        return self.batch([self.message(one, **more) for one in flat])

    def message(self, one: Outgoing | tuple[str, bytes], **more: Any) -> Message:
        """A message received now."""
        topic, payload = (one.topic, one.payload) if isinstance(one, Outgoing) else one
        self._number += 1
        self.at += dt.timedelta(milliseconds=1)
        return Message(topic, payload, **{"received_at": self.at, "packet_id": self._number, **more})

    def batch(self, messages: Sequence[Message]) -> Stored:
        stored = self._store.store(messages)
        self.published += stored.publishes
        self.at += SECOND
        return stored

    def tick(self, seconds: float = 0) -> list[Publish]:
        """What is due after so many seconds more."""
        self.at += dt.timedelta(seconds=seconds)
        with self.db.connection() as connection:
            found = tick(connection, self._book, self.at)
        self.published += found
        return found


def readings(db: Database) -> list[tuple[str, str, float]]:
    """All readings in order of time: device, metric, value."""
    return [(row["device_no"], row["code"], row["value"]) for row in db.rows(
        "select device_no, code, value from readings join devices using (device_id) join metrics using (metric_id) "
        "order by ts, device_no, code")]


def events(db: Database) -> list[tuple[str, str, str, bool]]:
    """All events in order of time: device, kind, point, active."""
    return [(row["device_no"], row["kind"], row["point"], row["active"]) for row in db.rows(
        "select device_no, events.kind, point, active from events join devices using (device_id) "
        "order by ts, received_at, device_no, events.kind")]


def states(db: Database) -> dict[tuple[str, str], str]:
    """The newest state of each device and key."""
    return {(row["device_no"], row["key"]): row["value"] for row in db.rows(
        "select device_no, key, value from states join devices using (device_id) order by ts")}


def refused(db: Database) -> list[tuple[str, str]]:
    """What waits in quarantine, by reason and topic."""
    return [(row["reason_code"], row["topic"]) for row in db.rows(
        "select reason_code, topic from quarantine where replayed_at is null order by quarantine_id")]


def online(db: Database) -> dict[str, bool]:
    """Which devices are online, of those that were ever heard."""
    return {row["device_no"]: row["online"] for row in db.rows(
        "select device_no, online from device_last join devices using (device_id)")}
