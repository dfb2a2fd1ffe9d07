"""States: one value for each device, key and time; another is refused with its reason, and none is dropped unseen."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ingest import quarantine
from ingest.gbt26875 import frame_bytes
from ingest.gbt26875.times import tag_of
from ingest.messages import Message
from ingest.replay import Replay, replay
from ingest.stored import Stored
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import rules
from simulators.sparkplug import Metric
from store import Database
from tests.ingest.conftest import NOW, register, storing
from tests.ingest.sparkplug_host import Ingest, node

Store = Callable[..., Stored]
LATER = NOW + dt.timedelta(days=1)
WHEN = "2026-03-10T03:00:00+00:00"
MICROSECOND, MILLISECOND = dt.timedelta(microseconds=1), dt.timedelta(milliseconds=1)


def timed(ts: str = WHEN, number: str = "P1", **values: Any) -> tuple[str, bytes]:
    return f"acme/{number}/telemetry", json.dumps({"ts": ts, "values": values}).encode()


def states(db: Database) -> list[tuple[str, str, dt.timedelta]]:
    """Key, value and time after NOW."""
    return [(row["key"], row["value"], row["ts"] - NOW) for row in db.rows(
        "select key, value, ts from states order by key, ts")]


def told(db: Database) -> list[tuple[str, str]]:
    """What is in quarantine: the reason's code and the sentence."""
    return [(row["reason_code"], row["reason"]) for row in db.rows(
        "select reason_code, reason from quarantine order by quarantine_id")]


def test_another_state_for_a_moment_already_stored_is_refused_and_told(any_db: Database) -> None:
    register(any_db)
    store = storing(any_db)
    first = store(timed(door="open", mode="day"))
    assert (first.states, first.duplicates, first.refused) == (2, 0, {})
    second = store(timed(door="closed", mode="day", lid="shut"))
    # As with readings: a place that holds another value is no new row, and its refusal is counted beside.
    assert (second.states, second.duplicates, second.refused) == (1, 2, {"contradiction": 1})
    assert [(key, value) for key, value, _ in states(any_db)] == [("door", "open"), ("lid", "shut"), ("mode", "day")]
    (row,) = quarantine.newest(any_db)
    assert row["reason"] == f"the state door of P1 at {WHEN} is already stored as 'open', not 'closed'"
    assert (row["topic"], row["vendor_code"]) == ("huoyan/v1/acme/P1/telemetry", "acme")
    assert json.loads(row["payload"]) == {"ts": WHEN, "values": {"door": "closed"}}


def test_a_repetition_is_no_contradiction_however_it_is_written(store: Store, city: Database) -> None:
    store(timed(door=True, text="1"))
    again = store(timed(ts="2026-03-10T11:00:00+08:00", door=True, text="1"), timed(door=True))
    assert (again.states, again.duplicates, again.refused) == (0, 3, {})
    assert told(city) == []


@pytest.mark.parametrize("together", [True, False])
def test_within_one_batch_the_first_state_of_a_moment_is_kept(store: Store, city: Database, together: bool) -> None:
    batch = [timed(door="open"), timed(door="closed"), timed(door="open"), timed(door="ajar"),
             timed(number="S1", door="closed")]
    found = [store(*batch)] if together else [store(one) for one in batch]
    assert sum(one.states for one in found) == 2
    assert sum(one.duplicates for one in found) == 3
    assert sum(one.refused["contradiction"] for one in found) == 2
    assert sorted(reason.rpartition(" not ")[2] for _, reason in told(city)) == ["'ajar'", "'closed'"]
    assert sorted(value for _, value, _ in states(city)) == ["closed", "open"]


def test_one_message_may_contradict_itself(store: Store, city: Database) -> None:
    both = [{"ts": WHEN, "values": {"door": word}} for word in ("open", "closed")]
    assert store(("acme/P1/telemetry", json.dumps(both).encode())).refused == {"contradiction": 1}
    assert [value for _, value, _ in states(city)] == ["open"]


def test_a_gateway_and_thingsboard_s_topics_are_no_other_way_in(store: Store, city: Database) -> None:
    store(timed(door="open", list="[1]"))
    gateway = json.dumps({"P1": [{"ts": WHEN, "values": {"door": "closed"}}]}).encode()
    assert store(("acme/gateway/telemetry", gateway)).refused == {"contradiction": 1}
    board = json.dumps({"P1": [{"ts": WHEN, "values": {"list": [2]}}]}).encode()
    assert store(("acme/GW/v1/gateway/telemetry", board)).refused == {"contradiction": 1}
    # Its replay says the same, although its own form would take no list.
    assert replay(city, rules(), LATER) == Replay(2, 0, 2, reasons={"contradiction": 2})
    with city.connection() as connection:
        connection.execute("delete from states")
    assert replay(city, rules(), LATER) == Replay(2, 2, 0)
    assert [(key, value) for key, value, _ in states(city)] == [("door", "closed"), ("list", "[2]")]


