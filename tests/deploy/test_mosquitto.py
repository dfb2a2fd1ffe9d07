"""The broker's settings of production, taken by a real Mosquitto: who may do what."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest

from store import Database
from tests.conftest import need
from tests.servers.databases import Server
from tests.servers.mosquitto import why_not
from tests.servers.mqtt import Client
from tests.servers.production import Production

TOPIC = "huoyan/v1/acme/d1/telemetry"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory, servers: Callable[[str], Server]) -> Iterator[Production]:
    """A broker with the vendors acme and other, which no test here changes."""
    need(why_not())
    with servers("embedded").migrated() as url, Database(url, max_size=2) as db:
        broker = Production(tmp_path_factory.mktemp("mosquitto"), db)
        broker.sign_up("acme")
        broker.sign_up("other")
        broker.write()
        broker.start()
        yield broker
        broker.stop()


@pytest.fixture
def reader(production: Production) -> Iterator[Client]:
    with Client(production, "ingest", "huoyan-ingest", subscribe=("huoyan/v1/#", "spBv1.0/#")) as client:
        assert client.connect() == "Success"
        assert [str(code) for code in client.granted.get(timeout=5)] == ["Granted QoS 1"] * 2
        yield client


def test_it_says_nothing_against_its_settings(production: Production) -> None:
    # What OpenSSL says of somebody who only knocked is none of its own.
    assert [line for line in production.log.splitlines() if ": Error: " in line] == []
    assert "deprecated" not in production.log.lower()
    # As root it always says so; in production it runs as its own user.
    assert [line for line in production.log.splitlines() if "Warning" in line and "run as root" not in line] == []


def test_nobody_is_anonymous(production: Production) -> None:
    with Client(production, None, "nobody") as client:
        assert client.connect() == "Not authorized"
    with Client(production, "acme", "acme", password="guess") as client:
        assert client.connect() == "Not authorized"


def test_a_vendor_publishes_for_itself_alone(production: Production, reader: Client) -> None:
    for vendor, topic, payload in (("other", TOPIC, "1"), ("other", "spBv1.0/acme/NDATA/x", "2"),
                                   ("other", "huoyan/v1/other/d1/event", "3"), ("acme", TOPIC, "4"),
                                   ("acme", "spBv1.0/acme/NDATA/x", "5"), ("acme", "elsewhere", "6")):
        with Client(production, vendor, f"{vendor}-device") as client:
            assert client.connect() == "Success"
            client.publish(topic, payload)
    assert [message.payload for message in reader.take(6, timeout=1)] == [b"3", b"4", b"5"]


def test_a_vendor_reads_only_the_commands_to_its_own_edge_nodes(production: Production, reader: Client) -> None:
    with Client(production, "acme", "spy", subscribe=("huoyan/v1/acme/#", "#", "$SYS/#", "spBv1.0/#")) as spy:
        assert spy.connect() == "Success"
        spy.granted.get(timeout=5)
        spy.publish(TOPIC, "1")
        assert [message.payload for message in reader.take(1)] == [b"1"]
        for group in ("acme", "other"):
            reader.publish(f"spBv1.0/{group}/NCMD/edge", group)
        heard = spy.take(3, timeout=1)
    # Once for each subscription that matches.
    assert {(message.topic, message.payload) for message in heard} == {("spBv1.0/acme/NCMD/edge", b"acme")}


def test_a_vendor_hears_what_the_centre_asks_of_its_own_devices(production: Production, reader: Client) -> None:
    with Client(production, "acme", "panel", subscribe=("huoyan/v1/#",)) as panel:
        assert panel.connect() == "Success"
        panel.granted.get(timeout=5)
        for vendor in ("other", "acme"):
            reader.publish(f"huoyan/v1/{vendor}/d1/gbt26875/down", vendor)
        heard = panel.take(2, timeout=1)
    assert [(message.topic, message.payload) for message in heard] == [("huoyan/v1/acme/d1/gbt26875/down", b"acme")]


def test_ingest_says_nothing_but_what_devices_are_asked(production: Production, reader: Client) -> None:
    reader.publish(TOPIC, "ours")
    reader.publish("spBv1.0/acme/NDATA/edge", "ours")
    assert reader.take(1, timeout=0.5) == []


def test_devices_come_in_over_tls(production: Production, reader: Client) -> None:
    device = Client(production, "acme", "tls-device")
    context = ssl.create_default_context(cafile=str(production.ca))
    device.paho.tls_set_context(context)
    device.paho.connect("localhost", production.tls_port)
    device.paho.loop_start()
    assert device.answers.get(timeout=10) == "Success"
    assert device.publish(TOPIC, "over tls")
    assert [message.payload for message in reader.take(1)] == [b"over tls"]
    device.close()


def test_a_large_message_comes_through_and_a_monstrous_one_is_never_acknowledged(production: Production,
                                                                              reader: Client) -> None:
    with Client(production, "acme", "large", version="3.1.1") as device:
        assert device.connect() == "Success"
        assert device.publish(TOPIC, bytes(10_000_000))
        assert [len(message.payload) for message in reader.take(1)] == [10_000_000]
        device.paho.reconnect_delay_set(60, 60)
        assert not device.publish(TOPIC, bytes(17_000_000), timeout=2)
    assert reader.take(1, timeout=0.5) == []


def test_who_knows_the_name_of_a_session_takes_it_over(production: Production) -> None:
    """Why the name of ingest's session is a secret of the installation: no access list guards client ids."""
    with Client(production, "ingest", "guessed", clean=False, subscribe=("huoyan/v1/#",)) as ingest:
        ingest.connect()
        ingest.granted.get(timeout=5)
        ingest.paho.reconnect_delay_set(60, 60)
        gone: list[str] = []
        ingest.paho.on_disconnect = lambda client, _, flags, reason, properties: gone.append(str(reason))
        with Client(production, "other", "guessed") as thief:
            assert thief.connect() == "Success"
        for _ in range(100):
            if gone:
                break
            ingest.take(1, timeout=0.05)
        assert len(gone) == 1


def test_who_knows_the_name_of_a_share_takes_messages_away(production: Production) -> None:
    """Why the name of a share is a secret too: the access list keeps a stranger from reading, not from subscribing."""
    share = "$share/guessed/huoyan/v1/#"
    with (Client(production, "ingest", "huoyan-shares", subscribe=(share,)) as ingest,
          Client(production, "other", "thief", subscribe=(share,)) as thief,
          Client(production, "acme", "d1") as device):
        for client in (ingest, thief, device):
            assert client.connect() == "Success"
        for client in (ingest, thief):
            client.granted.get(timeout=5)
        assert all(device.publish(TOPIC, b"{}") for _ in range(10))
        assert 0 < len(ingest.take(10, timeout=2)) < 10
        assert thief.take(1, timeout=0.2) == []


def test_what_waits_for_ingest_outlives_a_restart(production: Production) -> None:
    with Client(production, "ingest", "huoyan-keeps", clean=False, subscribe=("huoyan/v1/#",)) as ingest:
        ingest.connect()
        ingest.granted.get(timeout=5)
    with Client(production, "acme", "d1") as device:
        device.connect()
        assert device.publish(TOPIC, "kept")
    production.stop()
    production.start()
    with Client(production, "ingest", "huoyan-keeps", clean=False, subscribe=("huoyan/v1/#",)) as ingest:
        ingest.connect()
        assert [message.payload for message in ingest.take(1)] == [b"kept"]
