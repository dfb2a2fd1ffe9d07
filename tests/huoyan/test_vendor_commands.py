"""Vendors by the command line, and the process that keeps the broker's files."""

from __future__ import annotations

import datetime as dt
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from huoyan.broker_access import AccessError, AccessOptions, BrokerAccess
from huoyan.commands.vendors import certificate_authority, vendor
from registry import certificates, mqtt_passwords, vendor_keys
from registry.broker_files import Service
from registry.certificates import Terms
from store import Database, HuoyanError
from tests.ingest.conftest import register
from tests.servers.databases import Server

Run = Callable[..., Result]
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture
def run(db: Database, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HUOYAN_DATABASE_URL", db.dsn)
    monkeypatch.setenv("COLUMNS", "200")
    runner = CliRunner()

    def run(*words: str | Path, input: str | bytes | None = None) -> Result:
        group = certificate_authority if words[0] == "certificates" else vendor
        chosen = [str(word) for word in (words[1:] if words[0] == "certificates" else words)]
        result = runner.invoke(group, chosen, input=input)
        if result.exception is not None and not isinstance(result.exception, HuoyanError | SystemExit):
            raise result.exception
        return result

    return run


def test_a_vendor_is_signed_up_rotated_and_revoked(run: Run, db: Database) -> None:
    added = run("add", "acme", "--name", "示例", "--keys", "2")
    assert added.exit_code == 0
    logins = [line.partition(": ")[2] for line in added.stdout.splitlines() if line.startswith("login")]
    passwords = [line.partition(": ")[2] for line in added.stdout.splitlines() if line.startswith("password")]
    assert logins == ["acme", "acme.k2"]
    stored = db.rows("select login, password_hash from vendor_keys order by key_no")
    assert [mqtt_passwords.fits(one, row["password_hash"]) for one, row in zip(passwords, stored, strict=True)] == [
        True, True]
    assert "acme.k3" in run("rotate", "acme", "--note", "二期", "--end-others-on", "2030-01-01").stdout
    assert run("revoke", "acme").stdout == "acme is revoked\n"
    listed = run("keys", "acme").stdout
    assert [word in listed for word in ("revoked", "ending", "2030-01-02 00:00:00", "valid", "二期")] == [True] * 5
    assert not any(password in listed for password in passwords)
    assert run("suspend", "acme").stdout == "acme is suspended\n"
    assert run("resume", "acme").stdout == "acme is active\n"
    assert "acme.k3 acme.k2" in run("list").stdout
    for words in (("add", "acme", "--name", "x"), ("rotate", "nobody"), ("revoke", "acme"), ("keys", "nobody"),
                  ("suspend", "nobody")):
        assert isinstance(run(*words).exception, HuoyanError), words


def test_the_logins_of_an_older_installation_are_taken_over(run: Run, db: Database, tmp_path: Path) -> None:
    register(db)
    stored = {name: mqtt_passwords.hash_password(f"{name}-secret", b"\xff" * 12)
              for name in ("acme", "other", "ingest")}
    (tmp_path / "file").write_text("".join(f"{name}:{line}\n" for name, line in stored.items()))
    run("rotate", "other")
    done = run("adopt", tmp_path / "file")
    assert done.stdout.splitlines() == [
        "taken over: acme", "left alone, since no registered vendor without a key has this name: other, ingest"]
    kept = db.row("select password_hash from vendor_keys where login = 'acme'")
    assert kept
    assert mqtt_passwords.fits("acme-secret", kept["password_hash"])
    assert db.rows("select username from emqx_logins order by 1") == [{"username": "acme"}, {"username": "other"}]
    (tmp_path / "plain").write_text("gone:secret\n")
    assert isinstance(run("adopt", tmp_path / "plain").exception, HuoyanError)


def test_limits_are_shown_and_changed(run: Run) -> None:
    run("add", "acme", "--name", "x")
    assert run("limits", "acme").stdout.count("policy") == 5
    changed = run("limits", "acme", "--messages-per-second", "2.5", "--payload-bytes", "4000").stdout
    assert "2.5" in changed
    assert changed.count("the vendor") == 2
    assert run("limits", "acme", "--messages-per-second", "-").stdout.count("the vendor") == 1
    assert isinstance(run("limits", "acme", "--byte-burst", "100").exception, HuoyanError)
    assert run("limits", "acme", "--byte-burst", "much").exit_code == 2


def test_a_message_is_tried_from_a_file_or_a_pipe(run: Run, db: Database, tmp_path: Path) -> None:
    register(db)
    (tmp_path / "message").write_text('{"pressure": 0.4}')
    fine = run("try", tmp_path / "message", "--topic", "huoyan/v1/acme/P1/telemetry")
    assert fine.exit_code == 0
    assert "water_pressure" in fine.stdout
    wrong = run("try", "-", "--topic", "huoyan/v1/acme/P1/telemetry", input=b'{"presure": 1, "pressure": 0.4}')
    assert wrong.exit_code == 1
    assert "refused, unknown_metric: 'presure' is not a known metric" in wrong.stdout
    beat = run("try", "-", "--topic", "huoyan/v1/acme/P1/telemetry", input=b'{"pressure": null}')
    assert (beat.exit_code, "counts as heard" in beat.stdout) == (0, True)
    assert run("try", "-", "--topic", "nonsense", input=b"").exit_code == 1
    assert isinstance(run("try", tmp_path / "absent", "--topic", "x").exception, HuoyanError)
    assert db.rows("select * from readings") == []


def test_certificates_are_made_shown_and_issued(run: Run, db: Database, tmp_path: Path) -> None:
    run("add", "acme", "--name", "x")
    ca, out = tmp_path / "ca", tmp_path / "out"
    made = run("certificates", "make", ca, "--host", "mqtt.example.cn", "--algorithm", "ec")
    assert [line.rpartition("/")[2] for line in made.stdout.splitlines()] == [
        "ca.crt", "ca.key", "broker.crt", "broker.key", "revoked.crl"]
    assert run("certificates", "make", ca, "--host", "x.cn").stdout == "everything is there already\n"
    assert "mqtt.example.cn" in run("certificates", "show", ca).stdout
    issued = run("certificate", "acme", "--authority", ca, "--out", out, "--algorithm", "ec", "--note", "网关")
    assert issued.exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["acme.k2.crt", "acme.k2.key", "ca.crt"]
    assert (out / "acme.k2.key").stat().st_mode & 0o777 == 0o600
    name, serial, _ = certificates.describe((out / "acme.k2.crt").read_bytes())
    assert name == "acme.k2"
    assert db.row("select certificate_serial as serial from vendor_keys where key_no = 2") == {"serial": serial}
    # What can't be written leaves no key behind.
    (tmp_path / "file").write_text("")
    assert isinstance(run("certificate", "acme", "--authority", ca, "--out", tmp_path / "file").exception,
                      HuoyanError | SystemExit)
    bad = run("certificate", "acme", "--authority", ca, "--out", out, "--request", tmp_path / "file")
    assert isinstance(bad.exception, HuoyanError)
    assert db.row("select count(*) as n from vendor_keys") == {"n": 2}


def test_the_files_are_written_once_by_hand(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUOYAN_MQTT_USER", "ingest")
    monkeypatch.setenv("HUOYAN_MQTT_PASSWORD", "secret")
    run("add", "acme", "--name", "x")
    assert run("broker-files", "--directory", tmp_path / "new").stdout == "written: acl, passwords\n"
    assert run("broker-files", "--directory", tmp_path / "new").stdout == "nothing has changed\n"
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    certificates.make(tmp_path / "ca", ["localhost"], Terms("ec"), NOW)
    return tmp_path / "ca"


def test_the_process_follows_the_database_and_stops_when_told(db: Database, tmp_path: Path) -> None:
    access = BrokerAccess(db, AccessOptions(tmp_path / "access", Service("ingest", "x"), seconds=0.05))
    assert not access.ready()
    thread = threading.Thread(target=access.run)
    thread.start()
    try:
        _wait(access.ready)
        with db.connection() as connection:
            vendor_keys.sign_up(connection, {"vendor_code": "acme", "name": "x"}, actor="test", now=NOW)
        _wait(lambda: "user acme\n" in (tmp_path / "access" / "acl").read_text())
    finally:
        access.stop()
        thread.join(10)
    assert not thread.is_alive()


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_while_the_database_has_no_answer_nobody_is_locked_out(servers: Callable[[str], Server],
                                                              tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text("acme:$7$\n")
    with servers("embedded").empty() as url, Database(url, max_size=2) as db:
        access = BrokerAccess(db, AccessOptions(tmp_path, seconds=0.01))
        thread = threading.Thread(target=access.run)
        thread.start()
        time.sleep(0.3)
        assert not access.ready()
        access.stop()
        thread.join(10)
    assert (tmp_path / "passwords").read_text() == "acme:$7$\n"


def test_the_revocation_list_is_written_when_it_must_be(db: Database, authority: Path, tmp_path: Path) -> None:
    access = BrokerAccess(db, AccessOptions(tmp_path / "access", authority=authority))
    assert access.once(NOW) == ["acl", "passwords", "ca.crt", "revoked.crl"]
    assert access.once(NOW) == []
    with db.connection() as connection:
        vendor_keys.sign_up(connection, {"vendor_code": "acme", "name": "x"}, actor="test", now=NOW)
        key = vendor_keys.add(connection, "acme", kind="certificate", actor="test", now=NOW)
        issued = certificates.Authority(authority).issue_client(key.login, Terms("ec"), NOW)
        vendor_keys.bind_certificate(connection, key, issued.serial, issued.ends_at)
    assert access.once(NOW) == ["acl", "passwords"]
    with db.connection() as connection:
        vendor_keys.revoke(connection, key.login, actor="test", now=NOW)
    assert access.once(NOW) == ["acl", "revoked.crl"]
    content = (tmp_path / "access" / "revoked.crl").read_bytes()
    assert certificates.revoked_serials(content) == {issued.serial}
    # A list that has ended would have the broker refuse everybody: it is renewed long before.
    assert access.once(NOW + dt.timedelta(days=29)) == []
    assert access.once(NOW + dt.timedelta(days=31)) == ["revoked.crl"]


def test_a_city_s_own_authority_brings_its_own_list(db: Database, authority: Path, tmp_path: Path) -> None:
    (authority / "ca.key").unlink()
    access = BrokerAccess(db, AccessOptions(tmp_path / "access", authority=authority))
    assert "revoked.crl" in access.once(NOW)
    assert (tmp_path / "access" / "revoked.crl").read_bytes() == (authority / "revoked.crl").read_bytes()


def test_a_mosquitto_on_this_machine_is_told_by_its_pid_file(db: Database, tmp_path: Path) -> None:
    told = threading.Event()
    before = signal.signal(signal.SIGHUP, lambda *_: told.set())
    try:
        (tmp_path / "pid").write_text(f"{os.getpid()}\n")
        access = BrokerAccess(db, AccessOptions(tmp_path / "access", pid_file=tmp_path / "pid"))
        access.once(NOW)
        assert told.wait(5)
        told.clear()
        access.once(NOW)
        assert not told.wait(0.1)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_mosquitto_that_did_not_hear_is_told_again(db: Database, tmp_path: Path) -> None:
    (tmp_path / "pid").write_text("none")
    access = BrokerAccess(db, AccessOptions(tmp_path / "access", pid_file=tmp_path / "pid"))
    for _ in range(2):
        with pytest.raises(AccessError, match="no process number"):
            access.once(NOW)
    told = threading.Event()
    before = signal.signal(signal.SIGHUP, lambda *_: told.set())
    try:
        (tmp_path / "pid").write_text(f"{os.getpid()}\n")
        assert access.once(NOW) == []
        assert told.wait(5)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [None, "99999999"])
def test_a_mosquitto_that_is_not_running_need_not_be_told(db: Database, tmp_path: Path, number: str | None) -> None:
    if number is not None:
        (tmp_path / "pid").write_text(number)
    access = BrokerAccess(db, AccessOptions(tmp_path / "access", pid_file=tmp_path / "pid"))
    assert set(access.once(NOW)) == {"acl", "passwords"}
