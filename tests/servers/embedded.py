"""The embedded PostgreSQL as tests use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
            yield Server(postgres.url("postgres"))
        finally:
            # Not killed: a server that could not clean up leaves its shared memory behind, run after run.
            postgres.stop()
