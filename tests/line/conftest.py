"""A whole line on a real TimescaleDB and a real Mosquitto, started once for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import need
from tests.line.processes import ROOT, Api, Line, Logins, unused_port
from tests.servers.databases import Server
from tests.servers.mosquitto import Mosquitto
from tests.servers.mosquitto import why_not as why_no_mosquitto

PASSWORD = "correct horse battery"
ACL = """\
user ingest
topic read huoyan/v1/#
topic read spBv1.0/#

pattern write huoyan/v1/%u/#
"""


@pytest.fixture(scope="module")
def timescale(servers: Callable[[str], Server]) -> Iterator[str]:
    """A migrated database of this module's own."""
    with servers("timescaledb").migrated() as url:
        yield url


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    need(why_no_mosquitto())
    running = Mosquitto(tmp_path_factory.mktemp("mosquitto"), acl=ACL,
                        users={"ingest": PASSWORD, "anxun": PASSWORD, "qinglan": PASSWORD})
    running.start()
    yield running
    running.kill()


@pytest.fixture(scope="module")
def line(timescale: str, broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Registers imported from the examples of the documentation, ingest and api running."""
    api_port, ingest_port = unused_port(), unused_port()
    running = Line(tmp_path_factory.mktemp("line"), database_url=timescale, mqtt_host=broker.host,
                   mqtt_port=broker.port, mqtt_user="ingest", mqtt_password=PASSWORD, api_port=api_port,
                   api_secure_cookies=0, ingest_metrics_port=ingest_port)
    for noun in ("areas", "vendors", "units", "devices", "officers", "items"):
        running.run("import", noun, ROOT / "docs" / "examples" / "registers" / f"{noun}.csv")
    running.run("account", "add", "chief", "--role", "administrator", fed=PASSWORD + "\n")
    running.api_port = api_port  # type: ignore[attr-defined]
    logins = Logins(timescale)
    try:
        running.start("ingest", ingest_port, logins.url("ingest"))
        running.start("api", api_port, logins.url("api"))
        yield running
    finally:
        running.stop()
        logins.close()


@pytest.fixture(scope="module")
def api(line: Line) -> Api:
    return Api(line.api_port, "chief", PASSWORD)  # type: ignore[attr-defined]
