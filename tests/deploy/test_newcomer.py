"""The vendor guide word by word: with mosquitto_pub, curl and what the operator gives, a device's alarm is seen."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api import accounts
from api.accounts import NewAccount
from api.app import create_app
from api.options import ApiOptions
from ingest.service import IngestOptions
from registry import bulk
from store import Database
from tests.api.conftest import serving
from tests.conftest import need
from tests.ingest.test_service import running
from tests.servers.databases import Server
from tests.servers.mosquitto import why_not
from tests.servers.production import PATH, Production

GUIDE = (Path(__file__).parents[2] / "docs" / "vendor-guide.md").read_text(encoding="utf-8")
PAGES_PASSWORD = "the password of the pages"


@dataclass
class Newcomer:
    """Somebody with the guide, a folder with what the operator gave, and a terminal."""

    folder: Path
    words: dict[str, str]

    def line(self, beginning: str, holding: str = "") -> str:
        """The one line of the guide that begins so and holds that."""
        (found,) = [line.strip() for line in GUIDE.splitlines()
                    if line.startswith(f"    {beginning}") and holding in line and "127.0.0.1" not in line]
        return found

    def run(self, *lines: str) -> str:
        """Type lines of the guide with the words replaced, and nothing else changed; what was printed."""
        typed = "\n".join(lines)
        for word in sorted(self.words, key=len, reverse=True):
            typed = re.sub(rf"(?<![A-Z-]){re.escape(word)}(?![A-Z-])", lambda _, word=word: self.words[word], typed)
        done = subprocess.run(["bash", "-c", typed], cwd=self.folder, env={"PATH": PATH}, capture_output=True,
                              text=True, check=False, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), f"{typed}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory, servers: Callable[[str], Server]) -> Iterator[Newcomer]:
    """Broker, ingest and pages as they are shipped, and a vendor just signed up."""
    need(why_not())
    need(None if shutil.which("curl", path=PATH) else "no curl: install curl")
    with servers("embedded").migrated() as url, Database(url, max_size=6) as db:
        broker = Production(tmp_path_factory.mktemp("operator"), db)
        with db.connection() as connection:
            bulk.load_areas(connection, [{"area_code": "990000", "parent_code": None, "level": "city",
                                          "name_zh": "示范市"}])
            bulk.load_units(connection, [{"unit_no": "U1", "name": "一号宾馆", "area_code": "990000",
                                          "kind": "hotel"}])
        key = broker.sign_up("acme")
        login, certificate, secret = broker.certificate("acme")
        with db.connection() as connection:
            bulk.load_devices(connection, [{"vendor_code": "acme", "device_no": "P-0007", "unit_no": "U1",
                                            "kind": "uitd"}])
        accounts.add(db, NewAccount("acme.pages", "示例厂商", "vendor", PAGES_PASSWORD, vendor_code="acme"),
                     actor="test", now=broker.now())
        broker.write()
        broker.start()
        given = tmp_path_factory.mktemp("vendor")
        for source, name in ((broker.ca, "ca.crt"), (certificate, f"{login}.crt"), (secret, f"{login}.key")):
            shutil.copy(source, given / name)
        app = create_app(db, ApiOptions(secure_cookies=False))
        ingest = IngestOptions(broker.host, broker.port, "ingest", broker.passwords["ingest"], linger_ms=5)
        with running(db, ingest), serving(app) as pages:
            yield Newcomer(given, {
                "BROKER": "localhost", "8883": str(broker.tls_port), "8884": str(broker.mutual_port), "VENDOR": "acme",
                "LOGIN": key.login, "LOGIN.crt": f"{login}.crt", "LOGIN.key": f"{login}.key",
                "PASSWORD": str(key.password), "DEVICE": "P-0007", "PAGES": pages, "USER": "acme.pages",
                "PAGES-PASSWORD": PAGES_PASSWORD})
        broker.stop()


def newest(newcomer: Newcomer, *, until: Callable[[list[dict[str, object]]], bool]) -> list[dict[str, object]]:
    """What the guide's two lines of curl print, until it is so."""
    lines = newcomer.line("TOKEN=", "PAGES"), newcomer.line("curl", "events?limit=1")
    deadline = time.monotonic() + 10
    while True:
        found: list[dict[str, object]] = json.loads(newcomer.run(*lines))
        if until(found) or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def test_a_device_is_connected_with_tls_and_its_alarm_seen_and_ended(newcomer: Newcomer) -> None:
    assert newcomer.run(newcomer.line("mosquitto_pub", "telemetry -m")) == ""
    alarm, end = (line.strip() for line in GUIDE.splitlines() if line.startswith("    mosquitto_pub")
                  and "fire_alarm" in line and "8883" in line)
    began = time.monotonic()
    assert newcomer.run(alarm) == ""
    (seen,) = newest(newcomer, until=bool)
    assert time.monotonic() - began < 10
    assert (seen["device_no"], seen["kind"], seen["point"], seen["active"]) == (
        "P-0007", "fire_alarm", "3F corridor", True)
    newcomer.run(end)
    assert newest(newcomer, until=lambda rows: not rows[0]["active"])[0]["active"] is False


def test_the_same_with_a_certificate(newcomer: Newcomer) -> None:
    assert newcomer.run(newcomer.line("mosquitto_pub", "--cert")) == ""
    assert newest(newcomer, until=lambda rows: bool(rows) and rows[0]["active"] is True)[0]["kind"] == "fire_alarm"


def test_a_signing_request_is_made_as_it_says(newcomer: Newcomer) -> None:
    words = shlex.split(newcomer.line("openssl req"))
    assert words[-2:] == ["-subj", "/CN=VENDOR"]
    done = subprocess.run(["bash", "-c", newcomer.line("openssl req")], cwd=newcomer.folder, env={"PATH": PATH},
                          capture_output=True, check=False)
    assert done.returncode == 0
    assert (newcomer.folder / "device.csr").read_bytes().startswith(b"-----BEGIN CERTIFICATE REQUEST")
    assert (newcomer.folder / "device.key").is_file()


def test_frames_go_the_same_way(newcomer: Newcomer) -> None:
    assert newcomer.run(newcomer.line("mosquitto_pub", "gbt26875 -m")) == ""
    assert newest(newcomer, until=lambda rows: bool(rows) and rows[0]["kind"] == "fault")[0]["kind"] == "fault"
