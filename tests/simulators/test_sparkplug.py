"""A simulated edge node keeps the order of its sessions, and its command runs against a broker."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from huoyan.commands.simulate import simulate
from simulators.errors import SimulatorError
from simulators.sparkplug import EdgeNode, EdgeTraffic, Metric, edge_device, payload
from simulators.sparkplug.encoding import asks_for_rebirth, metric
from tests.servers.mosquitto import Mosquitto

DEVICES = {"": {"cpu": Metric(None, "Float", 1.0)}, "P1": {"pressure": Metric(None, "Float", 0.5)}}


def test_bytes_are_those_of_the_specifications_fields() -> None:
    assert payload([Metric("a", "Boolean", True, alias=2, at=3)], 1, 0) == bytes.fromhex(
        "0801" "120b" "0a0161" "1002" "1803" "200b" "7001" "1800")
    assert metric(Metric("n", "Int8", -1)).endswith(bytes([80, 0xFF, 1]))
    assert metric(Metric("n", "Int64", -1)).endswith(bytes([88, *[0xFF] * 9, 1]))
    assert metric(Metric(None, None, None, alias=1)) == bytes([0x10, 1, 0x38, 1])


@pytest.mark.parametrize("command", [
    b"", b"\xff", b"\x12\xff", b"\x0f", payload([Metric("Node Control/Rebirth", "Boolean", False)], 1, None)])
def test_what_is_no_request_for_births_is_none(command: bytes) -> None:
    assert not asks_for_rebirth(command)


def test_a_session_has_a_number_and_its_messages_too() -> None:
    node = EdgeNode("acme", "E1", DEVICES)
    assert node.connect().topic == "spBv1.0/acme/NDEATH/E1"
    assert [one.topic for one in node.births(1)] == ["spBv1.0/acme/NBIRTH/E1", "spBv1.0/acme/DBIRTH/E1/P1"]
    assert node.data("P1", {"pressure": 0.6}, 2).payload.endswith(bytes([0x18, 2]))
    assert node.data("", {"cpu": 2.0}, 2).topic == "spBv1.0/acme/NDATA/E1"
    assert node.device_death("P1", 3).payload.endswith(bytes([0x18, 4]))
    node.connect()
    node.births(4)
    assert (node.session, node.seq) == (1, 2)
    node.session = 255
    node.connect()
    assert node.session == 0


def test_devices_are_given_by_name_and_kind() -> None:
    assert edge_device("A:1:gas").name == "A:1"
    for wrong in ("x", ":gas", "a/b:gas", "a:toaster"):
        with pytest.raises(SimulatorError, match="NAME:KIND"):
            edge_device(wrong)
    traffic = EdgeTraffic("acme", [edge_device("P1:water_pressure")], 1)
    name, values = traffic.report()
    assert (name, values.keys()) == ("P1", {"Inputs/water_pressure", "Inputs/battery"})
    assert traffic.devices["P1"].keys() == {*values, "fault"}


def test_the_command_publishes_births_data_an_alarm_and_a_death(mosquitto: Mosquitto, tmp_path: Path) -> None:
    heard: list[str] = []
    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_message = lambda _client, _data, message: heard.append(message.topic.split("/")[2])
    listener.connect(mosquitto.host, mosquitto.port)
    listener.subscribe("spBv1.0/#", 1)
    listener.loop_start()
    try:
        logins = tmp_path / "logins.json"
        logins.write_text(json.dumps({"acme": "anything"}))
        result = CliRunner().invoke(simulate, [
            "edge", "--vendor", "acme", "--device", "P1:water_pressure", "--device", "S1:smoke", "--interval", "0.1",
            "--alarm-after", "0.2", "--duration", "1", "--qos", "1", "--logins", str(logins), "--mqtt-host",
            mosquitto.host, "--mqtt-port", str(mosquitto.port), "--mqtt-protocol", "5"])
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert result.exit_code == 0, result.output
    told = re.fullmatch(r"(\d+) reports, 0 rebirths\n", result.output)
    assert told is not None
    assert int(told[1]) >= 5
    assert heard[:3] == ["NBIRTH", "DBIRTH", "DBIRTH"]
    assert heard.count("DDATA") == int(told[1]) + 1
    assert heard[-1] == "NDEATH"
