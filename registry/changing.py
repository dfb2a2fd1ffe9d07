"""One record in or changed by a person: the same checks as an import, and its trace in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from registry import audit
from registry.bulk import load, lock
from registry.cells import CellError, shown
from registry.columns import Table
from registry.errors import RecordExists, RecordMissing, RegistryError
from registry.importing import table_of
from registry.validating import check_references, read_row
from store import Queries
from store.database import Connection

_queries = Queries(__file__)
_REMOVABLE = frozenset({"leave", "recusals"})


class RecordRefused(RegistryError):
    """A record of the register ``noun`` is wrong in some fields: ``faults`` has the reason for each, by its code.

    The code '' is the record as a whole.
    """

    status = 422

    def __init__(self, table: Table, faults: Mapping[str, str]) -> None:
        self.noun = table.noun
        self.faults = dict(faults)
        words = "; ".join(f"{code} ({table.column(code).zh}): {reason}" if code else reason
                          for code, reason in faults.items())
        super().__init__(f"the {table.entity} can't be stored: {words}")


def create(connection: Connection, noun: str, values: Mapping[str, Any], *, actor: str, day: dt.date) -> None:
    """Store a new record. ``values`` by column code, as typed or with their types; None and blanks mean empty."""
    table = table_of(noun)
    lock(connection, noun)
    row = _checked(connection, table, values, day)
    if stored(connection, table, row) is not None:
        raise RecordExists(f"the {table.entity} {table.name_of(row)} is in the register already",
                           zh=f"{table.zh} {table.name_of(row)} 已在名录库中")
    load(connection, noun, [row], actor=actor)


def update(connection: Connection, noun: str, key: Mapping[str, Any], changes: Mapping[str, Any], *, actor: str,
           day: dt.date) -> bool:
    """Change some fields of the record with that ``key``; False where nothing differs, and then nothing is traced."""
    table = table_of(noun)
    lock(connection, noun)
    record = stored(connection, table, key_of(table, key, day))
    if record is None:
        raise RecordMissing(f"there is no {table.entity} {table.name_of(key)}")
    moved = [code for code in table.key if code in changes and str(changes[code]) != str(record[code])]
    if moved:
        raise RegistryError(f"the {moved[0]} of a {table.entity} names it and can't be changed: make a new one",
                            zh=f"{table.column(moved[0]).zh}是{table.zh}的标识，不能修改：请新建一条")
    row = _checked(connection, table, {**record, **changes}, day)
    return load(connection, noun, [row], actor=actor).updated == 1


def remove(connection: Connection, noun: str, key: Mapping[str, Any], *, actor: str, day: dt.date) -> None:
    """Take a leave or a recusal back. Nothing else is ever removed: units and devices are closed and retired."""
    table = table_of(noun)
    if noun not in _REMOVABLE:
        raise RegistryError(f"{noun} can't be removed: set the status instead")
    lock(connection, noun)
    record = stored(connection, table, key_of(table, key, day))
    if record is None:
        raise RecordMissing(f"there is no {table.entity} {table.name_of(key)}")
    connection.execute(_queries[f"remove_{noun}"], {code: record[code] for code in table.key})
    audit.record(connection, actor, "delete", table.entity, table.name_of(record), record, None)


def key_of(table: Table, key: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    """The ``key`` with its types; :class:`RecordMissing` where it can't be the key of any record."""
    try:
        return {code: table.column(code).read(key[code], day) for code in table.key}
    except CellError:
        raise RecordMissing(f"there is no {table.entity} {table.name_of(key)}") from None


def stored(connection: Connection, table: Table, key: Mapping[str, Any]) -> dict[str, Any] | None:
    """The record of ``table`` with that ``key``, by column code, locked for the caller's change; None where missing."""
    return connection.execute(_queries[f"one_{table.noun}"], {code: key[code] for code in table.key}).fetchone()


def _checked(connection: Connection, table: Table, values: Mapping[str, Any], day: dt.date) -> dict[str, Any]:
    unknown = sorted(set(values) - set(table.codes))
    if unknown:
        raise RegistryError(f"{table.noun} have no field {shown(unknown[0])}: they have {', '.join(table.codes)}")
    # A field that is left out is empty, as a blank cell is: then its default holds.
    cells = [_blank_is_none(values.get(column.code)) for column in table.columns]
    candidate = read_row(table, table.columns, cells, 0, day)
    if not candidate.faults:
        check_references(connection, table, [candidate])
    if candidate.faults:
        raise RecordRefused(table, {code: reason for code, _value, reason in reversed(candidate.faults)})
    return candidate.row


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value
