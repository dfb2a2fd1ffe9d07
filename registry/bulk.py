"""Many records in at once: COPY into a stage, then one statement that writes only what is new or differs.

A row is a mapping by the codes of :data:`registry.columns.TABLES`, with natural keys (a device names its unit by
``unit_no``). Values must have their types already: what people typed goes through :mod:`registry.importing`. A column
that no row gives stays as it is stored; one that only some rows give is set to its default in the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from registry.columns import TABLES, Row, Table
from registry.errors import RegistryError
from store import Queries, copy_rows, lock_for_transaction
from store.database import Connection

_queries = Queries(__file__)


@dataclass(frozen=True)
class Counts:
    """What a load did: ``inserted + updated + unchanged`` is the number of rows given."""

    inserted: int
    updated: int
    unchanged: int


def lock(connection: Connection, noun: str) -> None:
    """Let one transaction at a time write to a register.

    Two that lock its rows in different orders would otherwise wait for each other, and one of them be aborted. Whoever
    locks rows before a load takes this first.
    """
    lock_for_transaction(connection, f"registry.load.{noun}")


def load(connection: Connection, noun: str, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Insert or update the ``rows`` of the register ``noun`` in the caller's transaction.

    With an ``actor`` every record that is new or changed leaves a line in the audit log. :class:`RegistryError` names
    the first row that can't be stored; the transaction can then only be rolled back.
    """
    table = TABLES[noun]
    given: set[str] = set()
    stage = f"stage_{noun}"
    try:
        lock(connection, noun)
        connection.execute(_queries[f"stage_{noun}"])
        total = copy_rows(connection, stage, table.codes, [column.stored for column in table.columns],
                          _prepared(table, rows, given))
        if total and len(given) < len(table.columns):
            connection.execute(_queries[f"keep_{noun}"], {"given": sorted(given)})
        # A fresh temporary table has no statistics: the join with a large register would be planned for a few rows.
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(stage)))
        if any(reference.noun == "units" for reference in table.references):
            _refuse_orphans(connection, table)
        counts = connection.execute(_queries[f"merge_{noun}"], {"actor": actor}).fetchone()
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier(stage)))
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise RegistryError(f"the {noun} can't be stored: {_reason(error)}") from None
    assert counts is not None  # noqa: S101  an aggregate without GROUP BY has one row
    return Counts(counts["inserted"], counts["updated"], total - counts["inserted"] - counts["updated"])


def load_areas(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Areas by ``area_code``; a parent may stand after its children."""
    return load(connection, "areas", rows, actor=actor)


def load_units(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Units by ``unit_no``."""
    return load(connection, "units", rows, actor=actor)


def load_vendors(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Device vendors by ``vendor_code``."""
    return load(connection, "vendors", rows, actor=actor)


def load_devices(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Devices by ``vendor_code`` and ``device_no``, each with the ``unit_no`` it stands in."""
    return load(connection, "devices", rows, actor=actor)


def load_officers(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Officers by ``officer_no``; ``area_codes`` and ``skills`` are lists."""
    return load(connection, "officers", rows, actor=actor)


def load_items(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Inspection items by ``item_code`` and ``valid_from``."""
    return load(connection, "items", rows, actor=actor)


def load_leave(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Officers' leave by ``officer_no`` and ``from_day``."""
    return load(connection, "leave", rows, actor=actor)


def load_recusals(connection: Connection, rows: Iterable[Row], *, actor: str | None = None) -> Counts:
    """Recusals by ``officer_no`` and ``unit_no``."""
    return load(connection, "recusals", rows, actor=actor)


def _prepared(table: Table, rows: Iterable[Row], given: set[str]) -> Iterator[list[Any]]:
    """Each row in the order of the stage, with defaults; ``given`` gathers the columns that any row gives."""
    known = frozenset(table.codes)
    columns = [(column.code, column.default, column.stored == "jsonb") for column in table.columns]
    for row in rows:
        if not row.keys() <= known:
            raise RegistryError(f"{table.noun} have no column {min(row.keys() - known)}: they have "
                                f"{', '.join(table.codes)}")
        given.update(row)
        prepared = []
        for code, default, is_json in columns:
            value = row.get(code)
            if value is None:
                value = default
            prepared.append(Jsonb(value) if is_json else value)
        for code in table.key:
            if row.get(code) is None:
                raise RegistryError(f"a row of {table.noun} has no {code}: {table.name_of(row)}")
        yield prepared


def _refuse_orphans(connection: Connection, table: Table) -> None:
    orphan = connection.execute(_queries[f"orphan_{table.noun}"]).fetchone()
    if orphan is not None:
        raise RegistryError(f"the {table.entity} {table.name_of(orphan)} names the unit {orphan['unit_no']}, "
                            "which is not in the register of units")


def _reason(error: psycopg.Error) -> str:
    """The server's own words on one line, with the key it complains about."""
    if isinstance(error, psycopg.errors.UniqueViolation):
        return f"one key stands twice: {error.diag.message_detail}".rstrip(".")
    words = error.diag.message_primary or str(error).splitlines()[0]
    detail = error.diag.message_detail or ""
    # Other details repeat the whole row, which is of no help and too long for a sentence.
    return f"{words}; {detail.rstrip('.')}" if detail.startswith("Key ") else words
