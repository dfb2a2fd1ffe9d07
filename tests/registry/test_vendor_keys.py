"""Keys of vendors: made, rotated, ended; what the broker is told; and that no secret is kept or shown twice."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from policy import rules
from registry import broker_files, mqtt_passwords, vendor_keys, vendor_limits, vendors
from registry.broker_files import Service
from registry.errors import RecordExists, RecordMissing, RegistryError
from registry.vendor_keys import KeyRefused
from store import Database

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def acme(db: Database) -> Database:
    with db.connection() as connection:
        vendor_keys.sign_up(connection, {"vendor_code": "acme", "name": "示例厂商"}, actor="wang", now=NOW)
    return db


def test_a_sign_up_makes_a_vendor_and_a_login_whose_password_is_nowhere_kept(db: Database) -> None:
    with db.connection() as connection:
        made = vendor_keys.sign_up(connection, {"vendor_code": "acme", "name": "示例"}, actor="wang", now=NOW)
    assert (made.login, made.kind) == ("acme", "password")
    assert made.password
    row = db.row("select password_hash from vendor_keys")
    assert row
    assert mqtt_passwords.fits(made.password, row["password_hash"])
    assert made.password not in str(db.rows("select * from audit_log")) + repr(made)
    assert [(line["actor"], line["action"]) for line in db.rows("select * from audit_log order by audit_id")] == [
        ("wang", "create"), ("wang", "add key")]


def test_a_code_that_is_taken_or_is_none_is_refused_and_nothing_is_stored(acme: Database) -> None:
    for code in ("acme", "Acme", "a", "a.b", "a/b", "a+b", ""):
        with pytest.raises(RegistryError), acme.connection() as connection:
            vendor_keys.sign_up(connection, {"vendor_code": code, "name": "x"}, actor="wang", now=NOW)
    assert acme.row("select count(*) as n from vendor_keys") == {"n": 1}


def test_keys_are_numbered_and_a_number_is_never_used_again(acme: Database) -> None:
    with acme.connection() as connection:
        assert vendor_keys.rotate(connection, "acme", actor="wang", now=NOW).login == "acme.k2"
        vendor_keys.revoke(connection, "acme.k2", actor="wang", now=NOW)
        assert vendor_keys.rotate(connection, "acme", actor="wang", now=NOW).login == "acme.k3"
        states = {key.login: key.state for key in vendor_keys.listing(connection, "acme", now=NOW)}
    assert states == {"acme": "valid", "acme.k2": "revoked", "acme.k3": "valid"}


def test_the_last_key_ends_only_on_purpose(acme: Database) -> None:
    with acme.connection() as connection:
        with pytest.raises(KeyRefused, match="last valid key"):
            vendor_keys.revoke(connection, "acme", actor="wang", now=NOW)
        vendor_keys.revoke(connection, "acme", even_the_last=True, actor="wang", now=NOW)
        with pytest.raises(RecordExists):
            vendor_keys.revoke(connection, "acme", even_the_last=True, actor="wang", now=NOW)
        with pytest.raises(RecordMissing):
            vendor_keys.revoke(connection, "acme.k9", actor="wang", now=NOW)


def test_old_keys_may_get_an_end_of_their_own(acme: Database) -> None:
    with acme.connection() as connection:
        vendor_keys.rotate(connection, "acme", end_others_at=NOW + HOUR, actor="wang", now=NOW)
        listed = {key.login: key.state for key in vendor_keys.listing(connection, "acme", now=NOW)}
        assert listed == {"acme": "ending", "acme.k2": "valid"}
        later = {key.login: key.state for key in vendor_keys.listing(connection, "acme", now=NOW + HOUR)}
        assert later == {"acme": "ended", "acme.k2": "valid"}
        with pytest.raises(KeyRefused, match="moment to come"):
            vendor_keys.end_on(connection, "acme.k2", NOW, actor="wang", now=NOW)
        # An earlier end is not put off by a later rotation.
        vendor_keys.rotate(connection, "acme", end_others_at=NOW + 5 * HOUR, actor="wang", now=NOW)
        ends = {key.login: key.ends_at for key in vendor_keys.listing(connection, "acme", now=NOW)}
        assert ends == {"acme": NOW + HOUR, "acme.k2": NOW + 5 * HOUR, "acme.k3": None}


def test_there_is_a_most_of_keys(acme: Database) -> None:
    most = rules().value("vendors.keys_most", NOW.date())
    with acme.connection() as connection:
        for _ in range(most - 1):
            vendor_keys.add(connection, "acme", actor="wang", now=NOW)
        with pytest.raises(KeyRefused, match=f"{most} are allowed"):
            vendor_keys.add(connection, "acme", actor="wang", now=NOW)
        with pytest.raises(RegistryError, match="one line"):
            vendor_keys.add(connection, "acme", note="two\nlines", actor="wang", now=NOW)
        with pytest.raises(RecordMissing):
            vendor_keys.add(connection, "nobody", actor="wang", now=NOW)


def test_passwords_are_long_plain_and_never_the_same() -> None:
    made = {mqtt_passwords.new_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 24 and one.isalnum() and not set(one) & set("0O1lI") for one in made)
    one = made.pop()
    stored = mqtt_passwords.hash_password(one, mqtt_passwords.new_salt())
    assert mqtt_passwords.fits(one, stored)
    assert not mqtt_passwords.fits(one[:-1], stored)
    for other in ("", "$6$abc", stored.replace("$7$", "$8$"), stored[:-1]):
        assert not mqtt_passwords.fits(one, other)
    with pytest.raises(ValueError, match="12 bytes"):
        mqtt_passwords.hash_password(one, b"short")


def test_the_broker_is_told_of_valid_keys_of_active_vendors_and_of_nothing_else(acme: Database,
                                                                               tmp_path: Path) -> None:
    with acme.connection() as connection:
        vendor_keys.sign_up(connection, {"vendor_code": "gone", "name": "x"}, actor="wang", now=NOW)
        vendors.update(connection, "gone", {"status": "suspended"}, actor="wang", day=NOW.date())
        vendor_keys.rotate(connection, "acme", actor="wang", now=NOW)
        vendor_keys.add(connection, "acme", kind="certificate", actor="wang", now=NOW)
        vendor_keys.revoke(connection, "acme", actor="wang", now=NOW)
    with acme.connection() as connection:
        assert broker_files.write(connection, tmp_path, Service("ingest", "secret")) == ["acl", "passwords"]
        assert broker_files.write(connection, tmp_path, Service("ingest", "secret")) == []
    logins = [line.partition(":")[0] for line in (tmp_path / "passwords").read_text().splitlines()]
    assert logins == ["acme.k2", "ingest"], "a certificate has no password"
    acl = (tmp_path / "acl").read_text()
    assert [line for line in acl.splitlines() if line.startswith("user")] == [
        "user acme.k2", "user acme.k3", "user ingest"]
    block = acl.split("user acme.k3\n")[1].split("\n\n")[0]
    assert block.splitlines() == [
        "topic read huoyan/v1/acme/+/gbt26875/down", "topic read spBv1.0/STATE/#", "topic read spBv1.0/acme/DCMD/#",
        "topic read spBv1.0/acme/NCMD/#",
        "topic write huoyan/v1/acme/#", "topic write spBv1.0/acme/#"]
    assert "pattern" not in acl
    for name in ("passwords", "acl"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acl", "passwords"], "nothing half-written is left"


def test_only_another_password_changes_the_line_of_ingest(acme: Database, tmp_path: Path) -> None:
    with acme.connection() as connection:
        broker_files.write(connection, tmp_path, Service("ingest", "secret"))
        before = (tmp_path / "passwords").read_text()
        assert broker_files.write(connection, tmp_path, Service("ingest", "other")) == ["passwords"]
        assert (tmp_path / "passwords").read_text() != before
        with pytest.raises(RegistryError, match="can't be a vendor's too"):
            broker_files.write(connection, tmp_path, Service("acme", "secret"))


def test_emqx_reads_the_same_logins_in_its_own_form(acme: Database) -> None:
    with acme.connection() as connection:
        made = vendor_keys.rotate(connection, "acme", actor="wang", now=NOW)
    row = acme.row("select * from emqx_logins where username = 'acme.k2'")
    assert row
    assert made.password
    import hashlib

    digest = hashlib.pbkdf2_hmac("sha512", made.password.encode(), row["salt"].encode(), mqtt_passwords.ITERATIONS, 64)
    assert (row["password_hash"], row["is_superuser"]) == (digest.hex(), False)
    rules_of = acme.rows("select permission, action, topic from emqx_access where username = 'acme.k2' order by 2, 3")
    assert {"permission": "allow", "action": "publish", "topic": "huoyan/v1/acme/#"} in rules_of
    assert {row["permission"] for row in rules_of} == {"allow"}


def test_limits_are_those_of_policy_until_a_vendor_has_its_own(acme: Database) -> None:
    usual = vendor_limits.of_policy(rules(), NOW.date())
    with acme.connection() as connection:
        assert vendor_limits.get(connection, "acme", usual) == usual
        changed = vendor_limits.change(connection, "acme", {"messages_per_second": 5, "payload_bytes": 1000}, usual,
                                       actor="wang")
        assert (changed.messages_per_second, changed.payload_bytes) == (5, 1000)
        assert changed.message_burst == usual.message_burst
        assert changed.refuses_size(1000) is None
        assert "1001 bytes" in str(changed.refuses_size(1001))
        assert vendor_limits.own(connection, "acme")["bytes_per_second"] is None
        back = vendor_limits.change(connection, "acme", {"messages_per_second": None, "payload_bytes": None}, usual,
                                    actor="wang")
        assert back == usual
        for field, value in (("messages_per_second", 0), ("message_burst", float("nan")), ("payload_bytes", 1),
                             ("byte_burst", float("inf")), ("colour", 1)):
            with pytest.raises(RegistryError):
                vendor_limits.change(connection, "acme", {field: value}, usual, actor="wang")
        with pytest.raises(RegistryError, match="never fit"):
            vendor_limits.change(connection, "acme", {"payload_bytes": 1000, "byte_burst": 999}, usual, actor="wang")
        with pytest.raises(RecordMissing):
            vendor_limits.change(connection, "nobody", {}, usual, actor="wang")
