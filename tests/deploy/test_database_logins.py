"""The script that makes the database's logins, run as the database's image runs it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from huoyan.embedded.postgres import EmbeddedPostgres, shipped_binaries
from store.migrating import head, migrate, revision
from tests.servers.databases import run_folder
from tests.servers.programs import unused_port

SCRIPT = Path(__file__).parents[2] / "deploy" / "database" / "010_logins.sh"
# What a generator may make, and what a shell or SQL would stumble over.
PASSWORDS = {"ingest": "it's \"quoted\" $HOME", "scheduler": "a+b/c==", "api": "back\\slash :'x'"}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A new server on which the script has run and the owner has migrated."""
    with run_folder("logins") as folder, EmbeddedPostgres(folder, unused_port(), durable=False) as postgres:
        parts = psycopg.conninfo.conninfo_to_dict(postgres.dsn)
        environment = {
            "PATH": f"{shipped_binaries() / 'bin'}:{os.defpath}", "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port),
            "PGPASSWORD": str(parts["password"]), "POSTGRES_USER": "huoyan", "POSTGRES_DB": "huoyan",
            **{f"{name.upper()}_DATABASE_PASSWORD": password for name, password in PASSWORDS.items()}}
        done = subprocess.run([SCRIPT], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert migrate(postgres.dsn) == (None, head())
        yield postgres


def login(server: EmbeddedPostgres, name: str) -> str:
    return psycopg.conninfo.make_conninfo(host="127.0.0.1", port=server.port, dbname="huoyan",
                                          user=f"huoyan_{name}_login", password=PASSWORDS[name])


@pytest.mark.parametrize("name", PASSWORDS)
def test_each_process_logs_in_as_itself_and_finds_the_schema(server: EmbeddedPostgres, name: str) -> None:
    assert revision(login(server, name)) == head()
    with psycopg.connect(login(server, name)) as connection:
        assert connection.execute("select count(*) from units").fetchone() == (0,)


@pytest.mark.parametrize("name", PASSWORDS)
def test_a_wrong_password_is_refused(server: EmbeddedPostgres, name: str) -> None:
    wrong = psycopg.conninfo.make_conninfo(login(server, name), password="guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.parametrize("name", PASSWORDS)
def test_no_process_can_change_the_schema(server: EmbeddedPostgres, name: str) -> None:
    for statement in ("create table mine (n integer)", "drop table units", "alter table units add column x text",
                      "create role another", "update alembic_version set version_num = 'x'"):
        with psycopg.connect(login(server, name)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]


def test_ingest_cannot_read_accounts(server: EmbeddedPostgres) -> None:
    with psycopg.connect(login(server, "ingest")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select * from accounts")
