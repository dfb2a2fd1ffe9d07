"""The broker's settings of production, taken by a real Mosquitto: who may do what."""

from __future__ import annotations

import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.servers.mosquitto import binary, why_not
from tests.servers.mqtt import Client
from tests.servers.programs import Program, listens, unused_port

DEPLOY = Path(__file__).parents[2] / "deploy" / "mosquitto"
TOPIC = "huoyan/v1/acme/d1/telemetry"


class Production:
    """Mosquitto on the shipped settings, its paths and ports moved to this machine."""

    host = "127.0.0.1"
    protocol = "5"

    def __init__(self, folder: Path) -> None:
        self.port, self.tls_port = unused_port(), unused_port()
        self.certificate = folder / "certificate"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", folder / "key", "-out", self.certificate], check=True, capture_output=True)
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{name}:{self.password(name)}\n" for name in ("ingest", "acme", "other")))
        passwords.chmod(0o600)
        subprocess.run([binary("mosquitto_passwd") or "", "-U", passwords], check=True, capture_output=True)
        acl = folder / "acl"
        acl.write_text((DEPLOY / "acl").read_text(encoding="utf-8"), encoding="utf-8")
        acl.chmod(0o600)
        text = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
        for shipped, here in (("/run/secrets/mqtt_passwords", passwords), ("/mosquitto/config/acl", acl),
                              ("/run/secrets/mqtt_certificate", self.certificate),
                              ("/run/secrets/mqtt_key", folder / "key"), ("/mosquitto/data/", f"{folder}/"),
                              ("listener 1883", f"listener {self.port} 127.0.0.1"),
                              ("listener 8883", f"listener {self.tls_port} 127.0.0.1")):
            assert text.count(shipped) == 1, shipped
            text = text.replace(shipped, str(here))
        if os.geteuid() == 0:
            text += "user root\n"
        (folder / "mosquitto.conf").write_text(text, encoding="utf-8")
        self.program = Program([binary() or "", "-c", folder / "mosquitto.conf"], folder / "log", name="Mosquitto",
                               ready=lambda: listens(self.port) and listens(self.tls_port))

    @staticmethod
    def password(name: str) -> str:
        return f"{name}-secret"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    need(why_not())
    broker = Production(tmp_path_factory.mktemp("mosquitto"))
    broker.program.start()
    yield broker
    broker.program.kill()


@pytest.fixture
def reader(production: Production) -> Iterator[Client]:
    with Client(production, "ingest", "huoyan-ingest", subscribe=("huoyan/v1/#", "spBv1.0/#")) as client:
        assert client.connect() == "Success"
        assert [str(code) for code in client.granted.get(timeout=5)] == ["Granted QoS 1"] * 2
        yield client


def test_it_says_nothing_against_its_settings(production: Production) -> None:
    log = production.program.log.read_text(errors="replace")
    assert "Error" not in log
    assert "deprecated" not in log.lower()


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


def test_a_vendor_reads_nothing(production: Production, reader: Client) -> None:
    with Client(production, "acme", "spy", subscribe=("huoyan/v1/acme/#", "#")) as spy:
        assert spy.connect() == "Success"
        spy.granted.get(timeout=5)
        spy.publish(TOPIC, "1")
        assert [message.payload for message in reader.take(1)] == [b"1"]
        assert spy.take(1, timeout=0.5) == []


def test_devices_come_in_over_tls(production: Production, reader: Client) -> None:
    device = Client(production, "acme", "tls-device")
    context = ssl.create_default_context(cafile=str(production.certificate))
    device.paho.tls_set_context(context)
    device.paho.connect("localhost", production.tls_port)
    device.paho.loop_start()
    assert device.answers.get(timeout=10) == "Success"
    assert device.publish(TOPIC, "over tls")
    assert [message.payload for message in reader.take(1)] == [b"over tls"]
    device.close()


def test_what_waits_for_ingest_outlives_a_restart(production: Production) -> None:
    with Client(production, "ingest", "huoyan-keeps", clean=False, subscribe=("huoyan/v1/#",)) as ingest:
        ingest.connect()
        ingest.granted.get(timeout=5)
    with Client(production, "acme", "d1") as device:
        device.connect()
        assert device.publish(TOPIC, "kept")
    production.program.stop()
    production.program.start()
    with Client(production, "ingest", "huoyan-keeps", clean=False, subscribe=("huoyan/v1/#",)) as ingest:
        ingest.connect()
        assert [message.payload for message in ingest.take(1)] == [b"kept"]
