"""Cases, measures and major hazards with their steps, and agreements, of a past led elsewhere, at COPY speed.

As in :mod:`casework.bulk`, rows are mappings keyed by ``unit_no``, and a number that stands is left as it is; there
are no gates and no clocks. The people's path, with both, is in ``casework/enforcement`` and ``casework/delegation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg.types.json import Jsonb

from casework import kept_loading, staging
from store import Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

# Of other records, and many of one: these are staged and merged.
_COLUMNS: dict[str, dict[str, str]] = {
    "steps": {"noun": "text", "ref": "text", "step": "text", "at": "timestamptz", "officers": "text[]",
              "details": "jsonb"},
    "evidence": {"noun": "text", "ref": "text", "step": "text", "at": "timestamptz", "kind": "text", "uri": "text",
                 "sha256": "text", "seconds": "int4"}}
#: In the order in which they can be loaded.
NOUNS = ("cases", "measures", "major_hazards", "steps", "evidence", "agreements")


def load(connection: Connection, noun: str, rows: Iterable[Mapping[str, Any]], actor: str = "import") -> int:
    """Load many rows of one kind in the caller's transaction; returns how many are new."""
    if noun in _COLUMNS:
        return _merge(connection, noun, rows, actor)
    loading, loaded = kept_loading.Loading(connection, noun, actor), 0
    for part in staging.parts(rows):
        values = staging.columns_of(kept_loading.columns(noun), part)
        loaded += loading.put(kept_loading.ready(noun, values, len(part)))["inserted"]
    return loaded


def _merge(connection: Connection, noun: str, rows: Iterable[Mapping[str, Any]], actor: str) -> int:
    columns = _COLUMNS[noun]
    lock_for_transaction(connection, f"casework.past.{noun}")
    connection.execute(q[f"stage_{noun}"])
    copy_rows(connection, f"stage_past_{noun}", list(columns), list(columns.values()),
              ([_value(row, name) for name in columns] for row in rows))
    return connection.execute(q[f"merge_{noun}"], {"actor": actor}).rowcount


def _value(row: Mapping[str, Any], name: str) -> Any:
    value = row.get(name)
    return Jsonb(value or {}) if name == "details" else value
