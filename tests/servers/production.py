"""Mosquitto as docker-compose.yml starts it: the shipped script and settings, and files that the database fills."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from huoyan.broker_access import AccessOptions, BrokerAccess
from registry import certificates, vendor_keys
from registry.broker_files import Service
from registry.certificates import Terms
from registry.vendor_keys import NewKey
from store import Database
from tests.servers.mosquitto import binary
from tests.servers.mqtt import Client
from tests.servers.programs import Program, listens, unused_port

DEPLOY = Path(__file__).parents[2] / "deploy" / "mosquitto"
PATH = os.defpath + ":/usr/sbin:/sbin"


class Production:
    """``port`` is the one inside, ``tls_port`` that with passwords, ``mutual_port`` that with certificates."""

    host = "127.0.0.1"
    protocol = "5"

    def __init__(self, folder: Path, db: Database, algorithm: str = "rsa") -> None:
        self.folder, self.db = folder, db
        self.port, self.tls_port, self.mutual_port = unused_port(), unused_port(), unused_port()
        self.authority, self.access = folder / "secrets", folder / "access"
        self.terms = Terms(algorithm)
        certificates.make(self.authority, ["localhost"], self.terms, self.now())
        self.passwords = {"ingest": "ingest-secret"}
        self._writer = BrokerAccess(db, AccessOptions(self.access, Service("ingest", self.passwords["ingest"]),
                                                      self.authority))
        text = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
        moved = {"/mosquitto/access/": f"{self.access}/",
                 "/run/secrets/mqtt_certificate": self.authority / "broker.crt",
                 "/run/secrets/mqtt_key": self.authority / "broker.key", "/mosquitto/data/": f"{folder}/",
                 "listener 1883": f"listener {self.port} 127.0.0.1",
                 "listener 8883": f"listener {self.tls_port} 127.0.0.1",
                 "listener 8884": f"listener {self.mutual_port} 127.0.0.1"}
        for shipped, here in moved.items():
            assert shipped in text, shipped
            text = text.replace(shipped, str(here))
        text += "log_type information\n"  # says when the files are read again
        if os.geteuid() == 0:
            text += "user root\n"
        (folder / "mosquitto.conf").write_text(text, encoding="utf-8")
        watched = [self.access / name for name in ("passwords", "acl", "ca.crt", "revoked.crl")]
        self.program = Program([DEPLOY / "run.sh", folder / "mosquitto.conf", *watched], folder / "log",
                               name="Mosquitto", environment={"PATH": PATH},
                               ready=lambda: all(map(listens, (self.port, self.tls_port, self.mutual_port))))

    @staticmethod
    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    @property
    def ca(self) -> Path:
        return self.authority / "ca.crt"

    @property
    def log(self) -> str:
        return self.program.log.read_text(errors="replace")

    def write(self) -> list[str]:
        """What ``huoyan broker-access`` does every few seconds."""
        return self._writer.once(self.now())

    def tell(self) -> list[str]:
        """Write, and have Mosquitto read at once, which the script does within two seconds."""
        changed = self.write()
        if changed:
            before = self.log.count("Reloading config")
            os.kill(self.program.pid, signal.SIGHUP)
            deadline = time.monotonic() + 10
            while self.log.count("Reloading config") == before and time.monotonic() < deadline:
                time.sleep(0.01)
        return changed

    def sign_up(self, code: str) -> NewKey:
        with self.db.connection() as connection:
            key = vendor_keys.sign_up(connection, {"vendor_code": code, "name": code}, actor="test", now=self.now())
        return self.keep(key)

    def rotate(self, code: str) -> NewKey:
        with self.db.connection() as connection:
            key = vendor_keys.rotate(connection, code, actor="test", now=self.now())
        return self.keep(key)

    def keep(self, key: NewKey) -> NewKey:
        assert key.password is not None
        self.passwords[key.login] = key.password
        return key

    def revoke(self, login: str, *, even_the_last: bool = False) -> None:
        with self.db.connection() as connection:
            vendor_keys.revoke(connection, login, even_the_last=even_the_last, actor="test", now=self.now())

    def certificate(self, code: str) -> tuple[str, Path, Path]:
        """A new certificate key of a vendor: its login, and the files of its certificate and its key."""
        with self.db.connection() as connection:
            key = vendor_keys.add(connection, code, kind="certificate", actor="test", now=self.now())
            issued = certificates.Authority(self.authority).issue_client(key.login, self.terms, self.now())
            vendor_keys.bind_certificate(connection, key, issued.serial, issued.ends_at)
        paths = self.folder / f"{key.login}.crt", self.folder / f"{key.login}.key"
        for path, content in zip(paths, (issued.certificate, issued.key), strict=True):
            path.write_bytes(content or b"")
        return key.login, *paths

    def password(self, login: str) -> str:
        return self.passwords[login]

    def connect_by_certificate(self, name: str, files: tuple[Path, Path] | None) -> tuple[Client, str]:
        """A client on the listener for certificates, and the broker's answer; 'refused' where TLS was."""
        client = Client(self, None, name)
        client.paho.tls_set(ca_certs=str(self.ca), certfile=files and str(files[0]), keyfile=files and str(files[1]))
        client.paho.reconnect_delay_set(60, 60)
        client.paho.on_disconnect = lambda *_: client.answers.put("refused")
        try:
            client.paho.connect("localhost", self.mutual_port, keepalive=30, clean_start=True)
        except OSError:
            return client, "refused"
        client.paho.loop_start()
        return client, client.answers.get(timeout=10)

    def start(self) -> None:
        self.program.start()

    def stop(self) -> None:
        number = self.program.pid
        self.program.stop()
        with suppress(ProcessLookupError):  # the script forwards the signal; nothing may be left if it did not
            os.killpg(number, signal.SIGKILL)


def mosquitto_pub(*words: str | Path, timeout: float = 20.0) -> subprocess.CompletedProcess[str]:
    """Run the client as a person would."""
    return subprocess.run([binary("mosquitto_pub") or "mosquitto_pub", *map(str, words)], capture_output=True,
                          text=True, check=False, timeout=timeout)
