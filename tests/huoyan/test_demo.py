"""``huoyan demo`` as a newcomer runs it, on a small district."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from huoyan.embedded.demo import Demo, DemoOptions, reset
from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.supervisor import Supervisor
from tests.line.processes import Api, until
from tests.servers.databases import run_folder
from tests.servers.programs import unused_port

_PORTS = ("port", "mqtt-port", "database-port", "ingest-metrics-port", "scheduler-metrics-port", "listen-port",
          "listen-metrics-port")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Not below pytest's own folder: the database's user must be able to pass through it.
    with run_folder("demo") as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: unused_port() for name in _PORTS}


def running_on(home: Path) -> list[str]:
    """The command lines that name the demo's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(home) in line:
                found.append(line)
    return found


def words(home: Path, ports: dict[str, int], *more: str) -> list[str]:
    chosen = [word for name, port in ports.items() for word in (f"--{name}", str(port))]
    return [sys.executable, "-m", "huoyan.cli", "demo", "--home", str(home), "--units", "200", "--devices", "300",
            "--days", "30", "--rate", "5", *chosen, *more]


def run(argv: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, capture_output=True, text=True, timeout=240, check=False,
                          env=os.environ | {"COLUMNS": "140"})


def test_the_demo_prints_ranking_ratios_draw_and_login_and_leaves_nothing_running(home: Path,
                                                                                  ports: dict[str, int]) -> None:
    done = run(words(home, ports, "--once"))
    assert done.returncode == 0, done.stderr + done.stdout
    for told in ("风险排名", "抽查比例", "双随机抽取", "commitment", f"http://127.0.0.1:{ports['port']}/",
                 "login duty / huoyan-demo"):
        assert told in done.stdout
    assert re.search(r"readings [\d,]{5,}", done.stdout)
    assert running_on(home) == []


def test_started_again_it_goes_on_with_the_same_data_and_ctrl_c_stops_every_process(home: Path,
                                                                                    ports: dict[str, int]) -> None:
    demo = subprocess.Popen(words(home, ports), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)
    assert demo.stdout is not None
    told = ""
    try:
        for line in demo.stdout:
            told += line
            if "stops everything" in line:
                break
        assert "data kept" in told, told
        assert any("postgres" in line for line in running_on(home)), told
        taken = run(words(home, ports, "--once"))
        assert (taken.returncode, taken.stderr.count("\n")) == (2, 1)
        assert "a demo already runs" in taken.stderr
        api = Api(ports["port"], "duty", "huoyan-demo")
        links = until(lambda: [link for link in api.get("/links")["links"] if link["transport"] == "tcp"], 60, "links")
        assert {(link["port"], link["device_kind"]) for link in links} == {(ports["listen-port"], "uitd")}
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
        assert demo.returncode == 0, told + rest
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
    assert running_on(home) == []
    for port in ports.values():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


@contextmanager
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_that_is_taken_is_said_in_one_line(home: Path, ports: dict[str, int]) -> None:
    with taken() as port:
        done = run(words(home, ports | {"listen-port": port}, "--once"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--listen-port" in done.stderr


@pytest.mark.parametrize("name", _PORTS)
def test_each_port_is_looked_at_before_anything_is_started(tmp_path: Path, ports: dict[str, int], name: str) -> None:
    with taken() as port:
        chosen = {one if one != "port" else "api-port": number for one, number in (ports | {name: port}).items()}
        options = DemoOptions(tmp_path, **{one.replace("-", "_"): number for one, number in chosen.items()})
        with Supervisor(print) as supervisor, pytest.raises(EmbeddedError, match=f"--{name}"):
            Demo(options, supervisor).check_ports()


def test_reset_forgets_what_the_demo_keeps_and_nothing_else(home: Path) -> None:
    (home / "notes.txt").write_text("mine", encoding="utf-8")
    assert list(home.glob("postgresql-*"))
    reset(home)
    # What is left is a folder as a newcomer has it, which the first test starts in.
    left = {path.name for path in home.iterdir() if path.suffix not in (".password", ".lock")}
    assert left == {"notes.txt"}
