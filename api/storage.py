"""What the database takes on disk, how fast it grows, and what goes when: for the administrator."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api import pages
from api.guard import Administrator, Db, Options
from policy import rules
from policy.clocks import legal_day
from scheduler import retention
from store import Database, sizes

router = APIRouter()
_GIGA = 10**9


class Table(BaseModel):
    """A table on disk."""

    name: str
    rows: int = Field(description="the server's estimate")
    bytes: int
    index_bytes: int = Field(description="of the bytes, those of its indexes")
    bytes_a_row: float | None
    chunks: int | None = Field(description="null where the table lies in one piece")
    compressed: int


class Held(BaseModel):
    """Why less goes: units of a day wait for their roll-up, it never had one, or trusted devices may bring more."""

    day: dt.date
    why: str = Field(examples=["waiting", "never", "trusted"])
    units: int


class Kept(BaseModel):
    """How long something is kept, and what of it the next night takes."""

    noun: str = Field(examples=["readings", "states", "events", "quarantine", "summary", "reasons", "scores"])
    kept_from: dt.date
    rows: int
    bytes: int
    chunks: int | None
    held: Held | None = Field(description="less goes than the rule allows")


class Storage(BaseModel):
    """Sizes are bytes. ``days_left`` is null where the database does not grow, or nobody knows yet how fast."""

    database_bytes: int
    limit_bytes: int
    growth_bytes_a_day: float | None
    growth_days: int | None = Field(description="over how many days the growth was measured")
    days_left: float | None
    server: str = Field(examples=["plain", "apache", "community"],
                        description="TimescaleDB's edition; plain is a server without it")
    to_compress: int = Field(description="chunks that the next night compresses")
    tables: list[Table]
    kept: list[Kept]


def read(db: Database, now: dt.datetime, most: int) -> dict[str, Any]:
    """Sizes, growth and the plan of the next night."""
    today = legal_day(now)
    limit = rules().value("retention.disk_gigabytes", today) * _GIGA
    with db.connection() as connection:
        tables = sizes.tables(connection)
        whole = sizes.database_bytes(connection)
        grown = sizes.growth(connection, today)
    chosen = retention.plan(db, today)
    return {
        "database_bytes": whole, "limit_bytes": limit, "growth_bytes_a_day": grown[0] if grown else None,
        "growth_days": grown[1] if grown else None,
        "days_left": sizes.days_left(whole, limit, grown[0] if grown else None),
        "server": chosen.telemetry.edition, "to_compress": chosen.telemetry.to_compress,
        "tables": [{"name": one.name, "rows": one.rows, "bytes": one.bytes, "index_bytes": one.index_bytes,
                    "bytes_a_row": one.bytes_a_row, "chunks": one.chunks, "compressed": one.compressed}
                   for one in tables[:most]],
        "kept": [{"noun": line.noun, "kept_from": line.kept_from, "rows": line.rows, "bytes": line.bytes,
                  "chunks": line.chunks, "held": asdict(line.held) if line.held else None} for line in chosen.lines]}


@router.get("/api/v1/storage", response_model=Storage, tags=["operations"],
            summary="What the database takes, how it grows, what goes next")
def api_storage(viewer: Administrator, db: Db, options: Options,
                tables: Annotated[int, Query(ge=1, le=500, description="most tables listed")] = 100) -> Any:
    return read(db, options.clock(), tables)


@router.get("/storage", include_in_schema=False)
def page(request: Request, viewer: Administrator, db: Db, options: Options) -> Response:
    return pages.render(request, "storage.html", **read(db, options.clock(), 15))
