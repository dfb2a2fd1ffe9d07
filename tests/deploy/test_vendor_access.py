"""Keys of vendors at a real Mosquitto on the shipped settings: sign-up, rotation, revocation, certificates."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry import certificates, vendors
from registry.certificates import Terms
from store import Database
from tests.conftest import need
from tests.servers.mosquitto import binary, why_not
from tests.servers.mqtt import Client
from tests.servers.production import Production, mosquitto_pub

TOPIC = "huoyan/v1/acme/d1/event"


@pytest.fixture
def production(tmp_path: Path, db: Database) -> Iterator[Production]:
    need(why_not())
    broker = Production(tmp_path, db, "ec")
    broker.sign_up("acme")
    broker.write()
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def reader(production: Production) -> Iterator[Client]:
    with Client(production, "ingest", "huoyan-ingest", clean=False, subscribe=("huoyan/v1/#",)) as client:
        assert client.connect() == "Success"
        client.granted.get(timeout=5)
        yield client


def test_a_key_is_changed_while_devices_send(production: Production, reader: Client) -> None:
    old = Client(production, "acme", "on-the-old-key")
    assert old.connect() == "Success"
    assert old.publish(TOPIC, "1")
    made = production.rotate("acme")
    assert made.login == "acme.k2"
    assert production.tell() == ["acl", "passwords"]
    # The connection made with the old key goes on, and the new one works beside it.
    assert old.publish(TOPIC, "2")
    assert old.answers.empty()
    new = Client(production, "acme.k2", "on-the-new-key")
    assert new.connect() == "Success"
    assert new.publish(TOPIC, "3")
    production.revoke("acme")
    production.tell()
    # What was connected with the old key is closed, and it can't come back; the new one has not noticed.
    assert old.answers.get(timeout=10) == "Not authorized"
    assert new.publish(TOPIC, "4")
    assert new.answers.empty()
    assert [message.payload for message in reader.take(4)] == [b"1", b"2", b"3", b"4"]
    for client in (old, new):
        client.close()


def test_the_script_has_changes_read_within_seconds(production: Production) -> None:
    made = production.rotate("acme")
    assert production.write() == ["acl", "passwords"]
    deadline = time.monotonic() + 10
    answer = ""
    while answer != "Success" and time.monotonic() < deadline:
        with Client(production, made.login, "new") as client:
            answer = client.connect()
        time.sleep(0.2)
    assert answer == "Success"
    assert production.log.count("Reloading config") == 1


def test_the_script_stops_with_its_broker_and_its_broker_with_it(production: Production) -> None:
    process = production.program.process
    assert process is not None
    children = subprocess.run(["pgrep", "-P", str(process.pid), "mosquitto"], capture_output=True, text=True,
                              check=True).stdout.split()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not Path(f"/proc/{children[0]}").exists()


def test_what_ingest_has_not_read_stays_through_a_change_of_keys(production: Production, reader: Client) -> None:
    reader.close()
    with Client(production, "acme", "d1") as device:
        device.connect()
        assert device.publish(TOPIC, "while ingest was away")
        production.rotate("acme")
        production.tell()
    with Client(production, "ingest", "huoyan-ingest", clean=False) as ingest:
        assert ingest.connect() == "Success"
        assert [message.payload for message in ingest.take(1)] == [b"while ingest was away"]


def test_a_suspended_vendor_is_refused_and_comes_back(production: Production) -> None:
    login, *files = production.certificate("acme")
    production.tell()
    device = Client(production, "acme", "d1")
    assert device.connect() == "Success"
    _set_status(production, "suspended")
    production.tell()
    assert device.answers.get(timeout=10) == "Not authorized"
    device.close()
    again, answer = production.connect_by_certificate("c1", (files[0], files[1]))
    again.close()
    assert answer == "refused"
    _set_status(production, "active")
    production.tell()
    with Client(production, "acme", "d1") as device:
        assert device.connect() == "Success"
    again, answer = production.connect_by_certificate("c2", (files[0], files[1]))
    again.close()
    assert (login, answer) == ("acme.k2", "Success")


def _set_status(production: Production, status: str) -> None:
    with production.db.connection() as connection:
        vendors.update(connection, "acme", {"status": status}, actor="test", day=production.now().date())


def test_a_certificate_is_a_login_with_its_vendors_topics_alone(production: Production, reader: Client) -> None:
    production.sign_up("other")
    login, *files = production.certificate("acme")
    assert set(production.tell()) == {"acl", "passwords"}
    device, answer = production.connect_by_certificate("d1", (files[0], files[1]))
    assert answer == "Success"
    device.publish("huoyan/v1/other/d1/event", "not ours")
    assert device.publish(TOPIC, "ours")
    assert [(message.topic, message.payload) for message in reader.take(2, timeout=2)] == [(TOPIC, b"ours")]
    assert f"u'{login}'" in production.log
    device.close()


def test_a_revoked_certificate_is_refused_and_its_connection_says_nothing_more(production: Production,
                                                                              reader: Client) -> None:
    login, *files = production.certificate("acme")
    production.tell()
    device, answer = production.connect_by_certificate("d1", (files[0], files[1]))
    assert answer == "Success"
    production.revoke(login)
    assert set(production.tell()) == {"acl", "revoked.crl"}
    # Mosquitto closes no connection that TLS let in, but what it says goes nowhere.
    device.publish(TOPIC, "after the end", timeout=1)
    device.close()
    later, answer = production.connect_by_certificate("d1", (files[0], files[1]))
    later.close()
    assert answer == "refused"
    assert reader.take(1, timeout=0.5) == []


def test_a_certificate_of_another_authority_or_none_is_refused(production: Production, tmp_path: Path) -> None:
    production.certificate("acme")
    production.tell()
    nobody, answer = production.connect_by_certificate("nobody", None)
    nobody.close()
    assert answer == "refused"
    certificates.make(tmp_path / "forger", ["localhost"], Terms(algorithm="ec"), production.now())
    forged = certificates.Authority(tmp_path / "forger").issue_client("acme.k2", production.terms, production.now())
    for name, content in (("forged.crt", forged.certificate), ("forged.key", forged.key)):
        (tmp_path / name).write_bytes(content or b"")
    forger, answer = production.connect_by_certificate("forger", (tmp_path / "forged.crt", tmp_path / "forged.key"))
    forger.close()
    assert answer == "refused"


def test_a_device_that_trusts_another_authority_does_not_connect(production: Production, tmp_path: Path) -> None:
    certificates.make(tmp_path / "elsewhere", ["localhost"], Terms(algorithm="ec"), production.now())
    words = ["-h", "localhost", "-p", production.tls_port, "-u", "acme", "-P", production.password("acme"), "-q", 1,
             "-t", TOPIC, "-m", "x"]
    assert mosquitto_pub(*map(str, words), "--cafile", production.ca).returncode == 0
    wrong = mosquitto_pub(*map(str, words), "--cafile", tmp_path / "elsewhere" / "ca.crt")
    assert wrong.returncode != 0
    # The name is part of the certificate too.
    other = mosquitto_pub(*map(str, words), "--cafile", production.ca, "-h", "127.0.0.1")
    assert ["A TLS error occurred" in done.stderr for done in (wrong, other)] == [True, True]
    assert other.returncode != 0


def test_the_hash_is_the_one_that_mosquitto_makes_itself(tmp_path: Path) -> None:
    from registry import mqtt_passwords

    need(why_not())
    path = tmp_path / "passwords"
    path.write_text("acme:secret\n")
    path.chmod(0o600)
    subprocess.run([binary("mosquitto_passwd") or "", "-U", path], check=True, capture_output=True)
    made = path.read_text().strip().partition(":")[2]
    assert made.startswith(f"$7${mqtt_passwords.ITERATIONS}$")
    assert mqtt_passwords.fits("secret", made)
    assert not mqtt_passwords.fits("Secret", made)
