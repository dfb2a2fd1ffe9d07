"""Passwords of MQTT logins: made here, shown once, and kept only as the hash that the broker compares.

The form is that of ``mosquitto_passwd`` since Mosquitto 2.0: ``$7$iterations$salt$hash`` with PBKDF2-HMAC-SHA512 of 64
bytes, salt (12 bytes) and hash in base64.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import string
from typing import Final

#: Mosquitto's own number. A password here has 140 random bits, which no number of rounds makes harder to guess, while
#: each round is work for the broker at every connection: after an outage thousands of devices connect at once.
ITERATIONS: Final = 101
#: Letters and digits that are not mistaken for each other when a technician types them into a panel, and that no
#: shell, URL or configuration file takes for something else.
_ALPHABET: Final = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))
_LENGTH: Final = 24
_SALT_BYTES: Final = 12
_HASH_BYTES: Final = 64
_FORM = re.compile(r"\$7\$([0-9]{1,9})\$([A-Za-z0-9+/]{16})\$([A-Za-z0-9+/]{86}==)")


def new_password() -> str:
    """A password of 24 letters and digits: 140 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def new_salt() -> bytes:
    """12 ASCII characters, since EMQX takes the salt as text."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SALT_BYTES)).encode()


def hash_password(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """The line's second half in a password file of Mosquitto."""
    if len(salt) != _SALT_BYTES:
        raise ValueError("Mosquitto takes a salt of 12 bytes and no other")
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, iterations, _HASH_BYTES)
    return f"$7${iterations}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def is_hash(stored: str) -> bool:
    """Whether a text has the form that Mosquitto's password file has and that can be kept."""
    return _FORM.fullmatch(stored) is not None


def fits(password: str, stored: str) -> bool:
    """Whether ``password`` is the one behind ``stored``; False for a hash of another form."""
    found = _FORM.fullmatch(stored)
    if found is None:
        return False
    again = hash_password(password, base64.b64decode(found[2]), int(found[1]))
    return hmac.compare_digest(again, stored)
