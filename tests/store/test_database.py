"""Connections, transactions, COPY, locks and named SQL."""

from __future__ import annotations

import datetime as dt
import threading
import time
from pathlib import Path

import psycopg
import pytest

from store import (
    Database,
    Queries,
    StoreError,
    capabilities,
    copy_rows,
    lock_for_transaction,
    try_lock_for_session,
    unlock_session,
)


def test_a_fresh_database_knows_its_server(any_db: Database) -> None:
    with any_db.connection() as connection:
        assert int(capabilities(connection).postgresql.split(".")[0]) >= 15


def test_a_session_speaks_utc_whatever_the_server_or_the_address_says(any_dsn: str) -> None:
    separator = "&" if "?" in any_dsn else "?"
    for address in (any_dsn, f"{any_dsn}{separator}options=-c%20statement_timeout%3D5000"):
        with Database(address, max_size=1) as db:
            assert db.row("show timezone") == {"TimeZone": "UTC"}
            row = db.row("select '2026-03-01 08:00+08'::timestamptz as moment")
            assert row is not None
            assert row["moment"] == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    with Database(address, max_size=1) as db:
        assert db.row("show statement_timeout") == {"statement_timeout": "5s"}


def test_the_server_notices_a_client_that_is_cut_off_within_the_time_asked_for(any_dsn: str) -> None:
    with Database(any_dsn, max_size=1, dead_after=6) as db:
        names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        kept = db.rows("select name, reset_val from pg_settings where name = any (%s)", [list(names)])
        assert {row["name"]: row["reset_val"] for row in kept} == dict(zip(names, ("3", "1", "3", "6000"), strict=True))


def test_a_block_is_one_transaction(db: Database) -> None:
    with db.connection() as connection:
        connection.execute("create table t (n integer)")
    with pytest.raises(psycopg.errors.DivisionByZero), db.connection() as connection:
        connection.execute("with written as (insert into t values (1)) select 1 / 0")
    assert db.rows("select * from t") == []
    with db.connection() as connection:
        connection.execute("insert into t values (2)")
    assert db.rows("select n from t") == [{"n": 2}]
    assert db.row("select n from t where n = %s", [3]) is None


def test_a_committed_row_is_on_the_disk(any_db: Database) -> None:
    assert any_db.row("show synchronous_commit") == {"synchronous_commit": "on"}


def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    with pytest.raises(StoreError, match=r"^the database at 127\.0\.0\.1:1/huoyan does not answer") as caught:
        Database("postgresql://huoyan:topsecret@127.0.0.1:1/huoyan", timeout=0.3).open()
    assert "topsecret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_address_out_of_form_is_one_sentence() -> None:
    with pytest.raises(StoreError, match="not one libpq understands"):
        Database("postgresql://[")


def test_a_pool_that_is_used_up_is_one_sentence(dsn: str) -> None:
    with (Database(dsn, max_size=1, timeout=0.2) as db, db.connection(),
          pytest.raises(StoreError, match=r"gave no connection within 0\.2 s"), db.connection()):
        pass


def test_a_connection_that_the_server_dropped_is_replaced(db: Database) -> None:
    victim = db.row("select pg_backend_pid() as pid")
    assert victim is not None
    with psycopg.connect(db.dsn, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [victim["pid"]])
    assert db.row("select 1 as one") == {"one": 1}


def test_copy_writes_every_row_or_none(any_db: Database) -> None:
    moment = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    columns, types = ["device_id", "metric_id", "ts", "value", "received_at"], [
        "int4", "int2", "timestamptz", "float8", "timestamptz"]
    rows = [(device, 1, moment, 0.1 * device, moment) for device in range(5000)]
    with any_db.connection() as connection:
        assert copy_rows(connection, "readings", columns, types, rows) == 5000
    assert any_db.row("select count(*) as n, max(value) as most from readings") == {"n": 5000, "most": 0.1 * 4999}
    with pytest.raises(psycopg.errors.UniqueViolation), any_db.connection() as connection:
        copy_rows(connection, "readings", columns, types, [(9999, 1, moment, 0.0, moment), rows[0]])
    assert any_db.row("select count(*) as n from readings") == {"n": 5000}


def test_copy_takes_a_name_as_a_name_and_never_as_sql(db: Database) -> None:
    with db.connection() as connection:
        connection.execute('create table "odd; drop table units" ("a b" integer)')
        assert copy_rows(connection, "odd; drop table units", ["a b"], ["int4"], [(1,)]) == 1
    assert db.row("select to_regclass('units') is not null as there") == {"there": True}


def test_a_session_lock_is_held_by_one_and_goes_with_its_connection(any_db: Database) -> None:
    with any_db.connection() as first, any_db.connection() as second:
        assert try_lock_for_session(first, "draw 2026-03-01")
        assert not try_lock_for_session(second, "draw 2026-03-01")
        assert try_lock_for_session(second, "draw 2026-03-02")
        unlock_session(first, "draw 2026-03-01")
        assert try_lock_for_session(second, "draw 2026-03-01")
        second.commit()
        second.close()
        # The server notices a closed connection a moment later.
        deadline = time.monotonic() + 10
        while not (held := try_lock_for_session(first, "draw 2026-03-01")) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert held
        unlock_session(first, "draw 2026-03-01")


def test_a_transaction_lock_lets_one_count_at_a_time(any_db: Database) -> None:
    with any_db.connection() as connection:
        connection.execute("create table counter as select 0 as n")

    def count() -> None:
        for _ in range(10):
            with any_db.connection() as connection:
                lock_for_transaction(connection, "counter")
                row = connection.execute("select n from counter").fetchone()
                assert row is not None
                connection.execute("update counter set n = %s", [row["n"] + 1])

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any_db.row("select n from counter") == {"n": 30}


def test_named_queries_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "things.sql").write_text(
        "-- What this file is about.\n\n-- name: first\n-- Its purpose.\nselect 1;\n\n-- name: second_one\nselect 2\n",
        encoding="utf-8")
    queries = Queries(str(tmp_path / "things.py"))
    assert queries["first"] == "-- Its purpose.\nselect 1;"
    assert queries["second_one"] == "select 2"
    with pytest.raises(StoreError, match=r"things\.sql: there is no query named third"):
        queries["third"]


def test_a_query_name_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "twice.sql").write_text("-- name: one\nselect 1\n-- name: one\nselect 2\n", encoding="utf-8")
    with pytest.raises(StoreError, match="a query name stands twice"):
        Queries(str(tmp_path / "twice.py"))
