"""The pool of connections to one PostgreSQL or TimescaleDB server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeAlias

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from store.errors import StoreError

#: The pool doubles its waits between attempts for this long, then starts over: after an outage of hours the wait would
#: else be minutes.
_RECONNECT_SECONDS = 10.0

#: A cut network sends no goodbye: without these a query would wait for hours for a server that is no longer there.
_KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
              "tcp_user_timeout": "60000"}

Connection: TypeAlias = psycopg.Connection[DictRow]


class Database:
    """A pool of connections whose rows are dictionaries and whose session speaks UTC.

    Parameters: ``dsn`` is a libpq connection string or URL; ``name`` shows in ``pg_stat_activity``;
    ``min_size``/``max_size`` bound the pool; ``timeout`` (seconds) bounds the wait for a free connection.
    ``dead_after`` (seconds) is when the server takes this process, cut off by the network, for gone; 0: when the server
    pleases, which may take hours. ``synchronous_commit`` stays ``on``: an acknowledgement promises that the row
    survives a power cut.
    """

    def __init__(self, dsn: str, *, name: str = "huoyan", min_size: int = 1, max_size: int = 8,
                 timeout: float = 30.0, dead_after: int = 0) -> None:
        self.dsn = dsn
        try:
            own = {key: value for key, value in _KEEPALIVE.items() if key not in conninfo_to_dict(dsn)}
            merged = make_conninfo(dsn, application_name=name, options=session_options(dsn, dead_after), **own)
        except psycopg.ProgrammingError as error:
            raise StoreError(f"the database address is not one libpq understands: {error}") from None
        self._timeout = timeout
        self._under_way: dict[object, float] = {}
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            merged, connection_class=psycopg.Connection[DictRow], kwargs={"row_factory": dict_row},
            min_size=min_size, max_size=max_size, timeout=timeout, open=False, check=ConnectionPool.check_connection,
            reconnect_timeout=_RECONNECT_SECONDS, name=name,
        )

    def open(self) -> Database:
        """Open the pool and wait for its first connection; :class:`StoreError` says which server did not answer."""
        try:
            self._pool.open(wait=True, timeout=self._timeout)
        except PoolTimeout as error:
            self._pool.close()
            raise StoreError(f"the database at {self.address} does not answer: {error}") from None
        return self

    @property
    def address(self) -> str:
        """Host, port and name of the database, without the password."""
        parts = conninfo_to_dict(self.dsn)
        return f"{parts.get('host', 'localhost')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One transaction on one connection: committed at the end of the block, rolled back on an exception."""
        this = object()
        self._under_way[this] = time.monotonic()
        try:
            try:
                manager = self._pool.connection()
                connection = manager.__enter__()
            except PoolTimeout:
                raise StoreError(
                    f"the database at {self.address} gave no connection within {self._timeout:g} s") from None
            try:
                yield connection
            except BaseException as error:
                if not manager.__exit__(type(error), error, error.__traceback__):
                    raise
            else:
                manager.__exit__(None, None, None)
        finally:
            del self._under_way[this]

    @property
    def longest_under_way(self) -> float:
        """How many seconds the oldest transaction of this pool is at it by now, its wait for a connection included."""
        began = list(self._under_way.values())
        return time.monotonic() - min(began) if began else 0.0

    def rows(self, sql: str, parameters: Any = None) -> list[dict[str, Any]]:
        """All rows of one query in a transaction of its own."""
        with self.connection() as connection:
            return connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Any = None) -> dict[str, Any] | None:
        """The first row of one query in a transaction of its own, or None."""
        with self.connection() as connection:
            return connection.execute(sql, parameters).fetchone()

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Database:
        return self.open()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()


def session_options(dsn: str, dead_after: int = 0) -> str:
    """Session options: times leave the server in UTC; what the address itself sets is kept.

    ``dead_after``: a machine that loses its power or its network says no goodbye. Its transaction would stay open, and
    hold for hours what it has locked.
    """
    own = "-c timezone=UTC -c client_min_messages=warning"
    # Late rows may meet compressed ones. TimescaleDB's bound on unpacking them would make such a batch fail each time
    # it is tried; a server without TimescaleDB takes the setting and has no use for it.
    unpacking = "-c timescaledb.max_tuples_decompressed_per_dml_transaction=0"
    noticing = (f"-c tcp_keepalives_idle={max(dead_after // 2, 1)} -c tcp_keepalives_interval=1"
                f" -c tcp_keepalives_count={max(dead_after // 2, 1)} -c tcp_user_timeout={dead_after * 1000}"
                if dead_after else "")
    return f"{conninfo_to_dict(dsn).get('options') or ''} {own} {unpacking} {noticing}".strip()
