"""What was refused can be listed, counted, bounded, and decoded again once the cause is mended."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from ingest import quarantine
from ingest.quarantine import Quarantined, Replay
from ingest.replay import replay
from ingest.writer import Stored
from policy import rules
from store import Database
from tests.ingest.conftest import NOW

Store = Callable[..., Stored]
LATER = NOW + dt.timedelta(days=1)


def test_the_same_refusal_is_counted_and_not_kept_twice(store: Store, city: Database) -> None:
    for minute in range(3):
        store(("acme/P1/telemetry", b'{"bogus": 1}'), at=NOW + dt.timedelta(minutes=minute))
    (row,) = quarantine.newest(city)
    assert (row["times"], row["received_at"]) == (3, NOW + dt.timedelta(minutes=2))


def test_quarantine_is_counted_by_vendor_and_reason(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1, "battery": 500}'), ("nobody/P1/telemetry", b"{}"),
          ("acme/P1/telemetry", b'{"battery": 501}'))
    assert [(row["vendor_code"], row["reason_code"], row["payloads"], row["waiting"])
            for row in quarantine.counts(city)] == [(None, "unknown_vendor", 1, 1), ("acme", "range", 2, 2),
                                                    ("acme", "unknown_metric", 1, 1)]
    assert [row["reason_code"] for row in quarantine.counts(city, vendor="acme")] == ["range", "unknown_metric"]
    assert len(quarantine.newest(city, reason="range")) == 2


def test_a_mended_cause_lets_the_payload_through_under_its_old_time_once(store: Store, city: Database) -> None:
    store(("acme/N1/event", b'{"type": "fire_alarm"}'), ("acme/N1/telemetry", b'[{"battery": 5}, {"battery": 6}]'))
    with city.connection() as connection:
        connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                           "select 'acme', 'N1', unit_id, 'smoke' from units where unit_no = 'U1'")
    assert replay(city, rules(), LATER) == Replay(2, 2, 0)
    assert replay(city, rules(), LATER) == Replay(0, 0, 0)
    assert city.row("select opened_at from alarms") == {"opened_at": NOW}
    assert [row["value"] for row in city.rows("select value from readings order by ts")] == [5, 6]
    # Said again although it went through: marked as waiting again, replayed again, and still stored once.
    with city.connection() as connection:
        connection.execute("update quarantine set replayed_at = null")
    assert replay(city, rules(), LATER) == Replay(2, 2, 0)
    assert city.row("select count(*) as n from readings") == {"n": 2}
    assert city.row("select count(*) as n from events") == {"n": 1}


def test_what_is_still_wrong_stays_with_its_reason(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1, "battery": 500, "x": [1]}'), ("acme/T1/gbt26875", b"@@ no frame"))
    before = {(row["reason_code"], bytes(row["payload"])) for row in quarantine.newest(city)}
    assert replay(city, rules(), LATER) == Replay(4, 0, 4)
    assert {(row["reason_code"], bytes(row["payload"])) for row in quarantine.newest(city, waiting=True)} == before


def test_only_what_is_asked_for_is_replayed(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"bogus": 1}'), ("other/X1/telemetry", b'{"battery": 500}'))
    assert replay(city, rules(), LATER, vendor="other").tried == 1
    assert replay(city, rules(), LATER, reason="unknown_metric").tried == 1
    assert replay(city, rules(), LATER, vendor="acme", reason="range").tried == 0


def test_a_payload_of_which_only_the_start_was_kept_is_not_replayed(store: Store, city: Database) -> None:
    store(("acme/P1/telemetry", b'{"battery": 5}'), payload_bytes=10_000_000)
    (row,) = quarantine.newest(city)
    assert (row["reason_code"], row["payload_bytes"]) == ("too_large", 10_000_000)
    assert replay(city, rules(), LATER).tried == 0


def test_each_vendor_fills_only_its_own_share(city: Database) -> None:
    one = Quarantined("t", b"x" * 100, 100, "acme", "json", "r", NOW)
    with city.connection() as connection:
        quarantine.add(connection, [replace(one, topic=f"t{n}") for n in range(10)])
        quarantine.add(connection, [replace(one, topic=f"t{n}", vendor_code=vendor) for n, vendor in
                                    ((90, "other"), (91, None), (92, None))])
        assert quarantine.trim(connection, rows=4, size=10_000) == 6
        assert quarantine.trim(connection, rows=4, size=250) == 2
    assert [row["topic"] for row in quarantine.newest(city, vendor="acme")] == ["t9", "t8"]
    assert len(quarantine.newest(city)) == 5


@pytest.mark.parametrize(("payload", "shown"), [
    (b'{"a": 1}', '{"a": 1}'), (b"\xff\x01", "ff 01"), (b"a\nb", "61 0a 62"), ("火".encode() * 200, "火" * 119 + "…"),
])
def test_payloads_are_shown_as_text_where_they_are_text(payload: bytes, shown: str) -> None:
    assert quarantine.shown(payload) == shown


def test_a_gateways_refused_part_replays_for_its_own_device_alone(store: Store, city: Database) -> None:
    store(("acme/gateway/telemetry", json.dumps({"P1": [{"battery": 5}], "N1": [{"battery": 6}]}).encode()))
    with city.connection() as connection:
        connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                           "select 'acme', 'N1', unit_id, 'smoke' from units where unit_no = 'U1'")
    assert replay(city, rules(), LATER) == Replay(1, 1, 0)
    rows = city.rows("select device_no, value from readings join devices using (device_id) order by 1")
    assert [(row["device_no"], row["value"]) for row in rows] == [("N1", 6), ("P1", 5)]
