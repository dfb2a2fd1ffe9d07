"""A real TimescaleDB: the server that a setting names, or Debian trixie's packages in a root folder of their own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
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
    with Cluster("", _SETTINGS) as cluster:
        cluster.start()
        yield Server(cluster.url)


class Cluster:
    """A server of its own in the root, whose data goes at the end; ``kill`` takes it away, ``start`` brings it back.

    ``name`` tells apart those of one process; ``settings`` are lines of postgresql.conf; ``address`` is where it is
    reached; ``enter`` runs in the child first, such as to move it into another network; ``prepare`` gets the folder
    that will hold the data, while that is empty.
    """

    def __init__(self, name: str, settings: str, *, address: str = "127.0.0.1",
                 enter: Callable[[], None] | None = None, prepare: Callable[[Path], None] | None = None) -> None:
        self._settings, self._enter, self._prepare = settings, enter, prepare
        self._inside = f"/{_DATA}/{os.getpid()}{'-' if name else ''}{name}"
        self.folder = root() / self._inside[1:]
        # Inside the root the server is a user and a folder; outside it is one process that ends with this one.
        self._owner = (root() / "var/lib/postgresql").stat()
        self._password = secrets.token_hex(16)
        self.port = unused_port()
        self.url = f"postgresql://postgres:{self._password}@{address}:{self.port}/postgres"
        self.program = Program([f"{_BINARIES}/postgres", "-D", f"{self._inside}/data"], self.folder / "log",
                               name="TimescaleDB", ready=lambda: _answers(self.url), environment={"LC_ALL": "C.UTF-8"},
                               prepare_child=self._before_exec)

    def __enter__(self) -> Cluster:
        _sweep(root())
        self.folder.mkdir(parents=True)
        data = self.folder / "data"
        try:
            data.mkdir(mode=0o700)
            if self._prepare:
                self._prepare(data)
            (self.folder / "password").write_text(self._password, encoding="ascii")
            for path in (self.folder, data, self.folder / "password"):
                os.chown(path, self._owner.st_uid, self._owner.st_gid)
            subprocess.run([f"{_BINARIES}/initdb", "-D", f"{self._inside}/data", "-U", "postgres",
                            f"--pwfile={self._inside}/password", "--auth=scram-sha-256", "--encoding=UTF8",
                            "--locale=C.UTF-8", "--no-instructions", "-c", "scram_iterations=1"],
                           check=True, capture_output=True, preexec_fn=self._chroot, env={"LC_ALL": "C.UTF-8"})
            with (data / "postgresql.conf").open("a", encoding="ascii") as file:
                file.write(f"{self._settings}port = {self.port}\n")
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        self.program.start()

    def kill(self) -> None:
        """Every process of the server at once, as a power cut takes them."""
        self.program.kill_all()

    def _before_exec(self) -> None:
        if self._enter:
            self._enter()
        self._chroot()

    def _chroot(self) -> None:
        os.chroot(root())
        os.chdir("/")
        os.setgroups([])
        os.setgid(self._owner.st_gid)
        os.setuid(self._owner.st_uid)


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=5):
        return True
    return False


def _sweep(here: Path) -> None:
    """Remove the data of test runs that were killed."""
    folder = here / _DATA
    for leftover in folder.iterdir() if folder.exists() else ():
        if not Path("/proc", leftover.name.partition("-")[0]).exists():
            shutil.rmtree(leftover, ignore_errors=True)
