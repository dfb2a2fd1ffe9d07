"""The fleet at a real broker: it keeps what is not acknowledged, and its ledger has no line too many or too few."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from huoyan.commands.simulate import simulate
from simulators.errors import SimulatorError
from simulators.fleet import FAULT_LEVELS, Broker, Fleet, FleetDevice, Ledger, Traffic, read_ledger
from simulators.fleet.running import Totals
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import unused_port

DEVICES = [FleetDevice(vendor, f"{vendor}-{kind}-{number}", kind) for vendor in ("anning", "tianshui", "hongyan")
           for kind in ("uitd", "water_pressure", "electrical") for number in range(5)]


@contextmanager
def _listening(broker: Mosquitto) -> Iterator[queue.SimpleQueue[tuple[str, bytes]]]:
    heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    ready = threading.Event()
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="listener", protocol=mqtt.MQTTv311,
                         clean_session=False)
    client.reconnect_delay_set(1, 1)
    client.on_connect = lambda *_: client.subscribe("huoyan/v1/#", qos=1)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: heard.put((message.topic, message.payload))
    client.connect(broker.host, broker.port)
    client.loop_start()
    assert ready.wait(10)
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def _fleet(broker: Broker, ledger: Path | None, *, rate: float = 400, faults: str = "none", seed: int = 3,
           drain_seconds: float = 20.0) -> Fleet:
    traffic = Traffic(DEVICES, seed, FAULT_LEVELS[faults], start_ms=time.time_ns() // 1_000_000,
                      events_per_minute=600)
    return Fleet(DEVICES, traffic, broker, Ledger(ledger), rate=rate, seed=seed, drain_seconds=drain_seconds)


def _all(heard: queue.SimpleQueue[tuple[str, bytes]]) -> Counter[tuple[str, bytes]]:
    """Everything heard until it is quiet: what was repeated after a lost connection comes more than once."""
    found: Counter[tuple[str, bytes]] = Counter()
    while True:
        try:
            found[heard.get(timeout=1.5)] += 1
        except queue.Empty:
            return found


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_everything_sent_is_acknowledged_heard_and_in_the_ledger(mosquitto: Mosquitto, tmp_path: Path,
                                                                  protocol: str) -> None:
    path = tmp_path / "ledger.jsonl"
    with _listening(mosquitto) as heard:
        totals = _fleet(Broker(mosquitto.host, mosquitto.port, protocol), path, faults="high").run(2)
        found = _all(heard)
    lines = list(read_ledger(path))
    assert 500 < totals.sent < 1200
    assert (totals.acknowledged, totals.unacknowledged, totals.refused) == (totals.sent, 0, 0)
    assert len(lines) == len({line["key"] for line in lines}) == totals.acknowledged
    topics = Counter(line["topic"] for line in lines)
    heard_topics = Counter(topic for topic, _ in found.elements())
    assert all(heard_topics[topic] >= count for topic, count in topics.items())
    assert all(line["acked_ms"] >= line["sent_ms"] for line in lines)


def test_a_message_is_kept_until_it_is_acknowledged_and_sent_again_after_the_broker_was_away(
        mosquitto: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    fleet = _fleet(Broker(mosquitto.host, mosquitto.port), path, rate=200)
    done: list[Totals] = []
    with _listening(mosquitto) as heard:
        thread = threading.Thread(target=lambda: done.append(fleet.run(4)))
        thread.start()
        time.sleep(1.5)
        mosquitto.restart()
        thread.join()
        totals = done[0]
        found = _all(heard)
    assert totals.reconnects >= 1
    assert totals.acknowledged == totals.sent
    assert len(list(read_ledger(path))) == totals.sent
    assert sum(found.values()) >= totals.sent


def test_what_no_broker_acknowledged_is_not_in_the_ledger(mosquitto: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    fleet = _fleet(Broker(mosquitto.host, mosquitto.port), path, rate=200, drain_seconds=.5)
    done: list[Totals] = []
    thread = threading.Thread(target=lambda: done.append(fleet.run(2.5)))
    thread.start()
    time.sleep(1)
    mosquitto.kill()
    thread.join()
    totals = done[0]
    assert totals.unacknowledged > 50
    assert totals.sent == totals.acknowledged + totals.unacknowledged
    assert len(list(read_ledger(path))) == totals.acknowledged


def test_lost_connections_lose_nothing(mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAULT_LEVELS, "cuts", type(FAULT_LEVELS["none"])(disconnect=.01))
    path = tmp_path / "ledger.jsonl"
    totals = _fleet(Broker(mosquitto.host, mosquitto.port), path, faults="cuts").run(2)
    assert totals.reconnects >= 1
    assert totals.acknowledged == totals.sent == len(list(read_ledger(path)))


def test_each_vendor_uses_its_own_login_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    users = {"anning": "a-secret", "tianshui": "b-secret", "hongyan": "c-secret"}
    broker = Mosquitto(tmp_path / "mosquitto", users=users, acl="pattern write huoyan/v1/%u/#\n")
    broker.start()
    try:
        totals = _fleet(Broker(broker.host, broker.port, passwords=users), None).run(1)
        assert totals.acknowledged == totals.sent > 0
        assert totals.refused == 0
        wrong = {**users, "hongyan": "forgotten"}
        with pytest.raises(SimulatorError, match="refuses the login hongyan"):
            _fleet(Broker(broker.host, broker.port, passwords=wrong), None).run(1)
        with pytest.raises(SimulatorError, match="no password for hongyan"):
            _fleet(Broker(broker.host, broker.port, passwords={"anning": "x", "tianshui": "y"}), None)
    finally:
        broker.kill()


def test_an_unreachable_broker_is_said_in_one_sentence() -> None:
    with pytest.raises(SimulatorError, match=r"the MQTT broker at 127.0.0.1:\d+ can't be reached"):
        _fleet(Broker("127.0.0.1", unused_port()), None).run(1)


@pytest.mark.parametrize("rate", [0, -1, 1e9])
def test_a_rate_that_is_none_is_named(rate: float) -> None:
    with pytest.raises(SimulatorError, match="a rate of"):
        _fleet(Broker("127.0.0.1", 1883), None, rate=rate)


def test_a_half_written_last_line_of_a_ledger_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(b'{"key":1}\n{"key":2}\n{"ke')
    assert [line["key"] for line in read_ledger(path)] == [1, 2]
    with pytest.raises(SimulatorError, match="can't be written"):
        Ledger(tmp_path / "none" / "ledger.jsonl")


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_stops_cleanly_with_a_line_of_totals(mosquitto: Mosquitto, tmp_path: Path,
                                                         signal_number: signal.Signals) -> None:
    devices, ledger = tmp_path / "devices.json", tmp_path / "ledger.jsonl"
    devices.write_bytes(orjson.dumps([{"vendor": one.vendor, "device_no": one.device_no, "kind": one.kind}
                                      for one in DEVICES]))
    process = _command("fleet", "--devices", devices, "--ledger", ledger, "--rate", "100", "--faults", "high",
                       "--mqtt-host", mosquitto.host, "--mqtt-port", mosquitto.port)
    end = time.monotonic() + 20
    while time.monotonic() < end and not (ledger.exists() and ledger.stat().st_size > 5000):
        time.sleep(.1)
    process.send_signal(signal_number)
    output, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    lines = list(read_ledger(ledger))
    assert f"acknowledged {len(lines)}," in output
    assert "unacknowledged 0" in output
    assert lines


@pytest.mark.parametrize(("arguments", "says"), [
    (["fleet", "--devices", "x", "--rate", "0"], "--rate"),
    (["fleet", "--devices", "x", "--faults", "some"], "--faults"),
    (["city", "--out", "/proc/none"], "can't be written"),
    (["city", "--out", "/tmp", "--units", "1"], "--units"),
    (["city", "--out", "/tmp", "--until", "soon"], "soon"),
])
def test_what_a_person_got_wrong_is_one_sentence(arguments: list[str], says: str) -> None:
    with pytest.raises(click.ClickException) as told:
        simulate.main(arguments, standalone_mode=False)
    assert says in told.value.format_message()
    assert len(told.value.format_message().splitlines()) == 1


def test_the_command_says_it_on_standard_error_with_exit_code_2() -> None:
    process = _command("fleet", "--devices", "/nowhere/devices.json")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, "")
    assert errors == "huoyan: /nowhere/devices.json can't be read: No such file or directory\n"


def _command(*arguments: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "huoyan.cli", "simulate", *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
