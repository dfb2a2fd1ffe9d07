"""A passive host on a real database: sessions, aliases, what waits, deaths, rebirths, several processes."""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
from collections.abc import Sequence
from dataclasses import replace as changed
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest import replay
from ingest.messages import Message
from policy import RuleBook, rules
from simulators.sparkplug import EdgeNode, Metric, Outgoing, payload
from simulators.sparkplug.encoding import asks_for_rebirth
from store import Database
from tests.ingest.conftest import NOW
from tests.ingest.sparkplug_host import Ingest, events, needs_the_writer, node, online, readings, refused, states

pytestmark = needs_the_writer



def vectors(name: str) -> dict[str, bytes]:
    made = json.loads((Path(__file__).parent / "fixtures" / name).read_text("utf-8"))
    return {vector: base64.b64decode(text) for vector, text in made["vectors"].items()}


TAHU, TAHU_JS = vectors("sparkplug_tahu.json"), vectors("sparkplug_tahu_js.json")


@pytest.fixture
def ingest(city: Database) -> Ingest:
    return Ingest(city)


def edge(db: Database, name: str = "E1") -> dict[str, Any]:
    row = db.row("select * from sparkplug_edges where edge = %s", [name])
    assert row is not None
    return row


def waiting(db: Database) -> int:
    return len(db.rows("select from sparkplug_waiting"))


def requests(found: Sequence[Any]) -> list[str]:
    assert all(asks_for_rebirth(one.payload) and one.qos == 0 for one in found)
    return [one.topic for one in found]


def configured(city: Database, number: str, settings: dict[str, Any]) -> None:
    with city.connection() as connection:
        connection.execute("update devices set settings = %s where device_no = %s", [json.dumps(settings), number])


# births and data ---------------------------------------------------------------------------------------------------


def test_births_name_aliases_and_data_is_stored_by_them(ingest: Ingest, city: Database) -> None:
    acme = node()
    stored = ingest.store(acme.births(ingest.ms))
    assert (stored.messages["sparkplug"], stored.readings, stored.states, stored.events) == (3, 2, 1, 0)
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.61}, ingest.ms), acme.data("S1", {"mode": "night"}, ingest.ms))
    assert readings(city) == [("P1", "battery", 90), ("P1", "water_pressure", .5), ("P1", "water_pressure", .61)]
    assert states(city) == {("S1", "mode"): "night"}
    assert (online(city), refused(city), waiting(city), ingest.tick(60)) == ({"P1": True, "S1": True}, [], 0, [])


