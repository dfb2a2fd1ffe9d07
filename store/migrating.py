"""Bring a database to the newest schema, by Alembic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, pool
from sqlalchemy.engine import Connection as AlchemyConnection
from sqlalchemy.exc import OperationalError, ProgrammingError

from store.errors import StoreError
from store.revisions import head, said

_FOLDER = Path(__file__).with_name("migrations")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


def migrate(dsn: str) -> tuple[str | None, str]:
    """Run every migration that is missing, each in one transaction; returns (before, after).

    Where the server has the ``timescaledb`` extension it is created first, since the schema asks for it once.
    """
    with _connected(dsn) as connection:
        # One migration at a time, however many processes start at once; the lock goes with the connection.
        connection.exec_driver_sql("select pg_advisory_lock(4702113)")
        connection.commit()
        before = _current(connection)
        _create_extension(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        return before, head()


@contextmanager
def _connected(dsn: str) -> Iterator[AlchemyConnection]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    except (OperationalError, ProgrammingError) as error:
        told = said(error.orig) if isinstance(error.orig, psycopg.Error) else error
        if isinstance(told, StoreError):
            raise told from None
        raise
    finally:
        engine.dispose()


def _current(connection: AlchemyConnection) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    return found


def _create_extension(connection: AlchemyConnection) -> None:
    offered = connection.exec_driver_sql(
        "select installed_version is null as missing from pg_available_extensions where name = 'timescaledb'"
    ).scalar()
    if offered:
        connection.exec_driver_sql("create extension if not exists timescaledb")
    connection.commit()
