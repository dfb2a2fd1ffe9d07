"""The pulse of a database: it answers, it is gone, it is back, and a transaction that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest

from store import Database, Pulse, StoreError, pulse
from tests.servers.programs import unused_port

_OURS = "select pid from pg_stat_activity where application_name = 'test-pulse'"


def until(found: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_transaction_is_under_way_from_its_wait_for_a_connection_to_its_end(dsn: str) -> None:
    with Database(dsn, max_size=1, timeout=0.5) as db:
        assert db.longest_under_way == 0
        with db.connection():
            time.sleep(0.05)
            first = db.longest_under_way
            assert first >= 0.05
            with pytest.raises(StoreError), db.connection():
                pass
            assert db.longest_under_way >= first + 0.5
        assert db.longest_under_way == 0
        with pytest.raises(psycopg.errors.DivisionByZero):
            db.rows("select 1 / 0")
        assert db.longest_under_way == 0


def test_a_server_that_is_not_there_is_told(dsn: str) -> None:
    nowhere = Database(f"postgresql://huoyan@127.0.0.1:{unused_port()}/huoyan")
    with Pulse(nowhere, "test") as beating:
        until(lambda: not beating.is_well())


def test_a_connection_that_the_server_ended_is_replaced_and_no_outage(db: Database) -> None:
    with Pulse(db, "test") as beating:
        until(lambda: len(db.rows(_OURS)) == 1)
        (before,) = db.rows(_OURS)
        db.rows("select pg_terminate_backend(%s)", [before["pid"]])
        until(lambda: db.rows(_OURS) not in ([], [before]))
        assert beating.is_well()
    until(lambda: db.rows(_OURS) == [])


def test_a_transaction_that_hangs_is_told_until_it_ends(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with Pulse(db, "test") as beating:
        assert beating.is_well()
        with db.connection():
            monkeypatch.setattr(pulse, "_PATIENCE", 0.01)
            time.sleep(0.05)
            assert not beating.is_well()
            monkeypatch.setattr(pulse, "_PATIENCE", 60.0)
            assert beating.is_well()