def test_an_alarm_told_as_a_boolean_opens_a_case_and_its_end_closes_it(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    ingest.store(acme.data("S1", {"fire_alarm": True}, ingest.ms))
    assert city.rows("select kind, restored_at from alarms") == [{"kind": "fire_alarm", "restored_at": None}]
    assert [row["source"] for row in city.rows("select source from events")] == ["sparkplug"]
    ingest.store(acme.births(ingest.ms))
    ingest.store(acme.data("S1", {"fire_alarm": False}, ingest.ms), acme.data("S1", {"fire_alarm": False}, ingest.ms))
    (case,) = city.rows("select restored_at from alarms")
    assert case["restored_at"] is not None
    # Alarm, still so at the birth, over; that it is over is told once.
    assert [active for *_, active in events(city)] == [True, True, False]


def test_an_alarm_that_holds_or_is_over_at_a_birth_is_known_by_the_birth(ingest: Ingest, city: Database) -> None:
    burning = node(devices={"S1": {"fire_alarm": Metric(None, "Boolean", True)}})
    ingest.store(burning.births(ingest.ms))
    assert events(city) == [("S1", "fire_alarm", "", True)]
    ingest.tick()
    quiet = node(devices={"S1": {"fire_alarm": Metric(None, "Boolean", False)}})
    ingest.store(quiet.births(ingest.ms))
    assert events(city) == [("S1", "fire_alarm", "", True), ("S1", "fire_alarm", "", False)]
    assert city.rows("select from alarms where restored_at is null") == []


def test_the_node_speaks_for_its_own_device_where_that_is_registered(ingest: Ingest, city: Database) -> None:
    own = {"": {"temperature": Metric(None, "Float", 20.0)}}
    ingest.store(node(edge="T1", devices=own).births(ingest.ms))
    assert (readings(city), online(city)) == ([("T1", "temperature", 20)], {"T1": True})
    ingest.store(node(edge="E2", devices=own).births(ingest.ms))
    assert refused(city) == [("unknown_device", "spBv1.0/acme/NBIRTH/E2")]
    ingest.store(node(edge="E3", devices={}).births(ingest.ms))
    assert len(refused(city)) == 1


@pytest.mark.parametrize(("settings", "edge_name", "device", "found"), [
    ({}, "E1", "P1", "P1"), ({}, "E9", "P1", "P1"), ({"sparkplug": {"edge": "E1", "device": "dev"}}, "E1", "dev", "P1"),
    ({"sparkplug": {"edge": "E1"}}, "E1", "P1", "P1"), ({"sparkplug": {"edge": "E1"}}, "E2", "P1", None),
    ({"sparkplug": {"edge": "E1", "device": "dev"}}, "E1", "P1", None),
    ({"sparkplug": {"edge": "E1", "device": ""}}, "E1", "", "P1"), ({"sparkplug": 5}, "E1", "P1", "P1")])
def test_settings_say_which_edge_node_and_device_a_device_is(
        settings: dict[str, Any], edge_name: str, device: str, found: str | None, ingest: Ingest,
        city: Database) -> None:
    configured(city, "P1", settings)
    ingest.store(node(edge=edge_name, devices={device: {"temperature": Metric(None, "Float", 20.0)}}).births(ingest.ms))
    assert [one[0] for one in readings(city)] == ([found] if found else [])
    assert [code for code, _ in refused(city)] == ([] if found else ["unknown_device"])


def test_a_number_that_names_edge_and_device_goes_before_the_plain_one(ingest: Ingest, city: Database) -> None:
    with city.connection() as connection:
        connection.execute("""insert into devices (vendor_code, device_no, unit_id, kind)
                              select 'acme', 'E1/P1', unit_id, 'water_pressure' from units where unit_no = 'U1'""")
    for name in ("E1", "E2"):
        ingest.store(node(edge=name, devices={"P1": {"temperature": Metric(None, "Float", 20.0)}}).births(ingest.ms))
    assert [one[0] for one in readings(city)] == ["E1/P1", "P1"]


# strangers, and what can't be read -----------------------------------------------------------------------------------


def test_strangers_are_refused_whole_and_get_no_session(ingest: Ingest, city: Database) -> None:
    ingest.store(node("nobody").births(ingest.ms), node("gone").births(ingest.ms))
    assert {code for code, _ in refused(city)} == {"unknown_vendor", "suspended_vendor"}
    assert city.rows("select from sparkplug_edges") == []


def test_another_vendors_device_is_refused(ingest: Ingest, city: Database) -> None:
    ingest.store(node(devices={"X1": {"temperature": Metric(None, "Float", 1.0)}}).births(ingest.ms))
    assert refused(city) == [("foreign_device", "spBv1.0/acme/DBIRTH/E1/X1")]


def test_commands_and_states_of_hosts_are_passed_over(ingest: Ingest, city: Database) -> None:
    stored = ingest.store(("spBv1.0/acme/NCMD/E1", b"x"), ("spBv1.0/acme/DCMD/E1/P1", b"x"),
                          ("spBv1.0/STATE/scada", b'{"online": true}'))
    assert (stored.refused.total(), refused(city), city.rows("select from sparkplug_edges")) == (0, [], [])


@pytest.mark.parametrize(("topic", "code"), [
    ("spBv1.0/acme/XDATA/E1", "topic"), ("spBv1.0/acme/DDATA/E1", "topic"), ("spBv1.0/acme/NDATA/E1/P1", "topic"),
    ("spBv1.0/acme/NDATA/", "topic"), ("spBv1.0/acme", "topic"), ("spBv1.0/acme/DDATA/E1/P1", "protobuf"),
    (f"spBv1.0/acme/NDATA/{'e' * 129}", "topic"), (f"spBv1.0/acme/NDATA/{'e' * 500}", "topic")])
def test_what_is_no_sparkplug_message_is_quarantined(topic: str, code: str, ingest: Ingest, city: Database) -> None:
    ingest.store((topic, b"\xff\xff"))
    assert refused(city) == [(code, topic)]


def test_a_cut_payload_is_quarantined_and_its_device_heard(ingest: Ingest, city: Database) -> None:
    ingest.store(("spBv1.0/acme/DDATA/E1/P1", b"\x08"), payload_bytes=300_000)
    assert refused(city) == [("too_large", "spBv1.0/acme/DDATA/E1/P1")]
    assert online(city) == {"P1": True}


def test_a_refused_metric_is_replayed_by_name_when_its_cause_is_mended(ingest: Ingest, city: Database) -> None:
    acme = node(devices={"P1": {"Inputs/Pressure": Metric(None, "Float", 0.5), "mystery": Metric(None, "Int8", -3)}})
    ingest.store(acme.births(ingest.ms))
    ingest.store(acme.data("P1", {"Inputs/Pressure": 9.0, "mystery": -4}, ingest.ms))
    found = [(code, topic) for code, topic in refused(city) if code == "range"]
    assert found == [("range", "spBv1.0/acme/DDATA/E1/P1")]
    configured(city, "P1", {"json": {"keys": {"Pressure": {"metric": "water_pressure", "factor": 0.1}}}})
    ingest.store(acme.births(ingest.ms))  # the aliases may have changed by now
    before = edge(city)
    done = replay.replay(city, rules(), ingest.at, reason="range")
    assert (done.stored, done.refused) == (1, 0)
    assert ("P1", "water_pressure", pytest.approx(0.9)) in readings(city)
    assert edge(city) == before


def test_a_device_registered_too_late_has_all_it_said_after_a_replay(ingest: Ingest, city: Database) -> None:
    acme = node(devices={"NEW": {"temperature": Metric(None, "Float", 20.0),
                                 "fire_alarm": Metric(None, "Boolean", False)}})
    ingest.store(acme.births(ingest.ms))
    ingest.store(acme.data("NEW", {"temperature": 21.5, "fire_alarm": True}, ingest.ms))
    ingest.store(acme.data("NEW", {"fire_alarm": False}, ingest.ms))
    assert {code for code, _ in refused(city)} == {"unknown_device"}
    with city.connection() as connection:
        connection.execute("""insert into devices (vendor_code, device_no, unit_id, kind)
                              select 'acme', 'NEW', unit_id, 'smoke' from units where unit_no = 'U1'""")
        # Whatever came to be known of aliases in the meantime.
        connection.execute("delete from sparkplug_births")
    done = replay.replay(city, rules(), ingest.at)
    assert (done.stored, done.refused) == (3, 0)
    assert readings(city) == [("NEW", "temperature", 20), ("NEW", "temperature", 21.5)]
    assert city.rows("select restored_at is not null as over from alarms") == [{"over": True}]
    assert not refused(city)


def test_a_vendor_registered_too_late_has_its_sessions_after_a_replay(ingest: Ingest, city: Database) -> None:
    late = node("late", devices={"L1": {"temperature": Metric(None, "Float", 20.0)}})
    ingest.store(late.births(ingest.ms))
    ingest.store(late.data("L1", {"temperature": 21.0}, ingest.ms))
    with city.connection() as connection:
        connection.execute("""insert into vendors (vendor_code, name) values ('late', '丁');
                              insert into devices (vendor_code, device_no, unit_id, kind)
                              select 'late', 'L1', unit_id, 'smoke' from units where unit_no = 'U1'""")
    assert replay.replay(city, rules(), ingest.at).refused == 0
    assert readings(city) == [("L1", "temperature", 20), ("L1", "temperature", 21)]


# data before its birth ---------------------------------------------------------------------------------------------


def test_data_before_its_birth_waits_for_it_and_the_birth_is_asked_for(ingest: Ingest, city: Database) -> None:
    acme = node()
    acme.births(ingest.ms)  # told before anyone listened
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.61, "fire_alarm": True}, ingest.ms))
    told = ingest.at
    assert (readings(city), waiting(city), refused(city)) == ([], 1, [])
    assert ingest.tick() == []
    assert requests(ingest.tick(2)) == ["spBv1.0/acme/NCMD/E1"]
    stored = ingest.store(acme.births(ingest.ms))
    assert (waiting(city), stored.refused.total()) == (0, 0)
    assert ("P1", "water_pressure", pytest.approx(0.61)) in readings(city)
    (case,) = city.rows("select opened_at, received_at from alarms")
    assert case["received_at"] < told
    assert ingest.tick(100) == []


