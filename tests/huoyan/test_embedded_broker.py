"""The embedded broker: what it has acknowledged is delivered, whatever is killed, and to nobody else."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoyan.embedded.broker import AMQTT_VERSION, BrokerOptions
from huoyan.embedded.courier import packet_id_of
from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.logins import covers, read_logins
from tests.servers.broker import EmbeddedBroker
from tests.servers.mqtt import Client

INGEST = ("huoyan/v1/#", "spBv1.0/#")
TOPIC = "huoyan/v1/acme/d1/telemetry"

Start = Callable[..., EmbeddedBroker]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an embedded broker with the options given."""
    started: list[EmbeddedBroker] = []

    def build(**options: object) -> EmbeddedBroker:
        broker = EmbeddedBroker(tmp_path / str(len(started)), **options)  # type: ignore[arg-type]
        started.append(broker)
        broker.start()
        return broker

    yield build
    for broker in started:
        broker.kill()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """One broker for the tests that leave it running and empty."""
    broker = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.kill()


def ingest(broker: EmbeddedBroker, *, manual: bool = False) -> Client:
    client = Client(broker, "ingest", "huoyan-ingest", clean=False, manual=manual, subscribe=INGEST)
    assert client.connect() == "Success"
    return client


def device(broker: EmbeddedBroker, vendor: str = "acme", client_id: str = "d1") -> Client:
    client = Client(broker, vendor, client_id)
    assert client.connect() == "Success"
    return client


def numbers(client: Client, count: int, timeout: float = 10.0) -> list[int]:
    return [int(message.payload) for message in client.take(count, timeout)]


def test_the_overrides_are_for_the_amqtt_that_is_installed() -> None:
    assert importlib.metadata.version("amqtt") == AMQTT_VERSION


def test_what_was_acknowledged_before_ingest_ever_came_survives_a_kill(start: Start) -> None:
    broker = start()
    with device(broker) as vendor:
        assert all(vendor.publish(TOPIC, str(number)) for number in range(50))
        assert vendor.publish("spBv1.0/acme/NDATA/node", "50")
        broker.kill()
    broker.start()
    with ingest(broker) as reader:
        assert numbers(reader, 51) == list(range(51))


@pytest.mark.parametrize("qos", [1, 2])
def test_ingest_gets_a_message_again_until_it_acknowledges_it(start: Start, qos: int) -> None:
    broker = start()
    reader = ingest(broker, manual=True)
    with device(broker) as vendor:
        for number in range(10):
            assert vendor.publish(TOPIC, str(number), qos=qos)
    first = reader.take(10)
    assert [int(message.payload) for message in first] == list(range(10))
    assert not any(message.dup for message in first)
    for message in first[:4]:
        reader.ack(message)
    time.sleep(0.3)
    reader.vanish()
    with ingest(broker, manual=True) as again:
        second = again.take(6)
        assert [int(message.payload) for message in second] == list(range(4, 10))
        assert all(message.dup for message in second)
        for message in second:
            again.ack(message)
        time.sleep(0.3)
    with ingest(broker) as third:
        assert third.take(1, timeout=0.5) == []


def test_nothing_acknowledged_is_lost_when_the_broker_is_killed_over_and_over(start: Start) -> None:
    broker = start()
    acknowledged: set[int] = set()
    received: set[int] = set()
    reader = ingest(broker)
    vendor = device(broker)
    sent: dict[int, int] = {}
    for spell in range(4):
        for number in range(spell * 200, spell * 200 + 200):
            sent[number] = vendor.send(TOPIC, str(number))
        time.sleep(0.02 * spell)
        broker.kill()
        acknowledged |= {number for number, mid in sent.items() if vendor.has(mid)}
        received |= set(numbers(reader, 10_000, timeout=0.05))
        broker.start()
        vendor.answers.get(timeout=10)
        reader.answers.get(timeout=10)
    assert all(vendor.wait_for(mid) for mid in sent.values())
    acknowledged |= sent.keys()
    deadline = time.monotonic() + 10
    while acknowledged - received and time.monotonic() < deadline:
        received |= set(numbers(reader, 1000, timeout=0.2))
    assert acknowledged - received == set()
    vendor.close()
    reader.close()


