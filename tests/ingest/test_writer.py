"""Batches into a real database: stored once, in whole, with the last state, the cases and the days they touch."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingest.gbt26875 import frame_bytes
from ingest.messages import Message
from ingest.stored import Stored
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import rules
from store import Database
from tests.ingest.conftest import NOW, register, storing

FRAMES = [json.loads(line) for line in (Path(__file__).parent / "fixtures/gbt26875_frames.jsonl").read_text(
    encoding="utf-8").splitlines()]
Store = Callable[..., Stored]


def telemetry(**values: Any) -> tuple[str, bytes]:
    return "acme/P1/telemetry", json.dumps(values).encode()


def event(kind: str, *, minute: int | None = None, active: bool = True, **more: Any) -> tuple[str, bytes]:
    if minute is not None:
        more["ts"] = (NOW + dt.timedelta(minutes=minute)).isoformat()
    return "acme/S1/event", json.dumps({"type": kind, "active": active, **more}).encode()


def readings(db: Database) -> list[tuple[str, float, dt.datetime]]:
    return [(row["code"], row["value"], row["ts"]) for row in db.rows(
        "select code, value, ts from readings join metrics using (metric_id) order by ts, code")]


def alarms(db: Database) -> list[tuple[Any, ...]]:
    return [(row["kind"], row["point"], _minute(row["opened_at"]), _minute(row["last_at"]), _minute(row["restored_at"]))
            for row in db.rows("select * from alarms order by opened_at, kind, point")]


def _minute(moment: dt.datetime | None) -> int | None:
    return None if moment is None else (moment - NOW) // dt.timedelta(minutes=1)


def last(db: Database, number: str) -> dict[str, Any]:
    row = db.row("select l.* from device_last l join devices using (device_id) where device_no = %s", [number])
    assert row is not None
    return row


def test_readings_are_stored_once_on_every_kind_of_server(any_db: Database) -> None:
    register(any_db)
    store = storing(any_db)
    message = telemetry(ts="2026-03-10T03:00:00Z", values={"water_pressure": 0.5, "battery": "80", "door": "open"})
    first = store(message)
    assert (first.readings, first.states, first.duplicates) == (2, 1, 0)
    again = store(message, telemetry(ts="2026-03-10T03:01:00Z", values={"water_pressure": 0.6}))
    assert (again.readings, again.states, again.duplicates) == (1, 0, 3)
    third = store(telemetry(ts="2026-03-10T03:02:00Z", values={"water_pressure": 0.7}))
    assert third.readings == 1
    assert len(readings(any_db)) == 4
    assert store(event("fire_alarm", minute=-1), event("fire_alarm", minute=-1)).events == 1
    assert alarms(any_db) == [("fire_alarm", "", -1, -1, None)]
    assert store(event("fire_alarm", minute=-2, active=False), event("fire_alarm", minute=0, active=False)).events == 2
    assert alarms(any_db) == [("fire_alarm", "", -1, -1, 0)]


def test_another_value_for_a_moment_already_stored_is_refused_and_told(store: Store, city: Database) -> None:
    when = "2026-03-10T03:00:00Z"
    store(telemetry(ts=when, values={"battery": 80}))
    second = store(telemetry(ts=when, values={"battery": 81}), telemetry(ts=when, values={"battery": 82}))
    assert second.refused == {"contradiction": 2}
    assert [value for _, value, _ in readings(city)] == [80]
    told = [row["reason"] for row in city.rows("select reason from quarantine order by quarantine_id")]
    assert sorted(told)[0] == "battery at 2026-03-10T03:00:00+00:00 is already stored as 80, not 81"


def test_a_redelivery_without_a_time_of_its_own_is_stored_once(store: Store, city: Database) -> None:
    for payload in (("acme/P1/telemetry", b'{"battery": 50}'), ("acme/S1/event", b'{"type": "fire_alarm"}')):
        store(payload, packet_id=7)
        later = store(payload, packet_id=7, at=NOW + dt.timedelta(minutes=1), redelivered=True)
        assert (later.readings, later.events, later.duplicates) == (0, 0, 1)
        fresh = store(payload, packet_id=8, at=NOW + dt.timedelta(minutes=2), redelivered=True)
        assert fresh.readings + fresh.events == 1
        repeated = store(payload, packet_id=7, at=NOW + dt.timedelta(minutes=3))
        assert repeated.readings + repeated.events == 1
        old = store(payload, packet_id=7, at=NOW + dt.timedelta(days=3), redelivered=True)
        assert old.readings + old.events == 1


def test_both_deliveries_in_one_batch_are_stored_once(city: Database) -> None:
    topic = "huoyan/v1/acme/P1/telemetry"
    stored = BatchStore(Writer(city, rules())).store([
        Message(topic, b'{"battery": 50}', NOW, packet_id=4),
        Message(topic, b'{"battery": 50}', NOW + dt.timedelta(seconds=1), packet_id=4, redelivered=True)])
    assert (stored.readings, stored.duplicates) == (1, 1)


def test_a_message_that_fails_in_the_middle_leaves_nothing_half_written(store: Store, city: Database) -> None:
    with city.connection() as connection:
        connection.execute("alter table events add constraint no_tests check (kind <> 'test')")
    writer = Writer(city, rules())
    topic = "huoyan/v1/acme/S1/event"
    with pytest.raises(psycopg.errors.CheckViolation):
        writer.store([Message("huoyan/v1/acme/P1/telemetry", b'{"battery": 50}', NOW),
                      Message(topic, b'{"type": "test"}', NOW)])
    assert [city.row(f"select count(*) as n from {table}") for table in ("readings", "events", "device_last")] == [
        {"n": 0}] * 3


def test_a_message_the_database_refuses_is_quarantined_alone(city: Database) -> None:
    with city.connection() as connection:
        connection.execute("alter table events add constraint no_tests check (kind <> 'test')")
    kinds = ["fire_alarm", "fault", "test", "shielded", "gas_alarm"]
    stored = BatchStore(Writer(city, rules())).store([
        Message("huoyan/v1/acme/S1/event", json.dumps({"type": kind}).encode(), NOW + dt.timedelta(seconds=number))
        for number, kind in enumerate(kinds)])
    assert stored.events == 4
    assert stored.refused == {"not_storable": 1}
    row = city.row("select payload, reason from quarantine")
    assert row is not None
    assert bytes(row["payload"]) == b'{"type": "test"}'
    assert "no_tests" in row["reason"]


def test_a_server_in_trouble_is_not_taken_for_a_bad_message(city: Database) -> None:
    with city.connection() as connection:
        connection.execute("alter table readings rename to hidden")
    with pytest.raises(psycopg.errors.UndefinedTable):
        BatchStore(Writer(city, rules())).store([Message("huoyan/v1/acme/P1/telemetry", b'{"battery": 50}', NOW)])
    assert city.row("select count(*) as n from quarantine") == {"n": 0}


def test_everything_a_stranger_can_send_is_quarantined_with_its_bytes(store: Store, city: Database) -> None:
    garbage = [("acme/P1/telemetry", b"\xff\x00"), ("nobody/P1/telemetry", b"{}"), ("acme/NONE/event", b'{"type": 1}'),
               ("acme/P1/event", b"\x00"), ("acme/P1/what", b"?"), ("other/P1/telemetry", b'{"battery": 1}'),
               ("gone/G1/telemetry", b'{"battery": 1}'), ("acme/OLD/telemetry", b'{"battery": 1}'),
               ("acme/T1/gbt26875", b"@@ broken"), ("acme/gateway/telemetry", b'{"a\\u0000b": [{"battery": 1}]}')]
    stored = store(*garbage, telemetry(battery=5))
    assert stored.readings == 1
    rows = city.rows("select topic, payload, vendor_code, reason_code from quarantine order by topic")
    assert {(row["topic"].removeprefix("huoyan/v1/"), bytes(row["payload"])) for row in rows} == set(garbage)
    assert {row["vendor_code"] for row in rows} == {"acme", "other", "gone", None}
    assert {row["reason_code"] for row in rows} == {
        "utf8", "unknown_vendor", "unknown_device", "json", "topic", "foreign_device", "suspended_vendor",
        "retired_device", "gbt_cut_short"}


@pytest.mark.parametrize(("topic", "vendor"), [
    ("huoyan/v1/acme/P1/events", "acme"), ("huoyan/v1/acme/P1", "acme"), ("huoyan/v1/acme", "acme"),
    ("spBv1.0/acme/XDATA/E1", "acme"), ("spBv1.0/acme", "acme"), ("huoyan/v1/acme/" + "x" * 500, "acme"),
    ("huoyan/v1/nobody/P1/events", None), ("huoyan/v1//P1/events", None), ("huoyan/v2/acme/P1/event", None),
    ("huoyan/v1/" + "x" * 500, None)])
def test_a_wrong_topic_below_a_vendors_own_is_shown_to_that_vendor(topic: str, vendor: str | None,
                                                                   city: Database) -> None:
    BatchStore(Writer(city, rules())).store([Message(topic, b"{}", NOW, packet_id=1)])
    (row,) = city.rows("select vendor_code, reason_code from quarantine")
    assert (row["vendor_code"], row["reason_code"]) == (vendor, "topic")


def test_the_last_times_of_a_device_only_move_forward(store: Store, city: Database) -> None:
    store(telemetry(ts="2026-03-10T03:00:00Z", values={"battery": 80, "signal": -70}))
    store(telemetry(ts="2026-03-10T02:00:00Z", values={"battery": 90, "water_pressure": 0.4}),
          telemetry(ts="2026-03-10T03:30:00Z", values={"signal": -75}), at=NOW + dt.timedelta(seconds=5))
    row = last(city, "P1")
    assert row["last_ts"] == dt.datetime(2026, 3, 10, 3, 30, tzinfo=dt.UTC)
    assert row["last_received_at"] == NOW + dt.timedelta(seconds=5)


def test_a_device_whose_payload_is_refused_has_still_been_heard(store: Store, city: Database) -> None:
    store(telemetry(bogus=1))
    assert last(city, "P1")["online"] is True


def test_the_days_that_late_data_touches_are_marked_for_the_roll_up(store: Store, city: Database) -> None:
    store(telemetry(ts="2026-03-07T15:59:00Z", values={"battery": 80}),
          telemetry(ts="2026-03-07T16:00:00Z", values={"battery": 80}))
    store(("other/X1/event", b'{"type": "shielded", "ts": "2026-03-08T00:00:00Z"}'))
    rows = city.rows("select unit_no, day from dirty_unit_days join units using (unit_id) order by unit_no, day")
    assert [(row["unit_no"], row["day"].day) for row in rows] == [("U1", 7), ("U1", 8), ("U2", 8), ("U2", 9),
                                                                  ("U2", 10)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 0, 3, 1)])
def test_cases_are_ordered_by_event_time_not_by_arrival(order: tuple[int, ...], store: Store, city: Database) -> None:
    told = [event("fire_alarm", minute=-50), event("fire_alarm", minute=-40),
            event("fire_alarm", minute=-30, active=False), event("fire_alarm", minute=-20)]
    for number in order:
        store(told[number])
    assert alarms(city) == [("fire_alarm", "", -50, -40, -30), ("fire_alarm", "", -20, -20, None)]
    assert last(city, "S1")["conditions"].keys() == {"fire_alarm"}


def test_a_late_alarm_keeps_the_number_and_verdict_of_its_case(store: Store, city: Database) -> None:
    store(event("fire_alarm", minute=-5))
    with city.connection() as connection:
        connection.execute("update alarms set verdict = 'false', verdict_by = 'duty', verdict_at = now()")
    store(event("fire_alarm", minute=-9), event("fire_alarm", minute=-1, active=False))
    (row,) = city.rows("select * from alarms")
    assert (row["verdict"], _minute(row["opened_at"]), _minute(row["restored_at"])) == ("false", -9, -1)


def test_points_and_kinds_have_cases_of_their_own_and_states_have_none(store: Store, city: Database) -> None:
    store(event("fire_alarm", minute=-5, point="1F"), event("fire_alarm", minute=-4, point="2F"),
          event("fault", minute=-3, point="1F"), event("shielded", minute=-2, point="1F"), event("reset", minute=-1))
    assert [case[:2] for case in alarms(city)] == [("fire_alarm", "1F"), ("fire_alarm", "2F"), ("fault", "1F")]
    assert last(city, "S1")["conditions"].keys() == {"fire_alarm", "fault", "shielded"}
    store(event("fire_alarm", minute=-1, point="1F", active=False))
    assert [case[4] for case in alarms(city)] == [-1, None, None]


def test_pages_are_told_of_a_case_when_it_is_committed(store: Store, city: Database) -> None:
    with psycopg.connect(city.dsn, autocommit=True) as listener:
        listener.execute("listen huoyan_alarm")
        store(event("fire_alarm"), event("shielded"))
        store(event("fire_alarm", active=False), at=NOW + dt.timedelta(seconds=9))
        notices = [json.loads(notice.payload) for notice in listener.notifies(timeout=5, stop_after=2)]
    assert [(notice["kind"], notice["open"]) for notice in notices] == [("fire_alarm", True), ("fire_alarm", False)]
    row = city.row("select alarm_id, stored_at - received_at as took from alarms")
    assert row is not None
    assert {notice["alarm_id"] for notice in notices} == {row["alarm_id"]}


def test_the_public_frames_show_their_fires_and_faults_as_alarms(store: Store, city: Database) -> None:
    for number, frame in enumerate(FRAMES):
        raw = bytes.fromhex(frame["hex"])
        payload = raw if number % 2 else raw.hex().upper().encode()
        store(("acme/T1/gbt26875", payload), at=NOW + dt.timedelta(minutes=number))
    assert {case[:2] for case in alarms(city) if case[4] is None} == {
        ("fire_alarm", "1/1/40/10-2"), ("fire_alarm", "1/3/0/217-6"), ("fire_alarm", "1/0/0/35579-1"),
        ("fire_alarm", "1/1/23/5-101"), ("mains_fault", "203/2"), ("fault", ""), ("standby_fault", "")}
    assert {case[:2] for case in alarms(city) if case[4] is not None} == {("mains_fault", ""), ("fault", "1/1/0/55-10")}
    fire = city.row("select * from events where point = '1/3/0/217-6'")
    assert fire is not None
    assert fire["device_ts"] == dt.datetime(2020, 8, 1, 11, 18, 48, tzinfo=dt.UTC)
    assert fire["ts"] == NOW + dt.timedelta(minutes=9)
    assert fire["detail"]["description"] == "Ａ区１层呷哺走廊"
    assert [row["reason_code"] for row in city.rows("select reason_code from quarantine")] == ["gbt_checksum"]


def fire_frame(status: int, *, serial: int = 1) -> tuple[str, bytes]:
    unit = bytes([2, 1, 1, 1, 40, 5, 0, 6, 0, status, 0]) + bytes(31) + bytes(6)
    return "acme/T1/gbt26875", frame_bytes(unit=unit, serial=serial)


def test_a_packet_the_device_sends_again_is_stored_once_and_a_new_fire_is_not_taken_for_it(store: Store,
                                                                                           city: Database) -> None:
    def step(status: int, second: int) -> int:
        return store(fire_frame(status), at=NOW + dt.timedelta(seconds=second)).events

    assert [step(2, 0), step(2, 10), step(2, 20)] == [1, 0, 0]
    # A device whose serial number and clock never move: fire, clear, fire again within the resend window.
    assert [step(0, 25), step(2, 30), step(2, 35)] == [1, 1, 0]
    assert step(2, 300) == 1
    assert len(alarms(city)) == 2


def test_a_status_without_the_bit_restores_only_its_own_point(store: Store, city: Database) -> None:
    store(fire_frame(2), fire_frame(2 + 4 + 8))
    whole = bytes([1, 1, 1, 1, 1, 0]) + bytes(6)
    store(("acme/T1/gbt26875", frame_bytes(unit=whole)), at=NOW + dt.timedelta(minutes=1))
    assert [case[4] for case in alarms(city)] == [None, None]
    store(fire_frame(1, serial=9), at=NOW + dt.timedelta(minutes=2))
    assert [case[4] for case in alarms(city)] == [2, 2]
    assert last(city, "T1")["conditions"] == {}


def test_a_heartbeat_is_heard_and_stores_nothing_else(store: Store, city: Database) -> None:
    stored = store(("acme/T1/gbt26875", frame_bytes(serial=5)))
    assert (stored.events, stored.states, stored.readings, sum(stored.refused.values())) == (0, 0, 0, 0)
    assert last(city, "T1")["last_received_at"] == NOW


def test_a_device_registered_this_moment_is_known_with_the_next_message(store: Store, city: Database) -> None:
    assert store(("acme/N1/telemetry", b'{"battery": 5}')).refused == {"unknown_device": 1}
    with city.connection() as connection:
        connection.execute("insert into devices (vendor_code, device_no, unit_id, kind) "
                           "select 'acme', 'N1', unit_id, 'smoke' from units where unit_no = 'U1'")
    assert store(("acme/N1/telemetry", b'{"battery": 5}')).readings == 1


def test_ingest_needs_no_more_than_its_role_is_granted(dsn: str) -> None:
    with Database(dsn) as owner:
        register(owner)
    with Database(f"{dsn}{'&' if '?' in dsn else '?'}options=-c%20role%3Dhuoyan_ingest") as db:
        store = storing(db)
        store(telemetry(battery=5, bogus=1), event("fire_alarm"), fire_frame(2))
        store(telemetry(ts="2026-03-01T00:00:00Z", values={"battery": 5}), event("fire_alarm", active=False),
              telemetry(ts="2026-03-01T00:00:00Z", values={"battery": 5}), at=NOW + dt.timedelta(seconds=5))
        store(telemetry(ts="2026-03-01T00:00:00Z", values={"battery": 5}))
        Writer(db, rules()).forget(NOW)


def test_a_device_number_no_text_can_hold_is_refused_and_the_rest_of_the_gateways_message_stored(store: Store) -> None:
    stored = store(("acme/gateway/telemetry", b'{"\\ud800": {"temperature": 1}, "P1": {"temperature": 20}}'))
    assert (stored.readings, stored.refused) == (1, {"unknown_device": 1})


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_a_condition_holds_since_its_first_report_whatever_the_order_of_arrival(store: Store, city: Database,
                                                                               order: tuple[int, ...],
                                                                               together: bool) -> None:
    messages = [event("fault", minute=-minute, point="A") for minute in order]
    for batch in [messages] if together else [[message] for message in messages]:
        store(*batch)
    assert last(city, "S1")["conditions"] == {"fault": (NOW - dt.timedelta(minutes=3)).isoformat()}


def test_two_readings_of_one_moment_without_a_time_are_both_kept_and_stored_once(store: Store, city: Database) -> None:
    for _ in range(2):  # the second time as after a kill
        store(("acme/P1/telemetry", b'{"battery": 80}'), at=NOW, packet_id=0)
        store(("acme/P1/telemetry", b'{"battery": 81}'), at=NOW, packet_id=0)
    rows = city.rows("select value, ts from readings order by ts")
    assert rows == [{"value": 80, "ts": NOW}, {"value": 81, "ts": NOW + dt.timedelta(microseconds=1)}]
    assert city.rows("select reason from quarantine") == []


def test_a_message_from_before_the_silence_does_not_end_it(store: Store, city: Database) -> None:
    store(telemetry(ts="2026-03-10T03:00:00Z", values={"battery": 80}))
    with city.connection() as connection:
        connection.execute("update device_last set online = false, offline_since = %s", [NOW + dt.timedelta(hours=2)])
    store(telemetry(ts="2026-03-10T03:01:00Z", values={"battery": 79}), at=NOW + dt.timedelta(hours=1))
    assert last(city, "P1")["online"] is False
    store(telemetry(ts="2026-03-10T03:02:00Z", values={"battery": 78}), at=NOW + dt.timedelta(hours=3))
    assert last(city, "P1")["online"] is True


def test_a_process_that_starts_uses_up_no_number_of_a_metric(city: Database) -> None:
    for _ in range(3):
        Writer(city, rules()).words(NOW)
    row = city.row("select count(*) as metrics, max(metric_id) as highest, "
                   "(select last_value from metrics_metric_id_seq) as given from metrics")
    assert row is not None
    assert row["metrics"] == row["highest"] == row["given"]
