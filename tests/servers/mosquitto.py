"""A real Mosquitto 2 with persistence, MQTT 5, logins and topic access."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers.programs import Program, listens, unused_port

_SYSTEM = os.defpath + ":/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin"


def binary(name: str = "mosquitto") -> str | None:
    return shutil.which(name, path=_SYSTEM)


def why_not() -> str | None:
    """Why no Mosquitto can be had here, in one sentence; None where it can."""
    missing = [name for name in ("mosquitto", "mosquitto_passwd", "mosquitto_pub") if binary(name) is None]
    return f"no {missing[0]}: install mosquitto and mosquitto-clients" if missing else None


class Mosquitto:
    """``host`` and ``port``; without ``acl`` anyone may connect, with it the names in ``users`` with their passwords.

    ``kill`` takes it away; ``start`` brings it back on the same port with the same data. Mosquitto writes its data
    at most a second after a change, never before it acknowledges: after a kill, the last second may be gone.
    """

    host = "127.0.0.1"
    protocol = "5"

    def __init__(self, folder: Path, *, users: Mapping[str, str] | None = None, acl: str | None = None,
                 extra: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = unused_port()
        self._users = dict(users or {})
        lines = [f"listener {self.port} 127.0.0.1", "persistence true", f"persistence_location {folder}/",
                 "autosave_interval 1", "max_queued_messages 0", "max_inflight_messages 20000", "log_type error",
                 "log_type warning", "log_type notice", "log_type subscribe",
                 f"allow_anonymous {'false' if users else 'true'}"]
        if os.geteuid() == 0:
            lines.append("user root")
        if users:
            lines.append(f"password_file {self._passwords()}")
        if acl is not None:
            (folder / "acl").write_text(acl, encoding="utf-8")
            (folder / "acl").chmod(0o600)
            lines.append(f"acl_file {folder}/acl")
        (folder / "mosquitto.conf").write_text("\n".join([*lines, extra]) + "\n", encoding="utf-8")
        self._program = Program([binary() or "mosquitto", "-c", folder / "mosquitto.conf"], folder / "mosquitto.log",
                                ready=lambda: listens(self.port), name="Mosquitto")

    def password(self, name: str) -> str:
        return self._users[name]

    def start(self) -> None:
        self._program.start()

    def stop(self) -> None:
        self._program.stop()

    def kill(self) -> None:
        self._program.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def log(self) -> str:
        return self._program.log.read_text(errors="replace")

    def _passwords(self) -> Path:
        path = self.folder / "passwords"
        path.write_text("".join(f"{name}:{password}\n" for name, password in self._users.items()), encoding="utf-8")
        path.chmod(0o600)
        subprocess.run([binary("mosquitto_passwd") or "mosquitto_passwd", "-U", path], check=True, capture_output=True)
        return path