def test_a_late_acknowledgement_still_names_its_own_message_after_a_restart(start: Start) -> None:
    broker = start()
    with device(broker) as vendor:
        for number in range(3):
            assert vendor.publish(TOPIC, str(number))
    reader = ingest(broker, manual=True)
    first = reader.take(3)
    reader.ack(first[0])
    time.sleep(1.0)
    broker.kill()
    broker.start()
    reader.answers.get(timeout=10)
    second = reader.take(2)
    assert [(message.mid, message.payload) for message in second] == [
        (message.mid, message.payload) for message in first[1:]]
    reader.ack(first[2])
    time.sleep(0.3)
    reader.vanish()
    with ingest(broker) as again:
        assert numbers(again, 2, timeout=1) == [1]


def test_ingest_is_sent_no_more_than_its_window(start: Start) -> None:
    broker = start(window=8)
    with device(broker) as vendor:
        for number in range(20):
            assert vendor.publish(TOPIC, str(number))
    with ingest(broker, manual=True) as reader:
        held = reader.take(20, timeout=0.7)
        assert len(held) == 8
        for message in held:
            reader.ack(message)
        # It refills when a quarter is free, not for every single place.
        more = numbers(reader, 20, timeout=1.5)
        assert more == list(range(8, 8 + len(more)))
        assert 6 <= len(more) <= 8


def test_an_ingest_that_acknowledges_nothing_is_asked_to_start_afresh(start: Start) -> None:
    broker = start(patience=0.5)
    with device(broker) as vendor:
        assert vendor.publish(TOPIC, "1")
    with ingest(broker, manual=True) as reader:
        assert numbers(reader, 2, timeout=5) == [1, 1]


def test_a_full_inbox_is_not_acknowledged_and_the_device_keeps_its_message(start: Start) -> None:
    broker = start(inbox_limit=1000)
    with device(broker) as vendor:
        assert vendor.publish(TOPIC, b"1" * 800)
        waiting = vendor.send(TOPIC, b"2" * 800)
        assert not vendor.wait_for(waiting, timeout=1)
        with ingest(broker) as reader:
            assert [message.payload[:1] for message in reader.take(2)] == [b"1", b"2"]
        assert vendor.wait_for(waiting)


def test_qos_0_reaches_an_ingest_that_is_there(shared: EmbeddedBroker) -> None:
    broker = shared
    with ingest(broker) as reader, device(broker) as vendor:
        reader.granted.get(timeout=5)
        vendor.paho.publish(TOPIC, "0", qos=0)
        assert [message.qos for message in reader.take(1)] == [0]


def test_strangers_are_refused(shared: EmbeddedBroker) -> None:
    broker = shared
    with Client(broker, None, "nobody") as client:
        assert client.connect() == "Not authorized"
    with Client(broker, "acme", "wrong", password="guess") as client:
        assert client.connect() == "Not authorized"
    with Client(broker, "unknown", "unknown", password="guess") as client:
        assert client.connect() == "Not authorized"
    with Client(broker, "acme", "five", version="5") as client:
        assert client.connect() == "Unsupported protocol version"


def test_a_vendor_can_take_neither_ingests_session_nor_another_vendors(shared: EmbeddedBroker) -> None:
    broker = shared
    with ingest(broker) as reader:
        with Client(broker, "acme", "huoyan-ingest", clean=False) as thief:
            assert thief.connect() == "Not authorized"
        with device(broker, client_id="mine"), Client(broker, "other", "mine", clean=False) as thief:
            assert "identifier" in thief.connect().lower()
        with device(broker) as vendor:
            assert vendor.publish(TOPIC, "1")
        assert numbers(reader, 1) == [1]


def test_a_vendor_publishes_only_below_its_own_name(shared: EmbeddedBroker) -> None:
    broker = shared
    with ingest(broker) as reader, device(broker, "other", "o1") as other, device(broker) as vendor:
        assert other.publish(TOPIC, "1"), "MQTT 3.1.1 has no other answer than an acknowledgement"
        assert other.publish("huoyan/v1/acme", "2")
        assert other.publish("spBv1.0/acme/NDATA/x", "3")
        assert other.publish("elsewhere", "4")
        assert vendor.publish(TOPIC, "5")
        assert numbers(reader, 5, timeout=0.7) == [5]


def test_a_vendor_subscribes_to_nothing(shared: EmbeddedBroker) -> None:
    broker = shared
    with Client(broker, "acme", "spy", subscribe=("huoyan/v1/#", "#", "huoyan/v1/acme/#")) as spy:
        assert spy.connect() == "Success"
        assert all(code.is_failure for code in spy.granted.get(timeout=5))


