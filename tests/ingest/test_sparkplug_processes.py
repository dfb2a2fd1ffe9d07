"""What several processes read out of order, and what only looks like a loss: nothing is lost, nothing asked in vain."""

from __future__ import annotations

import pytest

from simulators.sparkplug import EdgeNode, Metric
from store import Database
from tests.ingest.sparkplug_host import Ingest, needs_the_writer, node, readings, refused

pytestmark = needs_the_writer

COUNTER = {"P1": {"event_count": Metric(None, "Int32", 0)}}


@pytest.fixture
def ingest(city: Database) -> Ingest:
    return Ingest(city)


def counts(db: Database) -> list[float]:
    return [value for _, _, value in readings(db)]


def test_data_waits_for_the_birth_of_its_own_session_when_an_older_one_is_read_late(ingest: Ingest,
                                                                                  city: Database) -> None:
    acme = node(devices=COUNTER)
    nbirth, late = (ingest.message(one) for one in acme.births(ingest.ms))
    again = ingest.message(acme.device_birth("P1", ingest.ms))
    ingest.batch([nbirth])
    ingest.batch([again])
    nbirth, dbirth = (ingest.message(one) for one in acme.births(ingest.ms))
    data = ingest.message(acme.data("P1", {"event_count": 7}, ingest.ms))
    for message in (nbirth, data, late):
        ingest.batch([message])
    assert (counts(city), refused(city)) == ([0, 0], [])
    ingest.batch([dbirth])
    assert (counts(city), refused(city)) == ([0, 0, 0, 7], [])


def test_an_old_birth_that_is_read_late_gives_no_names_to_data_of_the_next_session(ingest: Ingest,
                                                                                city: Database) -> None:
    first = node(devices={"P1": {"battery": Metric(None, "Int32", 50)}})
    nbirth, late = (ingest.message(one) for one in first.births(ingest.ms))
    ingest.batch([nbirth])
    second = EdgeNode("acme", "E1", COUNTER, session=0)
    second.connect()
    nbirth, dbirth = (ingest.message(one) for one in second.births(ingest.ms))
    data = ingest.message(second.data("P1", {"event_count": 7}, ingest.ms))
    for message in (nbirth, late, data, dbirth):
        ingest.batch([message])
    assert readings(city) == [("P1", "battery", 50), ("P1", "event_count", 0), ("P1", "event_count", 7)]


def test_that_one_number_is_always_on_its_way_is_no_loss(ingest: Ingest, city: Database) -> None:
    acme = node(devices=COUNTER)
    ingest.store(acme.births(ingest.ms))
    told = [acme.data("P1", {"event_count": number}, ingest.ms) for number in range(1, 43)]
    ingest.store(told[1])
    for place in range(3, 42, 2):
        # A second for each: whatever is missing comes within two.
        ingest.store(told[place], told[place - 3])
        assert ingest.tick() == []
    assert ingest.published == []
    assert len(counts(city)) == 42


def test_a_loss_is_noticed_however_many_messages_follow_it(ingest: Ingest, city: Database) -> None:
    acme = node(devices=COUNTER)
    ingest.store(acme.births(ingest.ms))
    acme.data("P1", {"event_count": 1}, ingest.ms)
    for second in range(5):
        ingest.store([acme.data("P1", {"event_count": 100 * second + number}, ingest.ms + number)
                      for number in range(100)])
    assert ingest.published == []
    assert [one.topic for one in ingest.tick(1)] == ["spBv1.0/acme/NCMD/E1"]


def test_what_a_node_says_in_the_millisecond_of_its_rebirth_is_no_loss(ingest: Ingest) -> None:
    acme = node(devices=COUNTER)
    ingest.store(acme.births(ingest.ms))
    ingest.store([acme.data("P1", {"event_count": number}, ingest.ms) for number in range(100)])
    ms = ingest.ms
    ingest.store(acme.data("P1", {"event_count": 100}, ms), acme.births(ms), acme.data("P1", {"event_count": 0}, ms))
    assert ingest.tick(60) == []
