"""One database for tests that must leave nothing behind, since a database of its own costs each more than the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from store import Database
from tests.servers.databases import Server


@pytest.fixture(scope="module")
def still(servers: Callable[[str], Server]) -> Iterator[Database]:
    """Shared by the tests of a module: none of them may change anything."""
    with servers("embedded").migrated() as url, Database(url, max_size=2) as opened:
        yield opened