def test_what_a_message_says_by_name_does_not_wait_for_the_birth(ingest: Ingest, city: Database) -> None:
    ingest.store(("spBv1.0/acme/DDATA/E1/P1", payload([
        Metric("temperature", "Float", 20.5), Metric("fire_alarm", "Boolean", True), Metric(None, None, 0.5, alias=7)],
        ingest.ms, 4)))
    assert (readings(city), waiting(city)) == ([("P1", "temperature", 20.5)], 1)
    assert [kind for _, kind, *_ in events(city)] == ["fire_alarm"]
    assert requests(ingest.tick(2)) == ["spBv1.0/acme/NCMD/E1"]


def test_an_alias_that_no_birth_names_waits_for_the_next_one_only(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    ingest.store(("spBv1.0/acme/DDATA/E1/P1", payload([Metric(None, None, 0.5, alias=99)], ingest.ms, acme._next())))
    assert waiting(city) == 1
    assert requests(ingest.tick(2)) == ["spBv1.0/acme/NCMD/E1"]
    ingest.store(acme.births(ingest.ms))
    assert waiting(city) == 0
    assert refused(city) == [("alias", "spBv1.0/acme/DDATA/E1/P1")]


def test_data_of_a_session_that_is_over_is_not_read_by_the_next_ones_aliases(ingest: Ingest, city: Database) -> None:
    first = node()
    first.births(ingest.ms)
    ingest.store(first.data("P1", {"Inputs/Pressure": 0.61}, ingest.ms))
    ingest.store(("spBv1.0/acme/NDEATH/E1", payload([Metric("bdSeq", "Int64", 0)], None, None)))
    ingest.store(node(devices={"P1": {"battery": Metric(None, "Float", 50.0)}}).births(ingest.ms))
    assert readings(city) == [("P1", "battery", 50)]
    assert refused(city) == [("no_birth", "spBv1.0/acme/DDATA/E1/P1")]


def test_what_waits_too_long_or_too_much_goes_to_quarantine(city: Database, tmp_path: Path) -> None:
    (tmp_path / "few.yaml").write_text("""
sparkplug.waiting: {zh: x, en: x, unit: x, values: [{valid_from: 1900-01-01, source: test, tag: P,
  value: {hours: 1, messages: 2, bytes: 1000}}]}
""")
    ingest = Ingest(city, RuleBook(Path(rules.__code__.co_filename).with_name("rules"), tmp_path))
    acme = node()
    acme.births(ingest.ms)
    for value in (0.1, 0.2, 0.3):
        ingest.store(acme.data("P1", {"Inputs/Pressure": value}, ingest.ms))
    assert (waiting(city), refused(city)) == (2, [("no_birth", "spBv1.0/acme/DDATA/E1/P1")])
    ingest.tick(3590)
    assert waiting(city) == 2
    ingest.tick(20)
    assert (waiting(city), len(refused(city))) == (0, 3)
    assert [row["received_at"] < ingest.at - dt.timedelta(hours=1) for row in city.rows(
        "select received_at from quarantine")] == [True] * 3
    ingest.store(acme.births(ingest.ms))
    # The session is the same, and a replay finds the birth that came after.
    assert replay.replay(city, rules(), ingest.at).stored == 3
    assert [value for _, metric, value in readings(city) if metric == "water_pressure"][:3] == [
        pytest.approx(one) for one in (0.1, 0.2, 0.3)]


def test_a_redelivery_while_it_waits_is_stored_once(ingest: Ingest, city: Database) -> None:
    acme = node(devices={"P1": {"event_count": Metric(None, "Int32", 1)}})
    acme.births(ingest.ms)
    topic = "spBv1.0/acme/DDATA/E1/P1"
    bare = ingest.message((topic, payload([Metric(None, "Int32", 7, alias=0, hides_datatype=True)], ingest.ms, 3)))
    ingest.batch([bare])
    ingest.batch([changed(bare, redelivered=True, received_at=ingest.at)])
    assert waiting(city) == 1
    ingest.store(acme.births(ingest.ms))
    ingest.batch([changed(bare, redelivered=True, received_at=ingest.at)])
    assert [value for *_, value in readings(city)].count(7) == 1


# deaths --------------------------------------------------------------------------------------------------------------


def test_the_death_of_a_node_puts_all_its_devices_offline_and_a_birth_brings_them_back(ingest: Ingest,
                                                                                       city: Database) -> None:
    acme = EdgeNode("acme", "E1", node().devices)
    will = acme.connect()
    ingest.store(acme.births(ingest.ms))
    ingest.store(will)
    died = edge(city)["died_at"]
    ingest.tick()
    assert online(city) == {"P1": False, "S1": False}
    assert events(city) == [("P1", "offline", "", True), ("S1", "offline", "", True)]
    assert {row["offline_since"] for row in city.rows("select offline_since from device_last")} == {died}
    ingest.tick()
    assert len(events(city)) == 2
    acme.connect()
    ingest.store(acme.births(ingest.ms))
    ingest.tick()
    assert online(city) == {"P1": True, "S1": True}
    assert [active for *_, active in events(city)] == [True, True, False, False]


def test_a_death_with_an_older_number_changes_nothing(ingest: Ingest, city: Database) -> None:
    acme = EdgeNode("acme", "E1", node().devices)
    old = acme.connect()
    ingest.store(acme.births(ingest.ms))
    acme.connect()
    ingest.store(acme.births(ingest.ms))
    before = len(readings(city))
    ingest.store(old)
    ingest.tick()
    assert (online(city), events(city)) == ({"P1": True, "S1": True}, [])
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    assert (len(readings(city)), waiting(city), ingest.tick(100)) == (before + 1, 0, [])
    assert online(city) == {"P1": True, "S1": True}


def test_a_node_with_a_misnumbered_will_that_does_not_answer_is_dead_since_then(ingest: Ingest, city: Database) -> None:
    acme = EdgeNode("acme", "E1", node().devices)
    will = acme.connect()
    acme.connect()
    ingest.store(acme.births(ingest.ms))
    ingest.store(will)
    at = edge(city)["stray_at"]
    asked = [len(ingest.tick(seconds)) for seconds in (2, 10, 20)]
    assert (asked, online(city)) == ([1, 1, 1], {"P1": True, "S1": True})
    assert ingest.tick(40) == []
    assert online(city) == {"P1": False, "S1": False}
    assert {row["offline_since"] for row in city.rows("select offline_since from device_last")} == {at}


def test_the_death_of_one_device_leaves_the_others_alone(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    ingest.store(acme.device_death("S1", ingest.ms))
    ingest.tick()
    assert online(city) == {"P1": True, "S1": False}
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    assert ingest.tick(100) == []
    ingest.store(acme.data("S1", {"mode": "x"}, ingest.ms))
    assert (waiting(city), requests(ingest.tick(2))) == (1, ["spBv1.0/acme/NCMD/E1"])
    ingest.store(acme.device_birth("S1", ingest.ms))
    ingest.tick()
    assert (online(city), waiting(city), ingest.tick(100)) == ({"P1": True, "S1": True}, 0, [])
    assert [(device, active) for device, _, _, active in events(city)] == [("S1", True), ("S1", False)]


def test_a_late_message_of_a_dead_session_is_stored_and_brings_nobody_back(ingest: Ingest, city: Database) -> None:
    acme = EdgeNode("acme", "E1", node().devices)
    will = acme.connect()
    ingest.store(acme.births(ingest.ms))
    late = ingest.message(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    ingest.store(will)
    ingest.tick()
    ingest.batch([late])
    ingest.tick()
    assert ("P1", "water_pressure", pytest.approx(0.7)) in readings(city)
    assert online(city) == {"P1": False, "S1": False}
    (row,) = city.rows("select conditions from device_last join devices using (device_id) where device_no = 'P1'")
    assert row["conditions"].keys() == {"offline"}


def test_a_death_read_before_its_birth_ends_it_all_the_same(ingest: Ingest, city: Database) -> None:
    acme = EdgeNode("acme", "E1", node().devices, session=3)
    acme.connect()
    births = [ingest.message(one) for one in acme.births(ingest.ms)]
    ingest.store(Outgoing("spBv1.0/acme/NDEATH/E1", payload([Metric("bdSeq", "Int64", 4)], None, None)))
    ingest.batch(births)
    assert edge(city)["died_at"] is not None
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    assert waiting(city) == 1


# the sequence ----------------------------------------------------------------------------------------------------


def test_a_gap_asks_for_a_rebirth_after_the_reorder_time_and_stores_what_came(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms)  # lost
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    assert ("P1", "water_pressure", pytest.approx(0.7)) in readings(city)
    assert (ingest.tick(3.5), requests(ingest.tick(1))) == ([], ["spBv1.0/acme/NCMD/E1"])
    ingest.store(acme.births(ingest.ms))
    assert ingest.tick(1000) == []


def test_a_gap_that_closes_in_time_asks_for_nothing(ingest: Ingest) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    first = acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms)
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    ingest.store(first)
    assert ingest.tick(1000) == []


def test_a_later_batch_asks_too_when_the_time_has_come(ingest: Ingest) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms)
    for _ in range(7):
        ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms))
    assert requests(ingest.published) == ["spBv1.0/acme/NCMD/E1"]


