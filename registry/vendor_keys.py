"""Keys of vendors at the MQTT broker: several at once, so that a new one can be spread before the old one ends.

A key is a login: the vendor's code for its first key, ``CODE.kN`` for the others. It comes with a password or with a
client certificate whose common name it is. Passwords are shown once, when they are made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy import rules
from policy.clocks import legal_day
from registry import audit, mqtt_passwords, vendors
from registry.errors import RecordExists, RecordMissing, RegistryError
from store import Queries
from store.database import Connection

_queries = Queries(__file__)
KINDS = ("password", "certificate")
_LONGEST_NOTE = 200


class KeyRefused(RegistryError):
    """A key can't be made or ended as asked."""

    status = 409


@dataclass(frozen=True)
class Key:
    """A key as it stands. ``state``: valid, ending (valid until ``ends_at``), ended, expired (certificate), revoked."""

    vendor_code: str
    key_no: int
    login: str
    kind: str
    certificate_serial: str | None
    certificate_ends_at: dt.datetime | None
    note: str
    created_at: dt.datetime
    created_by: str
    ends_at: dt.datetime | None
    revoked_at: dt.datetime | None
    revoked_by: str | None
    state: str

    @property
    def is_valid(self) -> bool:
        return self.state in ("valid", "ending")


@dataclass(frozen=True)
class NewKey:
    """A key just made. ``password`` is known now and never again; None for a certificate."""

    vendor_code: str
    key_no: int
    login: str
    kind: str
    password: str | None = field(repr=False)


def login_of(code: str, key_no: int) -> str:
    """The user name of a key. A vendor code has no dot, so no two vendors' logins can agree."""
    return code if key_no == 1 else f"{code}.k{key_no}"


def sign_up(connection: Connection, values: Mapping[str, Any], *, note: str = "", actor: str,
            now: dt.datetime) -> NewKey:
    """Store a new vendor with its first key; see :func:`registry.changing.create` for what is refused."""
    vendor = vendors.create(connection, values, actor=actor, day=legal_day(now))
    return add(connection, vendor.vendor_code, note=note, actor=actor, now=now)


def add(connection: Connection, code: str, *, kind: str = "password", note: str = "", actor: str,
        now: dt.datetime) -> NewKey:
    """Make another key of a vendor; the others stay as they are."""
    if kind not in KINDS:
        raise RegistryError(f"a key is a {' or a '.join(KINDS)}, not {kind[:40]!r}")
    note = note.strip()
    if len(note) > _LONGEST_NOTE or not note.isprintable():
        raise RegistryError(f"the note of a key is one line of up to {_LONGEST_NOTE} characters",
                            zh=f"密钥备注为一行，最多 {_LONGEST_NOTE} 个字")
    vendor = _locked(connection, code, now)
    most = rules().value("vendors.keys_most", legal_day(now))
    if vendor["valid"] >= most:
        raise KeyRefused(f"{code} has {vendor['valid']} valid keys, and {most} are allowed: revoke one first",
                         zh=f"{code} 已有 {vendor['valid']} 个有效密钥，最多 {most} 个：请先吊销一个")
    key_no = vendor["newest"] + 1
    password = mqtt_passwords.new_password() if kind == "password" else None
    hashed = mqtt_passwords.hash_password(password, mqtt_passwords.new_salt()) if password else None
    login = login_of(code, key_no)
    connection.execute(_queries["add"], {"code": code, "key_no": key_no, "login": login, "kind": kind, "hash": hashed,
                                         "note": note, "now": now, "actor": actor})
    audit.record(connection, actor, "add key", "vendor", code, None, {"login": login, "kind": kind, "note": note})
    return NewKey(code, key_no, login, kind, password)


def adopt(connection: Connection, code: str, stored: str, *, actor: str, now: dt.datetime) -> bool:
    """Take a vendor's login over from a password file of Mosquitto, with the hash it has; False where it has keys."""
    if not mqtt_passwords.is_hash(stored):
        raise RegistryError(f"the line of {code[:40]} has no hash of mosquitto_passwd ($7$...): hash the file with "
                            "mosquitto_passwd -U first")
    if _locked(connection, code, now)["newest"]:
        return False
    connection.execute(_queries["add"], {"code": code, "key_no": 1, "login": code, "kind": "password", "hash": stored,
                                         "note": "", "now": now, "actor": actor})
    audit.record(connection, actor, "adopt key", "vendor", code, None, {"login": code, "kind": "password"})
    return True


