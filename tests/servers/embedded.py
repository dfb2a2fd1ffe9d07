"""The embedded PostgreSQL as tests use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from huoyan.embedded.postgres import EmbeddedPostgres
from tests.servers.databases import Server, run_folder
from tests.servers.programs import unused_port


@contextmanager
def run() -> Iterator[Server]:
    """A fresh embedded server; it gives up only what a power cut would test."""
    with run_folder("embedded") as folder:
        postgres = EmbeddedPostgres(folder, unused_port(), durable=False)
        postgres.start()
        try:
            with psycopg.connect(postgres.dsn) as connection:
                # A password is hashed thousands of times at every connection, which a run makes by the thousand.
                connection.execute("set scram_iterations = 1")
                connection.execute(sql.SQL("alter role current_user password {}").format(
                    conninfo_to_dict(postgres.dsn)["password"]))
            yield Server(postgres.url("postgres"))
        finally:
            # Not killed: a server that could not clean up leaves its shared memory behind, run after run.
            postgres.stop()