def test_an_edge_node_that_does_not_answer_is_asked_ever_more_seldom(ingest: Ingest) -> None:
    acme = node()
    acme.births(ingest.ms)
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms))
    asked = []
    for second in range(2000):
        if ingest.tick(1):
            asked.append(second)
    assert [later - earlier for earlier, later in pairwise(asked)] == [10, 20, 40, 80, 160, 320, 640]


def test_a_number_that_comes_twice_drops_nothing(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    acme.seq = 3
    for value in (0.6, 0.7):
        acme.seq = 3
        ingest.store(acme.data("P1", {"Inputs/Pressure": value}, ingest.ms))
    assert [value for _, metric, value in readings(city) if metric == "water_pressure"] == [
        pytest.approx(one) for one in (0.5, 0.6, 0.7)]
    assert ingest.tick(100) == []


def test_the_number_wraps_after_255(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    messages = [acme.data("P1", {"Inputs/Pressure": 0.5}, ingest.ms + number) for number in range(600)]
    ingest.store(messages)
    assert ingest.tick(100) == []
    assert edge(city)["sequence"]["turn"] == acme.seq


# Tahu ----------------------------------------------------------------------------------------------------------------


def test_what_tahus_library_sends_with_its_clock_standing_still_is_all_stored(ingest: Ingest, city: Database) -> None:
    ingest.store(("spBv1.0/acme/NBIRTH/E1", TAHU["NBIRTH"]), ("spBv1.0/acme/DBIRTH/E1/P1", TAHU["DBIRTH_TYPES"]))
    ingest.store(("spBv1.0/acme/DBIRTH/E1/S1", TAHU["DBIRTH_STUCK"]))
    for number in (1, 2, 3):
        ingest.store(("spBv1.0/acme/DDATA/E1/S1", TAHU[f"DDATA_STUCK_{number}"]))
    ingest.store(("spBv1.0/acme/DDATA/E1/S1", TAHU["DDATA_STALE_AND_HISTORICAL"]))
    assert [value for device, metric, value in readings(city) if (device, metric) == ("S1", "water_pressure")] == [
        .125, .5, .625, .75, .25]
    assert [active for *_, active in events(city)] == [True, False, True, True]
    assert city.rows("select from alarms where restored_at is null") != []
    assert ("P1", "temperature", 45) in readings(city)
    kept = states(city)
    assert kept["P1", "Types/Bytes"] == "00ff4040"
    assert kept["P1", "Types/Int16Array"] == "[-30000,30000]"
    assert kept["P1", "Types/Boolean"] == "true"
    # The node itself is no registered device, and its values say so.
    assert {topic for code, topic in refused(city) if code == "unknown_device"} == {"spBv1.0/acme/NBIRTH/E1"}
    assert ingest.tick(100) == []
    ingest.store(("spBv1.0/acme/NDEATH/E1", TAHU["NDEATH"]))
    ingest.tick()
    assert online(city) == {"P1": False, "S1": False}


@pytest.mark.parametrize("names", [("NBIRTH", "DBIRTH", "DDATA"), ("NBIRTH_DEFLATE", "DBIRTH_GZIP", "DDATA_UNNAMED")])
def test_what_tahus_javascript_sends_is_stored_whether_compressed_or_not(names: Sequence[str], ingest: Ingest,
                                                                         city: Database) -> None:
    for topic, name in zip(("NBIRTH/E1", "DBIRTH/E1/P1", "DDATA/E1/P1"), names, strict=True):
        ingest.store((f"spBv1.0/acme/{topic}", TAHU_JS[name]))
    assert readings(city) == [("P1", "flow", 1.25), ("P1", "temperature", -5), ("P1", "water_pressure", .52),
                              ("P1", "water_pressure", .61)]
    assert states(city) == {("P1", "raw"): "00ff", ("P1", "when"): "2026-03-10T04:00:00.000Z",
                            ("P1", "table"): '{"columns":["a","b","c"],"rows":[[1,"x",true],[-2,"消防",false]]}'}
    assert events(city) == [("P1", "fire_alarm", "", True)]
    assert (edge(city)["bd_seq"], ingest.tick(60)) == (3, [])
    assert {code for code, _ in refused(city)} == {"unknown_metric"}


def test_a_compressed_payload_that_can_not_be_unpacked_is_quarantined_and_its_device_heard(ingest: Ingest,
                                                                                           city: Database) -> None:
    spoilt = TAHU_JS["DDATA_UNNAMED"].replace(b"\x78\x9c", b"\x00\x00")
    ingest.store(("spBv1.0/acme/DDATA/E1/P1", spoilt))
    assert (refused(city), online(city)) == ([("protobuf", "spBv1.0/acme/DDATA/E1/P1")], {"P1": True})


# one clock for several values ----------------------------------------------------------------------------------------


def test_values_of_one_millisecond_are_all_stored_once_in_their_order(ingest: Ingest, city: Database) -> None:
    acme = node(devices={"P1": {"event_count": Metric(None, "Int32", 0), "mode": Metric(None, "String", "a")}})
    ingest.store(acme.births(ingest.ms))
    ms = ingest.ms
    told = [acme.data("P1", {"event_count": number, "mode": f"{number}"}, ms) for number in range(1, 6)]
    ingest.store(told[:3])
    ingest.store(told[3:])
    ingest.store(told[1:4])  # an edge node that says it again
    assert [value for _, _, value in readings(city)] == [0, 1, 2, 3, 4, 5]
    assert [row["value"] for row in city.rows("select value from states order by ts")] == ["a", "1", "2", "3", "4", "5"]
    assert (refused(city), ingest.tick(60)) == ([], [])


def test_an_alarm_and_its_end_within_one_millisecond_are_a_case_that_is_over(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    ms = ingest.ms
    ingest.store(acme.data("S1", {"fire_alarm": True}, ms), acme.data("S1", {"fire_alarm": False}, ms))
    assert events(city) == [("S1", "fire_alarm", "", True), ("S1", "fire_alarm", "", False)]
    assert city.rows("select from alarms where restored_at is null") == []


def test_what_is_told_of_the_past_leaves_the_present_alone(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    past = {"is_historical": True, "at": ingest.ms - 60_000}
    ingest.store(acme.data("S1", {"fire_alarm": True, "mode": "night"}, ingest.ms, **past),
                 acme.data("P1", {"Inputs/Pressure": 0.1}, ingest.ms, **past))
    assert states(city)["S1", "mode"] == "day"
    assert [value for _, code, value in readings(city) if code == "water_pressure"] == [.1, .5]
    assert city.rows("select restored_at is not null as over from alarms") == [{"over": True}]


# several processes ---------------------------------------------------------------------------------------------------


def scenario(ingest: Ingest) -> list[Message]:
    """Two sessions of an edge node that gives its aliases anew, as the broker hands them out."""
    messages = []
    first = EdgeNode("acme", "E1", node().devices)
    will = first.connect()
    messages += [ingest.message(one) for one in first.births(ingest.ms)]
    for number in range(12):
        messages.append(ingest.message(first.data("P1", {"Inputs/Pressure": 0.1 + number / 100}, ingest.ms)))
        if number % 4 == 1:
            messages.append(ingest.message(first.data("S1", {"fire_alarm": number != 5}, ingest.ms)))
    messages.append(ingest.message(will))
    second = EdgeNode("acme", "E1", {"S1": {"fire_alarm": Metric(None, "Boolean", False)}, "P1": {
        "battery": Metric(None, "UInt8", 80), "Inputs/Pressure": Metric(None, "Float", 0.4)}}, session=0)
    second.connect()
    messages += [ingest.message(one) for one in second.births(ingest.ms)]
    for number in range(8):
        messages.append(ingest.message(second.data("P1", {"battery": 70 - number}, ingest.ms)))
    return messages


@pytest.mark.parametrize("seed", range(6))
def test_two_processes_that_take_turns_come_to_the_same(seed: int, ingest: Ingest, city: Database) -> None:
    messages = scenario(ingest)
    rng = random.Random(seed)
    processes = [ingest, Ingest(city)]
    # Each message is received in order and handed to either process; each batch is stored when its process gets to it.
    batches: list[tuple[float, Ingest, list[Message]]] = []
    for process in processes:
        process.at = ingest.at
    open_batches: list[list[Message]] = [[], []]
    for place, message in enumerate(messages):
        which = rng.randrange(2)
        open_batches[which].append(message)
        if rng.random() < 0.4 or place == len(messages) - 1:
            batches.append((place + rng.uniform(0, 6), processes[which], open_batches[which]))
            open_batches[which] = []
    for which in range(2):
        batches.append((len(messages) + which, processes[which], open_batches[which]))
    for _, process, batch in sorted(batches, key=lambda one: one[0]):
        process.batch(batch)
    ingest.at = max(one.at for one in processes)
    ingest.tick()
    pressures = [value for _, metric, value in readings(city) if metric == "water_pressure"]
    assert pressures == [pytest.approx(one) for one in (0.5, *(0.1 + number / 100 for number in range(12)), 0.4)]
    assert [value for device, metric, value in readings(city) if metric == "battery"] == [
        90, 80, *(70 - number for number in range(8))]
    alarms = [active for _, kind, _, active in events(city) if kind == "fire_alarm"]
    assert (alarms.count(True), alarms[-1]) == (2, False)
    over = [row["over"] for row in city.rows("select restored_at is not null as over from alarms")]
    assert over in ([True], [True, True])
    assert (refused(city), waiting(city), online(city)) == ([], 0, {"P1": True, "S1": True})


def test_a_birth_read_after_its_data_asks_for_nothing(ingest: Ingest, city: Database) -> None:
    acme = node()
    births = [ingest.message(one) for one in acme.births(ingest.ms)]
    data = [ingest.message(acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms + number)) for number in range(3)]
    Ingest(city).batch([births[2], data[1]])
    Ingest(city).batch([data[0], births[1]])
    ingest.batch([births[0], data[2]])
    assert (waiting(city), refused(city), ingest.tick(100)) == (0, [], [])
    assert len(readings(city)) == 5


def test_a_redelivered_session_asks_for_nothing_and_stores_nothing_twice(ingest: Ingest, city: Database) -> None:
    acme = node()
    messages = [ingest.message(one) for one in [*acme.births(ingest.ms), *(
        acme.data("P1", {"Inputs/Pressure": 0.6 + number / 10}, ingest.ms + number) for number in range(3))]]
    ingest.batch(messages)
    before = readings(city)
    ingest.batch([changed(message, redelivered=True, received_at=ingest.at) for message in messages])
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.95}, ingest.ms))
    assert readings(city) == [*before, ("P1", "water_pressure", pytest.approx(0.95))]
    assert ingest.tick(100) == []


