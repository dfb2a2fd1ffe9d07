"""Two sessions bring each alarm: it is stored once for each time a device sent it, whichever comes first."""

from __future__ import annotations

import datetime as dt
from collections import deque

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import echoes, quarantine
from ingest.echoes import ALARMS, EVERYTHING
from ingest.messages import Message
from ingest.storing import BatchStore
from ingest.topics import URGENT_FILTERS, is_urgent
from ingest.writer import Writer
from policy import rules
from store import Database
from tests.ingest.conftest import NOW
from tests.ingest.test_service import count

WINDOW = dt.timedelta(hours=48)
FIRE = b'{"type":"fire_alarm","point":"3F"}'
_SESSIONS = {ALARMS: "huoyan-ingest-alarms", EVERYTHING: "huoyan-ingest"}


def message(way: int, number: int, payload: bytes = FIRE, topic: str = "huoyan/v1/acme/S1/event", *,
            again: bool = False, seconds: float = 0.0) -> Message:
    return Message(topic, payload, NOW + dt.timedelta(seconds=seconds, microseconds=number), packet_id=number,
                   redelivered=again, session=_SESSIONS[way], way=way)


def taken(db: Database, *messages: Message) -> list[Message]:
    with db.connection() as connection:
        return echoes.fresh_among(connection, messages, WINDOW)


@pytest.mark.parametrize("order", [(ALARMS, EVERYTHING), (EVERYTHING, ALARMS)])
def test_whichever_session_brings_an_alarm_first_stores_it(order: tuple[int, int], db: Database) -> None:
    first, second = (message(way, 7) for way in order)
    assert taken(db, first) == [first]
    assert taken(db, second) == []


def test_what_a_device_says_three_times_is_heard_three_times(db: Database) -> None:
    ahead = [message(ALARMS, number) for number in (1, 2)]
    assert taken(db, *ahead) == ahead
    everything = [message(EVERYTHING, number) for number in (11, 12, 13)]
    assert taken(db, *everything) == everything[2:]
    assert taken(db, message(ALARMS, 3)) == []


def test_a_redelivery_counts_once(db: Database) -> None:
    assert taken(db, message(ALARMS, 1))
    assert taken(db, message(ALARMS, 1, again=True, seconds=5)) == []
    assert taken(db, message(EVERYTHING, 1)) == []
    assert taken(db, message(EVERYTHING, 1, again=True)) == []
    new = message(EVERYTHING, 2)
    assert taken(db, new) == [new]


def test_a_redelivery_in_the_batch_of_its_first_delivery_counts_once(city: Database) -> None:
    store = BatchStore(Writer(city, rules()))
    assert store.store([message(ALARMS, 1)]).events == 1
    twice = [message(EVERYTHING, 9), message(EVERYTHING, 9, again=True, seconds=3)]
    stored = store.store(twice)
    assert (stored.events, stored.echoes) == (0, 2)
    assert count(city, "events") == 1
    assert city.rows("select ahead from echoes") == [{"ahead": 0}]


def test_a_redelivery_that_was_never_stored_is_taken(db: Database) -> None:
    again = message(ALARMS, 1, again=True)
    assert taken(db, again) == [again]


@pytest.mark.parametrize("lost", [ALARMS, EVERYTHING])
def test_a_session_that_loses_its_queue_loses_no_alarm(lost: int, db: Database) -> None:
    other = -lost
    for number in (1, 2, 3):
        assert len(taken(db, message(other, number))) == 1
    # The first three never come by the session that lost them; from here on both bring all.
    heard = 0
    for number in (4, 5, 6):
        heard += len(taken(db, message(lost, number)))
        heard += len(taken(db, message(other, number)))
    assert heard == 3


def test_other_topics_and_messages_that_came_by_one_way_are_not_counted(db: Database) -> None:
    telemetry = message(EVERYTHING, 1, b'{"battery":5}', "huoyan/v1/acme/S1/telemetry")
    alone = message(EVERYTHING, 2)
    alone.way = 0
    assert taken(db, telemetry, alone, alone) == [telemetry, alone, alone]
    assert db.rows("select from echoes") == []


def test_what_both_have_brought_is_forgotten_and_what_one_still_owes_is_not(db: Database) -> None:
    taken(db, message(ALARMS, 1), message(ALARMS, 2, b"other"))
    taken(db, message(EVERYTHING, 1))
    with db.connection() as connection:
        echoes.forget(connection)
    assert [row["ahead"] for row in db.rows("select ahead from echoes")] == [1]
    with db.connection() as connection:
        connection.execute("update echoes set since = now() - interval '31 days'")
        echoes.forget(connection)
    assert db.rows("select from echoes") == []


