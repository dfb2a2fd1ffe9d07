"""Logins: a random token for the browser or the client, its SHA-256 in the database."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.refusals import LockedOut, LoginFailed
from api.viewer import Viewer
from policy import rules
from policy.clocks import legal_day
from store import Database, Queries

_SQL = Queries(__file__)
PASSWORD_MAX_LENGTH = 256  # characters; a bound on the work of one login, not a rule
_PURGE_AT_ONCE = 500

# OWASP's second argon2id profile: 19 MiB, two passes. The memory of many logins at once is bounded by a gate.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_hex(16))


@dataclass(frozen=True)
class Login:
    """A fresh login: ``token`` is known to its holder alone."""

    token: str
    username: str
    role: str
    expires_at: dt.datetime


class PasswordGate:
    """Checks passwords, a few at a time: each check takes 19 MiB for some tens of milliseconds."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    def fits(self, password: str, password_hash: str) -> bool:
        with self._free:
            try:
                return _hasher.verify(password_hash, password)
            except (VerificationError, InvalidHashError):
                return False


def hash_password(password: str) -> str:
    """The argon2id hash that is stored."""
    return _hasher.hash(password)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def form_token(token: str) -> str:
    """What a form must carry to prove that it came from a page of ours: derived from the session, useless without."""
    return hmac.new(token.encode(), b"huoyan form", hashlib.sha256).hexdigest()


def log_in(db: Database, gate: PasswordGate, username: str, password: str, now: dt.datetime) -> Login:
    """Open a session; :class:`LoginFailed` or :class:`LockedOut` otherwise.

    An attempt is counted before the password is looked at, so that guesses sent all at once do not slip past the
    count; a right password sets the count back.
    """
    day = legal_day(now)
    attempt = db.row(_SQL["count_attempt"], {
        "username": username, "now": now, "most": rules().value("access.lockout_failures", day),
        "minutes": rules().value("access.lockout_minutes", day)})
    if attempt is None:
        known = db.row(_SQL["lock"], {"username": username, "now": now})
        # An unknown name costs the same time as a known one, so that names can't be told apart.
        gate.fits(password, _NOBODY)
        if known:
            raise LockedOut(minutes=max(1, round((known["locked_until"] - now).total_seconds() / 60 + 0.5)))
        raise LoginFailed()
    if not gate.fits(password[:PASSWORD_MAX_LENGTH], attempt["password_hash"]):
        raise LoginFailed()
    token = secrets.token_urlsafe(32)
    expires_at = now + dt.timedelta(hours=rules().value("access.session_hours", day))
    with db.connection() as connection:
        connection.execute(_SQL["clear_attempts"], {"username": username})
        connection.execute(_SQL["purge"], {"now": now, "limit": _PURGE_AT_ONCE})
        connection.execute(_SQL["open"], {"hash": _digest(token), "username": username, "now": now,
                                          "expires_at": expires_at})
    return Login(token, username, attempt["role"], expires_at)


def find(db: Database, token: str, now: dt.datetime) -> Viewer | None:
    """Who holds ``token``; None where it is unknown, over, or its account was closed."""
    row = db.row(_SQL["find"], {"hash": _digest(token), "now": now})
    if row is None:
        return None
    everywhere = row["role"] == "administrator" and not row["area_codes"]
    return Viewer(row["username"], row["display_name"], row["role"], None if everywhere else row["areas"] or [],
                  row["vendor_code"], row["officer_no"], token)


def log_out(db: Database, token: str) -> None:
    """End the session."""
    with db.connection() as connection:
        connection.execute(_SQL["close"], {"hash": _digest(token)})
