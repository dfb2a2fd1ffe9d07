"""Whatever the order in which messages are stored, and by however many processes: cases come out as by time."""

from __future__ import annotations

import datetime as dt
import json
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.gbt26875 import frame_bytes
from ingest.gbt26875.times import tag_of
from ingest.messages import Message
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import rules
from store import Database
from tests.ingest.conftest import NOW

FIRE, FAULT, SHIELDED, STARTED, RESET = 2, 4, 8, 32, 1 << 13
SECOND = dt.timedelta(seconds=1)
PANEL, SENSOR = "uitd", "smoke"


@dataclass(frozen=True)
class Sent:
    """What a device sends: ``what`` says what, ``clock`` the second by its own clock, None where it has none.

    ``repeats`` is the place of the message that this one is, sent again by the device, or by the broker where
    ``is_redelivery``.
    """

    device: int
    what: tuple[Any, ...]
    clock: int | None
    repeats: int | None = None
    is_redelivery: bool = False


def payload(sent: Sent, serial: int) -> tuple[str, bytes]:
    """The form and bytes of what is sent."""
    tag = bytes(6) if sent.clock is None else tag_of(NOW + sent.clock * SECOND)
    moment = {} if sent.clock is None else {"ts": (NOW + sent.clock * SECOND).isoformat()}
    match sent.what:
        case ("component", number, word):
            unit = bytes([2, 1, 1, 1, 40, 3, 0, number, 0]) + word.to_bytes(2, "little") + bytes(31) + tag
        case ("restored", number):
            unit = bytes([135, 1, 1, 1, 40, 3, 0, number, 0]) + bytes(33) + tag
        case ("system", word):
            unit = bytes([1, 1, 1, 1]) + word.to_bytes(2, "little") + tag
        case ("operation", flags):
            unit = bytes([4, 1, 1, 1, flags, 9]) + tag
        case ("event", kind, active):
            return "event", json.dumps({"type": kind, "point": "A", "active": active, **moment}).encode()
        case ("values", kind, active):
            return "telemetry", json.dumps({**moment, "values": {kind: active}}).encode()
        case other:
            raise ValueError(other)
    return "gbt26875", frame_bytes(unit=unit, serial=serial)


_words = st.sampled_from([0, FIRE, FAULT, SHIELDED, FIRE | FAULT, FIRE | STARTED])
_by_panel = st.one_of(
    st.tuples(st.just("component"), st.integers(1, 2), _words), st.tuples(st.just("restored"), st.integers(1, 2)),
    st.tuples(st.just("system"), st.sampled_from([0, FIRE, RESET])),
    st.tuples(st.just("operation"), st.sampled_from([1, 4, 8])))
_by_sensor = st.tuples(st.sampled_from(["event", "values"]), st.sampled_from(["fire_alarm", "fault"]), st.booleans())
_clocks = st.one_of(st.none(), st.integers(0, 6))


@st.composite
def histories(draw: st.DrawFn) -> list[Sent]:
    """What two devices send, in order; some of it again."""
    sent: list[Sent] = []
    for _ in range(draw(st.integers(1, 12))):
        if sent and draw(st.integers(0, 4)) == 0:
            place = draw(st.integers(0, len(sent) - 1))
            first = sent[place]
            while first.repeats is not None:
                place, first = first.repeats, sent[first.repeats]
            sent.append(replace(first, repeats=place, is_redelivery=draw(st.booleans())))
            continue
        device = draw(st.integers(0, 1))
        sent.append(Sent(device, draw(_by_sensor if device else _by_panel), draw(_clocks)))
    return sent


def is_bound(sent: Sent) -> bool:
    """Whether a repetition must be stored behind what it repeats, as over one session or one link.

    What is delivered again comes by the same session. A reset without a clock that is stored behind its repetition
    would have to undo what that has ended.
    """
    return sent.repeats is not None and (
        sent.is_redelivery or (sent.clock is None and sent.what in (("system", RESET), ("operation", 1))))


QUERIES = (
    "select 'case' as what, device_no = %(panel)s as of_panel, a.kind, point, opened_at, last_at, restored_at "
    "from alarms a join devices using (device_id) where device_no = any (%(both)s) order by 1, 2, 3, 4, 5",
    "select 'point' as what, device_no = %(panel)s as of_panel, p.kind, point, active, since, ts "
    "from device_points p join devices using (device_id) where device_no = any (%(both)s) order by 1, 2, 3, 4",
    "select 'last' as what, device_no = %(panel)s as of_panel, conditions, last_ts, last_received_at "
    "from device_last join devices using (device_id) where device_no = any (%(both)s) order by 1, 2")


