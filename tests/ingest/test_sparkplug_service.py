"""Edge nodes against the whole process and a real Mosquitto: births, alarms, wills, and rebirths that are answered."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from ingest import IngestOptions
from simulators.sparkplug import EdgeNode, EdgeSession, Metric
from store import Database
from tests.ingest.sparkplug_host import events, needs_the_writer, node, online, readings, refused
from tests.ingest.test_service import options, running, wait
from tests.servers.broker import EmbeddedBroker
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program

pytestmark = needs_the_writer

PROCESS = """
import os, sys
os.environ["HUOYAN_POLICY_DIR"] = sys.argv[5]
from ingest import IngestOptions, IngestService
from store import Database
with Database(sys.argv[1], max_size=3) as db:
    host, port, name = sys.argv[2], int(sys.argv[3]), sys.argv[4]
    IngestService(db, IngestOptions(host=host, port=port, client_id=name, share="huoyan")).run()
"""


@contextmanager
def session(broker: Mosquitto, made: EdgeNode, **more: Any) -> Iterator[EdgeSession]:
    opened = EdgeSession(made, broker.host, broker.port, **more)
    opened.open()
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.parametrize(("qos", "protocol"), [(0, "5"), (1, "3.1.1")])
def test_an_edge_node_is_born_reports_burns_and_dies(qos: int, protocol: str, mosquitto: Mosquitto,
                                                     city: Database) -> None:
    with running(city, options(mosquitto, protocol=protocol)):
        with session(mosquitto, EdgeNode("acme", "E1", node().devices), qos=qos, protocol=protocol) as edge:
            wait(lambda: online(city) == {"P1": True, "S1": True})
            edge.send(lambda made, now: [made.data("P1", {"Inputs/Pressure": 0.61}, now),
                                         made.data("S1", {"fire_alarm": True}, now)])
            wait(lambda: events(city) == [("S1", "fire_alarm", "", True)])
            (row,) = city.rows("select stored_at - received_at < interval '2 s' as soon from alarms")
            assert row["soon"]
            wait(lambda: ("P1", "water_pressure", pytest.approx(0.61)) in readings(city))
        # It says goodbye, as an edge node must, with its own death.
        wait(lambda: online(city) == {"P1": False, "S1": False})
    assert refused(city) == []


def test_a_lost_connection_is_a_death_by_will_and_a_new_birth(mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)), session(mosquitto, EdgeNode("acme", "E1", node().devices)) as edge:
        wait(lambda: online(city) == {"P1": True, "S1": True})
        edge.cut()
        wait(lambda: city.rows("select from sparkplug_edges where bd_seq = 1 and died_at < born_at") != [])
        edge.send(lambda made, now: made.data("P1", {"Inputs/Pressure": 0.61}, now))
        wait(lambda: ("P1", "water_pressure", pytest.approx(0.61)) in readings(city))
        wait(lambda: online(city) == {"P1": True, "S1": True})
        assert edge.rebirths == 0


def test_data_before_any_birth_is_in_the_table_once_the_node_was_asked(mosquitto: Mosquitto, city: Database) -> None:
    """The host comes when the edge node has long been born."""
    with session(mosquitto, EdgeNode("acme", "E1", node().devices)) as edge:
        time.sleep(0.3)
        with running(city, options(mosquitto)):
            edge.send(lambda made, now: made.data("P1", {"Inputs/Pressure": 0.61, "fire_alarm": True}, now))
            wait(lambda: ("P1", "water_pressure", pytest.approx(0.61)) in readings(city))
            assert edge.rebirths == 1
            wait(lambda: ("P1", "fire_alarm", "", True) in events(city))
            assert city.rows("select from sparkplug_waiting") == []


def test_a_lost_message_brings_a_rebirth(mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)), session(mosquitto, EdgeNode("acme", "E1", node().devices)) as edge:
        wait(lambda: online(city) == {"P1": True, "S1": True})
        edge.send(lambda made, now: [made.data("P1", {"Inputs/Pressure": 0.62}, now)][1:])
        edge.send(lambda made, now: made.data("P1", {"Inputs/Pressure": 0.63}, now))
        wait(lambda: edge.rebirths == 1)
        wait(lambda: ("P1", "water_pressure", pytest.approx(0.63)) in readings(city))


def test_three_processes_share_many_edge_nodes_and_none_is_asked_in_vain(mosquitto: Mosquitto, city: Database,
                                                                         tmp_path: Path) -> None:
    with city.connection() as connection:
        connection.execute("""insert into devices (vendor_code, device_no, unit_id, kind)
            select 'acme', 'N' || n, unit_id, 'smoke' from units, generate_series(1, 10) n where unit_no = 'U1'""")
    # However slow the machine: a process that falls behind the others is no loss.
    (tmp_path / "patient.yaml").write_text("""
