"""Migrations: the same schema on every server, once, however many start at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from store import Database, StoreError, capabilities
from store.migrating import _config, migrate
from store.revisions import head, revision
from tests.servers.databases import Server

_FINGERPRINT = """
    select 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
           || case when a.attnotnull then ' not null' else '' end as line
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    union all
    select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'
    union all
    select 'index ' || pg_get_indexdef(indexrelid) from pg_index join pg_class on oid = indexrelid
    where relnamespace = 'public'::regnamespace
    union all
    select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger
    where not tgisinternal and tgname not like 'ts\\_%%'
          and tgrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
    union all
    select 'grant ' || table_name || ' ' || grantee || ' ' || privilege_type from information_schema.role_table_grants
    where table_schema = 'public' and grantee like 'huoyan\\_%%'
    order by 1
"""


@pytest.fixture
def empty(any_server: Server) -> Iterator[str]:
    """An empty database, on each kind of server in turn."""
    with any_server.empty() as url:
        yield url


def fingerprint(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(_FINGERPRINT)]


def test_an_empty_database_is_brought_to_the_newest_schema_and_then_left_alone(empty: str) -> None:
    assert revision(empty) is None
    assert migrate(empty) == (None, head())
    first = fingerprint(empty)
    assert len(first) > 200
    assert migrate(empty) == (head(), head())
    assert fingerprint(empty) == first
    assert revision(empty) == head()


def test_ten_processes_that_migrate_at_once_leave_one_schema(empty: str) -> None:
    results: list[tuple[str | None, str]] = []
    together = threading.Barrier(10)

    def run() -> None:
        together.wait()
        results.append(migrate(empty))

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == sorted([(None, head())] + [(head(), head())] * 9, key=str)


def test_both_kinds_of_server_end_in_the_same_schema(servers: Callable[[str], Server]) -> None:
    with servers("timescaledb").migrated() as here, servers("embedded").migrated() as there:
        assert fingerprint(here) == fingerprint(there)


def test_time_series_are_hypertables_where_the_server_has_them(any_db: Database) -> None:
    with any_db.connection() as connection:
        able = capabilities(connection)
        if able.timescaledb is None:
            assert "plain tables" in str(able)
            return
        assert "Apache edition" in str(able) or "community edition" in str(able)
        found = connection.execute("select hypertable_name as name from timescaledb_information.hypertables").fetchall()
    assert {row["name"] for row in found} >= {"readings", "events"}


def test_a_reading_of_any_year_is_stored_and_found(any_db: Database) -> None:
    times = ["2011-01-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000001Z"]
    with any_db.connection() as connection:
        for time in times:
            connection.execute("insert into readings values (1, 1, %s, 0.5, now()) on conflict do nothing", [time])
            connection.execute("insert into readings values (1, 1, %s, 0.7, now()) on conflict do nothing", [time])
    rows = any_db.rows("select ts, value from readings order by ts")
    assert [row["value"] for row in rows] == [0.5] * 3
    assert [row["ts"].isoformat() for row in rows] == [
        "2011-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00.000001+00:00"]


def test_a_failed_migration_leaves_nothing_behind(empty: str) -> None:
    with psycopg.connect(empty) as connection:
        connection.execute("create table units (is_in text)")
    with pytest.raises(Exception, match='relation "units" already exists'):
        migrate(empty)
    assert revision(empty) is None
    with psycopg.connect(empty) as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
    assert tables is not None
    assert tables[0] <= 2, "the table that was there, and the empty record of versions"


@pytest.mark.parametrize("call", [migrate, revision])
def test_a_server_that_is_not_there_is_one_sentence(call: Callable[[str], object]) -> None:
    with pytest.raises(StoreError, match=r"^the database does not answer: [^\n]*$"):
        call("postgresql://huoyan@127.0.0.1:1/huoyan")


def test_every_migration_has_its_sql_beside_it_and_they_form_one_line() -> None:
    folder = Path(migrate.__code__.co_filename).parent / "migrations" / "versions"
    scripts = sorted(path.stem for path in folder.glob("[0-9]*.py"))
    assert scripts[-1].startswith(head())
    assert head() == ScriptDirectory.from_config(_config()).get_current_head()
    assert scripts == sorted(path.stem for path in folder.glob("[0-9]*.sql"))
