"""Mosquitto on the shipped settings, in a network of its own, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.servers.mosquitto import binary
from tests.servers.programs import Program, unused_port

_SHIPPED = Path(__file__).parents[2] / "deploy" / "mosquitto"
#: What belongs to a listener with TLS: the soak's cables carry plain MQTT, as the network between containers does.
_OF_TLS = ("listener 8", "certfile", "keyfile", "cafile", "crlfile", "tls_", "require_certificate", "use_identity",
           "use_subject")
USERS = ("ingest", "acme", "soak")
_ACL = """\
user ingest
topic read huoyan/v1/#
topic read spBv1.0/#
topic write spBv1.0/#
user acme
topic write huoyan/v1/acme/#
user soak
topic read $SYS/#
"""


def shipped_settings() -> dict[str, str]:
    """The settings that production's Mosquitto starts with."""
    return dict(line.partition(" ")[::2] for line in _lines())


def _lines() -> list[str]:
    text = (_SHIPPED / "mosquitto.conf").read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def here(lines: Iterable[str], folder: Path, listener: str) -> list[str]:
    """Shipped lines with their places moved into ``folder`` and the plain listener to ``listener``."""
    moved = {"password_file": f"{folder}/passwords", "acl_file": f"{folder}/acl", "persistence_location": f"{folder}/",
             "listener": listener}
    found = []
    for line in lines:
        if line.startswith(_OF_TLS):
            continue
        name = line.partition(" ")[0]
        found.append(f"{name} {moved[name]}" if name in moved else line)
    return found


class Broker:
    """``host`` and ``port`` as this process sees it; ``password(name)`` of each of :data:`USERS`."""

    protocol = "5"

    def __init__(self, folder: Path, listen: str, host: str, enter: Callable[[], None] | None,
                 changed: Iterable[str] = ()) -> None:
        folder.mkdir(parents=True)
        self.folder, self.host, self.port = folder, host, unused_port()
        passwords = folder / "passwords"
        passwords.write_text("".join(f"{name}:{self.password(name)}\n" for name in USERS), encoding="ascii")
        passwords.chmod(0o600)
        subprocess.run([binary("mosquitto_passwd") or "mosquitto_passwd", "-U", passwords], check=True,
                       capture_output=True)
        acl = folder / "acl"
        acl.write_text(_ACL, encoding="ascii")
        acl.chmod(0o600)
        changed = list(changed)
        names = {line.partition(" ")[0] for line in changed}
        shipped = here(_lines(), folder, f"{self.port} {listen}")
        lines = [line for line in shipped if line.partition(" ")[0] not in names]
        lines += [*changed, "sys_interval 2", *(["user root"] if os.geteuid() == 0 else [])]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.program = Program([binary() or "mosquitto", "-c", folder / "mosquitto.conf"], folder / "log",
                               name="Mosquitto", ready=lambda: True, prepare_child=enter)

    def has_saved(self, since: float) -> bool:
        """Ask for a save; whether there has been one ``since`` a time of the clock.

        A broker that dies forgets who has subscribed since its last: on a slow machine that may have been before ingest
        was there.
        """
        saved = self.folder / "mosquitto.db"
        if saved.exists() and saved.stat().st_mtime > since:
            return True
        self.program.signal(signal.SIGUSR1)
        return False

    @staticmethod
    def password(name: str) -> str:
        return f"{name}-secret"
