"""What Mosquitto reads: a password file and an access list, written from the database.

The files are a picture of the database and hold nothing else, so a lost one is simply written again. They come in one
order whatever the database's, so that they change only when somebody's access does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from registry import mqtt_passwords
from registry.errors import RegistryError
from registry.private_files import write_private
from store import Queries
from store.database import Connection

_queries = Queries(__file__)
PASSWORDS: Final = "passwords"
ACCESS: Final = "acl"
_WORDS: Final = {"publish": "write", "subscribe": "read"}
#: What ingest reads, and what it says: it asks an edge node of Sparkplug for its birth, and speaks to devices in
#: GB/T 26875.3.
_OF_INGEST: Final = (("read", "huoyan/v1/#"), ("read", "spBv1.0/#"), ("write", "spBv1.0/+/NCMD/#"),
                     ("write", "huoyan/v1/+/+/gbt26875/down"))
_HEAD: Final = "# Written by huoyan broker-access from the database: what is changed here by hand is lost.\n"


@dataclass(frozen=True)
class Service:
    """A login of our own, such as that of ingest, whose password comes from the settings and not from the database."""

    login: str
    password: str


def render(logins: Iterable[Mapping[str, Any]], access: Iterable[Mapping[str, Any]], service: Service | None,
           known: str = "") -> tuple[str, str]:
    """The password file and the access list.

    ``known`` is the password file as it stands: the line of ``service`` is kept where its password still fits, since a
    new salt would be a change without a reason.
    """
    hashes = {row["login"]: row["password_hash"] for row in logins if row["password_hash"] is not None}
    topics: dict[str, list[tuple[str, str]]] = {}
    for row in access:
        topics.setdefault(row["login"], []).append((_WORDS[row["action"]], row["topic"]))
    if service is not None:
        if service.login in topics:
            raise RegistryError(f"{service.login} is the login of ingest and can't be a vendor's too: "
                                "set another HUOYAN_MQTT_USER")
        hashes[service.login] = _hash_of(service, known)
        topics[service.login] = list(_OF_INGEST)
    passwords = "".join(f"{login}:{hashes[login]}\n" for login in sorted(hashes))
    blocks = ["".join([f"user {login}\n", *(f"topic {word} {topic}\n" for word, topic in sorted(topics[login]))])
              for login in sorted(topics)]
    return passwords, "\n".join([_HEAD, *blocks])


def write(connection: Connection, folder: Path, service: Service | None) -> list[str]:
    """Write both files into ``folder``; returns the names of those that changed."""
    logins = connection.execute(_queries["logins"]).fetchall()
    access = connection.execute(_queries["access"]).fetchall()
    standing = folder / PASSWORDS
    known = standing.read_text(encoding="utf-8", errors="replace") if standing.is_file() else ""
    passwords, topics = render(logins, access, service, known)
    # The access list goes first: a login that can connect before it may do anything harms nobody, and the other way
    # round a key just revoked could connect.
    return [name for name, text in ((ACCESS, topics), (PASSWORDS, passwords))
            if write_private(folder / name, text.encode())]


def revoked(connection: Connection) -> list[dict[str, Any]]:
    """``certificate_serial`` (hex) and ``revoked_at`` of each certificate that shall be refused."""
    return connection.execute(_queries["revocations"]).fetchall()


def _hash_of(service: Service, known: str) -> str:
    for line in known.splitlines():
        login, _, stored = line.partition(":")
        if login == service.login and mqtt_passwords.fits(service.password, stored):
            return stored
    return mqtt_passwords.hash_password(service.password, mqtt_passwords.new_salt())