def test_a_contradiction_is_replayed_once_its_place_is_free(store: Store, city: Database) -> None:
    store(timed(door="open"))
    store(timed(door="closed"), at=NOW + dt.timedelta(minutes=1))
    before = quarantine.newest(city, waiting=True)
    assert replay(city, rules(), LATER) == Replay(1, 0, 1, reasons={"contradiction": 1})
    assert quarantine.newest(city, waiting=True) == before
    with city.connection() as connection:
        connection.execute("delete from states")
    assert replay(city, rules(), LATER) == Replay(1, 1, 0)
    assert [(key, value) for key, value, _ in states(city)] == [("door", "closed")]
    assert quarantine.newest(city, waiting=True) == []


def test_states_without_a_time_are_all_kept_and_stored_once(store: Store, city: Database) -> None:
    for _ in range(2):  # the second time as after a kill: no delivery says that it is the same
        for word in ("open", "closed", "open", "open"):
            store(("acme/P1/telemetry", json.dumps({"door": word}).encode()), packet_id=0)
    assert states(city) == [("door", "open", 0 * MICROSECOND), ("door", "closed", MICROSECOND)]
    # What was delivered, each with a number of its own, was said each time.
    found = store(*[("acme/P1/telemetry", b'{"door": "open"}')] * 3)
    assert (found.states, found.duplicates) == (3, 0)
    assert [at for _, _, at in states(city)] == [step * MICROSECOND for step in range(5)]
    assert told(city) == []


def test_a_batch_without_times_comes_to_the_same_when_it_is_replayed(store: Store, city: Database) -> None:
    words = ["open", "open", "closed", "open"]
    batch = [("acme/P1/telemetry", json.dumps([{"door": word}, {"door": word}]).encode()) for word in words]
    for number in range(2):
        found = store(*batch, packet_id=0)
        assert (found.states, found.duplicates) == ((8, 0) if number == 0 else (0, 8))
    assert [at for _, _, at in states(city)] == [step * MICROSECOND for step in range(8)]
    assert told(city) == []


def test_a_redelivery_of_a_state_without_a_time_is_stored_once(store: Store, city: Database) -> None:
    message = ("acme/P1/telemetry", b'{"door": "open"}')
    store(message, packet_id=7)
    again = store(message, packet_id=7, at=NOW + dt.timedelta(minutes=1), redelivered=True)
    assert (again.states, len(states(city))) == (0, 1)
    assert store(message, packet_id=8, at=NOW + dt.timedelta(minutes=2)).states == 1


def test_no_state_without_a_time_is_dropped_where_every_place_near_is_taken(store: Store, city: Database) -> None:
    with city.connection() as connection:
        connection.execute(
            "insert into states select device_id, 'door', %s + n * interval '1 microsecond', 'x', %s "
            "from devices, generate_series(0, 999) as n where device_no = 'P1'", [NOW, NOW])
    assert store(("acme/P1/telemetry", b'{"door": "open"}')).refused == {"contradiction": 1}
    (row,) = quarantine.newest(city)
    assert json.loads(row["payload"]) == {"values": {"door": "open"}}
    assert "a thousand values" in row["reason"]
    with city.connection() as connection:
        connection.execute("delete from states where ts > %s", [NOW])
    assert replay(city, rules(), LATER) == Replay(1, 1, 0)
    assert [value for _, value, _ in states(city)] == ["x", "open"]


def record(flags: int, operator: int, second: int) -> bytes:
    """An operation record that a panel answers with."""
    unit = bytes([4, 1, 1, 1, flags, operator]) + tag_of(NOW + dt.timedelta(seconds=second))
    return frame_bytes(command=5, unit=unit, serial=operator)


def test_what_a_panel_tells_twice_in_one_second_stands_side_by_side(store: Store, city: Database) -> None:
    frames = [record(2, operator, -60) for operator in (1, 2, 3)]
    store(("acme/T1/gbt26875", frames[0] + frames[1]))
    store(("acme/T1/gbt26875", frames[2]), ("acme/T1/gbt26875", record(2, 1, -59)))
    found = states(city)
    assert [at for _, _, at in found] == [dt.timedelta(seconds=-60) + step * MILLISECOND for step in range(3)] + [
        dt.timedelta(seconds=-59)]
    assert [value.rpartition(" ")[2] for _, value, _ in found] == ["1", "2", "3", "1"]
    # Read again an hour later it is the same record, whatever else the second holds.
    again = store(*[("acme/T1/gbt26875", frame) for frame in reversed(frames)], at=NOW + dt.timedelta(hours=1))
    assert (again.states, again.duplicates) == (0, 3)
    assert (states(city), told(city)) == (found, [])


