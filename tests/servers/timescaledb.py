"""A real TimescaleDB: the server that a setting names, or Debian trixie's packages in a root folder of their own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.servers import container
from tests.servers.databases import Server
from tests.servers.programs import Program, unused_port

_BINARIES = "/usr/lib/postgresql/17/bin"
_DATA = "var/lib/huoyan-tests"

_SETTINGS = """\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = 'off'
timescaledb.license = 'apache'
# The Apache edition has no jobs to run, and its workers would sit in databases that tests copy and drop.
timescaledb.max_background_workers = 0
timescaledb.bgw_launcher_poll_time = 3600000
dynamic_shared_memory_type = 'mmap'
max_connections = 60
# Nothing here outlives the run: what a power cut would test is given up.
fsync = off
full_page_writes = off
wal_level = 'minimal'
max_wal_senders = 0
shared_buffers = '128MB'
max_wal_size = '2GB'
checkpoint_timeout = '1h'
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""


def root() -> Path:
    """Where `make test` keeps the root folder."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(cache) if cache else Path.home() / ".cache") / "huoyan" / "trixie-timescaledb"


def why_not() -> str | None:
    """Why no TimescaleDB can be had here, in one sentence; None where it can."""
    if os.environ.get("HUOYAN_TEST_DATABASE_URL"):
        return None
    if _has_root() or container.engine():
        return None
    if os.geteuid() != 0:
        return "no TimescaleDB: not root, no container engine, and HUOYAN_TEST_DATABASE_URL names no server"
    return ("no TimescaleDB: tests/servers/prepare made no trixie root here, no container engine answers, and "
            "HUOYAN_TEST_DATABASE_URL names no server")


def _has_root() -> bool:
    return os.geteuid() == 0 and (root() / _BINARIES[1:] / "postgres").exists()


@contextmanager
def run() -> Iterator[Server]:
    """The named server, or a fresh one of the test run's own on a loopback port."""
    named = os.environ.get("HUOYAN_TEST_DATABASE_URL")
    if named:
        yield Server(named, own=False)
        return
    if not _has_root():
        with container.run(_answers) as url:
            yield Server(url, own=False)
        return
    here = root()
    _sweep(here)
    # Inside the root the server is a user and a folder; outside it is one process that ends with this one.
    owner = (here / "var/lib/postgresql").stat()
    password = secrets.token_hex(16)
    data = here / _DATA / str(os.getpid())
    data.mkdir(parents=True)
    try:
        (data / "password").write_text(password, encoding="ascii")
        for path in (data, data / "password"):
            os.chown(path, owner.st_uid, owner.st_gid)
        inside = f"/{_DATA}/{os.getpid()}"

        def enter() -> None:
            os.chroot(here)
            os.chdir("/")
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)

        subprocess.run([f"{_BINARIES}/initdb", "-D", f"{inside}/data", "-U", "postgres", f"--pwfile={inside}/password",
                        "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"],
                       check=True, capture_output=True, preexec_fn=enter, env={"LC_ALL": "C.UTF-8"})
        port = unused_port()
        with (data / "data/postgresql.conf").open("a", encoding="ascii") as file:
            file.write(f"{_SETTINGS}port = {port}\n")
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        server = Program([f"{_BINARIES}/postgres", "-D", f"{inside}/data"], data / "log", name="TimescaleDB",
                         ready=lambda: _answers(url), environment={"LC_ALL": "C.UTF-8"}, prepare_child=enter)
        server.start()
        try:
            yield Server(url)
        finally:
            server.kill()
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
        return True
    return False


def _sweep(here: Path) -> None:
    """Remove the data of test runs that were killed."""
    folder = here / _DATA
    for leftover in folder.iterdir() if folder.exists() else ():
        if not Path("/proc", leftover.name).exists():
            shutil.rmtree(leftover, ignore_errors=True)
