"""What the ThingsBoard page says, with real brokers: a gateway publishes as ever, and its values are stored."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from ingest.jsonvalues import JsonSettings, Kept, Measured, meaning
from ingest.messages import Message
from ingest.stored import Stored
from ingest.storing import BatchStore
from ingest.topics import _OF_A_DEVICE, _OF_A_GATEWAY
from ingest.vocabulary import vocabulary
from ingest.writer import Writer
from policy import rules
from store import Database
from tests.conftest import need
from tests.ingest.conftest import NOW
from tests.servers.mosquitto import Mosquitto, why_not
from tests.servers.mqtt import Client
from tests.servers.programs import unused_port

GUIDE = (Path(__file__).parents[2] / "docs" / "thingsboard.md").read_text(encoding="utf-8")
BLOCKS = [text.replace("anning", "acme") for text in re.findall(r"```\n(.*?)```", GUIDE, re.DOTALL)]
LISTENER = next(text for text in BLOCKS if "listener 8885" in text)
TOKENS = next(text for text in BLOCKS if text.startswith("user TOKEN"))
BRIDGE = next(text for text in BLOCKS if "connection to-huoyan" in text)
ACCESS = "pattern write huoyan/v1/%u/#\nuser ingest\ntopic read huoyan/v1/#\n"
_MS = int(NOW.timestamp() * 1000)
#: What a gateway publishes, on ThingsBoard's own topics.
PUBLISHED = [
    ("v1/gateway/connect", {"device": "P1", "type": "default"}),
    ("v1/gateway/telemetry", {"P1": [{"ts": _MS, "values": {"water_pressure": 0.5, "uptime": 7}}],
                              "S1": [{"fire_alarm": True, "fault": False}]}),
    ("v1/gateway/attributes", {"P1": {"fw": "1.2", "battery": 80}}),
    ("v1/devices/me/telemetry", {"temperature": 21.5}),
    ("v1/gateway/disconnect", {"device": "P1"}),
]


def test_the_page_names_every_topic_that_is_taken() -> None:
    told = {topic for line in GUIDE.splitlines() if line.startswith("| `v") and line.count("|") == 4
            for topic in re.findall(r"`(v[12]/[a-z/]+)`", line.split("|")[1])}
    assert told == {*_OF_A_DEVICE, *_OF_A_GATEWAY}


def test_the_settings_of_the_page_are_read_and_mean_what_it_says() -> None:
    settings = orjson.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])
    own, words = JsonSettings.of(settings), vocabulary(rules(), NOW.date())

    def told(key: str, value: object) -> object:
        return meaning(key, value, own, words, keeps_numbers=False)

    assert told("P1", 215) == Measured(words.metrics["water_pressure"], 0.215)
    assert told("di_3", 1) == Kept("1", words.kinds["fire_alarm"], "3F", True)
    assert told("lid", "on") == Kept("on", words.kinds["fault"], "", False)
    assert told("uptime", 9) is None
    assert told("other", 9) == Kept("9")


def without_tls(text: str, port: int) -> str:
    """A listener of the page on this machine: its port moved, its certificate left out."""
    text = re.sub(r"(?m)^(certfile|keyfile|tls_version|bridge_cafile) .*\n", "", text)
    return re.sub(r"(?m)^listener [0-9]+$", f"listener {port} 127.0.0.1", text)


class At:
    """Another listener of a broker."""

    host, protocol = "127.0.0.1", "3.1.1"

    def __init__(self, port: int) -> None:
        self.port = port


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, int]]:
    need(why_not())
    port = unused_port()
    broker = Mosquitto(tmp_path_factory.mktemp("mounted"), users={"ingest": "i", "acme": "a", "other": "o"}, acl=ACCESS,
                       extra=without_tls(LISTENER, port))
    broker.start()
    yield broker, port
    broker.stop()


def publish(port: int, user: str, password: str | None) -> None:
    client = Client(At(port), user, f"gateway-{user}", password=password or "")
    if password is None:
        client.paho.username_pw_set(user)
    with client:
        assert client.connect() == "Success"
        for topic, payload in PUBLISHED:
            assert client.publish(topic, orjson.dumps(payload))


def arrived(broker: Mosquitto, port: int, user: str, password: str | None, count: int) -> list[Message]:
    """What reaches ingest when ``user`` publishes at ``port``."""
    with Client(broker, "ingest", "reader", subscribe=("huoyan/v1/#",)) as reader:
        assert reader.connect() == "Success"
        reader.granted.get(timeout=5)
        publish(port, user, password)
        return [Message(one.topic, one.payload, NOW + dt.timedelta(milliseconds=number), packet_id=number + 1)
                for number, one in enumerate(reader.take(max(count, 1), timeout=5 if count else 0.5))]


def stored(city: Database, messages: list[Message]) -> tuple[Stored, dict[str, str]]:
    result = BatchStore(Writer(city, rules())).store(messages)
    return result, {row["key"]: row["value"] for row in city.rows("select key, value from states order by ts")}


def test_a_gateway_needs_no_other_firmware(city: Database, mounted: tuple[Mosquitto, int]) -> None:
    broker, port = mounted
    messages = arrived(broker, port, "acme", "a", len(PUBLISHED))
    assert [message.topic for message in messages] == [f"huoyan/v1/acme/gateway-1/{topic}" for topic, _ in PUBLISHED]
    result, states = stored(city, messages)
    assert (result.readings, result.events) == (1, 1)
    assert states == {"uptime": "7", "fw": "1.2", "battery": "80", "gateway.connection": "disconnected",
                      "fire_alarm": "true", "fault": "false"}
    # The gateway itself is registered by nobody.
    assert dict(result.refused) == {"unknown_device": 1}
    ((kind, device),) = [(row["kind"], row["device_no"]) for row in city.rows(
        "select a.kind, d.device_no from alarms a join devices d using (device_id) where a.restored_at is null")]
    assert (kind, device) == ("fire_alarm", "S1")


def test_another_vendors_login_gets_nothing_through(mounted: tuple[Mosquitto, int]) -> None:
    broker, port = mounted
    assert arrived(broker, port, "other", "o", 0) == []


def test_an_access_token_is_enough_where_a_broker_of_its_own_passes_it_on(
        city: Database, mounted: tuple[Mosquitto, int], tmp_path: Path) -> None:
    broker, _ = mounted
    port = unused_port()
    (tmp_path / "tokens").write_text(TOKENS)
    (tmp_path / "tokens").chmod(0o600)
    text = without_tls(BRIDGE, port).replace("/mosquitto/config/tokens", str(tmp_path / "tokens"))
    text = text.replace("BROKER:8883", f"127.0.0.1:{broker.port}").replace("PASSWORD", "a")
    text = re.sub(r"(?m)^(persistence|per_listener_settings).*\n", "", text)
    bridge = Mosquitto(tmp_path / "bridge", extra=text)
    configuration = bridge.folder / "mosquitto.conf"
    configuration.write_text("per_listener_settings true\n" + configuration.read_text())
    bridge.start()
    try:
        messages = arrived(broker, port, "TOKEN", None, len(PUBLISHED))
        assert [message.topic.removeprefix("huoyan/v1/acme/gateway-1/") for message in messages] == [
            topic for topic, _ in PUBLISHED], broker.log[-1500:]
        assert stored(city, messages)[0].readings == 1
        assert arrived(broker, port, "GUESS", None, 0) == []
    finally:
        bridge.stop()
