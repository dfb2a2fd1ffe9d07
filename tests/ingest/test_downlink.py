"""What the centre asks of devices that speak GB/T 26875.3 over MQTT, on a real Mosquitto with a simulated panel."""

from __future__ import annotations

import datetime as dt
import queue
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from ingest.gbt26875 import DeviceSettings, Frame, find_frames, frame_bytes
from ingest.gbt26875.times import tag_of, time_of
from ingest.messages import Message
from ingest.opening import Judged, Opened
from ingest.service import IngestService
from ingest.spoken import Spoken, answers_to, spoken_of, written
from ingest.topics import Topic, down_topic, is_down, parse_topic
from ingest.vocabulary import Vocabulary
from store import Database
from tests.ingest.listening import CENTRE, T1, operation, status, until
from tests.ingest.test_links_requests import history, over, request, wanted
from tests.ingest.test_service import options, running
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program

PROCESS = """
import sys
from ingest import IngestOptions, IngestService
from store import Database
with Database(sys.argv[1], max_size=3) as db:
    options = IngestOptions(host=sys.argv[2], port=int(sys.argv[3]), client_id=sys.argv[4], share="g")
    service = IngestService(db, options)
    service.downlink.exchanges.seconds = 1.0
    service.run()
"""
TOPIC = "huoyan/v1/acme/T1/gbt26875"
NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC)


