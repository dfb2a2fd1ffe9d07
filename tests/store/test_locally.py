"""Settings for a part of a transaction."""

from __future__ import annotations

from store import Database, locally
from store.database import Connection


def held(connection: Connection) -> str:
    row = connection.execute("show work_mem").fetchone()
    assert row is not None
    return str(row["work_mem"])


def test_a_setting_holds_for_its_block_and_what_held_before_holds_after_it(db: Database) -> None:
    with db.connection() as connection:
        before = held(connection)
        with locally(connection, work_mem="123MB"):
            assert held(connection) == "123MB"
        assert held(connection) == before


def test_a_setting_is_gone_with_a_transaction_that_failed(db: Database) -> None:
    with db.connection() as connection:
        before = held(connection)
    try:
        with db.connection() as connection, locally(connection, work_mem="123MB"):
            raise ValueError
    except ValueError:
        pass
    with db.connection() as connection:
        assert held(connection) == before