class City:
    """Devices for each history, so that one database serves many."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._made = 0

    def devices(self) -> list[str]:
        """A panel and a sensor nobody has heard of."""
        self._made += 1
        numbers = [f"panel-{self._made}", f"sensor-{self._made}"]
        with self.db.connection() as connection:
            for number, kind in zip(numbers, (PANEL, SENSOR), strict=True):
                connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                                   "select 'acme', %s, unit_id, %s from units where unit_no = 'U1'", [number, kind])
        return numbers

    def state(self, devices: list[str]) -> list[str]:
        """How things stand with devices, a line for each case, point and device."""
        asked = {"panel": devices[0], "both": devices}
        return [" ".join(map(shown, row.values())) for query in QUERIES for row in self.db.rows(query, asked)]


def shown(value: Any) -> str:
    """Times as seconds."""
    return f"{(value - NOW).total_seconds():g}" if isinstance(value, dt.datetime) else str(value)


def messages(history: Sequence[Sent], devices: list[str]) -> list[Message]:
    """The messages of a history, each received two seconds after the one before."""
    made: list[Message] = []
    for place, sent in enumerate(history):
        received = NOW + (3 + 2 * place) * SECOND + dt.timedelta(microseconds=250_000 + place)
        if sent.repeats is None:
            form, raw = payload(sent, place)
            made.append(Message(f"huoyan/v1/acme/{devices[sent.device]}/{form}", raw, received, packet_id=place + 1,
                                session="s"))
            continue
        first = made[sent.repeats]
        again = {"redelivered": True} if sent.is_redelivery else {"packet_id": place + 1}
        made.append(replace(first, received_at=received, **again))  # type: ignore[arg-type]
    return made


def shares(history: Sequence[Sent], writers: int, chance: random.Random) -> list[list[list[int]]]:
    """For each writer batches of places, in an order of their own."""
    behind = {place: sent.repeats for place, sent in enumerate(history)
              if sent.repeats is not None and is_bound(sent)}
    homes: list[int] = []
    for place in range(len(history)):
        homes.append(homes[behind[place]] if place in behind else chance.randrange(writers))
    found = []
    for writer in range(writers):
        order = [place for place, home in enumerate(homes) if home == writer]
        chance.shuffle(order)
        for place, first in behind.items():
            if place in order:
                order.remove(place)
                order.insert(chance.randint(order.index(first) + 1, len(order)), place)
        found.append(list(_batches(order, chance)))
    return found


def _batches(order: list[int], chance: random.Random) -> Iterator[list[int]]:
    while order:
        size = chance.randint(1, 4)
        yield order[:size]
        order = order[size:]


def expected(city: City, history: Sequence[Sent]) -> list[str]:
    """How things stand when one writer has stored message by message."""
    devices = city.devices()
    store = BatchStore(Writer(city.db, rules()))
    for message in messages(history, devices):
        store.store([message])
    return city.state(devices)


@pytest.fixture
def many(city: Database) -> City:
    return City(city)


_often = settings(max_examples=60, deadline=None,
                  suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@_often
@given(histories(), st.randoms(use_true_random=False))
def test_batches_of_several_writers_come_to_what_one_stores_in_order(many: City, history: list[Sent],
                                                                     chance: random.Random) -> None:
    devices = many.devices()
    sent = messages(history, devices)
    stores = [BatchStore(Writer(many.db, rules())) for _ in range(chance.randint(1, 3))]
    work = [list(batches) for batches in shares(history, len(stores), chance)]
    while any(work):
        which = chance.choice([number for number, batches in enumerate(work) if batches])
        stores[which].store([sent[place] for place in work[which].pop(0)])
    assert many.state(devices) == expected(many, history)


@settings(_often, max_examples=30)
@given(histories(), st.randoms(use_true_random=False))
def test_writers_at_work_at_the_same_time_come_to_the_same(many: City, history: list[Sent],
                                                           chance: random.Random) -> None:
    devices = many.devices()
    sent = messages(history, devices)
    work = shares(history, 3, chance)
    barrier, failures = threading.Barrier(3), list[Exception]()

    def run(batches: list[list[int]]) -> None:
        store = BatchStore(Writer(many.db, rules()))
        barrier.wait()
        try:
            for batch in batches:
                store.store([sent[place] for place in batch])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=[batches]) for batches in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Not even a deadlock that would end well when the batch is tried again.
    assert failures == []
    assert many.state(devices) == expected(many, history)