def test_the_least_privilege_of_ingest_is_enough(city: Database) -> None:
    with Database(f"{city.dsn}{'&' if '?' in city.dsn else '?'}options=-c%20role%3Dhuoyan_ingest") as own:
        ingest = Ingest(own)
        acme = EdgeNode("acme", "E1", node().devices)
        will = acme.connect()
        acme.births(ingest.ms)
        ingest.store(acme.data("P1", {"Inputs/Pressure": 0.6}, ingest.ms))
        ingest.tick(2)
        ingest.store(acme.births(ingest.ms))
        ingest.store(acme.data("S1", {"fire_alarm": True}, ingest.ms))
        ingest.store(will)
        ingest.tick()
        assert online(city) == {"P1": False, "S1": False}


def test_edge_nodes_and_births_are_bounded(city: Database, tmp_path: Path) -> None:
    (tmp_path / "few.yaml").write_text("""
sparkplug.most_edges: {zh: x, en: x, unit: x, values: [{valid_from: 1900-01-01, source: test, tag: P,
  value: {vendor: 2, edge: 1}}]}
""")
    ingest = Ingest(city, RuleBook(Path(rules.__code__.co_filename).with_name("rules"), tmp_path))
    for name in ("E1", "E2", "E3"):
        ingest.store(node(edge=name, devices={}).births(ingest.ms))
    assert [row["edge"] for row in city.rows("select edge from sparkplug_edges order by 1")] == ["E1", "E2"]
    assert refused(city) == [("too_many", "spBv1.0/acme/NBIRTH/E3")]
    acme = node()
    for _ in range(8):
        ingest.store(acme.births(ingest.ms))
    kept = city.rows("select device, count(*) as n from sparkplug_births join sparkplug_edges using (edge_id) "
                     "where edge = 'E1' group by device order by device")
    assert [(row["device"], row["n"]) for row in kept] == [("", 4), ("P1", 4)]
    # The device beyond the bound is heard and stored, but by name only.
    assert ("S1", "mode") in states(city)


def test_the_time_of_a_metric_is_kept(ingest: Ingest, city: Database) -> None:
    acme = node()
    ingest.store(acme.births(ingest.ms))
    hour = ingest.ms - 3_600_000
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.7}, ingest.ms, at=hour, is_historical=True))
    found = city.rows("select ts from readings where value between 0.69 and 0.71")
    assert [int(row["ts"].timestamp() * 1000) for row in found] == [hour]
    year = ingest.ms + 366 * 86_400_000
    ingest.store(acme.data("P1", {"Inputs/Pressure": 0.8}, ingest.ms, at=year))
    assert refused(city) == [("clock", "spBv1.0/acme/DDATA/E1/P1")]
    ingest.store(acme.data("S1", {"fire_alarm": True}, ingest.ms, at=year))
    (alarm,) = city.rows("select opened_at from alarms")
    assert NOW < alarm["opened_at"] < ingest.at
