"""The script that makes the database's logins, run as the database's image runs it."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api import vendors
from api.viewer import Viewer
from huoyan.broker_access import AccessOptions, BrokerAccess
from huoyan.embedded.postgres import EmbeddedPostgres, shipped_binaries
from ingest import trial, vendor_hours
from policy import rules
from policy.clocks import legal_day
from registry import broker_files, vendor_keys, vendor_limits
from scoring import nightly, override_record
from scoring.override_record import OverrideForm
from store import Database
from store.migrating import migrate
from store.revisions import head, revision
from tests.servers.databases import run_folder
from tests.servers.programs import unused_port

SCRIPT = Path(__file__).parents[2] / "deploy" / "database" / "010_logins.sh"
# What a generator may make, and what a shell or SQL would stumble over.
PASSWORDS = {"ingest": "it's \"quoted\" $HOME", "scheduler": "a+b/c==", "api": "back\\slash :'x'", "broker": "b%20&c"}


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
    known = "broker_logins" if name == "broker" else "units"
    with psycopg.connect(login(server, name)) as connection:
        assert connection.execute(psycopg.sql.SQL("select count(*) from {}").format(
            psycopg.sql.Identifier(known))).fetchone() == (0,)


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


@pytest.mark.parametrize("statement", ["select * from vendor_keys", "select * from units", "select * from accounts",
                                       "update vendor_keys set revoked_at = null", "select * from readings"])
def test_whoever_tells_the_broker_sees_its_logins_and_nothing_else(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(login(server, "broker")) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", ["ingest", "scheduler", "api"])
def test_nobody_else_reads_the_hash_of_a_key(server: EmbeddedPostgres, name: str) -> None:
    for statement in ("select password_hash from vendor_keys", "select * from broker_logins",
                      "select * from emqx_logins"):
        with psycopg.connect(login(server, name)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]


def test_each_process_has_the_rights_its_part_with_vendors_needs(server: EmbeddedPostgres, tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    who = Viewer("wang", "", "administrator", None, None, None, "")
    with Database(login(server, "api"), max_size=2) as db:
        with db.connection() as connection:
            vendor_keys.sign_up(connection, {"vendor_code": "acme", "name": "x"}, actor="wang", now=now)
            vendor_keys.rotate(connection, "acme", end_others_at=now + dt.timedelta(days=1), actor="wang", now=now)
            key = vendor_keys.add(connection, "acme", kind="certificate", actor="wang", now=now)
            vendor_keys.bind_certificate(connection, key, "AB", now + dt.timedelta(days=9))
            vendor_keys.revoke(connection, key.login, actor="wang", now=now)
            usual = vendor_limits.of_policy(rules(), now.date())
            vendor_limits.change(connection, "acme", {"messages_per_second": 9}, usual, actor="wang")
            trial.attempt(connection, rules(), "huoyan/v1/acme/x/telemetry", b"{}", now=now, max_payload=100)
        assert vendors.overview(db, who, "acme", now)["limits"]["messages_per_second"] == 9
        assert vendors.listing(db, now)[0]["valid_keys"] == 2
        assert vendors.events(db, who, "acme", now, 5) == []
        assert vendors.refused_file(db, who, "acme", None).count("\n") == 1
    with Database(login(server, "ingest"), max_size=2) as db, db.connection() as connection:
        vendor_hours.count(connection, {("acme", vendor_hours.hour_of(now), "event"): vendor_hours.Tally(1)})
        vendor_hours.count(connection, {("acme", vendor_hours.hour_of(now), "event"): vendor_hours.Tally(1)})
    with Database(login(server, "broker"), max_size=2) as db:
        assert BrokerAccess(db, AccessOptions(tmp_path)).once(now) == ["acl", "passwords"]
        with db.connection() as connection:
            assert [row["certificate_serial"] for row in broker_files.revoked(connection)] == ["AB"]
            assert len(connection.execute("select * from emqx_logins, emqx_access").fetchall()) > 0
    with Database(login(server, "scheduler"), max_size=2) as db, db.connection() as connection:
        assert vendor_hours.forget(connection, now + dt.timedelta(hours=1)) == 1


def test_the_pages_make_overrides_and_the_night_only_reads_them(server: EmbeddedPostgres) -> None:
    now = dt.datetime.now(dt.UTC)
    day = legal_day(now)
    with Database(login(server, "api"), max_size=2) as db:
        with db.connection() as connection:
            connection.execute("insert into areas values ('990000', null, 'city', '市', null)")
            connection.execute("insert into units (unit_no, name, area_code, kind) "
                               "values ('U1', 'x', '990000', 'hotel')")
        form = OverrideForm("up", "other", "通道堵塞", day + dt.timedelta(days=3))
        made = override_record.make(db, "U1", form, "wang", role="brigade", now=now)
        other = override_record.withdraw(db, made["override_id"], "误操作", "wang", role="brigade", now=now)
        assert other["state"] == "withdrawn"
        override_record.make(db, "U1", form, "wang", role="brigade", now=now)
    with Database(login(server, "scheduler"), max_size=2) as db:
        assert nightly.run(db, day + dt.timedelta(days=1))["units"] == 1
        assert db.rows("select class_before is not null as moved from scores") == [{"moved": True}]
    for name, statement in (("scheduler", "insert into override_withdrawals values (2, '2100-01-01', 'x', 'x', now())"),
                            ("api", "update overrides set until_day = '2100-01-01'"),
                            ("api", "update scores set risk_class = 'A'"), ("ingest", "select * from overrides")):
        with psycopg.connect(login(server, name)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload]
