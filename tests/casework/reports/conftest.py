"""The district of the published report, loaded once; tests that change it roll back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from huoyan.embedded.reported import load_reported
from simulators.reported import generate
from store import Database
from store.database import Connection
from tests.servers.databases import Server

AS_OF = dt.date(2025, 1, 20)


@pytest.fixture(scope="module")
def reported(servers: Callable[[str], Server]) -> Iterator[Database]:
    """The 24 items of 2024."""
    with servers("embedded").migrated() as url, Database(url, max_size=2) as db:
        load_reported(db, generate(7))
        yield db


@pytest.fixture
def trial(reported: Database) -> Iterator[Connection]:
    """A transaction that leaves nothing behind."""
    with reported.connection() as connection:
        yield connection
        connection.rollback()
