"""Who may connect to the embedded broker, and which topics each may use."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from paho.mqtt.client import topic_matches_sub

from huoyan.embedded.errors import EmbeddedError

# OWASP's least strength for Argon2id: after a restart a broker checks every device's login at once, beside its work.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


@dataclass(frozen=True)
class Login:
    """A password (as an Argon2id hash) and the topic filters that may be published to and subscribed to."""

    password: str
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()


def vendor_login(vendor: str, password: str) -> Login:
    """A vendor publishes for its own devices, which hear what they are asked; nothing else is read."""
    return Login(_HASHER.hash(password), publish=(f"huoyan/v1/{vendor}/#", f"spBv1.0/{vendor}/#"),
                 subscribe=(f"huoyan/v1/{vendor}/+/gbt26875/down", f"spBv1.0/{vendor}/NCMD/#",
                            f"spBv1.0/{vendor}/DCMD/#"))


def ingest_login(password: str) -> Login:
    """Ingest reads everything; it asks Sparkplug edge nodes for their births, and speaks to devices in GB/T 26875.3."""
    return Login(_HASHER.hash(password), publish=("spBv1.0/+/NCMD/#", "huoyan/v1/+/+/gbt26875/down"),
                 subscribe=("huoyan/v1/#", "spBv1.0/#"))


def write_logins(path: Path, logins: Mapping[str, Login]) -> None:
    """Write the file of logins whole; a running broker reads it at the next connection."""
    text = json.dumps({name: asdict(login) for name, login in logins.items()}, indent=1, ensure_ascii=False)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    fresh.replace(path)


def read_logins(path: Path) -> dict[str, Login]:
    """Read a file that :func:`write_logins` wrote."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {name: Login(str(entry["password"]), tuple(map(str, entry["publish"])),
                            tuple(map(str, entry["subscribe"]))) for name, entry in found.items()}
    except OSError as error:
        raise EmbeddedError(f"the broker's logins {path} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EmbeddedError(f"the broker's logins {path} are not in their form ({error!r}): write them again") from None


class Doorman:
    """Checks names, passwords and topics against a file of logins."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logins = read_logins(path)
        self._stamp = self._changed()
        self._proven: dict[str, bytes] = {}
        self._key = secrets.token_bytes(32)
        # Not all cores for strangers who try passwords.
        self._turn = asyncio.Semaphore(2)

    async def admits(self, name: str | None, password: str | None) -> bool:
        """Whether this name has this password. An unknown name takes as long as a wrong password."""
        self._read_again()
        login = self._logins.get(name or "")
        proof = hmac.digest(self._key, f"{name}\0{password}".encode(), hashlib.sha256)
        if login is not None and hmac.compare_digest(self._proven.get(login.password, b""), proof):
            return True
        async with self._turn:
            right = await asyncio.to_thread(_verify, login.password if login else _NOBODY, password or "")
        if not right or login is None:
            return False
        # A fleet that reconnects after a restart would else keep a core busy for minutes.
        self._proven[login.password] = proof
        return True

    def may_publish(self, name: str | None, topic: str) -> bool:
        login = self._logins.get(name or "")
        return login is not None and any(topic_matches_sub(allowed, topic) for allowed in login.publish)

    def may_subscribe(self, name: str | None, wanted: str) -> bool:
        login = self._logins.get(name or "")
        return login is not None and any(covers(allowed, wanted) for allowed in login.subscribe)

    def _changed(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_ino

    def _read_again(self) -> None:
        try:
            stamp = self._changed()
            if stamp != self._stamp:
                self._logins = read_logins(self._path)
                self._stamp = stamp
        except (OSError, EmbeddedError):
            # A file that is being replaced or was spoiled must not lock out those who were let in before.
            return


def covers(allowed: str, wanted: str) -> bool:
    """Whether every topic that the filter ``wanted`` matches is also matched by the filter ``allowed``."""
    have, want = allowed.split("/"), wanted.split("/")
    for position, level in enumerate(have):
        if level == "#":
            return True
        if position >= len(want) or want[position] == "#" or (level != "+" and level != want[position]):
            return False
    return len(have) == len(want)


def _verify(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False


_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