def test_an_alarm_does_not_wait_until_quarantine_is_tidied(city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    taken(city, message(ALARMS, 1))
    taken(city, message(EVERYTHING, 1))

    def meanwhile(*_: object, **__: object) -> None:
        fire = message(ALARMS, 2)
        with city.connection() as connection:
            connection.execute("set local lock_timeout = '2s'")
            assert echoes.fresh_among(connection, [fire], WINDOW) == [fire]

    monkeypatch.setattr(quarantine, "trim", meanwhile)
    Writer(city, rules()).forget(NOW)


def test_an_alarm_is_no_echo_of_one_that_never_came_by_its_session(db: Database) -> None:
    taken(db, message(EVERYTHING, 1))
    with db.connection() as connection:
        connection.execute("update echoes set since = now() - interval '2 hours'")
    fire = message(ALARMS, 1)
    assert taken(db, fire) == [fire]
    assert taken(db, message(EVERYTHING, 2)) == []


_STEPS = st.lists(st.tuples(st.sampled_from((ALARMS, EVERYTHING)), st.integers(1, 4), st.booleans()), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.sampled_from((b"a", b"b")), max_size=8), steps=_STEPS)
def test_in_any_order_and_with_any_redeliveries_each_message_is_taken_once(
        sent: list[bytes], steps: list[tuple[int, int, bool]], db: Database) -> None:
    with db.connection() as connection:
        connection.execute("truncate echoes, deliveries")
    waiting = {way: deque(enumerate(sent, start=1)) for way in (ALARMS, EVERYTHING)}
    unconfirmed: dict[int, list[Message]] = {ALARMS: [], EVERYTHING: []}
    heard: list[bytes] = []

    def deliver(way: int, most: int, *, again: bool) -> None:
        batch = [message(way, one.packet_id, one.payload, again=True) for one in unconfirmed[way]] if again else []
        fresh = [message(way, *waiting[way].popleft()) for _ in range(min(most, len(waiting[way])))]
        unconfirmed[way] = [*(unconfirmed[way] if again else []), *fresh]
        heard.extend(one.payload for one in taken(db, *batch, *fresh))

    for way, most, again in steps:
        deliver(way, most, again=again)
    for way in (ALARMS, EVERYTHING):
        deliver(way, len(sent), again=True)
    assert sorted(heard) == sorted(sent)


@pytest.mark.parametrize(("topic", "urgent"), [
    ("huoyan/v1/acme/S1/event", True), ("huoyan/v1/acme/gateway/event", True), ("huoyan/v1/acme/T1/gbt26875", True),
    ("huoyan/v1//S1/event", True), ("huoyan/v1/acme/T1/gbt26875/down", False), ("huoyan/v1/acme/S1/events", False),
    ("huoyan/v1/acme/S1/telemetry", False), ("huoyan/v1/acme/event", False), ("other/v1/acme/S1/event", False),
])
def test_what_the_session_for_alarms_brings_is_known_by_its_topic(topic: str, urgent: bool) -> None:
    assert is_urgent(topic) is urgent
    assert any(_matches(one, topic) for one in URGENT_FILTERS) is urgent


def _matches(wanted: str, topic: str) -> bool:
    """MQTT 5, 4.7.1: ``+`` stands for one level, also an empty one."""
    filters, levels = wanted.split("/"), topic.split("/")
    return len(filters) == len(levels) and all(a in ("+", b) for a, b in zip(filters, levels, strict=True))


def test_an_alarm_without_a_time_that_both_bring_opens_one_case_and_a_bad_one_is_quarantined_once(
        city: Database) -> None:
    store = BatchStore(Writer(city, rules()))
    stored = store.store([message(ALARMS, 1), message(ALARMS, 2, b"not json")])
    assert (stored.events, stored.echoes, stored.refused.total()) == (1, 0, 1)
    stored = store.store([message(EVERYTHING, 1), message(EVERYTHING, 2, b"not json")])
    assert (stored.events, stored.echoes, stored.refused.total()) == (0, 2, 0)
    assert city.rows("select count(*)::int as n from events") == [{"n": 1}]
    assert city.rows("select times from quarantine") == [{"times": 1}]
