"""Advisory locks named by text: the server, not the process, decides who may go on."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from store.database import Connection


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def lock_for_transaction(connection: Connection, name: str) -> None:
    """Wait for the lock ``name``; it goes with the transaction, also when the process dies."""
    connection.execute("select pg_advisory_xact_lock(%s)", [_key(name)])


def try_lock_for_transaction(connection: Connection, name: str) -> bool:
    """Take the lock ``name`` until the transaction ends; False when someone else holds it."""
    row = connection.execute("select pg_try_advisory_xact_lock(%s) as held", [_key(name)]).fetchone()
    return bool(row and row["held"])


def try_lock_for_session(connection: Connection, name: str) -> bool:
    """Take the lock ``name`` until it is released or the connection ends; False when someone else holds it."""
    row = connection.execute("select pg_try_advisory_lock(%s) as held", [_key(name)]).fetchone()
    return bool(row and row["held"])


def unlock_session(connection: Connection, name: str) -> None:
    """Release a lock taken by :func:`try_lock_for_session`."""
    connection.execute("select pg_advisory_unlock(%s)", [_key(name)])


def held_among(connection: Connection, names: Collection[str]) -> set[str]:
    """Those of the locks ``names`` that somebody holds now, this connection too."""
    keys = {_key(name): name for name in names}
    rows = connection.execute(
        "select (classid::bigint << 32) | objid::bigint as key from pg_locks where locktype = 'advisory' and granted"
        " and objsubid = 1 and database = (select oid from pg_database where datname = current_database())").fetchall()
    return {keys[row["key"]] for row in rows if row["key"] in keys}
