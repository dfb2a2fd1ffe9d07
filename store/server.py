"""What the server behind a connection can do."""

from __future__ import annotations

from dataclasses import dataclass

from store.database import Connection


@dataclass(frozen=True)
class Capabilities:
    """``timescaledb`` is the extension's version or None; ``compression`` needs its community licence."""

    postgresql: str
    timescaledb: str | None
    compression: bool

    def __str__(self) -> str:
        if self.timescaledb is None:
            return f"PostgreSQL {self.postgresql}, plain tables"
        edition = "community" if self.compression else "Apache"
        return f"PostgreSQL {self.postgresql}, TimescaleDB {self.timescaledb} ({edition} edition)"


def capabilities(connection: Connection) -> Capabilities:
    """Ask the server for its version, its extension and the extension's licence."""
    row = connection.execute("""
        select current_setting('server_version') as postgresql,
               (select extversion from pg_extension where extname = 'timescaledb') as timescaledb,
               current_setting('timescaledb.license', true) as licence
    """).fetchone()
    assert row is not None  # noqa: S101  a select without FROM has one row
    return Capabilities(row["postgresql"].split()[0], row["timescaledb"],
                        row["timescaledb"] is not None and row["licence"] == "timescale")