def listing(connection: Connection, code: str | None, *, now: dt.datetime) -> list[Key]:
    """The keys of one vendor, or of all, the newest of each first."""
    return [Key(**row) for row in connection.execute(_queries["keys"], {"code": code, "login": None, "now": now})]


def get(connection: Connection, login: str, *, now: dt.datetime) -> Key:
    """One key by its login; :class:`RecordMissing` where there is none."""
    row = connection.execute(_queries["keys"], {"code": None, "login": login, "now": now}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no key {login[:80]}", zh=f"没有密钥 {login[:80]}")
    return Key(**row)


def revoke(connection: Connection, login: str, *, even_the_last: bool = False, actor: str, now: dt.datetime) -> Key:
    """End a key for good. The last valid one only where ``even_the_last`` says so: no device could connect any more."""
    key = _held(connection, login, now)
    if key.revoked_at is not None:
        raise RecordExists(f"the key {login} was revoked on {key.revoked_at:%Y-%m-%d}",
                           zh=f"密钥 {login} 已于 {key.revoked_at:%Y-%m-%d} 吊销")
    others = [one for one in listing(connection, key.vendor_code, now=now) if one.is_valid and one.login != login]
    if key.is_valid and not others and not even_the_last:
        raise KeyRefused(f"{login} is the last valid key of {key.vendor_code}: make a new one first, or say that even "
                         "the last shall end",
                         zh=f"{login} 是 {key.vendor_code} 最后一个有效密钥：请先新增密钥，或确认连最后一个也吊销")
    connection.execute(_queries["revoke"], {"code": key.vendor_code, "key_no": key.key_no, "now": now, "actor": actor})
    audit.record(connection, actor, "revoke key", "vendor", key.vendor_code, {"login": login, "state": key.state},
                 {"login": login, "state": "revoked"})
    return get(connection, login, now=now)


def end_on(connection: Connection, login: str, ends_at: dt.datetime, *, actor: str, now: dt.datetime) -> Key:
    """Let a key end by itself at a moment to come."""
    key = _held(connection, login, now)
    if not key.is_valid:
        raise KeyRefused(f"the key {login} is no longer valid", zh=f"密钥 {login} 已失效")
    if ends_at <= now:
        raise KeyRefused("a key can only end at a moment to come: revoke it to end it now",
                         zh="密钥只能在将来的时刻到期：要立即停用请吊销")
    connection.execute(_queries["end_later"], {"code": key.vendor_code, "key_no": key.key_no, "ends_at": ends_at})
    audit.record(connection, actor, "end key", "vendor", key.vendor_code, {"login": login, "ends_at": key.ends_at},
                 {"login": login, "ends_at": ends_at})
    return get(connection, login, now=now)


def rotate(connection: Connection, code: str, *, end_others_at: dt.datetime | None = None, note: str = "", actor: str,
           now: dt.datetime) -> NewKey:
    """A new password key beside the old ones; ``end_others_at`` gives every other valid key that end, or an earlier."""
    made = add(connection, code, note=note, actor=actor, now=now)
    if end_others_at is not None:
        for key in listing(connection, code, now=now):
            if key.login != made.login and key.is_valid and (key.ends_at is None or key.ends_at > end_others_at):
                end_on(connection, key.login, end_others_at, actor=actor, now=now)
    return made


def bind_certificate(connection: Connection, key: NewKey, serial: str, ends_at: dt.datetime) -> None:
    """Remember which certificate was issued for a key, so that it can be revoked."""
    bound = connection.execute(_queries["bind"], {"code": key.vendor_code, "key_no": key.key_no, "serial": serial,
                                                  "ends_at": ends_at}).fetchone()
    if bound is None:
        raise KeyRefused(f"the key {key.login} has a certificate already: make a new key for another")


def _locked(connection: Connection, code: str, now: dt.datetime) -> dict[str, Any]:
    row = connection.execute(_queries["lock_vendor"], {"code": code, "now": now}).fetchone()
    if row is None:
        raise RecordMissing(f"there is no vendor {code[:40]}", zh=f"没有厂家 {code[:40]}")
    return row


def _held(connection: Connection, login: str, now: dt.datetime) -> Key:
    """A key whose vendor is locked: two who revoke at once must not both believe that another key is left."""
    _locked(connection, get(connection, login, now=now).vendor_code, now)
    return get(connection, login, now=now)