sparkplug.reorder_seconds: {zh: x, en: x, unit: s, values: [{valid_from: 1900-01-01, source: test, tag: P,
  value: {gap: 60, birth: 60}}]}
""")
    with ExitStack() as processes:
        for name in ("a", "b", "c"):
            process = Program([sys.executable, "-c", PROCESS, city.dsn, mosquitto.host, str(mosquitto.port), name,
                               tmp_path], tmp_path / f"{name}.log", ready=lambda: True, name=name)
            process.start()
            processes.callback(process.stop)
            wait(lambda topic=f"{name} 1 $share/huoyan/spBv1.0/#": topic in mosquitto.log)  # type: ignore[misc]
        edges = [EdgeSession(EdgeNode("acme", f"E{number}", {f"N{number}": {
            "event_count": Metric(None, "Int32", 0), "fire_alarm": Metric(None, "Boolean", False)}}),
            mosquitto.host, mosquitto.port, qos=1) for number in range(1, 11)]
        for edge in edges:
            edge.open()
        try:
            for count in range(1, 61):
                for number, edge in enumerate(edges, 1):
                    edge.send(lambda made, now, name=f"N{number}", value=count: made.data(  # type: ignore[misc]
                        name, {"event_count": value, "fire_alarm": value % 20 == 10}, now))
                time.sleep(0.02)
            wait(lambda: len(readings(city)) >= 610)
            assert len(readings(city)) == 610
            assert city.rows("select count(*) as n from alarms where restored_at is not null") == [{"n": 30}]
            assert (refused(city), [edge.rebirths for edge in edges]) == ([], [0] * 10)
        finally:
            for edge in edges:
                edge.close()


def test_the_embedded_broker_lets_an_edge_node_be_asked(tmp_path: Path, city: Database) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    try:
        made = EdgeNode("acme", "E1", node().devices)
        edge = EdgeSession(made, broker.host, broker.port, password=broker.password("acme"), protocol="3.1.1", qos=1)
        edge.open()
        login = {"user": "ingest", "password": broker.password("ingest"), "protocol": "3.1.1"}
        chosen = IngestOptions(host=broker.host, port=broker.port, receive_maximum=500, batch=100,
                               alarms_apart=False, **login)
        with running(city, chosen):
            wait(lambda: online(city) == {"P1": True, "S1": True})
            edge.send(lambda node, now: [node.data("P1", {"Inputs/Pressure": 0.62}, now)][1:])
            edge.send(lambda node, now: node.data("P1", {"Inputs/Pressure": 0.63}, now))
            wait(lambda: edge.rebirths == 1)
            edge.close()
            wait(lambda: online(city) == {"P1": False, "S1": False})
    finally:
        broker.kill()


def test_a_host_that_is_not_asked_publishes_nothing(mosquitto: Mosquitto, city: Database) -> None:
    heard: list[str] = []
    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_message = lambda _client, _data, message: heard.append(message.topic)
    listener.connect(mosquitto.host, mosquitto.port)
    listener.subscribe("spBv1.0/#", 1)
    listener.loop_start()
    try:
        with running(city, options(mosquitto)), session(mosquitto, EdgeNode("acme", "E1", node().devices), qos=1):
            wait(lambda: online(city) == {"P1": True, "S1": True})
        wait(lambda: "spBv1.0/acme/NDEATH/E1" in heard)
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert {topic.split("/")[2] for topic in heard} == {"NBIRTH", "DBIRTH", "NDEATH"}
