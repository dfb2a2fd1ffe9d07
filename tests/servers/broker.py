"""The embedded broker as tests start it, with one vendor's login and ingest's."""

from __future__ import annotations

import sys
from pathlib import Path

from huoyan.embedded.broker import BrokerOptions
from huoyan.embedded.logins import ingest_login, vendor_login, write_logins
from tests.servers.programs import Program, listens, unused_port


class EmbeddedBroker:
    """``host``, ``port``, and who may log in: ``vendors`` and ``ingest``, each with its password ``<name>-secret``."""

    host = "127.0.0.1"
    protocol = "3.1.1"

    def __init__(self, folder: Path, vendors: tuple[str, ...] = ("acme", "other"), **options: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = unused_port()
        self.folder = folder
        self.write_logins(vendors)
        self.options = BrokerOptions(port=self.port, inbox=folder / "inbox.sqlite", logins=folder / "logins.json",
                                     **options)  # type: ignore[arg-type]
        self.options.write(folder / "broker.json")
        self._program = Program([sys.executable, "-m", "huoyan.embedded.broker", "--config", folder / "broker.json"],
                                folder / "broker.log", ready=lambda: listens(self.port), name="the embedded broker")

    def write_logins(self, vendors: tuple[str, ...]) -> None:
        logins = {vendor: vendor_login(vendor, self.password(vendor)) for vendor in vendors}
        write_logins(self.folder / "logins.json", {**logins, "ingest": ingest_login(self.password("ingest"))})

    @staticmethod
    def password(name: str) -> str:
        return f"{name}-secret"

    def start(self) -> None:
        self._program.start()

    def stop(self) -> None:
        self._program.stop()

    def kill(self) -> None:
        self._program.kill()

    @property
    def pid(self) -> int:
        return self._program.pid

    @property
    def log(self) -> str:
        return self._program.log.read_text(errors="replace")
