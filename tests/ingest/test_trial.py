"""A message is tried: what is said is what would happen, and nothing is stored."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

import pytest

from ingest import trial
from ingest.gbt26875 import frame_bytes
from ingest.gbt26875.times import tag_of
from ingest.stored import Stored
from ingest.trial import Trial
from policy import rules
from registry import vendor_limits
from store import Database
from tests.ingest.conftest import NOW

Try = Callable[..., Trial]
FRAME = ("4040070001022D340E0C0716000000000000640000000000300002020101010037000A000400000000000000000000000000000000000"
         "000000000000000000000000000002D340E0C07161A2323")
_TABLES = ("readings", "states", "events", "alarms", "device_last", "device_points", "quarantine", "deliveries",
           "dirty_unit_days", "vendor_hours")


@pytest.fixture
def attempt(city: Database) -> Try:
    def attempt(topic: str, payload: str | bytes, *, at: dt.datetime = NOW) -> Trial:
        with city.connection() as connection:
            return trial.attempt(connection, rules(), f"huoyan/v1/{topic}",
                                 payload if isinstance(payload, bytes) else payload.encode(), now=at,
                                 max_payload=262_144)
    return attempt


def shown(found: Trial) -> list[tuple[str, str, str, str]]:
    return [(row.what, row.name, row.text, row.note) for row in found.rows]


def codes(found: Trial) -> list[str]:
    return [refusal.reason_code for refusal in found.refusals]


def test_nothing_is_stored_whatever_is_tried(attempt: Try, city: Database) -> None:
    for topic, payload in (("acme/P1/telemetry", '{"pressure": 0.4, "colour": "red", "nothing": 3}'),
                           ("acme/T1/gbt26875", FRAME), ("acme/P1/event", '{"type": "fire_alarm"}'),
                           ("acme/gateway/telemetry", '{"S1": {"temperature": 20}, "X1": {}}'), ("nobody/x/event", "")):
        attempt(topic, payload)
    for table in _TABLES:
        assert city.rows(f"select * from {table}") == [], table


def test_readings_are_shown_in_their_unit(attempt: Try) -> None:
    found = attempt("acme/P1/telemetry", json.dumps({"ts": int(NOW.timestamp() * 1000), "values": {
        "pressure_kpa": 420, "door": "open"}}))
    assert found.is_clean
    assert [row[:3] for row in shown(found)] == [("reading", "water_pressure", "0.42"), ("state", "door", "open")]
    assert found.rows[0].unit == "MPa"


@pytest.mark.parametrize(("topic", "payload", "code"), [
    ("acme/P1/telemetry", '{"presure": 1}', "unknown_metric"), ("acme/P1/telemetry", '{"pressure": 99}', "range"),
    ("acme/P1/telemetry", "{", "json"), ("acme/P9/telemetry", '{"pressure": 1}', "unknown_device"),
    ("acme/X1/telemetry", '{"pressure": 1}', "foreign_device"),
    ("acme/OLD/event", '{"type": "fire"}', "retired_device"),
    ("gone/G1/event", '{"type": "fire"}', "suspended_vendor"), ("nobody/G1/event", "{}", "unknown_vendor"),
    ("acme/P1/event", '{"type": "party"}', "event_type"), ("acme/P1", "{}", "topic"),
    ("acme/T1/gbt26875", FRAME[:-6] + "002323", "gbt_checksum"), ("acme/P1/event", "x" * 300_000, "too_large"),
])
def test_a_refusal_is_the_one_that_ingest_would_give(attempt: Try, store: Callable[..., Stored], topic: str,
                                                     payload: str, code: str) -> None:
    found = attempt(topic, payload)
    assert codes(found) == [code]
    assert not found.is_clean
    assert found.refusals[0].reason
    if code != "too_large":
        assert set(store((topic, payload.encode())).refused) == {code}


def test_what_is_said_is_what_is_then_stored(attempt: Try, store: Callable[..., Stored]) -> None:
    for topic, payload in (("acme/P1/telemetry", '{"pressure": 0.4, "battery": 90, "nothing": 3}'),
                           ("acme/P1/event", '[{"type": "fire_alarm"}, {"type": "fault", "point": "2"}]'),
                           ("acme/T1/gbt26875", FRAME),
                           ("acme/gateway/telemetry", '{"S1": [{"temperature": 20}], "P1": {"pressure": 0.5}}')):
        found = attempt(topic, payload)
        stored = store((topic, payload.encode()))
        kept = [row.what for row in found.rows if row.note != "if_held"]
        assert (kept.count("reading"), kept.count("event"), len(found.refusals)) == (
            stored.readings, stored.events, sum(stored.refused.values())), topic


def test_a_repetition_and_a_contradiction_are_told_apart(attempt: Try, store: Callable[..., Stored]) -> None:
    payload = json.dumps({"ts": int(NOW.timestamp() * 1000), "values": {"pressure": 0.42}})
    store(("acme/P1/telemetry", payload.encode()))
    assert shown(attempt("acme/P1/telemetry", payload)) == [("reading", "water_pressure", "0.42", "repeated")]
    other = attempt("acme/P1/telemetry", payload.replace("0.42", "0.5"))
    assert shown(other) == [("reading", "water_pressure", "0.5", "contradiction")]
    assert not other.is_clean


def test_a_state_is_compared_with_what_is_stored_too(attempt: Try, store: Callable[..., Stored]) -> None:
    payload = json.dumps({"ts": int(NOW.timestamp() * 1000), "values": {"door": "open", "pressure": 0.42}})
    store(("acme/P1/telemetry", payload.encode()))
    assert shown(attempt("acme/P1/telemetry", payload)) == [("reading", "water_pressure", "0.42", "repeated"),
                                                            ("state", "door", "open", "repeated")]
    other = attempt("acme/P1/telemetry", payload.replace("open", "closed"))
    assert [note for *_, note in shown(other)] == ["repeated", "contradiction"]
    assert not other.is_clean


def test_what_a_panel_says_within_one_second_is_no_contradiction(attempt: Try, store: Callable[..., Stored]) -> None:
    def record(operator: int) -> bytes:
        return frame_bytes(command=5, unit=bytes([4, 1, 1, 1, 2, operator]) + tag_of(NOW))

    store(("acme/T1/gbt26875", record(1)))
    assert [note for *_, note in shown(attempt("acme/T1/gbt26875", record(1)))] == ["repeated"]
    found = attempt("acme/T1/gbt26875", record(2))
    assert found.is_clean
    assert store(("acme/T1/gbt26875", record(2))).states == 1


def test_a_value_without_time_goes_by_the_time_of_receipt(attempt: Try) -> None:
    assert shown(attempt("acme/P1/telemetry", '{"pressure": 0.4}')) == [
        ("reading", "water_pressure", "0.4", "receipt")]


def test_a_vendor_s_own_limit_of_size_is_looked_at_for_telemetry_alone(attempt: Try, city: Database) -> None:
    usual = vendor_limits.of_policy(rules(), NOW.date())
    with city.connection() as connection:
        vendor_limits.change(connection, "acme", {"payload_bytes": 100}, usual, actor="test")
    assert codes(attempt("acme/P1/telemetry", '{"pressure": 0.4}' + " " * 100)) == ["too_large"]
    assert codes(attempt("acme/P1/event", '{"type": "fire_alarm"}' + " " * 100)) == []


def test_more_rows_than_a_person_reads_are_counted(attempt: Try) -> None:
    values = [{"ts": int(NOW.timestamp() * 1000) - n, "values": {"pressure": 0.4}} for n in range(500)]
    found = attempt("acme/P1/telemetry", json.dumps(values))
    assert (len(found.rows), found.more) == (200, 300)


@pytest.mark.parametrize("payload", [b"\x00", b"\xff\xfe", b"[" * 2000, b'{"a": NaN}', b'{"pressure": 1e400}', b""])
def test_nonsense_gets_a_reason(attempt: Try, payload: bytes) -> None:
    assert attempt("acme/P1/telemetry", payload).refusals
