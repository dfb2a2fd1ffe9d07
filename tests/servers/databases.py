"""A PostgreSQL server of the test run, and a migrated database of its own for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from store.migrating import migrate

_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30


def _roomy(folder: Path) -> bool:
    """Whether a server's data and a copy of its binaries fit in ``folder`` and may be run there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return (found.f_bavail * found.f_frsize > _ROOM and not found.f_flag & os.ST_NOEXEC
            and os.access(folder, os.W_OK | os.X_OK))


# In memory where there is room: a new database is hundreds of new files, which a disk's file system makes slowly.
_ROOT = (_MEMORY if _roomy(_MEMORY) else Path(tempfile.gettempdir())) / f"huoyan-tests-{os.getuid()}"


class Server:
    """A running server by the URL of its maintenance database; ``migrated`` copies one migrated database for each.

    While a test runs, the next one's database is made and the last one's dropped: a test waits for neither.
    ``own`` says that nobody else uses the server and that it waits for no disk: then the copy of files with a
    checkpoint is the quicker one, and leaves little in the log.
    """

    def __init__(self, url: str, *, own: bool = True) -> None:
        self.url = url
        self._own = own
        self._numbers = itertools.count()
        self._template: str | None = None
        self._aside = ThreadPoolExecutor(1, "databases")
        self._next: Future[str] | None = None
        self._link: psycopg.Connection[Any] | None = None
        self._linking = Lock()

    def database_url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database that nobody has migrated."""
        with self.copy(self.database_url("template0")) as url:
            yield url

    @contextmanager
    def copy(self, url: str) -> Iterator[str]:
        """The URL of a copy of the database at ``url``, to which nothing may be connected."""
        name = self._made(urlsplit(url).path.strip("/"))
        try:
            yield self.database_url(name)
        finally:
            self._aside.submit(self._dropped, name)

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a migrated database."""
        if self._template is None:
            self._template = f"huoyan_template_{os.getpid()}"
            self._run("create database {} template template0", self._template)
            migrate(self.database_url(self._template))
            # TimescaleDB's workers would else come in, and a database in use can't be copied.
            self._run("alter database {} allow_connections false", self._template)
            self._connection().execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [self._template])
        name = self._next.result() if self._next else self._made(self._template)
        self._next = self._aside.submit(self._made, self._template)
        try:
            yield self.database_url(name)
        finally:
            self._aside.submit(self._dropped, name)

    def close(self) -> None:
        """Leave nothing behind on a server that others use."""
        if self._next is not None:
            self._aside.submit(self._dropped, self._next.result())
        self._aside.shutdown()
        if self._template is not None and not self._own:
            self._run("drop database if exists {} with (force)", self._template)
        if self._link is not None:
            self._link.close()

    def _made(self, template: str) -> str:
        # The process number keeps two test runs on one server apart.
        name = f"huoyan_test_{os.getpid()}_{next(self._numbers)}"
        self._run(f"create database {{}} template {{}} strategy {'file_copy' if self._own else 'wal_log'}",
                  name, template)
        return name

    def _dropped(self, name: str) -> None:
        self._run("drop database if exists {} with (force)", name)

    def _run(self, text: str, *names: str) -> None:
        self._connection().execute(sql.SQL(text).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]

    def _connection(self) -> psycopg.Connection[Any]:
        # Kept: a connection costs both sides more than dropping a database costs one.
        with self._linking:
            if self._link is None:
                self._link = psycopg.connect(self.url, autocommit=True)
        return self._link


@contextmanager
def run_folder(name: str) -> Iterator[Path]:
    """A folder of this test run that another user may pass through; gone afterwards, as is what killed runs left."""
    _ROOT.mkdir(mode=0o711, exist_ok=True)
    for leftover in _ROOT.iterdir():
        owner = leftover.name.partition("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            shutil.rmtree(leftover, ignore_errors=True)
    folder = _ROOT / f"{os.getpid()}-{name}"
    folder.mkdir(mode=0o711)
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
