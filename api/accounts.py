"""Accounts: add, new password, close, list. The command line and the administrator's page call the same functions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from api import sessions
from api.refusals import Absent, BadField, Conflict
from api.viewer import ROLES
from policy import rules
from policy.clocks import legal_day
from registry import audit
from store import Database, Queries
from store.database import Connection

_SQL = Queries(__file__)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_LIMIT = 1000


@dataclass(frozen=True)
class NewAccount:
    """What an account is made of. ``areas`` limit every role but vendor; an administrator without any sees all."""

    username: str
    display_name: str
    role: str
    password: str
    areas: tuple[str, ...] = ()
    vendor_code: str | None = None
    officer_no: str | None = None


def add(db: Database, account: NewAccount, *, actor: str, now: dt.datetime) -> None:
    """Add an account; :class:`BadField` names what can't be used, :class:`Conflict` that the name is taken."""
    if not _USERNAME.fullmatch(account.username):
        raise BadField("refusal.username")
    if account.role not in ROLES:
        raise BadField("refusal.unknown_role", roles=", ".join(ROLES))
    if not 1 <= len(account.display_name.strip()) <= 64:
        raise BadField("refusal.display_name")
    _check_password(account.password, now)
    with db.connection() as connection:
        _check_reach(connection, account)
        added = connection.execute(_SQL["add"], {
            "username": account.username, "display_name": account.display_name.strip(), "role": account.role,
            "password_hash": sessions.hash_password(account.password), "area_codes": list(account.areas),
            "vendor_code": account.vendor_code, "officer_no": account.officer_no, "now": now}).fetchone()
        if added is None:
            raise Conflict("refusal.account_taken", username=account.username)
        audit.record(connection, actor, "add", "account", account.username, None, _shown(connection, account.username))


def ensure(db: Database, *, username: str, display_name: str, password: str, role: str,
           area_codes: Sequence[str] = (), vendor_code: str | None = None, officer_no: str | None = None,
           actor: str = "cli:setup", now: dt.datetime | None = None) -> bool:
    """Add an account unless its name is taken; returns whether it was added. For set-up that runs again and again."""
    try:
        add(db, NewAccount(username, display_name, role, password, tuple(area_codes), vendor_code, officer_no),
            actor=actor, now=now or dt.datetime.now(dt.UTC))
    except Conflict:
        return False
    return True


def set_password(db: Database, username: str, password: str, *, actor: str, now: dt.datetime) -> None:
    """Give an account a new password and end its sessions."""
    _check_password(password, now)
    with db.connection() as connection:
        _shown(connection, username)
        connection.execute(_SQL["set_password"], {"username": username,
                                                  "password_hash": sessions.hash_password(password)})
        connection.execute(_SQL["end_sessions"], {"username": username})
        audit.record(connection, actor, "new password", "account", username, None, None)


def set_active(db: Database, username: str, active: bool, *, actor: str) -> None:
    """Close an account, which ends its sessions, or open it again; the last administrator stays."""
    with db.connection() as connection:
        before = _shown(connection, username)
        last = connection.execute(_SQL["last_administrator"], {"username": username}).fetchone()
        if not active and before["role"] == "administrator" and last and last["last"]:
            raise Conflict("refusal.last_administrator", username=username)
        connection.execute(_SQL["set_active"], {"username": username, "active": active})
        if not active:
            connection.execute(_SQL["end_sessions"], {"username": username})
        audit.record(connection, actor, "open" if active else "close", "account", username, before,
                     _shown(connection, username))


def listed(db: Database, now: dt.datetime) -> list[dict[str, Any]]:
    """Every account, without its password hash."""
    return db.rows(_SQL["list"], {"now": now, "limit": _LIMIT})


def _check_password(password: str, now: dt.datetime) -> None:
    least = rules().value("access.password_min_length", legal_day(now))
    if not least <= len(password) <= sessions.PASSWORD_MAX_LENGTH:
        raise BadField("refusal.password_length", least=least, most=sessions.PASSWORD_MAX_LENGTH)


def _check_reach(connection: Connection, account: NewAccount) -> None:
    unknown = connection.execute(_SQL["unknown_areas"], {"codes": list(account.areas)}).fetchall()
    if unknown:
        raise BadField("refusal.unknown_area", area=unknown[0]["code"])
    known = connection.execute(_SQL["known"], {"vendor_code": account.vendor_code,
                                               "officer_no": account.officer_no}).fetchone() or {}
    if account.vendor_code is not None and not known["vendor"]:
        raise BadField("refusal.unknown_vendor", vendor=account.vendor_code)
    if account.officer_no is not None and not known["officer"]:
        raise BadField("refusal.unknown_officer", officer=account.officer_no)
    if account.role == "vendor" and account.vendor_code is None:
        raise BadField("refusal.vendor_needed")
    if account.role == "officer" and account.officer_no is None:
        raise BadField("refusal.officer_needed")
    if account.role in ("brigade", "officer", "town") and not account.areas:
        raise BadField("refusal.areas_needed", role=account.role)


def _shown(connection: Connection, username: str) -> dict[str, Any]:
    row = connection.execute(_SQL["read"], {"username": username}).fetchone()
    if row is None:
        raise Absent("refusal.no_account", username=username)
    return {key: row[key] for key in ("username", "display_name", "role", "area_codes", "vendor_code", "officer_no",
                                      "active")}
