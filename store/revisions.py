"""Which schema this program needs and which one a database has; every process asks before it works."""

from __future__ import annotations

from pathlib import Path

import psycopg

from store.errors import StoreError

_FOLDER = Path(__file__).with_name("migrations") / "versions"


def head() -> str:
    """The revision this program needs: a migration's file begins with its own."""
    revisions = sorted(path.name[:4] for path in _FOLDER.glob("[0-9][0-9][0-9][0-9]_*.py"))
    if not revisions:
        raise StoreError("this program carries no migrations: install it again")
    return revisions[-1]


def revision(dsn: str) -> str | None:
    """The revision the database stands at, or None where it was never migrated."""
    try:
        with psycopg.connect(dsn) as connection:
            there = connection.execute("select to_regclass('alembic_version')").fetchone()
            if not there or there[0] is None:
                return None
            row = connection.execute("select version_num from alembic_version").fetchone()
            return str(row[0]) if row else None
    except psycopg.Error as error:
        raise said(error) from None


def said(error: psycopg.Error) -> Exception:
    """What keeps a connection from being made, as one sentence; any other error as it is."""
    if isinstance(error, psycopg.OperationalError):
        return StoreError(f"the database does not answer: {' '.join(str(error).split())}")
    if isinstance(error, psycopg.ProgrammingError) and error.sqlstate is None:
        return StoreError("the database address is not one libpq understands: write "
                          "postgresql://user:password@host:port/database")
    return error
