"""Cases, measures and major hazards with their steps, and agreements, of a past led elsewhere, at COPY speed.

As in :mod:`casework.bulk`, rows are mappings keyed by ``unit_no``, and a number that stands is left as it is; there
are no gates and no clocks. The people's path, with both, is in ``casework/enforcement`` and ``casework/delegation``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from casework import staged_loading, staging
from store.database import Connection

#: In the order in which they can be loaded.
NOUNS = ("cases", "measures", "major_hazards", "steps", "evidence", "agreements")


def load(connection: Connection, noun: str, rows: Iterable[Mapping[str, Any]], actor: str = "import") -> int:
    """Load many rows of one kind in the caller's transaction; returns how many are new."""
    loading, loaded = staged_loading.Loading(connection, noun, actor), 0
    for part in staging.parts(rows):
        values = staging.columns_of(staged_loading.columns(noun), part)
        loaded += loading.put(staged_loading.ready(noun, values, len(part)))["inserted"]
    return loaded
