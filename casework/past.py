"""Cases, measures and major hazards with their steps, and agreements, of a past led elsewhere, at COPY speed.

As in :mod:`casework.bulk`, rows are mappings keyed by ``unit_no``, and a number that stands is left as it is; there
are no gates and no clocks. The people's path, with both, is in ``casework/enforcement`` and ``casework/delegation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psycopg.types.json import Jsonb

from casework.errors import CaseworkError
from store import Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

_COLUMNS: dict[str, dict[str, str]] = {
    "cases": {"case_no": "text", "unit_no": "text", "inspection_no": "text", "party": "text", "regime": "text",
              "procedure": "text", "article": "text", "facts": "text", "items": "text[]", "officers": "text[]",
              "offence_on": "date", "life_safety": "bool", "filed_at": "timestamptz", "filed_on": "date",
              "standing": "text", "decided_on": "date", "closed_on": "date"},
    "measures": {"measure_no": "text", "unit_no": "text", "kind": "text", "path": "text", "ground": "text",
                 "scope": "text", "officers": "text[]", "began_at": "timestamptz", "began_on": "date",
                 "until_on": "date", "standing": "text", "ended_on": "date"},
    "major_hazards": {"major_hazard_no": "text", "unit_no": "text", "way": "text", "elements": "text[]",
                      "officers": "text[]", "found_at": "timestamptz", "found_on": "date", "standing": "text",
                      "level": "text", "notice_on": "date", "ended_on": "date"},
    "steps": {"noun": "text", "ref": "text", "step": "text", "at": "timestamptz", "officers": "text[]",
              "details": "jsonb"},
    "evidence": {"noun": "text", "ref": "text", "step": "text", "at": "timestamptz", "kind": "text", "uri": "text",
                 "sha256": "text", "seconds": "int4"},
    "agreements": {"agreement_no": "text", "regime": "text", "town_code": "text", "principal_code": "text",
                   "powers": "text[]", "from_day": "date", "to_day": "date", "signed_on": "date"},
}
NOUNS = tuple(_COLUMNS)


def load(connection: Connection, noun: str, rows: Iterable[Mapping[str, Any]], actor: str = "import") -> int:
    """Load many rows of one kind in the caller's transaction; returns how many are new."""
    columns = _COLUMNS[noun]
    lock_for_transaction(connection, f"casework.past.{noun}")
    connection.execute(q[f"stage_{noun}"])
    copy_rows(connection, f"stage_past_{noun}", list(columns), list(columns.values()),
              ([_value(row, name) for name in columns] for row in rows))
    if "unit_no" in columns:
        stray = connection.execute(q[f"stray_{noun}"]).fetchone()
        if stray:
            raise CaseworkError(f"{noun}: a row names unit {stray['unit_no']!r}, which is not in the register: "
                                "load it first")
    loaded = connection.execute(q[f"merge_{noun}"], {"actor": actor}).rowcount
    if noun == "major_hazards":
        connection.execute(q["notices_served"], {"actor": actor})
    return loaded


def _value(row: Mapping[str, Any], name: str) -> Any:
    value = row.get(name)
    return Jsonb(value or {}) if name == "details" else value
