"""One way from the broker into the database, on its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from ingest import IngestService
from ingest.arrivals import Arrivals
from ingest.block import Block
from ingest.stored import Stored
from store import Database
from tests.ingest.test_service import count, options, publisher, running, wait
from tests.servers.mosquitto import Mosquitto


def test_a_session_is_not_empty_while_the_broker_waits_for_an_acknowledgement_to_send_more(
        mosquitto: Mosquitto, city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = options(mosquitto, receive_maximum=10, alarms_apart=False)
    with running(city, chosen):
        pass
    with publisher(mosquitto) as publish:
        for number in range(30):
            publish("acme/P1/telemetry", {"event_count": number})
    lane = IngestService(city, chosen)._lane(chosen.everything(chosen.client_id, leaves=True), None)
    store, acknowledge = lane.writer.store, lane.session.acknowledge

    def slowly(batch: Sequence[Arrivals], block: Block | None) -> Stored:
        time.sleep(1.5)  # as a database that has just come back
        return store(batch, block)

    def from_afar(batch: Sequence[Arrivals]) -> None:
        threading.Timer(0.2, acknowledge, [batch]).start()

    monkeypatch.setattr(lane.writer, "store", slowly)
    monkeypatch.setattr(lane.session, "acknowledge", from_afar)
    lane.start()
    while not lane.is_drained(1.0):
        time.sleep(0)
    lane.stop(forever=True)
    assert count(city, "readings") == 30


def test_a_session_that_was_left_is_empty_in_the_end(mosquitto: Mosquitto, city: Database) -> None:
    chosen = options(mosquitto, alarms_apart=False)
    lane = IngestService(city, chosen)._lane(chosen.everything(chosen.client_id, leaves=True), None)
    lane.start()
    wait(lambda: lane.is_drained(0.5))
    lane.stop(forever=True)
    assert not lane.session.was_present