def test_a_second_of_a_panel_without_room_is_told(store: Store, city: Database) -> None:
    store(("acme/T1/gbt26875", record(2, 1, -60)))
    with city.connection() as connection:
        connection.execute(
            "insert into states select device_id, key, ts + n * interval '1 millisecond', 'x', received_at "
            "from states, generate_series(1, 999) as n")
    found = store(("acme/T1/gbt26875", record(2, 2, -60)))
    assert (found.states, found.refused) == (0, {"contradiction": 1})
    ((_, reason),) = told(city)
    assert reason.startswith("the state gbt.1/1.operation of T1 at 2026-03-10T03:59:00+00:00 is already stored as a "
                             "thousand values, not ")


def test_sparkplug_s_states_are_judged_alike(city: Database) -> None:
    ingest = Ingest(city)
    edge = node(devices={"P1": {"mode": Metric(None, "String", "day"), "Doors/1": Metric(None, "Boolean", True)}})
    ingest.store(edge.births(ingest.ms))
    at = ingest.ms
    assert ingest.store(edge.data("P1", {"mode": "night", "Doors/1": False}, at)).refused == {}
    again = ingest.store(edge.data("P1", {"mode": "night", "Doors/1": True}, at))
    assert (again.states, again.duplicates, again.refused) == (0, 2, {"contradiction": 1})
    # A second birth tells what stands, under a time of its own.
    assert ingest.store(edge.births(ingest.ms)).refused == {}
    with city.connection() as connection:
        connection.execute("delete from states")
    assert replay(city, rules(), LATER) == Replay(1, 1, 0)
    assert [(key, value) for key, value, _ in states(city)] == [("Doors/1", "true")]


def test_an_alarm_is_told_although_the_state_beside_it_contradicts(store: Store, city: Database) -> None:
    store(timed(number="S1", fire_alarm="off"))
    found = store(timed(number="S1", fire_alarm="alarm"))
    assert (found.events, found.refused) == (1, {"contradiction": 1})
    assert replay(city, rules(), LATER) == Replay(1, 0, 1, reasons={"contradiction": 1})
    assert city.row("select count(*) as n from alarms") == {"n": 1}


@pytest.mark.parametrize(("one", "other", "shown"), [
    ("x" * 990 + "a", "x" * 990 + "b", "'…xxxxxxxxxxxxa', not '…xxxxxxxxxxxxb'"),
    ("x" * 50, "x" * 50 + "y", "'…xxxxxxxxxxxx', not '…xxxxxxxxxxxxy'"),
    ("火" * 1000, "水" * 1000, f"'{'火' * 40}', not '{'水' * 40}'"),
    ("a\nb", "a\tb", r"'a\nb', not 'a\tb'")])
def test_the_sentence_is_short_and_shows_where_two_texts_part(store: Store, city: Database, one: str, other: str,
                                                              shown: str) -> None:
    key = "k" * 100
    store(timed(**{key: one}))
    assert store(timed(**{key: other})).refused == {"contradiction": 1}
    ((_, reason),) = told(city)
    assert reason == f"the state {'k' * 60} of P1 at {WHEN} is already stored as {shown}"
    assert len(reason) < 300


def test_two_writers_at_once_keep_one_state_and_refuse_the_other(city: Database) -> None:
    with city.connection() as connection:
        first, second = (Writer(city, rules()) for _ in range(2))
        words = first.words(NOW)
        stored = first.store_within(connection, [Message("huoyan/v1/acme/P1/telemetry", timed(door="open")[1], NOW)],
                                    words)
        assert stored.states == 1
        found: list[Stored] = []
        other = threading.Thread(target=lambda: found.append(BatchStore(second).store(
            [Message("huoyan/v1/acme/P1/telemetry", timed(door="closed")[1], NOW)])))
        other.start()
        other.join(0.5)
        assert other.is_alive()  # it waits for what the first one will come to
    other.join(30)
    assert (found[0].states, found[0].refused) == (0, {"contradiction": 1})
    assert [value for _, value, _ in states(city)] == ["open"]


def test_a_thousand_states_of_one_microsecond_are_placed_in_one_go(store: Store, city: Database) -> None:
    burst = json.dumps([{"door": str(number)} for number in range(300)]).encode()
    found = store(*[("acme/P1/telemetry", burst)] * 3)
    assert (found.states, found.refused) == (900, {})
    assert len({at for _, _, at in states(city)}) == 900