def test_a_will_may_speak_only_for_its_own_vendor(shared: EmbeddedBroker) -> None:
    broker = shared
    with Client(broker, "other", "w1") as client:
        client.paho.will_set(TOPIC, "1", qos=1)
        assert client.connect() == "Not authorized"
    client = Client(broker, "acme", "w2")
    client.paho.will_set(TOPIC, "2", qos=1)
    assert client.connect() == "Success"
    client.vanish()
    with ingest(broker) as reader:
        assert numbers(reader, 1) == [2]


def test_retained_messages_go_to_no_one_who_did_not_ask(shared: EmbeddedBroker) -> None:
    broker = shared
    with device(broker) as vendor, ingest(broker):
        assert vendor.publish(TOPIC, "1", retain=True)
        with Client(broker, "ingest", "console", subscribe=("huoyan/v1/acme/#",)) as console:
            assert console.connect() == "Success"
            assert numbers(console, 1) == [1]
            with device(broker, "other", "o1") as other:
                assert other.take(1, timeout=0.5) == []


def test_a_packet_that_no_device_needs_ends_its_own_connection_alone(shared: EmbeddedBroker) -> None:
    broker = shared
    with device(broker, client_id="large") as large, device(broker) as vendor, ingest(broker) as reader:
        large.paho.publish(TOPIC, b"x" * (1 << 21), qos=1)
        assert vendor.publish(TOPIC, "1")
        assert numbers(reader, 1) == [1]


def test_a_new_vendor_logs_in_without_a_restart(start: Start) -> None:
    broker = start()
    broker.write_logins(("acme", "other", "fresh"))
    with device(broker, "fresh", "f1") as vendor:
        assert vendor.publish("huoyan/v1/fresh/f1/event", "1")


def test_a_taken_port_is_said_in_one_line(start: Start, tmp_path: Path) -> None:
    broker = start()
    options = BrokerOptions(port=broker.port, inbox=tmp_path / "inbox", logins=broker.options.logins)
    options.write(tmp_path / "second.json")
    done = subprocess.run([sys.executable, "-m", "huoyan.embedded.broker", "--config", tmp_path / "second.json"],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"huoyan: port {broker.port} for the MQTT broker is already taken by another "
                                        "program: stop that program or choose another port"]


def test_an_inbox_that_is_no_inbox_is_said_in_one_line(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.options.inbox.write_bytes(b"not a database" * 100)
    with pytest.raises(RuntimeError, match="the broker's inbox .* can't be used"):
        broker.start()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": 1}', '{"inbox": 1, "logins": 2, "port": 3, "more": 4}'])
def test_settings_out_of_form_are_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broker.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EmbeddedError, match="not in their form"):
        BrokerOptions.read(path)


@pytest.mark.parametrize("content", [[], {"acme": {}}, {"acme": 1}, {"acme": {"password": "x", "publish": None}}])
def test_logins_out_of_form_are_a_sentence(tmp_path: Path, content: object) -> None:
    path = tmp_path / "logins.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(EmbeddedError, match="not in their form"):
        read_logins(path)


@pytest.mark.parametrize(("allowed", "wanted", "answer"), [
    ("huoyan/v1/#", "huoyan/v1/#", True),
    ("huoyan/v1/#", "huoyan/v1/+/+/telemetry", True),
    ("huoyan/v1/#", "huoyan/#", False),
    ("huoyan/v1/#", "#", False),
    ("huoyan/v1/#", "huoyan/+/acme", False),
    ("huoyan/+/acme", "huoyan/+/acme", True),
    ("huoyan/+/acme", "huoyan/v1/acme", True),
    ("huoyan/+/acme", "huoyan/#", False),
    ("huoyan/v1", "huoyan/v1/x", False),
])
def test_a_filter_covers_only_what_lies_within_it(allowed: str, wanted: str, answer: bool) -> None:
    assert covers(allowed, wanted) is answer


@given(st.integers(min_value=1, max_value=2**62), st.integers(min_value=1, max_value=65534))
def test_packet_ids_are_legal_and_repeat_only_after_65535_messages(number: int, step: int) -> None:
    assert 1 <= packet_id_of(number) <= 65535
    assert packet_id_of(number) != packet_id_of(number + step)
    assert packet_id_of(number) == packet_id_of(number + 65535)