class MqttPanel:
    """A transmission device behind the broker: publishes frames, and hears what is said to it."""

    def __init__(self, broker: Mosquitto, *, is_hex: bool = False) -> None:
        self.is_hex = is_hex
        self.heard: queue.Queue[bytes] = queue.Queue()
        ready: queue.Queue[int] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _client, _data, message: self.heard.put(bytes(message.payload))
        self._client.on_connect = lambda client, *_: client.subscribe(f"{TOPIC}/down", 1)
        self._client.on_subscribe = lambda *_: ready.put(1)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        ready.get(timeout=10)

    def send(self, unit: bytes = b"", serial: int = 1, command: int = 2) -> None:
        self.publish(frame_bytes(serial=serial, command=command, unit=unit, source=T1, destination=CENTRE,
                                 sent=tag_of(dt.datetime.now(dt.UTC))))

    def publish(self, payload: bytes) -> None:
        self._client.publish(TOPIC, written(payload, is_hex=self.is_hex), 1).wait_for_publish(10)

    def hear(self, seconds: float = 10.0) -> Frame:
        raw = self.heard.get(timeout=seconds)
        (found,) = find_frames(bytes.fromhex(raw.decode()) if self.is_hex else raw)
        assert isinstance(found, Frame)
        return found

    def answer(self, asked: Frame, command: int, unit: bytes = b"") -> None:
        self.publish(frame_bytes(serial=asked.serial, command=command, unit=unit, source=asked.destination,
                                 destination=asked.source))

    def __enter__(self) -> MqttPanel:
        return self

    def __exit__(self, *problem: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def panel(mosquitto: Mosquitto, city: Database) -> Iterator[tuple[Database, IngestService, MqttPanel]]:
    """A panel that was heard, and one ingest process."""
    with running(city, options(mosquitto)) as service, MqttPanel(mosquitto) as one:
        service.downlink.exchanges.seconds = 0.6
        one.send()
        yield city, service, one


def test_a_duty_check_over_mqtt_is_confirmed_and_answered_or_found_unanswered(
        panel: tuple[Database, IngestService, MqttPanel]) -> None:
    db, _, one = panel
    number = wanted(db, "duty_check", minutes=3)
    asked = one.hear()
    assert (asked.command, asked.unit, asked.source, asked.destination) == (1, bytes([91, 1, 3]), CENTRE, T1)
    one.answer(asked, 3)
    until(lambda: request(db, number)["confirmed_at"], what="the confirm is written down")
    one.send(operation(1 << 5, dt.datetime.now(dt.UTC)), serial=2)
    row = over(db, number)
    assert (row["state"], history(db, number)) == ("answered", ["asked", "sent", "confirmed", "answered"])
    shown = until(lambda: db.row("select * from gbt_links"), what="the device is shown among the links")
    assert (shown["transport"], shown["peer"], shown["address"]) == ("mqtt", "binary", T1.hex())

    number = wanted(db, "duty_check", minutes=1)
    one.answer(one.hear(), 3)
    until(lambda: request(db, number)["confirmed_at"], what="confirmed")
    with db.connection() as connection:
        connection.execute("""update gbt_requests set sent_at = sent_at - interval '3 minutes',
                              answer_by = answer_by - interval '3 minutes' where request_id = %s""", [number])
    assert over(db, number)["state"] == "unanswered"
    # Nothing the centre said was taken for something a device said.
    assert db.row("select count(*) as n from quarantine") == {"n": 0}


def test_clocks_are_set_readings_answered_and_silence_is_sent_to_again(
        panel: tuple[Database, IngestService, MqttPanel]) -> None:
    db, _, one = panel
    number = wanted(db, "set_clock")
    asked = one.hear()
    moment = time_of(asked.unit[2:])
    assert asked.unit[:2] == bytes([90, 1])
    assert moment is not None
    assert abs((dt.datetime.now(dt.UTC) - moment).total_seconds()) < 5
    one.answer(asked, 3)
    assert over(db, number)["state"] == "confirmed"

    number = wanted(db, "read_status")
    asked = one.hear()
    assert (asked.command, asked.unit) == (4, bytes([81, 1, 0]))
    one.answer(asked, 5, bytes([21, 1, 0b100]) + tag_of(dt.datetime.now(dt.UTC)))
    row = over(db, number)
    assert (row["state"], row["answer"]["objects"][0]["status"]["set"][0]["kind"]) == ("answered", "fault")
    until(lambda: db.row("select kind from events") == {"kind": "fault"}, what="the answer is stored")

    number = wanted(db, "set_clock")
    serials = {one.hear().serial for _ in range(4)}
    row = over(db, number)
    assert (len(serials), row["state"], row["sends"]) == (1, "unconfirmed", 4)


def test_a_device_that_speaks_in_hex_is_spoken_to_in_hex_and_confirmed_where_its_settings_ask(
        mosquitto: Mosquitto, city: Database) -> None:
    with city.connection() as connection:
        connection.execute("""update devices set settings = '{"gbt26875": {"confirm": true}}' where device_no = 'T1'""")
    with running(city, options(mosquitto, protocol="3.1.1")), MqttPanel(mosquitto, is_hex=True) as one:
        one.send(status(2, 2, at=dt.datetime.now(dt.UTC)), serial=7)
        confirm = one.hear()
        assert (confirm.command, confirm.serial, confirm.destination) == (3, 7, T1)
        assert city.row("select kind from events") == {"kind": "fire_alarm"}  # stored by then
        number = wanted(city, "duty_check")
        asked = one.hear()
        one.answer(asked, 3)
        until(lambda: request(city, number)["confirmed_at"], what="confirmed")
        assert one.heard.empty()  # a confirm is not confirmed
        assert city.row("select count(*) as n from quarantine") == {"n": 0}


def test_of_several_ingest_processes_one_asks_any_may_hear_the_answer_and_another_takes_over(
        mosquitto: Mosquitto, city: Database, dsn: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [stack.enter_context(_process(tmp_path, dsn, mosquitto, f"ingest{number}")) for number in range(2)]
        until(lambda: all(f"ingest{number} 1 $share/g/huoyan" in mosquitto.log for number in range(2)), what="both")
        one = stack.enter_context(MqttPanel(mosquitto))
        one.send()
        rows = []
        # The broker hands round whatever is published, what is said to the panel too: with three messages for each
        # request every other confirm comes to the process that did not ask.
        for _ in range(6):
            number = wanted(city, "set_clock")
            one.answer(one.hear(), 3)
            one.send()
            rows.append(over(city, number))
        assert {(row["state"], row["sends"]) for row in rows} == {("confirmed", 1)}
        (listener,) = {row["listener"] for row in rows}
        (leader,) = [process for process in processes if f":{process.pid}:" in listener]
        leader.kill()
        number = wanted(city, "set_clock")
        while not request(city, number)["ended_at"]:
            # The broker may keep an answer for the process that is gone: then the panel is asked again.
            with suppress(queue.Empty):
                one.answer(one.hear(0.5), 3)
                one.send()
        row = request(city, number)
        assert row["state"] == "confirmed"
        assert row["listener"] != listener
        # What the others were told of the centre's own words was not taken for a device's.
        assert city.row("select count(*) as n from quarantine") == {"n": 0}


@contextmanager
def _process(folder: Path, dsn: str, broker: Mosquitto, client_id: str) -> Iterator[Program]:
    process = Program([sys.executable, "-c", PROCESS, dsn, broker.host, str(broker.port), client_id],
                      folder / f"{client_id}.log", ready=lambda: True, name=client_id)
    process.start()
    try:
        yield process
    finally:
        process.stop()


def test_a_device_with_a_link_is_left_to_its_link(panel: tuple[Database, IngestService, MqttPanel]) -> None:
    db, _, one = panel
    with db.connection() as connection:
        connection.execute("""insert into gbt_listeners values ('there', now(), now(), 26875, 26875, 1)""")
        connection.execute("""insert into gbt_links select 'there', 1, 'tcp', 26875, '10.0.0.9:9', now(), now(),
                              device_id, '640000000000', 1, 0 from devices where device_no = 'T1'""")
    number = wanted(db, "set_clock")
    time.sleep(1.5)
    assert (request(db, number)["state"], one.heard.empty()) == ("waiting", True)
    with db.connection() as connection:
        connection.execute("delete from gbt_links where transport = 'tcp'")
    one.answer(one.hear(), 3)
    assert over(db, number)["state"] == "confirmed"


def test_the_rights_of_ingest_are_enough_to_speak_to_devices(mosquitto: Mosquitto, city: Database, dsn: str) -> None:
    limited = psycopg.conninfo.make_conninfo(dsn, options="-c role=huoyan_ingest")
    with Database(limited) as db, running(db, options(mosquitto)), MqttPanel(mosquitto) as one:
        one.send()
        number = wanted(city, "set_clock")
        one.answer(one.hear(), 3)
        assert over(city, number)["state"] == "confirmed"
        until(lambda: city.row("select 1 as n from gbt_links where transport = 'mqtt'"), what="the device is shown")
    assert city.row("select count(*) as n from gbt_listeners") == {"n": 0}


def test_a_device_that_never_spoke_over_mqtt_is_not_asked_there(mosquitto: Mosquitto, city: Database) -> None:
    with running(city, options(mosquitto)), MqttPanel(mosquitto) as one:
        late = wanted(city, "duty_check", at=dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
        waiting = wanted(city, "set_clock")
        assert over(city, late)["state"] == "not_sent"
        time.sleep(1.2)
        assert one.heard.empty()
        one.send()
        one.answer(one.hear(), 3)
        assert over(city, waiting)["state"] == "confirmed"


@pytest.mark.parametrize(("topic", "found"), [
    (f"{TOPIC}/down", True), ("huoyan/v1/acme/gateway/gbt26875/down", True), (TOPIC, False),
    ("other/acme/T1/gbt26875/down", False), ("huoyan/v1/acme/T1/gbt26875/down/x", False),
])
def test_what_the_centre_says_is_known_by_its_topic(topic: str, found: bool) -> None:
    assert is_down(topic) is found
    assert isinstance(parse_topic(topic), Topic) is (topic == TOPIC)


def test_where_a_device_listens_follows_from_where_it_speaks() -> None:
    assert down_topic(TOPIC) == f"{TOPIC}/down"


def _spoken(*raw: bytes, confirm: bool = True) -> Spoken:
    settings = replace(DeviceSettings(), confirm=confirm)
    return Spoken(1, TOPIC, NOW, settings, False, find_frames(b"".join(raw)))


def test_data_is_confirmed_damage_denied_and_a_confirm_left_alone() -> None:
    good = frame_bytes(serial=5, unit=status(1, 1), source=T1, destination=CENTRE)
    damaged = good[:-3] + bytes([good[-3] ^ 1]) + good[-2:]
    confirm = frame_bytes(serial=6, command=3, source=T1)
    found = [Frame(raw) for raw in answers_to(_spoken(good, confirm, damaged), bytes(6))]
    assert [(one.command, one.serial, one.destination) for one in found] == [(3, 5, T1), (6, 5, T1)]
    assert list(answers_to(_spoken(good, confirm=False), bytes(6))) == []


def test_only_messages_of_known_devices_are_spoken(words: Vocabulary) -> None:
    message = Message(TOPIC, frame_bytes(source=T1), NOW)
    opened = Opened(message, Topic("acme", "T1", "gbt26875"))
    assert spoken_of([opened], [Judged(message, "acme", "gbt26875", [], [])], words) == []


def test_a_frame_is_written_as_its_device_writes(words: Vocabulary) -> None:
    raw: Any = frame_bytes(source=T1)
    assert written(raw, is_hex=False) == raw
    assert bytes.fromhex(written(raw, is_hex=True).decode()) == raw
